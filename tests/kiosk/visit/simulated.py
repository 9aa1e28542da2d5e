"""Stand-ins for everything a visit reaches: a reader, a printer, a platform, a ledger. Pleasant to use by hand."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from drivers.contract.errors import UnreachableError
from drivers.contract.id_card_reader import IdCard
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.receipt_printer import PrintReport, Receipt
from kiosk.gateway.platform import Accepted, Answer, Application
from kiosk.journal import IntentKind, IntentOutcome, InterruptedVisit, JournalError, OpenIntent, SettledIntent
from tests.kiosk.visit.world import a_document

SERVICE = "social_security_enrolment"
UNANSWERED = OpenIntent(intent=9, visit=7, kind=IntentKind.SUBMIT, key="k")


class SimulatedReader:
    """Reads what ``lay_down`` puts there; ``is_plugged`` is its cable."""

    def __init__(self) -> None:
        self.is_reading = False
        self.is_plugged = True
        self.find_card: Callable[[], None] = _nobody_waits
        self.is_lying: bool | None = False
        self._next: asyncio.Future[Callable[[], IdCard]] | None = None

    async def has_card(self) -> bool | None:
        if not self.is_plugged:
            raise _gone("id-card-reader")
        return None if self.is_reading else self.is_lying

    def lay_down(self, make: Callable[[], IdCard]) -> None:
        assert self._next is not None, "nobody waits for a card"
        self._next.set_result(make)

    def refuse(self, error: Exception) -> None:
        assert self._next is not None, "nobody waits for a card"
        self._next.set_exception(error)

    def unplug(self) -> None:
        self.is_plugged = False
        if self._next is not None and not self._next.done():
            self._next.set_exception(_gone("id-card-reader"))

    async def read_card(self, *, deadline_s: float, found: Callable[[], None]) -> IdCard:
        assert 0.1 <= deadline_s <= 300
        if not self.is_plugged:
            raise _gone("id-card-reader")
        assert not self.is_reading, "one conversation at a time"
        self.is_reading = True
        self._next = asyncio.get_running_loop().create_future()
        self.find_card = found
        try:
            return (await self._next)()
        finally:
            self.is_reading = False
            self._next = None
            self.find_card = _nobody_waits


class SimulatedPrinter:
    """Prints when ``go`` is set, and ends as ``outcomes`` say, then always well."""

    def __init__(self, *outcomes: PrintOutcome | Exception) -> None:
        self.outcomes = list(outcomes)
        self.reprints: list[int] = []
        self.discards = 0
        self.resets = 0
        self.is_plugged = True
        self.go = asyncio.Event()
        self.go.set()
        self.discarding = asyncio.Event()
        self.discarding.set()

    async def print_receipt(self, receipt: Receipt, *, deadline_s: float, progress: Callable[[float], None]) -> PrintReport:
        assert 1 <= deadline_s <= 120
        self.reprints.append(receipt.reprint)
        progress(0.5)
        await self.go.wait()
        outcome = self.outcomes.pop(0) if self.outcomes else PrintOutcome.DONE
        if isinstance(outcome, Exception):
            raise outcome
        return PrintReport(outcome=outcome, sent_bytes=10, total_bytes=10, printed_mm=100, evidence="DLE EOT 1=12")

    async def discard(self) -> None:
        self.discards += 1
        if not self.is_plugged:
            raise _gone("receipt-printer")
        await self.discarding.wait()

    async def reset(self) -> None:
        self.resets += 1
        if not self.is_plugged:
            raise _gone("receipt-printer")
        await self.discarding.wait()


class SimulatedPlatform:
    """Answers as ``answers`` and ``found`` say, then always with a document."""

    def __init__(self, *answers: Answer, found: tuple[Answer, ...] = ()) -> None:
        self.answers = list(answers)
        self.found = list(found)
        self.keys: list[str] = []
        self.asked: list[str] = []
        self.ratings: list[int] = []
        self.takes_ratings = True

    async def submit(self, application: Application) -> Answer:
        self.keys.append(application.key)
        return self.answers.pop(0) if self.answers else Accepted(document=a_document())

    async def find(self, key: str) -> Answer:
        self.asked.append(key)
        return self.found.pop(0) if self.found else Accepted(document=a_document())

    async def rate(self, key: str, level: int) -> bool:  # noqa: ARG002  the key is the platform's business
        self.ratings.append(level)
        return self.takes_ratings


class SimulatedLedger:
    """Keeps its lines in memory; refuses what ``refuses`` names."""

    def __init__(
        self, *refuses: str, interrupted: tuple[InterruptedVisit, ...] = (), unanswered: tuple[OpenIntent, ...] = ()
    ) -> None:
        self.lines: list[str] = []
        self.refuses = set(refuses)
        self._interrupted = interrupted
        self._unanswered = unanswered
        self._rows = 0

    async def begin_visit(self, service: str) -> int:
        return self._write("begin", service)

    async def end_visit(self, visit: int, outcome: str) -> None:
        self._write("end", f"{visit} {outcome}")

    async def intend(self, visit: int, kind: IntentKind, *, key: str, reprint: int = 0) -> int:
        assert (visit, key) != (0, "")
        return self._write(f"intend {kind}", str(reprint))

    async def mark_sent(self, intent: int) -> None:
        self._write("sent", str(intent))

    async def settle(self, intent: int, outcome: IntentOutcome, *, evidence: str) -> None:
        assert evidence
        self._write("settle", f"{intent} {outcome}")

    async def record_answer(self, intent: int, answer: str) -> None:
        self._write("answer", f"{intent} {answer}")

    async def settle_after_crash(self) -> tuple[InterruptedVisit, ...]:
        self._write("settle_after_crash", "")
        return self._interrupted

    async def open_intents(self) -> tuple[OpenIntent, ...]:
        return self._unanswered

    def _write(self, what: str, rest: str) -> int:
        if what in self.refuses:
            raise JournalError(f"journal: no room for {what}")
        self._rows += 1
        self.lines.append(f"{what} {rest}".strip())
        return self._rows


def interrupted(when: datetime) -> InterruptedVisit:
    """Return a visit that was printing when the core died."""
    done = SettledIntent(kind=IntentKind.SUBMIT, key="k", reprint=0, outcome=IntentOutcome.DONE, by_restart=False)
    lost = SettledIntent(kind=IntentKind.PRINT, key="k", reprint=0, outcome=IntentOutcome.UNKNOWN, by_restart=True)
    return InterruptedVisit(visit=7, service=SERVICE, began_at=when, last_seen_at=when, intents=(done, lost))


def interrupted_in_submission(when: datetime) -> InterruptedVisit:
    """Return a visit that was handing in when the core died; ``UNANSWERED`` is what it waited for."""
    return InterruptedVisit(visit=7, service=SERVICE, began_at=when, last_seen_at=when, intents=())


def _nobody_waits() -> None:
    raise AssertionError("nobody waits for a card")


def _gone(device: str) -> UnreachableError:
    return UnreachableError(device, "the cable is gone")
