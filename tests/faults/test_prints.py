"""Prints that nobody can vouch for: A4 that stops between pages, cables pulled, power lost, silence, lies, and kill -9."""

import asyncio
import io
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from drivers.document_printer.simulated import SimulatedDocumentPrinter
from drivers.receipt_printer import escpos
from drivers.rig.equipment import Choice
from kiosk.display.vocabulary.intent import GoHome, PaperSeen, PrintRest, Proceed
from kiosk.display.vocabulary.view import MatterState, PrinterWaits, PrintQuestion, Trouble, TroubleKind
from kiosk.services.catalogue import SHIPPED
from tests.faults.paper import (
    IN_FLEET_S,
    PRINTER,
    answer,
    answer_by_the_table,
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
from tests.system.ledger import PrintRow
from tests.whole.kiosk import TOKEN, WholeKiosk, whole_kiosk
from tests.whole.process import KioskProcess, kiosk_process

pytestmark = [pytest.mark.usefixtures("clean_log"), pytest.mark.timeout(150)]

A4 = "document-printer"
CERTIFICATE = "insurance_certificate"
PAGES = 3
PAGE_S = 0.3
FAST_A4 = Choice(page_s=PAGE_S)
SHORT_PATIENCE = {A4: {"patience_s": 2.0}}
"""Seconds a stopped A4 printer is waited for; 20 in a village."""
STYLE_BYTES = 50
"""At most: what sets a printer up anew, and moves nothing."""
LATE_S = 1.0
"""Longer than three A4 pages take here, and half a receipt: what would come out late has come by then."""


def a4(kiosk: WholeKiosk) -> SimulatedDocumentPrinter:
    printer = kiosk.bench.device(A4)
    assert isinstance(printer, SimulatedDocumentPrinter)
    return printer


def sheets(kiosk: WholeKiosk) -> list[bytes]:
    """What is on every A4 sheet that came out, as dots, oldest first."""
    folder = kiosk.bench.sheets.folder
    return [Image.open(folder / kept.png).convert("RGB").tobytes() for kept in kiosk.bench.sheets.kept]


async def genuine(kiosk: WholeKiosk, key: str) -> list[bytes]:
    """The sheets of the document that is valid now, as the platform draws them."""
    answered = await kiosk.platform.get(f"/applications/{key}/sheets", headers={"Authorization": f"Bearer {TOKEN}"})
    pages = PdfReader(io.BytesIO(answered.content)).pages
    pictures = [max((each.image for each in page.images if each.image), key=lambda image: image.width) for page in pages]
    return [picture.convert("RGB").tobytes() for picture in pictures]


async def stop_after(kiosk: WholeKiosk, row: Row, pages: int, *, manner: str) -> None:
    """The A4 tray is empty after so many pages of a certificate."""
    since = len(kiosk.ear.heard)
    await kiosk.walk_to("confirm", service=CERTIFICATE)
    kiosk.give(A4, "paper-out", after_pages=str(pages))
    kiosk.touch(Proceed())
    await begun(kiosk, A4)
    row.injected(f"{A4} paper-out after_pages=1..{PAGES}, {manner}")
    heard = await kiosk.ear.fault("document_printer.paper_out", since=since)
    assert row.seen(heard.at_s) < IN_FLEET_S  # also while it is being waited for


async def refill(kiosk: WholeKiosk, row: Row, since: int) -> None:
    row.mended()
    kiosk.clear(A4)
    await kiosk.ear.cleared("document_printer.paper_out", since=since)
    await ready_again(kiosk)
    row.healed()


@pytest.mark.fault("F03")
async def test_of_a_certificate_that_stopped_only_the_missing_pages_are_printed(folder: Path, broker_port: int, row: Row) -> None:
    async with whole_kiosk(folder, broker_port=broker_port, choice=FAST_A4, settings=SHORT_PATIENCE) as kiosk:
        for out in range(1, PAGES + 1):
            since, before = len(kiosk.ear.heard), len(sheets(kiosk))
            await stop_after(kiosk, row, out, manner="may be continued")
            if out < PAGES:
                await kiosk.page("print_question")
                assert (shown(kiosk, PrintQuestion).pages_done, shown(kiosk, PrintQuestion).pages) == (out, PAGES)
                await answer(kiosk, PaperSeen.PART)
                assert shown(kiosk, PrinterWaits).can_print_rest
                await refill(kiosk, row, since)
                assert len(sheets(kiosk)) - before == out  # nothing came by itself
                kiosk.touch(PrintRest())
            await kiosk.page("take_receipt")
            kiosk.clear(A4)
            key = prints(kiosk)[-1].key
            assert sheets(kiosk)[before:] == await genuine(kiosk, key)
            assert [each.outcome for each in prints(kiosk) if each.key == key] == ["partial", "done"][out == PAGES :]
            await leave(kiosk)
            await kiosk.well()
        row.page("print_question: 打好了 i 页; printer_waits: 只打剩下的")
        row.note("each page once, told apart by its dots; after the last page nothing is asked")
        effects = (await kiosk.platform.get("/sandbox/effects")).json()
        assert set(effects.values()) == {1}
        assert_nothing_personal(kiosk)


@pytest.mark.fault("F03")
async def test_a_paper_that_may_not_be_continued_is_voided_and_printed_whole_under_another_number(
    folder: Path, broker_port: int, row: Row
) -> None:
    services = folder / "services"
    services.mkdir()
    for file in SHIPPED.glob("*.toml"):
        text = file.read_text(encoding="utf-8")
        (services / file.name).write_text(text.replace("may_continue_print = true\n", ""), encoding="utf-8")
    around = whole_kiosk(folder, broker_port=broker_port, choice=FAST_A4, settings=SHORT_PATIENCE, services=services)
    async with around as kiosk:
        for out in range(1, PAGES):
            since, before = len(kiosk.ear.heard), len(sheets(kiosk))
            await stop_after(kiosk, row, out, manner="may not be continued")
            await kiosk.page("print_question")
            await answer(kiosk, PaperSeen.PART)
            assert not shown(kiosk, PrinterWaits).can_print_rest
            key = prints(kiosk)[-1].key
            old = await genuine(kiosk, key)
            await refill(kiosk, row, since)
            kiosk.touch(PrintRest())  # not offered, and not done
            kiosk.touch(Proceed())
            await kiosk.page("take_receipt")
            new = await genuine(kiosk, key)
            assert not set(old) & set(new)  # the number stands on every page
            assert sheets(kiosk)[before:] == [*old[:out], *new]
            assert [(each.outcome, each.reprint) for each in prints(kiosk) if each.key == key] == [("partial", 0), ("done", 1)]
            await leave(kiosk)
            await kiosk.well()
        row.page("printer_waits: 再打一次, no 只打剩下的")
        row.note("the number of which a part came out is void; all pages bear the new one")
        assert_nothing_personal(kiosk)


@asynccontextmanager
async def held(kiosk: WholeKiosk, fault: str, **options: str) -> AsyncIterator[None]:
    """A receipt that is stopped in its middle by a fault; the fault has ended afterwards."""
    await kiosk.walk_to("confirm")
    kiosk.give(PRINTER, fault, **options)
    kiosk.touch(Proceed())
    await begun(kiosk)
    yield
    kiosk.clear(PRINTER)


@pytest.mark.fault("F09")
async def test_a_receipt_printers_cable_pulled_in_a_print_is_asked_about_and_nothing_comes_late(
    kiosk: WholeKiosk, row: Row
) -> None:
    async with held(kiosk, "head-hot", after_bytes="300", seconds="60"):
        await kiosk.unplug(PRINTER)
        row.injected(f"{PRINTER} unplugged after 300 bytes")
        heard = await kiosk.ear.fault("printer.unreachable")
        assert row.seen(heard.at_s) < IN_FLEET_S
        await kiosk.page("print_question")
        row.page("print_question, then printer_waits: 插紧打印机线")
        assert await answer_by_the_table(kiosk, 0) is PaperSeen.PART
        assert prints(kiosk)[-1].outcome == "unknown"
        assert far_end(kiosk).waiting_bytes > 200  # the rest of her receipt waits in the printer
        row.mended()
        await kiosk.replug(PRINTER)
        await kiosk.ear.cleared("printer.unreachable")
        row.healed()
        assert far_end(kiosk).waiting_bytes < STYLE_BYTES  # and is gone, but for setting it up anew
    await asyncio.sleep(LATE_S)
    assert whole(kiosk) == []
    await ready_again(kiosk)
    await print_again(kiosk)
    await leave(kiosk)
    await kiosk.well()
    assert [each.outcome for each in prints(kiosk)] == ["unknown", "done"]
    await assert_counts_agree(kiosk)
    assert_nothing_personal(kiosk)


@pytest.mark.fault("F09")
async def test_a_document_printers_cable_pulled_in_a_print_leaves_nothing_in_its_queue(
    folder: Path, broker_port: int, row: Row
) -> None:
    async with whole_kiosk(folder, broker_port=broker_port, choice=FAST_A4) as kiosk:
        await kiosk.walk_to("confirm", service=CERTIFICATE)
        kiosk.give(A4, "paper-out", after_pages="1")
        kiosk.touch(Proceed())
        await begun(kiosk, A4)
        await kiosk.unplug(A4)
        row.injected(f"{A4} unplugged while it waits for paper after page 1")
        heard = await kiosk.ear.fault("document_printer.unreachable")
        assert row.seen(heard.at_s) < IN_FLEET_S
        await kiosk.page("print_question")
        row.page("print_question, then printer_waits: 插紧打印机线")
        await answer(kiosk, PaperSeen.PART)
        assert prints(kiosk)[-1].outcome == "unknown"
        assert a4(kiosk).holding()["任务"] == "1 个"
        row.mended()
        await kiosk.replug(A4)
        await kiosk.ear.cleared("document_printer.unreachable")
        row.healed()
        assert a4(kiosk).holding()["任务"] == "0 个"
        kiosk.clear(A4)
        await asyncio.sleep(LATE_S)
        assert len(sheets(kiosk)) == 1
        await ready_again(kiosk)
        assert not shown(kiosk, PrinterWaits).can_print_rest  # nobody knows how many are out
        row.note("a real CUPS printer would print late; the queue was emptied before the refill")
        key = prints(kiosk)[-1].key
        old = await genuine(kiosk, key)
        kiosk.touch(Proceed())
        await kiosk.page("take_receipt")
        assert sheets(kiosk) == [old[0], *await genuine(kiosk, key)]
        await leave(kiosk)
        assert [each.outcome for each in prints(kiosk)] == ["unknown", "done"]
        assert_nothing_personal(kiosk)


@pytest.mark.fault("F10")
async def test_a_printer_switched_off_and_on_is_asked_about_and_its_chinese_is_right_again(kiosk: WholeKiosk, row: Row) -> None:
    async with held(kiosk, "power-cycle", after_bytes="400", seconds="4"):
        row.injected(f"{PRINTER} power-cycle after_bytes=400 seconds=4")
        heard = await kiosk.ear.fault("printer.silent")
        assert row.seen(heard.at_s) < IN_FLEET_S
        await kiosk.page("print_question")
        row.page("print_question, then printer_waits")
        assert await answer_by_the_table(kiosk, 0) is PaperSeen.PART
        await over(kiosk)
        row.mended()
        await kiosk.ear.cleared("printer.silent")
        await ready_again(kiosk)
        row.healed()
    await print_again(kiosk)  # every line of it is readable, or it would not count as whole
    await leave(kiosk)
    await print_once(kiosk)
    assert prints(kiosk)[0].outcome in {"unknown", "partial"}
    assert far_end(kiosk).unknown_commands == 0
    await assert_counts_agree(kiosk)
    assert_nothing_personal(kiosk)


SILENT_AFTER_S = 2 * 0.5 + 1.0
"""The formula: two unanswered questions of 0.5 s; one second for the slice before them and for the page."""


@pytest.mark.fault("F11")
@pytest.mark.parametrize("does_print", ["yes", "no"])
async def test_a_printer_that_falls_silent_is_never_taken_to_have_printed(kiosk: WholeKiosk, row: Row, does_print: str) -> None:
    since = len(kiosk.ear.heard)
    async with held(kiosk, "silent", after_bytes="300", prints=does_print):
        row.injected(f"{PRINTER} silent after_bytes=300 prints={does_print}")
        took_s = await kiosk.page("print_question")
        assert took_s < SILENT_AFTER_S
        heard = await kiosk.ear.fault("printer.silent", since=since)
        assert row.seen(heard.at_s) < IN_FLEET_S
        assert prints(kiosk)[-1].outcome == "unknown"
        assert "take_receipt" not in [page for _, page in kiosk.glass.shown]
        row.page("print_question")
        if does_print == "yes":
            async with asyncio.timeout(5):
                while not whole(kiosk):  # noqa: ASYNC110  # a far end tells no test
                    await asyncio.sleep(0.02)
        seen = await answer_by_the_table(kiosk, 0)
        assert seen is (PaperSeen.WHOLE if does_print == "yes" else PaperSeen.PART)
    row.mended()
    await kiosk.ear.cleared("printer.silent", since=since)
    row.healed()
    if seen is PaperSeen.PART:
        await ready_again(kiosk)
        await print_again(kiosk)
    await leave(kiosk)
    await kiosk.well()
    await assert_counts_agree(kiosk)
    assert_nothing_personal(kiosk)


@pytest.mark.fault("F12")
async def test_a_printer_that_says_ok_and_prints_no_more_is_caught_by_the_answers_it_leaves_out(
    kiosk: WholeKiosk, row: Row
) -> None:
    async with held(kiosk, "status-lies", after_bytes="300"):
        row.injected(f"{PRINTER} status-lies after_bytes=300")
        heard = await kiosk.ear.until(
            lambda heard: heard.code == "print.settled" and "unknown" in heard.text, what="an honest outcome", within_s=10
        )
        row.seen(heard.at_s)
        await kiosk.page("print_question")
        row.page("print_question")
        assert await answer_by_the_table(kiosk, 0) is PaperSeen.PART
    row.mended()
    await ready_again(kiosk)
    await print_again(kiosk)
    row.healed()
    await leave(kiosk)
    assert [each.outcome for each in prints(kiosk)] == ["unknown", "done"]
    await assert_counts_agree(kiosk)
    row.note(
        "known after the print's own time and 4 s of grace: GS r stays unanswered; no fault code, for nothing is seen to be one"
    )
    assert_nothing_personal(kiosk)


@pytest.mark.fault("F12")
async def test_pages_called_done_that_never_came_are_caught_by_the_page_counter(folder: Path, broker_port: int, row: Row) -> None:
    async with whole_kiosk(folder, broker_port=broker_port, choice=FAST_A4) as kiosk:
        await kiosk.walk_to("confirm", service=CERTIFICATE)
        kiosk.give(A4, "says-done", after_pages="1")
        kiosk.touch(Proceed())
        await begun(kiosk, A4)
        row.injected(f"{A4} says-done after_pages=1")
        heard = await kiosk.ear.until(
            lambda heard: heard.code == "print.settled" and "unknown" in heard.text, what="an honest outcome", within_s=15
        )
        row.seen(heard.at_s)
        await kiosk.page("print_question")
        row.page("print_question")
        assert (len(sheets(kiosk)), prints(kiosk)[-1].outcome) == (1, "unknown")
        row.note("known once the counter has had 3 s to move")
        assert_nothing_personal(kiosk)


@pytest.mark.fault("F12")
async def test_a_lie_of_a_printer_that_answers_nothing_in_order_cannot_be_caught_and_the_driver_says_so(
    folder: Path, broker_port: int, row: Row
) -> None:
    around = whole_kiosk(folder, broker_port=broker_port, choice=Choice(answers_in_order=False))
    async with around as kiosk, held(kiosk, "status-lies", after_bytes="300"):
        row.injected(f"{PRINTER} without GS r: status-lies after_bytes=300")
        await kiosk.page("take_receipt")
        row.page("take_receipt: 凭条没出来 is hers to press")
        assert whole(kiosk) == []
        assert prints(kiosk)[-1].outcome == "done"
        assert "What cannot be caught" in str(escpos.EscPosPrinter.__doc__)
        row.note("not to be caught on a printer without GS r: the driver's docstring says so; she says it, and gets another")


# --- F13: killed between sent and settled ---

WORK = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 60000000) SELECT i FROM n"
"""Seconds of work for SQLite: a worn card that stalls just where the test wants it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where a print is when its core dies.

    Attributes:
        stalls: The write of the ledger that stalls there, if it has to be held.
        is_held: A hot head holds the print in its middle.
        has_come: Whether it is there, by the new rows of the ledger and the papers that came.
        outcome: What the ledger says in the next life, and whether it is the restart that says so.
        whole: How many whole receipts lie on the table then.
    """

    stalls: str = ""
    is_held: bool = False
    has_come: Callable[[list[PrintRow], int], bool]
    outcome: tuple[str, bool] | None
    whole: int = 0


