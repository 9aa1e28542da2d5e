"""How much of its service hours a kiosk could serve. Pure: spans of conditions in, seconds out.

Silence is unknown, and unknown is not available. What was planned is taken out of the hours and said beside them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from telemetry.wire.service_hours import ServiceHours

UNKNOWN = "UNKNOWN"
SERVING_WITHOUT_A_COUNT = frozenset({"READY", "BUSY"})
"""Conditions of a kiosk that never said how many services it has."""

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How a kiosk was from one moment up to another; ``ends_at`` None: it still is."""

    begins_at: datetime
    ends_at: datetime | None
    condition: str
    offered: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Seconds of service hours, by what a villager could do in them. ``open_s`` is the sum of the four, without ``planned_s``."""

    open_s: float = 0.0
    full_s: float = 0.0
    part_s: float = 0.0
    none_s: float = 0.0
    unknown_s: float = 0.0
    planned_s: float = 0.0

    @property
    def share(self) -> float | None:
        """Part of the hours in which something could be done, 0.0 to 1.0; None when there were no hours."""
        return (self.full_s + self.part_s) / self.open_s if self.open_s > 0 else None

    @property
    def full_share(self) -> float | None:
        """Part of the hours in which everything could be done."""
        return self.full_s / self.open_s if self.open_s > 0 else None

    @property
    def lost_s(self) -> float:
        """Hours in which nothing could be done, or nobody knows."""
        return self.none_s + self.unknown_s

    def __add__(self, other: Self) -> "Served":
        return Served(
            open_s=self.open_s + other.open_s,
            full_s=self.full_s + other.full_s,
            part_s=self.part_s + other.part_s,
            none_s=self.none_s + other.none_s,
            unknown_s=self.unknown_s + other.unknown_s,
            planned_s=self.planned_s + other.planned_s,
        )


NOTHING = Served()


def count(
    spans: Iterable[Span],
    *,
    begin: datetime,
    end: datetime,
    hours: ServiceHours,
    planned: Sequence[Interval] = (),
    unheard: Sequence[Interval] = (),
) -> Served:
    """Count the service hours between two moments.

    Args:
        spans: Of one kiosk, in any order, not overlapping. Time before its first span does not count: it was not there.
        begin: From here.
        end: Up to here.
        hours: The kiosk's.
        planned: When it was out of order on purpose; may overlap.
        unheard: When this service itself did not listen; whatever a span says of it, nobody looked.
    """
    seconds = {"full": 0.0, "part": 0.0, "none": 0.0, "unknown": 0.0}
    planned_s = 0.0
    for span in spans:
        whole = (max(begin, span.begins_at), min(end, span.ends_at or end))
        if whole[1] <= whole[0]:
            continue
        unplanned = _without(whole, planned)
        all_s, unplanned_s = hours.open_s(*whole), _open_s(hours, unplanned)
        planned_s += all_s - unplanned_s
        heard = [piece for one in unplanned for piece in _without(one, unheard)] if unheard else unplanned
        heard_s = _open_s(hours, heard) if unheard else unplanned_s
        seconds["unknown"] += unplanned_s - heard_s
        seconds[_kind(span)] += heard_s
    return Served(
        open_s=sum(seconds.values()),
        full_s=seconds["full"],
        part_s=seconds["part"],
        none_s=seconds["none"],
        unknown_s=seconds["unknown"],
        planned_s=planned_s,
    )


def _kind(span: Span) -> str:
    if span.condition == UNKNOWN:
        return "unknown"
    if span.total == 0:
        return "full" if span.condition in SERVING_WITHOUT_A_COUNT else "part" if span.condition == "DEGRADED" else "none"
    if span.offered >= span.total:
        return "full"
    return "part" if span.offered > 0 else "none"


def _open_s(hours: ServiceHours, pieces: Iterable[Interval]) -> float:
    return sum(hours.open_s(begin, end) for begin, end in pieces)


def _without(whole: Interval, holes: Iterable[Interval]) -> list[Interval]:
    """Return what is left of an interval once the holes are cut out."""
    left, at = [], whole[0]
    for begin, end in sorted(holes):
        if end <= at or begin >= whole[1]:
            continue
        if begin > at:
            left.append((at, begin))
        at = max(at, end)
    if at < whole[1]:
        left.append((at, whole[1]))
    return left
