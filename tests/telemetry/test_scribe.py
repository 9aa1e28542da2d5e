"""The scribe: what it is given is stored whole, a late pulse never hides a newer one, and it never outlives the service."""

import asyncio
import contextlib
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Engine

from telemetry.fleet.metrics import Metrics
from telemetry.fleet.pulse import PulseRow, moment_of, written
from telemetry.fleet.pulse_queue import PulseQueue
from telemetry.fleet.rate import Allowance
from telemetry.fleet.scribe import frames
from telemetry.fleet.scribe.frames import Answer, Outcome
from telemetry.fleet.scribe.process import ScribeProcess
from telemetry.fleet.store.engine import sqlite_url
from telemetry.fleet.store.failures import StoreUnavailableError, UnstorableError
from telemetry.fleet.store.pulse_rows import LatePulses, Pulses, load_pulses
from telemetry.fleet.voices import Voices
from telemetry.wire.topics import KioskId
from tests.telemetry.said import K1, NOW
from tests.telemetry.together import until

K2 = KioskId(county="demo", kiosk="K2")
PARENT = """
import asyncio, sys
from telemetry.fleet.scribe.process import ScribeProcess
async def main():
    scribe = ScribeProcess(sys.argv[1], on_start=lambda: None)
    keeping = asyncio.create_task(scribe.keep())
    while scribe.pid is None:
        await asyncio.sleep(0.01)
    print(scribe.pid, flush=True)
    await keeping
asyncio.run(main())
"""


def row(kiosk: KioskId = K1, *, after_s: float = 0.0, queued: int = 0) -> PulseRow:
    at = written(NOW + timedelta(seconds=after_s))
    return (kiosk.county, kiosk.kiosk, at, at, 0.25, queued, "01:02:03.000004,")


def url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


@contextlib.asynccontextmanager
async def scribe(store_url: str) -> AsyncIterator[ScribeProcess]:
    ours = ScribeProcess(store_url, on_start=lambda: None)
    keeping = asyncio.create_task(ours.keep())
    try:
        await until(lambda: ours.pid is not None, "the scribe is there")
        yield ours
    finally:
        keeping.cancel()
        await asyncio.wait({keeping})
        await ours.end()


def stored(engine: Engine, kiosk: KioskId = K1) -> PulseRow:
    return load_pulses(engine)[kiosk]


async def test_what_the_scribe_is_given_is_stored(store: Engine) -> None:
    async with scribe(url(store)) as ours:
        many = [row(KioskId(county="demo", kiosk=f"K{number}"), queued=number) for number in range(1, 700)]
        await ours.write(many, now=NOW)
        assert sorted(load_pulses(store).values()) == sorted(many)


def test_words_of_any_kind_are_stored_as_they_are(store: Engine) -> None:
    words = ['"1"', "\\1", "{1,2}", "'1'", "NULL", "\\", '"', ""]
    many = [(*row(KioskId(county="demo", kiosk=f"K{number}"))[:-1], word) for number, word in enumerate(words)]
    for rows in (many, many[:1], [], many[4:]):
        with store.begin() as connection:
            LatePulses(store.dialect).write(connection, rows, now=written(NOW))
    assert sorted(load_pulses(store).values()) == sorted(many)


def test_a_late_pulse_never_takes_the_place_of_a_newer_one(store: Engine) -> None:
    late, newest = LatePulses(store.dialect), Pulses(store.dialect)
    with store.begin() as connection:
        newest.write(connection, [row(after_s=5, queued=5)])
        late.write(connection, [row(after_s=4, queued=4), row(K2, after_s=4, queued=4)], now=written(NOW))
        late.write(connection, [row(after_s=5, queued=6)], now=written(NOW))
    assert stored(store)[5] == 5
    assert stored(store, K2)[5] == 4
    with store.begin() as connection:
        late.write(connection, [row(after_s=6, queued=6)], now=written(NOW))
    assert stored(store)[5] == 6


