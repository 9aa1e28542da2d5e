"""A receipt laid out for one roll of paper: which bytes, and how many millimetres each of them moves."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import assert_never

import segno
from PIL import Image

from drivers.contract.receipt_printer import Align, Block, Pair, QrBlock, Receipt, Rule, Space, TextLine
from drivers.receipt_printer import print_codec
from drivers.receipt_printer.font import DotFont
from drivers.receipt_printer.models import PrinterModel
from drivers.receipt_printer.print_codec import Codepage
from drivers.receipt_printer.wrapping import clean, width_of, wrap

LINE_DOTS = {1: 34, 2: 62}
"""Scale -> distance from line to line, in dots: 24 or 48 of character and air that lets Chinese be read."""

QR_WIDTH_MM = 24.0
"""How wide a QR code is made where there is room: the contract promises 20, a phone held by an old hand likes more."""

QR_LEAST_MM = 20.0
QR_LEAST_MODULE_DOTS = 3
"""A module thinner than 3 dots (0.375 mm) runs together on worn heads."""

QR_GAP_MM = 2.0
"""Quiet paper above and below a QR code; the sides are quiet by themselves."""

NATIVE_QR_BYTES = 400
"""A longer content goes as raster, so that the command stays within one slice."""

FOOT_MM = 4.0
"""White paper below the last line; above the first, the way from cutter to head is white by itself."""

LABEL_GAP_COLUMNS = 2
LONGEST_MM = 1500.0
"""A receipt longer than this is a mistake, and would empty the roll."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """The paper and the hands that print on it."""

    model: PrinterModel
    width_mm: int
    codepage: Codepage
    font: DotFont

    @property
    def columns(self) -> int:
        """Narrow characters in a line."""
        return self.model.columns(self.width_mm)

    @property
    def dots(self) -> int:
        """Dots in a line."""
        return self.model.dots(self.width_mm)

    def has(self, char: str) -> bool:
        """Whether the printer's own fonts have ``char``."""
        return print_codec.is_native(char, self.codepage) and (self.model.chinese_mode or char <= "~")

    def units(self, mm: float) -> int:
        """Feed units of the model nearest to ``mm``."""
        return round(mm * self.model.feed_units_per_mm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One or more complete commands, at most 512 bytes, and the paper they move. Between two of these one may ask."""

    payload: bytes = field(repr=False)
    mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A whole receipt, ready to be sent. Its repr shows nothing of what is printed.

    Attributes:
        body: Everything but the cut.
        cut: The cut, with the feed to the cutter.
        missing_glyphs: Characters for which no font has a picture; an empty box stands in their place.
    """

    body: tuple[Step, ...]
    cut: Step
    missing_glyphs: int

    @property
    def total_bytes(self) -> int:
        """Bytes of body and cut."""
        return sum(len(step.payload) for step in (*self.body, self.cut))

    @property
    def total_mm(self) -> float:
        """Paper that body and cut use."""
        return sum(step.mm for step in (*self.body, self.cut))


def lay_out(receipt: Receipt, *, roll: Roll) -> Sheet:
    """Lay ``receipt`` out for ``roll``.

    Raises:
        ValueError: It cannot be printed on this paper: empty, too long, a QR code too big, a scale that is none, no font.
    """
    if not receipt.blocks:
        raise ValueError("a receipt without blocks")
    sheet = _SheetInTheMaking(roll)
    for block in _with_reprint(receipt):
        sheet.add(block)
    sheet.add(Space(height_mm=FOOT_MM))
    body = (Step(payload=print_codec.INITIALISE, mm=0.0), *sheet.steps)
    if (length_mm := sum(step.mm for step in body)) > LONGEST_MM:
        raise ValueError(f"a receipt of {length_mm:.0f} mm is longer than {LONGEST_MM:.0f} mm")
    return Sheet(body=body, cut=cut_step(roll), missing_glyphs=sheet.missing_glyphs)


def cut_step(roll: Roll) -> Step:
    """The cut alone, with its feed; the feed alone where there is no cutter."""
    if not roll.model.cutter:
        return Step(payload=print_codec.feed(roll.units(roll.model.cut_feed_mm)), mm=roll.model.cut_feed_mm)
    return Step(payload=print_codec.cut(is_partial=roll.model.partial_cut), mm=roll.model.cut_feed_mm)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pairs:
    """Pairs that stand under one another share one column for their values."""

    pairs: tuple[Pair, ...] = field(repr=False)


def _with_reprint(receipt: Receipt) -> Iterator[Block | _Pairs]:
    if receipt.reprint:
        yield TextLine(text=f"补打 {receipt.reprint}", align=Align.CENTRE, scale=2, is_bold=True)
        yield Space(height_mm=1.5)
    for is_pair, blocks in groupby(receipt.blocks, key=lambda block: isinstance(block, Pair)):
        if is_pair:
            yield _Pairs(pairs=tuple(block for block in blocks if isinstance(block, Pair)))
        else:
            yield from blocks


class _SheetInTheMaking:
    """Collects steps, and sends a style or a line spacing only when it changes."""

    def __init__(self, roll: Roll) -> None:
        self.steps: list[Step] = []
        self.missing_glyphs = 0
        self._roll = roll
        self._style: tuple[Align, int, bool] | None = None
        self._spacing_dots = 0

    def add(self, block: Block | _Pairs) -> None:
        """Lay out one block."""
        match block:
            case TextLine():
                if block.scale not in LINE_DOTS:
                    raise ValueError(f"scale {block.scale} is neither 1 nor 2")
                for line in wrap(clean(block.text), columns=self._roll.columns // block.scale):
                    self._line(line, align=block.align, scale=block.scale, is_bold=block.is_bold)
            case Pair():
                self.add(_Pairs(pairs=(block,)))
            case _Pairs():
                for line in _pair_lines(block.pairs, columns=self._roll.columns):
                    self._line(line, align=Align.LEFT, scale=1, is_bold=False)
            case Rule():
                self._line("─" * (self._roll.columns // 2), align=Align.LEFT, scale=1, is_bold=False)
            case Space():
                self._space(block.height_mm)
            case QrBlock():
                self._space(QR_GAP_MM)
                self._qr(block.content)
                self._space(QR_GAP_MM)
            case _:
                assert_never(block)

    def _line(self, line: str, *, align: Align, scale: int, is_bold: bool) -> None:
        if not all(self._roll.has(char) for char in line):
            self._drawn_line(line, align=align, scale=scale, is_bold=is_bold)
            return
        prefix = self._styled(align, scale, is_bold)
        if self._spacing_dots != LINE_DOTS[scale]:
            self._spacing_dots = LINE_DOTS[scale]
            prefix += print_codec.line_spacing(self._roll.units(self._spacing_dots / self._roll.model.dots_per_mm))
        payload = prefix + print_codec.text(line, self._roll.codepage) + print_codec.LINE_FEED
        self.steps.append(Step(payload=payload, mm=LINE_DOTS[scale] / self._roll.model.dots_per_mm))

    def _drawn_line(self, line: str, *, align: Align, scale: int, is_bold: bool) -> None:
        self.missing_glyphs += sum(not self._roll.font.has(char) for char in set(line) if char > "~")
        drawn = self._roll.font.line(line, scale=scale, is_bold=is_bold)
        spare = max(self._roll.dots - drawn.width, 0)
        left = {Align.LEFT: 0, Align.CENTRE: spare // 2, Align.RIGHT: spare}[align]
        self._picture(drawn, left=left, height=LINE_DOTS[scale])  # at the top, as the printer's own characters stand

    def _qr(self, content: str) -> None:
        try:
            code = segno.make_qr(content, error="m", encoding="utf-8" if not content.isascii() else None)
        except ValueError as error:  # segno's DataOverflowError is one
            raise ValueError(f"a QR code cannot hold {len(content.encode())} bytes") from error
        modules = len(code.matrix)
        size = _module_dots(modules, roll=self._roll)
        if self._roll.model.native_qr and len(content.encode()) <= NATIVE_QR_BYTES:
            prefix = self._styled(Align.CENTRE, 1, False)
            payload = prefix + print_codec.native_qr(content, dots_per_module=size)
            self.steps.append(Step(payload=payload, mm=modules * size / self._roll.model.dots_per_mm))
            return
        dots = Image.new("1", (modules, modules))
        dots.putdata([0 if is_dark else 255 for row in code.matrix for is_dark in row])
        picture = dots.resize((modules * size, modules * size), Image.Resampling.NEAREST)
        self._picture(picture, left=(self._roll.dots - picture.width) // 2, height=picture.height)

    def _picture(self, picture: Image.Image, *, left: int, height: int) -> None:
        paper = Image.new("1", (min((left + picture.width + 7) // 8 * 8, self._roll.dots), height), 255)
        paper.paste(picture, (left, 0))
        prefix = self._styled(Align.LEFT, 1, False)
        for payload in print_codec.raster(paper):
            lines = int.from_bytes(payload[6:8], "little")
            self.steps.append(Step(payload=prefix + payload, mm=lines / self._roll.model.dots_per_mm))
            prefix = b""

    def _space(self, height_mm: float) -> None:
        if not 0 <= height_mm <= LONGEST_MM:
            raise ValueError(f"a space of {height_mm} mm")
        if units := self._roll.units(height_mm):
            self.steps.append(Step(payload=print_codec.feed(units), mm=units / self._roll.model.feed_units_per_mm))

    def _styled(self, align: Align, scale: int, is_bold: bool) -> bytes:
        if self._style == (align, scale, is_bold):
            return b""
        self._style = (align, scale, is_bold)
        return print_codec.style(align=align, scale=scale, is_bold=is_bold)


def _pair_lines(pairs: tuple[Pair, ...], *, columns: int) -> Iterator[str]:
    cleaned = [(clean(pair.label).replace("\n", " "), clean(pair.value)) for pair in pairs]
    fitting = [width_of(label) for label, _ in cleaned if width_of(label) + LABEL_GAP_COLUMNS <= columns // 2]
    column = max(fitting, default=0) + LABEL_GAP_COLUMNS
    for label, value in cleaned:
        gap = column - width_of(label)
        first, *others = wrap(value, columns=columns - column)
        if gap >= LABEL_GAP_COLUMNS:
            yield f"{label}{' ' * gap}{first}".rstrip(" ")
        else:  # a label too long to stand beside its value
            yield from wrap(label, columns=columns)
            yield f"{' ' * column}{first}"
        for other in others:
            yield f"{' ' * column}{other}"


def _module_dots(modules: int, *, roll: Roll) -> int:
    """Dots a module: about 24 mm in all, at least 20 mm, within the paper."""
    per_mm = roll.model.dots_per_mm
    wanted = math.ceil(QR_WIDTH_MM * per_mm / modules)
    fits = (roll.dots - 8 * QR_LEAST_MODULE_DOTS) // modules  # four modules quiet on either side
    size = min(max(wanted, QR_LEAST_MODULE_DOTS), fits, 16)
    if size < QR_LEAST_MODULE_DOTS or size * modules < QR_LEAST_MM * per_mm:
        raise ValueError(f"a QR code of {modules} x {modules} modules does not fit on {roll.width_mm} mm paper")
    return size
