"""How long the next guess of a password has to wait. Pure: the time is handed in, and memory is bounded from the start.

Guesses are counted for the name they are made for and for the address they come from. A browser in which that name was
signed in before has a count of its own, so that strangers who guess for ever hold up strangers, and never the bureau.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

FREE = 5
"""Mistakes anybody makes."""
FREE_PER_ADDRESS = 30
"""A whole bureau may sit behind one address."""
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=2)
"""Without another mistake for so long, all is forgotten."""
PLACES = 16_384
"""Counts kept. A name has its place by a keyed hash, so that no flood of names pushes another's count out."""


@dataclass(slots=True)
class _Count:
    mistakes: int
    last_at: datetime
    until: datetime


class Patience:
    """Counts mistakes. One for a server; belongs to one thread at a time."""

    def __init__(self, *, key: bytes) -> None:
        """Begin with nothing counted.

        Args:
            key: Random, of this process: nobody outside can tell which names share a place.
        """
        self._key = key
        self._counts: dict[int, _Count] = {}

    def wait(self, *, name: str, address: str, browser: str = "", now: datetime) -> timedelta:
        """Return how long this guess has to wait; zero when it may be made.

        Args:
            name: Whose password is guessed.
            address: Where the guess comes from.
            browser: What tells a browser apart in which this very name was signed in before; empty for any other.
            now: Server's clock.
        """
        longest = timedelta(0)
        for place, _ in self._places(name, address, browser):
            count = self._counts.get(place)
            if count is not None and count.until > now:
                # A clock that was set back must not keep anybody out.
                longest = max(longest, min(count.until - now, LONGEST_WAIT))
        return longest

    def mistaken(self, *, name: str, address: str, browser: str = "", now: datetime) -> None:
        """Count a wrong guess. One that had to wait was not made, and is not counted."""
        for place, free in self._places(name, address, browser):
            count = self._counts.get(place)
            if count is None or now - count.last_at > FORGOTTEN_AFTER:
                count = self._counts[place] = _Count(0, now, now)
            count.mistakes += 1
            count.last_at = now
            beyond = count.mistakes - free
            if beyond >= 0:
                count.until = now + min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(beyond, 10))

    def right(self, *, name: str, address: str, browser: str = "", now: datetime) -> None:
        """Take back the guess that was right, and forget the mistakes of whoever made it.

        Those of the address stay: a guesser there may have an account too.
        """
        (own, _), *others = self._places(name, address, browser)
        self._counts.pop(own, None)
        for place, _ in others:
            if (count := self._counts.get(place)) is not None:
                count.mistakes -= 1
                count.until = now

    def _places(self, name: str, address: str, browser: str) -> tuple[tuple[int, int], ...]:
        if browser:
            return ((self._place("browser", browser), FREE),)
        return ((self._place("name", name), FREE), (self._place("address", address), FREE_PER_ADDRESS))

    def _place(self, kind: str, what: str) -> int:
        digest = hashlib.blake2b(f"{kind}\0{what}".encode(), key=self._key, digest_size=8).digest()
        return int.from_bytes(digest) % PLACES
