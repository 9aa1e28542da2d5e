"""Prints: one paper at a time, on whichever printer, with the ledger written before and after."""

import asyncio
from collections.abc import Callable

import structlog

from drivers.contract.errors import DriverError
from drivers.contract.print_outcome import PrintOutcome
from kiosk.journal import IntentKind, IntentOutcome
from kiosk.services.service import Paper
from kiosk.visit.deadlines import GUARD_S
from kiosk.visit.effect import Print
from kiosk.visit.event import Event, PaperLooked, PrintBegan, PrintProgressed, PrintSettled
from kiosk.visit.model import PaperSeen
from kiosk.visit.place import Place
from kiosk.visit.ports import PagePrinting, ReceiptPrinting
from kiosk.visit.receipt import compose
from kiosk.visit.rows import Rows

RECEIPT_S = 60.0
"""Seconds one receipt may take: the longest is about 30 cm, at 50 mm/s and with a pause for a hot head."""

WARM_UP_S = 60.0
"""Seconds a document printer may need before its first page: a cold fuser takes half of that."""

PAGE_S = 15.0
"""Seconds one page may take; the slowest office printer does six a minute."""

MOST_PAGES_S = 600.0
"""The longest that the document printer's contract allows."""

PAGES_GUARD_S = 30.0
"""Real seconds by which a print of pages may overrun its own deadline before it is given up as unknown."""

EXIT_S = 2.0
"""Seconds a printer is given to say whether paper is still in its exit."""

DISCARD_S = 5.0
"""Seconds each printer is given to empty itself; the next visit's print waits for it."""

RESET_S = 15.0
"""Seconds the printer is given to cut off what an earlier life of this program had begun."""

log = structlog.get_logger(__name__)


class Prints:
    """Prints when asked and tells what came of it. Holds the row of the last print, nothing of the person."""

    def __init__(
        self, *, receipts: ReceiptPrinting, pages: PagePrinting, rows: Rows, place: Place, tell: Callable[[Event], None]
    ) -> None:
        self._receipts = receipts
        self._pages = pages
        self._rows = rows
        self._place = place
        self._tell = tell
        self._row: int | None = None
        self._paper = asyncio.Lock()  # guards the printers: nothing is printed while the last visit is still being wiped

    async def print(self, effect: Print) -> None:
        """Print once; not at all when the ledger cannot know."""
        async with self._paper:
            row = await self._rows.intend(IntentKind.PRINT, effect.key, effect.reprint)
            if row is None:
                self._tell(PrintSettled(job=effect.job, outcome=PrintOutcome.NOT_STARTED, pages_done=0))
                return
            self._row = row
            self._tell(PrintBegan(job=effect.job))
            try:
                settled, evidence = await (self._on_a4(effect) if effect.paper is Paper.DOCUMENT else self._receipt(effect))
            except Exception:  # the ledger must say what is true even of a defect; it is raised on to the runner
                await self._rows.settle(row, IntentOutcome.UNKNOWN, "no report")
                raise
            await self._rows.settle(row, IntentOutcome(settled.outcome.value), evidence)
            self._tell(settled)

    async def record_answer(self, seen: PaperSeen) -> None:
        """Keep the person's answer beside the last print."""
        if self._row is not None:
            await self._rows.record_answer(self._row, seen.value)

    async def wipe(self) -> None:
        """Empty both printers, so that nothing of hers comes out for the next."""
        async with self._paper:
            await self.discard(within_s=DISCARD_S)
            self._row = None

    async def discard(self, *, within_s: float) -> None:
        """Empty both printers as far as they can be reached in time; they clear themselves when they are next opened."""
        await asyncio.gather(_discarded(self._receipts, within_s), _discarded(self._pages, within_s))

    async def look_for_paper(self, job: int) -> None:
        """Say whether the receipt is still in the exit."""
        is_waiting: bool | None = None
        try:
            async with asyncio.timeout(EXIT_S):
                is_waiting = await self._receipts.paper_is_waiting()
        except (DriverError, TimeoutError) as error:
            log.info("visit.exit_not_seen", why=str(error))
        self._tell(PaperLooked(job=job, is_waiting=is_waiting))

    async def draw_back(self) -> None:
        """Have the receipt drawn back that nobody took, before anything of it can be read by the next."""
        async with self._paper:
            try:
                async with asyncio.timeout(DISCARD_S):
                    was_drawn_back = await self._receipts.retract()
            except (DriverError, TimeoutError) as error:
                log.info("visit.receipt_not_drawn_back", why=str(error))
            else:
                log.info("visit.receipt_left", was_drawn_back=was_drawn_back)

    async def cut_off_strip(self) -> None:
        """Cut off whatever an interrupted print left in the receipt printer, before anything else is printed."""
        async with self._paper:
            try:
                async with asyncio.timeout(RESET_S):
                    await self._receipts.reset()
            except (DriverError, TimeoutError) as error:
                log.warning("visit.strip_not_cut", why=str(error))
            else:
                log.info("visit.strip_cut_off")

    async def _receipt(self, effect: Print) -> tuple[PrintSettled, str]:
        async with asyncio.timeout(GUARD_S):
            report = await self._receipts.print_receipt(
                compose(effect.document, place=self._place, reprint=effect.reprint),
                deadline_s=RECEIPT_S,
                progress=lambda share: self._tell(PrintProgressed(job=effect.job, share=share)),
            )
        return PrintSettled(job=effect.job, outcome=report.outcome, is_cut=report.is_cut), report.evidence

    async def _on_a4(self, effect: Print) -> tuple[PrintSettled, str]:
        document = effect.document
        before = effect.first_page - 1
        deadline_s = min(WARM_UP_S + PAGE_S * max(1, document.pages - before), MOST_PAGES_S)

        def progress(done: int, asked: int) -> None:
            self._tell(PrintProgressed(job=effect.job, share=done / max(1, asked), page=before + done))

        try:
            async with asyncio.timeout(deadline_s + PAGES_GUARD_S):
                # What the platform has sealed is printed as it is; what would have been a receipt is laid out here.
                pdf = document.sheets or await self._pages.sheet_of(compose(document, place=self._place, reprint=effect.reprint))
                report = await self._pages.print_pages(
                    pdf, first_page=effect.first_page, deadline_s=deadline_s, progress=progress
                )
        except ValueError as error:  # the platform's file, not ours: nothing was begun
            log.warning("visit.sheets_not_printable", why=str(error))
            return PrintSettled(job=effect.job, outcome=PrintOutcome.NOT_STARTED, pages_done=0), "no such document"
        evidence = f"pages {effect.first_page} and on: {report.pages_done} of {report.pages_total}; {report.evidence}"
        return PrintSettled(job=effect.job, outcome=report.outcome, pages_done=report.pages_done), evidence


async def _discarded(printer: ReceiptPrinting | PagePrinting, within_s: float) -> None:
    try:
        async with asyncio.timeout(within_s):
            await printer.discard()
    except (DriverError, TimeoutError) as error:
        log.info("visit.discard_failed", why=str(error))
