"""Tickets, kept in the transaction of what they follow from: no alarm without its ticket, no half ticket, nothing twice."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Connection, Table, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from telemetry.fleet.store import ticket_rows
from telemetry.fleet.store.book import Happened
from telemetry.fleet.store.named import by_county
from telemetry.fleet.store.outage_tickets import OutageTickets
from telemetry.fleet.store.schema import alarm, complaint, ticket, ticket_cause
from telemetry.fleet.store.ticket_situations import News, situations
from telemetry.fleet.tickets import Rules
from telemetry.fleet.tickets.complaints import REPAIR_REQUESTED, SELFTEST_DONE, Complaint, Stood, heard, was_first
from telemetry.fleet.tickets.contacts import Contacts
from telemetry.fleet.tickets.following import follow
from telemetry.fleet.tickets.rules import BLOCKING, CLERK
from telemetry.wire.messages import Event
from telemetry.wire.service_hours import Calendars, ServiceHours
from telemetry.wire.topics import KioskId

log = structlog.get_logger()

TRIES = 5
"""A person may act on a ticket between our reading it and our writing it; then it is read again."""
LOOKED_BACK = timedelta(days=60)
"""No clerk's patience lasts longer."""


class TicketBook:
    """Keeps tickets, their causes and acts, and complaints."""

    def __init__(self, rules: Rules, calendars: Calendars, *, contacts: Contacts | None = None) -> None:
        """Prepare.

        Args:
            rules: Of ``[tickets]``.
            calendars: Of ``[hours]``.
            contacts: Who ends what many kiosks have lost; without it such a ticket names nobody.
        """
        self._outages = OutageTickets(rules, calendars, contacts or Contacts())
        self._rules = rules
        self._calendars = calendars

    def write(self, connection: Connection, happened: Happened) -> None:
        """Write what follows for tickets; see ``Book``."""
        concerned = set(happened.touched)
        complaints: list[Complaint] = []
        for stored in happened.messages:
            if isinstance(stored.message, Event):
                if stored.message.name == REPAIR_REQUESTED:
                    complaints.append(heard(stored.kiosk, stored.message, received_at=stored.received_at))
                elif stored.message.name == SELFTEST_DONE:
                    concerned.add(stored.kiosk)
        if happened.is_due:
            concerned |= self._due(connection, happened.now)
            happened.touched |= self._outages.write(connection, now=happened.now)
        told = self.note_complaints(connection, complaints)
        concerned |= told.keys()
        happened.touched |= self.reconcile(connection, News(kiosks=frozenset(concerned), complaints=told), now=happened.now)

    def note_complaints(
        self, connection: Connection, complaints: Sequence[Complaint]
    ) -> dict[KioskId, list[tuple[int, Complaint]]]:
        """Write complaints that were not written before, each with whether it came before any alarm of ours.

        Returns:
            The new ones with their row's id; a ticket takes them in.
        """
        told: dict[KioskId, list[tuple[int, Complaint]]] = defaultdict(list)
        if not complaints:
            return told
        fresh: Callable[[Table], Any] = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        stood = _stood(connection, complaints, self._rules.first_grace)
        for one in complaints:
            row = {
                "county": one.kiosk.county, "kiosk": one.kiosk.kiosk, "seq": one.seq, "at": one.at, "by": one.by.value,
                "about": one.about, "was_first": was_first(one, stood.get(one.kiosk, ()), grace=self._rules.first_grace),
            }  # fmt: skip
            statement = fresh(complaint).values(row).on_conflict_do_nothing(index_elements=("county", "kiosk", "seq"))
            number = connection.execute(statement.returning(complaint.c.id)).scalar_one_or_none()
            if number is not None:
                told[one.kiosk].append((number, one))
        return told

    def reconcile(self, connection: Connection, news: News, *, now: datetime) -> frozenset[KioskId]:
        """Make tickets agree with the alarms as they are written, with what people said, and with the time.

        Returns:
            Kiosks whose tickets are different now.
        """
        changed: set[KioskId] = set()
        waiting = set(news.kiosks)
        for _ in range(TRIES):
            if not waiting:
                break
            beaten: set[KioskId] = set()
            for kiosk, now_so in situations(connection, waiting, news, rules=self._rules, calendars=self._calendars, now=now):
                for written in follow(now_so, rules=self._rules, now=now):
                    number = ticket_rows.write(
                        connection, written.ticket, written.lines, rules=self._rules, hours=now_so.hours, now=now
                    )
                    if number is None:
                        beaten.add(kiosk)
                        break
                    changed.add(kiosk)
                    _belong(connection, news.complaints.get(kiosk, ()), number)
            waiting = beaten
        if waiting:
            # Somebody acts on it faster than we read; whatever is due is due again in a second.
            log.warning("ticket not reconciled", kiosks=sorted(f"{one.county}/{one.kiosk}" for one in waiting)[:20])
        return frozenset(changed)

    def _due(self, connection: Connection, now: datetime) -> set[KioskId]:
        """Return whose tickets time itself may have changed, and whose clerk has had long enough."""
        found = {
            KioskId(county=row.county, kiosk=row.kiosk)
            for row in connection.execute(
                select(ticket.c.county, ticket.c.kiosk).where(ticket.c.look_at <= now, ticket.c.incident_id.is_(None))
            )
        }
        belongs = (
            select(ticket_cause.c.ticket_id)
            .join(ticket, and_(ticket.c.id == ticket_cause.c.ticket_id, ticket.c.closed_at.is_(None)))
            .where(
                ticket.c.county == alarm.c.county,
                ticket.c.kiosk == alarm.c.kiosk,
                ticket_cause.c.device == alarm.c.device,
                ticket_cause.c.code == alarm.c.code,
                ticket_cause.c.cleared_at.is_(None),
            )
        )
        for is_blocking in (True, False):
            patience = self._rules.clerk_blocking if is_blocking else self._rules.clerk_slight
            overdue = select(alarm.c.county, alarm.c.kiosk).where(
                alarm.c.cleared_at.is_(None),
                alarm.c.needs_person,
                alarm.c.remedy == CLERK,
                alarm.c.severity == BLOCKING if is_blocking else alarm.c.severity != BLOCKING,
                func.coalesce(alarm.c.needed_at, alarm.c.received_at)
                <= max(_so_long_ago(hours, patience, now) for hours in self._calendars.named.values()),
                ~belongs.exists(),
            )
            found |= {KioskId(county=row.county, kiosk=row.kiosk) for row in connection.execute(overdue)}
        return found


