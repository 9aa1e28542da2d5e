"""A kiosk's agent, a real broker and a fleet's ingest on one loop, over real sockets and real files."""

import asyncio
import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine, Row, select

from drivers.contract.device import DeviceKind
from drivers.contract.fault import Fault, Remedy, Severity
from drivers.contract.status import Condition, DeviceStatus
from kiosk.clock import SystemClock
from telemetry.agent import Agent, DeviceReading, NamedService, ScreenShown, Snapshot
from telemetry.fleet.broker_process import BrokerProcess
from telemetry.fleet.changes import Changes
from telemetry.fleet.ingest import Identity, Ingest
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.settings import FleetSettings
from telemetry.fleet.store.alarm_book import AlarmBook
from telemetry.fleet.store.book import Book
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.reader import Reader
from telemetry.fleet.store.schema import occurrence
from telemetry.fleet.store.stored import StoredAlarm
from telemetry.fleet.store.upgrade import upgrade
from telemetry.fleet.store.writer import Writer
from telemetry.mqtt import Address, Connection, Credentials, Opening, Received
from telemetry.wire.messages import Place
from telemetry.wire.topics import Down, KioskId
from tests.telemetry.pulse_store import Beside

K1 = KioskId(county="demo", kiosk="K1")
MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
PATIENCE_S = 45.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def until(condition: Callable[[], bool], what: str, *, deadline_s: float = PATIENCE_S) -> float:
    """Wait until something is true; returns how long it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not condition():
        assert loop.time() - began < deadline_s, f"not within {deadline_s} s: {what}"
        await asyncio.sleep(0.01)
    return loop.time() - began


class Cabinet:
    """The state of a pretended kiosk: a printer and its faults, and the agent told of them."""

    def __init__(
        self,
        *,
        port: int,
        folder: Path,
        heartbeat_s: float = 1.0,
        kiosk: KioskId = K1,
        on_order: Callable[[Down, bytes], None] = lambda _kind, _payload: None,
        credentials: Credentials | None = None,
    ) -> None:
        self.faults: dict[str, Fault] = {}
        self.screen = "attract"
        self._moment = datetime.now(UTC)
        self.agent = Agent(
            kiosk=kiosk,
            place=Place(site="光明村"),
            model="test",
            release="0.1.0",
            broker=f"{'mqtt' if credentials is None else 'mqtts'}://127.0.0.1:{port}",
            state_dir=folder,
            clock=SystemClock(),
            heartbeat_s=heartbeat_s,
            snapshot=self.snapshot,
            on_order=on_order,
            credentials=lambda: credentials,
            random=Random(7),
        )

    def snapshot(self) -> Snapshot:
        return Snapshot(
            devices=(self.printer(),),
            faults=tuple(self.faults.values()),
            catalogue=(NamedService(id="social_security_enrolment", title="社保参保证明"),),
            services_offered=0 if self.faults else 2,
            services_total=2,
            screen=ScreenShown(page=self.screen),
        )

    def printer(self) -> DeviceReading:
        condition = Condition.FAILED if self.faults else Condition.READY
        status = DeviceStatus(device="receipt-printer", condition=condition, read_at=datetime.now(UTC))
        return DeviceReading(status=status, kind=DeviceKind.RECEIPT_PRINTER)

    def raise_fault(self, code: str = "printer.paper_out") -> Fault:
        self._moment += timedelta(milliseconds=1)
        fault = Fault(
            device="receipt-printer", code=code, severity=Severity.BLOCKING, remedy=Remedy.CLERK, since=self._moment, detail=""
        )
        self.faults[code] = fault
        self.agent.fault_raised(fault)
        return fault

    def clear_fault(self, code: str = "printer.paper_out") -> None:
        fault = self.faults.pop(code)
        self._moment += timedelta(milliseconds=1)
        self.agent.fault_cleared(fault, self._moment, "clerk")


class Fleet:
    """The server without its web."""

    def __init__(
        self,
        *,
        port: int,
        folder: Path,
        settings: FleetSettings | None = None,
        store_url: str | None = None,
        books: Callable[[Engine], tuple[Book, ...]] = lambda _engine: (),
        credentials: Credentials | None = None,
    ) -> None:
        self.engine: Engine = open_engine(store_url or sqlite_url(folder / "fleet.sqlite3"))
        upgrade(self.engine)
        self.reader = Reader(self.engine)
        self.metrics = Metrics()
        self.changes = Changes(first_id=1)
        self.ingest = Ingest(
            identity=Identity(
                address=Address(host="127.0.0.1", port=port, is_secure=credentials is not None),
                client_id="fleet-of-the-test",
                is_shared=False,
                credentials=credentials,
            ),
            writer=Writer(self.engine, books=(AlarmBook(), *books(self.engine))),
            pulse_store=Beside(self.engine),
            changes=self.changes,
            metrics=self.metrics,
            settings=settings or FleetSettings(),
            random=Random(7),
        )

    def dropped(self, reason: str) -> float:
        return self.metrics.registry.get_sample_value("zhizhu_messages_dropped_total", {"reason": reason}) or 0.0

    def open_alarms(self) -> list[str]:
        return sorted(alarm.code for alarm in self.reader.alarms(is_open=True))

    def alarms(self) -> tuple[StoredAlarm, ...]:
        return self.reader.alarms()

    def occurrences(self) -> list[Row[Any]]:
        """What kiosks themselves said is wrong, each time apart; an alarm that flaps is one whatever the times."""
        with self.engine.connect() as connection:
            return list(connection.execute(select(occurrence).where(occurrence.c.cause == "kiosk")))

    def numbers(self, kiosk: KioskId = K1) -> list[int]:
        return [message.seq for message in reversed(self.reader.messages(kiosk, limit=100_000))]

    def condition(self, kiosk: KioskId = K1) -> str:
        known = self.reader.kiosk(kiosk.kiosk)
        return "" if known is None else known.condition


@contextlib.asynccontextmanager
async def running(part: Agent | Ingest) -> AsyncIterator[None]:
    """Run an agent or an ingest; a failure of it fails the test."""
    task = asyncio.create_task(part.run())
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        if isinstance(part, Agent):
            await part.close()
        else:
            task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


@contextlib.asynccontextmanager
async def broker(port: int) -> AsyncIterator[BrokerProcess]:
    process = BrokerProcess(host="127.0.0.1", port=port, on_start=lambda: None)
    await process.start()
    try:
        yield process
    finally:
        await process.end()


@contextlib.contextmanager
def lasting_broker(*command: str) -> Iterator[int]:
    """A broker for a whole module of tests, which leave nothing on it but the fleet's retained word; yields its port.

    Args:
        command: What to start, with ``{port}`` where its port belongs; the embedded broker without it.
    """
    port = free_port()
    command = command or (sys.executable, "-m", "telemetry.fleet.broker", "--host", "127.0.0.1", "--port", "{port}")
    process = subprocess.Popen([word.format(port=port) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline_s = time.monotonic() + PATIENCE_S
        while not _listens(port):
            assert time.monotonic() < deadline_s, f"no broker within {PATIENCE_S} s"
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@contextlib.asynccontextmanager
async def guest(port: int, heard: list[Received] | None = None, *, client_id: str = "guest") -> AsyncIterator[Connection]:
    """Anybody at all with a connection to the broker."""
    opening = Opening(address=Address(host="127.0.0.1", port=port), client_id=client_id, keepalive_s=20)
    connection = await Connection.open(
        opening, on_message=heard.append if heard is not None else lambda _: None, run_blocking=asyncio.to_thread
    )
    try:
        yield connection
    finally:
        await connection.close()
