"""Whatever a cabinet's driver or a card reader names stands in the catalogue of faults."""

import re
from pathlib import Path

import pytest

from kiosk.services.service import Capability
from kiosk.upkeep.fault_catalogue import load_catalogue

ROOM = Path(__file__).parents[3] / "drivers"
BLOCKING = {"door_open", "battery_low", "disk_full", "disk_read_only", "disk_failing"}


@pytest.mark.parametrize("room", ["cabinet", "smartcard_reader"])
def test_every_symptom_a_driver_names_is_in_the_catalogue(room: str) -> None:
    catalogue = load_catalogue()
    named = {
        code
        for path in (ROOM / room).glob("*.py")
        for code in re.findall(r'code="((?:cabinet|smartcard)\.\w+)"', path.read_text(encoding="utf-8"))
    }
    assert named
    assert {code for code in named if catalogue.find(code) is None} == set()


def test_what_must_not_be_begun_while_the_disk_or_the_power_fails_is_withdrawn() -> None:
    catalogue = load_catalogue()
    for name in BLOCKING:
        entry = catalogue.find(f"cabinet.{name}")
        assert entry is not None
        assert entry.withdraws == (Capability.KEEP_RECORDS,)


def test_a_part_of_the_cabinet_that_is_missing_withdraws_nothing() -> None:
    blocking = {
        entry.code.removeprefix("cabinet.") for entry in load_catalogue() if entry.code.startswith("cabinet.") and entry.withdraws
    }
    assert blocking == BLOCKING
