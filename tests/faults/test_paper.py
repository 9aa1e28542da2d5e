"""Receipts: no paper, little paper, jams, covers, heat, the cutter, people who take it early or never, and two touches."""

import asyncio
from collections import deque
from pathlib import Path

import pytest

from drivers.receipt_printer.command_codec import next_command
from drivers.rig.equipment import Choice
from kiosk.display.vocabulary.intent import ChooseService, Decline, GoHome, PaperSeen, Proceed, Start
from kiosk.display.vocabulary.view import Attract, Catalogue, PrinterWaits, Printing, Standing, TakeReceipt
from kiosk.visit.model import MAX_REPRINTS
from tests.faults.paper import (
    IN_FLEET_S,
    PRINTER,
    answer,
    answer_by_the_table,
    asked_again,
    assert_counts_agree,
    begun,
    far_end,
    leave,
    over,
    papers,
    print_again,
    print_once,
    prints,
    ready_again,
    shown,
    whole,
)
from tests.faults.row import Row
from tests.faults.traces import assert_nothing_personal
from tests.system import receipts
from tests.whole.clock import LeapingClock
from tests.whole.kiosk import WholeKiosk, whole_kiosk

pytestmark = [pytest.mark.usefixtures("clean_log"), pytest.mark.timeout(150)]

SLICES = 20
QUICK = Choice(paper_speed_mm_s=300.0)
PRINTS_OR_MOVES = {"text", "LF", "ESCJ", "ESCd", "GSv0", "GS(k", "GSV"}
"""Commands that put something on paper or move it."""
BETWEEN_TWO_TAPS_S = 0.08


def raised(kiosk: WholeKiosk, code: str, since: int = 0) -> int:
    """How often a fault was raised, as the fleet heard it."""
    return sum(heard.code == code and heard.kind == "fault" and not heard.is_cleared for heard in kiosk.ear.heard[since:])


@pytest.mark.fault("F01")
async def test_without_paper_the_tile_is_grey_before_anybody_begins_and_other_matters_go_on(kiosk: WholeKiosk, row: Row) -> None:
    row.injected(f"{PRINTER} paper-out")
    kiosk.give(PRINTER, "paper-out")
    heard = await kiosk.ear.fault("printer.paper_out")
    assert row.seen(heard.at_s) < IN_FLEET_S
    await kiosk.view(lambda view: isinstance(view, Attract) and view.clerk_task is not None, what="the clerk's card")
    task = shown(kiosk, Attract).clerk_task
    assert task is not None
    assert task.picture == "change_receipt_roll"

    kiosk.touch(Start())
    await kiosk.page("catalogue")
    tiles = {tile.service: tile for tile in shown(kiosk, Catalogue).tiles}
    grey = tiles["contribution_statement"].withdrawn
    assert grey is not None
    assert (grey.reason, grey.clerk_knows) == ("打印机缺纸", True)
    assert [each.reason for each in tiles["social_security_enrolment"].instead] == ["打印机缺纸"]
    assert tiles["social_security_enrolment"].withdrawn is tiles["pension_arrival"].withdrawn is None
    row.page("catalogue: 打印机缺纸")
    kiosk.touch(ChooseService(service="contribution_statement"))  # grey
    kiosk.touch(GoHome())
    await kiosk.page("attract")
    assert [page for _, page in kiosk.glass.shown][-2:] == ["catalogue", "attract"]

    await kiosk.walk_to("show_result", service="pension_arrival")
    await leave(kiosk)
    assert_nothing_personal(kiosk)

    row.mended()
    kiosk.clear(PRINTER)
    await kiosk.ear.cleared("printer.paper_out")
    await kiosk.well()
    row.healed()
    assert raised(kiosk, "printer.paper_out") == 1
    await print_once(kiosk)


