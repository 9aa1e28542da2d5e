"""Fake clocks: hours pass in milliseconds, always in the same order."""

import asyncio
import heapq
import time
from datetime import UTC, datetime, timedelta

from typing_extensions import override

SETTLE_ROUNDS = 1000
"""Passes of the loop after which tasks that never come to rest are no longer waited for."""


class FakeClock:
    """A clock that jumps to the next sleeper whenever every task is waiting. Implements ``drivers.contract.clock.Clock``.

    Nothing to wind: ``await clock.sleep(3600)`` returns at once, an hour later. Tasks wake in the order of their time,
    those of the same time in the order in which they went to sleep. Where real threads or sockets take part, use
    ``HeldClock``: this one does not see them and would run on without them.
    """

    def __init__(self, *, start: datetime = datetime(2026, 3, 2, 1, 0, tzinfo=UTC), is_trusted: bool = True) -> None:
        self._wall = start
        self._monotonic_s = 1000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0
        self._is_winding = False
        self.is_trusted = is_trusted

    def now(self) -> datetime:
        return self._wall

    def monotonic_s(self) -> float:
        return self._monotonic_s

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self._monotonic_s + max(seconds, 0.0), self._count, future))
        self._wind()
        await future

    def jump_wall(self, by: timedelta) -> None:
        """Set the wall clock as a careless hand would; monotonic time does not notice."""
        self._wall += by

    async def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass, waking everyone who is due on the way, and return when all have come to rest."""
        until_s = self._monotonic_s + seconds
        await settle()
        while (due_s := self._next_due_s()) is not None and due_s <= until_s:
            self._wake(due_s)
            await settle()
        self._move_to(max(until_s, self._monotonic_s))
        await settle()

    def _wind(self) -> None:
        if not self._is_winding:
            self._is_winding = True
            asyncio.get_running_loop().call_soon(self._look, SETTLE_ROUNDS)

    def _look(self, rounds: int) -> None:
        if _others_are_ready() and rounds:
            asyncio.get_running_loop().call_soon(self._look, rounds - 1)
            return
        self._is_winding = False
        due_s = self._next_due_s()
        if due_s is not None:
            self._wake(due_s)
            self._wind()

    def _next_due_s(self) -> float | None:
        while self._sleepers and self._sleepers[0][2].done():  # a sleeper that was cancelled
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def _wake(self, due_s: float) -> None:
        self._move_to(max(due_s, self._monotonic_s))
        while self._sleepers and self._sleepers[0][0] <= due_s:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)

    def _move_to(self, monotonic_s: float) -> None:
        self._wall += timedelta(seconds=monotonic_s - self._monotonic_s)
        self._monotonic_s = monotonic_s


class HeldClock(FakeClock):
    """A fake clock that moves only when a test calls ``advance``."""

    @override
    def _wind(self) -> None:
        """Wait to be told."""


class ScaledClock:
    """Real time, ``times`` as fast. Implements ``drivers.contract.clock.Clock``.

    Waits for threads, sockets and other processes, which a fake clock does not see; just not as long. Whatever is real
    costs ``times`` as much of this clock's time: choose a factor at which the product's own deadlines still hold.
    """

    def __init__(
        self, *, times: float, start: datetime = datetime(2026, 3, 2, 1, 0, tzinfo=UTC), is_trusted: bool = True
    ) -> None:
        self.times = times
        self.is_trusted = is_trusted
        self._began_s = time.monotonic()
        self._wall = start

    def now(self) -> datetime:
        return self._wall + timedelta(seconds=self.monotonic_s())

    def monotonic_s(self) -> float:
        return (time.monotonic() - self._began_s) * self.times

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(seconds, 0.0) / self.times)

    def jump_wall(self, by: timedelta) -> None:
        """Set the wall clock as a careless hand would; monotonic time does not notice."""
        self._wall += by


async def settle() -> None:
    """Return when every other task waits for something: time, another task, or the outside world."""
    for _ in range(SETTLE_ROUNDS):
        await asyncio.sleep(0)
        if not _others_are_ready():
            return


def _others_are_ready() -> bool:
    # Nothing public says whether the loop has work left; CPython's loops have kept this deque since 3.4.
    return bool(asyncio.get_running_loop()._ready)  # type: ignore[attr-defined]
