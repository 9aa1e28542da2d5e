import asyncio
import random
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kiosk.journal import IntentKind, IntentOutcome, Journal, JournalError
from kiosk.journal.store import MIGRATIONS
from tests.fakes.clock import HeldClock

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    opened = await _opened(tmp_path)
    yield opened
    await opened.close()


async def _opened(folder: Path, clock: HeldClock | None = None) -> Journal:
    journal = Journal(folder / "journal.db", clock=clock or HeldClock())
    await journal.open()
    return journal


async def _written_until(journal: Journal, step: str) -> None:
    visit = await journal.begin_visit("social_security_enrolment")
    if step == "begun":
        return
    submit = await journal.intend(visit, IntentKind.SUBMIT, key=KEY)
    await journal.mark_sent(submit)
    await journal.settle(submit, IntentOutcome.DONE, evidence="accepted")
    intent = await journal.intend(visit, IntentKind.PRINT, key=KEY)
    if step == "intended":
        return
    await journal.mark_sent(intent)
    if step == "sent":
        return
    await journal.settle(intent, IntentOutcome.DONE, evidence="DLE EOT 1=12")
    if step == "settled":
        return
    await journal.end_visit(visit, "done")


EXPECTED = {
    "begun": None,
    "intended": IntentOutcome.NOT_STARTED,
    "sent": IntentOutcome.UNKNOWN,
    "settled": IntentOutcome.DONE,
}


@pytest.mark.parametrize("step", EXPECTED)
async def test_what_is_abandoned_at_any_step_has_one_outcome_after_the_restart(tmp_path: Path, step: str) -> None:
    abandoned = await _opened(tmp_path)
    await _written_until(abandoned, step)
    after = await _opened(tmp_path)
    (visit,) = await after.settle_after_crash()
    assert visit.outcome_of(IntentKind.PRINT) == EXPECTED[step]
    assert await after.settle_after_crash() == ()
    await after.close()
    await abandoned.close()


async def test_a_submission_that_was_sent_stays_open_after_a_restart_until_it_was_asked_for(tmp_path: Path) -> None:
    abandoned = await _opened(tmp_path)
    visit = await abandoned.begin_visit("s")
    await abandoned.intend(visit, IntentKind.SUBMIT, key="never sent")
    sent = await abandoned.intend(visit, IntentKind.SUBMIT, key=KEY)
    await abandoned.mark_sent(sent)
    for _ in range(2):  # killed once more before there was an answer
        after = await _opened(tmp_path)
        await after.settle_after_crash()
        (submission,) = await after.open_intents()
        assert (submission.intent, submission.visit, submission.key) == (sent, visit, KEY)
        await after.close()
    after = await _opened(tmp_path)
    await after.settle(sent, IntentOutcome.DONE, evidence="accepted")
    assert await after.open_intents() == ()
    await after.close()
    await abandoned.close()
    assert _rows(tmp_path, "SELECT outcome, by_restart FROM intent") == [("not_started", 1), ("done", 0)]


async def test_a_payment_that_was_sent_stays_open_after_a_restart_and_is_told_from_a_submission(tmp_path: Path) -> None:
    abandoned = await _opened(tmp_path)
    visit = await abandoned.begin_visit("s")
    paid = await abandoned.intend(visit, IntentKind.PAY, key=KEY)
    await abandoned.mark_sent(paid)
    after = await _opened(tmp_path)
    await after.settle_after_crash()
    assert [(each.kind, each.key) for each in await after.open_intents()] == [(IntentKind.PAY, KEY)]
    await after.settle(paid, IntentOutcome.DONE, evidence="paid")
    assert await after.open_intents() == ()
    await after.close()
    await abandoned.close()


