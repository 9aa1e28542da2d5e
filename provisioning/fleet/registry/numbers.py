"""Numbers for one proof each. Nothing is kept of a number that is given, so that no flood of questions fills anything.

What a number needs to be known again stands in it: when it was made, and a keyed hash. Kept, until it would be too old anyway, is
which were used; only a right proof uses one.
"""

import hashlib
import hmac
import secrets
import threading
from datetime import UTC, datetime, timedelta

GOOD_FOR = timedelta(minutes=2)
"""From the number to the proof; an answer over a village line takes up to twenty seconds, twice."""
MOST_USED = 4_096
"""Used ones kept; more kiosks than a county has would have to come back within two minutes. Beyond that nobody does."""
TIME_CHARS, RANDOM_BYTES = 16, 16


class Numbers:
    """The numbers of one process; it forgets them when it ends, and who was given one asks for another. Any thread."""

    def __init__(self, *, key: bytes) -> None:
        """Begin with none used. ``key`` is random, of this process."""
        self._key = key
        self._used: dict[str, datetime] = {}
        self._turn = threading.Lock()
        """Guards the used ones: of two who show one number at once one is too late."""

    def give(self, *, now: datetime) -> str:
        """Return a new number."""
        said = f"{_milliseconds(now):0{TIME_CHARS}x}{secrets.token_hex(RANDOM_BYTES)}"
        return said + self._seal(said)

    def is_good(self, number: str, *, now: datetime) -> bool:
        """Whether a number is of this process, young enough, and was not used."""
        said, seal = number[: TIME_CHARS + 2 * RANDOM_BYTES], number[TIME_CHARS + 2 * RANDOM_BYTES :]
        if not hmac.compare_digest(self._seal(said).encode(), seal.encode()):
            return False
        age = now - _moment(said)
        with self._turn:
            return timedelta(0) <= age <= GOOD_FOR and number not in self._used

    def use(self, number: str, *, now: datetime) -> bool:
        """Use a good number up; False when it was used already, or too many were."""
        with self._turn:
            self._used = {one: until for one, until in self._used.items() if until >= now}
            if number in self._used or len(self._used) >= MOST_USED:
                return False
            self._used[number] = now + GOOD_FOR
            return True

    def _seal(self, said: str) -> str:
        return hmac.new(self._key, said.encode(), hashlib.sha256).hexdigest()


def _milliseconds(now: datetime) -> int:
    return int(now.timestamp() * 1_000)


def _moment(said: str) -> datetime:
    return datetime.fromtimestamp(int(said[:TIME_CHARS], 16) / 1_000, tz=UTC)
