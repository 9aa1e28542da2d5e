"""A clock that runs faster than the world, for what has to be tested over real sockets."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

TIMES = 15.0


class HurriedClock:
    """Real time, ``TIMES`` as fast. Implements ``drivers.contract.clock.Clock``.

    A fake clock does not see sockets and would run on without them; this one waits for the world, only not as long.
    """

    def __init__(self, *, times: float = TIMES) -> None:
        self._times = times
        self._began_s = time.monotonic()
        self._wall = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
        self.is_trusted = True

    def now(self) -> datetime:
        return self._wall + timedelta(seconds=self.monotonic_s())

    def monotonic_s(self) -> float:
        return (time.monotonic() - self._began_s) * self._times

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0.0) / self._times)