async def test_a_ledger_of_the_release_before_payments_opens_with_every_row_as_it_was(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "journal.db")
    old.executescript(f"PRAGMA journal_mode = WAL; BEGIN; {MIGRATIONS[0]} PRAGMA user_version = 1; COMMIT;")
    old.executescript(
        "INSERT INTO visit (id, service, began_at) VALUES (5, 's', '2026-11-22T02:00:00.000000+00:00');"
        "INSERT INTO intent (id, visit, kind, key, reprint, intended_at, sent_at) VALUES"
        " (11, 5, 'submit', 'open', 0, '2026-11-22T02:00:01.000000+00:00', '2026-11-22T02:00:02.000000+00:00');"
        "INSERT INTO intent (id, visit, kind, key, reprint, intended_at, outcome, evidence, settled_at, answer) VALUES"
        " (12, 5, 'print', 'old', 1, '2026-11-22T02:00:03.000000+00:00', 'partial', 'DLE EOT 4=7E',"
        "  '2026-11-22T02:00:04.000000+00:00', 'part');"
    )
    before = old.execute("SELECT * FROM intent ORDER BY id").fetchall()
    old.close()

    journal = await _opened(tmp_path)
    assert _rows(tmp_path, "SELECT * FROM intent ORDER BY id") == before
    assert [(each.intent, each.key) for each in await journal.open_intents()] == [(11, "open")]
    (visit,) = await journal.settle_after_crash()
    assert visit.outcome_of(IntentKind.PRINT) is IntentOutcome.PARTIAL
    assert await journal.intend(await journal.begin_visit("s"), IntentKind.PAY, key=KEY) == 13
    with pytest.raises(JournalError, match="one outcome"):
        await journal.settle(12, IntentOutcome.DONE, evidence="second thoughts")
    await journal.close()
    assert _rows(tmp_path, "PRAGMA foreign_key_check") == []
    again = await _opened(tmp_path)
    await again.close()


