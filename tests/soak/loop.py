"""A loop whose time runs fast while everybody waits, and no faster than the world while anybody works."""

import asyncio
import contextlib
import selectors
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from typing_extensions import override

from drivers.transport.worker import Worker

LOOK_S = 0.002
"""Real seconds between two looks while a worker thread is in a call."""
LEAST_S = 0.001
"""Real seconds that are waited for at least: shorter waits are saved up, for a busy machine oversleeps each of them."""


class HastyLoop(asyncio.SelectorEventLoop):
    """``time()`` gains ``times`` seconds a second while nothing is ready and no worker is in a call; all timers follow it.

    Real sockets and processes are waited for in real time, so that an answer that takes a millisecond costs ``times``
    milliseconds of this loop's time. Who reads ``time.monotonic`` himself does not see it run.
    """

    def __init__(self, *, times: float) -> None:
        self._pace = _Pace(times=times)
        super().__init__(self._pace)

    @override
    def time(self) -> float:
        return time.monotonic() + self._pace.gained_s

    @contextlib.contextmanager
    def minding_workers(self) -> Iterator[None]:
        """Let time run no faster than the world while a worker thread is in a call."""
        call = Worker.call

        async def counted(worker: Worker, *args: Any, **rest: Any) -> Any:
            self._pace.working += 1
            try:
                return await call(worker, *args, **rest)
            finally:
                self._pace.working -= 1

        Worker.call = counted  # type: ignore[method-assign, assignment]  # the one place that knows of every thread
        try:
            yield
        finally:
            Worker.call = call  # type: ignore[method-assign]


class LoopClock:
    """The time of a loop. Implements ``drivers.contract.clock.Clock``."""

    is_trusted = True

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._wall = datetime.now(UTC) - timedelta(seconds=loop.time())

    def now(self) -> datetime:
        return self._wall + timedelta(seconds=self._loop.time())

    def monotonic_s(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class _Pace(selectors.BaseSelector):
    """Waits a part of the time it was asked to wait, and counts the rest as passed."""

    def __init__(self, *, times: float) -> None:
        self._inner = selectors.SelectSelector()  # the only one that can wait for less than a millisecond
        self._times = times
        self._owed_s = 0.0
        self.gained_s = 0.0
        self.working = 0

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._inner.select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None:
            return self._inner.select(None)
        if self.working:
            return self._inner.select(min(timeout, LOOK_S))
        self._owed_s += timeout / self._times
        if self._owed_s < LEAST_S:
            self.gained_s += timeout
            return []
        began_s = time.monotonic()
        ready = self._inner.select(self._owed_s)
        waited_s = time.monotonic() - began_s
        share = 1.0 if not ready else min(1.0, waited_s / self._owed_s)
        self._owed_s = 0.0
        self.gained_s += max(0.0, timeout * share - waited_s)
        return ready

    @override
    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.register(fileobj, events, data)

    @override
    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._inner.unregister(fileobj)

    @override
    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._inner.modify(fileobj, events, data)

    @override
    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._inner.get_map()

    @override
    def close(self) -> None:
        self._inner.close()