@pytest.mark.fault("F02")
@pytest.mark.parametrize("slices", [5, pytest.param(SLICES, marks=pytest.mark.thorough)])
async def test_paper_that_ends_anywhere_in_a_receipt_is_asked_about_and_replaced_by_a_marked_one(
    folder: Path, broker_port: int, row: Row, slices: int
) -> None:
    async with whole_kiosk(folder, broker_port=broker_port, choice=QUICK) as kiosk:
        before = far_end(kiosk).worked_off_bytes
        await print_once(kiosk)
        total = far_end(kiosk).worked_off_bytes - before
        every = [round(total * (number + 0.5) / SLICES) for number in range(SLICES)]
        places = deque(every[round(number * (SLICES - 1) / (slices - 1))] for number in range(slices))
        injection = f"{PRINTER} paper-out after_bytes={places[0]}..{places[-1]} of {total}, {slices} places"
        answers = []
        while places:
            await kiosk.walk_to("confirm")
            for reprint in range(MAX_REPRINTS):
                if not places:
                    break
                answers.append(await _end_the_paper(kiosk, row, injection, at=places.popleft(), reprint=reprint))
                if answers[-1] is PaperSeen.WHOLE:
                    break
            if isinstance(kiosk.glass.view, PrinterWaits):
                await print_again(kiosk, reprint=prints(kiosk)[-1].reprint + 1)
            await leave(kiosk)
        await kiosk.well()
        assert (len(answers), answers[0]) == (slices, PaperSeen.NOTHING)
        assert {row.outcome for row in prints(kiosk)} == {"done", "partial"}
        await assert_counts_agree(kiosk)
        assert_nothing_personal(kiosk)
        assert _faults_are_over(kiosk)
        row.page("print_question: 没打完; printer_waits: 再打一次")
        row.note(f"{len(whole(kiosk))} whole receipts, as many in the ledger; none of them came by itself")


async def _end_the_paper(kiosk: WholeKiosk, row: Row, injection: str, *, at: int, reprint: int) -> PaperSeen:
    """The roll ends after so many bytes; a new one is put in. Up to the page that asks whether to print again."""
    since, on_table, known = len(kiosk.ear.heard), len(papers(kiosk)), len(prints(kiosk))
    kiosk.give(PRINTER, "paper-out", after_bytes=str(at))
    kiosk.touch(Proceed())
    await begun(kiosk)
    row.injected(injection)
    heard = await kiosk.ear.fault("printer.paper_out", since=since)
    assert row.seen(heard.at_s) < IN_FLEET_S
    await kiosk.page("print_question")
    seen = await answer_by_the_table(kiosk, on_table)
    row.mended()
    kiosk.clear(PRINTER)
    await kiosk.ear.cleared("printer.paper_out", since=since)
    if seen is not PaperSeen.WHOLE:
        await ready_again(kiosk)
        row.healed()
        assert far_end(kiosk).waiting_bytes == 0
    (broken,) = prints(kiosk)[known:]
    assert (broken.outcome, broken.answer, broken.reprint) == ("partial", seen.value, reprint)
    assert [text for text in papers(kiosk)[on_table:] if receipts.is_whole(text)] == []  # nothing came by itself
    return seen


def _faults_are_over(kiosk: WholeKiosk) -> bool:
    codes = {heard.code for heard in kiosk.ear.heard if heard.kind == "fault"}
    last = {code: [heard for heard in kiosk.ear.heard if heard.code == code][-1] for code in codes}
    return all(heard.is_cleared for heard in last.values())


@pytest.mark.fault("F04")
async def test_paper_near_its_end_stops_nothing_and_makes_one_ticket(kiosk: WholeKiosk, row: Row) -> None:
    row.injected(f"{PRINTER} paper-low")
    kiosk.give(PRINTER, "paper-low")
    heard = await kiosk.ear.fault("printer.paper_low")
    assert row.seen(heard.at_s) < IN_FLEET_S
    await kiosk.view(lambda view: isinstance(view, Attract) and view.standing is Standing.PAPER_LOW, what="纸快用完了")
    row.page("attract: 凭条纸快用完了")
    for _ in range(2):
        await print_once(kiosk)
    await asked_again(kiosk, 8)
    assert raised(kiosk, "printer.paper_low") == 1
    row.note("one ticket, whatever the number of looks")

    row.mended()
    kiosk.clear(PRINTER)
    await kiosk.ear.cleared("printer.paper_low")
    row.healed()
    assert {heard.code for heard in kiosk.ear.heard if heard.kind == "fault"} == {"printer.paper_low"}
    await assert_counts_agree(kiosk)
    assert_nothing_personal(kiosk)


