import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime

import pytest
from typing_extensions import override

from drivers.contract.device import DeviceKind
from drivers.contract.fault import Fault, Remedy
from drivers.contract.status import Condition, DeviceStatus, Supply, Symptom
from kiosk.gateway.platform import (
    Answer,
    Application,
    FaceVerdict,
    NotDone,
    PapersAnswer,
    PaymentAnswer,
    Person,
    PhoneAnswer,
    Platform,
)
from kiosk.upkeep.clerk_task import ClerkTaskState
from kiosk.upkeep.fault_book import ClearedBy
from kiosk.upkeep.keeper import Keeper
from kiosk.upkeep.rung import Rung
from kiosk.upkeep.telling import Happening, Listeners, Standing
from kiosk.upkeep.upkeep import Upkeep
from tests.fakes.clock import HeldClock
from tests.kiosk.upkeep.scripted_device import CATALOGUE, SERVICES, ScriptedDevice, pass_until


class ScriptedPlatform(Platform):
    """A platform that is there or not; nobody hands anything in here."""

    def __init__(self) -> None:
        self.is_there = True
        self.hangs = False
        self.asked = 0

    @override
    async def submit(self, application: Application) -> Answer:
        return NotDone(why="not asked here")

    @override
    async def find(self, key: str) -> Answer:
        return NotDone(why="not asked here")

    @override
    async def rate(self, key: str, level: int) -> bool:
        return False

    @override
    async def recognise_phone(self, code: str) -> PhoneAnswer:
        return NotDone(why="not asked here")

    @override
    async def compare_face(self, person: Person, jpeg: memoryview) -> FaceVerdict:
        return FaceVerdict.NOT_COMPARED

    @override
    async def hand_in_papers(self, key: str, pdf: memoryview) -> PapersAnswer:
        return NotDone(why="not asked here")

    @override
    async def pay(self, key: str, *, service: str, amount_fen: int, code: str) -> PaymentAnswer:
        return NotDone(why="not asked here")

    @override
    async def find_payment(self, key: str) -> PaymentAnswer:
        return NotDone(why="not asked here")

    @override
    async def void(self, key: str, number: str) -> bool:
        return False

    @override
    async def is_reachable(self) -> bool:
        self.asked += 1
        if self.hangs:
            await asyncio.Event().wait()
        return self.is_there


class House:
    """Upkeep over two scripted devices, and everything it has told."""

    def __init__(self) -> None:
        self.clock = HeldClock()
        self.printer = ScriptedDevice(self.clock)
        self.reader = ScriptedDevice(self.clock, name="id-card-reader", kind=DeviceKind.ID_CARD_READER)
        self.platform = ScriptedPlatform()
        self.changes = 0
        self.raised: list[Fault] = []
        self.cleared: list[tuple[str, ClearedBy]] = []
        self.conditions: list[tuple[str, Condition]] = []
        self.offered_as_told: list[int] = []
        self.happenings: list[Happening] = []
        self.upkeep = Upkeep(
            keepers=[Keeper(device=device, clock=self.clock, catalogue=CATALOGUE) for device in (self.printer, self.reader)],
            catalogue=CATALOGUE,
            services=SERVICES,
            platform=self.platform,
            clock=self.clock,
            listeners=Listeners(
                on_change=self._changed,
                on_fault_raised=self.raised.append,
                on_fault_cleared=self._cleared,
                on_condition_changed=self._condition_changed,
                on_happening=self.happenings.append,
            ),
        )

    def _changed(self) -> None:
        self.changes += 1

    def _condition_changed(self, status: DeviceStatus) -> None:
        self.conditions.append((status.device, status.condition))
        self.offered_as_told.append(sum(reason is None for reason in self.reasons.values()))

    def _cleared(self, fault: Fault, _at: datetime, by: ClearedBy) -> None:
        self.cleared.append((fault.code, by))

    @property
    def reasons(self) -> dict[str, str | None]:
        offers = self.upkeep.offers
        return {offer.service.id: offer.withdrawal.reason if offer.withdrawal else None for offer in offers}

    def task_state(self) -> ClerkTaskState | None:
        task = self.upkeep.clerk_task
        return task.state if task else None

    @property
    def open_codes(self) -> list[str]:
        return [fault.code for fault in self.upkeep.faults]

    async def until(self, fact: Callable[[], bool], *, at_most_s: float) -> float:
        return await pass_until(self.clock, fact, at_most_s=at_most_s)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    task = asyncio.create_task(house.upkeep.run())
    await house.clock.advance(1)
    yield house
    task.cancel()
    await asyncio.wait({task})
    assert not house.printer.is_open
    assert not house.reader.is_open


SOCIAL = "social_security_enrolment"


def test_nothing_is_offered_before_anything_was_asked() -> None:
    assert None not in House().reasons.values()


