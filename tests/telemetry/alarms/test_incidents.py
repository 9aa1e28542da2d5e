"""Many silences, one incident: a village without power, a county without its backbone, a coincidence; and what comes after."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine

from telemetry.wire.messages import FaultState
from telemetry.wire.topics import KioskId
from tests.telemetry.alarms.watched import DEADLINE_S, HEARTBEAT_S, Watched, kiosk


@pytest.fixture
def fleet(store: Engine) -> Watched:
    return Watched(store)


def _mains_lost(fleet: Watched) -> FaultState:
    return FaultState(device="ups", code="cabinet.mains_lost", severity="DEGRADED", remedy="CLERK", since=fleet.now)


def _cut(fleet: Watched, gone: set[KioskId], *, others: set[KioskId] = frozenset(), for_s: float = 90.0, seed: int = 7) -> float:  # type: ignore[assignment]
    """Cut kiosks off now and go on second by second; returns after how many seconds there was an incident."""
    random = Random(seed)
    last_beat_s = {owner: -random.uniform(0, HEARTBEAT_S) for owner in sorted(gone, key=lambda one: one.kiosk)}
    began, seen = fleet.now, float("inf")
    due = sorted((at_s + DEADLINE_S, owner.kiosk, owner) for owner, at_s in last_beat_s.items())
    for second in range(1, int(for_s) + 1):
        fleet.now = began + timedelta(seconds=second)
        if second % HEARTBEAT_S == 0 and others:
            fleet.beat(others)
        fallen = []
        while due and due[0][0] <= second:
            fallen.append(due.pop(0)[2])
        if fallen:
            fleet.silent(fallen)
        fleet.wait(0.001)
        if seen == float("inf") and fleet.incidents():
            seen = second
    return seen


def _open(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["cleared_at"] is None]


def test_a_village_without_power_is_one_incident_within_90_seconds(fleet: Watched) -> None:
    village = {kiosk(number) for number in range(40)}
    others = {kiosk(number) for number in range(40, 71)}
    towns = dict.fromkeys(village | others, "青山镇")
    fleet.born(village | others, town=towns)
    fleet.registered(village, village="清泉村").registered(others, village="光明村")
    fleet.wait(20)
    assert _cut(fleet, village, others=others) <= 90
    (incident,) = fleet.incidents()
    assert (incident["level"], incident["scope"], incident["kiosks"], incident["members"]) == ("village", "青山镇/清泉村", 40, 40)
    children = fleet.alarms(code="kiosk.silent")
    assert len(children) == 40
    assert {(child["hushed_by"], child["incident_id"], child["needs_person"]) for child in children} == {
        ("incident", incident["id"], False)
    }
    assert not any(row["needs_person"] for row in fleet.alarms())


def test_nobody_was_told_of_any_of_them_before_the_incident(fleet: Watched) -> None:
    village = {kiosk(number) for number in range(40)}
    fleet.born(village).registered(village, village="清泉村")
    _cut(fleet, village, for_s=80)
    assert all(row["needed_at"] is None for row in fleet.alarms())
