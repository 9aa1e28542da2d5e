"""Where the bars of "who knew first" stand: two series a week, ours above theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

from telemetry.fleet.analytics.knew import Knew

WIDTH, HEIGHT = 452.0, 176.0
LEFT, RIGHT, TOP, FLOOR = 30.0, 444.0, 18.0, 150.0
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
RULES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekBar:
    """One week. ``theirs`` stands on the floor, ``ours`` on top of it."""

    x: float
    width: float
    middle: float
    knew: Knew
    ours_y: float
    ours_height: float
    theirs_y: float
    theirs_height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars and the horizontal rules with their numbers."""

    bars: tuple[WeekBar, ...]
    rules: tuple[tuple[float, int], ...]


def draw(weeks: Sequence[Knew]) -> Chart:
    """Lay the bars out under a scale that ends on a round number."""
    most = max((one.all for one in weeks), default=0)
    step = next((step for step in STEPS if step * RULES >= most), -(-most // RULES))
    unit = (FLOOR - TOP) / (step * RULES)
    pitch = (RIGHT - LEFT) / max(1, len(weeks))
    width = pitch * 0.64
    bars = []
    for index, one in enumerate(weeks):
        x = LEFT + index * pitch + (pitch - width) / 2
        theirs, ours = one.theirs * unit, one.ours * unit
        gap = 1.5 if one.ours and one.theirs else 0.0
        bars.append(
            WeekBar(
                x=x,
                width=width,
                middle=x + width / 2,
                knew=one,
                ours_y=FLOOR - theirs - ours,
                ours_height=max(0.0, ours - gap),
                theirs_y=FLOOR - theirs,
                theirs_height=theirs,
            )
        )
    rules = tuple((FLOOR - step * rule * unit, step * rule) for rule in range(RULES + 1))
    return Chart(bars=tuple(bars), rules=rules)
