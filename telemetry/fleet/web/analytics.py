"""The page of analytics: what costs most, what fails soonest, who knew first, where to bring what."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, Engine, and_, func, select

from telemetry.fleet.analytics import read
from telemetry.fleet.analytics.availability import NOTHING, Served
from telemetry.fleet.analytics.faults import Cost, Ended, Repeat, how_they_ended, pareto, repeats, that_count
from telemetry.fleet.analytics.knew import Knew, by_week
from telemetry.fleet.analytics.lifetimes import By, Lifetimes, lifetimes
from telemetry.fleet.analytics.period import Period, china_day
from telemetry.fleet.analytics.read import VisitCount
from telemetry.fleet.analytics.scope import Placed, Scope, hours_of, placed
from telemetry.fleet.analytics.supplies import Need, Round, needs, rounds
from telemetry.fleet.analytics.weekly import REPEATS, REPEATS_WITHIN, TARGET, WENT_THROUGH, latest_whole_week
from telemetry.fleet.store.schema import kiosk, pulse
from telemetry.fleet.store.scope import within
from telemetry.fleet.web.freshness import limit_s
from telemetry.wire.service_hours import Calendars
from telemetry.wire.topics import KioskId

DAYS_OF_A_YEAR = 365
KIOSKS_ASKED = 50
"""Kiosks whose catalogue is read for the titles of services: those that began last know the newest."""
LEAST_WEEKS, MOST_WEEKS = 12, 26
"""Weeks in the chart of who knew first: a trend needs some, and a bar must be wide enough to be read."""


class Span(StrEnum):
    """How far back."""

    FOUR_WEEKS = "4w"
    TWELVE_WEEKS = "12w"
    HALF_A_YEAR = "26w"
    A_YEAR = "52w"

    @property
    def weeks(self) -> int:
        """As a number."""
        return int(self.value[:-1])


class Order(StrEnum):
    """By what codes are ordered."""

    TIME = "time"
    COUNT = "count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the reader asked for."""

    scope: Scope
    span: Span
    kind: str
    by: By
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class TownLine:
    """One town's availability, and what it was in the period before."""

    county: str
    town: str
    kiosks: int
    served: Served
    before: Served


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskLine:
    """One kiosk's availability."""

    place: Placed
    served: Served


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """What people came for. ``year`` and ``year_done`` are of the 365 days that end with the period."""

    counts: tuple[VisitCount, ...]
    all: int
    done: int
    year: int
    year_done: int
    titles: Mapping[str, str]

    def by_service(self) -> list[tuple[str, int, int]]:
        """Return service, visits, done; the most visited first."""
        visits: Counter[str] = Counter()
        done: Counter[str] = Counter()
        for one in self.counts:
            visits[one.service] += one.visits
            done[one.service] += one.visits if one.outcome in WENT_THROUGH else 0
        return [(service, many, done[service]) for service, many in visits.most_common()]

    def by_hour(self) -> list[tuple[int, int]]:
        """Return visits of each hour of the day, from the first hour anybody came to the last."""
        hours: Counter[int] = Counter()
        for one in self.counts:
            hours[one.hour] += one.visits
        return [(hour, hours[hour]) for hour in range(min(hours), max(hours) + 1)] if hours else []

    def by_weekday(self) -> list[int]:
        """Return visits of Monday to Sunday."""
        days: Counter[int] = Counter()
        for one in self.counts:
            days[one.day.weekday()] += one.visits
        return [days[day] for day in range(7)]

    def by_day(self) -> list[tuple[date, int, int]]:
        """Return day, visits, done."""
        visits: Counter[date] = Counter()
        done: Counter[date] = Counter()
        for one in self.counts:
            visits[one.day] += one.visits
            done[one.day] += one.visits if one.outcome in WENT_THROUGH else 0
        return [(day, visits[day], done[day]) for day in sorted(visits)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Analytics:
    """Everything the page shows.

    Attributes:
        counted_until: Up to which day availability is counted.
        kinds: Kinds of device there are.
        newest_s: Age of the youngest thing heard, and ``limit_s`` up to which that is young; None before anything was.
        unwatched_s: Seconds of the period in which this service itself did not run.
    """

    wanted: Wanted
    now: datetime
    period: Period
    counted_until: date | None
    places: Mapping[KioskId, Placed]
    towns_to_choose: tuple[str, ...]
    models_to_choose: tuple[str, ...]
    kinds: tuple[str, ...]
    lifetimes: Lifetimes
    faults: int
    costs: tuple[Cost, ...]
    repeats: tuple[Repeat, ...]
    towns: tuple[TownLine, ...]
    kiosks: tuple[KioskLine, ...]
    served: Served
    served_before: Served
    ended: Ended
    healings: Mapping[tuple[str, str], int]
    knew: tuple[Knew, ...]
    visits: Visits
    needs: tuple[Need, ...]
    rounds: tuple[Round, ...]
    newest_s: float | None
    limit_s: float
    unwatched_s: float

    @property
    def target(self) -> float:
        """Part of the service hours a kiosk should serve."""
        return TARGET


def read_analytics(engine: Engine, wanted: Wanted, *, calendars: Calendars, now: datetime) -> Analytics:
    """Read the page. One connection, so that all of it is of one moment."""
    period = Period.ending(china_day(now) - timedelta(days=1), days=7 * wanted.span.weeks)
    scope = wanted.scope
    weeks = tuple(latest_whole_week(now).up_to_here(min(MOST_WEEKS, max(LEAST_WEEKS, wanted.span.weeks))))
    begin, end = period.begin, min(now, period.end)
    with engine.connect() as connection:
        places = placed(connection, scope)
        of = hours_of(places, calendars)
        faults = read.faults(connection, scope, begin=min(begin, weeks[0].period.begin), end=end)
        complaints = read.complaints(connection, scope, begin=weeks[0].period.begin, end=end)
        fitted = read.fitted(connection, places, scope)
        recent = [fault for fault in faults if fault.raised_at >= begin]
        in_period = that_count(fault for fault in faults if fault.cleared_at is None or fault.cleared_at >= begin)
        ports = {(one.kiosk, one.device): one.port for one in fitted}
        of_kiosk = read.served(connection, period, scope)
        before = read.served(connection, period.before(), scope)
        wants = needs(read.stocks(connection, places, scope), now=now)
        newest_s, beat_s = _newest(connection, scope, now=now)
        return Analytics(
            wanted=wanted,
            now=now,
            period=period,
            counted_until=read.last_counted_day(connection),
            places=places,
            towns_to_choose=_choices(connection, scope, "town"),
            models_to_choose=_choices(connection, scope, "model"),
            kinds=tuple(sorted({one.kind for one in fitted if one.kind != "platform"})),
            lifetimes=lifetimes(
                (one for one in fitted if one.kind == wanted.kind), faults, by=wanted.by, hours_of=of, begin=begin, end=end
            ),
            faults=len(that_count(recent)),
            costs=pareto(in_period, by_time=wanted.order is Order.TIME, hours_of=of, begin=begin, end=end),
            repeats=repeats((fault for fault in recent if fault.is_failure), port_of=ports, times=REPEATS, within=REPEATS_WITHIN),
            towns=_towns(places, of_kiosk, before),
            kiosks=_kiosks(places, of_kiosk),
            served=sum(of_kiosk.values(), NOTHING),
            served_before=sum(before.values(), NOTHING),
            ended=how_they_ended(faults, hours_of=of, begin=begin, end=end),
            healings=read.healings(connection, period, scope),
            knew=by_week(faults, complaints, weeks),
            visits=_visits(connection, period, scope),
            needs=wants,
            rounds=rounds(wants, today=china_day(now)),
            newest_s=newest_s,
            limit_s=limit_s(beat_s),
            unwatched_s=read.unwatched_s(connection, begin=begin, end=end),
        )


def _newest(connection: Connection, scope: Scope, *, now: datetime) -> tuple[float | None, float]:
    """Return how old the youngest thing heard is, and the slowest heartbeat."""
    same = and_(pulse.c.county == kiosk.c.county, pulse.c.kiosk == kiosk.c.kiosk)
    question = select(func.max(kiosk.c.last_seen_at), func.max(pulse.c.last_seen_at), func.max(kiosk.c.heartbeat_s))
    changed, beat, heartbeat_s = connection.execute(scope.narrowed(question.select_from(kiosk.outerjoin(pulse, same)))).one()
    heard = max((at for at in (changed, beat) if at is not None), default=None)
    return None if heard is None else max(0.0, (now - heard).total_seconds()), heartbeat_s or 0.0


def _choices(connection: Connection, scope: Scope, name: str) -> tuple[str, ...]:
    column = kiosk.c[name]
    question = select(column).distinct().where(within(kiosk.c.county, scope.counties), column != "").order_by(column)
    if scope.county:
        question = question.where(kiosk.c.county == scope.county)
    return tuple(connection.execute(question).scalars())


def _towns(
    places: Mapping[KioskId, Placed], of_kiosk: Mapping[KioskId, Served], before: Mapping[KioskId, Served]
) -> tuple[TownLine, ...]:
    now, then = read.by_town(of_kiosk, places), read.by_town(before, places)
    many = Counter((one.county, place.town) for one, place in places.items())
    lines = [
        TownLine(
            county=county,
            town=town,
            kiosks=count,
            served=now.get((county, town), NOTHING),
            before=then.get((county, town), NOTHING),
        )
        for (county, town), count in many.items()
    ]
    return tuple(sorted(lines, key=lambda line: (2.0 if line.served.share is None else line.served.share, line.town)))


def _kiosks(places: Mapping[KioskId, Placed], of_kiosk: Mapping[KioskId, Served]) -> tuple[KioskLine, ...]:
    lines = [KioskLine(place=place, served=of_kiosk.get(one, NOTHING)) for one, place in places.items()]
    return tuple(sorted(lines, key=lambda line: 2.0 if line.served.share is None else line.served.share))


def _visits(connection: Connection, period: Period, scope: Scope) -> Visits:
    counts = read.visits(connection, period, scope)
    year = read.visits_by_outcome(connection, Period.ending(period.last, days=DAYS_OF_A_YEAR), scope)
    titles: dict[str, str] = {}
    newest = scope.narrowed(select(kiosk.c.catalogue)).order_by(kiosk.c.born_at.desc()).limit(KIOSKS_ASKED)
    for catalogue in connection.execute(newest).scalars():
        titles |= {service["id"]: service["title"] for service in catalogue}
    return Visits(
        counts=counts,
        all=sum(one.visits for one in counts),
        done=sum(one.visits for one in counts if one.outcome in WENT_THROUGH),
        year=sum(year.values()),
        year_done=sum(many for outcome, many in year.items() if outcome in WENT_THROUGH),
        titles=titles,
    )