@pytest.mark.parametrize("step", [*EXPECTED, "ended"])
async def test_a_core_killed_at_any_step_leaves_one_outcome(tmp_path: Path, step: str) -> None:
    program = (
        "import asyncio, os, pathlib, signal, sys\n"
        "from tests.kiosk import test_journal\n"
        "async def main():\n"
        "    journal = await test_journal._opened(pathlib.Path(sys.argv[1]))\n"
        "    await test_journal._written_until(journal, sys.argv[2])\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, str(tmp_path), step)
    assert await asyncio.wait_for(process.wait(), 30) == -signal.SIGKILL
    after = await _opened(tmp_path)
    found = await after.settle_after_crash()
    await after.close()
    assert [visit.outcome_of(IntentKind.PRINT) for visit in found] == ([] if step == "ended" else [EXPECTED[step]])
    rows = _rows(tmp_path, "SELECT outcome FROM intent")
    assert all(outcome is not None for (outcome,) in rows)


async def test_an_intent_has_one_outcome_for_ever(journal: Journal) -> None:
    intent = await journal.intend(await journal.begin_visit("s"), IntentKind.PRINT, key=KEY)
    await journal.mark_sent(intent)
    await journal.settle(intent, IntentOutcome.UNKNOWN, evidence="silence")
    with pytest.raises(JournalError, match="one outcome"):
        await journal.settle(intent, IntentOutcome.DONE, evidence="second thoughts")


async def test_the_persons_answer_stands_beside_the_outcome(journal: Journal, tmp_path: Path) -> None:
    intent = await journal.intend(await journal.begin_visit("s"), IntentKind.PRINT, key=KEY)
    await journal.settle(intent, IntentOutcome.UNKNOWN, evidence="silence")
    await journal.record_answer(intent, "nothing")
    assert _rows(tmp_path, "SELECT outcome, answer FROM intent") == [("unknown", "nothing")]


async def test_an_interrupted_visit_tells_when_it_was_last_seen(tmp_path: Path) -> None:
    clock = HeldClock()
    abandoned = await _opened(tmp_path, clock)
    visit = await abandoned.begin_visit("s")
    await clock.advance(40)
    await abandoned.intend(visit, IntentKind.SUBMIT, key=KEY)
    seen = clock.now()
    await clock.advance(60)
    after = await _opened(tmp_path, clock)
    (found,) = await after.settle_after_crash()
    assert found.last_seen_at == seen
    assert found.outcome_of(IntentKind.SUBMIT) is IntentOutcome.NOT_STARTED
    assert found.intents[0].by_restart
    await after.close()
    await abandoned.close()


@pytest.mark.parametrize("damage", [b"not a database at all, and long enough to be one" * 100, b""])
async def test_a_corrupt_ledger_is_put_aside_and_a_fresh_one_begun(tmp_path: Path, damage: bytes) -> None:
    first = await _opened(tmp_path)
    await _written_until(first, "ended")
    await first.close()
    path = tmp_path / "journal.db"
    whole = path.read_bytes()
    path.write_bytes(damage or whole[:4096] + random.Random(7).randbytes(len(whole) - 4096))
    second = Journal(path, clock=HeldClock())
    copy = await second.open()
    assert copy is not None
    assert copy.exists()
    assert copy.name.startswith("journal.db.corrupt-")
    assert await second.begin_visit("s") == 1
    await second.close()


@pytest.mark.parametrize("name", [b"TABLE", b"CREATE"])
async def test_a_ledger_whose_own_words_are_no_text_any_more_is_put_aside_too(tmp_path: Path, name: bytes) -> None:
    first = await _opened(tmp_path)
    await _written_until(first, "ended")
    await first.close()
    path = tmp_path / "journal.db"
    path.write_bytes(path.read_bytes().replace(name, b"\xff" * len(name)))
    second = Journal(path, clock=HeldClock())
    assert await second.open() is not None
    assert await second.begin_visit("s") == 1
    await second.close()


async def test_a_ledger_of_a_newer_release_is_not_touched(tmp_path: Path) -> None:
    first = await _opened(tmp_path)
    await first.close()
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    second = Journal(tmp_path / "journal.db", clock=HeldClock())
    with pytest.raises(JournalError, match="newer release"):
        await second.open()
    await second.close()
    assert _rows(tmp_path, "PRAGMA user_version") == [(99,)]


async def test_a_full_disk_refuses_before_the_act(tmp_path: Path) -> None:
    journal = await _opened(tmp_path)
    visit = await journal.begin_visit("s")
    await journal._on_file(lambda file: file._connection.execute("PRAGMA max_page_count = 1"))
    with pytest.raises(JournalError, match="full"):
        await journal.intend(visit, IntentKind.PRINT, key=KEY * 1000)
    assert _rows(tmp_path, "SELECT * FROM intent") == []
    await journal.close()


async def test_a_closed_ledger_says_so_and_closes_twice(tmp_path: Path) -> None:
    journal = await _opened(tmp_path)
    await journal.close()
    await journal.close()
    with pytest.raises(JournalError, match="not open"):
        await journal.begin_visit("s")


def _rows(folder: Path, question: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / "journal.db")
    try:
        return connection.execute(question).fetchall()
    finally:
        connection.close()


async def test_a_journal_that_cannot_be_opened_is_told_and_may_be_opened_later(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.write_text("in the way")
    told: list[str] = []
    journal = Journal(folder / "journal.db", clock=HeldClock(), on_failed=told.append)
    with pytest.raises(JournalError):
        await journal.open()
    assert not journal.is_open
    assert len(told) == 1
    folder.unlink()
    assert await journal.open() is None
    assert await journal.begin_visit("s") == 1
    await journal.close()


async def test_a_second_outcome_is_refused_and_no_fault_of_the_disk(tmp_path: Path) -> None:
    told: list[str] = []
    journal = Journal(tmp_path / "journal.db", clock=HeldClock(), on_failed=told.append)
    await journal.open()
    intent = await journal.intend(await journal.begin_visit("s"), IntentKind.PRINT, key=KEY)
    await journal.settle(intent, IntentOutcome.DONE, evidence="")
    with pytest.raises(JournalError):
        await journal.settle(intent, IntentOutcome.UNKNOWN, evidence="")
    assert told == []
    await journal.close()
