"""What happened lately: alarms that stood in a period, and events counted, for the numbers and charts of the pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

from telemetry.fleet.store.schema import alarm, kiosk, message, occurrence
from telemetry.fleet.web.filters import Filter
from telemetry.wire.topics import KioskId

VISIT_ENDED = "visit.ended"
SELF_TESTED = "selftest.done"
REPAIR_REQUESTED = "repair.requested"

WENT_THROUGH = frozenset({"done", "without_receipt"})
"""Outcomes of a visit after which the villager's matter is done."""

MAX_SPELLS = 20_000
"""More alarms than this in one period are not drawn one by one; no page shows so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """One occurrence of a fault, from when it was raised until it was cleared (None: it still stands)."""

    id: int
    kiosk: KioskId
    device: str
    code: str
    severity: str
    remedy: str
    raised_at: datetime
    cleared_at: datetime | None
    cleared_by: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event a kiosk told of."""

    kiosk: KioskId
    name: str
    at: datetime
    fields: Mapping[str, Any]


def spells(connection: Connection, *, since: datetime, wanted: Filter) -> tuple[Spell, ...]:
    """Return every alarm that stood at some moment after ``since``, oldest first."""
    question = (
        select(alarm)
        .where(or_(alarm.c.cleared_at.is_(None), alarm.c.cleared_at >= since), wanted.lets_through(alarm.c.county))
        .order_by(alarm.c.raised_at, alarm.c.id)
        .limit(MAX_SPELLS)
    )
    return tuple(_spell(row) for row in connection.execute(question))


def stood_of(connection: Connection, of: KioskId, *, since: datetime) -> tuple[Spell, ...]:
    """Return every occurrence at one kiosk that stood after ``since``, oldest first: each time it came, not each alarm."""
    question = (
        select(occurrence)
        .where(or_(occurrence.c.cleared_at.is_(None), occurrence.c.cleared_at >= since))
        .where(occurrence.c.county == of.county, occurrence.c.kiosk == of.kiosk)
        .order_by(occurrence.c.raised_at, occurrence.c.id)
        .limit(MAX_SPELLS)
    )
    return tuple(_spell(row) for row in connection.execute(question))


def happenings(
    connection: Connection, *, since: datetime, names: tuple[str, ...], wanted: Filter, of: KioskId | None = None
) -> tuple[Happening, ...]:
    """Return the events of these names received after ``since``, oldest first.

    Asked kiosk by kiosk inside the database, because the messages are kept by kiosk and time.
    """
    same = and_(message.c.county == kiosk.c.county, message.c.kiosk == kiosk.c.kiosk)
    name = message.c.body["name"].as_string()
    question = (
        select(message.c.county, message.c.kiosk, message.c.at, message.c.body)
        .select_from(kiosk.join(message, same))
        .where(message.c.received_at >= since, message.c.kind == "event", name.in_(names), wanted.lets_through(kiosk.c.county))
        .order_by(message.c.at)
    )
    if of is not None:
        question = question.where(kiosk.c.county == of.county, kiosk.c.kiosk == of.kiosk)
    return tuple(
        Happening(
            kiosk=KioskId(county=row.county, kiosk=row.kiosk),
            name=str(row.body.get("name", "")),
            at=row.at,
            fields=row.body.get("fields") or {},
        )
        for row in connection.execute(question)
    )


def is_done(happening: Happening) -> bool:
    """Whether a visit ended with the villager's matter done."""
    return happening.name == VISIT_ENDED and happening.fields.get("outcome") in WENT_THROUGH


def _spell(row: Row[Any]) -> Spell:
    return Spell(
        id=row.id,
        kiosk=KioskId(county=row.county, kiosk=row.kiosk),
        device=row.device,
        code=row.code,
        severity=row.severity,
        remedy=row.remedy,
        raised_at=row.raised_at,
        cleared_at=row.cleared_at,
        cleared_by=row.cleared_by,
        cause=row.cause,
    )
