"""Acts: what the runner does for an effect, with the ledger written before and after whatever must not happen twice."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, DriverError, RefusedError
from drivers.contract.id_card_reader import CardRefusal
from drivers.contract.print_outcome import PrintOutcome
from kiosk.gateway.platform import Answer, Application, NotDone, OutcomeUnknown
from kiosk.journal import IntentKind, IntentOutcome, JournalError
from kiosk.services.service import Service
from kiosk.visit.effect import Print
from kiosk.visit.event import (
    CardFound,
    CardRead,
    CardRefused,
    Event,
    NoCardCame,
    PlatformAnswered,
    PrintBegan,
    PrintProgressed,
    PrintSettled,
    ReaderLost,
)
from kiosk.visit.model import PaperSeen, VisitOutcome
from kiosk.visit.place import Place
from kiosk.visit.ports import CardReading, MatterPlatform, ReceiptPrinting, VisitLedger
from kiosk.visit.receipt import compose

CARD_DEADLINE_S = 30.0
"""Seconds one wait for a card takes; the visit asks again until the person or her patience has gone."""

PAUSE_AFTER_REFUSAL_S = 0.5
"""Seconds before a card that was just refused is looked at again: time to lift it, and to read why."""

STILL_LYING_S = 0.15
"""A card found sooner than this after a refusal has not been lifted: one search takes less, the next comes after 0.2."""

PRINT_DEADLINE_S = 60.0
"""Seconds one receipt may take: the longest is about 30 cm, at 50 mm/s and with a pause for a hot head."""

DISCARD_S = 5.0
"""Seconds the printer is given to empty its buffer; the next visit's print waits for it."""

RESET_S = 15.0
"""Seconds the printer is given to cut off what an earlier life of this program had begun."""

GUARD_S = 150.0
"""Real seconds after which a call that has broken its own promise of a deadline is given up as unknown."""

log = structlog.get_logger(__name__)