async def test_everything_is_offered_once_everything_has_answered(house: House) -> None:
    assert set(house.reasons.values()) == {None}
    assert house.upkeep.standing is Standing.ALL_WELL
    assert sorted(house.conditions) == [("id-card-reader", Condition.READY), ("receipt-printer", Condition.READY)]


async def test_paper_out_greys_its_service_within_two_seconds_and_paper_brings_it_back(house: House) -> None:
    house.printer.show(Condition.FAILED, "printer.paper_out")
    await house.until(lambda: house.reasons[SOCIAL] == "打印机缺纸", at_most_s=1.0)
    assert house.upkeep.clerk_task is not None
    assert house.upkeep.standing is Standing.PARTLY
    assert [(fault.code, fault.remedy) for fault in house.raised] == [("printer.paper_out", Remedy.CLERK)]
    house.printer.show(Condition.READY)
    await house.until(lambda: house.reasons[SOCIAL] is None, at_most_s=2.0)
    assert house.cleared == [("printer.paper_out", ClearedBy.SELF)]
    assert house.upkeep.clerk_task is None


async def test_unplug_and_replug_is_seen_and_forgotten_in_time(house: House) -> None:
    house.reader.is_plugged = False
    await house.until(lambda: house.open_codes == ["reader.unreachable"], at_most_s=2.0)
    assert house.reasons[SOCIAL] == "读卡器没接上"
    await house.clock.advance(100)
    house.reader.is_plugged = True
    await house.until(lambda: house.open_codes == [] and house.reasons[SOCIAL] is None, at_most_s=3.0)


async def test_whoever_is_told_of_a_condition_finds_the_offers_that_go_with_it(house: House) -> None:
    everything = len(house.reasons)
    house.offered_as_told.clear()
    house.printer.is_plugged = False
    await house.until(lambda: len(house.offered_as_told) == 1, at_most_s=3)
    house.printer.is_plugged = True
    await house.until(lambda: len(house.offered_as_told) == 2, at_most_s=4)
    without_printer, with_it_again = house.offered_as_told
    assert without_printer < everything == with_it_again


async def test_a_change_is_told_once_and_quiet_hours_tell_nothing(house: House) -> None:
    before = house.changes
    await house.clock.advance(60)
    assert house.changes == before
    house.printer.show(Condition.FAILED, "printer.paper_out")
    await house.clock.advance(60)
    assert house.changes == before + 1


async def test_being_in_use_is_a_change_for_pages_but_not_for_the_fleet(house: House) -> None:
    told = len(house.conditions)
    house.reader.condition = Condition.BUSY
    await house.clock.advance(5)
    house.reader.condition = Condition.READY
    await house.clock.advance(5)
    assert len(house.conditions) == told


async def test_low_paper_is_told_on_the_idle_page_and_nothing_is_withdrawn(house: House) -> None:
    house.printer.supplies = (Supply(name="receipt_paper", remaining=None, is_low=True),)
    house.printer.show(Condition.DEGRADED, "printer.paper_low")
    await house.until(lambda: house.upkeep.standing is Standing.PAPER_LOW, at_most_s=1.0)
    assert set(house.reasons.values()) == {None}
    assert house.upkeep.clerk_task is not None
    await house.clock.advance(120)
    assert len(house.raised) == 1


async def test_the_clerk_changes_the_roll_presses_the_button_and_the_card_goes(house: House) -> None:
    house.printer.show(Condition.FAILED, "printer.paper_out")
    await house.clock.advance(5)
    house.printer.show(Condition.READY)
    house.upkeep.clerk_mended(device="receipt-printer", code="printer.paper_out")
    assert house.task_state() is ClerkTaskState.TESTING
    await house.clock.advance(0.05)
    assert house.task_state() is None
    assert house.cleared == [("printer.paper_out", ClearedBy.CLERK)]
    assert [each.name for each in house.happenings] == ["clerk.mended"]


async def test_pressing_the_button_without_paper_says_it_is_still_wrong(house: House) -> None:
    house.printer.show(Condition.FAILED, "printer.paper_out")
    await house.clock.advance(5)
    house.upkeep.clerk_mended(device="receipt-printer", code="printer.paper_out")
    house.upkeep.clerk_mended(device="receipt-printer", code="printer.paper_out")
    await house.clock.advance(4)
    assert house.task_state() is ClerkTaskState.STILL_WRONG
    assert house.open_codes == ["printer.paper_out"]


async def test_a_cable_pulled_during_the_test_mends_no_paper(house: House) -> None:
    house.printer.show(Condition.FAILED, "printer.paper_out")
    await house.clock.advance(5)
    house.printer.is_plugged = False
    house.upkeep.clerk_mended(device="receipt-printer", code="printer.paper_out")
    await house.clock.advance(15)
    assert sorted(house.open_codes) == ["printer.paper_out", "printer.unreachable"]


