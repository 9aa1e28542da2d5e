"""Lettering: text that is broken where a reader breathes, never clipped, with place numbers inside the line.

Marks in a text: ``<bold>``, ``{4}`` a place number as on the cabinet, ``|`` a break if one is needed, a newline a break always.
Breaks are also possible after Chinese punctuation. What does not fit any other way is drawn smaller.
"""

import re
from dataclasses import dataclass

from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Rectangle, SmoothEllipse
from kivy.properties import BooleanProperty, NumericProperty, OptionProperty, StringProperty
from typing_extensions import override

from screens.theme import BODY, COLOURS, LINE_HEIGHT, PLACE_NUMBER, SMALLEST_TEXT
from screens.widgets.look import Look
from screens.widgets.piece import Piece

RATHER_SMALLER = 0.88
"""A line that fits at this part of its size is not broken."""
PLACE_MARGIN = 0.2
"""Room at each side of a place number, in parts of the text."""

_PAIR = re.compile(r"(?<=[，。：、；！？”」）])(?=[“”「」（）])|(?<=[”」）])(?=[，。：、；！？])")
"""Two signs side by side that are each half empty: the second moves up by half a sign, as a type-setter does it."""
_MARKS = re.compile(r"(\{\w\}|<[^>]*>|\||(?<=[，。：、？！；])(?=[^”」\n|])|(?<=[!-~] )(?=[!-~]))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of text in one weight, or a place number."""

    text: str
    is_bold: bool = False
    is_place: bool = False
    is_tightened: bool = False


Segment = tuple[Run, ...]
"""What is never broken apart."""
Row = tuple[Run, ...]


def parse(text: str, *, is_bold: bool) -> tuple[tuple[Segment, ...], ...]:
    """Split a text into its lines, and each line into segments between possible breaks."""
    lines = []
    for line in text.split("\n"):
        segments: list[list[Run]] = [[]]
        for part in _MARKS.split(line):
            if part in ("", "|"):
                segments.append([])
            elif part.startswith("{"):
                segments[-1].append(Run(text=part[1:-1], is_place=True))
            elif part.startswith("<"):
                segments[-1].append(Run(text=part[1:-1], is_bold=True))
            else:
                first, *others = _PAIR.split(part)
                segments[-1].append(Run(text=first, is_bold=is_bold))
                segments[-1].extend(Run(text=other, is_bold=is_bold, is_tightened=True) for other in others)
        lines.append(tuple(tuple(segment) for segment in segments if segment))
    return tuple(lines)


class Lettering(Piece):
    """A text.

    Attributes:
        em: Size of the text in grid pixels, before the size the person chose.
        line: Height of a line in parts of the text.
        scales: Whether it follows the size the person chose.
        marks: Whether the text may hold marks; off for what a person or a card says.
        tries_one_line: Whether it would rather be a little smaller than broken.
    """

    text = StringProperty("")
    em = NumericProperty(BODY)
    bold = BooleanProperty(False)
    colour = StringProperty("ink")
    align = OptionProperty("left", options=["left", "center", "right"])
    line = NumericProperty(LINE_HEIGHT)
    scales = BooleanProperty(True)
    marks = BooleanProperty(True)

    def __init__(self, **kwargs: object) -> None:
        self.rows: tuple[Row, ...] = ()
        self.drawn_em = 0
        self.was_forced = False
        self._drawn: tuple[object, ...] | None = None
        self._inks: list[Color] = []
        self._widths: dict[tuple[Run, int], float] = {}
        self._fits: dict[tuple[object, ...], tuple[int, tuple[Row, ...], bool]] = {}
        super().__init__(**kwargs)

    def on_text(self, *_: object) -> None:
        """Forget what was measured on the text before."""
        self._widths.clear()
        self._fits.clear()

    def on_colour(self, *_: object) -> None:
        """Dye what is drawn: a press must not wait for letters to be made."""
        for ink in self._inks:
            ink.rgba = COLOURS[self.colour]

    def _lines(self) -> tuple[tuple[Segment, ...], ...]:
        if self.marks:
            return parse(self.text, is_bold=self.bold)
        return tuple(((Run(text=line, is_bold=self.bold),),) for line in self.text.split("\n"))

    def _wanted_em(self, look: Look) -> int:
        return round(look.theme.text_px(self.em) if self.scales else self.em * look.theme.unit)

    @override
    def inner_width(self, look: Look) -> float:
        if not self.text:
            return 0.0
        em = self._wanted_em(look)
        return float(max(sum(self._width(look, run, em) for segment in line for run in segment) for line in self._lines()) + 1)

    @override
    def inner_height(self, look: Look, width: float) -> float:
        if not self.text:
            return 0.0
        em, rows, _ = self.fit(look, width)
        return float(round(len(rows) * em * self.line))

    def fit(self, look: Look, width: float) -> tuple[int, tuple[Row, ...], bool]:
        """The size, the lines, and whether it had to be broken where no break was meant."""
        wanted = self._wanted_em(look)
        least = min(wanted, round(SMALLEST_TEXT * look.theme.unit))
        asked = (wanted, least, width, self.bold, self.marks)
        if asked not in self._fits:
            self._fits[asked] = self._fit(look, width, wanted, least)
        return self._fits[asked]

    def _fit(self, look: Look, width: float, wanted: int, least: int) -> tuple[int, tuple[Row, ...], bool]:
        lines = self._lines()
        natural = max((self._line_width(look, line, wanted) for line in lines), default=0.0)
        if natural <= width:
            return wanted, tuple(tuple(run for segment in line for run in segment) for line in lines), False
        shrunk = int(wanted * width / natural)
        if shrunk >= max(least, wanted * RATHER_SMALLER):
            return shrunk, tuple(tuple(run for segment in line for run in segment) for line in lines), False
        widest = max(self._line_width(look, (segment,), wanted) for line in lines for segment in line)
        em = wanted if widest <= width else int(wanted * width / widest)
        if em >= least:
            return em, tuple(row for line in lines for row in self._broken(look, line, em, width)), False
        pieces = tuple(
            tuple(
                (Run(text=sign, is_bold=run.is_bold, is_place=run.is_place),)
                for segment in line
                for run in segment
                for sign in (run.text if not run.is_place else (run.text,))
            )
            for line in lines
        )
        return least, tuple(row for line in pieces for row in self._broken(look, line, least, width)), True

    def _line_width(self, look: Look, line: tuple[Segment, ...], em: int) -> float:
        return sum(self._width(look, run, em) for segment in line for run in segment)

    def _broken(self, look: Look, line: tuple[Segment, ...], em: int, width: float) -> list[Row]:
        rows: list[list[Run]] = [[]]
        used = 0.0
        for segment in line:
            need = self._line_width(look, (segment,), em)
            if used and used + need > width:
                rows.append([])
                used = 0.0
            rows[-1].extend(segment)
            used += need
        return [tuple(row) for row in rows]

    def _label(self, look: Look, run: Run, em: int) -> CoreLabel:
        is_bold = run.is_bold or run.is_place
        return CoreLabel(
            text=run.text,
            font_size=em,
            font_name=look.fonts.bold if is_bold else look.fonts.regular,
            bold=is_bold and look.fonts.is_bold_made,
            color=COLOURS["white"],
        )

    def _width(self, look: Look, run: Run, em: int) -> float:
        if run.is_place:
            return em * (PLACE_NUMBER + 2 * PLACE_MARGIN)
        if (run, em) not in self._widths:
            extent = float(self._label(look, run, em).get_extents(run.text)[0])
            self._widths[run, em] = extent - (em / 2 if run.is_tightened else 0.0)
        return self._widths[run, em]

    @override
    def arrange(self, look: Look) -> None:
        signature = (self.text, self.em, self.bold, self.align, self.line, *self.pos, *self.size, look.theme)
        if signature == self._drawn:
            return
        self._drawn = signature
        self.canvas.clear()
        self._inks.clear()
        if not self.text or self.width <= 0:
            self.rows = ()
            return
        em, self.rows, self.was_forced = self.fit(look, self.width)
        self.drawn_em = em
        line_px = em * self.line
        y = self.center_y + line_px * len(self.rows) / 2
        with self.canvas:
            for row in self.rows:
                y -= line_px
                widths = [self._width(look, run, em) for run in row]
                over = self.width - sum(widths)
                x = self.x + (0 if self.align == "left" else over / 2 if self.align == "center" else over)
                for run, width in zip(row, widths, strict=True):
                    self._draw(look, run, em, x - (em / 2 if run.is_tightened else 0), y + line_px / 2)
                    x += width

    def _draw(self, look: Look, run: Run, em: int, x: float, middle: float) -> None:
        label = self._label(look, run, em)
        label.refresh()
        texture = label.texture
        if run.is_place:
            size = round(em * PLACE_NUMBER)
            left, bottom = round(x + em * PLACE_MARGIN), round(middle - size / 2)
            Color(*COLOURS["place"])
            SmoothEllipse(pos=(left, bottom), size=(size, size))
            x = left + (size - texture.width) / 2
            Color(1, 1, 1, 1)
        else:
            self._inks.append(Color(*COLOURS[self.colour]))
        # whole pixels on whole pixels: there is nothing to filter
        texture.mag_filter = texture.min_filter = "nearest"
        Rectangle(texture=texture, pos=(round(x), round(middle - texture.height / 2)), size=texture.size)
