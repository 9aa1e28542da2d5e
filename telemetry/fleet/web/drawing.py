"""Where the marks of the charts stand: bars, intervals on a logarithmic scale, shares of a whole. Pure geometry for templates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from telemetry.fleet.analytics.survival import Estimate

STEPS = tuple(round(digit * 10**power) for power in range(6) for digit in (1, 2, 3, 4, 5, 6, 8))
"""Distances between rules that read well."""
RULES = 3
FLOORS = (0.95, 0.9, 0.8, 0.5, 0.0)
"""Where the bars of availability may begin; the first one that shows all of them is taken, and said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar with a part at its foot. ``below`` stands on the floor, ``above`` on top of it."""

    x: float
    width: float
    middle: float
    top: float
    above: float
    below: float
    floor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Bars under horizontal rules with their numbers."""

    bars: tuple[Bar, ...]
    rules: tuple[tuple[float, int], ...]


def bars(
    values: Sequence[tuple[float, float]], *, left: float, right: float, top: float, floor: float, share: float = 0.64
) -> Bars:
    """Lay bars out; each value is what stands above and what stands below. ``share`` of each pitch is bar."""
    most = max((above + below for above, below in values), default=0.0)
    step = int(next((step for step in STEPS if step * RULES >= most), math.ceil(most / RULES)))
    unit = (floor - top) / (step * RULES)
    pitch = (right - left) / max(1, len(values))
    drawn = []
    for index, (above, below) in enumerate(values):
        gap = 1.5 if above and below else 0.0
        x = left + index * pitch + pitch * (1 - share) / 2
        drawn.append(
            Bar(
                x=x,
                width=pitch * share,
                middle=x + pitch * share / 2,
                top=floor - (above + below) * unit,
                above=max(0.0, above * unit - gap),
                below=below * unit,
                floor=floor,
            )
        )
    return Bars(bars=tuple(drawn), rules=tuple((floor - step * rule * unit, step * rule) for rule in range(RULES + 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Whisker:
    """An interval with its point; an end that is open reaches the edge. ``x`` None: only a bound is known."""

    low: float
    high: float
    x: float | None
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogScale:
    """A logarithmic scale from ``least`` to ``most`` over ``width`` pixels."""

    least: float
    most: float
    width: float

    @classmethod
    def over(cls, estimates: Sequence[Estimate], *, width: float) -> "LogScale":
        """Return the scale of whole decades and thirds that holds all of them."""
        values = [value for one in estimates for value in (one.value, one.low, one.high) if value is not None and value > 0]
        least, most = (min(values), max(values)) if values else (1.0, 1.0)
        return cls(
            least=max((tick for tick in _TICKS if tick <= least), default=_TICKS[0]),
            most=min((tick for tick in _TICKS if tick >= most and tick > least), default=_TICKS[-1]),
            width=width,
        )

    def x(self, value: float) -> float:
        """Return where a value stands, never outside."""
        clipped = min(self.most, max(self.least, value))
        whole = math.log(self.most / self.least)
        return self.width * math.log(clipped / self.least) / whole if whole else 0.0

    @property
    def ticks(self) -> tuple[tuple[float, float], ...]:
        """Where numbers stand, and which: at most six."""
        inside = [tick for tick in _TICKS if self.least <= tick <= self.most]
        kept = inside if len(inside) <= 6 else [tick for tick in inside if f"{tick:e}"[0] == "1"]
        return tuple((self.x(tick), tick) for tick in kept)

    def whisker(self, estimate: Estimate) -> Whisker | None:
        """Return an interval's marks; None where nothing at all is known."""
        if estimate.low is None:
            return None
        return Whisker(
            low=self.x(estimate.low),
            high=self.width if estimate.high is None else self.x(estimate.high),
            x=None if estimate.value is None else self.x(estimate.value),
            is_open=estimate.high is None,
        )


_TICKS = tuple(digit * 10.0**power for power in range(-2, 6) for digit in (1, 3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of a bar that is a whole."""

    x: float
    width: float
    value: int


def shares(values: Sequence[int], *, width: float, gap: float = 3.0, least: float = 26.0) -> tuple[Piece, ...]:
    """Cut a bar into shares; each is wide enough for its number to be read, and those of nothing are left out."""
    whole = sum(values)
    if not whole:
        return ()
    present = [value for value in values if value]
    room = width - gap * (len(present) - 1) - least * len(present)
    pieces, x = [], 0.0
    for value in present:
        wide = least + max(0.0, room) * value / whole
        pieces.append(Piece(x=x, width=wide, value=value))
        x += wide + gap
    return tuple(pieces)


def floor_of(shares: Sequence[float | None]) -> float:
    """Return where bars of availability begin so that all of them are seen."""
    least = min((share for share in shares if share is not None), default=1.0)
    return next(floor for floor in FLOORS if least >= floor)
