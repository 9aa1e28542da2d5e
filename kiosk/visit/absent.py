"""What a visit is handed for a device this kiosk does not have; availability sees to it that nobody comes this far."""

from collections.abc import Callable

from drivers.contract.errors import UnreachableError
from drivers.contract.id_card_reader import IdCard
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.receipt_printer import PrintReport, Receipt


class AbsentReader:
    """No ID-card reader is fitted."""

    async def read_card(self, *, deadline_s: float, found: Callable[[], None]) -> IdCard:
        """Say that there is none, after no time at all."""
        del found
        raise UnreachableError("id-card-reader", f"none is fitted; not waited {deadline_s:g} s for a card")


class AbsentPrinter:
    """No receipt printer is fitted."""

    async def print_receipt(self, receipt: Receipt, *, deadline_s: float, progress: Callable[[float], None]) -> PrintReport:
        """Report that nothing was begun."""
        del receipt, deadline_s, progress
        return PrintReport(outcome=PrintOutcome.NOT_STARTED, sent_bytes=0, total_bytes=0, printed_mm=0.0, evidence="not fitted")

    async def discard(self) -> None:
        """There is nothing to empty."""

    async def reset(self) -> None:
        """There is nothing to reset."""
