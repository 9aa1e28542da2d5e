"""How many wrong verification codes one address may try."""

from collections import OrderedDict
from datetime import datetime, timedelta

MOST_MISSES = 10
"""Wrong codes an address may send within the window; a person mistypes three times."""
WINDOW = timedelta(minutes=1)
MOST_ADDRESSES = 10_000
"""Addresses remembered; the one unheard of for longest is forgotten first."""


class Guesses:
    """Counts misses an address; pure but for its memory."""

    def __init__(self) -> None:
        self._misses: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def are_too_many(self, address: str, *, now: datetime) -> bool:
        """Whether this address must wait."""
        since, misses = self._misses.get(address, (now, 0))
        return misses >= MOST_MISSES and now - since < WINDOW

    def miss(self, address: str, *, now: datetime) -> None:
        """Note a wrong code."""
        since, misses = self._misses.pop(address, (now, 0))
        self._misses[address] = (now, 1) if now - since >= WINDOW else (since, misses + 1)
        while len(self._misses) > MOST_ADDRESSES:
            self._misses.popitem(last=False)