async def test_giving_up_calls_a_technician_once(house: House) -> None:
    house.printer.show(Condition.FAILED, "printer.cover_open")
    await house.clock.advance(1)
    for _ in range(3):
        house.upkeep.clerk_gave_up(device="receipt-printer", code="printer.cover_open")
    assert [each.name for each in house.happenings] == ["clerk.gave_up"]
    assert [fault.remedy for fault in house.raised] == [Remedy.CLERK, Remedy.TECHNICIAN]
    assert len({fault.since for fault in house.raised}) == 1
    assert house.task_state() is ClerkTaskState.ESCALATED
    offer = next(offer for offer in house.upkeep.offers if offer.withdrawal)
    assert offer.withdrawal is not None
    assert not offer.withdrawal.clerk_knows


def test_giving_up_what_is_not_wrong_calls_nobody() -> None:
    house = House()
    house.upkeep.clerk_gave_up(device="receipt-printer", code="printer.cover_open")
    assert house.happenings == []


async def test_a_jam_that_no_reset_ends_becomes_a_technicians(house: House) -> None:
    house.printer.show(Condition.FAILED, "printer.mechanical_error")
    await house.clock.advance(20)
    assert [fault.remedy for fault in house.raised] == [Remedy.RESET, Remedy.TECHNICIAN]


async def test_a_jam_that_a_reset_ends_is_put_down_to_the_reset(house: House) -> None:
    house.printer.on_reset = lambda: house.printer.show(Condition.READY)
    house.printer.show(Condition.FAILED, "printer.mechanical_error")
    await house.clock.advance(10)
    assert house.cleared == [("printer.mechanical_error", ClearedBy.RESET)]


async def test_what_was_tried_is_counted_and_told(house: House) -> None:
    resets = 0

    def helps_the_second_time() -> None:
        nonlocal resets
        resets += 1
        if resets == 2:
            house.printer.show(Condition.READY)

    house.printer.on_reset = helps_the_second_time
    house.printer.show(Condition.FAILED, "printer.mechanical_error")
    await house.clock.advance(20)
    assert [(each.name, each.fields["code"], each.fields["rung"]) for each in house.happenings] == [
        ("healing.failed", "printer.mechanical_error", "reset"),
        ("healing.helped", "printer.mechanical_error", "reset"),
    ]
    assert [(each.device, each.rung, each.helped, each.failed) for each in house.upkeep.healings] == [
        ("receipt-printer", Rung.RESET, 1, 1)
    ]


async def test_a_platform_that_misses_one_question_is_still_there(house: House) -> None:
    asked = house.platform.asked
    house.platform.is_there = False
    await house.until(lambda: house.platform.asked > asked, at_most_s=10)
    house.platform.is_there = True
    await house.clock.advance(20)
    assert house.raised == []


async def test_an_absent_platform_is_seen_and_its_return_within_two_seconds(house: House) -> None:
    house.platform.is_there = False
    await house.until(lambda: house.open_codes == ["platform.offline"], at_most_s=10)
    assert set(house.reasons.values()) == {"暂时连不上政务网"}
    house.platform.is_there = True
    await house.until(lambda: set(house.reasons.values()) == {None}, at_most_s=2)


async def test_a_visit_that_had_no_answer_makes_the_kiosk_look_at_once(house: House) -> None:
    house.platform.is_there = False
    house.upkeep.nudge("platform")
    await house.until(lambda: house.open_codes == ["platform.offline"], at_most_s=1.2)


async def test_a_platform_that_hangs_is_offline(house: House) -> None:
    house.platform.hangs = True
    await house.until(lambda: house.open_codes == ["platform.offline"], at_most_s=20)


async def test_a_screen_that_does_not_draw_is_a_fault_like_any_other(house: House) -> None:
    frozen = Symptom(code="display.not_drawing", detail="5 restarts in 300 s")
    now = house.clock.now()
    house.upkeep.report(DeviceStatus(device="display", condition=Condition.FAILED, read_at=now, symptoms=(frozen,)))
    assert house.open_codes == ["display.not_drawing"]
    house.upkeep.report(DeviceStatus(device="display", condition=Condition.READY, read_at=now))
    await house.clock.advance(11)
    assert house.open_codes == []


async def test_unknown_names_are_ignored(house: House) -> None:
    house.upkeep.nudge("toaster")
    house.upkeep.clerk_mended(device="toaster", code="toaster.burnt")
    await house.clock.advance(1)
    assert house.upkeep.clerk_task is None


async def test_progress_is_that_of_the_slowest(house: House) -> None:
    house.reader.hangs = True
    await house.clock.advance(2.5)
    assert house.clock.monotonic_s() - house.upkeep.progress_s > 1
    house.reader.hangs = False
    await house.clock.advance(10)
    assert house.clock.monotonic_s() - house.upkeep.progress_s < 1
