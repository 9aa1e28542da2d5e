"""What a visit is handed for a device this kiosk does not have; availability sees to it that nobody comes this far."""

from collections.abc import Callable, Sequence

from drivers.contract.camera import Capture, Guidance, LivenessPrompt, PreviewFrame
from drivers.contract.code_scanner import ScannedCode
from drivers.contract.document_printer import PagesReport
from drivers.contract.errors import UnreachableError
from drivers.contract.id_card_reader import IdCard
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.receipt_printer import PrintReport, Receipt
from drivers.contract.smartcard_reader import SocialSecurityCard


class AbsentReader:
    """No ID-card reader is fitted."""

    async def read_card(self, *, deadline_s: float, found: Callable[[], None]) -> IdCard:
        """Say that there is none, after no time at all."""
        del found
        raise _not_fitted("id-card-reader", deadline_s)

    async def has_card(self) -> bool:
        """No card lies where no reader is."""
        return False


class AbsentSmartcardReader:
    """No reader for cards with contacts is fitted."""

    async def read_card(self, *, deadline_s: float, found: Callable[[], None]) -> SocialSecurityCard:
        """Say that there is none, after no time at all."""
        del found
        raise _not_fitted("smartcard-reader", deadline_s)

    async def has_card(self) -> bool:
        """No card is in a reader that is not there."""
        return False


class AbsentScanner:
    """No code scanner is fitted."""

    async def read_code(self, *, deadline_s: float) -> ScannedCode:
        """Say that there is none, after no time at all."""
        raise _not_fitted("code-scanner", deadline_s)


class AbsentCamera:
    """No camera is fitted."""

    async def capture_face(
        self,
        *,
        deadline_s: float,
        prompts: tuple[LivenessPrompt, ...],
        preview: Callable[[PreviewFrame], None],
        guide: Callable[[Guidance], None],
    ) -> Capture:
        """Say that there is none, after no time at all."""
        del prompts, preview, guide
        raise _not_fitted("camera", deadline_s)


class AbsentDocumentScanner:
    """No overhead camera is fitted."""

    async def scan_page(self, *, deadline_s: float, preview: Callable[[PreviewFrame], None]) -> Capture:
        """Say that there is none, after no time at all."""
        del preview
        raise _not_fitted("document-scanner", deadline_s)

    async def bind(self, pages: Sequence[Capture], *, at_most_bytes: int) -> Capture:
        """Nothing was ever taken that could be bound."""
        raise ValueError(f"{len(pages)} sheets for at most {at_most_bytes} bytes, and no document scanner is fitted")


class AbsentPrinter:
    """No receipt printer is fitted."""

    async def print_receipt(self, receipt: Receipt, *, deadline_s: float, progress: Callable[[float], None]) -> PrintReport:
        """Report that nothing was begun."""
        del receipt, deadline_s, progress
        return PrintReport(outcome=PrintOutcome.NOT_STARTED, sent_bytes=0, total_bytes=0, printed_mm=0.0, evidence="not fitted")

    async def discard(self) -> None:
        """There is nothing to empty."""

    async def paper_is_waiting(self) -> bool | None:
        """Nobody can tell."""
        return None

    async def retract(self) -> bool:
        """There is nothing to draw back."""
        return False

    async def reset(self) -> None:
        """There is nothing to reset."""


class AbsentDocumentPrinter:
    """No A4 printer is fitted."""

    async def print_pages(
        self, pdf: bytes, *, first_page: int = 1, deadline_s: float, progress: Callable[[int, int], None]
    ) -> PagesReport:
        """Report that nothing was begun."""
        del pdf, first_page, deadline_s, progress
        return PagesReport(outcome=PrintOutcome.NOT_STARTED, pages_done=0, pages_total=0, evidence="not fitted")

    async def sheet_of(self, receipt: Receipt) -> bytes:
        """Nobody can lay it out."""
        del receipt
        message = "no document printer is fitted"
        raise ValueError(message)

    async def discard(self) -> None:
        """There is nothing to cancel."""


def _not_fitted(device: str, deadline_s: float) -> UnreachableError:
    return UnreachableError(device, f"none is fitted; not waited {deadline_s:g} s")
