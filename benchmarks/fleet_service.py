"""The real fleet service, a real broker and a county of load, each a process of its own, as long as a measurement lasts."""

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import psutil
from sqlalchemy import Engine, func, select

from telemetry.fleet.store import schema
from telemetry.fleet.store.engine import open_engine

START_DEADLINE_S = 60.0
MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
CONFIGURED = Path(__file__).resolve().parent.parent / "deploy/mosquitto/loopback.conf"
"""As it is deployed; only port and folder are the measurement's own."""


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """The broker under measurement."""

    port: int
    process: psutil.Process

    @property
    def cpu_s(self) -> float:
        """Seconds of processor it has used."""
        used = self.process.cpu_times()
        return float(used.user + used.system)

    @property
    def memory_mb(self) -> float:
        """What it has in memory of its own."""
        return float(self.process.memory_full_info().uss) / 1e6


@contextlib.contextmanager
def mosquitto(folder: Path) -> Iterator[int]:
    """Run mosquitto as it is deployed; yields its port."""
    with broker(folder) as running:
        yield running.port


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[Broker]:
    """Run mosquitto as it is deployed."""
    if MOSQUITTO is None:
        raise FileNotFoundError("mosquitto is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    said = CONFIGURED.read_text(encoding="utf-8").replace("listener 1883", f"listener {port}")
    config = folder / "mosquitto.conf"
    config.write_text(f"{said}\npersistence_location {folder}/\nuser root\n", encoding="utf-8")
    with _running([MOSQUITTO, "-c", str(config)], folder / "mosquitto.log") as process:
        _wait_for(port)
        yield Broker(port=port, process=psutil.Process(process.pid))


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The fleet service under measurement."""

    process: psutil.Process
    web: str
    engine: Engine

    @property
    def memory_mb(self) -> float:
        """What it and its scribe have in memory of their own."""
        return sum(float(process.memory_full_info().uss) for process in self._processes()) / 1e6

    @property
    def cpu_s(self) -> float:
        """Seconds of processor it and its scribe have used."""
        used = [process.cpu_times() for process in self._processes()]
        return sum(float(each.user + each.system) for each in used)

    def _processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children()]

    def last_said(self) -> dict[str, datetime]:
        """Return when each kiosk last said something, by its own clock, as it is stored."""
        with self.engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(select(schema.kiosk_now.c.kiosk, schema.kiosk_now.c.screen_at))}

    def known(self) -> int:
        """Return how many kiosks are stored."""
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(schema.kiosk)).scalar_one())

    def lives(self) -> dict[int, int]:
        """Return how many kiosks are stored in each life."""
        with self.engine.connect() as connection:
            return {
                row[0]: row[1]
                for row in connection.execute(select(schema.kiosk.c.life, func.count()).group_by(schema.kiosk.c.life))
            }


@contextlib.contextmanager
def service(folder: Path, *, broker_port: int, store_url: str, settings: str = "") -> Iterator[Service]:
    """Run ``zhizhu-fleet serve`` and wait until it listens to the broker."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = folder / "fleet.toml"
    config.write_text(
        f'[server]\nport = {port}\n[broker]\nurl = "mqtt://127.0.0.1:{broker_port}"\n[store]\nurl = "{store_url}"\n'
        f"[sign_in]\nrequired = false\n{settings}",
        encoding="utf-8",
    )
    log = folder / "fleet.log"
    before = log.stat().st_size if log.exists() else 0
    engine = open_engine(store_url)
    with _running([sys.executable, "-m", "provisioning.server", "serve", "--config", str(config)], log) as process:
        deadline_s = time.monotonic() + START_DEADLINE_S
        while '"listening"' not in log.read_text(encoding="utf-8")[before:]:
            assert process.poll() is None, log.read_text(encoding="utf-8")[-2000:]
            assert time.monotonic() < deadline_s, "the service does not listen"
            time.sleep(0.02)
        yield Service(process=psutil.Process(process.pid), web=f"http://127.0.0.1:{port}", engine=engine)
    engine.dispose()


class Load:
    """The county, told what to do."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @classmethod
    @contextlib.contextmanager
    def running(
        cls, *, port: int, kiosks: int, connections: int = 16, played_by: str = "benchmarks.fleet_load", more: Sequence[str] = ()
    ) -> Iterator[Self]:
        """Start it and wait until it is connected."""
        command = [sys.executable, "-m", played_by, "--port", str(port), "--kiosks", str(kiosks), *more]
        process = subprocess.Popen(
            [*command, "--connections", str(connections)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            load = cls(process)
            load.answer()
            yield load
        finally:
            process.kill()
            process.communicate()

    def tell(self, do: str, **how: object) -> None:
        """Give an order; ``answer`` waits for its end."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **how}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Mapping[str, Any]:
        """Wait for what came of the last order."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the load has ended"
        answer: Mapping[str, Any] = json.loads(line)
        return answer

    def do(self, do: str, **how: object) -> Mapping[str, Any]:
        """Give an order and wait for its end."""
        self.tell(do, **how)
        return self.answer()

    def last_said(self) -> dict[str, datetime]:
        """Return when each kiosk last said something, by its own clock, as it was sent."""
        said = self.do("last")["said_at"]
        return {f"L{number:06d}": datetime.fromisoformat(at).astimezone(UTC) for number, at in enumerate(said) if at}


@contextlib.contextmanager
def _running(command: list[str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("ab") as written:
        process = subprocess.Popen(command, stdout=written, stderr=written, cwd=Path(__file__).resolve().parent.parent)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait()


def _wait_for(port: int) -> None:
    deadline_s = time.monotonic() + START_DEADLINE_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert time.monotonic() < deadline_s, f"nobody listens on {port}"
        time.sleep(0.02)
