"""What hushes alarms: incidents that several silences have in common, and work that was planned."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, and_, func, select

from telemetry.fleet.alarms.places import Place
from telemetry.fleet.store.named import by_county
from telemetry.fleet.store.schema import alarm, equipment, incident, kiosk, maintenance, ticket
from telemetry.fleet.web.filters import Filter
from telemetry.wire.topics import KioskId


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """What several silences have in common."""

    id: int
    county: str
    kind: str
    level: str
    scope: str
    began_at: datetime
    kiosks: int
    members: int
    evidence: str
    acknowledged_at: datetime | None
    acknowledged_by: str
    acknowledgement: str
    lasting_s: float
    still_silent: int
    ticket: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A maintenance window that is open, or will be."""

    id: int
    county: str
    level: str
    scope: str
    begins_at: datetime
    ends_at: datetime
    why: str
    by: str


def incidents(connection: Connection, wanted: Filter, *, now: datetime) -> tuple[IncidentRow, ...]:
    """Return what several silences have in common and is not over, the largest first."""
    still = (
        select(alarm.c.incident_id, func.count().label("still"))
        .where(alarm.c.cleared_at.is_(None), alarm.c.incident_id.is_not(None))
        .group_by(alarm.c.incident_id)
        .subquery()
    )
    question = (
        select(incident, still.c.still, ticket.c.id.label("ticket"))
        .outerjoin(still, still.c.incident_id == incident.c.id)
        .outerjoin(ticket, and_(ticket.c.incident_id == incident.c.id, ticket.c.closed_at.is_(None)))
        .where(incident.c.ended_at.is_(None), wanted.lets_through(incident.c.county))
        .order_by(incident.c.kiosks.desc(), incident.c.id)
    )
    return tuple(
        IncidentRow(
            id=row["id"],
            county=row["county"],
            kind=row["kind"],
            level=row["level"],
            scope=row["scope"],
            began_at=row["began_at"],
            kiosks=row["kiosks"],
            members=row["members"],
            evidence=row["evidence"],
            acknowledged_at=row["acknowledged_at"],
            acknowledged_by=row["acknowledged_by"],
            acknowledgement=row["acknowledgement"],
            lasting_s=max(0.0, (now - row["began_at"]).total_seconds()),
            still_silent=int(row["still"] or 0),
            ticket=row["ticket"],
        )
        for row in connection.execute(question).mappings()
    )


def windows_now(connection: Connection, wanted: Filter, *, now: datetime) -> tuple[Window, ...]:
    """Return the maintenance windows that are open now, the one that ends first first."""
    question = (
        select(maintenance)
        .where(wanted.lets_through(maintenance.c.county), maintenance.c.begins_at <= now, maintenance.c.ends_at > now)
        .order_by(maintenance.c.ends_at, maintenance.c.id)
    )
    return tuple(window(row) for row in connection.execute(question).mappings())


def window(row: RowMapping) -> Window:
    """Return one row of the plan."""
    return Window(
        id=row["id"],
        county=row["county"],
        level=row["level"],
        scope=row["scope"],
        begins_at=row["begins_at"],
        ends_at=row["ends_at"],
        why=row["why"],
        by=row["by"],
    )


def places(connection: Connection, kiosks: Set[KioskId]) -> dict[KioskId, Place]:
    """Return where these kiosks belong, by what they say and by the bureau's register."""
    same = and_(equipment.c.county == kiosk.c.county, equipment.c.kiosk == kiosk.c.kiosk)
    question = select(
        *(kiosk.c.county, kiosk.c.kiosk, kiosk.c.site, kiosk.c.town),
        *(equipment.c.village, equipment.c.link, equipment.c.feeder),
    ).select_from(kiosk.outerjoin(equipment, same))
    return {
        KioskId(county=row["county"], kiosk=row["kiosk"]): Place(**{name: text or "" for name, text in row.items()})
        for named in by_county(kiosks)
        for row in connection.execute(question.where(named.rows_of(kiosk))).mappings()
    }


def covers(one: Window, place: Place) -> bool:
    """Whether a window is about a kiosk that belongs there."""
    return one.county == place.county and any(
        one.level == level.value and one.scope == scope for level, scope in place.scopes().items()
    )


def tickets_open(connection: Connection, wanted: Filter) -> dict[KioskId, int]:
    """Return the open ticket of each kiosk that has one."""
    question = select(ticket.c.id, ticket.c.county, ticket.c.kiosk).where(
        ticket.c.closed_at.is_(None), ticket.c.incident_id.is_(None), wanted.lets_through(ticket.c.county)
    )
    return {KioskId(county=row.county, kiosk=row.kiosk): row.id for row in connection.execute(question)}