@pytest.mark.fault("F05")
async def test_a_jam_is_shown_to_the_clerk_in_pictures_and_nothing_is_pushed_into_it(kiosk: WholeKiosk, row: Row) -> None:
    await kiosk.walk_to("confirm")
    kiosk.give(PRINTER, "mechanical", after_bytes="300")
    kiosk.touch(Proceed())
    await begun(kiosk)
    row.injected(f"{PRINTER} mechanical after_bytes=300")
    heard = await kiosk.ear.until(lambda heard: heard.code in {"printer.mechanical_error", "printer.paper_jam"}, what="the jam")
    assert row.seen(heard.at_s) < IN_FLEET_S
    await kiosk.page("print_question")
    pushed = far_end(kiosk).pushed
    assert await answer_by_the_table(kiosk, 0) is PaperSeen.PART
    await kiosk.view(
        lambda view: isinstance(view, PrinterWaits) and view.task is not None and view.task.picture == "clear_receipt_jam",
        what="the picture",
    )
    row.page("printer_waits: 取出卡住的纸, with its picture")
    kiosk.touch(Proceed())  # a grey button
    await asked_again(kiosk, 8)
    more = far_end(kiosk).pushed
    assert more.startswith(pushed)
    assert not _words(more[len(pushed) :]) & PRINTS_OR_MOVES
    row.note("nothing that prints or moves paper was sent while it was jammed")

    row.mended()
    kiosk.clear(PRINTER)
    await ready_again(kiosk)
    row.healed()
    await print_again(kiosk)
    await leave(kiosk)
    await kiosk.well()
    assert [(each.outcome, each.answer) for each in prints(kiosk)] == [("partial", "part"), ("done", None)]
    await assert_counts_agree(kiosk)
    assert_nothing_personal(kiosk)


def _words(stream: bytes) -> set[str]:
    words = set()
    while (command := next_command(stream, is_chinese=True)) is not None:
        words.add(command.word)
        stream = stream[command.size :]
    assert stream == b""
    return words


@pytest.mark.fault("F06")
async def test_a_cover_opened_in_the_middle_leaves_no_tail_on_the_next_receipt(kiosk: WholeKiosk, row: Row) -> None:
    for does_stay in (True, False):
        since, on_table = len(kiosk.ear.heard), len(papers(kiosk))
        await kiosk.walk_to("confirm")
        kiosk.give(PRINTER, "cover-open", after_bytes="400")
        kiosk.touch(Proceed())
        await begun(kiosk)
        row.injected(f"{PRINTER} cover-open after_bytes=400")
        heard = await kiosk.ear.fault("printer.cover_open", since=since)
        assert row.seen(heard.at_s) < IN_FLEET_S
        await kiosk.page("print_question")
        assert await answer_by_the_table(kiosk, on_table) is PaperSeen.PART
        if does_stay:
            row.mended()
            kiosk.clear(PRINTER)
            await ready_again(kiosk)
            row.healed()
            await print_again(kiosk)
            await leave(kiosk)
        else:  # she goes without; the clerk closes it when nobody is there
            kiosk.take("id-card-reader")
            kiosk.touch(Decline())
            await kiosk.page("show_code")  # to be photographed instead
            kiosk.touch(Proceed())
            await kiosk.page("rate")
            kiosk.touch(Decline())
            await kiosk.page("goodbye")
            kiosk.touch(Proceed())
            await kiosk.page("attract")
            kiosk.clear(PRINTER)
        await kiosk.well()
    row.page("print_question, then printer_waits: 盖好打印机盖")
    await print_once(kiosk)
    assert [each.outcome for each in prints(kiosk)] == ["partial", "done", "partial", "done"]
    await assert_counts_agree(kiosk)
    assert_nothing_personal(kiosk)
    row.note("the next villager's receipt is alone on its paper")


