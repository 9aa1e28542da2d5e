"""Everything that bears on the tickets of some kiosks, read set-wise: alarms, earlier tickets, the register, their own tests."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from telemetry.fleet.alarms.state import Phase
from telemetry.fleet.store import ticket_rows
from telemetry.fleet.store.named import Named, by_county
from telemetry.fleet.store.schema import alarm, equipment, message, ticket, ticket_act, ticket_cause
from telemetry.fleet.tickets import Deed, Rules, State, Ticket
from telemetry.fleet.tickets.complaints import SELFTEST_DONE, Complaint, passed
from telemetry.fleet.tickets.following import Situation, Standing
from telemetry.wire.messages import Event
from telemetry.wire.service_hours import Calendars
from telemetry.wire.topics import KioskId


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is to be looked at: kiosks, what people have just said of them, and who wants a ticket whatever the alarms say."""

    kiosks: frozenset[KioskId]
    complaints: Mapping[KioskId, Sequence[tuple[int, Complaint]]] = field(default_factory=dict)
    wanted_by: str = ""
    why: str = ""


def situations(
    connection: Connection, kiosks: Collection[KioskId], news: News, *, rules: Rules, calendars: Calendars, now: datetime
) -> Iterable[tuple[KioskId, Situation]]:
    """Yield what bears on each kiosk's ticket."""
    for named in by_county(kiosks):
        lately = or_(ticket.c.closed_at.is_(None), ticket.c.closed_at >= now - rules.reopen_within)
        known = ticket_rows.read(connection, and_(named.rows_of(ticket), lately))
        current = {one.kiosk: one for one in known if one.closed_at is None and one.kiosk is not None}
        last: dict[KioskId, Ticket] = {}
        for one in sorted(known, key=lambda one: one.closed_at or now, reverse=True):
            if one.closed_at is not None and one.kiosk is not None:
                last.setdefault(one.kiosk, one)
        alarms = _alarms(connection, named, current)
        answered = _answered(connection, named)
        places = _places(connection, named)
        for name in named.kiosks:
            kiosk = KioskId(county=named.county, kiosk=name)
            area, hours_name = places.get(kiosk, ("", ""))
            yield (
                kiosk,
                Situation(
                    about=kiosk,
                    hours=calendars.of(named.county, hours_name),
                    area=area,
                    ticket=current.get(kiosk),
                    last=last.get(kiosk),
                    alarms=alarms.get(kiosk, ()),
                    answered=frozenset(answered.get(kiosk, ())),
                    complaints=tuple(one for _, one in news.complaints.get(kiosk, ())),
                    passed=_passed(connection, current.get(kiosk)),
                    wanted_by=news.wanted_by,
                    why=news.why,
                ),
            )


def _alarms(connection: Connection, named: Named, current: Mapping[KioskId, Ticket]) -> dict[KioskId, list[Standing]]:
    """Return the alarms that stand, and for each cause of a ticket that does not stand any more the last that did."""
    found: dict[KioskId, list[Standing]] = defaultdict(list)
    names: dict[KioskId, set[tuple[str, str]]] = defaultdict(set)
    stands = or_(alarm.c.cleared_at.is_(None), alarm.c.phase == Phase.CLEARING.value)  # gone, and not yet for long enough
    for row in connection.execute(select(alarm).where(named.rows_of(alarm), stands)).mappings():
        standing = replace(_standing(row), cleared_at=None)
        kiosk = KioskId(county=row["county"], kiosk=row["kiosk"])
        if standing.name not in names[kiosk]:
            names[kiosk].add(standing.name)
            found[kiosk].append(standing)
    for kiosk, of in current.items():
        for cause in of.standing:
            if cause.name in names[kiosk]:
                continue
            ended = (
                select(alarm)
                .where(
                    alarm.c.county == kiosk.county,
                    alarm.c.kiosk == kiosk.kiosk,
                    alarm.c.device == cause.device,
                    alarm.c.code == cause.code,
                    alarm.c.cleared_at.is_not(None),
                    alarm.c.phase != Phase.CLEARING.value,
                )
                .order_by(alarm.c.raised_at.desc())
                .limit(1)
            )
            found[kiosk].extend(_standing(row) for row in connection.execute(ended).mappings())
    return found


def _standing(row: Mapping[Any, Any]) -> Standing:
    return Standing(
        device=row["device"],
        code=row["code"],
        severity=row["severity"],
        remedy=row["remedy"],
        raised_at=row["raised_at"],
        needed_at=row["needed_at"] or row["received_at"],
        needs_person=row["needs_person"],
        cleared_at=row["cleared_at"],
        cleared_by=row["cleared_by"],
    )


def _answered(
    connection: Connection, named: Named
) -> dict[KioskId, list[tuple[str, str, datetime]]]:  # fmt: skip
    """Return the occurrences that stand although a person has closed their ticket."""
    answered: dict[KioskId, list[tuple[str, str, datetime]]] = defaultdict(list)
    question = (
        select(ticket.c.county, ticket.c.kiosk, ticket_cause.c.device, ticket_cause.c.code, ticket_cause.c.raised_at)
        .join(ticket_cause, ticket_cause.c.ticket_id == ticket.c.id)
        .where(named.rows_of(ticket), ticket.c.closed_at.is_not(None), ticket_cause.c.cleared_at.is_(None))
    )
    for row in connection.execute(question):
        answered[KioskId(county=row.county, kiosk=row.kiosk)].append((row.device, row.code, row.raised_at))
    return answered


def _places(connection: Connection, named: Named) -> dict[KioskId, tuple[str, str]]:
    question = select(equipment.c.county, equipment.c.kiosk, equipment.c.area, equipment.c.hours)
    return {
        KioskId(county=row.county, kiosk=row.kiosk): (row.area, row.hours)
        for row in connection.execute(question.where(named.rows_of(equipment)))
    }


def _passed(connection: Connection, of: Ticket | None) -> str:
    """Return how the kiosk's own test went since somebody came to look, where that alone can confirm a ticket."""
    if of is None or of.kiosk is None or of.causes or of.state is not State.FIXED or of.fixed_at is None:
        return ""
    came = connection.execute(
        select(func.max(ticket_act.c.at)).where(
            ticket_act.c.ticket_id == of.id, ticket_act.c.act.in_((Deed.ARRIVED.value, Deed.ACKNOWLEDGED.value))
        )
    ).scalar_one()
    tests = (
        select(message.c.body)
        .where(
            message.c.county == of.kiosk.county,
            message.c.kiosk == of.kiosk.kiosk,
            message.c.received_at >= (came or of.fixed_at),
            message.c.kind == "event",
            message.c.hist.is_(False),
            message.c.body["name"].as_string() == SELFTEST_DONE,
        )
        .order_by(message.c.seq.desc())
        .limit(1)
    )
    body = connection.execute(tests).scalar_one_or_none()
    return "" if body is None else passed(Event.model_validate(body))
