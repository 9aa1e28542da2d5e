"""What some models can do and others cannot: hold the receipt out, tell what changes, cut, write Chinese."""

import asyncio
from dataclasses import dataclass

import pytest

from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.receipt_printer import Pair, PrintReport, Receipt, TextLine
from drivers.contract.status import Condition, DeviceStatus
from drivers.receipt_printer.escpos import EscPosPrinter, EscPosSettings
from drivers.receipt_printer.paper import Paper, PaperEnd
from drivers.receipt_printer.printing import CUT_S, LATE_S
from drivers.receipt_printer.simulated import TAKEN_AFTER_S, SimulatedPrinter
from tests.drivers.contract_suite.receipt_printer import FIRST_LINE, LAST_LINE, NEXT_VILLAGER, RECEIPT
from tests.fakes.clock import FakeClock
from tests.fakes.wires import whole

SHORT = Receipt(blocks=(TextLine(text="社保参保证明"), Pair(label="姓名", value="测试")))


@dataclass(kw_only=True)
class Bench:
    clock: FakeClock
    far_end: SimulatedPrinter
    printer: EscPosPrinter
    papers: list[Paper]

    def give(self, fault: str, **options: str) -> None:
        self.far_end.give(fault, options, now_s=self.clock.monotonic_s())

    def clear(self) -> None:
        self.far_end.clear(None, now_s=self.clock.monotonic_s())

    async def print(self, receipt: Receipt = RECEIPT) -> PrintReport:
        return await self.printer.print_receipt(receipt, deadline_s=60, progress=lambda _: None)

    async def until(self, code: str, *, at_most_s: float) -> DeviceStatus:
        """Ask twice a second, as a Keeper does."""
        until_s = self.clock.monotonic_s() + at_most_s
        while True:
            status = await self.printer.status()
            if code in {symptom.code for symptom in status.symptoms}:
                return status
            assert self.clock.monotonic_s() < until_s, status
            await self.clock.sleep(0.5)


async def bench(model: str, *, width_mm: int = 80, **far_end: bool | float) -> Bench:
    papers: list[Paper] = []
    clock = FakeClock()
    printer = SimulatedPrinter(on_paper=papers.append, width_mm=width_mm, **far_end)  # type: ignore[arg-type]  # as each test says
    settings = EscPosSettings.model_validate({"model": model, "width_mm": width_mm})
    driver = EscPosPrinter(name="receipt-printer", wire=whole(printer, clock=clock), settings=settings, clock=clock)
    await driver.open()
    return Bench(clock=clock, far_end=printer, printer=driver, papers=papers)


async def presenter() -> Bench:
    return await bench("kiosk-presenter", presents=True, tells_changes=True)


# --- the presenter ----------------------------------------------------------------------------------------------


async def test_a_receipt_waits_in_the_presenter_until_it_is_taken() -> None:
    at = await presenter()
    assert await at.printer.paper_is_waiting() is False
    assert (await at.print()).outcome is PrintOutcome.DONE
    assert await at.printer.paper_is_waiting() is True
    await at.clock.sleep(TAKEN_AFTER_S + 1)
    assert await at.printer.paper_is_waiting() is False
    assert (await at.printer.status()).condition is Condition.READY


async def test_a_receipt_nobody_takes_is_told_and_drawn_back_once_its_visit_has_looked_for_it() -> None:
    at = await presenter()
    at.give("left-lying")
    await at.print()
    began_s = at.clock.monotonic_s()
    status = await at.until("printer.paper_not_taken", at_most_s=100)
    assert 89 < at.clock.monotonic_s() - began_s < 93
    assert status.condition is Condition.DEGRADED
    assert await at.printer.paper_is_waiting() is False
    assert at.far_end.holding()["已出凭条"] == "1 张，收回 1 张"
    assert (await at.printer.status()).symptoms == ()


async def test_a_receipt_left_behind_can_be_drawn_back_at_the_end_of_a_visit() -> None:
    at = await presenter()
    assert await at.printer.retract() is False
    at.give("left-lying")
    await at.print()
    assert await at.printer.retract() is True
    await at.clock.sleep(1)
    assert await at.printer.paper_is_waiting() is False


async def test_a_printer_without_a_presenter_cannot_tell_and_takes_nothing_back() -> None:
    at = await bench("generic")
    await at.print(SHORT)
    assert await at.printer.paper_is_waiting() is None
    assert await at.printer.retract() is False


async def test_while_it_prints_nothing_is_known_about_the_exit() -> None:
    at = await presenter()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(at.print())
        await at.clock.sleep(0.2)
        assert await at.printer.paper_is_waiting() is None


async def test_a_presenter_that_does_not_understand_the_question_is_no_fault() -> None:
    at = await bench("kiosk-presenter")  # the model says it has a presenter, the printer has none
    for _ in range(5):
        status = await at.printer.status()
        assert (status.condition, status.symptoms) == (Condition.READY, ())
    assert await at.printer.paper_is_waiting() is None


async def test_a_receipt_pulled_out_early_ends_in_two_pieces_and_no_printer_senses_it() -> None:
    at = await presenter()
    at.give("pulled-early", after_mm="30")
    report = await at.print()
    assert [paper.ended for paper in at.papers] == [PaperEnd.TORN, PaperEnd.CUT]
    assert report.outcome is PrintOutcome.DONE  # said in the driver's own words: this cannot be caught