@pytest.mark.fault("F07")
async def test_a_head_too_hot_is_waited_for_and_one_receipt_comes_out(kiosk: WholeKiosk, row: Row) -> None:
    await kiosk.walk_to("confirm")
    kiosk.give(PRINTER, "head-hot", after_bytes="300", seconds="3")
    kiosk.touch(Proceed())
    await begun(kiosk)
    row.injected(f"{PRINTER} head-hot after_bytes=300 seconds=3")
    heard = await kiosk.ear.fault("printer.head_hot")
    assert row.seen(heard.at_s) < IN_FLEET_S
    assert 0.0 < shown(kiosk, Printing).progress < 1.0
    row.page("printing, its progress stands")
    await over(kiosk)
    row.mended()
    assert (kiosk.glass.page, papers(kiosk)) == ("printing", [])
    await kiosk.page("take_receipt")
    row.healed()
    assert receipts.is_alone(papers(kiosk)[0])
    assert [(each.outcome, each.reprint) for each in prints(kiosk)] == [("done", 0)]
    await assert_counts_agree(kiosk)
    await leave(kiosk)
    await kiosk.ear.cleared("printer.head_hot")
    await kiosk.well()
    assert_nothing_personal(kiosk)


@pytest.mark.fault("F08")
async def test_a_receipt_the_cutter_left_hanging_is_hers_to_tear_off(kiosk: WholeKiosk, row: Row) -> None:
    await kiosk.walk_to("confirm")
    kiosk.give(PRINTER, "cutter-stuck")
    kiosk.touch(Proceed())
    await kiosk.page("printing")
    async with asyncio.timeout(10):
        while not kiosk.bench.papers.kept:  # noqa: ASYNC110  # the cut is the last of the print
            await asyncio.sleep(0.01)
    row.injected(f"{PRINTER} cutter-stuck, met at the cut")
    heard = await kiosk.ear.fault("printer.cutter_stuck")
    assert row.seen(heard.at_s) < IN_FLEET_S
    await kiosk.page("take_receipt")
    assert shown(kiosk, TakeReceipt).tear_by_hand
    row.page("take_receipt: 用手撕下来")
    (kept,) = kiosk.bench.papers.kept
    assert kept.ended == "torn"
    assert receipts.is_alone(papers(kiosk)[0])
    await leave(kiosk)
    await asked_again(kiosk, 8)
    assert raised(kiosk, "printer.cutter_stuck") == 1

    row.mended()
    kiosk.clear(PRINTER)
    await kiosk.ear.cleared("printer.cutter_stuck")
    await kiosk.well()
    row.healed()
    await print_once(kiosk)
    assert kiosk.bench.papers.kept[-1].ended == "cut"
    assert [each.outcome for each in prints(kiosk)] == ["done", "done"]
    await assert_counts_agree(kiosk)
    assert_nothing_personal(kiosk)


