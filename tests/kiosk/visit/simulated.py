"""Stand-ins for everything a visit reaches: devices, a platform, a ledger. Pleasant to use by hand."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from drivers.contract.camera import Capture, Guidance, LivenessPrompt, PreviewFrame
from drivers.contract.code_scanner import ScannedCode
from drivers.contract.document_printer import PagesReport
from drivers.contract.errors import UnreachableError
from drivers.contract.id_card_reader import IdCard
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.receipt_printer import PrintReport, Receipt
from drivers.contract.smartcard_reader import SocialSecurityCard
from kiosk.gateway.platform import (
    Accepted,
    Answer,
    Application,
    FaceVerdict,
    Paid,
    PapersAnswer,
    PapersKept,
    PaymentAnswer,
    Person,
    PhoneAnswer,
    Refused,
)
from kiosk.journal import IntentKind, IntentOutcome, InterruptedVisit, JournalError, OpenIntent, SettledIntent
from tests.kiosk.visit.world import a_document

PREVIEW = b"a synthetic preview"
SERVICE = "social_security_enrolment"
UNANSWERED = OpenIntent(intent=9, visit=7, kind=IntentKind.SUBMIT, key="k")


Thing = TypeVar("Thing")


class Waiting(Generic[Thing]):
    """One wait at a time, ended by whoever hands over the thing, or breaks it off."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._next: asyncio.Future[Thing] | None = None

    @property
    def is_on(self) -> bool:
        return self._next is not None

    def hand(self, thing: Thing) -> None:
        assert self._next is not None, f"{self._device}: nobody waits"
        self._next.set_result(thing)

    def fail(self, error: Exception) -> None:
        assert self._next is not None, f"{self._device}: nobody waits"
        self._next.set_exception(error)

    async def wait(self) -> Thing:
        assert self._next is None, "one conversation at a time"
        self._next = asyncio.get_running_loop().create_future()
        try:
            return await self._next
        finally:
            self._next = None


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
        self.is_waiting: bool | None = None
        self.retracts = 0
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

    async def paper_is_waiting(self) -> bool | None:
        return self.is_waiting

    async def retract(self) -> bool:
        self.retracts += 1
        return bool(self.is_waiting)

    async def reset(self) -> None:
        self.resets += 1
        if not self.is_plugged:
            raise _gone("receipt-printer")
        await self.discarding.wait()


class SimulatedSmartcardReader:
    """Reads the chip that ``put_in`` hands it."""

    def __init__(self) -> None:
        self.is_in: bool | None = False
        self.waiting = Waiting[SocialSecurityCard]("smartcard-reader")

    async def read_card(self, *, deadline_s: float, found: Callable[[], None]) -> SocialSecurityCard:
        assert 0.1 <= deadline_s <= 300
        card = await self.waiting.wait()
        found()
        return card

    async def has_card(self) -> bool | None:
        return self.is_in


class SimulatedScanner:
    """Reads the code that is held before it."""

    def __init__(self) -> None:
        self.waiting = Waiting[str]("code-scanner")

    async def read_code(self, *, deadline_s: float) -> ScannedCode:
        assert 0.1 <= deadline_s <= 300
        return ScannedCode(content=await self.waiting.wait())


class SimulatedCamera:
    """Takes the face that is shown to it; every picture it gave is kept, to see whether it was wiped."""

    def __init__(self) -> None:
        self.waiting = Waiting[bytes]("camera")
        self.prompts: list[tuple[LivenessPrompt, ...]] = []
        self.captures: list[Capture] = []
        self.guide: Callable[[Guidance], None] = lambda _guidance: None

    async def capture_face(
        self,
        *,
        deadline_s: float,
        prompts: tuple[LivenessPrompt, ...],
        preview: Callable[[PreviewFrame], None],
        guide: Callable[[Guidance], None],
    ) -> Capture:
        assert 1 <= deadline_s <= 120
        self.prompts.append(prompts)
        self.guide = guide
        preview(PreviewFrame(jpeg=PREVIEW, width_px=4, height_px=3))
        self.captures.append(Capture(bytearray(await self.waiting.wait())))
        return self.captures[-1]


