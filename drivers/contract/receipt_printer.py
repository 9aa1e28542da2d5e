"""What a receipt printer can do for a visit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from drivers.contract.device import Device
from drivers.contract.print_outcome import PrintOutcome


class Align(StrEnum):
    """Where a line stands on the paper."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextLine:
    """One line of text; wraps at the paper's edge. ``scale`` 1 or 2 multiplies both height and width."""

    text: str = field(repr=False)
    align: Align = Align.LEFT
    scale: int = 1
    is_bold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A label on the left and its value beside it, wrapped under itself when long."""

    label: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A line across the paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Empty paper."""

    height_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QrBlock:
    """A QR code, centred, at least 20 mm wide."""

    content: str = field(repr=False)


Block = TextLine | Pair | Rule | Space | QrBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What is to stand on the paper, top to bottom.

    Attributes:
        reprint: 0 for the original; n prints 补打 n at its head, so that two papers are never taken for two matters.
    """

    blocks: tuple[Block, ...]
    reprint: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintReport:
    """What is known about one print, and on what evidence.

    Attributes:
        sent_bytes: Bytes handed to the cable, of ``total_bytes``.
        printed_mm: Paper used as far as the driver can tell.
        evidence: Status answers before, during and after, in words a technician can check. Never what was printed.
        is_cut: False when there is no cutter or it failed: done, but to be torn off by hand.
    """

    outcome: PrintOutcome
    sent_bytes: int
    total_bytes: int
    printed_mm: float
    evidence: str
    is_cut: bool = True


class ReceiptPrinter(Device, Protocol):
    """Prints receipts on thermal paper and says honestly what came of it."""

    async def print_receipt(self, receipt: Receipt, *, deadline_s: float, progress: Callable[[float], None]) -> PrintReport:
        """Print one receipt and find out what became of it.

        Whatever happens once this has begun comes back as a report: out of paper, cover, cable, silence. After any
        outcome but DONE the printer's buffer has been cleared if it could be reached, so that no tail comes out later.

        Args:
            deadline_s: Seconds the whole print may take, 1 to 120.
            progress: Called on the loop with the share sent and printed so far, 0.0 to 1.0.

        Raises:
            ValueError: The receipt cannot be printed on this paper at all.
        """

    async def discard(self) -> None:
        """Empty the printer's buffer, so that nothing of this villager comes out for the next.

        Raises:
            UnreachableError: The cable is gone; the buffer is cleared when the printer is next opened.
        """

    async def paper_is_waiting(self) -> bool | None:
        """Whether a receipt lies in the exit and was not taken yet; None where the printer cannot tell, or is in use.

        Raises as ``status`` does.
        """

    async def retract(self) -> bool:
        """Draw a receipt that nobody took back into the cabinet, so that the next person does not read it.

        A printer that can do so also does it by itself once the receipt has lain there for long.

        Returns:
            Whether there was one and it is being drawn back; False where there is no retractor.

        Raises:
            UnreachableError: The cable is gone.
            ProtocolError: An answer that is none.
        """
