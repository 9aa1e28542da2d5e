"""Ports: what the runner needs of the world, no wider than it uses it."""

from collections.abc import Callable, Sequence
from typing import Protocol

from drivers.contract.camera import Capture, Guidance, LivenessPrompt, PreviewFrame
from drivers.contract.code_scanner import ScannedCode
from drivers.contract.document_printer import PagesReport
from drivers.contract.id_card_reader import IdCard
from drivers.contract.receipt_printer import PrintReport, Receipt
from drivers.contract.smartcard_reader import SocialSecurityCard
from kiosk.gateway.platform import (
    Answer,
    Application,
    FaceVerdict,
    PapersAnswer,
    PaymentAnswer,
    Person,
    PhoneAnswer,
)
from kiosk.journal import IntentKind, IntentOutcome, InterruptedVisit, OpenIntent


class CardReading(Protocol):
    """The part of ``IdCardReader`` that a visit uses. Raises DriverError."""

    async def read_card(self, *, deadline_s: float, found: Callable[[], None]) -> IdCard:
        """Wait for a card, say when it is ``found``, and read it whole, or not at all."""

    async def has_card(self) -> bool | None:
        """Whether a card lies there now; None when the reader cannot tell."""


class SmartcardReading(Protocol):
    """The part of ``SmartcardReader`` that a visit uses. Raises DriverError."""

    async def read_card(self, *, deadline_s: float, found: Callable[[], None]) -> SocialSecurityCard:
        """Wait for a card, say when it is ``found``, and read it whole, or not at all."""

    async def has_card(self) -> bool | None:
        """Whether a card is in the reader now."""


class CodeReading(Protocol):
    """The part of ``CodeScanner`` that a visit uses. Raises DriverError."""

    async def read_code(self, *, deadline_s: float) -> ScannedCode:
        """Wait for the next code held before the reader."""


class FaceTaking(Protocol):
    """The part of ``Camera`` that a visit uses. Raises DriverError."""

    async def capture_face(
        self,
        *,
        deadline_s: float,
        prompts: tuple[LivenessPrompt, ...],
        preview: Callable[[PreviewFrame], None],
        guide: Callable[[Guidance], None],
    ) -> Capture:
        """Guide the person and take one good picture of a living face."""


class SheetScanning(Protocol):
    """The part of ``DocumentScanner`` that a visit uses. Raises DriverError."""

    async def scan_page(self, *, deadline_s: float, preview: Callable[[PreviewFrame], None]) -> Capture:
        """Take the sheet that lies under the camera."""

    async def bind(self, pages: Sequence[Capture], *, at_most_bytes: int) -> Capture:
        """Make one PDF of the sheets. Raises ValueError when they cannot be made small enough."""


class ReceiptPrinting(Protocol):
    """The part of ``ReceiptPrinter`` that a visit uses."""

    async def print_receipt(self, receipt: Receipt, *, deadline_s: float, progress: Callable[[float], None]) -> PrintReport:
        """Print one receipt and find out what became of it."""

    async def discard(self) -> None:
        """Empty the printer's buffer. Raises DriverError."""

    async def paper_is_waiting(self) -> bool | None:
        """Whether a receipt is still in the exit; None when the printer cannot tell. Raises DriverError."""

    async def retract(self) -> bool:
        """Draw back a receipt that is still in the exit; False when it cannot. Raises DriverError."""

    async def reset(self) -> None:
        """Bring it back to its state after power-on; begun paper is cut off. Raises DriverError."""


class PagePrinting(Protocol):
    """The part of ``DocumentPrinter`` that a visit uses."""

    async def print_pages(
        self, pdf: bytes, *, first_page: int = 1, deadline_s: float, progress: Callable[[int, int], None]
    ) -> PagesReport:
        """Print from ``first_page`` on and find out which pages came out. Raises ValueError when it is no PDF."""

    async def sheet_of(self, receipt: Receipt) -> bytes:
        """Lay a receipt out on one A4 sheet. Raises ValueError when that cannot be done."""

    async def discard(self) -> None:
        """Cancel everything of ours that is queued. Raises DriverError."""


class MatterPlatform(Protocol):
    """The part of ``Platform`` that a visit uses. Nothing here raises for anything the network does."""

    async def submit(self, application: Application) -> Answer:
        """Hand in an application and wait for its outcome."""

    async def find(self, key: str) -> Answer:
        """Ask what became of an application."""

    async def rate(self, key: str, level: int) -> bool:
        """Hand in a rating of 1 to 5."""

    async def recognise_phone(self, code: str) -> PhoneAnswer:
        """Ask who showed this code."""

    async def compare_face(self, person: Person, jpeg: memoryview) -> FaceVerdict:
        """Compare a living face with the person it should be."""

    async def hand_in_papers(self, key: str, pdf: memoryview) -> PapersAnswer:
        """Hand in papers for the application ``key``."""

    async def pay(self, key: str, *, service: str, amount_fen: int, code: str) -> PaymentAnswer:
        """Take money from whoever showed the code; the same key never takes it twice."""

    async def find_payment(self, key: str) -> PaymentAnswer:
        """Ask what became of a payment."""

    async def void(self, key: str, number: str) -> bool:
        """Declare a document void of which only a part came out."""


class VisitLedger(Protocol):
    """The part of ``Journal`` that a visit uses. Raises only JournalError; a row is on the disk when a call returns."""

    async def begin_visit(self, service: str) -> int:
        """Open a visit."""

    async def end_visit(self, visit: int, outcome: str) -> None:
        """Close a visit."""

    async def intend(self, visit: int, kind: IntentKind, *, key: str, reprint: int = 0) -> int:
        """Write down an act before it is begun."""

    async def mark_sent(self, intent: int) -> None:
        """Write down that the act begins now."""

    async def settle(self, intent: int, outcome: IntentOutcome, *, evidence: str) -> None:
        """Give an act its one outcome."""

    async def record_answer(self, intent: int, answer: str) -> None:
        """Keep what the person saw come out."""

    async def settle_after_crash(self) -> tuple[InterruptedVisit, ...]:
        """Close what was left open, but for what was sent to the platform."""

    async def open_intents(self) -> tuple[OpenIntent, ...]:
        """Submissions and payments that were sent and have no outcome."""
