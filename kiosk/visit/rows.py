"""Rows: the running visit's lines in the ledger, written before and after whatever must not happen twice."""

import asyncio
from collections.abc import Awaitable

import structlog

from kiosk.journal import IntentKind, IntentOutcome, JournalError
from kiosk.visit.ports import VisitLedger

log = structlog.get_logger(__name__)


class Rows:
    """Knows the running visit's row; holds nothing of the person. A ledger that refuses is logged, and the act is not begun."""

    def __init__(self, journal: VisitLedger) -> None:
        self._journal = journal
        self._visit: int | None = None
        self._pages = asyncio.Lock()  # guards the order of ledger pages: a visit is closed before the next is opened

    async def begin_visit(self, service: str) -> None:
        """Open the visit's row. Without one nothing irreversible will be done."""
        async with self._pages:
            self._visit = None
            try:
                self._visit = await self._journal.begin_visit(service)
            except JournalError as error:
                log.warning("visit.ledger_refused", act="begin_visit", why=str(error))

    async def end_visit(self, outcome: str) -> None:
        """Close the visit's row."""
        async with self._pages:
            row, self._visit = self._visit, None
            if row is not None:
                await self._write(self._journal.end_visit(row, outcome), act="end_visit")

    async def intend(self, kind: IntentKind, key: str, reprint: int = 0) -> int | None:
        """Write down that an act begins now; None when the ledger cannot know, and so it must not begin."""
        async with self._pages:  # the visit's own row may still be on its way
            visit = self._visit
        if visit is None:
            return None
        row: int | None = None
        try:
            row = await self._journal.intend(visit, kind, key=key, reprint=reprint)
            await self._journal.mark_sent(row)
        except JournalError as error:
            log.warning("visit.ledger_refused", act=kind.value, why=str(error))
            if row is not None:
                await self.settle(row, IntentOutcome.NOT_STARTED, "ledger")
            return None
        return row

    async def settle(self, row: int, outcome: IntentOutcome, evidence: str) -> None:
        """Give an act its one outcome."""
        await self._write(self._journal.settle(row, outcome, evidence=evidence), act="settle")

    async def record_answer(self, row: int, answer: str) -> None:
        """Keep the person's answer beside a print."""
        await self._write(self._journal.record_answer(row, answer), act="record_answer")

    async def _write(self, writing: Awaitable[None], *, act: str) -> None:
        try:
            await writing
        except JournalError as error:  # the act is done; the row stays open and becomes unknown at the next start
            log.warning("visit.ledger_refused", act=act, why=str(error))
