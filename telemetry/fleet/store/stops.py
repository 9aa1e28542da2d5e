"""Stops read from the rows: open tickets, supplies their devices call low, and where both are."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, cast, or_, select

from telemetry.fleet.store import ticket_rows
from telemetry.fleet.store.named import by_county
from telemetry.fleet.store.schema import device, equipment, kiosk, ticket
from telemetry.fleet.store.scope import within
from telemetry.fleet.tickets import State, Ticket
from telemetry.fleet.tickets.stops import Low, Stop
from telemetry.wire.topics import KioskId

BUREAU = "CONFIGURE"
MOST_LOW = 2_000
"""Devices read at most; a county has a few dozen that run low."""


def read(
    connection: Connection, *, counties: Collection[str] = (), areas: Collection[str] = (), of: str = ""
) -> tuple[Stop, ...]:
    """Return the stops of these counties and areas, unordered.

    Args:
        connection: The fleet's database.
        counties: Empty is every one.
        areas: Empty is every one.
        of: Whose tickets are theirs whatever the area.
    """
    here = within(ticket.c.county, frozenset(counties))
    waits = and_(ticket.c.closed_at.is_(None), ticket.c.state != State.VERIFIED.value, here)
    waits = and_(waits, ticket.c.incident_id.is_(None))  # nobody drives to a power cut
    if areas:
        waits = and_(waits, or_(ticket.c.area.in_(areas), and_(ticket.c.assignee == of, ticket.c.assignee != "")))
    found = ticket_rows.read(connection, waits)
    tickets = {one.kiosk: one for one in found if one.kiosk is not None and _needs_a_visit(one)}
    low = _low(connection, within(device.c.county, frozenset(counties)), areas)
    stops = []
    for named in by_county({*tickets, *low}):
        for row in connection.execute(_placed().where(named.rows_of(kiosk))):
            one = KioskId(county=row.county, kiosk=row.kiosk)
            known = tickets.get(one)
            area = known.area if known is not None else row.area or ""
            stops.append(
                Stop(kiosk=one, site=row.site, town=row.town, area=area, ticket=known, low=tuple(low.get(one, ())))
            )  # fmt: skip
    return tuple(stops)


def outages(connection: Connection, *, counties: Collection[str] = (), areas: Collection[str] = ()) -> tuple[Ticket, ...]:
    """Return what many kiosks have lost and somebody has to see to, the largest first: one call each, and no drive."""
    waits = and_(
        ticket.c.closed_at.is_(None),
        ticket.c.state != State.VERIFIED.value,
        ticket.c.incident_id.is_not(None),
        within(ticket.c.county, frozenset(counties)),
    )
    if areas:
        waits = and_(waits, or_(ticket.c.area.in_(areas), ticket.c.area == ""))  # what has no area is everybody's
    found = ticket_rows.read(connection, waits)
    return tuple(sorted(found, key=lambda one: (-one.outage.kiosks if one.outage is not None else 0, one.id)))


def _needs_a_visit(of: Ticket) -> bool:
    """Whether somebody has to go there: not where all that stands is the bureau's configuration."""
    return not of.standing or any(cause.remedy != BUREAU for cause in of.standing)


def areas_of(connection: Connection, counties: Collection[str]) -> tuple[str, ...]:
    """Return every area the register names."""
    named = select(equipment.c.area).where(equipment.c.area != "", within(equipment.c.county, frozenset(counties))).distinct()
    return tuple(connection.execute(named.order_by(equipment.c.area)).scalars())


def _placed() -> Any:  # noqa: ANN401  # SQLAlchemy's own type of four columns
    same = and_(equipment.c.county == kiosk.c.county, equipment.c.kiosk == kiosk.c.kiosk)
    return select(kiosk.c.county, kiosk.c.kiosk, kiosk.c.site, kiosk.c.town, equipment.c.area).outerjoin(equipment, same)


def _low(connection: Connection, here: ColumnElement[bool], areas: Collection[str]) -> dict[KioskId, list[Low]]:
    said = cast(device.c.supplies, String)  # the JSON itself: asking for its parts differs from database to database
    is_low = or_(said.contains('"low": true', autoescape=True), said.contains('"low":true', autoescape=True))
    question = select(device.c.county, device.c.kiosk, device.c.device, device.c.supplies).where(here, is_low).limit(MOST_LOW)
    if areas:
        same = and_(equipment.c.county == device.c.county, equipment.c.kiosk == device.c.kiosk)
        question = question.join(equipment, same).where(equipment.c.area.in_(areas))
    found: dict[KioskId, list[Low]] = defaultdict(list)
    for row in connection.execute(question.order_by(device.c.county, device.c.kiosk, device.c.device)):
        for one in row.supplies:
            if one.get("low"):
                found[KioskId(county=row.county, kiosk=row.kiosk)].append(
                    Low(device=row.device, supply=one["name"], remaining=one.get("remaining"), days_left=one.get("days_left"))
                )
    return found
