from datetime import datetime, timedelta

import pytest

from drivers.contract.fault import Fault, Remedy, Severity
from drivers.contract.status import Condition, DeviceStatus, Symptom
from kiosk.upkeep.fault_book import ClearedBy, FaultBook
from tests.fakes.clock import HeldClock
from tests.kiosk.upkeep.scripted_device import CATALOGUE

PAPER_OUT, OFFLINE, UNREACHABLE = "printer.paper_out", "printer.offline", "printer.unreachable"


class Desk:
    """A fault book and everything it has said."""

    def __init__(self) -> None:
        self.clock = HeldClock()
        self.raised: list[Fault] = []
        self.cleared: list[tuple[Fault, datetime, ClearedBy]] = []
        self.book = FaultBook(
            catalogue=CATALOGUE,
            clock=self.clock,
            on_raised=self.raised.append,
            on_cleared=lambda fault, at, by: self.cleared.append((fault, at, by)),
        )

    def read(self, condition: Condition, *codes: str) -> None:
        symptoms = tuple(Symptom(code=code, detail="12 32 12 7E") for code in codes)
        self.book.read(DeviceStatus(device="receipt-printer", condition=condition, read_at=self.clock.now(), symptoms=symptoms))

    def well(self) -> None:
        self.read(Condition.READY)

    async def passes(self, seconds: float) -> None:
        await self.clock.advance(seconds)
        self.book.settle()

    @property
    def open_codes(self) -> list[str]:
        return [fault.code for fault in self.book.faults]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_paper_out_is_raised_at_once_with_everything_the_catalogue_says(desk: Desk) -> None:
    desk.read(Condition.FAILED, PAPER_OUT)
    assert desk.raised == [
        Fault(
            device="receipt-printer",
            code=PAPER_OUT,
            severity=Severity.BLOCKING,
            remedy=Remedy.CLERK,
            since=desk.clock.now(),
            detail="12 32 12 7E",
        )
    ]


async def test_a_fault_seen_at_every_poll_is_raised_once(desk: Desk) -> None:
    for _ in range(100):
        desk.read(Condition.DEGRADED, "printer.paper_low")
        await desk.passes(0.5)
    assert len(desk.raised) == 1


async def test_a_symptom_that_does_not_last_is_no_fault(desk: Desk) -> None:
    desk.read(Condition.FAILED, OFFLINE)
    await desk.passes(0.3)
    desk.well()
    await desk.passes(60)
    assert desk.raised == []


async def test_a_fault_has_been_since_its_first_symptom(desk: Desk) -> None:
    first = desk.clock.now()
    desk.read(Condition.FAILED, OFFLINE)
    await desk.passes(0.4)
    assert desk.raised == []
    desk.read(Condition.FAILED, OFFLINE)
    await desk.passes(0.3)
    assert [fault.since for fault in desk.raised] == [first]


async def test_a_fault_ends_once_it_has_been_away_long_enough(desk: Desk) -> None:
    desk.read(Condition.FAILED, PAPER_OUT)
    desk.well()
    await desk.passes(0.9)
    assert desk.open_codes == [PAPER_OUT]
    await desk.passes(0.2)
    assert desk.open_codes == []
    fault, at, by = desk.cleared[0]
    assert (fault.code, at, by) == (PAPER_OUT, desk.clock.now(), ClearedBy.SELF)


async def test_a_fault_that_flickers_is_one_fault(desk: Desk) -> None:
    for _ in range(50):
        desk.read(Condition.FAILED, PAPER_OUT)
        await desk.passes(0.5)
        desk.well()
        await desk.passes(0.5)
    assert len(desk.raised) == 1
    assert desk.cleared == []


async def test_pulling_the_cable_does_not_bring_paper_back(desk: Desk) -> None:
    desk.read(Condition.FAILED, PAPER_OUT)
    desk.read(Condition.UNREACHABLE, UNREACHABLE)
    await desk.passes(3600)
    assert desk.open_codes == [PAPER_OUT, UNREACHABLE]
    desk.well()
    await desk.passes(2)
    assert desk.open_codes == []