class SimulatedTable:
    """An overhead camera that takes the sheet laid under it."""

    def __init__(self) -> None:
        self.waiting = Waiting[bytes]("document-scanner")
        self.captures: list[Capture] = []
        self.can_bind = True

    async def scan_page(self, *, deadline_s: float, preview: Callable[[PreviewFrame], None]) -> Capture:
        assert 1 <= deadline_s <= 120
        preview(PreviewFrame(jpeg=PREVIEW, width_px=4, height_px=3))
        self.captures.append(Capture(bytearray(await self.waiting.wait())))
        return self.captures[-1]

    async def bind(self, pages: Sequence[Capture], *, at_most_bytes: int) -> Capture:
        assert at_most_bytes > 0
        if not self.can_bind:
            raise ValueError("too many to be read")
        self.captures.append(Capture(bytearray(b"%PDF" + b"".join(bytes(page.jpeg) for page in pages))))
        return self.captures[-1]


class SimulatedPages:
    """Prints A4 as ``reports`` say (outcome and pages done), then always well."""

    def __init__(self, *reports: tuple[PrintOutcome, int | None] | Exception) -> None:
        self.reports = list(reports)
        self.prints: list[tuple[bytes, int]] = []
        self.discards = 0
        self.go = asyncio.Event()
        self.go.set()

    async def print_pages(
        self, pdf: bytes, *, first_page: int = 1, deadline_s: float, progress: Callable[[int, int], None]
    ) -> PagesReport:
        assert 5 <= deadline_s <= 600
        self.prints.append((pdf, first_page))
        total = 4 - first_page
        progress(1, total)
        await self.go.wait()
        report = self.reports.pop(0) if self.reports else (PrintOutcome.DONE, total)
        if isinstance(report, Exception):
            raise report
        return PagesReport(outcome=report[0], pages_done=report[1], pages_total=total, evidence="job-state=completed")

    async def sheet_of(self, receipt: Receipt) -> bytes:
        return b"%PDF of a receipt, copy " + str(receipt.reprint).encode()

    async def discard(self) -> None:
        self.discards += 1


class SimulatedPlatform:
    """Answers as ``answers`` and ``found`` say, then always with a document."""

    def __init__(self, *answers: Answer, found: tuple[Answer, ...] = ()) -> None:
        self.answers = list(answers)
        self.found = list(found)
        self.keys: list[str] = []
        self.asked: list[str] = []
        self.ratings: list[int] = []
        self.takes_ratings = True
        self.applications: list[Application] = []
        self.phones: dict[str, PhoneAnswer] = {}
        self.verdicts: list[FaceVerdict] = []
        self.compares = asyncio.Event()
        self.compares.set()
        self.faces: list[bytes] = []
        self.papers: list[PapersAnswer] = []
        self.pdfs: list[bytes] = []
        self.takes_papers = asyncio.Event()
        self.takes_papers.set()
        self.payments: list[PaymentAnswer] = []
        self.found_payments: list[PaymentAnswer] = []
        self.charges: list[tuple[str, int]] = []
        self.asked_payments: list[str] = []
        self.voided: list[str] = []
        self.can_void = True

    async def submit(self, application: Application) -> Answer:
        self.keys.append(application.key)
        self.applications.append(application)
        return self.answers.pop(0) if self.answers else Accepted(document=a_document())

    async def find(self, key: str) -> Answer:
        self.asked.append(key)
        return self.found.pop(0) if self.found else Accepted(document=a_document())

    async def rate(self, key: str, level: int) -> bool:  # noqa: ARG002  the key is the platform's business
        self.ratings.append(level)
        return self.takes_ratings

    async def recognise_phone(self, code: str) -> PhoneAnswer:
        return self.phones.get(code, Refused(reason="这个码不对"))

    async def compare_face(self, person: Person, jpeg: memoryview) -> FaceVerdict:  # noqa: ARG002  the verdict is the test's
        await self.compares.wait()
        self.faces.append(bytes(jpeg))
        return self.verdicts.pop(0) if self.verdicts else FaceVerdict.SAME

    async def hand_in_papers(self, key: str, pdf: memoryview) -> PapersAnswer:
        await self.takes_papers.wait()
        self.pdfs.append(bytes(pdf))
        return self.papers.pop(0) if self.papers else PapersKept(name=f"papers-{key[:4]}")

    async def pay(self, key: str, *, service: str, amount_fen: int, code: str) -> PaymentAnswer:
        assert service
        assert code
        self.charges.append((key, amount_fen))
        return self.payments.pop(0) if self.payments else Paid(receipt="ZF1")

    async def find_payment(self, key: str) -> PaymentAnswer:
        self.asked_payments.append(key)
        return self.found_payments.pop(0) if self.found_payments else Paid(receipt="ZF1")

    async def void(self, key: str, number: str) -> bool:
        assert key
        self.voided.append(number)
        return self.can_void


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
