"""What every receipt printer's driver must do, over its own far end and every wire.

A driver's test module derives from ``ReceiptPrinterContract`` and says how to make the driver and its far end; pytest
collects the rest.
"""

import asyncio
import contextlib
import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, UnreachableError
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.receipt_printer import Align, Pair, PrintReport, QrBlock, Receipt, ReceiptPrinter, Rule, Space, TextLine
from drivers.contract.status import Condition, DeviceStatus
from drivers.receipt_printer.paper import Paper, PaperEnd
from drivers.transport.far_end import FarEnd
from drivers.transport.memory import MemoryWire
from drivers.transport.wire import Wire
from tests.fakes.clock import FakeClock
from tests.fakes.wires import WIRES, lossy, silent, unplugged_mid_frame

SEEDS = range(6)
SLICES = 20
FIRST_LINE = "青山县人力资源和社会保障局"
LAST_LINE = "咨询电话 12333"

RECEIPT = Receipt(
    blocks=(
        TextLine(text=FIRST_LINE, align=Align.CENTRE, scale=1, is_bold=True),
        TextLine(text="社保参保证明", align=Align.CENTRE, scale=2, is_bold=True),
        Rule(),
        Pair(label="姓名", value="刘㙓𬱖"),
        Pair(label="险种", value="城乡居民基本养老保险"),
        Pair(label="参保单位", value="青山县白云镇石桥村村民委员会（城乡居民集体参保）"),
        Space(height_mm=2),
        QrBlock(content="https://zwfw.example.gov.cn/v/8K3M-2P9X-77QD?s=3f9a2c41"),
        TextLine(text="手机扫一扫，核验真伪", align=Align.CENTRE),
        TextLine(text=LAST_LINE, align=Align.RIGHT),
    )
)

NEXT_VILLAGER = Receipt(blocks=(TextLine(text="下一位"), Pair(label="事项", value="医保参保证明")))

STOPS = {"paper-out": "printer.paper_out", "cover-open": "printer.cover_open", "mechanical": "printer.mechanical_error"}
"""Faults that stop a printer and that it names, and the code each becomes."""


@dataclass(kw_only=True)
class Bench:
    clock: FakeClock
    far_end: FarEnd
    wire: MemoryWire
    printer: ReceiptPrinter
    papers: list[Paper]
    progress: list[float] = field(default_factory=list)

    def give(self, fault: str, **options: str) -> None:
        self.far_end.give(fault, options, now_s=self.clock.monotonic_s())

    def clear(self, fault: str | None = None) -> None:
        self.far_end.clear(fault, now_s=self.clock.monotonic_s())

    async def print(self, receipt: Receipt = RECEIPT, *, deadline_s: float = 60) -> PrintReport:
        return await self.printer.print_receipt(receipt, deadline_s=deadline_s, progress=self.progress.append)

    async def until_well(self) -> DeviceStatus:
        """Do what a Keeper does: ask, and reopen where asking fails."""
        for _ in range(100):
            with contextlib.suppress(DriverError):
                status = await self.printer.status()
                if status.condition in {Condition.READY, Condition.DEGRADED}:
                    return status
                await self.clock.sleep(0.5)
                continue
            with contextlib.suppress(DriverError):
                await self.printer.open()
            await self.clock.sleep(0.5)
        raise AssertionError("the printer did not come back")

    async def settle(self) -> None:
        """Let the printer work off whatever it still holds."""
        await self.clock.sleep(30)
        self.far_end.transmit(now_s=self.clock.monotonic_s())

    async def seconds_of_a_print(self) -> float:
        """Print once on a well printer, forget the paper and tell how long it took."""
        began_s = self.clock.monotonic_s()
        assert (await self.print()).outcome is PrintOutcome.DONE
        took_s = self.clock.monotonic_s() - began_s
        await self.settle()
        self.papers.clear()
        return took_s

    def printed_papers(self) -> int:
        """Pieces of paper with something on them; a cut made to be sure may leave a white one."""
        return sum(bool(paper.text.strip()) for paper in self.papers)

    def whole_copies(self) -> int:
        return sum(FIRST_LINE in paper.text and LAST_LINE in paper.text for paper in self.papers)


