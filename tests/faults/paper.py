"""Paper: the hands and eyes of the rows about printers: what lies on the table, what the ledger and the platform say of it."""

import asyncio
from pathlib import Path
from typing import TypeVar

from drivers.receipt_printer.simulated import SimulatedPrinter
from drivers.rig.bench import TO_COME
from drivers.rig.cable import Cable
from kiosk.display.vocabulary.intent import AnswerPaper, GoHome, PaperSeen, Proceed
from kiosk.display.vocabulary.view import PrinterWaits
from tests.system import receipts
from tests.system.ledger import PrintRow, prints_in
from tests.whole.kiosk import Surroundings

V = TypeVar("V")

PRINTER = "receipt-printer"
LOOK_S = 0.01
IN_FLEET_S = 2.0
"""Seconds within which every fault has to be known to the fleet."""


def shown(kiosk: Surroundings, kind: type[V]) -> V:
    """What the glass shows, which is such a page."""
    view = kiosk.glass.view
    assert isinstance(view, kind)
    return view


def far_end(kiosk: Surroundings) -> SimulatedPrinter:
    """The receipt printer itself, at the far end of its cable."""
    cable = kiosk.bench.device(PRINTER)
    assert isinstance(cable, Cable)
    assert isinstance(cable.far_end, SimulatedPrinter)
    return cable.far_end


def papers(kiosk: Surroundings) -> list[str]:
    """What is printed on every paper, oldest first."""
    return [(Path(kiosk.bench.papers.folder) / kept.txt).read_text(encoding="utf-8") for kept in kiosk.bench.papers.kept]


def whole(kiosk: Surroundings) -> list[str]:
    """The whole receipts among all papers."""
    return [text for text in papers(kiosk) if receipts.is_whole(text)]


def prints(kiosk: Surroundings) -> list[PrintRow]:
    """Every print the ledger knows, oldest first."""
    return prints_in(kiosk.state / "journal.sqlite3")


async def assert_counts_agree(kiosk: Surroundings) -> None:
    """As many whole receipts as the ledger and the persons' own answers say; no application had its effect twice."""
    rows = prints(kiosk)
    assert all(row.outcome is not None for row in rows)
    assert len(whole(kiosk)) == sum(row.outcome == "done" or row.answer == "whole" for row in rows), rows
    effects = (await kiosk.platform.get("/sandbox/effects")).json()
    assert set(effects) == {row.key for row in rows}
    assert set(effects.values()) == {1}


async def begun(kiosk: Surroundings, device: str = PRINTER, *, within_s: float = 10.0) -> None:
    """Wait until what was given to a far end for later has begun."""
    async with asyncio.timeout(within_s):
        while TO_COME in kiosk.bench.device(device).holding()["故障"]:  # noqa: ASYNC110  # a far end tells no test
            await asyncio.sleep(LOOK_S)


async def over(kiosk: Surroundings, device: str = PRINTER, *, within_s: float = 10.0) -> None:
    """Wait until a far end's faults have ended by themselves."""
    async with asyncio.timeout(within_s):
        while kiosk.bench.device(device).holding()["故障"] != "无":  # noqa: ASYNC110  # as above
            await asyncio.sleep(LOOK_S)


async def asked_again(kiosk: Surroundings, times: int, *, within_s: float = 10.0) -> None:
    """Wait until the kiosk has asked the printer for its state so many times more."""
    until = far_end(kiosk).asked + times
    async with asyncio.timeout(within_s):
        while far_end(kiosk).asked < until:  # noqa: ASYNC110  # as above
            await asyncio.sleep(LOOK_S)


def what_came_out(kiosk: Surroundings, papers_before: int) -> PaperSeen:
    """Her answer to 纸出来了吗, by what lies on the table and hangs from the printer."""
    hanging = kiosk.bench.device(PRINTER).holding()["出纸口"]
    came = [text for text in papers(kiosk)[papers_before:] if text.strip()]
    if any(receipts.is_whole(text) for text in came):
        return PaperSeen.WHOLE
    return PaperSeen.PART if came or "未切" in hanging else PaperSeen.NOTHING


async def answer_by_the_table(kiosk: Surroundings, papers_before: int) -> PaperSeen:
    """Answer the question as somebody with eyes does."""
    seen = what_came_out(kiosk, papers_before)
    await answer(kiosk, seen)
    return seen


async def answer(kiosk: Surroundings, seen: PaperSeen) -> None:
    """Answer the question; the ledger keeps the answer."""
    kiosk.touch(AnswerPaper(seen=seen))
    await kiosk.page("take_receipt" if seen is PaperSeen.WHOLE else "printer_waits")
    async with asyncio.timeout(5):
        while prints(kiosk)[-1].answer != seen.value:  # noqa: ASYNC110  # a file
            await asyncio.sleep(LOOK_S)


async def ready_again(kiosk: Surroundings) -> None:
    """Wait until 再打一次 can be pressed."""
    await kiosk.view(lambda view: isinstance(view, PrinterWaits) and view.is_ready, what="再打一次")


async def print_again(kiosk: Surroundings, *, reprint: int = 1) -> None:
    """Press 再打一次, and look at what comes: alone on its paper and marked."""
    before = len(whole(kiosk))
    kiosk.touch(Proceed())
    await kiosk.page("take_receipt")
    text = papers(kiosk)[-1]
    assert receipts.is_alone(text)
    assert text.strip().startswith(f"补打 {reprint}")
    assert len(whole(kiosk)) == before + 1


async def print_once(kiosk: Surroundings) -> None:
    """One more person, one receipt, alone on its paper and not marked."""
    before = len(whole(kiosk))
    await kiosk.walk_to("take_receipt")
    text = papers(kiosk)[-1]
    assert receipts.is_alone(text)
    assert "补打" not in text
    assert len(whole(kiosk)) == before + 1
    await leave(kiosk)


async def leave(kiosk: Surroundings) -> None:
    """Take the card and go."""
    kiosk.take("id-card-reader")
    kiosk.touch(GoHome())
    await kiosk.page("attract")
