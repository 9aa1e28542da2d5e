"""Whether a kiosk could be reached, moment by moment of a day: from how it stood, and from when we looked at all. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise


class Reach(StrEnum):
    """What is known of a moment."""

    REACHED = "reached"
    SILENT = "silent"
    UNWATCHED = "unwatched"
    """The service itself did not run: nobody can say."""
    BEFORE = "before"
    """Nothing is written of that time: the kiosk was not known yet, or it is too long ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """From one moment to another the same was true."""

    begins_at: datetime
    ends_at: datetime
    reach: Reach

    @property
    def lasts_s(self) -> float:
        """Seconds."""
        return (self.ends_at - self.begins_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A stretch of the past as it was written; ``ends_at`` None where it lasts."""

    begins_at: datetime
    ends_at: datetime | None
    reach: Reach


def of_day(known: Iterable[Known], *, begins_at: datetime, ends_at: datetime) -> tuple[Stretch, ...]:
    """Return the time between without gaps; where two say something, who says it last in ``known`` is right."""
    told = [(max(one.begins_at, begins_at), min(one.ends_at or ends_at, ends_at), one.reach) for one in known]
    told = [one for one in told if one[0] < one[1]]
    edges = sorted({begins_at, ends_at, *(edge for begin, end, _ in told for edge in (begin, end))})
    stretches: list[Stretch] = []
    for begin, end in pairwise(edges):
        reach = next((reach for first, last, reach in reversed(told) if first <= begin and end <= last), Reach.BEFORE)
        goes_on = bool(stretches) and stretches[-1].reach is reach
        since = stretches.pop().begins_at if goes_on else begin
        stretches.append(Stretch(begins_at=since, ends_at=end, reach=reach))
    return tuple(stretches)


def at(stretches: Iterable[Stretch], moment: datetime) -> Stretch | None:
    """Return the stretch a moment lies in."""
    return next((one for one in stretches if one.begins_at <= moment < one.ends_at), None)
