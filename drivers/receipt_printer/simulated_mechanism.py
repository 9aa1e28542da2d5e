"""What a simulated printer does with print commands: modes, the line being set, the strip of paper."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import segno
from PIL import Image

from drivers.receipt_printer.command_codec import Command
from drivers.receipt_printer.font import CELL_DOTS, DotFont
from drivers.receipt_printer.paper import Paper, PaperEnd, Strip
from drivers.receipt_printer.wrapping import width_of_char

DEFAULT_SPACING_DOTS = 30
"""ESC 2: an eighth of an inch or so, as most makes come up."""

QR_LEVELS = {48: "l", 49: "m", 50: "q", 51: "h"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """Everything ESC @ sets back."""

    align: int = 0
    is_bold: bool = False
    scale: int = 1
    chinese_scale: int = 1
    spacing_dots: int = DEFAULT_SPACING_DOTS
    is_chinese: bool = True
    """Chinese models come up in Chinese mode; who wants ASCII safely says FS . first."""
    qr_module_dots: int = 3
    qr_level: str = "l"
    qr_content: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    char: str = field(repr=False)
    scale: int
    is_bold: bool

    @property
    def dots(self) -> int:
        return width_of_char(self.char) * CELL_DOTS // 2 * self.scale


class Mechanism:
    """Head, paper and cutter. Knows nothing of time or faults; says how many millimetres each command moved."""

    def __init__(self, *, printed_dots: int, paper_dots: int, dots_per_mm: int, cut_feed_mm: float) -> None:
        self.modes = Modes()
        self._cut_feed_dots = round(cut_feed_mm * dots_per_mm)
        self.wrapped_lines = 0
        self.unknown_commands = 0
        self._make_strip: Callable[[], Strip] = lambda: Strip(
            printed_dots=printed_dots, paper_dots=paper_dots, dots_per_mm=dots_per_mm, lead_dots=self._cut_feed_dots
        )
        self.strip = self._make_strip()
        self._printed_dots = printed_dots
        self._dots_per_mm = dots_per_mm
        self._font = DotFont()
        self._line: list[_Cell] = []
        self._glyphs: dict[_Cell, Image.Image] = {}

    def power_on(self) -> None:
        """Begin anew; the strip stays where it is."""
        self.modes = Modes()
        self._line.clear()

    def forget_line(self) -> None:
        """Drop the line that is being set."""
        self._line.clear()

    def come_off(self, *, number: int, ended: PaperEnd) -> Paper:
        """Take the strip off."""
        paper = self.strip.come_off(number=number, ended=ended)
        self.strip = self._make_strip()
        return paper

    def feed_to_cutter(self) -> float:
        """Print what is set and feed to the cutter; returns millimetres moved."""
        before = self.strip.height
        if self._line:
            self._print_line()
        self.strip.feed(self._cut_feed_dots)
        return (self.strip.height - before) / self._dots_per_mm

    def work_off(self, command: Command) -> float:
        """Do one command, but for cutting and answering; returns millimetres moved."""
        before = self.strip.height
        argument = command.arguments[0] if command.arguments else 0
        match command.word:
            case "text":
                self._set(command.arguments)
            case "LF":
                self._print_line()
            case "ESCJ" | "ESCd":
                if self._line:
                    self._print_line()
                self.strip.feed(argument * (self.modes.spacing_dots if command.word == "ESCd" else 1))
            case "GSv0":
                self._raster(command.arguments)
            case "GS(k":
                self._qr(command.arguments)
            case "ESC@":
                self.power_on()
            case "CAN":
                self.forget_line()
            case "ESCa" | "ESCE" | "ESCG" | "ESC!" | "GS!" | "FS!" | "ESC2" | "ESC3" | "FS&" | "FS.":
                self.modes = _changed(self.modes, command.word, argument)
            case "unknown" | "control":
                self.unknown_commands += 1
            case _:
                pass  # known, and without effect on paper here
        return (self.strip.height - before) / self._dots_per_mm

    def _set(self, code: bytes) -> None:
        scale = self.modes.scale
        if code[0] < 0x80:
            char = chr(code[0])
        elif len(code) == 2 and self.modes.is_chinese:
            char = code.decode("gb18030", errors="replace")[0]
            scale = max(scale, self.modes.chinese_scale)
        else:
            char = "?" if len(code) == 1 else "\u3000"  # another code page's letter; a character its font has not
        cell = _Cell(char=char, scale=scale, is_bold=self.modes.is_bold)
        if sum(other.dots for other in self._line) + cell.dots > self._printed_dots:
            self.wrapped_lines += 1
            self._print_line()
        self._line.append(cell)

    def _print_line(self) -> None:
        cells, self._line = self._line, []
        height = max([self.modes.spacing_dots, *(CELL_DOTS * cell.scale for cell in cells)])
        if not cells:
            self.strip.blank_line(height=height)
            return
        tallest = max(CELL_DOTS * cell.scale for cell in cells)
        picture = Image.new("1", (self._printed_dots, tallest), 255)
        width = sum(cell.dots for cell in cells)
        left = self._left(width)
        at = left
        for cell in cells:
            drawn = self._drawn(cell)
            picture.paste(drawn, (at, tallest - drawn.height))
            at += cell.dots
        text = " " * (left * 2 // CELL_DOTS) + "".join(cell.char for cell in cells)
        self.strip.draw(picture, height=height, remark=text)

    def _drawn(self, cell: _Cell) -> Image.Image:
        if cell not in self._glyphs:
            self._glyphs[cell] = self._font.line(cell.char, scale=cell.scale, is_bold=cell.is_bold)
        return self._glyphs[cell]

    def _raster(self, arguments: bytes) -> None:
        row_bytes, lines = int.from_bytes(arguments[1:3], "little"), int.from_bytes(arguments[3:5], "little")
        if not row_bytes or not lines:
            return
        ink = Image.frombytes("1", (row_bytes * 8, lines), bytes(byte ^ 0xFF for byte in arguments[5:]))
        picture = Image.new("1", (self._printed_dots, lines), 255)
        picture.paste(ink, (self._left(ink.width), 0))
        self.strip.draw(picture, height=lines, remark="〔图像〕")

    def _qr(self, arguments: bytes) -> None:
        if len(arguments) < 2 or arguments[0] != 49:
            self.unknown_commands += 1
            return
        function, rest = arguments[1], arguments[2:]
        if function == 67:
            self.modes = replace(self.modes, qr_module_dots=rest[0])
        elif function == 69:
            self.modes = replace(self.modes, qr_level=QR_LEVELS.get(rest[0], "l"))
        elif function == 80:
            self.modes = replace(self.modes, qr_content=rest[1:].decode("utf-8", errors="replace"))
        elif function == 81 and self.modes.qr_content:
            self._print_qr()

    def _print_qr(self) -> None:
        matrix = segno.make_qr(self.modes.qr_content, error=self.modes.qr_level).matrix
        code = Image.new("1", (len(matrix), len(matrix)))
        code.putdata([0 if is_dark else 255 for row in matrix for is_dark in row])
        side = len(matrix) * self.modes.qr_module_dots
        picture = Image.new("1", (self._printed_dots, side), 255)
        picture.paste(code.resize((side, side), Image.Resampling.NEAREST), (self._left(side), 0))
        self.strip.draw(picture, height=side, remark=f"〔二维码 {self.modes.qr_content}〕")

    def _left(self, width: int) -> int:
        spare = max(self._printed_dots - width, 0)
        return {0: 0, 1: spare // 2, 2: spare}.get(self.modes.align, 0)


def _changed(modes: Modes, word: str, argument: int) -> Modes:
    match word:
        case "ESCa":
            return replace(modes, align=argument % 48)
        case "ESCE" | "ESCG":
            return replace(modes, is_bold=argument & 1 == 1)
        case "ESC!":
            return replace(modes, is_bold=argument & 0x08 != 0, scale=2 if argument & 0x30 else 1, chinese_scale=1)
        case "GS!":
            return replace(modes, scale=(argument & 0x0F) + 1, chinese_scale=(argument & 0x0F) + 1)
        case "FS!":
            return replace(modes, chinese_scale=2 if argument & 0x0C else 1)
        case "ESC2":
            return replace(modes, spacing_dots=DEFAULT_SPACING_DOTS)
        case "ESC3":
            return replace(modes, spacing_dots=argument)
        case _:
            return replace(modes, is_chinese=word == "FS&")
