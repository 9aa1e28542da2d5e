"""Rows of what lies between kiosk and fleet: brokers, lines, identities, storms."""

import asyncio
import json
import random
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.fleet_load import County, kiosk, kiosk_id
from benchmarks.lean_line import Line
from telemetry.agent import Agent
from telemetry.fleet.settings import FleetSettings
from telemetry.fleet.settings import Ingest as IngestSettings
from telemetry.fleet.store.engine import sqlite_url
from telemetry.wire.codec import encode
from telemetry.wire.messages import Ack, Resync
from telemetry.wire.topics import Down, KioskId, Up, topic
from tests.fakes.tcp_proxy import TcpProxy, black_hole, refuse, sliced, whole
from tests.faults.row import Row
from tests.fleet_crash.deaths import kill_many
from tests.fleet_crash.house import House
from tests.telemetry.together import K1, MOSQUITTO, Cabinet, Fleet, broker, free_port, guest, lasting_broker, running, until

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

GOLDEN = Path(__file__).parents[1] / "telemetry/golden/v1"
K2 = KioskId(county="demo", kiosk="K2")
LIVE_FAULT_S = 2.0
"""R3: a live fault passes whatever else there is within so many seconds."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    with lasting_broker(MOSQUITTO, "-p", "{port}") as number:
        yield number


@asynccontextmanager
async def ears(port: int, folder: Path, *, settings: FleetSettings | None = None) -> AsyncIterator[Fleet]:
    """A fleet without its web."""
    fleet = Fleet(port=port, folder=folder, settings=settings)
    try:
        async with running(fleet.ingest):
            yield fleet
    finally:
        fleet.engine.dispose()


def _told(fleet: Fleet, kiosk: KioskId = K1) -> list[int]:
    """Numbers of the events that are stored, in order."""
    events = fleet.reader.messages(kiosk, kinds=["event"], limit=100_000)
    return [message.body["fields"]["number"] for message in reversed(events)]


# --- F35: broker down ---

AWAY = 1_000


@pytest.mark.fault("F35")
async def test_what_happens_while_the_broker_is_down_for_long_is_told_in_order_and_once(row: Row, tmp_path: Path) -> None:
    port = free_port()
    cabinet = Cabinet(port=port, folder=tmp_path)
    async with ears(port, tmp_path) as fleet, running(cabinet.agent):
        row.injected(f"no broker, {AWAY} events and a fault meanwhile")
        for number in range(AWAY):
            cabinet.agent.event("visit.ended", {"number": number})
        cabinet.raise_fault()
        await until(lambda: cabinet.agent.queued == AWAY + 1, "all of it is on disk")
        row.mended()
        async with broker(port):
            await until(lambda: "printer.paper_out" in fleet.open_alarms(), "the fault", deadline_s=60)
            row.seen(row.injected_s + row.healed())
            await until(lambda: cabinet.agent.queued == 0, "everything", deadline_s=60)
            row.healed()
        assert _told(fleet) == list(range(AWAY))
        row.note("nothing lost, nothing twice")


# --- F36: black hole ---


@pytest.mark.fault("F36")
async def test_a_line_that_swallows_everything_is_noticed_and_left(row: Row, port: int, tmp_path: Path) -> None:
    async with TcpProxy("127.0.0.1", port) as proxy, ears(port, tmp_path) as fleet:
        cabinet = Cabinet(port=proxy.port, folder=tmp_path, heartbeat_s=1.0)
        async with running(cabinet.agent):
            await until(lambda: fleet.condition() == "READY", "the kiosk is known")
            proxy.manner = black_hole()
            row.injected("a proxy keeps the connection and passes nothing")
            cabinet.agent.event("visit.ended", {"number": 0})
            await until(lambda: fleet.open_alarms() == ["kiosk.silent"], "the fleet has noticed", deadline_s=30)
            row.seen()
            took_s = await until(lambda: not cabinet.agent.is_connected, "the kiosk has noticed", deadline_s=60)
            assert took_s <= 10 * 1.5 + 1, "keepalive x 1.5; the shortest keepalive is 10 s"
            proxy.manner = whole()
            proxy.cut()
            row.mended()
            await until(lambda: _told(fleet) == [0], "told after all", deadline_s=60)
            await until(lambda: "kiosk.silent" not in _open_occurrences(fleet), "heard again")
            row.healed()


def _open_occurrences(fleet: Fleet) -> list[str]:
    record = fleet.ingest._batches.records.get(K1)
    return [] if record is None else [occurrence.code for occurrence in record.open_alarms]


# --- F37: flapping link ---

FLAPS = 8


@pytest.mark.fault("F37")
async def test_a_line_that_flaps_loses_nothing_and_costs_little(row: Row, port: int, tmp_path: Path) -> None:
    async with TcpProxy("127.0.0.1", port) as proxy, ears(port, tmp_path) as fleet:
        cabinet = Cabinet(port=proxy.port, folder=tmp_path, heartbeat_s=5.0)
        async with running(cabinet.agent):
            await until(lambda: fleet.condition() == "READY", "the kiosk is known")
            row.injected(f"{FLAPS} times cut and closed for a second, open for a second")
            cpu_s, began_s = time.process_time(), time.monotonic()
            for number in range(FLAPS * 10):
                if number % 10 == 0:
                    proxy.manner = refuse()
                    proxy.cut()
                elif number % 10 == 5:
                    proxy.manner = whole()
                cabinet.agent.event("visit.ended", {"number": number})
                await asyncio.sleep(0.2)
            share = (time.process_time() - cpu_s) / (time.monotonic() - began_s)
            row.mended()
            await until(lambda: _told(fleet) == list(range(FLAPS * 10)), "every event, once, in order", deadline_s=90)
            row.seen()
            row.healed()
            assert proxy.connections < FLAPS * 15, "it waits longer each time"
            assert share < 0.5, "kiosk, proxy and fleet together, on a machine that does other things as well"
            row.note(f"{proxy.connections} connects; kiosk, fleet and proxy together used {share:.0%} of a core")


# --- F38: slow link ---


@pytest.mark.fault("F38")
async def test_a_crawling_line_holds_up_nobody_else(row: Row, port: int, tmp_path: Path) -> None:
    async with TcpProxy("127.0.0.1", port) as proxy, ears(port, tmp_path) as fleet:
        slow = Cabinet(port=proxy.port, folder=_folder(tmp_path, "slow"), kiosk=K2, heartbeat_s=2.0)
        quick = Cabinet(port=port, folder=_folder(tmp_path, "quick"))
        async with running(slow.agent), running(quick.agent):
            await until(lambda: len(fleet.reader.kiosks()) == 2, "both are known")
            proxy.manner = sliced(100, 0.5)
            row.injected("200 bytes a second, both ways")
            slow.raise_fault("printer.cover_open")
            quick.raise_fault()
            await until(lambda: "printer.paper_out" in fleet.open_alarms(), "the other one's fault")
            assert row.seen() < LIVE_FAULT_S + 1
            proxy.manner = whole()
            row.mended()
            await until(lambda: "printer.cover_open" in fleet.open_alarms(), "its own fault, later", deadline_s=90)
            row.healed()


# --- F39: PUBACK lost ---


@pytest.mark.fault("F39")
async def test_a_lost_acknowledgement_stores_nothing_twice(row: Row, port: int, tmp_path: Path) -> None:
    async with TcpProxy("127.0.0.1", port) as proxy, ears(port, tmp_path) as fleet:
        cabinet = Cabinet(port=proxy.port, folder=tmp_path)
        async with running(cabinet.agent):
            await until(lambda: fleet.condition() == "READY", "the kiosk is known")
            proxy.carry_to_client(black_hole())
            row.injected("nothing comes back from the broker, then the line is cut")
            for number in range(20):
                cabinet.agent.event("visit.ended", {"number": number})
            await until(lambda: len(_told(fleet)) == 20, "stored")
            row.seen()
            assert cabinet.agent.queued == 20, "nobody told the kiosk"
            proxy.manner = whole()
            proxy.cut()
            row.mended()
            await until(lambda: cabinet.agent.queued == 0, "told after all", deadline_s=60)
            row.healed()
            assert _told(fleet) == list(range(20))


# --- F40: clones ---


@pytest.mark.fault("F40")
async def test_two_machines_with_one_identity_are_one_alarm_within_a_minute(row: Row, port: int, tmp_path: Path) -> None:
    async with ears(port, tmp_path) as fleet:
        original = Cabinet(port=port, folder=_folder(tmp_path, "original"))
        async with running(original.agent):
            await until(lambda: original.agent.is_connected and fleet.condition() == "READY", "the kiosk is known")
        shutil.copytree(tmp_path / "original", tmp_path / "clone")
        first, second = (Cabinet(port=port, folder=tmp_path / name) for name in ("original", "clone"))
        row.injected("the disk of a kiosk copied into another machine, both switched on")
        async with running(first.agent), running(second.agent):
            await until(lambda: "kiosk.cloned" in fleet.open_alarms(), "both are flagged", deadline_s=60)
            row.seen()
            began = asyncio.get_running_loop().time()
            while asyncio.get_running_loop().time() - began < 5:
                assert "kiosk.cloned" in fleet.open_alarms(), "no flapping"
                await asyncio.sleep(0.2)
        clones = [alarm for alarm in fleet.alarms() if alarm.code == "kiosk.cloned"]
        assert len(clones) == 1
        row.note(f"one alarm while they push each other out; {clones[0].detail}; ends ten minutes after one of them is gone")


# --- F41: old and retained commands ---


@pytest.mark.fault("F41")
async def test_old_and_retained_words_of_the_fleet_change_nothing(row: Row, port: int, tmp_path: Path) -> None:
    cabinet = Cabinet(port=port, folder=tmp_path)
    async with guest(port, client_id="forger") as forger:
        stale = (Down.ACK, encode(Ack(seq=5))), (Down.ACK, encode(Ack(seq=2**62))), (Down.RESYNC, encode(Resync(after_seq=1)))
        try:
            async with running(cabinet.agent):
                await until(lambda: cabinet.agent.is_connected, "connected")
                for number in range(10):
                    cabinet.agent.event("visit.ended", {"number": number})
                await until(lambda: cabinet.agent.queued == 10, "kept")
                row.injected("an ack of long ago, one of the far future, an old request, retained and live; and nonsense")
                for kind, body in (*stale, (Down.ACK, b"{"), (Down.RESYNC, b'{"v":9}')):
                    await forger.publish(topic(K1, kind), body, qos=1, is_retained=True)
                    await forger.publish(topic(K1, kind), body, qos=1)
            cabinet = Cabinet(port=port, folder=tmp_path)
            async with running(cabinet.agent):
                await until(lambda: cabinet.agent.is_connected, "connected again, with all that is retained")
                row.seen()
                assert cabinet.agent.queued == 10, "nothing is forgotten"
                async with ears(port, tmp_path) as fleet:
                    await until(lambda: cabinet.agent.queued == 0, "the fleet's own word", deadline_s=60)
                    row.healed()
                    assert _told(fleet) == list(range(10))
        finally:
            for kind, _ in stale:
                await forger.publish(topic(K1, kind), b"", qos=1, is_retained=True)


# --- F46: no host, a portal ---


@pytest.mark.fault("F46")
async def test_a_portal_and_a_name_nobody_knows_are_no_network(row: Row, tmp_path: Path) -> None:
    async def portal(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>please sign in</html>")
        writer.close()

    port = free_port()
    server = await asyncio.start_server(portal, "127.0.0.1", port)
    cabinet = Cabinet(port=port, folder=_folder(tmp_path, "kiosk"))
    nowhere = Cabinet(port=port, folder=_folder(tmp_path, "nowhere"), kiosk=K2)
    nowhere.agent = _of_host("no-such-host.invalid", nowhere, tmp_path / "nowhere")
    async with running(cabinet.agent), running(nowhere.agent), ears(port, tmp_path) as fleet:
        row.injected("a portal answers 200 and a page on the broker's port; another kiosk's broker has no such name")
        for each in (cabinet, nowhere):
            each.agent.event("visit.ended", {"number": 0})
        await until(lambda: cabinet.agent.queued == nowhere.agent.queued == 1, "kept")
        await asyncio.sleep(1.0)
        assert [cabinet.agent.is_connected, nowhere.agent.is_connected, fleet.ingest.is_connected] == [False] * 3
        row.seen()
        server.close()
        await server.wait_closed()
        row.mended()
        async with broker(port):
            await until(lambda: _told(fleet) == [0], "told", deadline_s=60)
            row.healed()


def _of_host(host: str, cabinet: Cabinet, folder: Path) -> Agent:
    from kiosk.clock import SystemClock  # noqa: PLC0415
    from telemetry.wire.messages import Place  # noqa: PLC0415

    return Agent(
        kiosk=K2, place=Place(site="光明村"), model="test", release="0", broker=f"mqtt://{host}:1883", state_dir=folder,
        clock=SystemClock(), heartbeat_s=1.0, snapshot=cabinet.snapshot, random=random.Random(7),
    )  # fmt: skip


# --- F47: hostile messages ---


@pytest.mark.fault("F47")
async def test_hostile_messages_are_counted_dropped_and_slow_nobody(row: Row, port: int, tmp_path: Path) -> None:
    good = json.loads((GOLDEN / "hb.json").read_bytes())
    hostile = {
        "not_json": b"\xff\xfe not utf-8",
        "too_deep": b"[" * 200_000,
        "too_big": b" " * 5_000_000,
        "unknown_version": json.dumps(good | {"v": 99}).encode(),
        "foreign_identity": json.dumps(good | {"kiosk": "K1"}).encode(),
        "bad_field": json.dumps(good | {"queued": -1}).encode(),
    }
    cabinet = Cabinet(port=port, folder=_folder(tmp_path, "kiosk"))
    async with ears(port, tmp_path) as fleet, running(cabinet.agent), guest(port, client_id="attacker") as attacker:
        await until(lambda: fleet.condition() == "READY", "the kiosk is known")
        row.injected("too large, too deep, invalid UTF-8, foreign, of another version, out of bounds: 20 of each")
        for _ in range(20):
            for body in hostile.values():
                attacker.publish(topic(K2, Up.HB), body, qos=1)
        cabinet.raise_fault()
        await until(lambda: fleet.open_alarms() == ["printer.paper_out"], "the fault of another", deadline_s=30)
        row.seen()
        for reason in hostile:
            await until(lambda: fleet.dropped(reason) == 20, reason, deadline_s=30)  # noqa: B023  of this round
        row.healed()
        assert [kiosk.id.kiosk for kiosk in fleet.reader.kiosks()] == ["K1"]


# --- F50: ingest killed ---


@pytest.mark.fault("F50")
@pytest.mark.system
async def test_an_ingest_killed_in_the_middle_of_batches_stores_everything_once(row: Row, folder: Path) -> None:
    house = House(folder, store_url=sqlite_url(folder / "fleet.sqlite3"), database=None)
    row.injected("kill -9 of the service, and of the broker, while four kiosks speak (seed 50)")
    try:
        tally = await kill_many(house, folder, times=2, random=random.Random(50))
    finally:
        house.end()
    row.healed()
    row.note(f"{sum(tally.deaths.values())} deaths, {tally.messages} messages, each once; no acknowledgement ahead of storage")


# --- F51: reconnect of 500 ---

HERD = 500


@pytest.mark.fault("F51")
async def test_five_hundred_that_come_back_together_are_all_heard_and_hold_up_no_fault(
    row: Row, port: int, tmp_path: Path
) -> None:
    cabinet = Cabinet(port=port, folder=_folder(tmp_path, "kiosk"))
    async with ears(port, tmp_path) as fleet, running(cabinet.agent):
        await until(lambda: fleet.condition() == "READY", "the kiosk is known")
        lines = [await Line.open(port, f"herd-{number}") for number in range(HERD)]
        county = County(lines=lines, kiosks=[kiosk(number) for number in range(HERD)], random=random.Random(51))
        row.injected(f"{HERD} connections of {HERD} kiosks, each says its birth within 3 s")
        coming = asyncio.create_task(county.be_born(spread_s=3.0))
        cabinet.raise_fault()
        await until(lambda: fleet.open_alarms() == ["printer.paper_out"], "the fault of another")
        assert row.seen() < LIVE_FAULT_S + 1
        await coming
        await until(lambda: len(fleet.ingest._batches.records) == HERD + 1, "all of them", deadline_s=60)
        row.healed()
        assert {kiosk_id(number) for number in range(HERD)} < fleet.ingest._batches.records.keys()
        for line in lines:
            line.close()


# --- F52: storm ---


@pytest.mark.fault("F52")
async def test_a_storm_from_one_kiosk_is_cut_named_and_passed(row: Row, port: int, tmp_path: Path) -> None:
    strict = FleetSettings(ingest=IngestSettings(kiosk_rate=50, kiosk_burst=200))
    cabinet = Cabinet(port=port, folder=_folder(tmp_path, "kiosk"))
    beat = (GOLDEN / "hb.json").read_bytes()
    async with ears(port, tmp_path, settings=strict) as fleet, running(cabinet.agent), guest(port, client_id="storm") as storm:
        await until(lambda: fleet.condition() == "READY", "the kiosk is known")
        row.injected("3,000 messages at once from one kiosk, its allowance is 50 a second")
        for _ in range(3_000):
            storm.publish(topic(K2, Up.HB), beat)
        cabinet.raise_fault()
        await until(lambda: fleet.open_alarms() == ["printer.paper_out"], "the fault of another")
        assert row.seen() < LIVE_FAULT_S + 1
        await until(lambda: fleet.dropped("too_many") > 2_000, "the storm is cut")
        (flood,) = fleet.ingest.floods
        assert (flood.kiosk, flood.is_over) == (K2, False)
        assert flood.since <= datetime.now(UTC)
        row.healed()
        row.note(f"named: {flood.kiosk.kiosk}, {flood.dropped} too many")


def _folder(folder: Path, name: str) -> Path:
    own = folder / name
    own.mkdir()
    return own
