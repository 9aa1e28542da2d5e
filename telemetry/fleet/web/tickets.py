"""Tickets as pages show them: the board by step, one ticket with everything about it, those of one kiosk."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, select

from telemetry.fleet.accounts.person import Person
from telemetry.fleet.alarms.places import JOINT
from telemetry.fleet.store import ticket_rows
from telemetry.fleet.store.named import by_county
from telemetry.fleet.store.schema import account, alarm, complaint, kiosk, ticket, ticket_act
from telemetry.fleet.tickets import Cause, Deed, State, Ticket
from telemetry.fleet.tickets.acts import Doing, open_to
from telemetry.fleet.tickets.bag import Item, for_codes
from telemetry.fleet.tickets.outages import is_merged
from telemetry.fleet.web import census
from telemetry.fleet.web.census import Freshness
from telemetry.fleet.web.fault_words import FaultWord, FaultWords
from telemetry.fleet.web.filters import Filter
from telemetry.wire.topics import KioskId

LANES = (State.OPENED, State.ACKNOWLEDGED, State.DISPATCHED, State.ARRIVED, State.FIXED, State.VERIFIED)

NEXT: Mapping[State, tuple[Doing, ...]] = {
    State.OPENED: (Doing.ACKNOWLEDGE,),
    State.ACKNOWLEDGED: (Doing.DISPATCH, Doing.ARRIVE),
    State.DISPATCHED: (Doing.ARRIVE,),
    State.ARRIVED: (Doing.FIX,),
    State.FIXED: (Doing.NOTE,),
    State.VERIFIED: (Doing.CLOSE,),
}
"""What usually comes next, the first that is open to the reader; the rest is a step aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a kiosk stands, or what an incident took."""

    site: str
    town: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One line of a ticket's history."""

    at: datetime
    by: str
    deed: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Complained:
    """One complaint, and whether it came before any alarm of ours."""

    at: datetime
    by: str
    about: str
    was_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One ticket on the board.

    Attributes:
        main: The fault it is named after; None where people told us.
        word: Its words.
        others: How many more faults it is about.
        waited_s: At its present step.
        late_s: Past its deadline; 0 when it is not.
        evidence: The kiosk's own words, where it has said so.
        is_merged: Another ticket goes on with it.
    """

    ticket: Ticket
    place: Place
    main: Cause | None
    word: FaultWord | None
    others: int
    waited_s: float
    late_s: float
    bag: tuple[Item, ...]
    evidence: str
    is_merged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPage:
    """One ticket with everything about it."""

    card: Card
    causes: tuple[tuple[Cause, FaultWord], ...]
    history: tuple[Written, ...]
    complaints: tuple[Complained, ...]
    reached: Mapping[str, datetime]
    open_to: tuple[Doing, ...]
    next_act: Doing | None
    assignees: tuple[tuple[str, str], ...]
    kiosks: int
    open: int
    freshness: Freshness


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskTickets:
    """Those of one kiosk: the open one, and the last few that are over. ``shared`` is its incident's, which is many kiosks'."""

    open: Card | None
    shared: Card | None
    reached: Mapping[str, datetime]
    open_to: tuple[Doing, ...]
    earlier: tuple[Card, ...]


def read_one(engine: Engine, words: FaultWords, number: int, *, person: Person, now: datetime) -> TicketPage | None:
    """Read one ticket, or None when there is none that this person may see."""
    with engine.connect() as connection:
        found = ticket_rows.read(connection, ticket.c.id == number)
        if not found or not person.sees(found[0].county):
            return None
        of = found[0]
        [card] = cards_of(connection, found, words, now=now)
        everybody = census.take(connection, wanted=Filter(counties=person.counties), now=now)
        history = _history(connection, number)
        return TicketPage(
            card=card,
            causes=tuple((cause, words.of(cause.code)) for cause in of.causes),
            history=history,
            complaints=_complaints(connection, complaint.c.ticket_id == number),
            reached=_reached(history),
            open_to=open_to(of, person),
            next_act=next((doing for doing in NEXT.get(of.state, ()) if doing in open_to(of, person)), None),
            assignees=_assignees(connection, of),
            kiosks=everybody.all,
            open=open_count(connection, Filter(counties=person.counties)),
            freshness=everybody.freshness,
        )


def of_kiosk(
    connection: Connection, words: FaultWords, of: KioskId, *, person: Person, now: datetime, earlier: int = 4
) -> KioskTickets:
    """Return a kiosk's open ticket and its last ones, for ``tickets_of_kiosk.html``."""
    is_it = and_(ticket.c.county == of.county, ticket.c.kiosk == of.kiosk)
    found = ticket_rows.read(connection, and_(is_it, ticket.c.closed_at.is_(None)))
    newest = select(ticket.c.id).where(is_it, ticket.c.closed_at.is_not(None)).order_by(ticket.c.closed_at.desc()).limit(earlier)
    closed = ticket_rows.read(connection, ticket.c.id.in_(list(connection.execute(newest).scalars())))
    closed = tuple(sorted(closed, key=lambda one: one.closed_at or now, reverse=True))
    cards = cards_of(connection, (*found, *closed), words, now=now)
    standing = select(alarm.c.incident_id).where(
        alarm.c.county == of.county, alarm.c.kiosk == of.kiosk, alarm.c.cleared_at.is_(None), alarm.c.incident_id.is_not(None)
    )
    shared = ticket_rows.read(connection, and_(ticket.c.incident_id.in_(standing), ticket.c.closed_at.is_(None)))
    return KioskTickets(
        open=cards[0] if found else None,
        shared=next(iter(cards_of(connection, shared[:1], words, now=now)), None),
        reached=_reached(_history(connection, found[0].id)) if found else {},
        open_to=open_to(found[0], person) if found else (),
        earlier=cards[len(found) :],
    )


