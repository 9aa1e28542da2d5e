"""What every document printer's driver must do, over its own far end and every manner of a network cable.

A driver's test module derives from ``DocumentPrinterContract`` and says how to make the driver and its far end; pytest
collects the rest. Everything runs over real sockets; the clock is hurried.
"""

import asyncio
import contextlib
import itertools
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind
from drivers.contract.document_printer import DocumentPrinter, PagesReport
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, UnreachableError
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.status import Condition, DeviceStatus
from drivers.document_printer.simulated_works import Sheet
from drivers.transport.far_end import ServedFarEnd
from tests.fakes.hurried_clock import HurriedClock
from tests.fakes.pdf import pdf_of, words_of
from tests.fakes.tcp_proxy import TCP_MANNERS, TcpProxy, black_hole, cut_after, refuse, whole

PAGES = 4
SLICES = 5
CUTS = 12
WORDS = [f"STONEBRIDGE-{page}" for page in range(1, PAGES + 1)]
DOCUMENT = pdf_of(WORDS)
NEXT_WORDS = ["NEXT-1", "NEXT-2"]
NEXT_VILLAGER = pdf_of(NEXT_WORDS)

PAGE_S = 0.03
"""Real seconds a page of the far end takes; 0.3 s of the hurried clock."""

STOPS = {
    "paper-out": "document_printer.paper_out",
    "jam": "document_printer.jam",
    "door-open": "document_printer.door_open",
    "toner-empty": "document_printer.toner_empty",
    "waste-full": "document_printer.waste_full",
    "paused": "document_printer.paused",
    "unknown-reason": "document_printer.stopped",
}
"""Faults that stop a printer and that it names, and the code each becomes."""

WARNINGS = {"paper-low": "document_printer.paper_low", "toner-low": "document_printer.toner_low"}


@dataclass(kw_only=True)
class Bench:
    clock: HurriedClock
    far_end: ServedFarEnd
    cable: TcpProxy
    printer: DocumentPrinter
    port: str
    sheets: list[Sheet]
    progress: list[tuple[int, int]] = field(default_factory=list)

    def give(self, fault: str, **options: str) -> None:
        self.far_end.give(fault, options, now_s=asyncio.get_running_loop().time())

    def clear(self, fault: str | None = None) -> None:
        self.far_end.clear(fault, now_s=asyncio.get_running_loop().time())

    def see(self, done: int, total: int) -> None:
        self.progress.append((done, total))

    async def print(self, pdf: bytes = DOCUMENT, *, first_page: int = 1, deadline_s: float = 120) -> PagesReport:
        return await self.printer.print_pages(pdf, first_page=first_page, deadline_s=deadline_s, progress=self.see)

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

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not is_so():  # noqa: ASYNC110  what is waited for happens in a far end that knows nothing of tests
                await asyncio.sleep(0.002)

    async def settle(self) -> None:
        """Let the printer work off whatever it still holds."""
        await self.until(lambda: self.far_end.holding()["任务"] == "0 个")
        await asyncio.sleep(2 * PAGE_S)  # time for a page that must not come

    @property
    def words(self) -> list[str]:
        """What lies in the tray."""
        return [word for sheet in self.sheets for word in words_of(sheet.pdf)]

    async def next_villager_gets_only_what_is_theirs(self) -> None:
        lying = len(self.sheets)
        assert (await self.print(NEXT_VILLAGER)).outcome is PrintOutcome.DONE
        await self.settle()
        assert self.words[lying:] == NEXT_WORDS