@pytest.mark.fault("F14")
async def test_a_receipt_that_nobody_takes_is_called_out_then_reported_then_drawn_back(
    folder: Path, broker_port: int, row: Row
) -> None:
    clock = LeapingClock()
    settings = {PRINTER: {"model": "kiosk-presenter"}}
    around = whole_kiosk(folder, broker_port=broker_port, clock=clock, settings=settings, choice=Choice(presents=True))
    async with around as kiosk:
        await kiosk.walk_to("take_receipt")
        kiosk.take("id-card-reader")
        kiosk.give(PRINTER, "left-lying")
        await asked_again(kiosk, 3)  # the driver has seen that it waits
        clock.leap(30.0)
        await kiosk.view(lambda view: isinstance(view, TakeReceipt) and view.is_reminder, what="the reminder")
        row.page("take_receipt: 请取走凭条, said again")
        row.injected(f"{PRINTER} left-lying, with a presenter; 30, 60 and 90 s leapt")
        clock.leap(31.0)
        heard = await kiosk.ear.event("receipt.not_taken")
        row.seen(heard.at_s)
        await kiosk.page("still_there")
        clock.leap(30.0)
        await kiosk.page("attract")
        row.healed()
        async with asyncio.timeout(10):
            while "收回 1 张" not in kiosk.bench.device(PRINTER).holding()["已出凭条"]:  # noqa: ASYNC110  # a far end tells no test
                await asyncio.sleep(0.01)
        row.note("drawn back and wiped after 90 s, where the model can; the next person finds nothing")
        kiosk.clear(PRINTER)
        assert [heard.code for heard in kiosk.ear.heard].count("receipt.not_taken") == 1

        await kiosk.walk_to("take_receipt")  # this one is taken: nobody is reminded, nothing is reported
        await asked_again(kiosk, 8)
        async with asyncio.timeout(10):
            while "没取" in kiosk.bench.device(PRINTER).holding()["出纸口"]:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.05)
        for leap in (30.0, 31.0):
            clock.leap(leap)
            await asked_again(kiosk, 4)
        assert not isinstance(kiosk.glass.view, TakeReceipt) or not kiosk.glass.view.is_reminder
        assert [heard.code for heard in kiosk.ear.heard].count("receipt.not_taken") == 1
        await assert_counts_agree(kiosk)
        assert_nothing_personal(kiosk)


@pytest.mark.fault("F14")
async def test_a_receipt_torn_off_before_its_end_is_replaced_when_she_says_so(kiosk: WholeKiosk, row: Row) -> None:
    await kiosk.walk_to("confirm")
    kiosk.give(PRINTER, "pulled-early", after_mm="60")
    row.injected(f"{PRINTER} pulled-early after_mm=60")
    kiosk.touch(Proceed())
    await kiosk.page("take_receipt")
    assert whole(kiosk) == []
    assert len(papers(kiosk)) == 2
    kiosk.touch(Decline())
    await kiosk.page("print_question")
    row.seen()
    row.page("take_receipt: 凭条没出来; print_question")
    row.note("no printer senses a hand: she is believed, as the driver's docstring says")
    await answer(kiosk, PaperSeen.PART)
    await ready_again(kiosk)
    await print_again(kiosk)
    row.healed()
    await leave(kiosk)
    first, again = prints(kiosk)
    assert (first.outcome, first.answer, again.outcome, again.reprint) == ("done", "part", "done", 1)
    assert_nothing_personal(kiosk)


@pytest.mark.fault("F15")
async def test_two_touches_on_a_button_make_one_print(kiosk: WholeKiosk, row: Row) -> None:
    await kiosk.walk_to("confirm")
    kiosk.give(PRINTER, "cover-open", after_bytes="400")
    row.injected("two touches 80 ms apart on 是我 and on 再打一次, the second for the page touched first, and for the next one")
    await _touch_twice(kiosk)
    await kiosk.page("print_question")
    assert len(prints(kiosk)) == 1
    await kiosk.ear.fault("printer.cover_open")
    await answer(kiosk, PaperSeen.PART)
    kiosk.clear(PRINTER)
    await kiosk.ear.cleared("printer.cover_open")
    await ready_again(kiosk)
    await _touch_twice(kiosk)
    await kiosk.page("take_receipt")
    await leave(kiosk)
    row.page("one page after the other, as after one touch")
    assert [each.reprint for each in prints(kiosk)] == [0, 1]
    assert len(whole(kiosk)) == 1
    await assert_counts_agree(kiosk)
    row.note("the display drops a second touch within 600 ms besides, before the core hears of it")
    assert_nothing_personal(kiosk)


async def _touch_twice(kiosk: WholeKiosk) -> None:
    number = kiosk.glass.number
    kiosk.touch(Proceed())
    await asyncio.sleep(BETWEEN_TWO_TAPS_S)
    kiosk.glass.touch(Proceed(), on=number)
    kiosk.touch(Proceed())
