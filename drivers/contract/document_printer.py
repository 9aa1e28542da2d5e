"""What a document printer (A4) can do for a visit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from drivers.contract.device import Device
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.receipt_printer import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesReport:
    """What is known about one print, and on what evidence.

    Attributes:
        pages_done: Pages known to have come out whole, counted from the first page asked for; None when nobody can tell.
        pages_total: Pages asked for.
        evidence: Job states, reasons and page counters in words a technician can check. Never what was printed.
    """

    outcome: PrintOutcome
    pages_done: int | None
    pages_total: int
    evidence: str


class DocumentPrinter(Device, Protocol):
    """Prints documents on A4 paper and says honestly which pages came out."""

    async def print_pages(
        self, pdf: bytes, *, first_page: int = 1, deadline_s: float, progress: Callable[[int, int], None]
    ) -> PagesReport:
        """Print a PDF from ``first_page`` on, follow the job to its end, and find out which pages came out.

        Whatever happens once this has begun comes back as a report. After any outcome but DONE the job has been cancelled if
        the printer could be reached, so that a refill never prints a stranger's papers; otherwise it is cancelled when the
        printer is next opened.

        Args:
            pdf: 1 to 50 pages, at most 20 MB.
            first_page: Counted from 1.
            deadline_s: Seconds the whole print may take, 5 to 600.
            progress: Called on the loop with pages done and pages asked for.

        Raises:
            ValueError: This is no PDF, or has no such page.
        """

    async def sheet_of(self, receipt: Receipt) -> bytes:
        """Lay a receipt out on one A4 sheet, as a PDF: what takes the roll's place when its printer is away.

        Prints nothing, and needs no printer. Takes about a tenth of a second, off the loop.

        Raises:
            ValueError: It does not fit on one sheet, or this machine has no font for it.
        """

    async def discard(self) -> None:
        """Cancel everything of ours that is queued or printing.

        Raises:
            UnreachableError: The printer is gone; its queue is emptied when it is next opened.
        """
