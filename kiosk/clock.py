"""The kiosk's real clock; the Protocol stands in ``drivers.contract.clock``."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

SYNCHRONIZED = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd touches this file once it has set the clock (systemd-timesyncd.service(8))."""


class SystemClock:
    """Time from the operating system."""

    def now(self) -> datetime:
        """The wall clock, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of monotonic time."""
        await asyncio.sleep(seconds)

    @property
    def is_trusted(self) -> bool:
        """Whether a time service has confirmed the wall clock since the machine started."""
        return SYNCHRONIZED.exists()
