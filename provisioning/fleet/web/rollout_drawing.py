"""Where the marks of the health gate stand, and how a ring's cells are drawn. Pure geometry for the template."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from provisioning.fleet.rollouts.gate import Measure, Reading, Verdict
from provisioning.fleet.rollouts.rollout import Member, Stage

WIDTH, ROW, TOP = 472.0, 36.0, 34.0
LEFT, RIGHT = 96.0, 306.0
NOUGHT, LINE = 166.0, 226.0
"""Where "no worse" and the line of each measure stand: every measure is drawn in units of its own line."""
HUNDRED = 100.0

ORDER = (
    Stage.DONE, Stage.ON_TRIAL, Stage.INSTALLING, Stage.WAITING_FOR_VILLAGER, Stage.TOLD, Stage.WENT_BACK, Stage.SILENT,
    Stage.SKIPPED, Stage.WAITING,
)  # fmt: skip
"""In which order a ring's cells lie, so that each stage is one stretch."""
MOST_NAMED = 96
MOST_CELLS = 1500
"""Beyond so many kiosks a ring is a bar: nobody counts cells, and a page of 25,000 would not open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRow:
    """One measure. Numbers are a hundred kiosks and day, or a hundred visits.

    Attributes:
        is_bare: Nothing is known yet; only the row is drawn.
        is_open: The interval reaches beyond the drawing, to the right.
    """

    measure: Measure
    verdict: Verdict
    y: float
    x: float
    low: float
    high: float
    is_bare: bool
    is_open: bool
    treated: float
    control: float
    excess: float
    least: float
    most: float
    line: float
    missing: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Kiosks of one ring at one stage. ``share`` of the ring, 0 to 1, for a bar."""

    stage: Stage
    count: int
    share: float


def gate_rows(readings: Sequence[Reading]) -> tuple[GateRow, ...]:
    """Lay the measures out, one below the other."""
    return tuple(_row(reading, TOP + ROW * number) for number, reading in enumerate(readings))


def gate_height(rows: int) -> float:
    """Return the height of the drawing."""
    return TOP + ROW * rows + 14.0


def ordered(members: Iterable[Member]) -> tuple[Member, ...]:
    """Return a ring's kiosks, stage by stage."""
    return tuple(sorted(members, key=lambda one: (ORDER.index(one.stage), one.kiosk.kiosk)))


def stretches(members: Sequence[Member]) -> tuple[Stretch, ...]:
    """Count a ring's kiosks by stage, in the order of its cells."""
    counts = Counter(one.stage for one in members)
    whole = max(1, len(members))
    return tuple(Stretch(stage=stage, count=counts[stage], share=counts[stage] / whole) for stage in ORDER if counts[stage])


def form_of(members: Sequence[Member]) -> str:
    """Say how a ring is drawn: ``named`` cells, ``plain`` ones, or a ``bar``."""
    return "named" if len(members) <= MOST_NAMED else "plain" if len(members) <= MOST_CELLS else "bar"


def _row(reading: Reading, y: float) -> GateRow:
    return GateRow(
        measure=reading.measure,
        verdict=reading.verdict,
        y=y,
        x=_x(reading.excess, reading.line),
        low=_x(reading.low, reading.line),
        high=_x(reading.high, reading.line),
        is_bare=not reading.kiosk_days,
        is_open=_x(reading.high, reading.line) >= RIGHT,
        treated=HUNDRED * reading.treated,
        control=HUNDRED * reading.control,
        excess=HUNDRED * reading.excess,
        least=HUNDRED * reading.low,
        most=HUNDRED * reading.high,
        line=HUNDRED * reading.line,
        missing=reading.missing,
    )


def _x(value: float, line: float) -> float:
    return min(RIGHT, max(LEFT, NOUGHT + (LINE - NOUGHT) * value / line))
