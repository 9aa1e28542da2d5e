import asyncio
import signal
import sqlite3
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kiosk.clock import SystemClock
from kiosk.gateway.platform import Accepted, Answer, NotDone
from kiosk.journal import IntentKind, IntentOutcome, Journal
from kiosk.visit.devices import Devices
from kiosk.visit.effect import Fact
from kiosk.visit.model import MatterState, Troubled, TroubleKind, Visit
from kiosk.visit.runner import VisitRunner
from tests.kiosk.visit.killed_core import PURSE, STEPS
from tests.kiosk.visit.simulated import SimulatedPages, SimulatedPlatform, SimulatedPrinter, SimulatedReader
from tests.kiosk.visit.world import PLACE, a_document

EXPECTED: dict[str, IntentOutcome | None] = {
    "before_intent": None,
    "intended": IntentOutcome.NOT_STARTED,
    "sent": IntentOutcome.UNKNOWN,
    "acting": IntentOutcome.UNKNOWN,
    "acted": IntentOutcome.UNKNOWN,
    "settled": IntentOutcome.DONE,
}


async def _kill(folder: Path, act: str, step: str) -> None:
    core = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.kiosk.visit.killed_core", str(folder), act, step)
    assert await asyncio.wait_for(core.wait(), 30) == -signal.SIGKILL


@dataclass
class NextLife:
    """The core's next life over the same ledger, until it has said what became of the matter."""

    folder: Path
    platform: SimulatedPlatform = field(default_factory=SimulatedPlatform)
    printer: SimulatedPrinter = field(default_factory=SimulatedPrinter)
    pages: SimulatedPages = field(default_factory=SimulatedPages)
    reports: list[tuple[str, dict[str, Fact]]] = field(default_factory=list)

    async def said(self) -> Troubled:
        journal = Journal(self.folder / "journal.db", clock=SystemClock())
        await journal.open()
        shown = asyncio.Queue[Visit]()
        runner = VisitRunner(
            devices=Devices(id_card_reader=SimulatedReader(), receipt_printer=self.printer, document_printer=self.pages),
            platform=self.platform,
            journal=journal,
            clock=SystemClock(),
            place=PLACE,
            changed=shown.put_nowait,
            report=lambda name, facts: self.reports.append((name, dict(facts))),
        )
        running = asyncio.create_task(runner.run())
        async with asyncio.timeout(10):
            while not isinstance((stage := (await shown.get()).stage), Troubled):
                pass
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert await journal.settle_after_crash() == ()
        assert await journal.open_intents() == ()
        await journal.close()
        return stage

    def reported(self, name: str) -> list[dict[str, Fact]]:
        return [facts for reported, facts in self.reports if reported == name]


@pytest.mark.parametrize(("act", "step"), [*(("print", step) for step in STEPS), ("a4", "acting"), ("a4", "acted")])
async def test_a_core_killed_at_any_step_of_a_print_has_one_outcome_and_prints_nothing_more(
    tmp_path: Path, act: str, step: str
) -> None:
    await _kill(tmp_path, act, step)
    life = NextLife(tmp_path)
    await life.said()
    assert (life.printer.reprints, life.pages.prints) == ([], [])
    unsettled_before = EXPECTED[step] in (IntentOutcome.NOT_STARTED, IntentOutcome.UNKNOWN)
    assert life.reported("print.settled") == ([{"outcome": str(EXPECTED[step]), "reprint": 0}] if unsettled_before else [])
    assert [facts["outcome"] for facts in life.reported("visit.ended")] == ["interrupted"]
    assert all(outcome is not None for _, outcome in _rows(tmp_path, "SELECT key, outcome FROM intent"))


PAYMENTS: dict[str, tuple[str, MatterState]] = {
    "intended": ("not_started", MatterState.NOT_DONE),
    "acting": ("done", MatterState.UNKNOWN),
    "acted": ("done", MatterState.UNKNOWN),
    "settled": ("done", MatterState.UNKNOWN),
}
"""What the ledger says of the payment in the next life, when the platform knows it, and what she is told of her matter."""


@pytest.mark.parametrize("step", PAYMENTS)
async def test_a_core_killed_at_any_step_of_a_payment_charges_nothing_more_and_the_ledger_says_what_is_true(
    tmp_path: Path, step: str
) -> None:
    await _kill(tmp_path, "pay", step)
    outcome, matter = PAYMENTS[step]
    life = NextLife(tmp_path)
    said = await life.said()
    assert (said.kind, said.matter) == (TroubleKind.RESTARTED, matter)
    assert (life.platform.charges, life.platform.keys) == ([], [])
    paid = _rows(tmp_path, "SELECT kind, outcome FROM intent WHERE kind = 'pay'")
    assert paid == [("pay", outcome)]
    assert len(life.reported("pay.unused")) == (outcome == "done")
    assert PURSE.encode() not in _bytes(tmp_path)


@pytest.mark.parametrize(
    ("answer", "outcome", "matter"),
    [
        (Accepted(document=a_document()), "done", MatterState.DONE),
        (NotDone(why="never seen"), "not_started", MatterState.NOT_DONE),
    ],
)
async def test_a_core_killed_while_handing_in_asks_the_platform_by_the_same_key_and_hands_in_nothing(
    tmp_path: Path, answer: Answer, outcome: str, matter: MatterState
) -> None:
    await _kill(tmp_path, "submit", "acting")
    (key, nothing), *_ = _rows(tmp_path, "SELECT key, outcome FROM intent")
    assert nothing is None
    life = NextLife(tmp_path, platform=SimulatedPlatform(found=(answer,)))
    said = await life.said()
    assert (said.kind, said.matter) == (TroubleKind.RESTARTED, matter)
    assert _rows(tmp_path, "SELECT key, outcome FROM intent") == [(key, outcome)]
    assert (life.platform.asked, life.platform.keys) == ([key], [])


async def test_the_page_after_a_restart_says_that_the_matter_is_done(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", clock=SystemClock())
    await journal.open()
    visit = await journal.begin_visit("social_security_enrolment")
    submission = await journal.intend(visit, IntentKind.SUBMIT, key="k")
    await journal.mark_sent(submission)
    await journal.settle(submission, IntentOutcome.DONE, evidence="accepted")
    await journal.mark_sent(await journal.intend(visit, IntentKind.PRINT, key="k"))
    await journal.close()
    said = await NextLife(tmp_path).said()
    assert (said.kind, said.matter) == (TroubleKind.RESTARTED, MatterState.DONE)


def _bytes(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.iterdir())


def _rows(folder: Path, statement: str) -> list[tuple[str, str | None]]:
    connection = sqlite3.connect(folder / "journal.db")
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()
