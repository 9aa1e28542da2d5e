"""Worker: one named daemon thread for one blocking library, called from the loop with a deadline.

The only place in the house that starts a thread. A serial port has one, an SQLite file has one; whoever holds a
blocking thing gives it a Worker of its own, so that calls on it come one after the other and always from one thread.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, TypeVarTuple, cast

GIVEN_UP = " (given up)"
"""Ends the name of a thread whose worker was closed while it was caught in a call; a stack dump shows it too."""

Answer = TypeVar("Answer")
Args = TypeVarTuple("Args")


class WorkerClosedError(RuntimeError):
    """The worker was closed before this call came to its end."""


class CallDeadlineError(TimeoutError):
    """The call did not return in time. It may still be running; its answer will be thrown away."""


def given_up_threads(prefix: str) -> int:
    """How many threads are still caught in the call of a closed worker, of those whose name begins with ``prefix``."""
    names = [thread.name for thread in threading.enumerate()]
    return sum(name.startswith(prefix) and name.endswith(GIVEN_UP) for name in names)


class Worker:
    """Runs blocking calls one at a time, in order, in a thread of its own.

    Made on, and used from, one event loop. A caller that is cancelled or runs out of time leaves the worker usable: a
    call that has not begun is dropped; one that has begun cannot be stopped, so the next call waits for it, under its
    own deadline. A call that never returns therefore makes every later call late, until ``close`` gives the thread up.
    The thread is a daemon: a hung library never keeps the process alive.
    """

    def __init__(self, name: str) -> None:
        """Start the thread; ``name`` is what a stack dump shows, e.g. ``id-card-reader port``."""
        self._name = name
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._waiting: set[asyncio.Future[_Outcome]] = set()
        self._is_closed = False
        self._thread = threading.Thread(target=_work, args=(self._jobs,), name=name, daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """The thread's name."""
        return self._name

    @property
    def is_closed(self) -> bool:
        """Whether ``close`` or ``finish`` was called; no call is taken any more."""
        return self._is_closed

    async def call(self, fn: Callable[[*Args], Answer], *args: *Args, deadline_s: float) -> Answer:
        """Run ``fn(*args)`` in the thread and return what it returns, or raise what it raises.

        Args:
            fn: The blocking call.
            args: Its arguments.
            deadline_s: Real seconds to wait, the time spent behind earlier calls included.

        Raises:
            CallDeadlineError: It did not return in time.
            WorkerClosedError: The worker is closed, or was closed meanwhile.
        """
        if self._is_closed:
            raise WorkerClosedError(f"worker {self._name} is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_Outcome] = loop.create_future()
        job = _Job(run=lambda: fn(*args), caller=(loop, future))
        self._waiting.add(future)
        self._jobs.put(job)
        try:
            done, _ = await asyncio.wait({future}, timeout=deadline_s)
        finally:
            self._waiting.discard(future)
            job.is_wanted = future.done()
            future.cancel()  # does nothing to one that is done
        if not done:
            raise CallDeadlineError(f"worker {self._name}: no return within {deadline_s:g} s")
        outcome = future.result()
        if outcome.error is not None:
            raise outcome.error
        return cast("Answer", outcome.answer)  # the queue between loop and thread knows no types

    def close(self, *, last: Callable[[], object] | None = None) -> None:
        """Take no more calls and end every waiting one with WorkerClosedError, at once. Twice is fine; never raises.

        Calls that have not begun never will. A running one goes on alone, then ``last`` runs, then the thread ends.

        Args:
            last: Lets go of what the calls held, e.g. closes a port, once nothing uses it. What it raises is dropped.
        """
        self._is_closed = True
        closed = WorkerClosedError(f"worker {self._name} was closed")
        for future in tuple(self._waiting):
            if not future.done():
                future.set_result(_Outcome(error=closed))
        with contextlib.suppress(queue.Empty):
            while True:
                self._jobs.get_nowait()
        if last is not None:
            self._jobs.put(_Job(run=last))
        self._jobs.put(None)
        self._thread.name = f"{self._name}{GIVEN_UP}"  # seen only while a call holds it: an idle thread ends at once

    async def finish(self, *, deadline_s: float) -> bool:
        """Take no more calls, let those already made come to their end, then end the thread.

        Args:
            deadline_s: Real seconds to wait; what is still waiting then ends as with ``close``.

        Returns:
            Whether the thread has ended in time.
        """
        if not self._is_closed:
            loop = asyncio.get_running_loop()
            last: asyncio.Future[_Outcome] = loop.create_future()
            self._is_closed = True
            self._jobs.put(_Job(run=lambda: None, caller=(loop, last)))
            await asyncio.wait({last}, timeout=deadline_s)
            ended = last.done()
            last.cancel()
            self.close()
            return ended
        return not self._thread.is_alive()


@dataclass(slots=True, kw_only=True)
class _Outcome:
    answer: object = None
    error: BaseException | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class _Job:
    run: Callable[[], object]
    caller: "tuple[asyncio.AbstractEventLoop, asyncio.Future[_Outcome]] | None" = None
    is_wanted: bool = True


def _work(jobs: "queue.SimpleQueue[_Job | None]") -> None:
    while (job := jobs.get()) is not None:
        if not job.is_wanted:
            continue
        try:
            outcome = _Outcome(answer=job.run())
        except BaseException as error:  # noqa: BLE001  not handled here: it is raised again where the call was made
            outcome = _Outcome(error=error)
        if job.caller is not None:
            loop, future = job.caller
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
                loop.call_soon_threadsafe(_tell, future, outcome)
            del loop, future
        del job, outcome  # an idle worker keeps nothing of its last caller alive


def _tell(future: "asyncio.Future[_Outcome]", outcome: _Outcome) -> None:
    if not future.done():
        future.set_result(outcome)
