"""Journal: the ledger as the visit uses it, on a worker of its own."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import structlog

from drivers.contract.clock import Clock
from drivers.transport.worker import CallDeadlineError, Worker, WorkerClosedError
from kiosk.journal.ledger import IntentKind, IntentOutcome, InterruptedVisit, JournalError, OpenIntent
from kiosk.journal.store import LedgerFile

Answer = TypeVar("Answer")

WRITE_DEADLINE_S = 5.0
"""Seconds one row may take: a worn flash card stalls for a second or two, a dead one for ever."""

OPEN_DEADLINE_S = 20.0
"""Seconds to open and check the whole file on the slowest card."""

log = structlog.get_logger(__name__)


class Journal:
    """Durable rows about acts that must not be repeated. Every method returns when its row is on the disk.

    Raises only ``JournalError``. ``open`` first, ``close`` last.
    """

    def __init__(self, path: Path, *, clock: Clock, on_failed: Callable[[str], None] = lambda _why: None) -> None:
        """Keep the ledger in ``path``; its folder is made when missing. The caller sees to it that it is the only one.

        ``on_failed`` is told, on the loop, why the disk would not take or give a row.
        """
        self._on_failed = on_failed
        self._path = path
        self._clock = clock
        self._worker: Worker | None = None
        self._file: LedgerFile | None = None

    @property
    def is_open(self) -> bool:
        """Whether rows can be written."""
        return self._file is not None

    async def open(self) -> Path | None:
        """Open the file. Returns where the old one was put when it was corrupt and a fresh one had to be begun.

        Raises:
            JournalError: The disk would not have it. May be tried again.
        """
        worker = self._worker = Worker("journal")
        try:
            self._file = await self._ask(lambda: LedgerFile(self._path, now=self._clock.now()), deadline_s=OPEN_DEADLINE_S)
        except JournalError:
            self._worker = None
            worker.close()
            raise
        if self._file.quarantined is not None:
            log.error("journal.quarantined", worker=worker.name, copy=self._file.quarantined.name)
        return self._file.quarantined

    async def close(self) -> None:
        """Let go of the file. Twice is fine; never raises."""
        worker, file, self._worker, self._file = self._worker, self._file, None, None
        if worker is None:
            return
        if file is not None:
            try:
                await worker.call(file.close, deadline_s=WRITE_DEADLINE_S)
            except (sqlite3.Error, TimeoutError, WorkerClosedError) as error:
                log.warning("journal.close_failed", why=str(error))
        worker.close()

    async def begin_visit(self, service: str) -> int:
        """Open a visit; the returned number names it in later calls."""
        return await self._on_file(lambda file: file.begin_visit(service, self._clock.now()))

    async def end_visit(self, visit: int, outcome: str) -> None:
        """Close a visit."""
        await self._on_file(lambda file: file.end_visit(visit, outcome, self._clock.now()))

    async def intend(self, visit: int, kind: IntentKind, *, key: str, reprint: int = 0) -> int:
        """Write down an act before it is begun; the returned number names it in later calls."""
        return await self._on_file(lambda file: file.intend(visit, kind, key, reprint, self._clock.now()))

    async def mark_sent(self, intent: int) -> None:
        """Write down that the act begins now. Until this has returned nothing may leave the machine."""
        await self._on_file(lambda file: file.mark_sent(intent, self._clock.now()))

    async def settle(self, intent: int, outcome: IntentOutcome, *, evidence: str) -> None:
        """Give an act its one outcome. ``evidence`` is for a technician, never personal.

        Raises:
            JournalError: Also when it has one already.
        """
        await self._on_file(lambda file: file.settle(intent, outcome, evidence, self._clock.now()))

    async def record_answer(self, intent: int, answer: str) -> None:
        """Keep what the person saw come out (``whole``, ``part``, ``nothing``) beside the outcome."""
        await self._on_file(lambda file: file.record_answer(intent, answer))

    async def settle_after_crash(self) -> tuple[InterruptedVisit, ...]:
        """Close what was left open. Call before any visit.

        What was never sent was not started; a print that was sent is unknown. A submission or a payment that was sent stays
        open: it is among ``open_intents`` until the platform has been asked, at this start or at a later one.
        """
        return await self._on_file(lambda file: file.settle_after_crash(self._clock.now()))

    async def open_intents(self) -> tuple[OpenIntent, ...]:
        """What was sent to the platform and has no outcome, oldest first; before any visit, that of an earlier life."""
        return await self._on_file(lambda file: file.open_intents())

    async def _on_file(self, act: Callable[[LedgerFile], Answer]) -> Answer:
        file = self._file
        if file is None:
            raise JournalError(f"journal {self._path.name}: not open")
        return await self._ask(lambda: act(file), deadline_s=WRITE_DEADLINE_S)

    async def _ask(self, act: Callable[[], Answer], *, deadline_s: float) -> Answer:
        if self._worker is None:
            raise JournalError(f"journal {self._path.name}: not open")
        try:
            return await self._worker.call(act, deadline_s=deadline_s)
        except (sqlite3.Error, OSError, CallDeadlineError, WorkerClosedError) as error:
            if not isinstance(error, sqlite3.IntegrityError | WorkerClosedError):
                self._on_failed(f"{self._path.name}: {error}")
            raise JournalError(f"journal {self._path.name}: {error}") from error
