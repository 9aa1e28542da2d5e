"""Whole records for programs: everything that was ever said, grouped or worked on, oldest first, a page at a time.

A program asks for the rows after the last id it has, until a page comes back short.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import Engine, RowMapping, Table, select

from telemetry.fleet.store.schema import alarm, incident, occurrence, ticket, ticket_cause
from telemetry.fleet.store.scope import within
from telemetry.fleet.web.who import Asking

MOST_ROWS = 5_000

After = Annotated[int, Query(ge=0, le=2**31 - 1, description="rows above this id")]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS)]


class Occurrence(BaseModel):
    """One occurrence of one fault. ``raised_at`` and ``cleared_at`` by the kiosk's clock, ``received_at`` by ours."""

    id: int
    county: str
    kiosk: str
    device: str
    code: str
    severity: str
    remedy: str
    raised_at: datetime
    received_at: datetime
    cleared_at: datetime | None
    cleared_by: str
    cause: str


class AlarmRecord(Occurrence):
    """One alarm: from the first occurrence until it had stayed away."""

    phase: str
    occurrences: int
    last_raised_at: datetime | None
    hushed_by: str
    needs_person: bool
    incident_id: int | None


class Incident(BaseModel):
    """What several kiosks have in common."""

    id: int
    county: str
    kind: str
    level: str
    scope: str
    began_at: datetime
    opened_at: datetime
    ended_at: datetime | None
    kiosks: int
    members: int
    evidence: str


class TicketCause(BaseModel):
    """One alarm a ticket is about."""

    device: str
    code: str
    raised_at: datetime
    cleared_at: datetime | None


class Ticket(BaseModel):
    """Work on one kiosk."""

    id: int
    county: str
    kiosk: str
    incident_id: int | None
    level: str
    scope: str
    kiosks: int
    addressee: str
    area: str
    state: str
    opened_at: datetime
    opened_by: str
    is_blocking: bool
    fixed_at: datetime | None
    verified_at: datetime | None
    closed_at: datetime | None
    times_reopened: int
    causes: list[TicketCause]


def router(engine: Engine) -> APIRouter:
    """Return the routes of records under ``/api/v1/records``."""
    routes = APIRouter(prefix="/api/v1/records")

    def page(table: Table, person: Asking, after: int, limit: int) -> Sequence[RowMapping]:
        question = select(table).where(within(table.c.county, person.counties), table.c.id > after)
        with engine.connect() as connection:
            return connection.execute(question.order_by(table.c.id).limit(limit)).mappings().all()

    @routes.get("/occurrences")
    def occurrences(person: Asking, after: After = 0, limit: Limit = MOST_ROWS) -> list[Occurrence]:
        """List what kiosks, and their silence, said of faults."""
        return [Occurrence.model_validate(dict(row)) for row in page(occurrence, person, after, limit)]

    @routes.get("/alarms")
    def alarms(person: Asking, after: After = 0, limit: Limit = MOST_ROWS) -> list[AlarmRecord]:
        """List alarms, ended ones too."""
        return [AlarmRecord.model_validate(dict(row)) for row in page(alarm, person, after, limit)]

    @routes.get("/incidents")
    def incidents(person: Asking, after: After = 0, limit: Limit = MOST_ROWS) -> list[Incident]:
        """List what several kiosks had in common, ended ones too."""
        return [Incident.model_validate(dict(row)) for row in page(incident, person, after, limit)]

    @routes.get("/tickets")
    def tickets(person: Asking, after: After = 0, limit: Limit = MOST_ROWS) -> list[Ticket]:
        """List tickets with what they are about, closed ones too."""
        rows = page(ticket, person, after, limit)
        causes: dict[int, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
        if rows:
            question = select(ticket_cause).where(ticket_cause.c.ticket_id.between(rows[0]["id"], rows[-1]["id"]))
            with engine.connect() as connection:
                for cause in connection.execute(question).mappings():
                    if cause["ticket_id"] in causes:
                        causes[cause["ticket_id"]].append(dict(cause))
        return [Ticket.model_validate({**row, "causes": causes[row["id"]]}) for row in rows]

    return routes
