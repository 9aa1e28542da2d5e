"""The IPP driver against the reference printer of CUPS."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from drivers.contract.document_printer import PagesReport
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.status import Condition
from drivers.document_printer import ipp_codec, request_codec
from drivers.document_printer.exchange import Exchange
from drivers.document_printer.ipp import IppPrinter, IppSettings
from drivers.document_printer.job_codec import JobState
from drivers.document_printer.message_codec import Group, Tag, attribute
from drivers.document_printer.request_codec import Status, Ticket
from drivers.transport.ipp import ipp_for
from tests.drivers.document_printer.real_printer import RealPrinter, needs_the_real_printer, real_printer
from tests.fakes.hurried_clock import HurriedClock
from tests.fakes.pdf import pdf_of, words_of
from tests.fakes.tcp_proxy import TCP_MANNERS, TcpProxy

pytestmark = needs_the_real_printer

WORDS = ["ONE", "TWO", "THREE"]
DOCUMENT = pdf_of(WORDS)
SETTINGS = IppSettings(poll_s=0.3, patience_s=3.0, answer_deadline_s=5.0)


@dataclass(kw_only=True)
class Bench:
    real: RealPrinter
    printer: IppPrinter
    clock: HurriedClock
    progress: list[int] = field(default_factory=list)

    async def print(self, *, first_page: int = 1) -> PagesReport:
        return await self.printer.print_pages(DOCUMENT, first_page=first_page, deadline_s=300, progress=self.see)

    def see(self, done: int, _: int) -> None:
        self.progress.append(done)
        self.real.let_go(f"seen-{done}")

    async def until_printing(self, page: int) -> None:
        async with asyncio.timeout(10):
            while page not in self.progress:  # noqa: ASYNC110  a callback of the driver, in its own time
                await asyncio.sleep(0.01)

    async def until_cancelled(self) -> None:
        """Return when the printer has been told to cancel its first job, as seen by somebody else."""
        way = ipp_for(self.real.port, device="somebody", clock=self.clock)
        await way.open()
        watching = Exchange(device="somebody", link=way, deadline_s=5, ignores=frozenset())
        async with asyncio.timeout(10):
            reasons: tuple[str, ...] = ()
            while "processing-to-stop-point" not in reasons:
                await asyncio.sleep(0.02)
                job = await watching.job(1)
                reasons = () if job is None else job.reasons
        await way.close()

    async def codes(self) -> list[str]:
        return [symptom.code for symptom in (await self.printer.status()).symptoms]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with real_printer(tmp_path) as real:
        clock = HurriedClock(times=10)
        printer = driver(real.port, clock)
        await printer.open()
        yield Bench(real=real, printer=printer, clock=clock)
        await printer.close()


def driver(port: str, clock: HurriedClock) -> IppPrinter:
    way = ipp_for(port, device="document-printer", clock=clock)
    return IppPrinter(name="document-printer", ipp=way, settings=SETTINGS, clock=clock)


async def test_a_document_comes_out_whole_and_is_followed_page_by_page(bench: Bench) -> None:
    bench.real.will("wait seen-0", "page", "wait seen-1", "page", "wait seen-2", "page", "wait seen-3")
    report = await bench.print()
    assert (report.outcome, report.pages_done, report.pages_total) == (PrintOutcome.DONE, 3, 3)
    assert bench.progress == [0, 1, 2, 3]
    assert bench.real.printed == [DOCUMENT]


async def test_from_a_page_on_only_the_rest_is_sent(bench: Bench) -> None:
    bench.real.will("page", "page")
    report = await bench.print(first_page=2)
    assert (report.outcome, report.pages_done) == (PrintOutcome.DONE, 2)
    assert [words_of(pdf) for pdf in bench.real.printed] == [["TWO", "THREE"]]


@pytest.mark.parametrize("manner", TCP_MANNERS)
async def test_every_manner_of_cable_leads_to_it(bench: Bench, manner: str) -> None:
    bench.real.will("page", "page", "page")
    async with TcpProxy("127.0.0.1", bench.real.number) as cable:
        cable.manner = TCP_MANNERS[manner]()
        printer = driver(f"ipp://127.0.0.1:{cable.port}/ipp/print", bench.clock)
        await printer.open()
        assert (await printer.status()).condition is Condition.READY
        report = await printer.print_pages(DOCUMENT, deadline_s=300, progress=lambda *_: None)
        assert report.outcome is PrintOutcome.DONE
        await printer.close()
    assert bench.real.printed == [DOCUMENT]


async def test_it_says_who_it_is_and_what_it_holds(bench: Bench) -> None:
    status = await bench.printer.status()
    assert (status.condition, status.symptoms) == (Condition.READY, ())
    held = {supply.name: supply.remaining for supply in status.supplies}
    assert held["toner"] == 0.75
    assert held["waste_toner"] == 0.25
    assert 0 < (held["a4_paper"] or 0) <= 1
    identity = await bench.printer.identify()
    assert "Printer" in identity.model
    assert identity.serial.startswith("urn:uuid:")


async def test_an_encrypted_connection_leads_to_it_too(bench: Bench) -> None:
    printer = driver(bench.real.port.replace("ipp:", "ipps:"), bench.clock)
    await printer.open()
    assert (await printer.status()).condition is Condition.READY
    await printer.close()


async def test_no_paper_is_seen_while_it_is_idle_and_nothing_is_sent(bench: Bench) -> None:
    await bench.real.load(5)
    assert await bench.codes() == ["document_printer.paper_low"]
    await bench.real.load(0)
    assert await bench.codes() == ["document_printer.paper_out"]
    report = await bench.print()
    assert (report.outcome, report.pages_done) == (PrintOutcome.NOT_STARTED, 0)
    await bench.real.load(250)
    assert await bench.codes() == []
    assert bench.real.printed == []


async def test_a_job_taken_without_paper_stays_processing_and_is_known_to_come_out_after_the_refill(bench: Bench) -> None:
    await bench.real.load(0)
    way = ipp_for(bench.real.port, device="somebody", clock=bench.clock)
    await way.open()
    earlier = Exchange(device="somebody", link=way, deadline_s=5, ignores=frozenset())
    ticket = Ticket(job_name="zhizhu-of-a-killed-process", media=None, is_one_sided=True)
    _, job = await earlier.print_job(ticket, DOCUMENT, deadline_s=10)
    assert job is not None
    await bench.printer.discard()
    told = await earlier.job(job.number)
    assert told is not None
    assert (told.state, told.reasons) == (JobState.PROCESSING, ("processing-to-stop-point",))
    assert (await bench.print()).outcome is PrintOutcome.NOT_STARTED
    await bench.clock.sleep(8)
    assert await bench.codes() == ["document_printer.job_stuck", "document_printer.paper_out"]
    assert bench.real.printed == []
    await bench.real.load(250)  # the reference printer prints it now, cancelled or not: that is why this is a fault
    async with asyncio.timeout(10):
        while await bench.codes():  # noqa: ASYNC110  what is waited for happens in another process
            await asyncio.sleep(0.05)
    ended = await earlier.job(job.number)
    assert ended is not None
    assert ended.state is JobState.CANCELED
    assert bench.real.printed == [DOCUMENT]  # should this fail one day, the reference printer has been mended
    await way.close()


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("media-jam", "document_printer.jam"),
        ("cover-open", "document_printer.door_open"),
        ("toner-empty", "document_printer.toner_empty"),
        ("marker-waste-full", "document_printer.waste_full"),
    ],
)
async def test_a_stop_in_the_middle_of_a_job_is_partial_once_the_job_has_ended(bench: Bench, reason: str, code: str) -> None:
    bench.real.will("page", f"say STATE: +{reason}", "wait cancelled", f"say STATE: -{reason}", "fail")
    async with asyncio.TaskGroup() as tasks:
        printing = tasks.create_task(bench.print())
        await bench.until_printing(1)
        await bench.until_cancelled()
        bench.real.let_go("cancelled")
    report = printing.result()
    assert (report.outcome, report.pages_done) == (PrintOutcome.PARTIAL, 1)
    assert code in report.evidence
    assert bench.real.printed == []
    assert await bench.codes() == []


async def test_a_job_that_fails_is_never_taken_for_done(bench: Bench) -> None:
    bench.real.will("page", "page", "fail")
    report = await bench.print()
    assert report.outcome in {PrintOutcome.PARTIAL, PrintOutcome.UNKNOWN}


async def test_a_printer_busy_with_somebody_elses_job_is_asked_until_it_is_free(bench: Bench) -> None:
    bench.real.will("wait free", "page", "page", "page")
    theirs = await job_of_somebody_else(bench)
    async with asyncio.TaskGroup() as tasks:
        printing = tasks.create_task(bench.print())
        await asyncio.sleep(0.2)
        assert not printing.done()
        bench.real.let_go("free")
    report = printing.result()
    assert (report.outcome, report.pages_done) == (PrintOutcome.DONE, 3)
    assert "0x0507" in report.evidence
    assert bench.real.printed == [theirs, DOCUMENT]  # and theirs was left alone


async def job_of_somebody_else(bench: Bench) -> bytes:
    pdf = pdf_of(["SOMEBODY ELSE"])
    asked = request_codec.print_job(Ticket(job_name="letter", media=None, is_one_sided=True))
    message = request_codec.request(asked, uri=bench.real.port, request_id=1, document=pdf)
    first, *rest = message.groups
    renamed = tuple(
        attribute(each.name, Tag.NAME, "somebody") if each.name == "requesting-user-name" else each for each in first.attributes
    )
    way = ipp_for(bench.real.port, device="somebody", clock=bench.clock)
    await way.open()
    whole = replace(message, groups=(Group(first.delimiter, renamed), *rest))
    answer = ipp_codec.decode(await way.exchange(ipp_codec.encode(whole), deadline_s=10))
    await way.close()
    assert answer.code == Status.OK
    return pdf


async def test_a_cancelled_print_is_cancelled_in_the_printer(bench: Bench) -> None:
    bench.real.will("page", "wait cancelled", "fail")
    printing = asyncio.create_task(bench.print())
    await bench.until_printing(1)
    printing.cancel()
    bench.real.let_go("cancelled")
    with contextlib.suppress(asyncio.CancelledError):
        await printing
    assert printing.cancelled()
    bench.real.will("page", "page", "page")
    assert (await bench.print()).outcome is PrintOutcome.DONE
    assert bench.real.printed == [DOCUMENT]