# --- what it tells by itself ------------------------------------------------------------------------------------


async def test_what_was_told_between_two_readings_is_in_the_evidence() -> None:
    at = await presenter()
    await at.printer.status()
    at.give("cover-open")
    at.far_end.next_due_s(now_s=at.clock.monotonic_s())
    at.clear()
    status = await at.printer.status()
    assert status.condition is Condition.READY
    assert "told by itself ASB" in status.evidence


async def test_it_is_asked_to_tell_again_after_every_receipt_and_tells_nothing_while_it_prints() -> None:
    at = await presenter()
    await at.printer.status()
    async with asyncio.TaskGroup() as tasks:
        printing = tasks.create_task(at.print(SHORT))
        await at.clock.sleep(0.1)
        at.give("paper-low")
    assert printing.result().outcome is PrintOutcome.DONE
    assert "ASB 10 00 03 00" not in (await at.printer.status()).evidence
    at.clear()
    await at.printer.status()
    at.give("paper-low")
    status = await at.printer.status()
    assert "told by itself ASB 10 00 03 00" in status.evidence


# --- paper, cutter, fonts ---------------------------------------------------------------------------------------


async def test_the_paper_used_is_told_and_is_what_came_out() -> None:
    at = await bench("generic")
    for _ in range(3):
        await at.print()
    [printed] = (await at.printer.status()).measurements
    assert (printed.name, printed.unit) == ("printed", "mm")
    assert printed.value == pytest.approx(sum(paper.length_mm for paper in at.papers), rel=0.03)


async def test_paper_used_by_a_print_that_broke_off_counts_too() -> None:
    at = await bench("generic")
    at.give("cover-open", after_mm="40")
    await at.print()
    at.clear()
    [printed] = (await at.printer.status()).measurements
    assert 40 <= printed.value <= 40 + 60


async def test_a_printer_without_a_cutter_leaves_a_whole_receipt_to_be_torn_off() -> None:
    at = await bench("generic-58", width_mm=58, answers_in_order=False)
    report = await at.print(SHORT)
    assert (report.outcome, report.is_cut) == (PrintOutcome.DONE, False)
    assert at.papers == []  # it hangs there
    assert at.far_end.unknown_commands == 0


async def test_a_printer_without_chinese_draws_it() -> None:
    at = await bench("generic-latin")
    report = await at.print(Receipt(blocks=(TextLine(text="社保"), TextLine(text="A1"))))
    assert report.outcome is PrintOutcome.DONE
    assert at.papers[0].text.split() == ["〔图像〕", "A1"]


# --- jams, power, black holes -----------------------------------------------------------------------------------


async def test_a_jam_that_recovering_does_not_end_is_named_and_ends_when_the_paper_is_out() -> None:
    at = await bench("generic")
    at.give("mechanical")
    await at.until("printer.mechanical_error", at_most_s=1)
    for _ in range(2):
        await at.printer.reset()
    await at.until("printer.paper_jam", at_most_s=1)
    assert (await at.print()).outcome is PrintOutcome.NOT_STARTED
    at.clear()
    assert (await at.printer.status()).condition is Condition.READY


@pytest.mark.parametrize("fault", ["mechanical", "paper-out", "cover-open"])
async def test_nothing_is_pushed_at_a_printer_that_has_stopped(fault: str) -> None:
    at = await bench("generic")
    at.give(fault, after_mm="25")
    await at.print()
    assert at.far_end.waiting_bytes < 40  # what had been sent ahead was cleared; only setting the modes back came after it
    at.clear()
    await at.clock.sleep(30)
    at.far_end.transmit(now_s=at.clock.monotonic_s())
    assert all(LAST_LINE not in paper.text for paper in at.papers)


async def test_after_a_loss_of_power_the_next_receipt_is_in_plain_chinese_again() -> None:
    at = await bench("generic")
    at.give("power-cycle", after_mm="20", seconds="1")
    assert (await at.print()).outcome is PrintOutcome.UNKNOWN
    await at.clock.sleep(2)
    before = len(at.papers)
    assert (await at.print(NEXT_VILLAGER)).outcome is PrintOutcome.DONE
    await at.clock.sleep(5)
    at.far_end.transmit(now_s=at.clock.monotonic_s())
    assert any(paper.text.split() == ["下一位", "事项", "医保参保证明"] for paper in at.papers[before:])
    assert not any(FIRST_LINE in paper.text for paper in at.papers[before:])


async def test_a_black_hole_is_given_up_by_the_length_of_the_receipt_and_never_called_done() -> None:
    at = await bench("generic")
    total_mm = (await at.print()).printed_mm
    at.give("status-lies")  # it takes everything, prints nothing and says that all is well
    began_s = at.clock.monotonic_s()
    report = await at.print()
    took_s = at.clock.monotonic_s() - began_s
    assert report.outcome is PrintOutcome.UNKNOWN
    assert total_mm / 100 <= took_s <= total_mm / 100 + CUT_S + LATE_S + 2


async def test_a_liar_that_answers_nothing_in_order_cannot_be_caught_and_the_report_says_on_what_it_rests() -> None:
    at = await bench("generic", answers_in_order=False)
    at.give("status-lies", after_bytes="200")
    report = await at.print()
    assert report.outcome is PrintOutcome.DONE
    assert "GS r not answered by this printer" in report.evidence