class Acts:
    """Does one effect at a time when asked, and tells what came of it as an event.

    Holds the rows of the running visit in the ledger; nothing of the person.
    """

    def __init__(
        self,
        *,
        reader: CardReading,
        printer: ReceiptPrinting,
        platform: MatterPlatform,
        journal: VisitLedger,
        clock: Clock,
        place: Place,
        tell: Callable[[Event], None],
        random_hex: Callable[[], str],
    ) -> None:
        self._reader = reader
        self._printer = printer
        self._platform = platform
        self._journal = journal
        self._clock = clock
        self._place = place
        self._tell = tell
        self._random_hex = random_hex
        self._visit_row: int | None = None
        self._submission_row: int | None = None
        self._print_row: int | None = None
        self._pause_s = 0.0
        self._card_was_refused = False
        self._pages = asyncio.Lock()  # guards the order of ledger pages: a visit is closed before the next is opened
        self._paper = asyncio.Lock()  # guards the printer: nothing is printed while the last visit is still being wiped

    async def begin_visit(self, service: Service) -> None:
        """Open the visit's row. Without one nothing irreversible will be done."""
        async with self._pages:
            self._visit_row = self._submission_row = self._print_row = None
            try:
                self._visit_row = await self._journal.begin_visit(service.id)
            except JournalError as error:
                log.warning("visit.ledger_refused", act="begin_visit", why=str(error))

    async def end_visit(self, outcome: VisitOutcome) -> None:
        """Close the visit's row and empty the printer, so that nothing of her comes out for the next."""
        async with self._pages:
            row, self._visit_row = self._visit_row, None
            if row is not None:
                await self._write(self._journal.end_visit(row, outcome.value), act="end_visit")
        async with self._paper:
            await self.discard(within_s=DISCARD_S)

    async def read_card(self, job: int) -> None:
        """Wait for a card, and say when one has come."""
        is_after_refusal, self._card_was_refused = self._card_was_refused, False
        if self._pause_s:
            await self._clock.sleep(self._pause_s)
            self._pause_s = 0.0
        began_s = self._clock.monotonic_s()

        def found() -> None:  # what the page says of a refused card stays until it is lifted: else it would flicker for ever
            if not is_after_refusal or self._clock.monotonic_s() - began_s >= STILL_LYING_S:
                self._tell(CardFound(job=job))

        try:
            async with asyncio.timeout(GUARD_S):
                person = await self._reader.read_card(deadline_s=CARD_DEADLINE_S, found=found)
        except RefusedError as error:
            self._card_was_refused = True
            self._pause_s = PAUSE_AFTER_REFUSAL_S
            self._tell(CardRefused(job=job, reason=CardRefusal(error.reason)))
        except DeadlineError:
            self._pause_s = PAUSE_AFTER_REFUSAL_S
            self._tell(NoCardCame(job=job))
        except (DriverError, TimeoutError):
            self._tell(ReaderLost(job=job))
        else:
            today = self._clock.now().astimezone(self._place.zone).date() if self._clock.is_trusted else None
            self._tell(CardRead(job=job, person=person, seed=self._random_hex(), today=today))

    async def submit(self, job: int, application: Application) -> None:
        """Hand in, once the ledger knows; not at all when the ledger cannot know."""
        self._tell(PlatformAnswered(job=job, answer=await self._submitted(application)))

    async def ask_platform(self, job: int, key: str) -> None:
        """Ask what became of an application."""
        async with asyncio.timeout(GUARD_S):
            answer = await self._platform.find(key)
        self._tell(PlatformAnswered(job=job, answer=answer))

    async def settle_submission(self, outcome: IntentOutcome, evidence: str) -> None:
        """Give the submission's row its one outcome."""
        row, self._submission_row = self._submission_row, None
        if row is not None:
            await self._write(self._journal.settle(row, outcome, evidence=evidence), act="settle_submission")

    async def print_receipt(self, effect: Print) -> None:
        """Print once, the ledger before and after; not at all when the ledger cannot know."""
        async with self._paper:
            row = await self._intend(IntentKind.PRINT, effect.key, effect.reprint)
            if row is None:
                self._tell(PrintSettled(job=effect.job, outcome=PrintOutcome.NOT_STARTED))
                return
            self._print_row = row
            self._tell(PrintBegan(job=effect.job))
            try:
                async with asyncio.timeout(GUARD_S):
                    report = await self._printer.print_receipt(
                        compose(effect.document, place=self._place, reprint=effect.reprint),
                        deadline_s=PRINT_DEADLINE_S,
                        progress=lambda share: self._tell(PrintProgressed(job=effect.job, share=share)),
                    )
            except Exception:  # the ledger must say what is true even of a defect; it is raised on to the runner
                await self._settle_print(row, PrintOutcome.UNKNOWN, "no report")
                raise
            await self._settle_print(row, report.outcome, report.evidence)
            self._tell(PrintSettled(job=effect.job, outcome=report.outcome, is_cut=report.is_cut))

    async def record_answer(self, seen: PaperSeen) -> None:
        """Keep the person's answer beside the last print."""
        if self._print_row is not None:
            await self._write(self._journal.record_answer(self._print_row, seen.value), act="record_answer")

    async def hand_in_rating(self, key: str, level: int) -> bool:
        """Hand in the rating; False when it is lost: nobody is left who could be asked for it again."""
        is_handed_in = False
        try:
            async with asyncio.timeout(GUARD_S):
                is_handed_in = await self._platform.rate(key, level)
        except TimeoutError:
            log.warning("visit.rating_unanswered", waited_s=GUARD_S)
        if not is_handed_in:
            log.warning("visit.rating_lost")
        return is_handed_in

    async def discard(self, *, within_s: float) -> None:
        """Empty the printer's buffer, as far as it can be reached in time; it clears itself when it is next opened."""
        try:
            async with asyncio.timeout(within_s):
                await self._printer.discard()
        except (DriverError, TimeoutError) as error:
            log.info("visit.discard_failed", why=str(error))

    async def cut_off_strip(self) -> None:
        """Cut off whatever an interrupted print left in the printer, before anything else is printed."""
        async with self._paper:
            try:
                async with asyncio.timeout(RESET_S):
                    await self._printer.reset()
            except (DriverError, TimeoutError) as error:
                log.warning("visit.strip_not_cut", why=str(error))
            else:
                log.info("visit.strip_cut_off")

    async def _submitted(self, application: Application) -> Answer:
        self._submission_row = row = await self._intend(IntentKind.SUBMIT, application.key, 0)
        if row is None:
            return NotDone(why="the ledger could not be written")
        try:
            async with asyncio.timeout(GUARD_S):
                return await self._platform.submit(application)
        except TimeoutError:
            return OutcomeUnknown(why=f"no answer within {GUARD_S:g} s")

    async def _intend(self, kind: IntentKind, key: str, reprint: int) -> int | None:
        async with self._pages:  # the visit's own row may still be on its way
            visit = self._visit_row
        if visit is None:
            return None
        row: int | None = None
        try:
            row = await self._journal.intend(visit, kind, key=key, reprint=reprint)
            await self._journal.mark_sent(row)
        except JournalError as error:
            log.warning("visit.ledger_refused", act=kind.value, why=str(error))
            if row is not None:
                await self._write(self._journal.settle(row, IntentOutcome.NOT_STARTED, evidence="ledger"), act="settle")
            return None
        return row

    async def _settle_print(self, row: int, outcome: PrintOutcome, evidence: str) -> None:
        await self._write(self._journal.settle(row, IntentOutcome(outcome.value), evidence=evidence), act="settle_print")

    async def _write(self, writing: Awaitable[None], *, act: str) -> None:
        try:
            await writing
        except JournalError as error:  # the act is done; the row stays open and becomes unknown at the next start
            log.warning("visit.ledger_refused", act=act, why=str(error))