async def test_one_trouble_of_the_link_takes_the_place_of_another(desk: Desk) -> None:
    desk.read(Condition.UNREACHABLE, UNREACHABLE)
    desk.read(Condition.UNKNOWN, "printer.silent")
    await desk.passes(1)
    assert desk.open_codes == ["printer.silent"]


async def test_a_device_in_use_says_nothing_of_its_faults(desk: Desk) -> None:
    desk.read(Condition.FAILED, PAPER_OUT)
    desk.read(Condition.BUSY)
    await desk.passes(60)
    assert desk.open_codes == [PAPER_OUT]


async def test_what_goes_wrong_in_the_middle_of_its_use_is_known_at_once_and_ends_when_it_is_asked_again(desk: Desk) -> None:
    desk.read(Condition.BUSY, "printer.head_hot")
    assert desk.open_codes == ["printer.head_hot"]
    desk.read(Condition.BUSY)
    await desk.passes(60)
    assert desk.open_codes == ["printer.head_hot"]
    desk.well()
    await desk.passes(3)
    assert desk.open_codes == []


def test_a_code_of_tomorrow_is_still_a_fault(desk: Desk) -> None:
    desk.read(Condition.DEGRADED, "printer.ink_unicorn")
    assert (desk.raised[0].severity, desk.raised[0].remedy) == (Severity.DEGRADED, Remedy.TECHNICIAN)


async def test_a_code_of_tomorrow_ends_when_it_is_gone(desk: Desk) -> None:
    desk.read(Condition.DEGRADED, "printer.ink_unicorn")
    desk.well()
    assert desk.open_codes == []


async def test_what_a_test_has_shown_to_be_mended_ends_at_once_by_the_clerk(desk: Desk) -> None:
    desk.read(Condition.FAILED, PAPER_OUT)
    desk.well()
    desk.book.end_tested(device="receipt-printer", code=PAPER_OUT, by=ClearedBy.CLERK)
    assert [by for _, _, by in desk.cleared] == [ClearedBy.CLERK]


def test_a_test_ends_nothing_that_is_still_seen(desk: Desk) -> None:
    desk.read(Condition.FAILED, PAPER_OUT)
    desk.book.end_tested(device="receipt-printer", code=PAPER_OUT, by=ClearedBy.CLERK)
    assert desk.open_codes == [PAPER_OUT]


async def test_handing_over_raises_the_same_occurrence_with_a_new_remedy(desk: Desk) -> None:
    desk.read(Condition.FAILED, PAPER_OUT)
    since = desk.clock.now()
    await desk.passes(5)
    desk.book.escalate(device="receipt-printer", code=PAPER_OUT)
    desk.book.escalate(device="receipt-printer", code=PAPER_OUT)
    assert [(fault.remedy, fault.since) for fault in desk.raised] == [(Remedy.CLERK, since), (Remedy.TECHNICIAN, since)]


async def test_a_fault_that_comes_and_goes_too_often_stays_open_but_takes_nothing_away(desk: Desk) -> None:
    for _ in range(30):
        desk.read(Condition.UNREACHABLE, UNREACHABLE)
        await desk.passes(1)
        desk.well()
        await desk.passes(1)
    assert len(desk.raised) == 21
    assert desk.open_codes == [UNREACHABLE]
    assert desk.book.pressing == ()
    await desk.passes(61)
    assert desk.open_codes == []


async def test_a_setting_of_the_wall_clock_changes_no_waiting_time(desk: Desk) -> None:
    desk.read(Condition.FAILED, PAPER_OUT)
    desk.well()
    desk.clock.jump_wall(timedelta(days=-3650))
    await desk.passes(0.5)
    assert desk.open_codes == [PAPER_OUT]
    await desk.passes(0.6)
    assert desk.open_codes == []


def test_faults_are_named_in_the_order_of_the_catalogue(desk: Desk) -> None:
    desk.read(Condition.FAILED, OFFLINE, "printer.paper_low", "printer.cover_open", PAPER_OUT)
    assert desk.open_codes == [PAPER_OUT, "printer.cover_open", "printer.paper_low"]
