"""Tickets as rows: whole or not at all, once whatever is delivered again, on both databases."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine, func, select

from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.store import schema
from telemetry.fleet.store.book import Happened
from telemetry.fleet.store.ticket_acts import Done, Lost, TicketActs, Who
from telemetry.fleet.tickets import OpenedBy, Part, State
from telemetry.fleet.tickets.acts import Doing, Said
from telemetry.fleet.tickets.complaints import Complaint
from telemetry.wire.service_hours import ORDINARY
from telemetry.wire.topics import KioskId
from tests.telemetry.tickets.cases import DAY, KIOSK, MINUTE, MORNING, PAPER_OUT, RULES, SILENT, SLOW
from tests.telemetry.tickets.rows import BOOK, HOUR, deeds, end_alarm, keep, raise_alarm, register, said, tickets, write

WANG = Who(person=Person(name="wang", full_name="王", role=Role.MAINTAINER))


def _acts(store: Engine) -> TicketActs:
    return TicketActs(store, rules=RULES, calendars=ORDINARY)


def _count(store: Engine, table: str) -> int:
    with store.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(schema.metadata.tables[table])).scalar_one())


def test_an_alarm_opens_a_ticket_in_its_own_transaction_and_the_next_ones_join(store: Engine) -> None:
    register(store)
    raise_alarm(store, SILENT)
    assert write(store) == {KIOSK}
    raise_alarm(store, SLOW)
    write(store, now=MORNING + MINUTE)
    write(store, now=MORNING + 2 * MINUTE)
    [ticket] = tickets(store)
    assert (ticket.area, ticket.version, [cause.code for cause in ticket.causes]) == (
        "东片", 2, ["camera.slow", "reader.silent"],
    )  # fmt: skip
    assert deeds(store) == ["opened", "joined"]


def test_what_is_taken_back_leaves_no_half_ticket(store: Engine) -> None:
    raise_alarm(store, SILENT)
    with store.connect() as connection, connection.begin() as transaction:
        BOOK.write(connection, Happened(now=MORNING, messages=(said("repair.requested", seq=5),), touched={KIOSK}))
        transaction.rollback()
    assert [_count(store, table) for table in ("ticket", "ticket_act", "ticket_cause", "complaint")] == [0, 0, 0, 0]


def test_a_repair_request_delivered_again_is_one_complaint_and_one_ticket(store: Engine) -> None:
    request = said("repair.requested", seq=5, service="pension_arrival")
    for _ in range(3):
        write(store, touched=(), messages=[request])
    [ticket] = tickets(store)
    assert (ticket.opened_by, ticket.complaints, deeds(store)) == (OpenedBy.VILLAGER, 1, ["opened"])


def test_who_knew_first_is_written_with_the_complaint(store: Engine) -> None:
    other = KioskId(county="lanxi", kiosk="LX-002")
    raise_alarm(store, SILENT)
    write(store, messages=[said("repair.requested", seq=5), said("repair.requested", seq=9, kiosk=other)])
    with store.connect() as connection:
        first = dict(connection.execute(select(schema.complaint.c.kiosk, schema.complaint.c.was_first)).all())
    assert first == {"LX-001": False, "LX-002": True}
    assert [ticket.opened_by for ticket in tickets(store)] == [OpenedBy.ALARM, OpenedBy.CLERK]


def test_time_alone_makes_a_ticket_of_what_the_clerk_leaves_and_closes_what_is_well(store: Engine) -> None:
    raise_alarm(store, PAPER_OUT)
    assert write(store, touched=()) == set()
    assert write(store, touched=(), now=MORNING + HOUR) == {KIOSK}
    assert write(store, touched=(), now=MORNING + HOUR + 15 * MINUTE) == {KIOSK}
    end_alarm(store, PAPER_OUT, at=MORNING + HOUR, by="clerk")
    write(store, now=MORNING + 2 * HOUR)
    write(store, touched=(), now=MORNING + 2 * HOUR + DAY)
    assert deeds(store) == ["opened", "escalated", "verified", "closed"]
    assert write(store, touched=(), now=MORNING + 3 * DAY) == set()


def test_an_alarm_that_is_gone_for_a_moment_verifies_nothing_yet(store: Engine) -> None:
    raise_alarm(store, SILENT)
    write(store)
    end_alarm(store, SILENT, at=MORNING, phase="clearing")
    write(store, now=MORNING + MINUTE)
    assert tickets(store)[0].state is State.OPENED
    end_alarm(store, SILENT, at=MORNING)
    write(store, now=MORNING + 2 * MINUTE)
    assert tickets(store)[0].state is State.VERIFIED


def test_the_kiosks_own_test_confirms_a_complaint_somebody_has_looked_at(store: Engine) -> None:
    acts = _acts(store)
    ticket = acts.complain(WANG, Complaint(kiosk=KIOSK, at=MORNING, by=OpenedBy.VILLAGER, about="screen"), now=MORNING)
    early = said("selftest.done", seq=6, at=MORNING, checked="9", failed="0")
    keep(store, early)
    write(store, messages=[early])
    for doing in (Doing.ACKNOWLEDGE, Doing.FIX):
        done = acts.take(WANG, ticket.id, doing, Said(), seen_version=ticket.version, now=MORNING + HOUR)
        assert isinstance(done, Done)
        ticket = done.ticket
    assert ticket.state is State.FIXED
    for seq, failed in ((7, "1"), (8, "0")):
        tested = said("selftest.done", seq=seq, at=MORNING + 2 * HOUR, checked="9", failed=failed)
        keep(store, tested)
        write(store, touched=(), messages=[tested], now=MORNING + 2 * HOUR)
        assert tickets(store)[0].state is (State.FIXED if failed == "1" else State.VERIFIED)


def test_a_ticket_closed_over_a_standing_alarm_stays_closed_until_it_is_raised_anew(store: Engine) -> None:
    raise_alarm(store, SILENT)
    write(store)
    [ticket] = tickets(store)
    _acts(store).take(WANG, ticket.id, Doing.CLOSE, Said(note="等厂家换货"), seen_version=1, now=MORNING)
    write(store, now=MORNING + HOUR)
    assert deeds(store) == ["opened", "given_up"]
    end_alarm(store, SILENT, at=MORNING + HOUR)
    raise_alarm(store, replace(SILENT, raised_at=MORNING + DAY, needed_at=MORNING + DAY))
    write(store, now=MORNING + DAY)
    [again] = tickets(store)
    assert (again.times_reopened, again.state) == (1, State.OPENED)


def test_an_act_stands_in_the_audit_in_the_same_transaction(store: Engine) -> None:
    raise_alarm(store, SILENT)
    write(store)
    parts = (Part(part="读卡器", count=1),)
    _acts(store).take(WANG, 1, Doing.NOTE, Said(note="已联系厂家", parts=parts), seen_version=1, now=MORNING)
    with store.connect() as connection:
        [row] = connection.execute(select(schema.audit)).all()
    assert (row.by, row.act, row.result, row.about, row.kiosk) == ("wang", "ticket.acknowledge", "done", "ticket 1", "LX-001")
    assert tickets(store)[0].parts == parts


def test_news_meanwhile_is_in_nobodys_way_but_somebody_elses_step_is(store: Engine) -> None:
    raise_alarm(store, SILENT)
    write(store)
    raise_alarm(store, SLOW)
    write(store, now=MORNING + MINUTE)
    acts = _acts(store)
    done = acts.take(WANG, 1, Doing.ACKNOWLEDGE, Said(), seen_version=1, now=MORNING + 2 * MINUTE)
    assert isinstance(done, Done)
    lost = acts.take(
        Who(person=Person(name="li", full_name="李", role=Role.DISPATCHER)), 1, Doing.DISPATCH, Said(assignee="zhao"),
        seen_version=2, now=MORNING + 3 * MINUTE,
    )  # fmt: skip
    assert isinstance(lost, Lost)
    assert (lost.by, lost.deed, lost.at, lost.ticket.state) == (
        "wang", "acknowledged", MORNING + 2 * MINUTE, State.ACKNOWLEDGED,
    )  # fmt: skip
    with store.connect() as connection:
        assert list(connection.execute(select(schema.audit.c.result).order_by(schema.audit.c.id)).scalars()) == ["done", "lost"]


def test_a_ticket_by_hand_joins_the_open_one(store: Engine) -> None:
    acts = _acts(store)
    first = acts.open(WANG, KIOSK, why="屏幕有划痕", now=MORNING)
    assert (first.opened_by, first.state) == (OpenedBy.PERSON, State.OPENED)
    assert acts.open(WANG, KIOSK, why="又来", now=MORNING).id == first.id
    assert deeds(store) == ["opened"]


@pytest.mark.parametrize("kiosks", [900])
def test_a_whole_county_is_reconciled_at_once(store: Engine, kiosks: int) -> None:
    named = [KioskId(county="lanxi", kiosk=f"LX-{number:04}") for number in range(kiosks)]
    with store.begin() as connection:
        connection.execute(
            schema.alarm.insert(),
            [
                {
                    "county": one.county, "kiosk": one.kiosk, "device": "id-card-reader", "code": "reader.silent",
                    "severity": "BLOCKING", "remedy": "TECHNICIAN", "raised_at": MORNING, "received_at": MORNING,
                    "needs_person": True,
                }
                for one in named
            ],
        )  # fmt: skip
    write(store, touched=named)
    assert _count(store, "ticket") == kiosks
    write(store, touched=named, now=MORNING + MINUTE)
    assert _count(store, "ticket_act") == kiosks
