"""What people do to tickets: each act with its audit row in one transaction; of two at once one wins, and the other is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, Select, and_, select

from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.store import ticket_rows
from telemetry.fleet.store.schema import equipment, ticket, ticket_act
from telemetry.fleet.store.ticket_book import TRIES, TicketBook
from telemetry.fleet.store.ticket_situations import News
from telemetry.fleet.tickets import Deed, Rules, Ticket
from telemetry.fleet.tickets.acts import WAYS, Doing, Said, take
from telemetry.fleet.tickets.complaints import Complaint
from telemetry.wire.service_hours import Calendars, ServiceHours
from telemetry.wire.topics import KioskId

IN_NOBODYS_WAY = frozenset({Deed.JOINED, Deed.ENDED, Deed.CHANGED, Deed.COMPLAINED, Deed.ESCALATED})
"""What may have happened since somebody looked without making their act another: news, and no step."""


class NoTicketError(Exception):
    """There is no ticket of this number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It is done; the ticket as it is now."""

    ticket: Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Somebody else was quicker: who did what when, and the ticket as it is now."""

    ticket: Ticket
    by: str
    deed: Deed
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Who acts, and from where."""

    person: Person
    address: str = ""


class TicketActs:
    """Blocking; call it from a worker thread."""

    def __init__(self, engine: Engine, *, rules: Rules, calendars: Calendars) -> None:
        """Prepare.

        Args:
            engine: The fleet's database.
            rules: Of ``[tickets]``.
            calendars: Of ``[hours]``.
        """
        self._engine = engine
        self._rules = rules
        self._calendars = calendars
        self._book = TicketBook(rules, calendars)

    def find(self, number: int) -> Ticket:
        """Return one ticket as it is now.

        Raises:
            NoTicketError: There is none.
        """
        with self._engine.connect() as connection:
            return _one(connection, number)

    def take(self, who: Who, number: int, doing: Doing, said: Said, *, seen_version: int, now: datetime) -> Done | Lost:
        """Do something to a ticket. Whether the person may was asked before.

        Args:
            who: Who acts.
            number: Which ticket.
            doing: What.
            said: What was said with it.
            seen_version: The version the person was looking at.
            now: Server's clock.

        Raises:
            NoTicketError: There is no such ticket.
            NotNowError: Its state, or something missing, does not allow it.
        """
        for _ in range(TRIES):
            with self._engine.connect() as connection:
                seen = _one(connection, number)
                beaten = _in_the_way(connection, number, seen_version)
                hours = self._hours(connection, seen)
            if beaten is None:
                after, line = take(seen, doing, said, by=who.person.name, rules=self._rules, hours=hours, now=now)
            with self._engine.begin() as connection:
                if beaten is not None:
                    _note(connection, who, WAYS[doing].asks, seen, now=now, result="lost", detail=f"{beaten.by} {beaten.deed}")
                    return beaten
                if ticket_rows.write(connection, after, (line,), rules=self._rules, hours=hours, now=now) is None:
                    continue
                if seen.kiosk is not None:  # of an incident the book looks every second
                    self._book.reconcile(connection, News(kiosks=frozenset({seen.kiosk})), now=now)
                _note(
                    connection, who, WAYS[doing].asks, seen, now=now, detail=f"{seen.state} > {after.state} {line.note}".strip()
                )
                return Done(ticket=_one(connection, number))
        with self._engine.connect() as connection:  # it changes faster than anybody can read it
            return _in_the_way(connection, number, seen_version) or _latest(connection, _one(connection, number))

    def complain(self, who: Who, complaint: Complaint, *, now: datetime) -> Ticket:
        """Write down what somebody was told by telephone; it opens a ticket, or joins the open one."""
        kiosk = complaint.kiosk
        with self._engine.begin() as connection:
            about = f"{complaint.by} {complaint.about}".strip()
            told = self._book.note_complaints(connection, [complaint])
            self._book.reconcile(connection, News(kiosks=frozenset({kiosk}), complaints=told), now=now)
            audit.note(
                connection, who.person, Act.NOTE_COMPLAINT, now=now, county=kiosk.county, kiosk=kiosk.kiosk, about="complaint",
                detail=about, address=who.address,
            )  # fmt: skip
            return _open_one(connection, kiosk)

    def open(self, who: Who, kiosk: KioskId, *, why: str, now: datetime) -> Ticket:
        """Open a ticket by hand; the open one when there is one already."""
        with self._engine.begin() as connection:
            news = News(kiosks=frozenset({kiosk}), wanted_by=who.person.name, why=why)
            self._book.reconcile(connection, news, now=now)
            audit.note(
                connection, who.person, Act.OPEN_TICKET, now=now, county=kiosk.county, kiosk=kiosk.kiosk, about="ticket",
                detail=why, address=who.address,
            )  # fmt: skip
            return _open_one(connection, kiosk)

    def area(self, kiosk: KioskId) -> str:
        """Return whose round a kiosk is on, from the register; empty when nobody said."""
        with self._engine.connect() as connection:
            return str(connection.execute(_registered(kiosk, equipment.c.area)).scalar_one_or_none() or "")

    def _hours(self, connection: Connection, of: Ticket) -> ServiceHours:
        name = None if of.kiosk is None else connection.execute(_registered(of.kiosk, equipment.c.hours)).scalar_one_or_none()
        return self._calendars.of(of.county, str(name or ""))


def _registered(kiosk: KioskId, column: Column[str]) -> Select[Any]:
    return select(column).where(equipment.c.county == kiosk.county, equipment.c.kiosk == kiosk.kiosk)


def _one(connection: Connection, number: int) -> Ticket:
    found = ticket_rows.read(connection, ticket.c.id == number)
    if not found:
        raise NoTicketError(str(number))
    return found[0]


def _open_one(connection: Connection, kiosk: KioskId) -> Ticket:
    of_kiosk = and_(ticket.c.county == kiosk.county, ticket.c.kiosk == kiosk.kiosk, ticket.c.closed_at.is_(None))
    return ticket_rows.read(connection, of_kiosk)[0]


def _in_the_way(connection: Connection, number: int, seen_version: int) -> Lost | None:
    """Return the last step somebody has taken since a version was seen, and the ticket as that left it."""
    question = (
        select(ticket_act)
        .where(
            ticket_act.c.ticket_id == number,
            ticket_act.c.version > seen_version,
            ticket_act.c.act.not_in([deed.value for deed in IN_NOBODYS_WAY]),
        )
        .order_by(ticket_act.c.version.desc())
        .limit(1)
    )
    row = connection.execute(question).one_or_none()
    return None if row is None else Lost(ticket=_one(connection, number), by=row.by, deed=Deed(row.act), at=row.at)


def _latest(connection: Connection, now_so: Ticket) -> Lost:
    row = connection.execute(
        select(ticket_act).where(ticket_act.c.ticket_id == now_so.id).order_by(ticket_act.c.version.desc()).limit(1)
    ).one()
    return Lost(ticket=now_so, by=row.by, deed=Deed(row.act), at=row.at)


def _note(
    connection: Connection, who: Who, act: Act, of: Ticket, *, now: datetime, result: audit.Result = "done", detail: str = ""
) -> None:
    audit.note(
        connection, who.person, act, now=now, result=result, county=of.county,
        kiosk="" if of.kiosk is None else of.kiosk.kiosk, about=f"ticket {of.id}", detail=detail, address=who.address,
    )  # fmt: skip
