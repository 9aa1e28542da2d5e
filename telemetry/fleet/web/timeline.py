"""Where the blocks of a kiosk's timeline lie: one lane a device, one block an alarm, hatched while nothing was heard."""

from collections.abc import Callable, Iterable, Sequence
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
TICK_HALF_W = 6.0
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
class Tick:
    """One self-test as it was for one device."""

    x: float
    is_good: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One device. ``y`` is the lane's top."""

    name: str
    y: float
    blocks: tuple[Block, ...]
    ticks: tuple[Tick, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shade:
    """A stretch of service hours."""

    x: float
    width: float


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
    shades: tuple[Shade, ...]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One device with what is told of it, oldest first, and its self-tests: when, and whether it passed."""

    name: str
    told: Sequence[Telling]
    tests: Sequence[tuple[datetime, bool]] = ()


def draw(
    rows: Sequence[Row],
    visits: Sequence[datetime],
    *,
    span: Span,
    now: datetime,
    width: float,
    served: Iterable[tuple[datetime, datetime]] = (),
) -> Timeline:
    """Lay the timeline out.

    Args:
        rows: One a lane, in their order.
        visits: When visits ended.
        span: What stretch is drawn.
        now: The present; blocks still open end here.
        width: Of the whole drawing.
        served: Stretches in which villagers may expect service.
    """
    scale = (width - LABEL_W) / (span.end - span.start).total_seconds()

    def x_of(moment: datetime) -> float:
        inside = min(max(moment, span.start), span.end)
        return LABEL_W + (inside - span.start).total_seconds() * scale

    drawn = tuple(
        _lane(row, y=HEAD_H + place * LANE_H, x_of=x_of, span=span, now=now, width=width) for place, row in enumerate(rows)
    )
    visits_y = HEAD_H + len(rows) * LANE_H
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
        shades=tuple(Shade(x=x_of(begin), width=x_of(end) - x_of(begin)) for begin, end in served),
    )


def _lane(row: Row, *, y: float, x_of: Callable[[datetime], float], span: Span, now: datetime, width: float) -> Lane:
    blocks = _blocks(row.told, [x_of(at) for at, _ in row.tests], x_of=x_of, now=now, right=width)
    words = [(block.label_x - _wide(block.label) * block.is_left, _wide(block.label)) for block in blocks if block.label]

    def is_hidden(x: float) -> bool:
        return any(begin - TICK_HALF_W < x < begin + wide + TICK_HALF_W for begin, wide in words)

    ticks = (Tick(x=x_of(at), is_good=is_good, at=at) for at, is_good in row.tests if span.start <= at < span.end)
    return Lane(name=row.name, y=y, blocks=blocks, ticks=tuple(tick for tick in ticks if not is_hidden(tick.x)))


def _blocks(
    told: Sequence[Telling], ticks: Sequence[float], *, x_of: Callable[[datetime], float], now: datetime, right: float
) -> tuple[Block, ...]:
    def is_clear(begin: float, end: float) -> bool:
        return not any(begin - TICK_HALF_W < x < end + TICK_HALF_W for x in ticks)

    places = [(one, x_of(one.spell.raised_at), x_of(one.spell.cleared_at or now)) for one in told]
    blocks: list[Block] = []
    taken = LABEL_W
    for index, (one, left, end) in enumerate(places):
        width = max(NARROWEST, end - left)
        wide = _wide(one.label)
        after = places[index + 1][1] if index + 1 < len(places) else right
        from_x, to_x = left + width + LABEL_GAP, left - LABEL_GAP
        has_right, has_left = from_x + wide <= after, taken + LABEL_GAP + wide <= to_x
        is_clear_left = has_left and is_clear(to_x - wide, to_x)
        fits_right = has_right and (is_clear(from_x, from_x + wide) or not is_clear_left)
        fits_left = not fits_right and has_left
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
