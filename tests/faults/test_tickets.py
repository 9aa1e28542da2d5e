"""Row F53: two people act on one ticket at the same moment, on a real database."""

import threading
from collections.abc import Sequence

import pytest
from sqlalchemy import Engine, func, select

from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.store import schema
from telemetry.fleet.store.ticket_acts import Done, Lost, TicketActs, Who
from telemetry.fleet.tickets.acts import Doing, Said
from telemetry.wire.service_hours import ORDINARY
from tests.faults.row import Row
from tests.telemetry.tickets.cases import KIOSK, MINUTE, MORNING, RULES, SILENT
from tests.telemetry.tickets.rows import deeds, raise_alarm, tickets, write

ROUNDS = 12
PATIENCE_S = 30


def _who(name: str) -> Who:
    return Who(person=Person(name=name, full_name=name, role=Role.DISPATCHER))


def _at_once(acts: TicketActs, version: int, people: Sequence[str], number: int) -> dict[str, Done | Lost]:
    """Everybody presses at the same moment, each in a thread and a transaction of their own."""
    gate, answers = threading.Barrier(len(people)), dict[str, Done | Lost]()

    def press(name: str) -> None:
        gate.wait(PATIENCE_S)
        said = Said(assignee=name, note=f"{name} 去")
        answers[name] = acts.take(_who(name), 1, Doing.DISPATCH, said, seen_version=version, now=MORNING + number * MINUTE)

    threads = [threading.Thread(target=press, args=(name,)) for name in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert len(answers) == len(people)
    return answers


@pytest.mark.fault("F53")
def test_of_two_people_at_once_one_wins_and_the_other_is_told(store: Engine, row: Row) -> None:
    raise_alarm(store, SILENT)
    write(store)
    acts = TicketActs(store, rules=RULES, calendars=ORDINARY)
    row.injected(f"{ROUNDS} times two threads, {store.dialect.name}")
    for number in range(ROUNDS):
        before = tickets(store)[0]
        answers = _at_once(acts, before.version, ("wang", "li"), number)
        [(winner, won)] = [(name, answer) for name, answer in answers.items() if isinstance(answer, Done)]
        [(_, lost)] = [(name, answer) for name, answer in answers.items() if isinstance(answer, Lost)]
        now_so = tickets(store)[0]
        assert won.ticket == now_so == lost.ticket
        assert (now_so.assignee, now_so.version, lost.by) == (winner, before.version + 1, winner)
        row.seen()
    assert deeds(store) == ["opened"] + ["dispatched"] * ROUNDS
    with store.connect() as connection:
        counted = connection.execute(select(schema.audit.c.result, func.count().label("times")).group_by(schema.audit.c.result))
        assert {one.result: one.times for one in counted} == {"done": ROUNDS, "lost": ROUNDS}
    row.page("刚才 wang 已派单，您的派单没有生效")


@pytest.mark.fault("F53")
def test_the_book_and_a_person_at_once_leave_one_whole_ticket(store: Engine, row: Row) -> None:
    raise_alarm(store, SILENT)
    acts = TicketActs(store, rules=RULES, calendars=ORDINARY)
    gate = threading.Barrier(3)

    def by_hand(name: str) -> None:
        gate.wait(PATIENCE_S)
        acts.open(_who(name), KIOSK, why="电话", now=MORNING)

    threads = [threading.Thread(target=by_hand, args=(name,)) for name in ("wang", "li")]
    row.injected(f"book and two people, {store.dialect.name}")
    for thread in threads:
        thread.start()
    gate.wait(PATIENCE_S)
    write(store)
    for thread in threads:
        thread.join(PATIENCE_S)
    row.seen()
    write(store, now=MORNING + MINUTE)
    [ticket] = tickets(store)
    assert ticket.version == len(deeds(store))
    assert [cause.code for cause in ticket.causes] == ["reader.silent"]
