"""What only the IPP driver does: printers that count less, doubtful answers, settings, its own catalogue line."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from drivers.catalog import create
from drivers.contract.document_printer import PagesReport
from drivers.contract.fault import Severity
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.status import Condition
from drivers.document_printer.ipp import IppPrinter, IppSettings
from drivers.document_printer.reasons import DEGRADED_CODES, DocumentPrinterCode
from drivers.document_printer.simulated import SimulatedDocumentPrinter
from drivers.document_printer.simulated_works import Sheet
from drivers.transport.ipp import ipp_for
from kiosk.upkeep.fault_catalogue import load_catalogue
from tests.fakes.hurried_clock import HurriedClock
from tests.fakes.pdf import pdf_of, words_of
from tests.fakes.tcp_proxy import TcpProxy, delayed, whole

WORDS = ["ONE", "TWO", "THREE"]
DOCUMENT = pdf_of(WORDS)
PAGE_S = 0.03


class Bench:
    def __init__(self, far_end: SimulatedDocumentPrinter, sheets: list[Sheet], cable: TcpProxy, settings: IppSettings) -> None:
        self.far_end = far_end
        self.sheets = sheets
        self.cable = cable
        self.clock = HurriedClock()
        way = ipp_for(f"ipp://127.0.0.1:{cable.port}/ipp/print", device="document-printer", clock=self.clock)
        self.printer = IppPrinter(name="document-printer", ipp=way, settings=settings, clock=self.clock)

    def give(self, fault: str, **options: str) -> None:
        self.far_end.give(fault, options, now_s=asyncio.get_running_loop().time())

    def clear(self) -> None:
        self.far_end.clear(None, now_s=asyncio.get_running_loop().time())

    async def print(self) -> PagesReport:
        return await self.printer.print_pages(DOCUMENT, deadline_s=120, progress=lambda *_: None)

    @property
    def words(self) -> list[str]:
        return [word for sheet in self.sheets for word in words_of(sheet.pdf)]


@contextlib.asynccontextmanager
async def bench(*, counts_pages: bool = True, has_counter: bool = True, **settings: object) -> AsyncIterator[Bench]:
    sheets: list[Sheet] = []
    far_end = SimulatedDocumentPrinter(
        on_sheet=sheets.append, page_s=PAGE_S, counts_pages=counts_pages, has_counter=has_counter, name="sim"
    )
    await far_end.plug()
    chosen = IppSettings.model_validate({"poll_s": 0.2, "patience_s": 2.0, "stall_s": 5.0, **settings})
    async with TcpProxy("127.0.0.1", urlsplit(far_end.port).port or 0) as cable:
        made = Bench(far_end, sheets, cable, chosen)
        await made.printer.open()
        try:
            yield made
        finally:
            await made.printer.close()
            await far_end.dispose()


@pytest.mark.parametrize("counts_pages", [True, False])
@pytest.mark.parametrize("has_counter", [True, False])
async def test_a_printer_that_counts_little_is_believed_when_it_says_completed(counts_pages: bool, has_counter: bool) -> None:
    async with bench(counts_pages=counts_pages, has_counter=has_counter) as made:
        report = await made.print()
        assert (report.outcome, report.pages_done, made.words) == (PrintOutcome.DONE, 3, WORDS)
        assert (made.printer._counts_pages is True) is counts_pages


async def test_a_stop_of_a_printer_with_a_counter_alone_is_known_from_the_counter() -> None:
    async with bench(counts_pages=False) as made:
        made.give("jam", after_pages="2")
        report = await made.print()
        assert (report.outcome, report.pages_done) == (PrintOutcome.PARTIAL, 2)


async def test_a_stop_of_a_printer_that_counts_nothing_is_unknown() -> None:
    async with bench(counts_pages=False, has_counter=False) as made:
        made.give("jam", after_pages="2")
        report = await made.print()
        assert (report.outcome, report.pages_done) == (PrintOutcome.UNKNOWN, None)
        made.clear()
        await asyncio.sleep(2 * PAGE_S)
        assert made.words == WORDS[:2]


async def test_witnesses_that_contradict_each_other_leave_it_unknown() -> None:
    async with bench() as made:
        made.give("counter-stands")
        made.give("jam", after_pages="2")
        report = await made.print()
        assert (report.outcome, report.pages_done) == (PrintOutcome.UNKNOWN, None)


async def test_a_counter_that_stands_is_not_believed_until_the_settings_say_so() -> None:
    async with bench() as made:
        made.give("counter-stands")
        assert (await made.print()).outcome is PrintOutcome.UNKNOWN
    async with bench(checks_counter=False) as made:
        made.give("counter-stands")
        assert (await made.print()).outcome is PrintOutcome.DONE


async def test_an_answer_lost_behind_the_document_is_found_by_the_jobs_name() -> None:
    async with bench() as made:
        printing = asyncio.create_task(made.print())
        made.cable.carry_to_client(delayed(0.02))
        async with asyncio.timeout(5):
            while made.far_end.holding()["任务"] == "0 个":  # noqa: ASYNC110  the far end works in its own time
                await asyncio.sleep(0.001)
        made.cable.cut()  # the printer has the job, and its answer is still on the way
        made.cable.manner = whole()
        report = await printing
        assert "Print-Job: " in report.evidence
        assert (report.outcome, made.words) == (PrintOutcome.DONE, WORDS)


async def test_a_reason_named_in_the_settings_stops_nothing() -> None:
    async with bench(ignored_reasons=["toner-empty", "marker-supply-empty"]) as made:
        made.give("toner-low")
        assert (await made.printer.status()).condition is Condition.DEGRADED
    async with bench(ignored_reasons=["toner-low"]) as made:
        made.give("toner-low")
        status = await made.printer.status()
        assert status.condition is Condition.READY
        assert "toner-low" in status.evidence


async def test_a_printer_without_pdf_is_open_and_says_so() -> None:
    async with bench() as made:
        made.give("no-pdf")
        await made.printer.open()
        assert [symptom.code for symptom in (await made.printer.status()).symptoms] == ["document_printer.no_pdf"]
        assert (await made.print()).outcome is PrintOutcome.NOT_STARTED


async def test_jobs_bear_a_random_name_and_the_kiosks_own() -> None:
    async with bench() as made:
        await made.print()
        await made.print()
        names = [(job.name, job.user) for job in made.far_end._works.jobs]
        assert len({name for name, _ in names}) == 2
        assert all(name.startswith("zhizhu-") and user == "zhizhu" for name, user in names)


def test_every_code_of_the_driver_has_its_words_and_its_weight() -> None:
    catalogue = load_catalogue()
    for code in DocumentPrinterCode:
        entry = catalogue.find(code)
        assert entry is not None, code
        assert (entry.severity is Severity.DEGRADED) == (code in DEGRADED_CODES), code


def test_the_catalogue_makes_one_from_its_port() -> None:
    device = create(
        "document_printer/ipp", name="document-printer", port="ipp://10.0.0.9", settings={"patience_s": 30}, clock=HurriedClock()
    )
    assert isinstance(device, IppPrinter)


@pytest.mark.parametrize(
    "wrong",
    [{"patience_s": 0}, {"poll_s": 60}, {"answer_deadline_s": 0.01}, {"stall_s": 1}, {"media": "A4 paper"}, {"password": "x"}],
)
def test_settings_out_of_bounds_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        IppSettings.model_validate(wrong)
