"""Tickets in the made-up county: as alarms, people and kiosks of its morning leave them. Everything is a sample."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine, insert, select, update

from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.alarms.root_cause import Kind
from telemetry.fleet.store import schema
from telemetry.fleet.store.book import Happened
from telemetry.fleet.store.ticket_acts import TicketActs, Who
from telemetry.fleet.store.ticket_book import TicketBook
from telemetry.fleet.tickets import OpenedBy, Part, Rules
from telemetry.fleet.tickets.acts import Doing, Said
from telemetry.fleet.tickets.complaints import Complaint
from telemetry.fleet.tickets.contacts import Contact, Contacts
from telemetry.wire.service_hours import CHINA, ORDINARY
from telemetry.wire.topics import KioskId
from tests.telemetry.web.county import COUNTY, NOW, add_alarm

RULES = Rules()
CONTACTS = Contacts(
    known=(
        Contact(ends=Kind.POWER, name="县供电公司抢修", phone="0000-1234567"),
        Contact(ends=Kind.NETWORK, name="线路代维", phone="0000-7654321"),
    )
)
AREAS = {"石桥镇": "东片", "河湾镇": "东片", "青山镇": "北片", "云台乡": "北片", "南坡乡": "南片", "竹园乡": "南片"}
DISPATCHER = Who(person=Person(name="WH-0104", full_name="维护一组", role=Role.DISPATCHER))
THIRD = Who(person=Person(name="JS-03", full_name="技术员 03", role=Role.MAINTAINER))
SEVENTH = Who(person=Person(name="JS-07", full_name="技术员 07", role=Role.MAINTAINER))


def seed_tickets(engine: Engine, kiosk_of: Mapping[str, str], *, now: datetime = NOW) -> dict[str, int]:
    """Write registers and tickets over a seeded county; returns the ticket of each village that has one."""
    _register(engine)
    book = TicketBook(RULES, ORDINARY, contacts=CONTACTS)
    acts = TicketActs(engine, rules=RULES, calendars=ORDINARY)
    morning = now.astimezone(CHINA).replace(hour=8, minute=35, second=0, microsecond=0)

    def reconcile(at: datetime, villages: Iterable[str] = tuple(kiosk_of)) -> None:
        touched = {KioskId(county=COUNTY, kiosk=kiosk_of[village]) for village in villages}
        with engine.begin() as connection:
            book.write(connection, Happened(now=at, touched=touched, is_due=False))

    def act(village: str, who: Who, doing: Doing, minutes: float, said: Said | None = None) -> None:
        number = _numbers(engine, kiosk_of)[village]
        version = acts.find(number).version
        at = morning + timedelta(minutes=minutes)
        acts.take(who, number, doing, said or Said(), seen_version=version, now=at)

    _past(engine, kiosk_of, reconcile, acts, now=now)
    with engine.begin() as connection:
        connection.execute(
            update(schema.alarm)
            .where(
                schema.alarm.c.cleared_at.is_(None),
                schema.alarm.c.hushed_by == "",
                schema.alarm.c.remedy.in_(("TECHNICIAN", "CONFIGURE", "CLERK")),
            )
            .values(needs_person=True, phase="open")
        )
        connection.execute(
            update(schema.alarm)
            .where(schema.alarm.c.code == "kiosk.silent", schema.alarm.c.hushed_by == "")
            .values(needs_person=False, hushed_by="incident")
        )
        worn = kiosk_of["榆树"]
        add_alarm(
            connection, worn, "code-scanner", "scanner.reads_nothing", severity="DEGRADED", remedy="TECHNICIAN",
            raised_at=now - timedelta(minutes=50),
        )  # fmt: skip
        connection.execute(
            update(schema.alarm).where(schema.alarm.c.code == "scanner.reads_nothing").values(needs_person=True, phase="open")
        )
    reconcile(morning)
    well = kiosk_of["双井"]
    acts.complain(
        DISPATCHER,
        Complaint(kiosk=KioskId(county=COUNTY, kiosk=well), at=now - timedelta(minutes=4), by=OpenedBy.CLERK, about="print"),
        now=now - timedelta(minutes=4),
    )  # fmt: skip
    act("石榴", DISPATCHER, Doing.ACKNOWLEDGE, 2)
    act("石榴", DISPATCHER, Doing.DISPATCH, 5, Said(assignee="JS-03", note="约 10:20 到"))
    act("高岭", SEVENTH, Doing.ACKNOWLEDGE, 1)
    act("高岭", SEVENTH, Doing.ARRIVE, 20)
    act("上坡", DISPATCHER, Doing.ACKNOWLEDGE, 3, Said())
    act("榆树", THIRD, Doing.ACKNOWLEDGE, 4)
    act("榆树", THIRD, Doing.ARRIVE, 8)
    act("榆树", THIRD, Doing.FIX, 14, Said(note="换了扫码窗", parts=(Part(part="扫码器", count=1),)))
    reconcile(now)
    with engine.begin() as connection:  # the second in which time is looked at: the incident has its ticket
        book.write(connection, Happened(now=now, is_due=True))
    return _numbers(engine, kiosk_of)


def _numbers(engine: Engine, kiosk_of: Mapping[str, str]) -> dict[str, int]:
    village_of = {kiosk: village for village, kiosk in kiosk_of.items()}
    with engine.connect() as connection:
        rows = connection.execute(select(schema.ticket.c.kiosk, schema.ticket.c.id).order_by(schema.ticket.c.id)).all()
    return {village_of[row.kiosk]: row.id for row in rows if row.kiosk}


def _register(engine: Engine) -> None:
    with engine.begin() as connection:
        known = set(connection.execute(select(schema.equipment.c.kiosk)).scalars())
        for row in connection.execute(select(schema.kiosk.c.kiosk, schema.kiosk.c.town)).all():
            if row.kiosk in known:
                where = schema.equipment.c.kiosk == row.kiosk
                connection.execute(update(schema.equipment).where(where).values(area=AREAS.get(row.town, "西片")))
            else:
                connection.execute(
                    insert(schema.equipment).values(county=COUNTY, kiosk=row.kiosk, area=AREAS.get(row.town, "西片"))
                )


def _past(
    engine: Engine, kiosk_of: Mapping[str, str], reconcile: Callable[..., None], acts: TicketActs, *, now: datetime
) -> None:
    """Two weeks of tickets that are over: what the times of each step are measured from."""
    villages = sorted(kiosk_of)
    codes = (("id-card-reader", "reader.silent", "TECHNICIAN"), ("receipt-printer", "printer.cutter_stuck", "TECHNICIAN"))
    for days in range(14, 0, -1):
        begin = (now - timedelta(days=days)).astimezone(CHINA).replace(hour=9, minute=0, second=0, microsecond=0)
        if begin.weekday() >= 5:
            continue
        village = villages[(days * 7) % len(villages)]
        device, code, remedy = codes[days % 2]
        with engine.begin() as connection:
            add_alarm(connection, kiosk_of[village], device, code, remedy=remedy, raised_at=begin)
            mine = (schema.alarm.c.kiosk == kiosk_of[village]) & (schema.alarm.c.raised_at == begin)
            connection.execute(update(schema.alarm).where(mine).values(needs_person=True))
        reconcile(begin, [village])
        number = _numbers(engine, kiosk_of)[village]
        for doing, minutes in (
            (Doing.ACKNOWLEDGE, 12),
            (Doing.DISPATCH, 33),
            (Doing.ARRIVE, 240 + days * 3),
            (Doing.FIX, 300 + days * 3),
        ):
            said = Said(assignee="JS-03")
            at = begin + timedelta(minutes=minutes)
            acts.take(DISPATCHER, number, doing, said, seen_version=acts.find(number).version, now=at)
        over = begin + timedelta(minutes=310 + days * 3)
        with engine.begin() as connection:
            connection.execute(
                update(schema.alarm).where(mine).values(cleared_at=over, cleared_by="self", phase="cleared", needs_person=False)
            )
        reconcile(over, [village])
        reconcile(min(over + timedelta(hours=24), now), [village])
