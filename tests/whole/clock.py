"""A clock that leaps: an hour is over at once, or the wall clock is set wrong, in a kiosk that runs over real cables."""

import asyncio
import time
from datetime import UTC, datetime, timedelta


class LeapingClock:
    """Real time, until it is told to leap. Implements ``drivers.contract.clock.Clock``.

    Who sleeps while it leaps wakes at his usual real time and finds that more has passed. Calls under way may find
    themselves late once, as after a machine's suspension; a kiosk has to bear that.
    """

    def __init__(self, *, boots_at: datetime | None = None, is_trusted: bool = False) -> None:
        """Begin at the machine's own time, or at ``boots_at``, as a machine does whose battery is empty."""
        self._began_s = time.monotonic()
        self._wall = boots_at or datetime.now(UTC)
        self._passed_s = 0.0
        self.is_trusted = is_trusted

    def now(self) -> datetime:
        return self._wall + timedelta(seconds=time.monotonic() - self._began_s + self._passed_s)

    def monotonic_s(self) -> float:
        return time.monotonic() + self._passed_s

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0.0))

    def leap(self, seconds: float) -> None:
        """Let so much time have passed, for every clock of the machine."""
        self._passed_s += seconds

    def set_wall(self, by: timedelta) -> None:
        """Set the wall clock as a careless hand or a bad time server would; monotonic time does not notice."""
        self._wall += by
