"""A store with one kiosk, alarms as the alarm engine leaves them, and a ticket book over it. Everything in it is made up."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Engine, insert, select, update

from telemetry.fleet.store import schema
from telemetry.fleet.store.book import Happened, StoredNumber
from telemetry.fleet.store.ticket_book import TicketBook
from telemetry.fleet.store.ticket_rows import read
from telemetry.fleet.tickets import Ticket
from telemetry.fleet.tickets.following import Standing
from telemetry.wire.messages import Event
from telemetry.wire.service_hours import ORDINARY
from telemetry.wire.topics import KioskId
from tests.telemetry.tickets.cases import KIOSK, MORNING, RULES

BOOK = TicketBook(RULES, ORDINARY)


def raise_alarm(engine: Engine, alarm: Standing, *, kiosk: KioskId = KIOSK) -> None:
    """Write an alarm as the engine leaves it."""
    with engine.begin() as connection:
        connection.execute(
            insert(schema.alarm).values(
                county=kiosk.county, kiosk=kiosk.kiosk, device=alarm.device, code=alarm.code, severity=alarm.severity,
                remedy=alarm.remedy, detail="", raised_at=alarm.raised_at, received_at=alarm.needed_at, cause="kiosk",
                phase="open", needs_person=alarm.needs_person, needed_at=alarm.needed_at,
            )
        )  # fmt: skip


def end_alarm(engine: Engine, alarm: Standing, *, at: datetime, phase: str = "cleared", by: str = "self") -> None:
    """End it."""
    with engine.begin() as connection:
        connection.execute(
            update(schema.alarm)
            .where(schema.alarm.c.device == alarm.device, schema.alarm.c.code == alarm.code)
            .values(cleared_at=at, cleared_by=by, phase=phase, needs_person=False)
        )


def said(name: str, *, seq: int, at: datetime = MORNING, kiosk: KioskId = KIOSK, **fields: str) -> StoredNumber:
    """A kiosk's event as it is stored."""
    event = Event(life=1, seq=seq, at=at, clock_trusted=True, name=name, fields=dict(fields))
    return StoredNumber(kiosk=kiosk, message=event, is_history=False, received_at=at)


def keep(engine: Engine, stored: StoredNumber) -> None:
    """Write a message, as the writer does before the books."""
    with engine.begin() as connection:
        connection.execute(
            insert(schema.message).values(
                county=stored.kiosk.county, kiosk=stored.kiosk.kiosk, seq=stored.message.seq, life=1, kind="event",
                at=stored.message.at, received_at=stored.received_at, hist=False, body=stored.message.model_dump(mode="json"),
            )
        )  # fmt: skip


def write(
    engine: Engine, *, now: datetime = MORNING, touched: Iterable[KioskId] = (KIOSK,), messages: Iterable[StoredNumber] = ()
) -> set[KioskId]:
    """Let the book write once."""
    happened = Happened(now=now, messages=tuple(messages), touched=set(touched))
    with engine.begin() as connection:
        BOOK.write(connection, happened)
    return happened.touched


def tickets(engine: Engine) -> tuple[Ticket, ...]:
    """Every ticket, oldest first."""
    with engine.connect() as connection:
        return tuple(sorted(read(connection, schema.ticket.c.id > 0), key=lambda one: one.id))


def deeds(engine: Engine) -> list[str]:
    """What happened to all of them, in order."""
    act = schema.ticket_act
    with engine.connect() as connection:
        return list(connection.execute(select(act.c.act).order_by(act.c.ticket_id, act.c.version)).scalars())


def register(engine: Engine, *, kiosk: KioskId = KIOSK, area: str = "东片") -> None:
    """Put a kiosk on somebody's round."""
    with engine.begin() as connection:
        connection.execute(insert(schema.equipment).values(county=kiosk.county, kiosk=kiosk.kiosk, area=area))


HOUR = timedelta(hours=1)
