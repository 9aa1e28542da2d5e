"""Planned, pure: what the bureau has written into a kiosk's settings for certain days: notices, and times without service."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedNotice:
    """A text for the first page; without a beginning it holds already."""

    begins: datetime | None
    ends: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMaintenance:
    """A time in which nobody is served, and why."""

    begins: datetime
    ends: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plans:
    """All of them."""

    notices: tuple[PlannedNotice, ...] = ()
    maintenance: tuple[PlannedMaintenance, ...] = ()

    def notice(self, now: datetime) -> str:
        """Return what is to be read now, empty when nothing is; of several, what began last: it is the news."""
        holding = [each for each in self.notices if (each.begins is None or each.begins <= now) and now < each.ends]
        return max(holding, key=lambda each: (each.begins is not None, each.begins or each.ends)).text if holding else ""

    def maintenance_at(self, now: datetime) -> PlannedMaintenance | None:
        """Return the time without service that it is now; of several, the one that lasts longest."""
        holding = [each for each in self.maintenance if each.begins <= now < each.ends]
        return max(holding, key=lambda each: each.ends, default=None)


NOTHING = Plans()
