"""The facts of one week, read once for the page, the paper, the workbook and the API of the weekly report."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine

from telemetry.fleet.analytics import read
from telemetry.fleet.analytics.availability import NOTHING, Served
from telemetry.fleet.analytics.decisions import Decision, decide, models_to_replace, old_troubles, outages_again, towns_below
from telemetry.fleet.analytics.faults import BY_RESET, Fault, HoursOf, median, repeats, that_count
from telemetry.fleet.analytics.knew import Complained, Knew, by_week, that_are_ours
from telemetry.fleet.analytics.lifetimes import By, lifetimes
from telemetry.fleet.analytics.period import Period, Week, china_day
from telemetry.fleet.analytics.read import Outage
from telemetry.fleet.analytics.scope import Placed, Scope, hours_of, placed
from telemetry.wire.service_hours import Calendars
from telemetry.wire.topics import KioskId

TARGET = 0.99
"""Part of the service hours a kiosk should serve."""
WENT_THROUGH = frozenset({"done", "without_receipt"})
"""Outcomes of a visit after which the villager's matter is done."""
WEEKS_BACK = 12
REPEATS = 3
REPEATS_WITHIN = timedelta(days=28)
COMPARED_DAYS = 84
"""Days over which devices are compared: a quarter less a week, as many as a trend of twelve weeks shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TownWeek:
    """One town's line. ``faults`` is everything that went wrong; of them ``complaints`` came to us through people first."""

    county: str
    town: str
    kiosks: int
    done: int
    served: Served
    faults: int
    complaints: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Endings:
    """Faults raised in the week, by who ended them; ``clerk_s`` and ``technician_s`` are median seconds of service."""

    by: Mapping[str, int]
    still_open: int
    clerk_s: float | None
    technician_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekFacts:
    """Everything the report says, as numbers; words are made of them elsewhere.

    Attributes:
        counted_until: Last day of the week whose availability is counted; None when none is.
        is_over: The week has ended, and all of it is counted.
        done: Matters done; ``started`` visits of any outcome.
        done_year: In the 365 days that end with the week.
        done_days: By day of the week.
        not_done: Outcomes of visits that did not go through, the most frequent first.
        knew: Twelve weeks, this one last.
        unwatched_s: Seconds in which this service itself did not run.
    """

    week: Week
    scope: Scope
    now: datetime
    counties: tuple[str, ...]
    kiosks: int
    towns: tuple[TownWeek, ...]
    counted_until: date | None
    is_over: bool
    done: int
    started: int
    done_before: int
    done_year: int
    done_days: tuple[int, ...]
    not_done: tuple[tuple[str, int], ...]
    served: Served
    served_before: Served
    knew: tuple[Knew, ...]
    endings: Endings
    outages: tuple[Outage, ...]
    decisions: tuple[Decision, ...]
    unwatched_s: float
    sites: Mapping[KioskId, str]

    @property
    def has_data(self) -> bool:
        """Whether anything at all is known of the week."""
        return bool(self.started or self.served.open_s or self.this_week.all)

    @property
    def this_week(self) -> Knew:
        """Who knew first this week."""
        return self.knew[-1]

    @property
    def unknown_share(self) -> float | None:
        """Part of the service hours of which nothing is known."""
        return self.served.unknown_s / self.served.open_s if self.served.open_s else None


def read_week(engine: Engine, week: Week, scope: Scope, *, calendars: Calendars, now: datetime) -> WeekFacts:
    """Read a week. One connection, so that all numbers are of one moment."""
    period = week.period
    end = min(now, period.end)
    trend = tuple(week.up_to_here(WEEKS_BACK))
    with engine.connect() as connection:
        places = placed(connection, scope)
        of = hours_of(places, calendars)
        began = min(trend[0].period.begin, period.end - timedelta(days=COMPARED_DAYS))
        faults = read.faults(connection, scope, begin=began, end=end)
        complaints = read.complaints(connection, scope, begin=trend[0].period.begin, end=end)
        outages = read.outages(connection, scope, begin=began, end=end)
        of_kiosk = read.served(connection, period, scope)
        towns = read.by_town(of_kiosk, places)
        before = read.served(connection, period.before(), scope)
        counts = read.visits(connection, period, scope)
        counted = read.last_counted_day(connection)
        return WeekFacts(
            week=week,
            scope=scope,
            now=now,
            counties=tuple(sorted({one.county for one in places})),
            kiosks=len(places),
            towns=_towns(connection, period, scope, places=places, served=towns, faults=faults, complaints=complaints),
            counted_until=min(counted, period.last) if counted is not None and counted >= period.first else None,
            is_over=now >= period.end and counted is not None and counted >= period.last,
            done=sum(one.visits for one in counts if one.outcome in WENT_THROUGH),
            started=sum(one.visits for one in counts),
            done_before=_done(read.visits_by_outcome(connection, period.before(), scope)),
            done_year=_done(read.visits_by_outcome(connection, Period.ending(period.last, days=365), scope)),
            done_days=tuple(
                sum(one.visits for one in counts if one.day == day and one.outcome in WENT_THROUGH) for day in period.days
            ),
            not_done=tuple(_not_done((one.outcome, one.visits) for one in counts)),
            served=sum(of_kiosk.values(), NOTHING),
            served_before=sum(before.values(), NOTHING),
            knew=by_week(faults, complaints, trend),
            endings=_endings(faults, of, begin=period.begin, end=end),
            outages=tuple(one for one in outages if one.began_at >= period.begin),
            decisions=_decisions(
                connection,
                scope,
                places=places,
                faults=faults,
                outages=outages,
                towns=towns,
                of=of,
                period=period,
                end=end,
            ),
            unwatched_s=read.unwatched_s(connection, begin=period.begin, end=end),
            sites={one: place.site for one, place in places.items()},
        )


