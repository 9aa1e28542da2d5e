"""Tickets for programs: fields are added, never renamed, never reused. Times are UTC with their zone."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel
from sqlalchemy import Engine, and_, select

from telemetry.fleet.store import ticket_rows
from telemetry.fleet.store.schema import complaint, ticket, ticket_act
from telemetry.fleet.store.scope import within
from telemetry.fleet.tickets import Ticket as Known
from telemetry.fleet.web.who import Asking
from telemetry.wire.topics import NAME

AskedName = Annotated[str | None, Query(pattern=f"^{NAME.pattern}$")]
MOST_TICKETS = 1_000


class TicketCause(BaseModel):
    """One alarm a ticket is about. ``raised_at`` and ``cleared_at`` by the kiosk's clock."""

    device: str
    code: str
    severity: str
    remedy: str
    raised_at: datetime
    cleared_at: datetime | None
    cleared_by: str


class TicketPart(BaseModel):
    """What was used up mending."""

    part: str
    count: int


class Ticket(BaseModel):
    """One ticket. ``state`` is opened, acknowledged, dispatched, arrived, fixed, verified or closed; only the kiosk verifies.

    ``version`` counts what happened to it. ``due_at`` is by when its present step should be over, in service hours.
    One of an incident has no ``kiosk``: ``incident`` is its number, ``level`` and ``scope`` say where, ``kiosks`` how many it
    took, ``addressee`` who ends it.
    """

    id: int
    county: str
    kiosk: str
    incident: int | None
    level: str
    scope: str
    kiosks: int
    addressee: str
    area: str
    state: str
    state_since: datetime
    version: int
    opened_at: datetime
    opened_by: str
    is_blocking: bool
    assignee: str
    due_at: datetime | None
    escalation: int
    fixed_at: datetime | None
    verified_at: datetime | None
    closed_at: datetime | None
    times_reopened: int
    complaints: int
    parts: list[TicketPart]
    causes: list[TicketCause]


class TicketAct(BaseModel):
    """One line of a ticket's history; ``by`` is an account, ``zhizhu-fleet``, ``kiosk``, ``clerk`` or ``villager``."""

    version: int
    at: datetime
    by: str
    act: str
    note: str


class TicketComplaint(BaseModel):
    """One complaint; ``was_first``: it came before any alarm of ours."""

    at: datetime
    by: str
    about: str
    was_first: bool


class TicketDetail(Ticket):
    """One ticket with its history."""

    acts: list[TicketAct]
    complained: list[TicketComplaint]


def router(engine: Engine) -> APIRouter:
    """Return the routes under ``/api/v1/tickets``."""
    routes = APIRouter(prefix="/api/v1")

    @routes.get("/tickets")
    def list_tickets(
        person: Asking,
        county: AskedName = None,
        kiosk: AskedName = None,
        is_open: Annotated[bool | None, Query(alias="open")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_TICKETS)] = MOST_TICKETS,
    ) -> list[Ticket]:
        """List tickets, newest first: ``open=true`` those that are not closed, ``open=false`` those that are, else both."""
        wanted = within(ticket.c.county, person.counties)
        if county is not None:
            wanted = and_(wanted, ticket.c.county == county)
        if kiosk is not None:
            wanted = and_(wanted, ticket.c.kiosk == kiosk)
        if is_open is not None:
            wanted = and_(wanted, ticket.c.closed_at.is_(None) if is_open else ticket.c.closed_at.is_not(None))
        newest = select(ticket.c.id).where(wanted).order_by(ticket.c.id.desc()).limit(limit)
        with engine.connect() as connection:
            found = ticket_rows.read(connection, ticket.c.id.in_(newest.scalar_subquery()))
        return [Ticket.model_validate(_ticket(one)) for one in sorted(found, key=lambda one: one.id, reverse=True)]

    @routes.get("/tickets/{number}", responses={404: {"description": "no such ticket"}})
    def one_ticket(person: Asking, number: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> TicketDetail:
        """Show one ticket with everything that happened to it."""
        with engine.connect() as connection:
            found = ticket_rows.read(connection, ticket.c.id == number)
            if not found or not person.sees(found[0].county):
                raise HTTPException(404, f"no ticket {number}")
            acts = connection.execute(
                select(ticket_act).where(ticket_act.c.ticket_id == number).order_by(ticket_act.c.version)
            ).all()
            told = connection.execute(select(complaint).where(complaint.c.ticket_id == number).order_by(complaint.c.at)).all()
        return TicketDetail(
            **Ticket.model_validate(_ticket(found[0])).model_dump(),
            acts=[TicketAct(version=row.version, at=row.at, by=row.by, act=row.act, note=row.note) for row in acts],
            complained=[TicketComplaint(at=row.at, by=row.by, about=row.about, was_first=row.was_first) for row in told],
        )

    return routes


def _ticket(of: Known) -> dict[str, object]:
    outage = of.outage
    return {
        "id": of.id,
        "county": of.county,
        "kiosk": "" if of.kiosk is None else of.kiosk.kiosk,
        "incident": None if outage is None else outage.incident_id,
        "level": "" if outage is None else outage.level,
        "scope": "" if outage is None else outage.scope,
        "kiosks": 1 if outage is None else outage.kiosks,
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
        "complaints": of.complaints,
        "parts": [{"part": one.part, "count": one.count} for one in of.parts],
        "causes": [
            {
                "device": one.device,
                "code": one.code,
                "severity": one.severity,
                "remedy": one.remedy,
                "raised_at": one.raised_at,
                "cleared_at": one.cleared_at,
                "cleared_by": one.cleared_by,
            }
            for one in of.causes
        ],
    }
