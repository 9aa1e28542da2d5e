"""Tickets as rows: read back as they were written, written only where nobody else has written since."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from telemetry.fleet.store.schema import complaint, ticket, ticket_act, ticket_cause
from telemetry.fleet.tickets import Cause, Line, OpenedBy, Outage, Part, Rules, State, Ticket
from telemetry.wire.service_hours import ServiceHours
from telemetry.wire.topics import KioskId

AT_ONCE = 400
"""Tickets named in one question; a database has a bound on what a statement may hold."""


def read(connection: Connection, condition: ColumnElement[bool]) -> tuple[Ticket, ...]:
    """Return tickets with their causes and the number of their complaints, the one closed last first."""
    rows = connection.execute(select(ticket).where(condition).order_by(ticket.c.closed_at.desc(), ticket.c.id)).mappings().all()
    causes: dict[int, list[Cause]] = defaultdict(list)
    complaints: dict[int, int] = {}
    ids = [row["id"] for row in rows]
    for begin in range(0, len(ids), AT_ONCE):
        part = ids[begin : begin + AT_ONCE]
        of_these = (
            select(ticket_cause)
            .where(ticket_cause.c.ticket_id.in_(part))
            .order_by(ticket_cause.c.raised_at, ticket_cause.c.device, ticket_cause.c.code)
        )
        for row in connection.execute(of_these).mappings():
            causes[row["ticket_id"]].append(_cause(row))
        counted = select(complaint.c.ticket_id, func.count()).where(complaint.c.ticket_id.in_(part))
        complaints |= {row[0]: row[1] for row in connection.execute(counted.group_by(complaint.c.ticket_id))}
    return tuple(_ticket(row, causes[row["id"]], complaints.get(row["id"], 0)) for row in rows)


def write(
    connection: Connection, after: Ticket, lines: Iterable[Line], *, rules: Rules, hours: ServiceHours, now: datetime
) -> int | None:
    """Write a ticket and the lines that made it so; all of it, or nothing where somebody else was quicker.

    Args:
        connection: The transaction.
        after: As it is to be; its version counts ``lines`` already.
        lines: What happened since the version that was read, in order.
        rules: When time is to look at it again.
        hours: Of its kiosk.
        now: Server's clock.

    Returns:
        The ticket's id, or None: the version that was read is not the present one, or there is an open ticket of it already.
    """
    told = tuple(lines)
    row = _row(after) | {"look_at": None if after.closed_at is not None else rules.look_at(after, hours=hours)}
    if after.id == 0:
        number = _insert(connection, row)
    else:
        number = after.id if _update(connection, after, row, seen_version=after.version - len(told)) else None
    if number is None:
        return None
    connection.execute(delete(ticket_cause).where(ticket_cause.c.ticket_id == number))
    if after.causes:
        connection.execute(insert(ticket_cause), [_cause_row(number, cause) for cause in after.causes])
    first = after.version - len(told) + 1
    connection.execute(
        insert(ticket_act),
        [
            {"ticket_id": number, "version": version, "at": now, "by": line.by[:64], "act": line.deed.value, "note": line.note}
            for version, line in enumerate(told, start=first)
        ],
    )
    return number


def _insert(connection: Connection, row: Mapping[str, Any]) -> int | None:
    fresh: Callable[[Table], Any] = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    number = connection.execute(fresh(ticket).values(row).on_conflict_do_nothing().returning(ticket.c.id)).scalar_one_or_none()
    return None if number is None else int(number)


def _update(connection: Connection, after: Ticket, row: Mapping[str, Any], *, seen_version: int) -> bool:
    other = ticket.alias()
    if (outage := after.outage) is not None:
        is_same = other.c.incident_id == outage.incident_id
    else:
        is_same = and_(other.c.county == row["county"], other.c.kiosk == row["kiosk"], other.c.incident_id.is_(None))
    is_free = ~exists(select(other.c.id).where(is_same, other.c.closed_at.is_(None), other.c.id != after.id))
    where = (ticket.c.id == after.id, ticket.c.version == seen_version)
    statement = update(ticket).where(*where) if after.closed_at is not None else update(ticket).where(*where, is_free)
    return connection.execute(statement.values(row)).rowcount == 1


def _ticket(row: Mapping[Any, Any], causes: Iterable[Cause], complaints: int) -> Ticket:
    return Ticket(
        id=row["id"],
        about=_about(row),
        state=State(row["state"]),
        state_since=row["state_since"],
        opened_at=row["opened_at"],
        opened_by=OpenedBy(row["opened_by"]),
        version=row["version"],
        area=row["area"],
        is_blocking=row["is_blocking"],
        assignee=row["assignee"],
        due_at=row["due_at"],
        escalation=row["escalation"],
        fixed_at=row["fixed_at"],
        verified_at=row["verified_at"],
        closed_at=row["closed_at"],
        times_reopened=row["times_reopened"],
        parts=tuple(Part(part=one["part"], count=one["count"]) for one in row["parts"]),
        causes=tuple(causes),
        complaints=complaints,
    )


def _about(row: Mapping[Any, Any]) -> KioskId | Outage:
    if row["incident_id"] is None:
        return KioskId(county=row["county"], kiosk=row["kiosk"])
    return Outage(
        incident_id=row["incident_id"],
        county=row["county"],
        level=row["level"],
        scope=row["scope"],
        kiosks=row["kiosks"],
        addressee=row["addressee"],
    )


def _row(of: Ticket) -> dict[str, Any]:
    outage = of.outage
    return {
        "county": of.county,
        "kiosk": "" if of.kiosk is None else of.kiosk.kiosk,
        "incident_id": None if outage is None else outage.incident_id,
        "level": "" if outage is None else outage.level,
        "scope": "" if outage is None else outage.scope,
        "kiosks": 0 if outage is None else outage.kiosks,
        "addressee": "" if outage is None else outage.addressee,
        "area": of.area,
        "state": of.state.value,
        "state_since": of.state_since,
        "version": of.version,
        "opened_at": of.opened_at,
        "opened_by": of.opened_by.value,
        "is_blocking": of.is_blocking,
        "assignee": of.assignee,
        "due_at": of.due_at,
        "escalation": of.escalation,
        "fixed_at": of.fixed_at,
        "verified_at": of.verified_at,
        "closed_at": of.closed_at,
        "times_reopened": of.times_reopened,
        "parts": [{"part": one.part, "count": one.count} for one in of.parts],
    }


def _cause(row: Mapping[Any, Any]) -> Cause:
    return Cause(
        device=row["device"],
        code=row["code"],
        severity=row["severity"],
        remedy=row["remedy"],
        raised_at=row["raised_at"],
        cleared_at=row["cleared_at"],
        cleared_by=row["cleared_by"],
    )


def _cause_row(number: int, cause: Cause) -> dict[str, Any]:
    return {
        "ticket_id": number,
        "device": cause.device,
        "code": cause.code,
        "severity": cause.severity,
        "remedy": cause.remedy,
        "raised_at": cause.raised_at,
        "cleared_at": cause.cleared_at,
        "cleared_by": cause.cleared_by,
    }