def latest_whole_week(now: datetime) -> Week:
    """Return the week that ended last."""
    return Week.of(china_day(now)).back(1)


def _done(by_outcome: Mapping[str, int]) -> int:
    return sum(visits for outcome, visits in by_outcome.items() if outcome in WENT_THROUGH)


def _not_done(visits: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    counted: Counter[str] = Counter()
    for outcome, many in visits:
        if outcome not in WENT_THROUGH:
            counted[outcome] += many
    return counted.most_common()


def _towns(
    connection: Connection,
    period: Period,
    scope: Scope,
    *,
    places: Mapping[KioskId, Placed],
    served: Mapping[tuple[str, str], Served],
    faults: Sequence[Fault],
    complaints: Sequence[Complained],
) -> tuple[TownWeek, ...]:
    def town_of(one: KioskId) -> tuple[str, str]:
        return one.county, places[one].town

    kiosks = Counter(town_of(one) for one in places)
    raised = Counter(
        town_of(fault.kiosk)
        for fault in that_are_ours(faults, complaints)
        if fault.raised_at >= period.begin and fault.kiosk in places
    )
    first = Counter(town_of(one.kiosk) for one in complaints if one.was_first and one.at >= period.begin and one.kiosk in places)
    done: Counter[tuple[str, str]] = Counter()
    for (one, outcome), many in read.visits_by_kiosk(connection, period, scope).items():
        if one in places and outcome in WENT_THROUGH:
            done[town_of(one)] += many
    lines = [
        TownWeek(
            county=county,
            town=town,
            kiosks=many,
            done=done[county, town],
            served=served.get((county, town), NOTHING),
            faults=raised[county, town] + first[county, town],
            complaints=first[county, town],
        )
        for (county, town), many in kiosks.items()
    ]
    return tuple(sorted(lines, key=lambda line: (2.0 if line.served.share is None else line.served.share, line.town)))


def _endings(faults: Sequence[Fault], of: HoursOf, *, begin: datetime, end: datetime) -> Endings:
    raised = [fault for fault in that_count(faults) if fault.raised_at >= begin]
    ended = [fault for fault in raised if fault.cleared_at is not None]
    by = Counter("RESET" if fault.cleared_by == BY_RESET else fault.remedy for fault in ended)

    def typical(remedy: str) -> float | None:
        theirs = [fault for fault in ended if fault.remedy == remedy]
        return median([fault.standing_s(of(fault.kiosk), begin=fault.raised_at, end=end) for fault in theirs])

    return Endings(by=dict(by), still_open=len(raised) - len(ended), clerk_s=typical("CLERK"), technician_s=typical("TECHNICIAN"))


def _decisions(
    connection: Connection,
    scope: Scope,
    *,
    places: Mapping[KioskId, Placed],
    faults: Sequence[Fault],
    outages: Sequence[Outage],
    towns: Mapping[tuple[str, str], Served],
    of: HoursOf,
    period: Period,
    end: datetime,
) -> tuple[Decision, ...]:
    fitted = read.fitted(connection, places, scope)
    candidates = [*outages_again(outages, since=period.begin, until=end), *towns_below(towns, target=TARGET)]
    for kind in sorted({one.kind for one in fitted}):
        of_kind = [one for one in fitted if one.kind == kind]
        begin = period.end - timedelta(days=COMPARED_DAYS)
        candidates += models_to_replace(kind, lifetimes(of_kind, faults, by=By.MODEL, hours_of=of, begin=begin, end=end))
    recent = [fault for fault in faults if fault.raised_at >= end - REPEATS_WITHIN and fault.is_failure]
    ports = {(one.kiosk, one.device): one.port for one in fitted}
    found = [one for one in repeats(recent, port_of=ports, times=REPEATS, within=REPEATS_WITHIN) if one.last_at >= period.begin]
    candidates += old_troubles(found, recent, hours_of=of, end=end)
    return decide(candidates)
