"""The questions to the store: availability, visits, faults, devices, complaints and healing of a period. Blocking."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, func, or_, select

from telemetry.fleet.analytics.availability import Served
from telemetry.fleet.analytics.faults import Fault
from telemetry.fleet.analytics.knew import Complained
from telemetry.fleet.analytics.lifetimes import Fitted
from telemetry.fleet.analytics.period import Period
from telemetry.fleet.analytics.scope import Placed, Scope
from telemetry.fleet.analytics.supplies import Stock
from telemetry.fleet.store.incident_census import PART_OF
from telemetry.fleet.store.schema import alarm, complaint, device, healing_day, health_day, incident, kiosk, visit_day, watch_gap
from telemetry.wire.topics import KioskId

MOST_FAULTS = 300_000
"""Alarms read for one page: twice what a nation's province has in twelve weeks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitCount:
    """So many visits to one service, in one hour of the day, on one day, that ended in one way."""

    day: date
    hour: int
    service: str
    outcome: str
    visits: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Silences with one cause."""

    id: int
    kind: str
    level: str
    scope: str
    began_at: datetime
    ended_at: datetime | None
    kiosks: int


def served(connection: Connection, period: Period, scope: Scope) -> dict[KioskId, Served]:
    """Return what each kiosk served in a period, of the days that have been counted."""
    sums = [
        func.sum(column).label(column.name)
        for column in (
            *(health_day.c.open_s, health_day.c.full_s, health_day.c.part_s),
            *(health_day.c.none_s, health_day.c.unknown_s, health_day.c.planned_s),
        )
    ]
    question = select(health_day.c.county, health_day.c.kiosk, *sums).group_by(health_day.c.county, health_day.c.kiosk)
    rows = connection.execute(_of_days(question, health_day, period, scope)).mappings()
    return {_id(row): Served(**{column.name: row[column.name] or 0.0 for column in sums}) for row in rows}


def last_counted_day(connection: Connection) -> date | None:
    """Return up to which day availability is counted; None before the first."""
    day: date | None = connection.execute(select(func.max(health_day.c.day))).scalar()
    return day


def visits(connection: Connection, period: Period, scope: Scope) -> tuple[VisitCount, ...]:
    """Return visits added up over kiosks."""
    by = (visit_day.c.day, visit_day.c.hour, visit_day.c.service, visit_day.c.outcome)
    question = select(*by, func.sum(visit_day.c.visits).label("visits"), func.sum(visit_day.c.seconds).label("seconds"))
    rows = connection.execute(_of_days(question.group_by(*by).order_by(*by), visit_day, period, scope))
    return tuple(
        VisitCount(
            day=row.day, hour=row.hour, service=row.service, outcome=row.outcome, visits=int(row.visits), seconds=int(row.seconds)
        )
        for row in rows
    )


def visits_by_kiosk(connection: Connection, period: Period, scope: Scope) -> dict[tuple[KioskId, str], int]:
    """Return visits by kiosk and outcome."""
    by = (visit_day.c.county, visit_day.c.kiosk, visit_day.c.outcome)
    question = select(*by, func.sum(visit_day.c.visits)).group_by(*by)
    rows = connection.execute(_of_days(question, visit_day, period, scope))
    return {(KioskId(county=row[0], kiosk=row[1]), row[2]): int(row[3]) for row in rows}


def visits_by_outcome(connection: Connection, period: Period, scope: Scope) -> dict[str, int]:
    """Return visits by how they ended."""
    question = select(visit_day.c.outcome, func.sum(visit_day.c.visits)).group_by(visit_day.c.outcome)
    return {row[0]: int(row[1]) for row in connection.execute(_of_days(question, visit_day, period, scope))}


def healings(connection: Connection, period: Period, scope: Scope) -> dict[tuple[str, str], int]:
    """Return how often each means of healing was judged, by means and outcome."""
    by = (healing_day.c.rung, healing_day.c.outcome)
    question = select(*by, func.sum(healing_day.c.times)).group_by(*by)
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(_of_days(question, healing_day, period, scope))}


def faults(connection: Connection, scope: Scope, *, begin: datetime, end: datetime) -> tuple[Fault, ...]:
    """Return every alarm that stood at some moment between two, oldest first."""
    question = (
        select(alarm)
        .select_from(alarm.join(kiosk, and_(kiosk.c.county == alarm.c.county, kiosk.c.kiosk == alarm.c.kiosk)))
        .where(alarm.c.raised_at < end, or_(alarm.c.cleared_at.is_(None), alarm.c.cleared_at >= begin))
        .order_by(alarm.c.raised_at, alarm.c.id)
        .limit(MOST_FAULTS)
    )
    return tuple(
        Fault(
            kiosk=_id(row),
            device=row["device"],
            code=row["code"],
            severity=row["severity"],
            remedy=row["remedy"],
            raised_at=row["raised_at"],
            cleared_at=row["cleared_at"],
            cleared_by=row["cleared_by"],
            cause=row["cause"],
            hushed_by=row["hushed_by"],
            incident=row["incident_id"],
        )
        for row in connection.execute(scope.narrowed(question)).mappings()
    )


def fitted(connection: Connection, places: Mapping[KioskId, Placed], scope: Scope, *, kind: str = "") -> tuple[Fitted, ...]:
    """Return every device of a kind, or of all kinds."""
    question = select(device.c.county, device.c.kiosk, device.c.device, device.c.kind, device.c.model, device.c.port).select_from(
        device.join(kiosk, and_(kiosk.c.county == device.c.county, kiosk.c.kiosk == device.c.kiosk))
    )
    if kind:
        question = question.where(device.c.kind == kind)
    found = []
    for row in connection.execute(scope.narrowed(question)).mappings():
        place = places.get(_id(row))
        if place is not None:
            found.append(
                Fitted(
                    kiosk=place.id,
                    device=row["device"],
                    kind=row["kind"],
                    model=row["model"],
                    port=row["port"],
                    site=place.site,
                    town=place.town,
                    vendor=place.vendor,
                    batch=place.batch,
                    since=place.since,
                )
            )
    return tuple(found)


def complaints(connection: Connection, scope: Scope, *, begin: datetime, end: datetime) -> tuple[Complained, ...]:
    """Return the complaints between two moments."""
    question = (
        select(complaint.c.county, complaint.c.kiosk, complaint.c.at, complaint.c.was_first)
        .select_from(complaint.join(kiosk, and_(kiosk.c.county == complaint.c.county, kiosk.c.kiosk == complaint.c.kiosk)))
        .where(complaint.c.at >= begin, complaint.c.at < end)
        .order_by(complaint.c.at)
    )
    rows = connection.execute(scope.narrowed(question)).mappings()
    return tuple(Complained(kiosk=_id(row), at=row["at"], was_first=bool(row["was_first"])) for row in rows)


def outages(connection: Connection, scope: Scope, *, begin: datetime, end: datetime) -> tuple[Outage, ...]:
    """Return the incidents that began between two moments; of the reader's counties, not narrowed by town or model.

    One that turned out to be a part of another is that one, and not counted twice.
    """
    lately = (incident.c.began_at >= begin, incident.c.began_at < end)
    by_itself = incident.c.evidence.not_like(f"{PART_OF}%")
    question = select(incident).where(*lately, by_itself).order_by(incident.c.began_at)
    if scope.counties:
        question = question.where(incident.c.county.in_(sorted(scope.counties)))
    if scope.county:
        question = question.where(incident.c.county == scope.county)
    return tuple(
        Outage(
            id=row.id,
            kind=row.kind,
            level=row.level,
            scope=row.scope,
            began_at=row.began_at,
            ended_at=row.ended_at,
            kiosks=row.kiosks,
        )
        for row in connection.execute(question)
    )


def unwatched_s(connection: Connection, *, begin: datetime, end: datetime) -> float:
    """Return the seconds in which this service itself did not listen."""
    question = select(watch_gap).where(watch_gap.c.begins_at < end, watch_gap.c.ends_at > begin)
    gaps: list[tuple[datetime, datetime]] = [(row.begins_at, row.ends_at) for row in connection.execute(question)]
    return sum((min(end, over) - max(begin, began)).total_seconds() for began, over in gaps)


def stocks(connection: Connection, places: Mapping[KioskId, Placed], scope: Scope) -> tuple[Stock, ...]:
    """Return everything that devices use up, as last told."""
    question = select(device.c.county, device.c.kiosk, device.c.device, device.c.kind, device.c.supplies, device.c.read_at)
    same = and_(kiosk.c.county == device.c.county, kiosk.c.kiosk == device.c.kiosk)
    rows = connection.execute(scope.narrowed(question.select_from(device.join(kiosk, same)))).mappings()
    return tuple(
        Stock(
            place=place,
            device=row["device"],
            kind=row["kind"],
            name=supply["name"],
            remaining=supply.get("remaining"),
            is_low=bool(supply.get("low")),
            days_left=supply.get("days_left"),
            read_at=row["read_at"],
        )
        for row in rows
        if (place := places.get(_id(row))) is not None
        for supply in row["supplies"]
    )


def by_town(of_kiosk: Mapping[KioskId, Served], places: Mapping[KioskId, Placed]) -> dict[tuple[str, str], Served]:
    """Add kiosks up by county and town."""
    sums: defaultdict[tuple[str, str], Served] = defaultdict(Served)
    for one, own in of_kiosk.items():
        if one in places:
            sums[one.county, places[one].town] += own
    return dict(sums)


def _of_days(question: Select[Any], table: Table, period: Period, scope: Scope) -> Select[Any]:
    of_days = question.select_from(table).where(table.c.day >= period.first, table.c.day <= period.last)
    return scope.narrowed_of(table, of_days)


def _id(row: Any) -> KioskId:  # noqa: ANN401  a row of any table that begins with whose it is
    return KioskId(county=row["county"], kiosk=row["kiosk"])
