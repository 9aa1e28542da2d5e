"""The machine as provisioning sees it: a villager always comes first."""

import asyncio
from collections.abc import Mapping

import pytest

from kiosk.compose.machine import KioskMachine
from kiosk.visit.model import AT_REST, Visit
from kiosk.visit.model.stage import Choosing
from provisioning.agent.machine import Plain

SOMEBODY = Visit(stage=Choosing())


class Life:
    def __init__(self) -> None:
        self.visit = AT_REST
        self.ends = 0
        self.told: list[tuple[str, Mapping[str, Plain]]] = []
        self.machine = KioskMachine(visit=lambda: self.visit, report=self._tell, end=self._end)

    def becomes(self, visit: Visit) -> None:
        self.visit = visit
        self.machine.visit_changed()

    def _tell(self, name: str, fields: Mapping[str, Plain]) -> None:
        self.told.append((name, fields))

    def _end(self) -> None:
        self.ends += 1


@pytest.fixture
def life() -> Life:
    return Life()


def test_a_machine_where_nobody_is_starts_anew_at_once(life: Life) -> None:
    life.machine.restart("document 118")
    assert life.ends == 1


def test_a_restart_waits_until_the_villager_has_gone(life: Life) -> None:
    life.becomes(SOMEBODY)
    life.machine.restart("document 118")
    life.becomes(SOMEBODY)
    assert life.ends == 0
    life.becomes(AT_REST)
    assert life.ends == 1


def test_two_who_want_it_restart_it_once(life: Life) -> None:
    life.becomes(SOMEBODY)
    life.machine.restart("document 118")
    life.machine.restart("release 2026.11.3")
    life.becomes(AT_REST)
    assert life.ends == 1


async def test_whoever_waits_for_rest_is_not_woken_by_a_rest_that_is_over(life: Life) -> None:
    life.becomes(SOMEBODY)
    waiting = asyncio.create_task(life.machine.rested())
    await asyncio.sleep(0)
    life.becomes(AT_REST)
    life.becomes(SOMEBODY)  # the next villager was quicker than the loop
    for _ in range(5):
        await asyncio.sleep(0)
    assert not waiting.done()
    life.becomes(AT_REST)
    await asyncio.wait_for(waiting, 1)


def test_what_is_reported_goes_to_the_fleet_as_it_is(life: Life) -> None:
    life.machine.report("desired.reported", {"version": 118, "state": "in_force"})
    assert life.told == [("desired.reported", {"version": 118, "state": "in_force"})]
