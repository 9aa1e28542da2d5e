"""Where to bring what, and when: the kiosks' own forecasts as rounds by day and area. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import isfinite

from telemetry.fleet.analytics.period import china_day
from telemetry.fleet.analytics.scope import Placed

HORIZON_DAYS = 14
"""How far ahead rounds are planned; kiosks change their pace sooner than that."""
TAKEN_ALONG = timedelta(days=6)
"""What is due in the same area so soon after is brought on the same round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """One supply of one device as the kiosk last told it; ``read_at`` is when it was read, None when never."""

    place: Placed
    device: str
    kind: str
    name: str
    remaining: float | None
    is_low: bool
    days_left: float | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One supply that runs out within the horizon. ``runs_out`` None: it is low, and nobody can tell for how long."""

    stock: Stock
    runs_out: date | None
    is_empty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Who to visit in one area by one day, and what to take along."""

    day: date
    area: str
    needs: tuple[Need, ...]

    @property
    def take(self) -> tuple[tuple[str, int], ...]:
        """What to take, by supply, the most first."""
        return tuple(Counter(need.stock.name for need in self.needs).most_common())

    @property
    def kiosks(self) -> int:
        """How many stops."""
        return len({need.stock.place.id for need in self.needs})


def needs(stocks: Iterable[Stock], *, now: datetime, days: int = HORIZON_DAYS) -> tuple[Need, ...]:
    """Return what runs out within so many days, the soonest first; what has run out or is low without a forecast is due today."""
    today = china_day(now)
    found = []
    for stock in stocks:
        is_empty = stock.remaining is not None and stock.remaining <= 0
        runs_out = _runs_out(stock)
        if is_empty or (runs_out is None and stock.is_low) or (runs_out is not None and runs_out <= today + timedelta(days=days)):
            found.append(Need(stock=stock, runs_out=today if is_empty else runs_out, is_empty=is_empty))
    return tuple(sorted(found, key=lambda need: (need.runs_out or today, need.stock.place.area, need.stock.place.id.kiosk)))


def rounds(wanted: Iterable[Need], *, today: date) -> tuple[Round, ...]:
    """Make rounds of needs, area by area: each no later than the day before anything on it runs out.

    Whoever is on the way takes along what would be due there within a week anyway.
    """
    of_area: defaultdict[str, list[tuple[date, Need]]] = defaultdict(list)
    for need in wanted:
        by = today if need.runs_out is None else max(today, need.runs_out - timedelta(days=1))
        of_area[need.stock.place.area].append((by, need))
    found = []
    for area, due in of_area.items():
        due.sort(key=lambda one: (one[0], one[1].stock.place.id.county, one[1].stock.place.id.kiosk))
        left = due
        while left:
            day = left[0][0]
            taken = [need for by, need in left if by <= day + TAKEN_ALONG]
            left = left[len(taken) :]
            found.append(Round(day=day, area=area, needs=tuple(taken)))
    return tuple(sorted(found, key=lambda one: (one.day, one.area)))


def _runs_out(stock: Stock) -> date | None:
    if stock.days_left is None or stock.read_at is None or not isfinite(stock.days_left):
        return None
    return china_day(stock.read_at + timedelta(days=min(stock.days_left, 3650.0)))