class ReceiptPrinterContract(ABC):
    @abstractmethod
    def far_end(self, on_paper: Callable[[Paper], None]) -> FarEnd: ...

    @abstractmethod
    def driver(self, wire: Wire, clock: Clock) -> ReceiptPrinter: ...

    def bench(self, make_wire: Callable[[FarEnd, Clock], MemoryWire] = WIRES["whole"]) -> Bench:
        papers: list[Paper] = []
        clock, far_end = FakeClock(), self.far_end(papers.append)
        wire = make_wire(far_end, clock)
        return Bench(clock=clock, far_end=far_end, wire=wire, printer=self.driver(wire, clock), papers=papers)

    async def opened(self, make_wire: Callable[[FarEnd, Clock], MemoryWire] = WIRES["whole"]) -> Bench:
        bench = self.bench(make_wire)
        await bench.printer.open()
        return bench

    @pytest.mark.parametrize("wire_name", WIRES)
    async def test_a_receipt_comes_out_once_whole_and_cut(self, wire_name: str) -> None:
        bench = await self.opened(WIRES[wire_name])
        report = await bench.print()
        await bench.settle()
        assert (report.outcome, report.is_cut, report.sent_bytes) == (PrintOutcome.DONE, True, report.total_bytes)
        assert [paper.ended for paper in bench.papers] == [PaperEnd.CUT]
        assert bench.whole_copies() == 1
        assert report.printed_mm == pytest.approx(bench.papers[0].length_mm, rel=0.03)

    async def test_progress_goes_from_nothing_to_all_and_never_back(self) -> None:
        bench = await self.opened()
        await bench.print()
        assert bench.progress[0] == 0.0
        assert bench.progress[-1] == 1.0
        assert bench.progress == sorted(bench.progress)
        assert max(after - before for before, after in itertools.pairwise(bench.progress)) < 0.5

    @pytest.mark.parametrize("wire_name", WIRES)
    async def test_an_idle_printer_is_ready_and_has_paper(self, wire_name: str) -> None:
        bench = await self.opened(WIRES[wire_name])
        status = await bench.printer.status()
        assert (status.condition, status.device, status.symptoms) == (Condition.READY, bench.printer.name, ())
        assert [(supply.name, supply.is_low) for supply in status.supplies] == [("receipt_paper", False)]
        assert bench.printer.kind is DeviceKind.RECEIPT_PRINTER

    async def test_an_open_cover_and_the_end_of_paper_are_each_told_apart(self) -> None:
        bench = await self.opened()
        for fault, code in STOPS.items():
            bench.give(fault)
            status = await bench.printer.status()
            assert status.condition is Condition.FAILED
            assert [symptom.code for symptom in status.symptoms] == [code]
            bench.clear(fault)
            assert (await bench.printer.status()).condition is Condition.READY

    async def test_paper_near_its_end_is_told_and_still_printed_on(self) -> None:
        bench = await self.opened()
        bench.give("paper-low")
        status = await bench.printer.status()
        assert (status.condition, [symptom.code for symptom in status.symptoms]) == (Condition.DEGRADED, ["printer.paper_low"])
        assert (await bench.print()).outcome is PrintOutcome.DONE

    @pytest.mark.parametrize("fault", STOPS)
    async def test_nothing_is_sent_to_a_printer_that_is_not_ready(self, fault: str) -> None:
        bench = await self.opened()
        bench.give(fault)
        report = await bench.print()
        bench.clear(fault)
        await bench.settle()
        assert (report.outcome, report.sent_bytes, bench.papers) == (PrintOutcome.NOT_STARTED, 0, [])
        assert STOPS[fault] in report.evidence

    @pytest.mark.parametrize("fault", STOPS)
    @pytest.mark.parametrize("part", range(SLICES))
    async def test_a_stop_at_any_point_has_one_honest_outcome_and_no_ghost_tail(self, fault: str, part: int) -> None:
        bench = await self.opened()
        total = (await bench.print()).total_bytes
        bench.papers.clear()
        bench.give(fault, after_bytes=str(total * part // SLICES))
        stopped = await bench.print()
        assert bench.whole_copies() == (1 if stopped.outcome is PrintOutcome.DONE else 0)
        assert stopped.outcome in ({PrintOutcome.NOT_STARTED} if part == 0 else {PrintOutcome.PARTIAL})
        bench.clear(fault)
        await bench.until_well()
        await bench.settle()
        begun = len(bench.papers)
        assert (await bench.print(NEXT_VILLAGER)).outcome is PrintOutcome.DONE
        await bench.settle()
        [following] = bench.papers[begun:]
        assert following.text.split() == ["下一位", "事项", "医保参保证明"]
        assert LAST_LINE not in "".join(paper.text for paper in bench.papers)

    @pytest.mark.parametrize("part", range(SLICES))
    async def test_a_cable_pulled_mid_print_is_unknown_and_prints_nothing_late(self, part: int) -> None:
        bench = await self.opened()
        takes_s = await bench.seconds_of_a_print()
        async with asyncio.TaskGroup() as tasks:
            printing = tasks.create_task(bench.print())
            await bench.clock.sleep(takes_s * (part + 0.5) / SLICES)
            assert not printing.done()
            bench.wire.unplug()
        report = printing.result()
        assert report.outcome is PrintOutcome.UNKNOWN
        bench.wire.replug()
        await bench.until_well()
        await bench.settle()
        before = len(bench.papers)
        assert (await bench.print(NEXT_VILLAGER)).outcome is PrintOutcome.DONE
        await bench.settle()
        assert [paper.text.split() for paper in bench.papers[before:]] == [["下一位", "事项", "医保参保证明"]]

    @pytest.mark.parametrize("cut", range(0, 60, 3))
    async def test_a_cable_that_comes_out_between_any_two_answers_leaves_a_driver_that_can_be_reopened(self, cut: int) -> None:
        bench = self.bench(lambda far_end, clock: unplugged_mid_frame(far_end, clock=clock, after_bytes=cut))
        with contextlib.suppress(UnreachableError):
            await bench.printer.open()
            report = await bench.print()
            assert report.outcome is not PrintOutcome.DONE or bench.whole_copies() == 1
        bench.wire.replug()
        await bench.printer.open()
        assert (await bench.print(NEXT_VILLAGER)).outcome is PrintOutcome.DONE

    @pytest.mark.parametrize("part", range(1, SLICES))
    async def test_power_lost_mid_print_is_never_taken_for_done(self, part: int) -> None:
        bench = await self.opened()
        total = (await bench.print()).total_bytes
        bench.papers.clear()
        bench.give("power-cycle", after_bytes=str(total * part // SLICES), seconds="0.3")
        report = await bench.print()
        assert report.outcome is PrintOutcome.UNKNOWN
        await bench.until_well()
        await bench.settle()
        before = len(bench.papers)
        assert (await bench.print(NEXT_VILLAGER)).outcome is PrintOutcome.DONE
        assert [paper.text.split() for paper in bench.papers[before:]] == [["下一位", "事项", "医保参保证明"]]

    async def test_silence_is_unknown_never_done_and_never_out_of_paper(self) -> None:
        bench = await self.opened()
        bench.give("silent", after_bytes="300")
        report = await bench.print()
        assert report.outcome is PrintOutcome.UNKNOWN
        with pytest.raises(DeadlineError):
            await bench.printer.status()

    async def test_a_printer_that_was_silent_from_the_start_was_sent_nothing(self) -> None:
        bench = await self.opened()
        bench.give("silent")
        report = await bench.print()
        assert (report.outcome, report.sent_bytes) == (PrintOutcome.NOT_STARTED, 0)

    async def test_a_printer_that_says_all_is_well_and_prints_nothing_is_caught(self) -> None:
        bench = await self.opened()
        bench.give("status-lies", after_bytes="200")
        assert (await bench.print()).outcome is PrintOutcome.UNKNOWN

    async def test_what_a_lying_printer_did_not_cut_off_is_cut_off_before_the_next_receipt(self) -> None:
        bench = await self.opened()
        bench.give("status-lies", after_bytes="200")
        await bench.print()
        for _ in range(5):
            await bench.printer.status()
        bench.clear()
        report = await bench.print()
        assert (report.outcome, bench.whole_copies()) == (PrintOutcome.DONE, 1)
        assert len(bench.papers) <= 2

    async def test_a_printer_that_falls_silent_in_a_print_is_told_before_the_print_is_over(self) -> None:
        bench = await self.opened()
        bench.give("silent", after_bytes="200")
        printing = asyncio.create_task(bench.print())
        codes: set[str] = set()
        await bench.clock.sleep(0.1)
        while not printing.done():
            codes |= {symptom.code for symptom in (await bench.printer.status()).symptoms}
            await bench.clock.sleep(0.1)
        assert printing.result().outcome is PrintOutcome.UNKNOWN
        assert codes == {"printer.silent"}

    async def test_nonsense_is_a_protocol_error_and_no_reading(self) -> None:
        bench = await self.opened()
        bench.give("garbage")
        with pytest.raises(ProtocolError) as caught:
            await bench.printer.status()
        assert caught.value.evidence
        assert (await bench.print()).outcome is PrintOutcome.NOT_STARTED
        bench.clear()
        assert (await bench.until_well()).condition is Condition.READY

    async def test_nobody_at_the_other_end_is_a_deadline_at_opening(self) -> None:
        bench = self.bench(lambda far_end, clock: silent(far_end, clock=clock))
        with pytest.raises(DeadlineError):
            await bench.printer.open()
        with pytest.raises(UnreachableError):
            await bench.printer.status()

    @pytest.mark.parametrize("seed", SEEDS)
    async def test_a_line_that_loses_bytes_never_makes_two_copies(self, seed: int) -> None:
        bench = self.bench(lambda far_end, clock: lossy(far_end, clock=clock, seed=seed, share=0.1))
        await bench.until_well()
        report = await bench.print()
        await bench.settle()
        assert bench.whole_copies() <= 1
        assert report.outcome is not PrintOutcome.DONE or bench.whole_copies() == 1

    async def test_a_hot_head_is_waited_for_and_one_copy_comes_out(self) -> None:
        bench = await self.opened()
        bench.give("head-hot", after_mm="20", seconds="8")
        began_s = bench.clock.monotonic_s()
        report = await bench.print()
        assert (report.outcome, bench.whole_copies()) == (PrintOutcome.DONE, 1)
        assert bench.clock.monotonic_s() - began_s > 8

    async def test_a_hot_head_that_is_waited_for_is_told_to_whoever_asks(self) -> None:
        bench = await self.opened()
        bench.give("head-hot", after_mm="20", seconds="8")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bench.print())
            await bench.clock.sleep(4)
            status = await bench.printer.status()
            assert (status.condition, [symptom.code for symptom in status.symptoms]) == (Condition.BUSY, ["printer.head_hot"])
        assert (await bench.printer.status()).symptoms == ()

    async def test_a_head_that_stays_hot_ends_the_print_at_its_deadline(self) -> None:
        bench = await self.opened()
        bench.give("head-hot", after_mm="20", seconds="600")
        began_s = bench.clock.monotonic_s()
        report = await bench.print(deadline_s=10)
        assert report.outcome in {PrintOutcome.PARTIAL, PrintOutcome.UNKNOWN}
        assert bench.clock.monotonic_s() - began_s < 12

    async def test_a_cutter_that_fails_leaves_a_whole_receipt_to_be_torn_off(self) -> None:
        bench = await self.opened()
        bench.give("cutter-stuck")
        for _ in range(2):  # the second print first ends the error the first one left
            report = await bench.print()
            assert (report.outcome, report.is_cut) == (PrintOutcome.DONE, False)
            status = await bench.printer.status()
            assert [symptom.code for symptom in status.symptoms] == ["printer.cutter_stuck"]
            assert status.condition is Condition.DEGRADED
        assert bench.whole_copies() == 2

    async def test_status_during_a_print_says_busy_at_once_and_leaves_the_cable_alone(self) -> None:
        bench = await self.opened()
        async with asyncio.TaskGroup() as tasks:
            printing = tasks.create_task(bench.print())
            await bench.clock.sleep(0.2)
            began_s = bench.clock.monotonic_s()
            assert (await bench.printer.status()).condition is Condition.BUSY
            assert bench.clock.monotonic_s() == began_s
        assert printing.result().outcome is PrintOutcome.DONE

    @pytest.mark.parametrize("tenth", range(8))
    async def test_a_cancelled_print_leaves_nothing_to_come_out_later(self, tenth: int) -> None:
        bench = await self.opened()
        takes_s = await bench.seconds_of_a_print()
        printing = asyncio.create_task(bench.print())
        await bench.clock.sleep(takes_s * (tenth + 0.5) / 10)
        printing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await printing
        out_by_now = bench.printed_papers()
        await bench.settle()
        assert bench.printed_papers() == out_by_now <= 1
        await bench.until_well()
        before = len(bench.papers)
        assert (await bench.print(NEXT_VILLAGER)).outcome is PrintOutcome.DONE
        assert [paper.text.split() for paper in bench.papers[before:]] == [["下一位", "事项", "医保参保证明"]]

    async def test_a_reprint_says_so_on_the_paper(self) -> None:
        bench = await self.opened()
        await bench.print(Receipt(blocks=RECEIPT.blocks, reprint=2))
        assert bench.papers[0].text.split()[:2] == ["补打", "2"]

    async def test_discarding_empties_the_printer_and_may_be_done_at_any_time(self) -> None:
        bench = await self.opened()
        await bench.printer.discard()
        await bench.printer.discard()
        await bench.settle()
        assert bench.papers == []
        assert (await bench.printer.status()).condition is Condition.READY
        bench.wire.unplug()
        with pytest.raises(UnreachableError):
            await bench.printer.discard()

    async def test_a_reset_cuts_off_what_a_killed_process_left_in_the_printer(self) -> None:
        bench = await self.opened()
        takes_s = await bench.seconds_of_a_print()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(bench.print())
            await bench.clock.sleep(takes_s / 3)
            bench.wire.unplug()  # a driver without its wire is as good as killed: it can clear nothing
        bench.wire.replug()
        successor = self.driver(bench.wire, bench.clock)
        await successor.open()
        assert bench.printed_papers() == 0
        await successor.reset()
        assert (bench.printed_papers(), bench.whole_copies()) == (1, 0)
        before = len(bench.papers)
        report = await successor.print_receipt(NEXT_VILLAGER, deadline_s=60, progress=lambda _: None)
        assert report.outcome is PrintOutcome.DONE
        assert [paper.text.split() for paper in bench.papers[before:]] == [["下一位", "事项", "医保参保证明"]]

    async def test_closing_twice_is_fine_and_a_closed_printer_is_unreachable(self) -> None:
        bench = await self.opened()
        await bench.printer.close()
        await bench.printer.close()
        with pytest.raises(UnreachableError):
            await bench.printer.status()
        report = await bench.print()
        assert (report.outcome, report.sent_bytes) == (PrintOutcome.NOT_STARTED, 0)
        await bench.printer.open()
        assert (await bench.print()).outcome is PrintOutcome.DONE

    async def test_closing_during_a_print_ends_it_as_unknown(self) -> None:
        bench = await self.opened()
        async with asyncio.TaskGroup() as tasks:
            printing = tasks.create_task(bench.print())
            await bench.clock.sleep(0.3)
            await bench.printer.close()
        assert printing.result().outcome is PrintOutcome.UNKNOWN

    async def test_the_printer_says_who_it_is(self) -> None:
        bench = await self.opened()
        assert (await bench.printer.identify()).model

    @pytest.mark.parametrize(
        "receipt",
        [
            Receipt(blocks=()),
            Receipt(blocks=(TextLine(text="三倍", scale=3),)),
            Receipt(blocks=(Space(height_mm=-1),)),
            Receipt(blocks=(Space(height_mm=1400), Space(height_mm=1400))),
            Receipt(blocks=(QrBlock(content="x" * 5000),)),
        ],
        ids=["empty", "scale 3", "negative space", "three metres", "too much for a QR code"],
    )
    async def test_a_receipt_that_no_paper_can_hold_is_refused_before_anything_is_sent(self, receipt: Receipt) -> None:
        bench = await self.opened()
        with pytest.raises(ValueError, match=r"."):
            await bench.print(receipt)
        await bench.settle()
        assert bench.papers == []

    @pytest.mark.parametrize("deadline_s", [0.5, 121])
    async def test_a_deadline_out_of_range_is_refused(self, deadline_s: float) -> None:
        bench = await self.opened()
        with pytest.raises(ValueError, match="deadline"):
            await bench.print(deadline_s=deadline_s)

    async def test_nothing_of_a_receipt_is_in_reports_or_in_the_repr_of_anything(self) -> None:
        bench = await self.opened()
        bench.give("cover-open", after_bytes="700")
        report = await bench.print()
        for word in ("刘", "石桥村", "8K3M", "青山县"):
            assert word not in repr(report) + repr(RECEIPT) + repr(bench.printer) + repr(bench.papers)
