"""A real server on a free port over a store of the test's own, for browsers and for streams."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI
from sqlalchemy import Engine

from telemetry.fleet.accounts.passwords import Passwords
from telemetry.fleet.accounts.sessions import Lasting
from telemetry.fleet.changes import Changes
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.web.app import create_app
from telemetry.fleet.web.desk import Desk
from telemetry.fleet.web.door import Rules
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.health import Pulse
from telemetry.wire.topics import KioskId
from tests.telemetry.web import county

START_DEADLINE_S = 10.0
STOP_DEADLINE_S = 10.0


def well() -> Pulse:
    """Ingest as it should be."""
    return Pulse(broker_connected=True, queued=3, queue_size=1000)


LASTING = Lasting(idle=timedelta(minutes=30), longest=timedelta(hours=12), kept=timedelta(hours=8))
OPEN_HOUSE = Rules(required=False, hosts=frozenset({"fleet", "127.0.0.1"}))
"""Nobody signs in: everybody is the bureau, as in the demonstration."""
QUICK_PASSWORDS = Passwords(passes=1, memory_kib=8)
"""Worth nothing outside a test."""


def build(
    engine: Engine,
    *,
    now: Callable[[], datetime],
    changes: Changes | None = None,
    pulse: Callable[[], Pulse] = well,
    county_names: Mapping[str, str] = county.NAMES,
    words: FaultWords | None = None,
    metrics: Metrics | None = None,
    rules: Rules = OPEN_HOUSE,
    desk: Desk | None = None,
) -> FastAPI:
    """Compose the application as the server does."""
    return create_app(
        engine=engine,
        changes=changes or Changes(first_id=1),
        metrics=metrics or Metrics(),
        pulse=pulse,
        now=now,
        county_names=county_names,
        rules=rules,
        lasting=LASTING,
        passwords=QUICK_PASSWORDS,
        words=words,
        desk=desk,
    )


class Served:
    """A running server: ``url``, and a way to say that kiosks changed."""

    def __init__(
        self,
        engine: Engine,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        port: int = 0,
        rules: Rules = OPEN_HOUSE,
        county_names: Mapping[str, str] = county.NAMES,
        desk: Desk | None = None,
    ) -> None:
        self._engine = engine
        self._desk = desk
        self._county_names = county_names
        self._rules = rules
        self._now = now
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self._socket.listen(128)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(START_DEADLINE_S):
            raise RuntimeError(f"no server within {START_DEADLINE_S} s")
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def publish(self, kiosks: Iterable[KioskId]) -> None:
        """Tell every open tab that these kiosks changed."""
        self._loop.call_soon_threadsafe(self._changes.publish, tuple(kiosks))

    def stop(self) -> None:
        """End the streams, then the server."""
        if not self._thread.is_alive():
            return

        def end() -> None:
            self._app.state.streams.close()
            self._server.should_exit = True

        self._loop.call_soon_threadsafe(end)
        self._thread.join(STOP_DEADLINE_S)
        if self._thread.is_alive():
            raise RuntimeError(f"the server did not stop within {STOP_DEADLINE_S} s")

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._changes = Changes(first_id=1)
        self._app = build(
            self._engine,
            now=self._now,
            changes=self._changes,
            rules=self._rules,
            county_names=self._county_names,
            desk=self._desk,
        )
        self._server = uvicorn.Server(uvicorn.Config(self._app, log_level="warning", lifespan="off"))
        self._ready.set()
        await self._server.serve(sockets=[self._socket])
