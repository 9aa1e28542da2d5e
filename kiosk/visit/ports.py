"""Ports: what the runner needs of the world, no wider than it uses it."""

from collections.abc import Callable
from typing import Protocol

from drivers.contract.id_card_reader import IdCard
from drivers.contract.receipt_printer import PrintReport, Receipt
from kiosk.gateway.platform import Answer, Application
from kiosk.journal import IntentKind, IntentOutcome, InterruptedVisit, OpenSubmission


class CardReading(Protocol):
    """The part of ``IdCardReader`` that a visit uses."""

    async def read_card(self, *, deadline_s: float, found: Callable[[], None]) -> IdCard:
        """Wait for a card, say when it is ``found``, and read it whole, or not at all. Raises DriverError."""


class ReceiptPrinting(Protocol):
    """The part of ``ReceiptPrinter`` that a visit uses."""

    async def print_receipt(self, receipt: Receipt, *, deadline_s: float, progress: Callable[[float], None]) -> PrintReport:
        """Print one receipt and find out what became of it."""

    async def discard(self) -> None:
        """Empty the printer's buffer. Raises DriverError."""

    async def reset(self) -> None:
        """Bring it back to its state after power-on; begun paper is cut off. Raises DriverError."""


class MatterPlatform(Protocol):
    """The part of ``Platform`` that a visit uses. Nothing here raises for anything the network does."""

    async def submit(self, application: Application) -> Answer:
        """Hand in an application and wait for its outcome."""

    async def find(self, key: str) -> Answer:
        """Ask what became of an application."""

    async def rate(self, key: str, level: int) -> bool:
        """Hand in a rating of 1 to 5."""


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
        """Close what was left open, but for submissions that were sent."""

    async def open_submissions(self) -> tuple[OpenSubmission, ...]:
        """Submissions that were sent and have no outcome."""
