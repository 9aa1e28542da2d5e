"""What each model of receipt printer can do, as data."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterModel:
    """The differences between makes that the driver has to know.

    Attributes:
        title: As on the type plate.
        width_mm: Widths of paper it can be set to, the usual one first.
        dots_per_mm: Of the thermal head, both ways.
        feed_units_per_mm: What ``n`` of ``ESC 3 n`` and ``ESC J n`` counts in; often dots, on some makes finer.
        speed_mm_s: How fast paper moves while printing, the slow end of the maker's range.
        buffer_bytes: Receive buffer. The driver never runs further ahead of the head than half of this.
        cut_feed_mm: From the head to the cutter; fed by the cut command itself.
        native_qr: Draws QR codes itself (``GS ( k``); where it does not, they go as raster.
        answers_in_order: ``GS r 1`` may be answered, after what was sent before it. Checked on the wire before each first
            print, not believed: clones answer it on serial only.
        partial_cut: Leaves a bridge of paper, so that the receipt does not fall to the floor.
        asb: Knows ``GS a``; switched off at opening, and understood when it comes all the same.
        says_who: Answers ``GS I``.
        realtime_clear: ``DLE DC4 8`` empties the buffer even where ``DLE ENQ 2`` finds no error to recover from.
    """

    title: str
    width_mm: tuple[int, ...]
    dots_per_mm: int
    feed_units_per_mm: float
    speed_mm_s: float
    buffer_bytes: int
    cut_feed_mm: float
    native_qr: bool
    answers_in_order: bool
    partial_cut: bool
    asb: bool
    says_who: bool
    realtime_clear: bool

    def printable_mm(self, width_mm: int) -> float:
        """Width of the printed area on paper of ``width_mm``."""
        return PRINTABLE_MM[width_mm]

    def columns(self, width_mm: int) -> int:
        """Narrow characters (12 dots) in a line on paper of ``width_mm``."""
        return self.dots(width_mm) // 12

    def dots(self, width_mm: int) -> int:
        """Dots in a line on paper of ``width_mm``."""
        return int(PRINTABLE_MM[width_mm] * self.dots_per_mm)


PRINTABLE_MM: Mapping[int, float] = {58: 48.0, 80: 72.0}
"""Paper width -> printed width, mm. The two widths of the trade; 32 and 48 columns at 8 dots/mm."""

MODELS: Mapping[str, PrinterModel] = {
    "generic": PrinterModel(  # what every clone seen in public drivers can do; nothing more is assumed
        title="ESC/POS",
        width_mm=(80, 58),
        dots_per_mm=8,
        feed_units_per_mm=8.0,
        speed_mm_s=100.0,
        buffer_bytes=4096,
        cut_feed_mm=14.0,
        native_qr=False,
        answers_in_order=True,
        partial_cut=True,
        asb=False,
        says_who=False,
        realtime_clear=False,
    ),
    "generic-qr": PrinterModel(  # a clone whose self-test page names QR among its 2D codes
        title="ESC/POS",
        width_mm=(80, 58),
        dots_per_mm=8,
        feed_units_per_mm=8.0,
        speed_mm_s=150.0,
        buffer_bytes=4096,
        cut_feed_mm=14.0,
        native_qr=True,
        answers_in_order=True,
        partial_cut=True,
        asb=False,
        says_who=True,
        realtime_clear=False,
    ),
    "generic-58": PrinterModel(  # small panel printers; most have no cutter, GS V then feeds only
        title="ESC/POS 58 mm",
        width_mm=(58,),
        dots_per_mm=8,
        feed_units_per_mm=8.0,
        speed_mm_s=60.0,
        buffer_bytes=2048,
        cut_feed_mm=10.0,
        native_qr=False,
        answers_in_order=False,
        partial_cut=True,
        asb=False,
        says_who=False,
        realtime_clear=False,
    ),
    "epson-tm-t88": PrinterModel(  # (unconfirmed on hardware) figures of the maker's technical reference
        title="EPSON TM-T88",
        width_mm=(80, 58),
        dots_per_mm=7,  # 180 dpi
        feed_units_per_mm=14.17,  # 1/360 inch
        speed_mm_s=150.0,
        buffer_bytes=4096,
        cut_feed_mm=14.0,
        native_qr=True,
        answers_in_order=True,
        partial_cut=True,
        asb=True,
        says_who=True,
        realtime_clear=True,
    ),
}
"""Model word of the configuration -> what it can do. None of them has been seen on hardware by us yet."""
