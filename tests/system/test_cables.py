"""Cables pulled and put back on every page of a visit: seen, forgiven, and the visit goes on."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system import tiles
from tests.system.demo import (
    FIRST_FACE,
    FIRST_TILE,
    PART_OF_IT,
    PRIMARY,
    START,
    WHOLE_WIDTH,
    Demo,
    eventually,
)
from tests.system.logs import Logs

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]

READER, PRINTER, SCANNER = "id-card-reader", "receipt-printer", "code-scanner"
OTHERS = ("document-printer", "camera", "document-scanner")
"""What this visit does not use: pulled together."""
SEEN_S = 2.0 + 1.0
"""R4: seen within 2 s; one more until the fleet has stored it and this test has asked."""
READY_S = 3.0
"""R4: ready within 3 s of replugging, asked of the fleet like everything here."""
MIDDLE_OF_A_READ_S = 0.5
"""After a card is laid down: it is found within 0.3 s, and takes 0.9 s to read."""
LONG_S = 8.0
"""So long out that the kiosk looks for the device as seldom as it ever does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pull:
    page: str
    devices: tuple[str, ...]
    seen_s: float
    ready_s: float

    @property
    def keeps_the_promise(self) -> bool:
        return self.seen_s <= SEEN_S and self.ready_s <= READY_S


class _Cables:
    """Pulls cables, takes the time, and says where the visit then stands."""

    def __init__(self, demo: Demo) -> None:
        self._demo = demo
        self.pulls: list[_Pull] = []

    def pull(self, *devices: str, then: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Pull the cables of these and put them back; afterwards the page ``then`` stands.

        A figure that was missed is taken once more: the machine that runs the tests has other work, too.
        """
        page = self._demo.page()
        took = self._pull(page, devices, meanwhile)
        if not took.keeps_the_promise:
            print(f"once more, after {took}")  # seen with -s, or when it fails
            took = self._pull(page, devices, meanwhile)
        self.pulls.append(took)
        self._demo.wait_for_page(then)

    def _pull(self, page: str, devices: tuple[str, ...], meanwhile: Callable[[], None]) -> _Pull:
        pulled_at_s = time.monotonic()
        for device in devices:
            self._demo.plug(device, is_plugged=False)
        eventually(f"{devices} seen to be gone on {page}", lambda: self._are_gone(devices), within_s=15)
        seen_s = time.monotonic() - pulled_at_s
        meanwhile()
        replugged_at_s = time.monotonic()
        for device in devices:
            self._demo.plug(device, is_plugged=True)
        eventually(f"{devices} ready again on {page}", lambda: self._are_ready(devices), within_s=15)
        ready_s = time.monotonic() - replugged_at_s
        return _Pull(page=page, devices=devices, seen_s=round(seen_s, 2), ready_s=round(ready_s, 2))

    def _are_gone(self, devices: tuple[str, ...]) -> bool:
        kiosk = self._demo.kiosk()
        conditions = {device["device"]: device["condition"] for device in kiosk["devices"]}
        return all(conditions[device] == "UNREACHABLE" for device in devices)

    def _are_ready(self, devices: tuple[str, ...]) -> bool:
        kiosk = self._demo.kiosk()
        conditions = {device["device"]: device["condition"] for device in kiosk["devices"]}
        # A reader that waits for a card is in use as soon as it is back: it serves.
        return all(conditions[device] in {"READY", "BUSY"} for device in devices)


def test_every_cable_may_be_pulled_on_every_page_and_the_visit_is_finished(demo: Demo, tmp_path: Path) -> None:
    logs, cables = Logs(demo), _Cables(demo)

    cables.pull(READER, PRINTER, then="attract")
    cables.pull(SCANNER, *OTHERS, then="attract")
    demo.press(START, "catalogue")
    _pull_and_see_what_stands_in(demo, cables, tmp_path)
    cables.pull(READER, then="catalogue")
    demo.press(FIRST_TILE, "guide")
    for device in (READER, PRINTER):
        cables.pull(device, then="guide")
    demo.press(WHOLE_WIDTH, "put_card")
    for device in (READER, PRINTER, SCANNER):  # the scanner is another way to say who one is
        cables.pull(device, then="put_card")
    demo.lay_card("resident-1")
    time.sleep(MIDDLE_OF_A_READ_S)
    cables.pull(READER, then="confirm")  # the card still lies there: it is read again from the beginning
    for device in (READER, PRINTER):
        cables.pull(device, then="confirm")
    _pull_while_it_prints(demo, cables)
    for device in (READER, PRINTER):
        cables.pull(device, then="take_receipt")
    demo.lift_card()
    demo.press(PRIMARY, "rate")
    for device in (READER, PRINTER):
        cables.pull(device, then="rate")
    demo.press(FIRST_FACE, "goodbye")
    cables.pull(READER, PRINTER, then="attract")

    for pull in cables.pulls:
        print(pull)  # the figures, seen with -s
    assert {pull.page for pull in cables.pulls} == {
        "attract", "catalogue", "guide", "put_card", "confirm", "printing", "take_receipt", "rate", "goodbye",
    }  # fmt: skip
    assert [pull for pull in cables.pulls if not pull.keeps_the_promise] == []
    eventually("everything well", demo.is_well, within_s=10)
    assert logs.defects() == []


def test_a_cable_that_was_out_for_long_is_ready_as_quickly(demo: Demo) -> None:
    logs, cables = Logs(demo), _Cables(demo)
    cables.pull(READER, PRINTER, then="attract", meanwhile=lambda: time.sleep(LONG_S))
    assert [pull for pull in cables.pulls if not pull.keeps_the_promise] == []
    assert logs.defects() == []


def _pull_and_see_what_stands_in(demo: Demo, cables: _Cables, folder: Path) -> None:
    """Without its printer the service goes on in another way: its tile says so and is not grey, until the printer is back."""
    eventually("a white tile", lambda: tiles.ground(demo, folder) == tiles.WHITE, within_s=4)
    usual = tiles.drawn(demo, folder)

    def says_so() -> None:
        eventually("a tile that says what stands in", lambda: tiles.drawn(demo, folder) != usual, within_s=4)
        assert tiles.ground(demo, folder) == tiles.WHITE

    cables.pull(PRINTER, then="catalogue", meanwhile=says_so)
    eventually("the usual tile", lambda: tiles.drawn(demo, folder) == usual, within_s=4)


def _pull_while_it_prints(demo: Demo, cables: _Cables) -> None:
    """A hot head holds the print: time enough for both cables. The printer's own breaks the print off."""
    demo.give(PRINTER, "head-hot", after_bytes="300", seconds="60")
    demo.press(PRIMARY, "printing")
    cables.pull(READER, then="printing")
    cables.pull(PRINTER, then="print_question", meanwhile=lambda: demo.clear(PRINTER))
    demo.press(PART_OF_IT, "printer_waits")
    demo.press(PRIMARY, "take_receipt")
