"""Broker, service and database as processes that can be killed and started again, on ports and files that stay."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from tests.fakes.postgres import Postgres
from tests.telemetry.together import MOSQUITTO, free_port

ROOT = Path(__file__).resolve().parents[2]
START_DEADLINE_S = 60.0


class Part(StrEnum):
    """What can die."""

    SERVICE = "service"
    BROKER = "broker"
    DATABASE = "database"


class House:
    """The server side of a fleet."""

    def __init__(self, folder: Path, *, store_url: str, database: Postgres | None) -> None:
        """Prepare; ``start`` starts everything.

        Args:
            folder: Of files and logs.
            store_url: The database, upgraded or not.
            database: Its server, when it has one that can die.
        """
        self.port = free_port()
        self.store_url = store_url
        self._folder = folder
        self._database = database
        self._is_database_dead = False
        self._log_began = 0
        self._processes: dict[Part, subprocess.Popen[bytes]] = {}
        broker = (
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/\nuser root\n"
        )
        (folder / "mosquitto.conf").write_text(broker + "autosave_interval 1\nmax_queued_messages 100000\n", encoding="utf-8")
        (folder / "fleet.toml").write_text(
            f'[server]\nport = {free_port()}\n[broker]\nurl = "mqtt://127.0.0.1:{self.port}"\n[store]\nurl = "{store_url}"\n'
            "[sign_in]\nrequired = false\n",
            encoding="utf-8",
        )

    @property
    def parts(self) -> tuple[Part, ...]:
        """What of it can be killed."""
        return tuple(Part) if self._database is not None else (Part.SERVICE, Part.BROKER)

    def start(self) -> None:
        """Start what is not running, and wait until it answers."""
        if self._database is not None and self._is_database_dead:
            self._database.start()
            self._is_database_dead = False
        if Part.BROKER not in self._processes:
            assert MOSQUITTO is not None
            self._run(Part.BROKER, MOSQUITTO, "-c", str(self._folder / "mosquitto.conf"))
            self._wait_for(self._listens, "the broker")
        if Part.SERVICE not in self._processes:
            self._run(
                Part.SERVICE, sys.executable, "-m", "provisioning.server", "serve", "--config", str(self._folder / "fleet.toml")
            )

    @property
    def is_listening(self) -> bool:
        """Whether the service of this life has reached the broker."""
        log = self._folder / f"{Part.SERVICE}.log"
        return b'"event": "listening"' in log.read_bytes()[self._log_began :]

    def kill(self, part: Part) -> None:
        """End a part as a power cut would."""
        if part is Part.DATABASE:
            assert self._database is not None
            self._database.kill()
            self._is_database_dead = True
            return
        process = self._processes.pop(part)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def end(self) -> None:
        """End everything, in order."""
        for part in (Part.SERVICE, Part.BROKER):
            if (process := self._processes.pop(part, None)) is not None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def log(self) -> str:
        """Return the last of what the service said."""
        return (self._folder / "service.log").read_text(encoding="utf-8")[-3000:]

    def check(self) -> None:
        """Fail when the service has ended by itself."""
        process = self._processes.get(Part.SERVICE)
        assert process is None or process.poll() is None, f"the service ended by itself: {self.log()}"

    def _run(self, part: Part, *command: str) -> None:
        with (self._folder / f"{part}.log").open("ab") as log:
            self._processes[part] = subprocess.Popen(
                command, stdout=log, stderr=log, cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": "1"}
            )

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    @staticmethod
    def _wait_for(condition: Callable[[], bool], what: str) -> None:
        deadline_s = time.monotonic() + START_DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline_s, f"{what} does not start"
            time.sleep(0.02)