def cards_of(connection: Connection, found: Sequence[Ticket], words: FaultWords, *, now: datetime) -> tuple[Card, ...]:
    """Return tickets with where they are, what they are named after and what to take along."""
    places = _places(connection, {one.kiosk for one in found if one.kiosk is not None})
    said = _evidence(connection, [one.id for one in found if one.verified_at is not None])
    return tuple(_card(one, places, words, said.get(one.id, ""), now) for one in found)


def is_known(engine: Engine, of: KioskId) -> bool:
    """Say whether a kiosk has ever been heard."""
    question = select(func.count()).select_from(kiosk).where(kiosk.c.county == of.county, kiosk.c.kiosk == of.kiosk)
    with engine.connect() as connection:
        return bool(connection.execute(question).scalar_one())


def open_count(connection: Connection, wanted: Filter) -> int:
    """Return how many tickets wait for somebody."""
    waits = and_(ticket.c.closed_at.is_(None), ticket.c.state != State.VERIFIED.value, wanted.lets_through(ticket.c.county))
    return int(connection.execute(select(func.count()).select_from(ticket).where(waits)).scalar_one())


def main_of(of: Ticket) -> Cause | None:
    """Return what a ticket is named after: what stands, stops most and began first."""
    order = sorted(of.causes, key=lambda one: (one.cleared_at is not None, one.severity != "BLOCKING", one.raised_at))
    return order[0] if order else None


def _card(of: Ticket, places: Mapping[KioskId, Place], words: FaultWords, evidence: str, now: datetime) -> Card:
    main = main_of(of)
    waits = of.closed_at is None and of.state is not State.VERIFIED
    late_s = (now - of.due_at).total_seconds() if waits and of.due_at is not None else 0.0
    return Card(
        ticket=of,
        place=_place(of, places),
        main=main,
        word=None if main is None else words.of(main.code),
        others=max(0, len(of.causes) - 1),
        waited_s=max(0.0, (now - of.state_since).total_seconds()),
        late_s=max(0.0, late_s),
        bag=for_codes(cause.code for cause in (of.standing or of.causes)),
        evidence=evidence,
        is_merged=is_merged(of),
    )


def _place(of: Ticket, places: Mapping[KioskId, Place]) -> Place:
    if of.outage is not None:
        town, _, name = of.outage.scope.rpartition(JOINT)
        return Place(site=name, town=town)
    return places.get(of.kiosk, Place(site="", town="")) if of.kiosk is not None else Place(site="", town="")


def _places(connection: Connection, kiosks: Collection[KioskId]) -> dict[KioskId, Place]:
    found: dict[KioskId, Place] = {}
    for named in by_county(kiosks):
        question = select(kiosk.c.county, kiosk.c.kiosk, kiosk.c.site, kiosk.c.town)
        for row in connection.execute(question.where(named.rows_of(kiosk))):
            found[KioskId(county=row.county, kiosk=row.kiosk)] = Place(site=row.site, town=row.town)
    return found


def _evidence(connection: Connection, numbers: Sequence[int]) -> dict[int, str]:
    said: dict[int, str] = {}
    for begin in range(0, len(numbers), ticket_rows.AT_ONCE):
        these = numbers[begin : begin + ticket_rows.AT_ONCE]
        question = select(ticket_act).where(ticket_act.c.ticket_id.in_(these), ticket_act.c.act == Deed.VERIFIED.value)
        said |= {row.ticket_id: row.note for row in connection.execute(question.order_by(ticket_act.c.version))}
    return said


def _history(connection: Connection, number: int) -> tuple[Written, ...]:
    question = select(ticket_act).where(ticket_act.c.ticket_id == number).order_by(ticket_act.c.version)
    return tuple(Written(at=row.at, by=row.by, deed=row.act, note=row.note) for row in connection.execute(question))


def _reached(history: Iterable[Written]) -> dict[str, datetime]:
    """Return when each step of the present round was reached; reopening begins it anew."""
    reached: dict[str, datetime] = {}
    steps = {state.value for state in LANES}
    for line in history:
        if line.deed == Deed.REOPENED.value:
            reached = {State.OPENED.value: line.at}
        elif line.deed in steps:
            reached[line.deed] = line.at
    return reached


def _complaints(connection: Connection, condition: ColumnElement[bool]) -> tuple[Complained, ...]:
    question = select(complaint).where(condition).order_by(complaint.c.at.desc()).limit(50)
    return tuple(
        Complained(at=row.at, by=row.by, about=row.about, was_first=row.was_first) for row in connection.execute(question)
    )  # fmt: skip


def _assignees(connection: Connection, of: Ticket) -> tuple[tuple[str, str], ...]:
    """Return who may be sent there, by account and name: those whose county and area it is."""
    question = select(account).where(account.c.is_closed.is_(False), account.c.role.in_(("maintainer", "dispatcher", "bureau")))
    return tuple(
        (row["name"], row["full_name"])
        for row in connection.execute(question.order_by(account.c.role != "maintainer", account.c.name)).mappings()
        if _has(row, "counties", of.county) and _has(row, "areas", of.area)
    )


def _has(row: Mapping[Any, Any], column: str, wanted: str) -> bool:
    return not row[column] or not wanted or wanted in row[column]
