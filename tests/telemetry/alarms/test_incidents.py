"""Many silences, one incident: a village without power, a county without its backbone, a coincidence; and what comes after."""

from collections.abc import Collection, Iterable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine

from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.alarms.places import Level
from telemetry.fleet.store.act_outcome import Why
from telemetry.fleet.store.plan_acts import PlanActs
from telemetry.fleet.store.ticket_acts import Who
from telemetry.fleet.store.writer import Batch
from telemetry.wire.messages import FaultState
from telemetry.wire.topics import KioskId
from tests.telemetry.alarms.watched import DEADLINE_S, HEARTBEAT_S, Watched, kiosk

VILLAGE = tuple(kiosk(number) for number in range(40))
OTHERS = tuple(kiosk(number) for number in range(40, 71))
DISPATCHER = Who(person=Person(name="li", full_name="李", role=Role.DISPATCHER))
OTHER = Who(person=Person(name="zhao", full_name="赵", role=Role.DISPATCHER))


@pytest.fixture
def fleet(store: Engine) -> Watched:
    return Watched(store)


def _cut(fleet: Watched, gone: Collection[KioskId], *, others: Collection[KioskId] = (), for_s: int = 90, seed: int = 7) -> float:
    """Cut kiosks off now and go on second by second; returns after how many seconds there was an incident."""
    random = Random(seed)
    due = sorted((DEADLINE_S - random.uniform(0, HEARTBEAT_S), owner.kiosk, owner) for owner in gone)
    began, seen = fleet.now, float("inf")
    for second in range(1, for_s + 1):
        fleet.now = began + timedelta(seconds=second)
        if second % HEARTBEAT_S == 0 and others:
            fleet.beat(others)
        fallen = []
        while due and due[0][0] <= second:
            fallen.append(due.pop(0)[2])
        if fallen:
            fleet.silent(fallen)
        fleet.write(Batch(is_due=True))
        if seen == float("inf") and fleet.incidents():
            seen = second
    return seen


def _open(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["cleared_at"] is None]


def _told(fleet: Watched) -> set[str]:
    return {row["kiosk"] for row in fleet.alarms() if row["needs_person"]}


@pytest.fixture
def county(fleet: Watched) -> Watched:
    """Seventy-one kiosks of one town: forty in one village, the rest in another."""
    fleet.born((*VILLAGE, *OTHERS), town=dict.fromkeys((*VILLAGE, *OTHERS), "青山镇"))
    fleet.registered(VILLAGE, village="清泉村", link="node-1", feeder="F7")
    return fleet.registered(OTHERS, village="光明村", link="node-1", feeder="F8").wait(20)


def test_a_village_without_power_is_one_incident_within_90_seconds(county: Watched) -> None:
    assert _cut(county, VILLAGE, others=OTHERS) <= 90
    (incident,) = county.incidents()
    assert (incident["level"], incident["scope"]) == ("village", "青山镇/清泉村")
    assert (incident["kiosks"], incident["members"], incident["ended_at"]) == (40, 40, None)
    children = county.alarms(code="kiosk.silent")
    assert {(child["hushed_by"], child["incident_id"]) for child in children} == {("incident", incident["id"])}
    assert len(children) == 40
    assert all(child["needed_at"] is None for child in children), "nobody was told of one before the incident"


def test_when_they_come_back_over_minutes_nothing_is_alarmed_again(county: Watched) -> None:
    _cut(county, VILLAGE, others=OTHERS)
    before = len(county.alarms())
    for begin in range(0, 40, 5):
        county.wait(40, every_s=10).beat((*VILLAGE[: begin + 5], *OTHERS))
        assert _told(county) == set()
    county.wait(90, every_s=5)
    (incident,) = county.incidents()
    assert incident["ended_at"] is not None
    assert len(county.alarms()) == before
    assert _open(county.alarms()) == []


def test_who_stays_silent_when_the_others_are_back_is_told_of_alone(county: Watched) -> None:
    _cut(county, VILLAGE, others=OTHERS)
    county.beat((*VILLAGE[1:], *OTHERS)).wait(300, every_s=60)
    assert _told(county) == set(), "machines start one after another"
    county.wait(400, every_s=60)
    (incident,) = county.incidents()
    assert incident["ended_at"] is not None
    assert _told(county) == {VILLAGE[0].kiosk}


def test_who_falls_silent_late_belongs_to_the_incident_of_the_village(county: Watched) -> None:
    _cut(county, VILLAGE[1:], others=OTHERS)
    county.wait(900, every_s=30).silent(VILLAGE[:1]).wait(2)
    (incident,) = county.incidents()
    assert incident["kiosks"] == 40
    assert _told(county) == set()