def _belong(connection: Connection, complaints: Sequence[tuple[int, Complaint]], number: int) -> None:
    if complaints:
        ids = [one for one, _ in complaints]
        connection.execute(update(complaint).where(complaint.c.id.in_(ids)).values(ticket_id=number))


def _stood(connection: Connection, complaints: Sequence[Complaint], grace: timedelta) -> dict[KioskId, list[Stood]]:
    stood: dict[KioskId, list[Stood]] = defaultdict(list)
    oldest = min(one.at for one in complaints) - grace
    for named in by_county(one.kiosk for one in complaints):
        lately = or_(alarm.c.cleared_at.is_(None), alarm.c.cleared_at >= oldest)
        for row in connection.execute(select(alarm).where(named.rows_of(alarm), lately)):
            kiosk = KioskId(county=row.county, kiosk=row.kiosk)
            stood[kiosk].append(Stood(raised_at=row.raised_at, cleared_at=row.cleared_at))
    return stood


def _so_long_ago(hours: ServiceHours, served: timedelta, now: datetime) -> datetime:
    """Return a moment since which so much service has just not passed, to the second; one long ago when nothing comes near."""
    early, late = now - LOOKED_BACK, now
    if hours.open_s(early, now) < served.total_seconds():
        return early
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if hours.open_s(middle, now) >= served.total_seconds():
            early = middle
        else:
            late = middle
    return late
