"""The fleet's database away, killed, locked, full: kiosks are not answered, nothing is lost, pages say as of when."""

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import Connection, event, text

from telemetry.fleet.settings import FleetSettings
from telemetry.fleet.settings import Ingest as IngestSettings
from telemetry.fleet.web.health import Pulse
from tests.fakes.postgres import Postgres
from tests.faults.row import Row
from tests.telemetry.together import K1, MOSQUITTO, Cabinet, Fleet, lasting_broker, running, until
from tests.telemetry.web import served

QUEUE = 1_000
EVENTS = 1_500
HEARTBEAT_S = 0.4
SETTINGS = FleetSettings(ingest=IngestSettings(queue_size=QUEUE))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    with lasting_broker(MOSQUITTO, "-p", "{port}") as number:
        yield number


@pytest.fixture(scope="module")
def durable() -> Iterator[Postgres]:
    """A PostgreSQL of these tests' own, which waits for the disk as it should."""
    with Postgres.started(is_durable=True) as server:
        yield server


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A kiosk, a fleet that has heard it, and a page of it that somebody looked at."""

    fleet: Fleet
    cabinet: Cabinet
    client: httpx.AsyncClient

    def failures(self) -> float:
        return self.fleet.metrics.registry.get_sample_value("zhizhu_store_failures_total") or 0.0


@contextlib.asynccontextmanager
async def scene(port: int, folder: Path, *, store_url: str | None = None) -> AsyncIterator[Scene]:
    fleet = Fleet(port=port, folder=folder, settings=SETTINGS, store_url=store_url)
    if fleet.engine.dialect.name == "sqlite":
        event.listen(fleet.engine, "begin", _in_a_hurry)
    cabinet = Cabinet(port=port, folder=folder, heartbeat_s=HEARTBEAT_S)

    def pulse() -> Pulse:
        return Pulse(broker_connected=fleet.ingest.is_connected, queued=fleet.ingest.waiting, queue_size=QUEUE)

    app = served.build(fleet.engine, now=lambda: datetime.now(UTC), pulse=pulse, metrics=fleet.metrics)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://fleet") as client:
        async with running(fleet.ingest), running(cabinet.agent):
            await until(lambda: fleet.condition() == "READY", "the kiosk is known")
            assert (await client.get("/kiosks?lang=en")).status_code == 200
            yield Scene(fleet=fleet, cabinet=cabinet, client=client)
        fleet.engine.dispose()


def _in_a_hurry(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA busy_timeout=300")  # instead of 10 s: a minute's lock in some seconds


async def _bear(at: Scene, row: Row, *, breaks: Callable[[], Awaitable[None]], mends: Callable[[], Awaitable[None]]) -> None:
    """Let it happen while a kiosk has much to say, and look at everybody who is concerned."""
    await breaks()
    for number in range(EVENTS):
        at.cabinet.agent.event("visit.ended", {"number": number})
    at.cabinet.raise_fault()
    failures = at.failures()
    await until(lambda: at.failures() >= failures + 2, "it is tried again")
    row.seen()
    await _everybody_is_told(at, row)
    assert at.cabinet.agent.queued == EVENTS + 1, "nothing is acknowledged that is not stored"
    assert at.fleet.ingest.waiting <= 2 * QUEUE, "what waits in memory is bounded"
    row.mended()
    await mends()
    await until(lambda: at.cabinet.agent.queued == 0, "everything is stored and answered", deadline_s=40)
    row.healed()
    numbers = at.fleet.numbers()
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "every number once, in order"
    told = [message.body["fields"]["number"] for message in at.fleet.reader.messages(K1, kinds=["event"], limit=9_999)]
    assert told == list(reversed(range(EVENTS)))
    assert at.fleet.open_alarms() == ["printer.paper_out"], "one alarm, and no silence of a kiosk that was not heard"
    await until(lambda: at.fleet.condition() == "FAILED", "the present state")
    assert (await at.client.get("/kiosks?lang=en")).status_code == 200


async def _everybody_is_told(at: Scene, row: Row) -> None:
    for path in ("/api/v1/kiosks", "/healthz"):
        answer = await at.client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    page = await at.client.get("/kiosks?lang=en")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert "K1" in page.text
    assert "Data as of" in page.text
    row.page("fleet's: Data as of ...; API 503, Retry-After 30")


@pytest.mark.fault("F48")
async def test_a_database_that_is_stopped_costs_nothing_but_time(port: int, folder: Path, durable: Postgres, row: Row) -> None:
    async with scene(port, folder, store_url=durable.fresh()) as at:

        async def stop() -> None:
            row.injected("PostgreSQL stopped in order")
            await asyncio.to_thread(durable.stop)

        await _bear(at, row, breaks=stop, mends=lambda: asyncio.to_thread(durable.start))
    row.note(f"{EVENTS} events said meanwhile, all stored once")


@pytest.mark.fault("F48")
async def test_a_database_killed_in_the_middle_of_batches_has_every_row_once(
    port: int, folder: Path, durable: Postgres, row: Row
) -> None:
    async with scene(port, folder, store_url=durable.fresh()) as at:

        def say(share: range) -> None:
            for number in share:
                at.cabinet.agent.event("visit.ended", {"number": number})

        async def kill_once_it_writes() -> None:
            stored = len(at.fleet.numbers())
            await until(lambda: len(at.fleet.numbers()) > stored, "it writes")
            await asyncio.to_thread(durable.kill)

        say(range(EVENTS // 2))
        await kill_once_it_writes()
        await asyncio.to_thread(durable.start)
        say(range(EVENTS // 2, EVENTS))
        await kill_once_it_writes()
        row.injected("PostgreSQL: kill -9 of every process under load, twice")
        failures = at.failures()
        await until(lambda: at.failures() >= failures + 2, "it is tried again")
        row.seen()
        await _everybody_is_told(at, row)
        row.mended()
        await asyncio.to_thread(durable.start)
        await until(lambda: at.cabinet.agent.queued == 0, "everything is stored and answered", deadline_s=40)
        row.healed()
        numbers = at.fleet.numbers()
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        told = [message.body["fields"]["number"] for message in at.fleet.reader.messages(K1, kinds=["event"], limit=9_999)]
        assert told == list(reversed(range(EVENTS)))


@pytest.mark.fault("F49")
async def test_a_locked_database_is_waited_for(port: int, folder: Path, row: Row) -> None:
    async with scene(port, folder) as at:
        holder = sqlite3.connect(folder / "fleet.sqlite3", timeout=10, isolation_level=None, check_same_thread=False)

        async def lock() -> None:
            row.injected("SQLite: another connection holds the write lock, a minute's patience in 0.3 s")
            await asyncio.to_thread(holder.execute, "BEGIN IMMEDIATE")

        async def unlock() -> None:
            holder.execute("ROLLBACK")
            holder.close()

        await lock()
        at.cabinet.raise_fault()
        failures = at.failures()
        await until(lambda: at.failures() >= failures + 2, "it is tried again")
        row.seen()
        assert (await at.client.get("/kiosks?lang=en")).status_code == 200, "in WAL who reads does not wait for who writes"
        row.page("fleet's: as of the last commit, each value with its age")
        assert at.cabinet.agent.queued == 1
        row.mended()
        await unlock()
        await until(lambda: at.cabinet.agent.queued == 0, "stored and answered")
        row.healed()
        assert at.fleet.open_alarms() == ["printer.paper_out"]


@pytest.mark.fault("F49")
async def test_a_database_locked_whole_tables_long_is_waited_for(port: int, folder: Path, postgres: Postgres, row: Row) -> None:
    async with scene(port, folder, store_url=postgres.fresh()) as at:
        event.listen(at.fleet.engine, "begin", _in_a_hurry_too)
        holder = at.fleet.engine.connect()

        async def lock() -> None:
            row.injected("PostgreSQL: ACCESS EXCLUSIVE on the tables, a minute's patience in 0.3 s")
            await asyncio.to_thread(holder.execute, text("LOCK TABLE kiosk, message, alarm, device, occurrence"))

        await _bear(at, row, breaks=lock, mends=lambda: asyncio.to_thread(holder.close))


def _in_a_hurry_too(connection: Connection) -> None:
    connection.exec_driver_sql("SET LOCAL lock_timeout = '300ms'")


@pytest.mark.fault("F49")
async def test_a_full_database_takes_no_half_batch(port: int, folder: Path, row: Row) -> None:
    async with scene(port, folder) as at:
        engine, is_full = at.fleet.engine, True

        def bound(connection: Connection) -> None:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one() if is_full else 2**30
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

        event.listen(engine, "begin", bound)
        row.injected("SQLite: no page more than it has (SQLITE_FULL)")
        for number in range(EVENTS):
            at.cabinet.agent.event("visit.ended", {"number": number})
        failures = at.failures()
        await until(lambda: at.failures() >= failures + 2, "it is tried again")
        row.seen()
        assert at.cabinet.agent.queued > 0
        at.cabinet.raise_fault()
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        answer = await at.client.get("/kiosks?lang=en")
        assert answer.status_code == 200
        row.page("fleet's: as of the last commit, each value with its age")
        row.mended()
        is_full = False
        await until(lambda: at.cabinet.agent.queued == 0, "everything is stored and answered", deadline_s=40)
        row.healed()
        numbers = at.fleet.numbers()
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert at.fleet.open_alarms() == ["printer.paper_out"]


@contextlib.contextmanager
def _small_disk(server: Postgres, part: str, *, megabytes: int) -> Iterator[Path]:
    """Put one folder of a cluster on a disk of its own, small enough to be filled."""
    moved = server.folder / "cluster" / part
    disk = server.folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no right to mount a disk here: {mounted.stderr.decode().strip()}")
    try:
        server.stop()
        subprocess.run(["cp", "-a", str(moved), str(disk / part)], check=True)
        shutil.rmtree(moved)
        moved.symlink_to(disk / part)
        server.start()
        yield disk
    finally:
        server.stop()
        subprocess.run(["umount", "-l", str(disk)], check=True)


def _fill(disk: Path) -> None:
    with (disk / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while ballast.write(bytes(65_536)):
            pass
    assert shutil.disk_usage(disk).free == 0


@pytest.mark.fault("F49")
async def test_a_postgresql_whose_data_disk_is_full_takes_no_half_batch(port: int, folder: Path, row: Row) -> None:
    with Postgres.started(is_durable=True) as server:
        url = server.fresh()
        with _small_disk(server, "base", megabytes=96) as disk:
            async with scene(port, folder, store_url=url) as at:
                row.injected("PostgreSQL: the disk of its tables full to the last byte (ENOSPC, SQLSTATE 53100)")
                await asyncio.to_thread(_fill, disk)
                for number in range(EVENTS):
                    at.cabinet.agent.event("visit.ended", {"number": number})
                failures = at.failures()
                await until(lambda: at.failures() >= failures + 2, "it is tried again")
                row.seen()
                at.cabinet.raise_fault()
                waiting = at.cabinet.agent.queued
                assert waiting > 0
                assert at.fleet.ingest.waiting <= 2 * QUEUE, "what waits in memory is bounded"
                assert (await at.client.get("/kiosks?lang=en")).status_code == 200, "what is stored can be read"
                row.page("fleet's: as of the last commit, each value with its age")
                row.mended()
                (disk / "ballast").unlink()
                await until(lambda: at.cabinet.agent.queued == 0, "everything is stored and answered", deadline_s=60)
                row.healed()
                numbers = at.fleet.numbers()
                assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "every number once, in order"
                assert at.fleet.open_alarms() == ["printer.paper_out"]


@pytest.mark.fault("F49")
async def test_a_postgresql_that_dies_of_a_full_log_disk_costs_nothing_but_time(port: int, folder: Path, row: Row) -> None:
    with Postgres.started(is_durable=True) as server:
        url = server.fresh()
        with _small_disk(server, "pg_wal", megabytes=64) as disk:
            async with scene(port, folder, store_url=url) as at:

                def fill_until_it_dies() -> None:
                    row.injected("PostgreSQL: the disk of its write-ahead log full; the server panics and does not come up")
                    _fill(disk)
                    deadline_s = time.monotonic() + 60
                    while not server.has_died:
                        assert time.monotonic() < deadline_s, "it goes on without a log"
                        with contextlib.suppress(psycopg.OperationalError):
                            server.run("CREATE TABLE IF NOT EXISTS beside (n int)", "INSERT INTO beside VALUES (1)")
                            server.run("SELECT pg_switch_wal()")

                def give_room() -> None:
                    (disk / "ballast").unlink()
                    server.start()

                await _bear(
                    at,
                    row,
                    breaks=lambda: asyncio.to_thread(fill_until_it_dies),
                    mends=lambda: asyncio.to_thread(give_room),
                )
    row.note(f"{EVENTS} events said meanwhile, all stored once")
