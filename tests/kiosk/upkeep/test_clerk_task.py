from datetime import UTC, datetime

import pytest

from drivers.contract.fault import Fault, Remedy
from kiosk.upkeep.clerk_task import STILL_WRONG_S, ClerkDesk, ClerkTask, ClerkTaskState
from tests.fakes.clock import HeldClock
from tests.kiosk.upkeep.scripted_device import CATALOGUE

PRINTER, READER = "receipt-printer", "id-card-reader"


def fault(code: str, device: str = PRINTER, remedy: Remedy = Remedy.CLERK) -> Fault:
    entry = CATALOGUE.find(code)
    assert entry is not None
    since = datetime(2026, 3, 2, tzinfo=UTC)
    return Fault(device=device, code=code, severity=entry.severity, remedy=remedy, since=since, detail="")


PAPER_OUT, PAPER_LOW = fault("printer.paper_out"), fault("printer.paper_low")
COVER, CABLE = fault("printer.cover_open"), fault("reader.unreachable", READER)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def desk(clock: HeldClock) -> ClerkDesk:
    return ClerkDesk(catalogue=CATALOGUE, clock=clock)


def shown(task: ClerkTask | None) -> tuple[str, ClerkTaskState]:
    assert task is not None
    return task.code, task.state


def test_nothing_wrong_is_no_task(desk: ClerkDesk) -> None:
    assert desk.task(()) is None


def test_what_only_a_technician_can_end_is_no_task(desk: ClerkDesk) -> None:
    assert desk.task((fault("printer.cutter_stuck", remedy=Remedy.TECHNICIAN),)) is None


def test_paper_out_is_one_picture_one_action_and_three_lines(desk: ClerkDesk) -> None:
    assert desk.task((PAPER_OUT,)) == ClerkTask(
        device=PRINTER,
        code="printer.paper_out",
        picture="change_receipt_roll",
        appeal="换一卷凭条纸",
        lines=("掀开{4}号盖，", "取出旧卷，放进新卷，", "纸头留在外面。"),
        hint="新纸在柜子左边的抽屉里",
        state=ClerkTaskState.WAITING,
    )


def test_what_is_not_asked_for_first_is_there_for_who_waits_for_it(desk: ClerkDesk) -> None:
    technicians = fault("printer.cutter_stuck", remedy=Remedy.TECHNICIAN)
    assert shown(desk.task((CABLE, PAPER_OUT, technicians)))[0] == "reader.unreachable"
    assert [task.code for task in desk.others((CABLE, PAPER_OUT, technicians))] == ["printer.paper_out"]


def test_what_blocks_comes_before_what_does_not(desk: ClerkDesk) -> None:
    assert shown(desk.task((PAPER_LOW, CABLE)))[0] == "reader.unreachable"


def test_opening_the_cover_to_change_the_roll_does_not_turn_the_page(desk: ClerkDesk) -> None:
    desk.task((PAPER_LOW,))
    assert shown(desk.task((COVER, PAPER_LOW)))[0] == "printer.paper_low"
    assert shown(desk.task((COVER,)))[0] == "printer.cover_open"


def test_a_cable_that_falls_out_elsewhere_comes_before_paper_that_still_lasts(desk: ClerkDesk) -> None:
    desk.task((PAPER_LOW,))
    assert shown(desk.task((CABLE, PAPER_LOW)))[0] == "reader.unreachable"


def test_nothing_pushes_aside_a_task_that_is_being_tested(desk: ClerkDesk) -> None:
    desk.task((PAPER_LOW,))
    desk.begin_test(device=PRINTER, code="printer.paper_low")
    assert shown(desk.task((CABLE, PAPER_LOW))) == ("printer.paper_low", ClerkTaskState.TESTING)


async def test_a_failed_test_says_so_for_a_while_and_then_asks_again(desk: ClerkDesk, clock: HeldClock) -> None:
    desk.task((PAPER_OUT,))
    desk.begin_test(device=PRINTER, code=PAPER_OUT.code)
    desk.end_test(device=PRINTER, code=PAPER_OUT.code)
    assert shown(desk.task((PAPER_OUT,)))[1] is ClerkTaskState.STILL_WRONG
    await clock.advance(STILL_WRONG_S)
    assert shown(desk.task((PAPER_OUT,)))[1] is ClerkTaskState.WAITING


async def test_a_task_handed_over_stays_handed_over_after_another_try(desk: ClerkDesk, clock: HeldClock) -> None:
    handed = fault("printer.paper_out", remedy=Remedy.TECHNICIAN)
    desk.task((PAPER_OUT,))
    desk.give_up(device=PRINTER, code=PAPER_OUT.code)
    assert shown(desk.task((handed,)))[1] is ClerkTaskState.ESCALATED
    desk.begin_test(device=PRINTER, code=PAPER_OUT.code)
    desk.end_test(device=PRINTER, code=PAPER_OUT.code)
    await clock.advance(STILL_WRONG_S)
    assert shown(desk.task((handed,)))[1] is ClerkTaskState.ESCALATED


def test_a_task_handed_over_makes_room_for_one_that_waits(desk: ClerkDesk) -> None:
    desk.task((PAPER_OUT,))
    desk.give_up(device=PRINTER, code=PAPER_OUT.code)
    assert shown(desk.task((PAPER_OUT, PAPER_LOW)))[0] == "printer.paper_low"


def test_the_next_time_the_same_thing_happens_it_is_the_clerks_again(desk: ClerkDesk) -> None:
    desk.task((PAPER_OUT,))
    desk.give_up(device=PRINTER, code=PAPER_OUT.code)
    desk.task((PAPER_OUT,))
    assert desk.task(()) is None
    assert shown(desk.task((PAPER_OUT,)))[1] is ClerkTaskState.WAITING
