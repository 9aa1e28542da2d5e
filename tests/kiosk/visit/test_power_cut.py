import asyncio
import signal
import sqlite3
import sys
from pathlib import Path

import pytest

from kiosk.clock import SystemClock
from kiosk.gateway.platform import Accepted, Answer, NotDone
from kiosk.journal import IntentKind, IntentOutcome, Journal
from kiosk.visit.devices import Devices
from kiosk.visit.effect import Fact
from kiosk.visit.model import MatterState, Troubled, TroubleKind, Visit
from kiosk.visit.runner import VisitRunner
from tests.kiosk.visit.killed_core import HANDING_IN, STEPS
from tests.kiosk.visit.simulated import SimulatedPlatform, SimulatedPrinter, SimulatedReader
from tests.kiosk.visit.world import PLACE, a_document

EXPECTED: dict[str, IntentOutcome | None] = {
    "before_intent": None,
    "intended": IntentOutcome.NOT_STARTED,
    "sent": IntentOutcome.UNKNOWN,
    "printing": IntentOutcome.UNKNOWN,
    "printed": IntentOutcome.UNKNOWN,
    "settled": IntentOutcome.DONE,
}


@pytest.mark.parametrize("step", STEPS)
async def test_a_core_killed_at_any_step_of_a_print_has_one_outcome_and_prints_nothing_more(tmp_path: Path, step: str) -> None:
    core = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.kiosk.visit.killed_core", str(tmp_path), step)
    assert await asyncio.wait_for(core.wait(), 30) == -signal.SIGKILL

    journal = Journal(tmp_path / "journal.db", clock=SystemClock())
    await journal.open()
    printer, shown = SimulatedPrinter(), asyncio.Queue[Visit]()
    reports: list[tuple[str, dict[str, Fact]]] = []
    runner = VisitRunner(
        devices=Devices(id_card_reader=SimulatedReader(), receipt_printer=printer),
        platform=SimulatedPlatform(),
        journal=journal,
        clock=SystemClock(),
        place=PLACE,
        changed=shown.put_nowait,
        report=lambda name, facts: reports.append((name, dict(facts))),
    )
    running = asyncio.create_task(runner.run())
    async with asyncio.timeout(10):
        while not isinstance((await shown.get()).stage, Troubled):
            pass
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert printer.reprints == []
    settled = [facts for name, facts in reports if name == "print.settled"]
    unsettled_before = EXPECTED[step] in (IntentOutcome.NOT_STARTED, IntentOutcome.UNKNOWN)
    assert settled == ([{"outcome": str(EXPECTED[step]), "reprint": 0}] if unsettled_before else [])
    assert [facts["outcome"] for name, facts in reports if name == "visit.ended"] == ["interrupted"]
    assert await journal.settle_after_crash() == ()
    await journal.close()


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
    core = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.kiosk.visit.killed_core", str(tmp_path), HANDING_IN)
    assert await asyncio.wait_for(core.wait(), 30) == -signal.SIGKILL
    (key, nothing), *_ = _rows(tmp_path, "SELECT key, outcome FROM intent")
    assert nothing is None

    journal = Journal(tmp_path / "journal.db", clock=SystemClock())
    await journal.open()
    platform, shown = SimulatedPlatform(found=(answer,)), asyncio.Queue[Visit]()
    runner = VisitRunner(
        devices=Devices(id_card_reader=SimulatedReader(), receipt_printer=SimulatedPrinter()),
        platform=platform,
        journal=journal,
        clock=SystemClock(),
        place=PLACE,
        changed=shown.put_nowait,
        report=lambda _name, _facts: None,
    )
    running = asyncio.create_task(runner.run())
    async with asyncio.timeout(10):
        while not isinstance((stage := (await shown.get()).stage), Troubled):
            pass
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await journal.open_intents() == ()
    await journal.close()
    assert (stage.kind, stage.matter) == (TroubleKind.RESTARTED, matter)
    assert _rows(tmp_path, "SELECT key, outcome FROM intent") == [(key, outcome)]
    assert (platform.asked, platform.keys) == ([key], [])


async def test_the_page_after_a_restart_says_that_the_matter_is_done(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db", clock=SystemClock())
    await journal.open()
    visit = await journal.begin_visit("social_security_enrolment")
    submission = await journal.intend(visit, IntentKind.SUBMIT, key="k")
    await journal.mark_sent(submission)
    await journal.settle(submission, IntentOutcome.DONE, evidence="accepted")
    await journal.mark_sent(await journal.intend(visit, IntentKind.PRINT, key="k"))
    shown = asyncio.Queue[Visit]()
    runner = VisitRunner(
        devices=Devices(id_card_reader=SimulatedReader(), receipt_printer=SimulatedPrinter()),
        platform=SimulatedPlatform(),
        journal=journal,
        clock=SystemClock(),
        place=PLACE,
        changed=shown.put_nowait,
        report=lambda _name, _facts: None,
    )
    running = asyncio.create_task(runner.run())
    async with asyncio.timeout(10):
        while not isinstance((stage := (await shown.get()).stage), Troubled):
            pass
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await journal.close()
    assert (stage.kind, stage.matter) == (TroubleKind.RESTARTED, MatterState.DONE)


def _rows(folder: Path, statement: str) -> list[tuple[str, str | None]]:
    connection = sqlite3.connect(folder / "journal.db")
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()
