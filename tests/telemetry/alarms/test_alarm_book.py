"""The book of alarms: rows that agree with a replay, cost nothing without news, and bear a county falling silent at once."""

import time
from dataclasses import fields, replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import Connection, Engine, event, select, update

from telemetry.fleet.alarms.engine import Context
from telemetry.fleet.alarms.replay import Replay, same_rows
from telemetry.fleet.alarms.rules import Rules
from telemetry.fleet.alarms.state import AlarmState, Phase
from telemetry.fleet.store.alarm_book import AlarmBook
from telemetry.fleet.store.book import Happened
from telemetry.fleet.store.reader import Reader
from telemetry.fleet.store.schema import alarm
from telemetry.wire.messages import FaultState
from telemetry.wire.service_hours import ORDINARY
from tests.telemetry.alarms.watched import Watched, kiosk
from tests.telemetry.said import HEAD_HOT, K1, NOW, PAPER_OUT, birth

CODES = {"printer.paper_out": ("BLOCKING", "CLERK"), "reader.unreachable": ("DEGRADED", "TECHNICIAN")}
MINUTE_S = 60.0


@pytest.fixture
def fleet(store: Engine) -> Watched:
    return Watched(store).born([K1])


def _fault(code: str, fleet: Watched) -> FaultState:
    severity, remedy = CODES[code]
    return FaultState(device="receipt-printer", code=code, severity=severity, remedy=remedy, since=fleet.now)


def _state(row: dict[str, object]) -> AlarmState:
    values = {field.name: row[field.name] for field in fields(AlarmState)}
    return AlarmState(**values | {"phase": Phase(str(row["phase"]))})  # type: ignore[arg-type]  # columns bear the fields' names


@pytest.mark.parametrize("seed", range(2))
def test_the_rows_are_what_a_replay_of_the_same_stream_says(fleet: Watched, seed: int) -> None:
    random = Random(seed)
    raised: dict[str, FaultState] = {}
    for _ in range(40):
        fleet.wait(random.uniform(1, 400), every_s=random.choice((30, 90, 400)))
        code = random.choice(sorted(CODES))
        if code in raised and random.random() < 0.8:
            fleet.say(raised.pop(code), cleared=True)
        else:
            raised[code] = _fault(code, fleet)
            fleet.say(raised[code])
    fleet.wait(MINUTE_S)
    stream = [said for owner, said in fleet.said_at if owner == K1]
    context = Context(rules=Rules(), hours=ORDINARY.of("demo"))
    replayed = Replay(context).run(stream, until=fleet.now)
    rows = {(row["device"], row["code"], row["raised_at"]): _state(row) for row in fleet.alarms()}
    assert same_rows(rows) == same_rows(replayed)


def test_a_fault_is_an_alarm_in_the_very_transaction_that_stores_it(fleet: Watched) -> None:
    fleet.say(PAPER_OUT)
    (row,) = fleet.alarms()
    assert (row["phase"], row["needs_person"], row["cleared_at"]) == ("open", True, None)
    assert fleet.touched[-1] == {K1}


def test_pages_that_list_open_alarms_see_it_until_it_is_gone(fleet: Watched) -> None:
    reader = Reader(fleet.engine)
    fleet.say(PAPER_OUT)
    assert [one.code for one in reader.alarms(is_open=True)] == ["printer.paper_out"]
    fleet.say(PAPER_OUT, cleared=True)
    assert reader.alarms(is_open=True) == ()


def test_a_birth_that_says_the_same_again_changes_nothing(fleet: Watched) -> None:
    fleet.say(PAPER_OUT)
    before = fleet.alarms()
    fleet.wait(300)
    fleet.hear((K1, birth(life=4, seq=11, faults=(PAPER_OUT,), at=fleet.now)))
    assert [replace(_state(row), due_at=None, escalation=0) for row in fleet.alarms()] == [
        replace(_state(row), due_at=None, escalation=0) for row in before
    ]


def test_what_was_said_while_nobody_listened_is_kept_without_waking_anybody(fleet: Watched) -> None:
    fleet.hear((K1, birth(life=4, seq=20, floor=10, at=fleet.now)))
    fleet.say(PAPER_OUT)
    (row,) = fleet.alarms()
    assert (row["phase"], row["needed_at"]) == ("cleared", None)
    fleet.say(PAPER_OUT, cleared=True)
    (row,) = fleet.alarms()
    assert (row["cleared_at"], row["cleared_by"], row["needed_at"]) == (fleet.now, "self", None)


def test_an_open_occurrence_without_an_alarm_becomes_one_when_its_kiosk_says_anything_of_faults(fleet: Watched) -> None:
    fleet.say(PAPER_OUT)
    with fleet.engine.begin() as connection:
        connection.execute(alarm.delete())
    fleet.say(HEAD_HOT)
    assert {row["code"] for row in fleet.alarms()} == {"printer.paper_out", "printer.head_hot"}


def test_an_alarm_of_the_release_before_is_judged_at_the_first_look(fleet: Watched) -> None:
    fleet.say(PAPER_OUT)
    with fleet.engine.begin() as connection:
        connection.execute(update(alarm).values(due_at=NOW, needs_person=False, last_raised_at=None, opened_at=NOW))
    fleet.wait(1)
    assert fleet.alarms()[0]["needs_person"]


def test_a_tick_without_anything_due_asks_four_short_questions_and_writes_nothing(fleet: Watched) -> None:
    fleet.say(PAPER_OUT)
    fleet.wait(1)
    asked: list[str] = []
    event.listen(fleet.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    fleet.wait(1)
    assert len(asked) <= 4
    assert all(statement.startswith("SELECT") for statement in asked)


def test_mere_heartbeats_cost_nothing(fleet: Watched) -> None:
    asked: list[str] = []
    event.listen(fleet.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    with fleet.engine.begin() as connection:
        fleet.book.write(connection, Happened(now=fleet.now, is_due=False))
    assert asked == []


class Timed:
    """A book that counts the seconds it takes; what the writer does before it is not its business."""

    def __init__(self) -> None:
        self.s = 0.0
        self._book = AlarmBook()

    def write(self, connection: Connection, happened: Happened) -> None:
        began = time.perf_counter()
        self._book.write(connection, happened)
        self.s += time.perf_counter() - began


def test_a_county_falling_silent_at_once_is_one_incident_while_nobody_waits(store: Engine) -> None:
    """Measured alone on two cores: 5,000 kiosks take the book 0.9 s to hear and 0.9 s to group, on SQLite."""
    book = Timed()
    fleet = Watched(store, book=book)
    county = [kiosk(number) for number in range(5_000 if store.dialect.name == "sqlite" else 1_000)]
    for begin in range(0, len(county), 500):
        fleet.born(county[begin : begin + 500], town=dict.fromkeys(county, "青山镇"))
    fleet.registered(county, link="backbone-1")
    fleet.now += timedelta(seconds=100)
    for begin in range(0, len(county), 500):
        fleet.silent(county[begin : begin + 500])
    fleet.wait(11)
    (incident,) = fleet.incidents()
    assert (incident["level"], incident["scope"], incident["kiosks"]) == ("link", "backbone-1", len(county))
    with store.connect() as connection:
        hushed = connection.execute(select(alarm.c.id).where(alarm.c.hushed_by == "incident")).all()
    assert len(hushed) == len(county)
    assert book.s < 20, "on a machine ten times as busy as it should be"