def test_a_pulse_of_a_clock_that_was_set_back_gives_way(store: Engine) -> None:
    late = LatePulses(store.dialect)
    with store.begin() as connection:
        late.write(connection, [row(after_s=3_600, queued=1)], now=written(NOW + timedelta(hours=1)))
        late.write(connection, [row(after_s=1, queued=2)], now=written(NOW + timedelta(seconds=1)))
    assert stored(store)[5] == 2


async def test_a_locked_database_is_away_and_poison_is_poison(store: Engine) -> None:
    async with scribe(url(store)) as ours:
        too_long: PulseRow = ("c" * 40, "K1", "no moment", "no moment", 0.0, 0, "\x00" * 3)
        if store.dialect.name == "postgresql":
            with pytest.raises(UnstorableError):
                await ours.write([too_long], now=NOW)
        with store.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE pulse RENAME TO elsewhere")
        with pytest.raises(StoreUnavailableError):
            await ours.write([row()], now=NOW)
        with store.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO pulse")
        await ours.write([row()], now=NOW)
        assert stored(store) == row()


async def test_a_scribe_killed_again_and_again_loses_no_pulse(tmp_path: Path, upgraded_sqlite: Path) -> None:
    path = Path(shutil.copy(upgraded_sqlite, tmp_path / "fleet.sqlite3"))
    voices, heard = Voices(Allowance(rate=1e6, burst=1e6)), set[KioskId]()
    async with scribe(sqlite_url(path)) as ours:
        queue = PulseQueue(ours, metrics=Metrics(), on_stored=heard.update, now=lambda: NOW)
        running = asyncio.create_task(queue.run())
        said: dict[KioskId, PulseRow] = {}
        killed: set[int] = set()
        for kill in range(3):
            for number in range(3_000):
                kiosk = KioskId(county="demo", kiosk=f"K{number}")
                said[kiosk] = row(kiosk, after_s=kill + 1, queued=kill)
                queue.put(voices.of(kiosk), said[kiosk])
            await until(lambda: ours.pid not in {None, *killed}, "the scribe is there again")
            assert ours.pid is not None
            killed.add(ours.pid)
            os.kill(ours.pid, signal.SIGKILL)
        await asyncio.wait_for(queue.drained(), 30)
        running.cancel()
        await asyncio.wait({running})
    with contextlib.closing(sqlite3.connect(path)) as database:
        found = database.execute("SELECT * FROM pulse").fetchall()
    assert sorted(found) == sorted(said.values())
    assert heard == said.keys()


async def test_the_scribe_ends_when_the_service_is_killed(upgraded_sqlite: Path) -> None:
    service = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, sqlite_url(upgraded_sqlite), stdout=asyncio.subprocess.PIPE, cwd=Path.cwd()
    )
    assert service.stdout is not None
    left = psutil.Process(int(await service.stdout.readline()))
    left.send_signal(signal.SIGTERM)  # as systemd says it to everybody: the service has still something to give
    service.send_signal(signal.SIGKILL)
    await service.wait()
    await until(lambda: not left.is_running() or left.status() == psutil.STATUS_ZOMBIE, "the scribe has ended")


def test_what_is_said_over_the_pipe_is_read_back() -> None:
    said = frames.batch(7, [row()], now=NOW)
    length = frames.length_of(said[: frames.LENGTH_BYTES])
    read = frames.batch_of(said[frames.LENGTH_BYTES :])
    assert length == len(said) - frames.LENGTH_BYTES
    assert (read.number, read.now, [tuple(each) for each in read.rows]) == (7, written(NOW), [row()])
    answered = Answer(7, Outcome.AWAY, "database is locked")
    assert frames.answer_of(frames.answer(answered)[frames.LENGTH_BYTES :]) == answered
    with pytest.raises(ValueError, match="at most"):
        frames.length_of(b"\xff\xff\xff\xff")
    with pytest.raises(ValueError, match="3 parts"):
        frames.batch_of(b"[1,2]")


def test_moments_are_read_back_and_naive_ones_refused() -> None:
    assert moment_of(written(NOW)) == NOW
    with pytest.raises(ValueError, match="naive"):
        written(datetime(2026, 11, 22))  # noqa: DTZ001  that is the point
