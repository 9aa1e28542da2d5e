"""A kiosk's day as one strip: when it was heard, a mark where somebody did something. Coordinates; the template paints."""

from dataclasses import dataclass
from datetime import datetime

from telemetry.fleet.web.audit_page import AuditPage, Sort

WIDTH, MARK_EVERY_H = 1000.0, 3
NARROWEST = 1.5
"""Units; what was shorter is still seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A stretch of the strip."""

    x: float
    width: float
    reach: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Somebody did something here."""

    x: float
    is_refused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Everything that is drawn, on a width of 1000."""

    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    hours: tuple[tuple[float, str], ...]


def draw(page: AuditPage) -> Strip:
    """Lay out the day of the page."""
    whole_s = (page.ends_at - page.begins_at).total_seconds()

    def x(moment: datetime) -> float:
        return round(WIDTH * (moment - page.begins_at).total_seconds() / whole_s, 1)

    return Strip(
        bars=tuple(
            Bar(x=x(one.begins_at), width=max(NARROWEST, round(x(one.ends_at) - x(one.begins_at), 1)), reach=one.reach.value)
            for one in page.stretches
        ),
        marks=tuple(Mark(x=x(line.at), is_refused=line.result == "refused") for line in page.lines if line.sort is Sort.ACT),
        hours=tuple((round(WIDTH * hour / 24, 1), f"{hour:02}") for hour in range(0, 24, MARK_EVERY_H)),
    )