class DocumentPrinterContract(ABC):
    @abstractmethod
    def far_end(self, on_sheet: Callable[[Sheet], None], page_s: float) -> ServedFarEnd: ...

    @abstractmethod
    def driver(self, port: str, clock: Clock, *, is_hasty: bool = False) -> DocumentPrinter:
        """``is_hasty``: with the shortest deadlines the settings allow, where silence itself is tested."""

    @contextlib.asynccontextmanager
    async def bench(self, *, manner: str = "whole", is_hasty: bool = False, page_s: float = PAGE_S) -> AsyncIterator[Bench]:
        sheets: list[Sheet] = []
        clock, far_end = HurriedClock(), self.far_end(sheets.append, page_s)
        await far_end.plug()
        parts = urlsplit(far_end.port)
        async with TcpProxy(parts.hostname or "", parts.port or 0) as cable:
            cable.manner = TCP_MANNERS[manner]()
            port = parts._replace(netloc=f"127.0.0.1:{cable.port}").geturl()
            printer = self.driver(port, clock, is_hasty=is_hasty)
            try:
                yield Bench(clock=clock, far_end=far_end, cable=cable, printer=printer, port=port, sheets=sheets)
            finally:
                await printer.close()
                await far_end.dispose()

    @contextlib.asynccontextmanager
    async def opened(self, *, manner: str = "whole", is_hasty: bool = False, page_s: float = PAGE_S) -> AsyncIterator[Bench]:
        async with self.bench(manner=manner, is_hasty=is_hasty, page_s=page_s) as bench:
            await bench.printer.open()
            yield bench

    @pytest.mark.parametrize("manner", TCP_MANNERS)
    async def test_a_document_comes_out_once_whole_and_in_order(self, manner: str) -> None:
        async with self.opened(manner=manner) as bench:
            report = await bench.print()
            await bench.settle()
            assert (report.outcome, report.pages_done, report.pages_total) == (PrintOutcome.DONE, PAGES, PAGES)
            assert bench.words == WORDS
            assert bench.progress[0] == (0, PAGES)
            assert bench.progress[-1] == (PAGES, PAGES)
            assert bench.progress == sorted(set(bench.progress))

    async def test_progress_is_told_while_pages_still_come(self) -> None:
        async with self.opened(page_s=0.1) as bench:
            await bench.print()
            assert {done for done, _ in bench.progress} - {0, PAGES}

    async def test_from_a_page_on_only_the_rest_comes_out(self) -> None:
        async with self.opened() as bench:
            report = await bench.print(first_page=3)
            assert (report.outcome, report.pages_done, report.pages_total) == (PrintOutcome.DONE, 2, 2)
            assert bench.words == WORDS[2:]

    @pytest.mark.parametrize("manner", TCP_MANNERS)
    async def test_an_idle_printer_is_ready_and_tells_what_it_holds(self, manner: str) -> None:
        async with self.opened(manner=manner) as bench:
            status = await bench.printer.status()
            assert (status.condition, status.device, status.symptoms) == (Condition.READY, bench.printer.name, ())
            assert bench.printer.kind is DeviceKind.DOCUMENT_PRINTER
            supplies = {supply.name: supply for supply in status.supplies}
            assert {"a4_paper", "toner"} <= set(supplies)
            assert supplies["a4_paper"].remaining == 1.0
            assert not any(supply.is_low for supply in status.supplies)
            assert (await bench.printer.identify()).model

    async def test_the_page_counter_is_measured(self) -> None:
        async with self.opened() as bench:
            [before] = (await bench.printer.status()).measurements
            await bench.print()
            [after] = (await bench.printer.status()).measurements
            assert (after.name, after.unit, after.value - before.value) == ("printed_pages", "", PAGES)

    async def test_every_reason_to_stop_is_told_apart(self) -> None:
        async with self.opened() as bench:
            for fault, code in STOPS.items():
                bench.give(fault)
                status = await bench.printer.status()
                assert status.condition is Condition.FAILED
                assert [symptom.code for symptom in status.symptoms] == [code]
                bench.clear(fault)
                assert (await bench.printer.status()).condition is Condition.READY

    @pytest.mark.parametrize("fault", WARNINGS)
    async def test_what_nears_its_end_is_told_and_still_printed_with(self, fault: str) -> None:
        async with self.opened() as bench:
            bench.give(fault)
            status = await bench.printer.status()
            assert (status.condition, [symptom.code for symptom in status.symptoms]) == (Condition.DEGRADED, [WARNINGS[fault]])
            assert sum(supply.is_low for supply in status.supplies) == 1
            assert (await bench.print()).outcome is PrintOutcome.DONE

    @pytest.mark.parametrize("fault", STOPS)
    async def test_nothing_is_sent_to_a_printer_that_is_not_ready(self, fault: str) -> None:
        async with self.opened() as bench:
            bench.give(fault)
            report = await bench.print()
            bench.clear(fault)
            await bench.settle()
            assert (report.outcome, report.pages_done, bench.sheets) == (PrintOutcome.NOT_STARTED, 0, [])
            assert STOPS[fault] in report.evidence

    @pytest.mark.parametrize(
        ("fault", "page"),
        [*itertools.product(["paper-out", "jam"], range(1, PAGES)), ("door-open", 2), ("paused", 3), ("unknown-reason", 1)],
    )
    async def test_a_stop_after_any_page_is_partial_and_the_rest_can_be_printed_later(self, fault: str, page: int) -> None:
        async with self.opened() as bench:
            bench.give(fault, after_pages=str(page))
            stopped = await bench.print()
            assert (stopped.outcome, stopped.pages_done, stopped.pages_total) == (PrintOutcome.PARTIAL, page, PAGES)
            assert STOPS[fault] in stopped.evidence
            bench.clear(fault)
            await bench.until_well()
            await bench.settle()
            assert bench.words == WORDS[:page]  # the refill brings nothing out
            assert (await bench.print(first_page=page + 1)).outcome is PrintOutcome.DONE
            await bench.settle()
            assert bench.words == WORDS

    async def test_a_stop_that_is_ended_in_time_is_waited_for_and_one_copy_comes_out(self) -> None:
        async with self.opened() as bench:
            bench.give("paper-out", after_pages="2")
            async with asyncio.TaskGroup() as tasks:
                printing = tasks.create_task(bench.print())
                await bench.until(lambda: len(bench.sheets) == 2)
                await bench.clock.sleep(0.5)
                bench.clear("paper-out")
            assert printing.result().outcome is PrintOutcome.DONE
            assert bench.words == WORDS

    @pytest.mark.parametrize("part", range(SLICES))
    async def test_a_cable_pulled_mid_print_is_unknown_and_nothing_is_printed_late(self, part: int) -> None:
        async with self.opened() as bench:
            async with asyncio.TaskGroup() as tasks:
                printing = tasks.create_task(bench.print())
                await bench.until(lambda: bool(bench.progress))
                await asyncio.sleep(PAGES * PAGE_S * (part + 0.3) / SLICES)
                assert not printing.done()
                await bench.cable.stop()
            assert printing.result().outcome is PrintOutcome.UNKNOWN
            assert printing.result().pages_done is None
            await bench.cable.start()
            await bench.until_well()
            await bench.settle()
            assert bench.words == WORDS[: len(bench.sheets)]
            await bench.next_villager_gets_only_what_is_theirs()

    async def test_a_cable_pulled_while_the_paper_is_out_leaves_nothing_for_the_refill(self) -> None:
        async with self.opened() as bench:
            bench.give("paper-out", after_pages="1")
            async with asyncio.TaskGroup() as tasks:
                printing = tasks.create_task(bench.print())
                await bench.until(lambda: len(bench.sheets) == 1)
                await bench.far_end.unplug()
            assert printing.result().outcome is PrintOutcome.UNKNOWN
            with pytest.raises(UnreachableError):
                await bench.printer.discard()
            await bench.far_end.plug()
            await bench.printer.open()
            bench.clear()
            await bench.settle()
            assert bench.words == WORDS[:1]
            await bench.next_villager_gets_only_what_is_theirs()

    @pytest.mark.parametrize("part", range(CUTS))
    @pytest.mark.parametrize("way", ["to_client", "to_upstream"])
    async def test_a_connection_cut_anywhere_has_one_honest_outcome(self, way: str, part: int) -> None:
        async with self.bench() as bench:
            # Opening and the first questions take some 3 kB up and 4 kB down, the document 2 kB more.
            at_bytes = part * 9000 // CUTS
            carry = bench.cable.carry_to_client if way == "to_client" else bench.cable.carry_to_upstream
            carry(cut_after(at_bytes))
            with contextlib.suppress(UnreachableError):
                await bench.printer.open()
                report = await bench.print()
                assert report.outcome is not PrintOutcome.DONE or bench.words == WORDS
                assert report.outcome is not PrintOutcome.NOT_STARTED or bench.words == []
            bench.cable.manner = whole()
            await bench.printer.open()
            await bench.until_well()
            await bench.settle()
            assert bench.words == WORDS[: len(bench.sheets)]
            await bench.next_villager_gets_only_what_is_theirs()

    @pytest.mark.parametrize("page", range(PAGES))
    async def test_power_lost_mid_print_is_never_taken_for_done(self, page: int) -> None:
        async with self.opened() as bench:
            async with asyncio.TaskGroup() as tasks:
                printing = tasks.create_task(bench.print())
                await bench.until(lambda: len(bench.sheets) == page and bool(bench.progress))
                await asyncio.sleep(PAGE_S / 2)
                bench.give("power-cycle", seconds="0.3")
            assert printing.result().outcome is PrintOutcome.UNKNOWN
            await bench.until_well()
            await bench.settle()
            assert bench.words == WORDS[: len(bench.sheets)]
            await bench.next_villager_gets_only_what_is_theirs()

    async def test_silence_is_unknown_never_done_and_never_out_of_paper(self) -> None:
        async with self.opened(is_hasty=True) as bench:
            bench.give("silent", after_pages="1")
            report = await bench.print()
            assert (report.outcome, report.pages_done) == (PrintOutcome.UNKNOWN, None)
            with pytest.raises(DeadlineError):
                await bench.printer.status()

    async def test_a_half_open_connection_is_silence(self) -> None:
        async with self.opened(is_hasty=True) as bench:
            async with asyncio.TaskGroup() as tasks:
                printing = tasks.create_task(bench.print())
                await bench.until(lambda: len(bench.sheets) == 1)
                bench.cable.manner = black_hole()
            assert printing.result().outcome is PrintOutcome.UNKNOWN
            bench.cable.manner = whole()
            await bench.until_well()
            await bench.next_villager_gets_only_what_is_theirs()

    async def test_a_printer_that_was_silent_from_the_start_was_sent_nothing(self) -> None:
        async with self.opened(is_hasty=True) as bench:
            bench.give("silent")
            report = await bench.print()
            assert (report.outcome, report.pages_done) == (PrintOutcome.NOT_STARTED, 0)

    async def test_a_printer_that_says_all_is_well_and_prints_nothing_is_caught(self) -> None:
        async with self.opened() as bench:
            bench.give("says-done", after_pages="2")
            report = await bench.print()
            assert report.outcome is PrintOutcome.UNKNOWN
            assert "counter" in report.evidence

    @pytest.mark.parametrize("layer", ["ipp", "http"])
    async def test_nonsense_is_a_protocol_error_and_no_reading(self, layer: str) -> None:
        async with self.opened() as bench:
            bench.give("garbage", layer=layer)
            with pytest.raises(ProtocolError):
                await bench.printer.status()
            assert (await bench.print()).outcome is PrintOutcome.NOT_STARTED
            bench.clear()
            assert (await bench.until_well()).condition is Condition.READY

    async def test_an_answer_without_end_is_cut_short(self) -> None:
        async with self.opened() as bench:
            bench.give("endless")
            with pytest.raises((ProtocolError, DeadlineError)):
                await bench.printer.status()
            bench.clear()
            await bench.next_villager_gets_only_what_is_theirs()

    async def test_nobody_at_the_other_end_is_told_at_opening(self) -> None:
        async with self.bench(is_hasty=True) as bench:
            bench.cable.manner = black_hole()
            with pytest.raises(DeadlineError):
                await bench.printer.open()
            bench.cable.manner = refuse()
            with pytest.raises(UnreachableError):
                await bench.printer.open()
            await bench.cable.stop()
            with pytest.raises(UnreachableError):
                await bench.printer.open()
            with pytest.raises(UnreachableError):
                await bench.printer.status()

    async def test_a_busy_printer_is_asked_again_until_it_takes_the_job(self) -> None:
        async with self.opened() as bench:
            bench.give("busy", seconds="0.3")
            assert (await bench.print()).outcome is PrintOutcome.DONE
            assert bench.words == WORDS

    async def test_a_printer_that_stays_busy_is_given_up_at_the_deadline(self) -> None:
        async with self.opened() as bench:
            bench.give("busy", seconds="60")
            report = await bench.print(deadline_s=5)
            assert (report.outcome, report.pages_done) == (PrintOutcome.NOT_STARTED, 0)
            assert "0x0507" in report.evidence

    async def test_a_printer_that_takes_the_job_and_prints_nothing_is_given_up(self) -> None:
        async with self.opened() as bench:
            bench.give("never-prints")
            report = await bench.print()
            assert (report.outcome, report.pages_done) == (PrintOutcome.NOT_STARTED, 0)
            bench.clear()
            await bench.settle()
            assert bench.sheets == []

    @pytest.mark.parametrize("fault", ["aborts", "cancelled-at-panel"])
    async def test_a_job_that_the_printer_ends_is_partial(self, fault: str) -> None:
        async with self.opened() as bench:
            bench.give(fault, after_pages="3")
            report = await bench.print()
            assert (report.outcome, report.pages_done, bench.words) == (PrintOutcome.PARTIAL, 3, WORDS[:3])

    async def test_a_deadline_that_passes_ends_the_job_with_the_page_underway(self) -> None:
        async with self.opened(page_s=0.2) as bench:
            report = await bench.print(deadline_s=5)
            assert report.outcome is PrintOutcome.PARTIAL
            assert bench.words == WORDS[: report.pages_done]
            await bench.settle()
            assert bench.words == WORDS[: report.pages_done]

    async def test_a_job_that_does_not_end_when_cancelled_is_a_fault_of_its_own(self) -> None:
        async with self.opened() as bench:
            bench.give("ignores-cancel")
            bench.give("paper-out", after_pages="1")
            assert (await bench.print()).outcome is PrintOutcome.UNKNOWN
            assert (await bench.print(NEXT_VILLAGER)).outcome is PrintOutcome.NOT_STARTED
            await bench.clock.sleep(8)
            codes = [symptom.code for symptom in (await bench.printer.status()).symptoms]
            assert codes == ["document_printer.job_stuck", "document_printer.paper_out"]
            bench.clear("ignores-cancel")
            await bench.printer.reset()
            bench.clear("paper-out")
            assert (await bench.until_well()).symptoms == ()
            assert bench.words == WORDS[:1]
            await bench.next_villager_gets_only_what_is_theirs()

    async def test_a_paused_printer_is_woken_by_a_reset(self) -> None:
        async with self.opened() as bench:
            bench.give("paused")
            assert (await bench.printer.status()).condition is Condition.FAILED
            await bench.printer.reset()
            assert (await bench.printer.status()).condition is Condition.READY

    async def test_status_during_a_print_says_busy_at_once_and_leaves_the_cable_alone(self) -> None:
        async with self.opened() as bench:
            async with asyncio.TaskGroup() as tasks:
                printing = tasks.create_task(bench.print())
                await bench.until(lambda: bool(bench.sheets))
                asked = bench.cable.connections
                assert (await bench.printer.status()).condition is Condition.BUSY
                assert bench.cable.connections == asked
            assert printing.result().outcome is PrintOutcome.DONE

    async def test_a_printer_that_stops_in_a_print_is_told_while_it_is_waited_for(self) -> None:
        async with self.opened() as bench:
            bench.give("paper-out", after_pages="1")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(bench.print())
                codes: set[str] = set()
                while not codes:
                    await bench.clock.sleep(0.1)
                    codes = {symptom.code for symptom in (await bench.printer.status()).symptoms}
                assert codes == {"document_printer.paper_out"}
                assert (await bench.printer.status()).condition is Condition.BUSY
                bench.clear()

    @pytest.mark.parametrize("part", range(SLICES))
    async def test_a_cancelled_print_leaves_nothing_to_come_out_later(self, part: int) -> None:
        async with self.opened() as bench:
            printing = asyncio.create_task(bench.print())
            await bench.until(lambda: bool(bench.progress))
            await asyncio.sleep(PAGES * PAGE_S * part / SLICES)
            printing.cancel()
            with pytest.raises(asyncio.CancelledError):
                await printing
            out_by_now = len(bench.sheets)
            await bench.settle()
            assert len(bench.sheets) == out_by_now
            await bench.next_villager_gets_only_what_is_theirs()

    async def test_a_cancelled_status_leaves_the_printer_usable(self) -> None:
        async with self.opened(manner="delayed") as bench:
            asking = asyncio.create_task(bench.printer.status())
            await asyncio.sleep(0.01)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert (await bench.printer.status()).condition is Condition.READY

    async def test_two_prints_at_once_come_out_one_after_the_other(self) -> None:
        async with self.opened() as bench, asyncio.TaskGroup() as tasks:
            tasks.create_task(bench.print())
            await bench.until(lambda: bool(bench.progress))
            await tasks.create_task(bench.print(NEXT_VILLAGER))
            assert bench.words == [*WORDS, *NEXT_WORDS]

    async def test_discarding_empties_the_queue_and_may_be_done_at_any_time(self) -> None:
        async with self.opened() as bench:
            await bench.printer.discard()
            await bench.printer.discard()
            assert (await bench.printer.status()).condition is Condition.READY
            await bench.cable.stop()
            with pytest.raises(UnreachableError):
                await bench.printer.discard()

    async def test_what_a_killed_process_left_in_the_printer_never_comes_out(self) -> None:
        async with self.opened() as bench:
            bench.give("paper-out", after_pages="1")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(bench.print())
                await bench.until(lambda: len(bench.sheets) == 1)
                await bench.cable.stop()  # a driver without its cable is as good as killed: it can cancel nothing
            await bench.cable.start()
            successor = self.driver(bench.port, bench.clock)
            await successor.open()
            bench.clear()
            await bench.settle()
            assert bench.words == WORDS[:1]
            await successor.close()

    async def test_closing_twice_is_fine_and_a_closed_printer_is_unreachable(self) -> None:
        async with self.opened() as bench:
            await bench.printer.close()
            await bench.printer.close()
            with pytest.raises(UnreachableError):
                await bench.printer.status()
            assert (await bench.print()).outcome is PrintOutcome.NOT_STARTED
            await bench.printer.open()
            assert (await bench.print()).outcome is PrintOutcome.DONE

    async def test_closing_during_a_print_ends_it_as_unknown(self) -> None:
        async with self.opened() as bench:
            async with asyncio.TaskGroup() as tasks:
                printing = tasks.create_task(bench.print())
                await bench.until(lambda: bool(bench.sheets))
                await bench.printer.close()
            assert printing.result().outcome is PrintOutcome.UNKNOWN

    @pytest.mark.parametrize(
        ("pdf", "first_page"),
        [
            (b"", 1),
            (b"no pdf at all", 1),
            (b"%PDF-1.7\ncut off", 1),
            (DOCUMENT, 0),
            (DOCUMENT, PAGES + 1),
            (pdf_of(["x"] * 51), 1),
            (pdf_of(["x"], filling=20_000_000), 1),
        ],
        ids=["nothing", "text", "torn", "page 0", "page 5 of 4", "51 pages", "20 MB"],
    )
    async def test_what_cannot_be_printed_is_refused_before_anything_is_sent(self, pdf: bytes, first_page: int) -> None:
        async with self.opened() as bench:
            asked = bench.cable.connections
            with pytest.raises(ValueError, match=r"."):
                await bench.print(pdf, first_page=first_page)
            assert (bench.cable.connections, bench.progress) == (asked, [])

    @pytest.mark.parametrize("deadline_s", [4.9, 601])
    async def test_a_deadline_out_of_range_is_refused(self, deadline_s: float) -> None:
        async with self.opened() as bench:
            with pytest.raises(ValueError, match="deadline"):
                await bench.print(deadline_s=deadline_s)

    async def test_nothing_of_a_document_is_in_reports_or_in_the_repr_of_anything(self) -> None:
        async with self.opened() as bench:
            bench.give("door-open", after_pages="1")
            report = await bench.print()
            for word in itertools.chain(WORDS, ["STONEBRIDGE", "%PDF"]):
                assert word not in repr(report) + repr(bench.printer) + repr(bench.sheets) + repr(bench.far_end)