BY_RESTART = True
MOMENTS = {
    "before it is written down": Moment(
        stalls="INSERT ON intent WHEN NEW.kind = 'print'", has_come=lambda _rows, _papers: True, outcome=None
    ),
    "intended": Moment(
        stalls="UPDATE OF sent_at ON intent WHEN OLD.kind = 'print'",
        has_come=lambda rows, _papers: [row.sent_at for row in rows] == [None],
        outcome=("not_started", BY_RESTART),
    ),
    "sent": Moment(
        is_held=True, has_come=lambda rows, _papers: any(row.sent_at for row in rows), outcome=("unknown", BY_RESTART)
    ),
    "printed": Moment(
        stalls="UPDATE OF outcome ON intent WHEN OLD.kind = 'print' AND NEW.by_restart = 0",
        has_come=lambda _rows, papers: papers == 1,
        outcome=("unknown", BY_RESTART),
        whole=1,
    ),
    "settled": Moment(has_come=lambda rows, _papers: any(row.outcome for row in rows), outcome=("done", not BY_RESTART), whole=1),
}


@pytest.mark.fault("F13")
@pytest.mark.parametrize(
    "moments",
    [
        pytest.param(("before it is written down", "intended"), marks=pytest.mark.thorough),
        ("sent", "printed"),
        pytest.param(("settled",), marks=pytest.mark.thorough),
    ],
)  # tests/system/test_killed_core.py kills at each of them, too
async def test_a_core_killed_at_any_step_of_a_print_has_one_outcome_and_repeats_nothing(
    folder: Path, broker_port: int, row: Row, moments: tuple[str, ...]
) -> None:
    async with kiosk_process(folder, broker_port=broker_port) as kiosk:
        await kiosk.start()
        await kiosk.page("attract")
        await kiosk.well()
        for moment in moments:  # not all of them here: a third death within five minutes leads to safe mode
            await _die(kiosk, moment, row, f"kill -9 at {', '.join(moments)}")
        before = len(whole(kiosk))
        await kiosk.walk_to("take_receipt")
        assert len(whole(kiosk)) == before + 1
        assert receipts.is_alone(papers(kiosk)[-1])
        written = [moment for moment in moments if MOMENTS[moment].outcome is not None]
        assert [each.reprint for each in prints(kiosk)] == [0] * (len(written) + 1)
        effects = (await kiosk.platform.get("/sandbox/effects")).json()
        assert set(effects.values()) == {1}
        assert "Traceback" not in kiosk.log
        assert_nothing_personal(kiosk)
        row.note("one outcome each, 0 reprints by itself; every write of the ledger is F54's")


