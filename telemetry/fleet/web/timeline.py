"""Where the blocks of a kiosk's timeline lie: one lane a device, one block an alarm, hatched while nothing was heard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from telemetry.fleet.web.fleet_now import SILENCE
from telemetry.fleet.web.history import Spell

LABEL_W = 112.0
LANE_H = 24.0
HEAD_H = 22.0
FOOT_H = 22.0
NARROWEST = 4.0
"""A block shorter than this could not be seen."""
GLYPH_W, LATIN_W = 12.2, 7.0
"""Width of a Chinese and of a Latin character at 12 px, a little generous."""
LABEL_GAP = 5.0
TALLEST_BAR = 15.0


class Paint(StrEnum):
    """How a block is painted."""

    BLOCKING = "f-stop"
    DEGRADED = "f-attmid"
    SILENT = "f-hatch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One alarm. ``label`` is empty where its neighbours leave no room for words; it ends at ``label_x`` if ``is_left``."""

    x: float
    width: float
    paint: Paint
    title: str
    label: str
    label_x: float
    is_left: bool
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One device. ``y`` is the lane's top."""

    name: str
    y: float
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A word on the scale, from ``x`` on; ``width`` until the next."""

    x: float
    width: float
    text: str
    is_today: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Visits of one day (or hour)."""

    x: float
    y: float
    width: float
    height: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Everything drawn. ``now_x`` is where the present stands."""

    width: float
    height: float
    lanes: tuple[Lane, ...]
    marks: tuple[Mark, ...]
    bars: tuple[Bar, ...]
    visits_y: float
    now_x: float
    foot_y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The stretch of time drawn, cut into equal parts with a word each."""

    start: datetime
    part: timedelta
    words: tuple[str, ...]

    @property
    def end(self) -> datetime:
        """Where it ends."""
        return self.start + self.part * len(self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """An alarm with the words to stand beside it."""

    spell: Spell
    label: str


def draw(
    lanes: Sequence[tuple[str, Sequence[Telling]]],
    visits: Sequence[datetime],
    *,
    span: Span,
    now: datetime,
    width: float,
) -> Timeline:
    """Lay the timeline out.

    Args:
        lanes: Name of each lane with its alarms, oldest first.
        visits: When visits ended.
        span: What stretch is drawn.
        now: The present; blocks still open end here.
        width: Of the whole drawing.
    """
    scale = (width - LABEL_W) / (span.end - span.start).total_seconds()

    def x_of(moment: datetime) -> float:
        inside = min(max(moment, span.start), span.end)
        return LABEL_W + (inside - span.start).total_seconds() * scale

    drawn = tuple(
        Lane(name=name, y=HEAD_H + row * LANE_H, blocks=_blocks(told, x_of=x_of, now=now, right=width))
        for row, (name, told) in enumerate(lanes)
    )
    visits_y = HEAD_H + len(lanes) * LANE_H
    foot_y = visits_y + LANE_H
    part_w = span.part.total_seconds() * scale
    marks = tuple(
        Mark(
            x=LABEL_W + index * part_w,
            width=part_w,
            text=text,
            is_today=span.start + index * span.part <= now < span.start + (index + 1) * span.part,
        )
        for index, text in enumerate(span.words)
    )
    return Timeline(
        width=width,
        height=foot_y + FOOT_H,
        lanes=drawn,
        marks=marks,
        bars=_bars(visits, span=span, part_w=part_w, floor=visits_y + LANE_H - 3),
        visits_y=visits_y,
        now_x=x_of(now),
        foot_y=foot_y,
    )


def _blocks(told: Sequence[Telling], *, x_of: Callable[[datetime], float], now: datetime, right: float) -> tuple[Block, ...]:
    places = [(one, x_of(one.spell.raised_at), x_of(one.spell.cleared_at or now)) for one in told]
    blocks: list[Block] = []
    taken = LABEL_W
    for index, (one, left, end) in enumerate(places):
        width = max(NARROWEST, end - left)
        wide = _wide(one.label)
        after = places[index + 1][1] if index + 1 < len(places) else right
        fits_right = left + width + LABEL_GAP + wide <= after
        fits_left = not fits_right and taken + LABEL_GAP + wide <= left - LABEL_GAP
        blocks.append(
            Block(
                x=left,
                width=width,
                paint=_paint(one.spell),
                title=one.label,
                label=one.label if fits_right or fits_left else "",
                label_x=left - LABEL_GAP if fits_left else left + width + LABEL_GAP,
                is_left=fits_left,
                is_open=one.spell.cleared_at is None,
            )
        )
        taken = left + width + (LABEL_GAP + wide if fits_right else 0.0)
    return tuple(blocks)


def _wide(text: str) -> float:
    return sum(LATIN_W if character.isascii() else GLYPH_W for character in text)


def _paint(spell: Spell) -> Paint:
    if spell.cause == SILENCE:
        return Paint.SILENT
    return Paint.BLOCKING if spell.severity == "BLOCKING" else Paint.DEGRADED


def _bars(visits: Sequence[datetime], *, span: Span, part_w: float, floor: float) -> tuple[Bar, ...]:
    counts = [0] * len(span.words)
    for moment in visits:
        place = int((moment - span.start) / span.part)
        if 0 <= place < len(counts):
            counts[place] += 1
    most = max(counts, default=0)
    return tuple(
        Bar(
            x=LABEL_W + index * part_w + part_w * 0.1,
            y=floor - TALLEST_BAR * count / most,
            width=part_w * 0.45,
            height=TALLEST_BAR * count / most,
            count=count,
        )
        for index, count in enumerate(counts)
        if count
    )
