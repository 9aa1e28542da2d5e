"""Given up: how many drivers of one device hang, and whether trying on would only add to them."""

from collections import deque
from collections.abc import Callable

from drivers.contract.clock import Clock
from kiosk.upkeep.healing import HOUR_S

MOST_GIVEN_UP = 5
"""Drivers of one device that may hang within an hour, and threads of it that may hang at once. Beyond that a technician looks."""


class GivenUp:
    """Counts what was given up of one device.

    Args:
        threads: How many of its threads were given up and hang still.
    """

    def __init__(self, *, clock: Clock, threads: Callable[[], int]) -> None:
        self._clock = clock
        self._threads = threads
        self._at: deque[float] = deque()

    @property
    def within_the_hour(self) -> int:
        """Drivers given up within the last hour."""
        while self._at and self._clock.monotonic_s() - self._at[0] > HOUR_S:
            self._at.popleft()
        return len(self._at)

    def note(self) -> None:
        """One more was given up now."""
        self._at.append(self._clock.monotonic_s())

    def enough(self) -> str:
        """Why the device is to be left alone; empty while it may be tried."""
        if (drivers := self.within_the_hour) >= MOST_GIVEN_UP:
            return f"{drivers} drivers were given up within an hour"
        if (threads := self._threads()) >= MOST_GIVEN_UP:
            return f"{threads} threads were given up and hang still"
        return ""
