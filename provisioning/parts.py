"""The parts of the service that run beside its web, each for as long as its block."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import structlog
from sqlalchemy import Engine

from provisioning.bureau import Bureau
from telemetry.fleet.broker_process import BrokerProcess
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.scribe.process import ScribeProcess
from telemetry.fleet.settings import FleetSettings
from telemetry.fleet.store.upgrade import UpgradeError, upgrade

log = structlog.get_logger()

STORE_PATIENCE_S = 60.0
"""How long a database that is not there is waited for at the start; then the service ends, and systemd starts it again."""
STORE_AGAIN_S = 2.0


class RefusedError(Exception):
    """The service cannot start; the message is for the person who started it."""


@contextlib.asynccontextmanager
async def running(name: str, run: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run a part beside the web; its end by itself ends the service, loudly."""
    server_task = asyncio.current_task()
    task = asyncio.ensure_future(run())
    failures: list[BaseException] = []

    def ended(done: "asyncio.Future[None]") -> None:
        if not done.cancelled() and server_task is not None:
            failures.append(done.exception() or RuntimeError(f"{name} ended by itself"))
            server_task.cancel()

    task.add_done_callback(ended)
    try:
        yield
    except asyncio.CancelledError:
        if failures:
            raise RuntimeError(f"{name} failed") from failures[0]
        raise
    finally:
        task.remove_done_callback(ended)
        task.cancel()
        await asyncio.wait({task})


async def bring_up(engine: Engine, told_to_end: asyncio.Event) -> bool:
    """Bring the database to this release. One that is away is waited for: after a power cut everything starts at once.

    Returns:
        False when told to end meanwhile.
    """
    deadline_s = time.monotonic() + STORE_PATIENCE_S
    is_said = False
    while True:
        try:
            await asyncio.to_thread(upgrade, engine)
        except UpgradeError as error:
            if not error.is_outage or time.monotonic() > deadline_s:
                raise
            if not is_said:
                log.warning("store unavailable at start", error=str(error))
            is_said = True
        else:
            return True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(told_to_end.wait(), STORE_AGAIN_S)
        if told_to_end.is_set():
            return False


@contextlib.asynccontextmanager
async def kiosk_door(settings: FleetSettings, bureau: Bureau) -> AsyncIterator[None]:
    """Let kiosks come, where there is a CA to know them by."""
    if (house := bureau.house) is None:
        log.info("no kiosk door", why="no CA yet: zhizhu-fleet ca create, then start again")
        yield
        return
    with listening(settings.kiosk_door.host, settings.kiosk_door.port, "kiosk_door.port") as taken:
        async with running("kiosk door", lambda: house.door.serve(taken)):
            log.info("kiosk door open", url=settings.kiosk_door.url)
            yield


@contextlib.asynccontextmanager
async def broker(settings: FleetSettings, metrics: Metrics, bureau: Bureau) -> AsyncIterator[BrokerProcess | None]:
    """Let the embedded broker serve, unless settings name another; whoever yields it keeps it going.

    Raises:
        RefusedError: It is to ask for certificates, and there is no CA.
        BrokerError: It does not start.
    """
    if settings.broker.url is not None:
        yield None
        return
    files = bureau.broker_files if settings.broker.requires_certificates else None
    if files is None and settings.broker.requires_certificates:
        raise RefusedError("broker.requires_certificates: there is no CA yet: zhizhu-fleet ca create")
    broker = BrokerProcess(host=settings.broker.host, port=settings.broker.port, on_start=metrics.broker_starts.inc, files=files)
    try:
        await broker.start()
        yield broker
    finally:
        await broker.end()


@contextlib.asynccontextmanager
async def scribe(store_url: str, metrics: Metrics) -> AsyncIterator[ScribeProcess]:
    """Keep the scribe going; it writes to the store of this URL."""
    scribe = ScribeProcess(store_url, on_start=metrics.scribe_starts.inc)
    try:
        async with running("scribe", scribe.keep):
            yield scribe
    finally:
        await scribe.end()


@contextlib.contextmanager
def listening(host: str, port: int, key: str = "server.port") -> Iterator[socket.socket]:
    """Take a port before it is needed, so that a taken one is named at once."""
    try:
        door = socket.create_server((host, port), backlog=512)
    except OSError as error:
        raise RefusedError(f"{key}: {host}:{port} cannot be listened on: {os.strerror(error.errno or 0)}") from error
    with door:
        yield door
