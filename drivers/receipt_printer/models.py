"""What each model of receipt printer can do, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Presenter:
    """How a printer that holds the receipt out can be asked whether it was taken, and told to draw it back.

    Attributes:
        question: Real-time; answered with one byte of the pattern of DLE EOT.
        waiting_mask: Bits of that byte that are set while paper lies in the exit.
        retract: Draws the paper back into the cabinet; empty where there is no retractor.
    """

    question: bytes
    waiting_mask: int
    retract: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterModel:
    """The differences between makes that the driver has to know.

    Attributes:
        title: As on the type plate.
        raster_dots: Width of paper in mm -> dots of the head that print on it; the usual width first.
        dots_per_mm: Of the thermal head, both ways.
        feed_units_per_mm: What ``n`` of ``ESC 3 n`` and ``ESC J n`` counts in; often dots, on some makes finer.
        speed_mm_s: How fast paper moves while printing, the slow end of the maker's range.
        buffer_bytes: Receive buffer. The driver never runs further ahead of the head than half of this.
        cut_feed_mm: From the head to the cutter; fed by the cut command itself.
        native_qr: Draws QR codes itself (``GS ( k``); where it does not, they go as raster.
        answers_in_order: ``GS r 1`` may be answered, after what was sent before it. Checked on the wire before each first
            print, not believed: clones answer it on serial only.
        chinese_mode: Has a Chinese font of its own (``FS &``); where it has not, Chinese goes as raster.
        cutter: Has one. Where it has not, every receipt is torn off by hand.
        partial_cut: Leaves a bridge of paper, so that the receipt does not fall to the floor.
        asb: Knows ``GS a``: says by itself what has changed. Taken as a bonus; it is asked all the same.
        presenter: Holds receipts out and senses whether they were taken; None where they just hang or fall out.
        says_who: Answers ``GS I``.
        realtime_clear: ``DLE DC4 8`` empties the buffer even where ``DLE ENQ 2`` finds no error to recover from.
    """

    title: str
    raster_dots: Mapping[int, int]
    dots_per_mm: int
    feed_units_per_mm: float
    speed_mm_s: float
    buffer_bytes: int
    cut_feed_mm: float
    native_qr: bool
    answers_in_order: bool
    chinese_mode: bool
    cutter: bool
    partial_cut: bool
    asb: bool
    presenter: Presenter | None
    says_who: bool
    realtime_clear: bool

    @property
    def width_mm(self) -> tuple[int, ...]:
        """Widths of paper it can be set to, the usual one first."""
        return tuple(self.raster_dots)

    def printable_mm(self, width_mm: int) -> float:
        """Width of the printed area on paper of ``width_mm``."""
        return self.raster_dots[width_mm] / self.dots_per_mm

    def columns(self, width_mm: int) -> int:
        """Narrow characters (12 dots) in a line on paper of ``width_mm``."""
        return self.raster_dots[width_mm] // 12

    def dots(self, width_mm: int) -> int:
        """Dots in a line on paper of ``width_mm``."""
        return self.raster_dots[width_mm]


DOTS_OF_THE_TRADE: Mapping[int, int] = MappingProxyType({80: 576, 58: 384})
"""Paper width, mm -> dots at 8 a millimetre: 72 and 48 mm are printed, 48 and 32 columns."""

_GENERIC = PrinterModel(  # what every clone seen in public drivers can do; nothing more is assumed
    title="ESC/POS",
    raster_dots=DOTS_OF_THE_TRADE,
    dots_per_mm=8,
    feed_units_per_mm=8.0,
    speed_mm_s=100.0,
    buffer_bytes=4096,
    cut_feed_mm=14.0,
    native_qr=False,
    answers_in_order=True,
    chinese_mode=True,
    cutter=True,
    partial_cut=True,
    asb=False,
    presenter=None,
    says_who=False,
    realtime_clear=False,
)

MODELS: Mapping[str, PrinterModel] = MappingProxyType(
    {
        "generic": _GENERIC,
        # A clone whose self-test page names QR among its 2D codes.
        "generic-qr": replace(_GENERIC, speed_mm_s=150.0, native_qr=True, says_who=True),
        # A clone sold abroad, without a Chinese font.
        "generic-latin": replace(_GENERIC, chinese_mode=False),
        # Small panel printers; most have no cutter.
        "generic-58": replace(
            _GENERIC,
            title="ESC/POS 58 mm",
            raster_dots=MappingProxyType({58: 384}),
            speed_mm_s=60.0,
            buffer_bytes=2048,
            cut_feed_mm=10.0,
            answers_in_order=False,
            cutter=False,
        ),
        # A kiosk printer that holds the receipt out. (unconfirmed) Question: two sources, its bits: none; retract: one source.
        "kiosk-presenter": replace(
            _GENERIC,
            title="ESC/POS kiosk printer with presenter",
            speed_mm_s=150.0,
            native_qr=True,
            asb=True,
            says_who=True,
            presenter=Presenter(question=b"\x10\x04\x05", waiting_mask=0x0C, retract=b"\x1de\x02"),
        ),
        # (unconfirmed on hardware) Figures of the maker's technical reference.
        "epson-tm-t88": replace(
            _GENERIC,
            title="EPSON TM-T88",
            raster_dots=MappingProxyType({80: 512, 58: 360}),
            dots_per_mm=7,  # 180 dpi
            feed_units_per_mm=14.17,  # 1/360 inch
            speed_mm_s=150.0,
            native_qr=True,
            asb=True,
            says_who=True,
            realtime_clear=True,
        ),
    }
)
"""Model word of the configuration -> what it can do. None of them has been seen on hardware by us yet."""