def test_a_coincidence_is_no_incident_and_each_is_told_of(county: Watched) -> None:
    fell = {VILLAGE[0], VILLAGE[20], OTHERS[3]}
    well = [owner for owner in (*VILLAGE, *OTHERS) if owner not in fell]
    assert _cut(county, fell, others=well, for_s=120) == float("inf")
    assert _told(county) == {owner.kiosk for owner in fell}


def test_two_villages_in_different_towns_are_two_incidents(county: Watched) -> None:
    far = [kiosk(number) for number in range(100, 110)]
    county.born(far, town=dict.fromkeys(far, "白水镇")).registered(far, village="清泉村", link="node-2", feeder="F9")
    _cut(county, (*VILLAGE, *far), others=OTHERS)
    assert {incident["scope"] for incident in county.incidents()} == {"青山镇/清泉村", "白水镇"} or {
        incident["scope"] for incident in county.incidents()
    } == {"青山镇/清泉村", "白水镇/清泉村"}


def test_mains_lost_said_before_they_went_tells_power_from_network(county: Watched) -> None:
    for owner in VILLAGE[:6]:
        county.say(
            FaultState(device="ups", code="cabinet.mains_lost", severity="DEGRADED", remedy="CLERK", since=county.now), of=owner
        )
    _cut(county, VILLAGE[6:], others=OTHERS)
    (incident,) = county.incidents()
    assert (incident["kind"], incident["kiosks"]) == ("power", 40)
    assert incident["evidence"] == "mains_lost=6 no_network=0 mains_ok=0 fallen=40"
    assert _told(county) == set(), "their mains are a child of the village's"


def test_a_few_batteries_that_speak_first_wake_nobody_before_their_neighbours_are_missed(county: Watched) -> None:
    for owner in VILLAGE[:8]:
        county.say(
            FaultState(device="ups", code="cabinet.mains_lost", severity="DEGRADED", remedy="CLERK", since=county.now), of=owner
        )
    for _ in range(4):
        county.wait(11, every_s=1).beat((*VILLAGE[:8], *OTHERS))
        assert _told(county) == set()
    _cut(county, VILLAGE[8:], others=(*VILLAGE[:8], *OTHERS), for_s=60)
    (incident,) = county.incidents()
    assert (incident["kind"], incident["level"], _told(county)) == ("power", "village", set())


def test_mains_that_were_there_when_last_heard_tell_that_it_is_the_network(fleet: Watched) -> None:
    fleet.born(VILLAGE, mains=VILLAGE[:5]).registered(VILLAGE, village="清泉村").wait(20)
    _cut(fleet, VILLAGE)
    (incident,) = fleet.incidents()
    assert (incident["kind"], incident["evidence"]) == ("network", "mains_lost=0 no_network=0 mains_ok=5 fallen=40")


def test_a_village_silent_first_and_then_its_whole_link_is_one_incident_that_grew(county: Watched) -> None:
    _cut(county, VILLAGE, others=OTHERS, for_s=75)
    assert [incident["level"] for incident in county.incidents()] == ["village"]
    county.silent(OTHERS).wait(12, every_s=1)
    (incident,) = county.incidents()
    assert (incident["level"], incident["scope"], incident["kiosks"]) == ("link", "node-1", 71)


def test_planned_work_is_no_incident(county: Watched) -> None:
    plan = PlanActs(county.engine)
    plan.plan_maintenance(
        DISPATCHER,
        county="demo",
        level=Level.VILLAGE,
        scope="青山镇/清泉村",
        begins_at=county.now,
        ends_at=county.now + timedelta(hours=1),
        why="换变压器",
        now=county.now,
    )
    assert _cut(county, VILLAGE, others=OTHERS) == float("inf")
    assert {row["hushed_by"] for row in county.alarms()} == {"maintenance"}


def test_after_a_restart_of_the_service_the_book_knows_what_it_knew(county: Watched) -> None:
    _cut(county, VILLAGE, others=OTHERS)
    before = county.alarms()
    again = Watched(county.engine, now=county.now + timedelta(seconds=200), records=dict(county.records))
    again.wait(120, every_s=1)
    assert [row["id"] for row in again.alarms()] == [row["id"] for row in before]
    assert len(again.incidents()) == 1
    assert _told(again) == set()


def test_an_incident_is_acknowledged_once(county: Watched) -> None:
    _cut(county, VILLAGE, others=OTHERS)
    plan = PlanActs(county.engine)
    done = plan.acknowledge_incident(DISPATCHER, 1, comment="供电所已知", now=county.now)
    assert (done.done, len(done.kiosks)) == ((1,), 40)
    late = plan.acknowledge_incident(OTHER, 1, comment="", now=county.now)
    assert (late.late[0].why, late.late[0].by) == (Why.QUICKER, "li")
    assert plan.acknowledge_incident(OTHER, 9, comment="", now=county.now).late[0].why is Why.UNKNOWN