async def _die(kiosk: KioskProcess, name: str, row: Row, injection: str) -> None:
    """Kill the core at this moment of a print, start another, and look at what it says and does."""
    moment = MOMENTS[name]
    known, on_table, whole_before, submitted = len(prints(kiosk)), len(papers(kiosk)), len(whole(kiosk)), _submitted(kiosk)
    await kiosk.walk_to("confirm")
    if moment.is_held:
        kiosk.give(PRINTER, "head-hot", after_bytes="300", seconds="60")
    with _stalling(kiosk, moment.stalls):
        kiosk.touch(Proceed())
        if moment.is_held:
            await begun(kiosk)
        await kiosk.until(lambda: _submitted(kiosk) == submitted + 1, what="the matter is done", within_s=15)
        await kiosk.until(
            lambda: moment.has_come(prints(kiosk)[known:], len(papers(kiosk)) - on_table), what="the moment", within_s=15
        )
        await kiosk.kill()
        row.injected(injection)
    await kiosk.start()
    await kiosk.page("trouble")
    row.seen()
    row.page("trouble: 机器重启了; the matter is done")
    trouble = shown(kiosk, Trouble)
    assert (trouble.happened, trouble.matter) == (TroubleKind.RESTARTED, MatterState.DONE)
    await kiosk.until(lambda: far_end(kiosk).waiting_bytes < STYLE_BYTES, what="an empty printer", within_s=15)
    kiosk.clear(PRINTER)  # what cools now has nothing left to print
    await kiosk.well()
    killed = [(each.outcome, each.by_restart) for each in prints(kiosk)[known:]]
    assert killed == ([] if moment.outcome is None else [moment.outcome])
    kiosk.take("id-card-reader")
    kiosk.touch(GoHome())
    await kiosk.page("attract")
    row.healed()
    assert far_end(kiosk).waiting_bytes < STYLE_BYTES
    assert len(whole(kiosk)) - whole_before == moment.whole
    assert len(papers(kiosk)) - on_table - moment.whole <= 1  # what hung from the roll, cut off


def _submitted(kiosk: KioskProcess) -> int:
    return int(kiosk.rows("SELECT count(*) FROM intent WHERE kind = 'submit' AND outcome = 'done'")[0][0])


@contextmanager
def _stalling(kiosk: KioskProcess, write: str) -> Iterator[None]:
    """Make one write of the ledger stall, as long as the core lives."""
    if not write:
        yield
        return
    with closing(sqlite3.connect(kiosk.state / "journal.sqlite3", timeout=5, isolation_level=None)) as ledger:
        ledger.execute(f"CREATE TRIGGER stall BEFORE {write} BEGIN SELECT count(*) FROM ({WORK}); END")  # noqa: S608  # our words
        try:
            yield
        finally:
            ledger.execute("DROP TRIGGER stall")
