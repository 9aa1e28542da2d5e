"""Paper out of a simulated printer: a strip that grows while printing, and the receipt that is cut from it."""

import random
from dataclasses import dataclass, field
from enum import StrEnum

from PIL import Image, ImageDraw

MARGIN_DOTS = 28
"""Table around the paper in a picture."""

PAPER_WHITE = (252, 251, 247)
INK = (32, 32, 38)
TABLE = (214, 209, 200)
SHADOW = (190, 184, 174)
TOOTH_DOTS = 9


class PaperEnd(StrEnum):
    """How a piece of paper came off the printer."""

    CUT = "cut"
    """By the cutter."""
    TORN = "torn"
    """By hand, because the cutter did not."""
    OUT = "out"
    """The roll ended in the middle; a clerk takes the rest out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One piece of paper, as it lies before the villager.

    Attributes:
        number: 1 for the first that came out of this printer.
        text: What can be read on it as text, line by line; pictures and QR codes as a remark in brackets.
        image: What it looks like, 8 pixels a millimetre on 80 mm paper.
        length_mm: Its length.
        ended: How it came off.
    """

    number: int
    text: str = field(repr=False)
    image: Image.Image = field(repr=False, compare=False)
    length_mm: float
    ended: PaperEnd


class Strip:
    """Paper that is still attached to the roll."""

    def __init__(self, *, printed_dots: int, paper_dots: int, dots_per_mm: int, lead_dots: int) -> None:
        """Begin at the cutter, which stands ``lead_dots`` beyond the head: that much is white on every receipt's top."""
        self.height = lead_dots
        self._lead_dots = lead_dots
        self._printed_dots = printed_dots
        self._paper_dots = paper_dots
        self._dots_per_mm = dots_per_mm
        self._pictures: list[tuple[int, Image.Image]] = []
        self._lines: list[str] = []

    @property
    def length_mm(self) -> float:
        """How much of it stands out of the cutter."""
        return (self.height - self._lead_dots) / self._dots_per_mm

    @property
    def is_printed(self) -> bool:
        """Whether there is anything on it."""
        return bool(self._pictures)

    def feed(self, dots: int) -> None:
        """Move on, leaving it white."""
        self.height += dots

    def draw(self, picture: Image.Image, *, height: int, remark: str) -> None:
        """Print ``picture`` (mode ``1``, of the printed width) and move on by ``height`` dots."""
        self._pictures.append((self.height, picture))
        self.height += height
        if not (remark.startswith("〔") and self._lines and self._lines[-1] == remark):
            self._lines.append(remark)

    def blank_line(self, *, height: int) -> None:
        """Move on by a line with nothing on it."""
        self.height += height
        self._lines.append("")

    def come_off(self, *, number: int, ended: PaperEnd) -> Paper:
        """Become a piece of paper: what is beyond the cutter, or all of it where the roll has ended."""
        height = self.height - (0 if ended is PaperEnd.OUT else self._lead_dots)
        text = "\n".join(line.rstrip() for line in self._lines).strip("\n") + "\n"
        return Paper(
            number=number, text=text, image=self._photograph(height, ended), length_mm=height / self._dots_per_mm, ended=ended
        )

    def _photograph(self, height: int, ended: PaperEnd) -> Image.Image:
        height = max(height, 3 * TOOTH_DOTS)
        paper = Image.new("RGB", (self._paper_dots, height), PAPER_WHITE)
        left = (self._paper_dots - self._printed_dots) // 2
        for top, picture in self._pictures:
            dots = picture.convert("L").point([255 - value for value in range(256)])
            paper.paste(INK, (left, top), dots)
        outline = _outline(self._paper_dots, height, ended)
        whole = Image.new("RGB", (self._paper_dots + 2 * MARGIN_DOTS, height + 2 * MARGIN_DOTS), TABLE)
        draw = ImageDraw.Draw(whole)
        draw.polygon([(x + MARGIN_DOTS + 3, y + MARGIN_DOTS + 4) for x, y in outline], fill=SHADOW)
        mask = Image.new("L", paper.size, 0)
        ImageDraw.Draw(mask).polygon(outline, fill=255)
        whole.paste(paper, (MARGIN_DOTS, MARGIN_DOTS), mask)
        return whole


def _outline(width: int, height: int, ended: PaperEnd) -> list[tuple[float, float]]:
    corners: list[tuple[float, float]] = [(0, 0), (width - 1, 0)]
    if ended is PaperEnd.CUT:
        return [*corners, (width - 1, height - 1), (0, height - 1)]
    ragged = random.Random(height)  # the same strip always tears the same way
    edge = [(x, height - 1 - ragged.random() * TOOTH_DOTS) for x in range(width - 1, 0, -TOOTH_DOTS)]
    return [*corners, *edge, (0, height - 1 - TOOTH_DOTS / 2)]
