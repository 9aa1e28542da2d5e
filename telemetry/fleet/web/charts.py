"""Where the bars of the overview's chart stand: two series a day, ours above theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

from telemetry.fleet.web.overview import Day

WIDTH, HEIGHT = 452.0, 176.0
LEFT, RIGHT, TOP, FLOOR = 30.0, 444.0, 18.0, 150.0
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
RULES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBar:
    """One day. ``theirs`` stands on the floor, ``ours`` on top of it."""

    x: float
    width: float
    middle: float
    day: Day
    ours_y: float
    ours_height: float
    theirs_y: float
    theirs_height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars and the horizontal rules with their numbers."""

    bars: tuple[DayBar, ...]
    rules: tuple[tuple[float, int], ...]


def draw(days: Sequence[Day]) -> Chart:
    """Lay the bars out under a scale that ends on a round number."""
    most = max((day.ours + day.theirs for day in days), default=0)
    step = next((step for step in STEPS if step * RULES >= most), -(-most // RULES))
    unit = (FLOOR - TOP) / (step * RULES)
    pitch = (RIGHT - LEFT) / max(1, len(days))
    width = pitch * 0.64
    bars = []
    for index, day in enumerate(days):
        x = LEFT + index * pitch + (pitch - width) / 2
        theirs, ours = day.theirs * unit, day.ours * unit
        gap = 1.5 if day.ours and day.theirs else 0.0
        bars.append(
            DayBar(
                x=x,
                width=width,
                middle=x + width / 2,
                day=day,
                ours_y=FLOOR - theirs - ours,
                ours_height=max(0.0, ours - gap),
                theirs_y=FLOOR - theirs,
                theirs_height=theirs,
            )
        )
    rules = tuple((FLOOR - step * rule * unit, step * rule) for rule in range(RULES + 1))
    return Chart(bars=tuple(bars), rules=rules)
