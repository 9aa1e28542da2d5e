"""Between what just happened and the disk: a disk that refuses delays, and loses nothing that fits into memory."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from typing_extensions import override

from kiosk.clock import SystemClock
from telemetry.agent.outbox import Draft, Outbox, Rank
from telemetry.agent.reporter import MEMORY, Reporter
from tests.telemetry.together import until


class Hasty(SystemClock):
    """Waits a hundredth of what it is told to."""

    @override
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 100)


def _draft(number: int, rank: Rank = Rank.PASSING) -> Draft:
    return Draft(rank=rank, kind="event", body=b"%d" % number)


def _reporter(path: Path) -> Reporter:
    return Reporter(path, clock=Hasty(), on_news=lambda: None)


def _kept(path: Path) -> list[bytes]:
    outbox = Outbox(path, now=datetime.now(UTC))
    entries = outbox.after(0, limit=MEMORY * 2)
    outbox.close()
    return [entry.body for entry in entries]


async def test_what_happens_before_the_disk_is_ready_is_kept_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.write_text("in the way")
    reporter = _reporter(folder / "outbox.sqlite3")
    opening = asyncio.create_task(reporter.open())
    for number in range(50):
        reporter.put(_draft(number))
    await asyncio.sleep(0.05)
    assert not opening.done()
    folder.unlink()
    await opening
    await reporter.flush()
    await reporter.close()
    assert _kept(folder / "outbox.sqlite3") == [b"%d" % number for number in range(50)]


async def test_nothing_is_written_twice_when_two_ask_to_write(tmp_path: Path) -> None:
    reporter = _reporter(tmp_path / "outbox.sqlite3")
    await reporter.open()
    running = asyncio.create_task(reporter.run())
    for number in range(1_500):
        reporter.put(_draft(number))
    await asyncio.gather(reporter.flush(), reporter.flush())
    running.cancel()
    await asyncio.wait({running})
    await reporter.close()
    assert _kept(tmp_path / "outbox.sqlite3") == [b"%d" % number for number in range(1_500)]


async def test_an_end_in_the_middle_of_a_write_writes_everything_once(tmp_path: Path) -> None:
    for round_ in range(20):
        path = tmp_path / f"outbox-{round_}.sqlite3"
        reporter = _reporter(path)
        await reporter.open()
        running = asyncio.create_task(reporter.run())
        for number in range(700):
            reporter.put(_draft(number))
        await asyncio.sleep(0.0002 * round_)
        running.cancel()
        await asyncio.wait({running})
        await reporter.close()
        assert _kept(path) == [b"%d" % number for number in range(700)]


async def test_a_memory_that_overflows_gives_up_passing_things_and_counts_them(tmp_path: Path) -> None:
    reporter = _reporter(tmp_path / "outbox.sqlite3")
    reporter.put(_draft(0, Rank.FAULT))
    for number in range(1, MEMORY + 10):
        reporter.put(_draft(number))
    assert (reporter.queued, reporter.shed) == (MEMORY, 10)
    await reporter.open()
    await reporter.flush()
    await reporter.close()
    assert _kept(tmp_path / "outbox.sqlite3")[0] == b"0"


async def test_what_the_fleet_has_stored_is_forgotten_on_disk(tmp_path: Path) -> None:
    reporter = _reporter(tmp_path / "outbox.sqlite3")
    await reporter.open()
    running = asyncio.create_task(reporter.run())
    for number in range(10):
        reporter.put(_draft(number))
    await until(lambda: reporter.standing.count == 10, "written")
    reporter.forget(reporter.standing.head - 3)
    await until(lambda: reporter.queued == 3, "forgotten")
    reporter.forget(reporter.standing.head + 1_000)
    await until(lambda: reporter.queued == 0, "all forgotten, and no more than all")
    running.cancel()
    await asyncio.wait({running})
    await reporter.close()


async def test_a_disk_that_refuses_is_told_once_and_its_end_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.write_text("in the way")
    told: list[str] = []
    reporter = Reporter(folder / "outbox.sqlite3", clock=Hasty(), on_news=lambda: None, on_refused=told.append)
    opening = asyncio.create_task(reporter.open())
    async with asyncio.timeout(5):
        await reporter.tried.wait()
    states = [(reporter.is_refused, reporter.opened.is_set())]
    folder.unlink()
    await opening
    states.append((reporter.is_refused, reporter.opened.is_set()))
    assert states == [(True, False), (False, True)]
    assert len(told) == 1
    await reporter.close()
