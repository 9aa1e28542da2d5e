"""A receipt on one A4 sheet: drawn as the roll would have shown it, only larger, and saved as a PDF."""

import io
from dataclasses import dataclass, field
from typing import assert_never

import segno
from PIL import Image, ImageDraw, ImageFont

from drivers.contract.receipt_printer import Align, Block, Pair, QrBlock, Receipt, Rule, Space, TextLine
from drivers.transport.system_font import FONT_PATHS, face_of

DPI = 150
WIDTH, HEIGHT = round(210 / 25.4 * DPI), round(297 / 25.4 * DPI)
MARGIN = round(25 / 25.4 * DPI)
BODY = round(5.2 / 25.4 * DPI)
"""Height of a body character: 5.2 mm, as large print as a person of seventy reads without glasses."""
LINE = 1.55
"""Distance from line to line, in characters."""
LABEL_SHARE = 0.28
QR_MM = 32.0


@dataclass(slots=True)
class _Pen:
    """Where the next thing goes, from the top."""

    sheet: Image.Image
    draw: ImageDraw.ImageDraw = field(init=False)
    top: float = MARGIN

    def __post_init__(self) -> None:
        self.draw = ImageDraw.Draw(self.sheet)


def sheet_of(receipt: Receipt) -> bytes:
    """Draw the receipt and return it as a PDF of one page. ValueError when it does not fit, or no font can draw it."""
    pen = _Pen(Image.new("L", (WIDTH, HEIGHT), 255))
    if receipt.reprint:
        _text(pen, TextLine(text=f"补打 {receipt.reprint}", align=Align.RIGHT, is_bold=True))
    for block in receipt.blocks:
        _put(pen, block)
    if pen.top > HEIGHT - MARGIN:
        message = f"the receipt takes {pen.top / HEIGHT * 297:.0f} mm; one A4 sheet holds {297 - 25} mm"
        raise ValueError(message)
    file = io.BytesIO()
    pen.sheet.save(file, "PDF", resolution=DPI)
    return file.getvalue()


def _put(pen: _Pen, block: Block) -> None:
    match block:
        case TextLine():
            _text(pen, block)
        case Pair():
            _pair(pen, block)
        case Rule():
            pen.draw.line((MARGIN, pen.top + 6, WIDTH - MARGIN, pen.top + 6), fill=120, width=2)
            pen.top += 18
        case Space():
            pen.top += block.height_mm / 25.4 * DPI * 2  # a sheet has room
        case QrBlock():
            _code(pen, block.content)
        case _:
            assert_never(block)


def _text(pen: _Pen, line: TextLine) -> None:
    font = _font(BODY * line.scale)
    for text in _wrapped(line.text, font, WIDTH - 2 * MARGIN):
        x, anchor = {
            Align.LEFT: (float(MARGIN), "la"),
            Align.CENTRE: (WIDTH / 2, "ma"),
            Align.RIGHT: (float(WIDTH - MARGIN), "ra"),
        }[line.align]
        pen.draw.text((x, pen.top), text, font=font, fill=0, anchor=anchor, stroke_width=1 if line.is_bold else 0)
        pen.top += BODY * line.scale * LINE


def _pair(pen: _Pen, pair: Pair) -> None:
    font = _font(BODY)
    left = MARGIN + (WIDTH - 2 * MARGIN) * LABEL_SHARE
    pen.draw.text((MARGIN, pen.top), pair.label, font=font, fill=70)
    for text in _wrapped(pair.value, font, WIDTH - MARGIN - left) or ("",):
        pen.draw.text((left, pen.top), text, font=font, fill=0)
        pen.top += BODY * LINE


def _code(pen: _Pen, content: str) -> None:
    file = io.BytesIO()
    segno.make_qr(content, error="m").save(file, kind="png", scale=8, border=2)
    side = round(QR_MM / 25.4 * DPI)
    with Image.open(file) as code:
        pen.sheet.paste(code.convert("L").resize((side, side), Image.Resampling.NEAREST), ((WIDTH - side) // 2, round(pen.top)))
    pen.top += side + 8


def _wrapped(text: str, font: ImageFont.FreeTypeFont, width: float) -> tuple[str, ...]:
    """Cut a text into lines; Chinese may be broken anywhere."""
    lines: list[str] = []
    rest = text
    while rest:
        count = len(rest)
        while count > 1 and font.getlength(rest[:count]) > width:
            count -= 1
        lines.append(rest[:count])
        rest = rest[count:]
    return tuple(lines)


def _font(size: int) -> ImageFont.FreeTypeFont:
    path = next((path for path in FONT_PATHS if path.is_file()), None)
    if path is None:
        message = "no CJK font to draw a receipt with: install fonts-noto-cjk"
        raise ValueError(message)
    return ImageFont.truetype(str(path), size, index=face_of(path))
