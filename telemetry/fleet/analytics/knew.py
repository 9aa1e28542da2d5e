"""Who knew first, week by week: our alarm or a villager. The second number becoming zero is what the product is for. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from telemetry.fleet.analytics.faults import Fault, that_count
from telemetry.fleet.analytics.period import Week, china_day
from telemetry.wire.topics import KioskId

SAME_TROUBLE = timedelta(hours=24)
"""An alarm this soon after a complaint at its kiosk is the trouble people complained of: not ours to claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complained:
    """One complaint. ``was_first``: it came before any alarm of ours."""

    kiosk: KioskId
    at: datetime
    was_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Knew:
    """One week. ``theirs``: villagers or clerks came first; ``ours``: everything else that went wrong."""

    week: Week
    ours: int
    theirs: int

    @property
    def all(self) -> int:
        """Everything that went wrong."""
        return self.ours + self.theirs


def by_week(faults: Iterable[Fault], complaints: Iterable[Complained], weeks: Iterable[Week]) -> tuple[Knew, ...]:
    """Count both for each week."""
    told = tuple(complaints)
    theirs = Counter(Week.of(china_day(one.at)) for one in told if one.was_first)
    ours = Counter(Week.of(china_day(fault.raised_at)) for fault in that_are_ours(faults, told))
    return tuple(Knew(week=week, ours=ours[week], theirs=theirs[week]) for week in weeks)


def that_are_ours(faults: Iterable[Fault], complaints: Iterable[Complained]) -> Iterator[Fault]:
    """Yield the faults that count and that nobody had complained of before."""
    first_at: defaultdict[KioskId, list[datetime]] = defaultdict(list)
    for complained in complaints:
        if complained.was_first:
            first_at[complained.kiosk].append(complained.at)
    for fault in that_count(faults):
        if not any(at <= fault.raised_at <= at + SAME_TROUBLE for at in first_at.get(fault.kiosk, ())):
            yield fault
