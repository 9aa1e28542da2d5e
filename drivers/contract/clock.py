"""The only source of time: everything that asks the time is handed one of these."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Time as the house sees it; the real one is ``kiosk.clock.SystemClock``, tests use a fake."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC. May jump; never subtract two of these to wait."""

    def monotonic_s(self) -> float:
        """Seconds that only ever grow, from an arbitrary origin."""

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of monotonic time."""

    @property
    def is_trusted(self) -> bool:
        """Whether the wall clock has been confirmed against an outside source since the machine started."""
