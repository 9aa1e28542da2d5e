"""From what just happened to the disk: a short memory before the outbox, so that nobody who reports has to wait for it."""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import structlog

from drivers.contract.clock import Clock
from drivers.transport.worker import CallDeadlineError, Worker, WorkerClosedError
from telemetry.agent.outbox import Draft, Entry, Outbox, Rank, Standing

log = structlog.get_logger()

Answer = TypeVar("Answer")
Args = TypeVarTuple("Args")

DISK_DEADLINE_S = 30.0
"""A worn flash card may stall for seconds; one that stalls longer is treated as failing, and tried again."""
RETRY_S = 2.0
AT_ONCE = 500
"""Drafts a transaction takes."""
FAREWELL_S = 3.0
MEMORY = 10_000
"""Drafts kept in memory while the disk does not take them."""


class Reporter:
    """Owns the outbox: every call on it goes through one worker thread."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        on_news: Callable[[], None],
        on_refused: Callable[[str], None] = lambda _why: None,
        on_spoilt: Callable[[int | None], None] = lambda _unsent: None,
    ) -> None:
        """Prepare. All are called on the loop.

        Args:
            path: The outbox's file.
            clock: The only time.
            on_news: The queue has changed on disk.
            on_refused: The disk has begun to refuse, and why.
            on_spoilt: The queue was spoilt and put aside, with so many messages; None when nobody can tell any more.
        """
        self._on_refused = on_refused
        self._on_spoilt = on_spoilt
        self._path = path
        self._clock = clock
        self._on_news = on_news
        self._pending: deque[Draft] = deque()
        self._forget_up_to = 0
        self._lost = 0
        self._work = asyncio.Event()
        self._moving = asyncio.Lock()  # guards the move from memory to disk: nothing may be moved twice
        self._worker: Worker | None = None
        self._outbox: Outbox | None = None
        self.is_refused = False
        """Whether the disk does not take what happens: what is in memory can only be told by a birth."""
        self.opened = asyncio.Event()
        self.tried = asyncio.Event()
        """Whether opening was tried at least once."""
        self.standing = Standing(head=0, floor=0, count=0, shed=0)

    @property
    def shed(self) -> int:
        """Messages given up, ever; those the disk would not take included."""
        return self.standing.shed + self._lost

    @property
    def queued(self) -> int:
        """Messages the fleet has not stored."""
        return self.standing.count + len(self._pending)

    def put(self, draft: Draft) -> None:
        """Keep a message. Returns at once; it is on disk a moment later."""
        if len(self._pending) >= MEMORY:
            passing = next((kept for kept in self._pending if kept.rank is Rank.PASSING), self._pending[0])
            self._pending.remove(passing)
            self._lost += 1
        self._pending.append(draft)
        self._work.set()

    def forget(self, up_to: int) -> None:
        """Let go of what the fleet has stored; soon, and once for many."""
        if up_to > self._forget_up_to:
            self._forget_up_to = min(up_to, self.standing.head)
            self._work.set()

    async def open(self) -> None:
        """Open the queue, trying for ever: a kiosk whose disk is full goes on serving."""
        self._worker = Worker("telemetry outbox")
        outbox: Outbox | None = None
        while outbox is None:
            try:
                outbox = await self._worker.call(self._open, deadline_s=DISK_DEADLINE_S)
                self.standing = await self._call(outbox.standing)
            except (sqlite3.Error, OSError, CallDeadlineError) as error:
                self._refused("outbox cannot be opened", error)
                self.tried.set()
                await self._clock.sleep(RETRY_S)
        self._outbox = outbox
        self.is_refused = False
        if outbox.is_anew:
            log.error("outbox was spoilt and put aside", folder=str(self._path.parent), unsent=outbox.unsent)
            self._on_spoilt(outbox.unsent)
        self.tried.set()
        self.opened.set()

    def _open(self) -> Outbox:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return Outbox(self._path, now=self._clock.now())

    async def run(self) -> None:
        """Move from memory to disk for ever."""
        while True:
            await self._work.wait()
            self._work.clear()
            await self.flush()

    async def flush(self) -> None:
        """Move everything to disk that is in memory now; on a disk that refuses, this tries for ever."""
        async with self._moving:
            await self._move()

    async def _move(self) -> None:
        outbox = self._outbox
        if outbox is None:
            return
        while self._pending or self._forget_up_to > self.standing.floor:
            drafts = tuple(self._pending)[:AT_ONCE]
            try:
                if drafts:
                    await self._put(outbox, drafts)
                if self._forget_up_to > self.standing.floor:
                    self.standing = await self._call(outbox.forget, self._forget_up_to)
            except (sqlite3.Error, CallDeadlineError) as error:
                self._refused("outbox cannot be written", error)
                await self._clock.sleep(RETRY_S)
            else:
                self.is_refused = False
                self._on_news()

    def _refused(self, what: str, error: Exception) -> None:
        if not self.is_refused:
            self.is_refused = True
            log.warning(what, error=str(error), waiting=len(self._pending))
            self._on_refused(str(error))

    async def _put(self, outbox: Outbox, drafts: tuple[Draft, ...]) -> None:
        head = self.standing.head
        try:
            self.standing = await self._call(outbox.put, drafts)
        except CallDeadlineError:
            # It may have been written all the same; the numbers tell, and nothing may be said twice.
            self.standing = await self._call(outbox.standing)
            if self.standing.head == head:
                raise
        self._let_go(drafts)

    def _let_go(self, drafts: tuple[Draft, ...]) -> None:
        written = {id(draft) for draft in drafts}
        self._pending = deque(draft for draft in self._pending if id(draft) not in written)

    async def after(self, seq: int, *, limit: int) -> tuple[Entry, ...]:
        """Return the next messages above a number.

        Raises:
            sqlite3.Error: The disk cannot.
            CallDeadlineError: It does not in time.
        """
        outbox = self._outbox
        if outbox is None:
            return ()
        return await self._call(lambda: outbox.after(seq, limit=limit))

    async def next_life(self) -> int:
        """Count one life more. Raises as ``after``."""
        outbox = self._outbox
        if outbox is None:
            return 0
        return await self._call(outbox.next_life)

    async def close(self) -> None:
        """Write what is still in memory, then let go of the file; at most FAREWELL_S."""
        worker, outbox = self._worker, self._outbox
        if worker is None:
            return
        try:
            if outbox is not None:
                # A move that was cancelled half-way may have reached the disk: what has a number is not written again.
                standing = await worker.call(outbox.standing, deadline_s=FAREWELL_S)
                drafts = tuple(self._pending)[standing.head - self.standing.head :]
                if drafts:
                    await worker.call(outbox.put, drafts, deadline_s=FAREWELL_S)
                await worker.call(outbox.close, deadline_s=FAREWELL_S)
        except (sqlite3.Error, CallDeadlineError) as error:
            log.warning("outbox not closed in order", error=str(error), waiting=len(self._pending))
        finally:
            self._pending.clear()
            self._worker = self._outbox = None
            worker.close()

    async def _call(self, fn: Callable[[*Args], Answer], *args: *Args) -> Answer:
        if self._worker is None:
            raise WorkerClosedError("telemetry outbox: not open")
        return await self._worker.call(fn, *args, deadline_s=DISK_DEADLINE_S)
