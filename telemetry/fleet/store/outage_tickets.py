"""The tickets of incidents, kept in the transaction in which the incident is: one each, to whoever ends it, never one a kiosk."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update

from telemetry.fleet.alarms.root_cause import Kind
from telemetry.fleet.store import ticket_rows
from telemetry.fleet.store.incident_census import absorbed_by
from telemetry.fleet.store.schema import alarm, equipment, incident, ticket
from telemetry.fleet.tickets import Outage, Rules, State, Ticket
from telemetry.fleet.tickets.contacts import Contacts
from telemetry.fleet.tickets.following import Written
from telemetry.fleet.tickets.outages import Incident, follow_incident, is_of_the_same, merged
from telemetry.wire.service_hours import Calendars
from telemetry.wire.topics import KioskId

MOST_EARLIER = 20
"""Earlier tickets of one place looked at for the one that has returned."""


class OutageTickets:
    """Keeps the rows of table ``ticket`` that have an ``incident_id``. What nobody changes costs a second's look at few rows."""

    def __init__(self, rules: Rules, calendars: Calendars, contacts: Contacts) -> None:
        """Prepare; ``contacts`` says to whom a ticket is addressed."""
        self._rules = rules
        self._calendars = calendars
        self._contacts = contacts

    def write(self, connection: Connection, *, now: datetime) -> frozenset[KioskId]:
        """Make the tickets agree with the incidents as they are written, and with the time.

        A ticket somebody acts on at this very moment is looked at again a second later.

        Returns:
            Kiosks whose incident's ticket is different now.
        """
        changed: set[KioskId] = set()
        for row in _to_look_at(connection, now):
            number = row["id"]
            known = _its_own(connection, number)
            into = absorbed_by(row["evidence"]) if row["ended_at"] is not None else None
            if into is not None:
                pages = _merged(connection, known, into, now=now)
            else:
                pages = self._followed(connection, row, known, now=now)
            hours = self._calendars.of(row["county"])
            for page in pages:
                ticket_rows.write(connection, page.ticket, page.lines, rules=self._rules, hours=hours, now=now)
                changed |= _kiosks_of(connection, number)
        return frozenset(changed)

    def _followed(
        self, connection: Connection, row: Mapping[Any, Any], known: Ticket | None, *, now: datetime
    ) -> tuple[Written, ...]:
        area = known.area if known is not None else _area(connection, row["id"])
        so = self._incident(connection, row, area=area)
        if known is None:
            known = self._returned(connection, so, now=now)
        elif known.closed_at is None and known.outage is not None and known.outage.kiosks != so.outage.kiosks:
            # How many it is by now is a number, not an event: it makes no line of the history.
            connection.execute(update(ticket).where(ticket.c.id == known.id).values(kiosks=so.outage.kiosks))
        hours = self._calendars.of(row["county"])
        return follow_incident(so, known, area=area, hours=hours, rules=self._rules, now=now)

    def _incident(self, connection: Connection, row: Mapping[Any, Any], *, area: str) -> Incident:
        kind = Kind(row["kind"])
        return Incident(
            outage=Outage(
                incident_id=row["id"],
                county=row["county"],
                level=row["level"],
                scope=row["scope"],
                kiosks=row["kiosks"],
                addressee=self._contacts.addressee(kind, county=row["county"], area=area),
            ),
            kind=kind,
            began_at=row["began_at"],
            opened_at=row["opened_at"],
            ended_at=row["ended_at"],
            back=_back(connection, row["id"]) if row["ended_at"] is not None else 0,
        )

    def _returned(self, connection: Connection, so: Incident, *, now: datetime) -> Ticket | None:
        """Return the last ticket of the same matter, where it is not so long ago that this is another one."""
        lately = or_(ticket.c.closed_at.is_(None), ticket.c.closed_at >= now - self._rules.reopen_within)
        same_place = and_(
            ticket.c.county == so.outage.county, ticket.c.level == so.outage.level, ticket.c.scope == so.outage.scope
        )  # fmt: skip
        newest = (
            select(ticket.c.id).where(ticket.c.incident_id.is_not(None), same_place, lately).order_by(ticket.c.id.desc())
        ).limit(MOST_EARLIER)
        found = ticket_rows.read(connection, ticket.c.id.in_(newest.scalar_subquery()))
        earlier = sorted(found, key=lambda one: one.id, reverse=True)
        return next((one for one in earlier if is_of_the_same(one, so) and (one.closed_at is not None or not one.standing)), None)


def _to_look_at(connection: Connection, now: datetime) -> Iterator[Mapping[Any, Any]]:
    """Yield the incidents that last, then those that are over and whose ticket is not, or is due."""
    is_waiting = or_(ticket.c.state != State.VERIFIED.value, ticket.c.look_at <= now)
    waits = select(ticket.c.incident_id).where(ticket.c.incident_id.is_not(None), ticket.c.closed_at.is_(None), is_waiting)
    question = select(incident).where(or_(incident.c.ended_at.is_(None), incident.c.id.in_(waits)))
    yield from connection.execute(question.order_by(incident.c.ended_at.is_not(None), incident.c.id)).mappings().all()


def _its_own(connection: Connection, number: int) -> Ticket | None:
    """Return the ticket of an incident: the open one, or the last."""
    found = ticket_rows.read(connection, ticket.c.incident_id == number)
    return max(found, key=lambda one: (one.closed_at is None, one.id), default=None)


def _merged(connection: Connection, known: Ticket | None, into: int, *, now: datetime) -> tuple[Written, ...]:
    other = _its_own(connection, into)
    if known is None or known.closed_at is not None or other is None:
        return ()
    return (merged(known, into=other.id, now=now),)


def _back(connection: Connection, number: int) -> int:
    """Return how many of its kiosks are back; who is not has left it and stands alone."""
    mine = select(alarm.c.county, alarm.c.kiosk).where(alarm.c.incident_id == number).distinct().subquery()
    return int(connection.execute(select(func.count()).select_from(mine)).scalar_one())


def _area(connection: Connection, number: int) -> str:
    """Return the area all its kiosks are on; empty where they are on several, or on none."""
    same = and_(equipment.c.county == alarm.c.county, equipment.c.kiosk == alarm.c.kiosk)
    areas = select(equipment.c.area).join(alarm, same).where(alarm.c.incident_id == number).distinct().limit(2)
    found = list(connection.execute(areas).scalars())
    return found[0] if len(found) == 1 else ""


def _kiosks_of(connection: Connection, number: int) -> frozenset[KioskId]:
    question = select(alarm.c.county, alarm.c.kiosk).where(alarm.c.incident_id == number).distinct()
    return frozenset(KioskId(county=row.county, kiosk=row.kiosk) for row in connection.execute(question))
