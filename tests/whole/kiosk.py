"""The whole kiosk in one loop: core, far ends on real ports, platform over HTTP, broker; touched and watched from outside.

``surrounded`` is everything but the core; ``tests.whole.process`` runs that as a process of its own.
"""

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import httpx
from typing_extensions import override

from deploy.kiosk_settings import kiosk_toml
from drivers.contract.clock import Clock
from drivers.contract.status import Condition, DeviceStatus
from drivers.rig.bench import Bench
from drivers.rig.equipment import Choice, build
from drivers.smartcard_reader.private_pcsc import PrivatePcsc
from kiosk.clock import SystemClock
from kiosk.compose import Core
from kiosk.compose.bureau import MakeBureau
from kiosk.compose.fitting import MakeDevice, from_catalogue
from kiosk.config import Environment, load_config
from kiosk.config.reading import NO_DOCUMENT
from kiosk.display.vocabulary.intent import ChooseService, Intent, Proceed, Start
from kiosk.display.vocabulary.view import View
from kiosk.gateway.sandbox.api import create_app
from kiosk.gateway.sandbox.stocked import stocked
from kiosk.gateway.settings import PlatformSettings
from kiosk.services.catalogue import SHIPPED
from kiosk.upkeep.pace import Pace
from provisioning.wire.layering import Tree
from tests.fakes.pcsc import private_pcsc
from tests.fakes.tcp_proxy import TcpProxy
from tests.kiosk.gateway.serving import served
from tests.whole.ear import Ear
from tests.whole.glass import Glass

TOKEN = "synthetic-token"
DONE_WITHIN_S = 30.0
A_PERSON_TAKES_S = 2.5
"""Seconds to find one's card: the machine has long looked whether one was forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetLine:
    """How a kiosk reaches its fleet: a port of the broker, and what is spoken there."""

    port: int
    scheme: str = "mqtts"


class Equip(Protocol):
    """Sets up the far ends of one kiosk, as ``drivers.rig.equipment.build`` does."""

    def __call__(self, folder: Path, choice: Choice, *, now: Callable[[], datetime], pcsc: PrivatePcsc | None) -> Bench: ...


@dataclass(kw_only=True)
class Surroundings:
    """Everything around a core: far ends, platform, broker, eyes and hands."""

    state: Path
    config_file: Path
    bench: Bench
    glass: Glass
    ear: Ear
    platform: httpx.AsyncClient
    platform_line: TcpProxy
    """What lies between kiosk and platform."""
    broker_line: TcpProxy
    """What lies between kiosk and broker."""

    @property
    def now_s(self) -> float:
        """Monotonic seconds, as everything here counts them."""
        return time.monotonic()

    def give(self, device: str, fault: str, **options: str) -> None:
        """Make a far end show a fault, at once."""
        self.bench.device(device).give(fault, options, now_s=asyncio.get_running_loop().time())

    def clear(self, device: str, fault: str | None = None) -> None:
        """End one fault of a far end, or all."""
        self.bench.device(device).clear(fault, now_s=asyncio.get_running_loop().time())

    async def unplug(self, device: str) -> None:
        """Pull a cable."""
        await self.bench.device(device).unplug()

    async def replug(self, device: str) -> None:
        """Put a cable back in."""
        await self.bench.device(device).plug()

    def lay(self, device: str, sample: str) -> None:
        """Lay something before a device."""
        self.bench.lay(device, sample, now_s=asyncio.get_running_loop().time())

    def take(self, device: str) -> None:
        """Take it away."""
        self.bench.take_away(device, now_s=asyncio.get_running_loop().time())

    async def turn_platform(self, mode: str, times: int | None = None) -> None:
        """Turn the platform's switch."""
        (await self.platform.post("/sandbox/mode", json={"mode": mode, "times": times})).raise_for_status()

    def touch(self, intent: Intent) -> None:
        """Touch what is shown."""
        self.glass.touch(intent)

    async def page(self, *kinds: str, within_s: float = DONE_WITHIN_S) -> float:
        """Wait for one of these pages; returns the seconds it took."""
        return await self.glass.until(lambda view: view.kind in kinds, what=f"page {' or '.join(kinds)}", within_s=within_s)

    async def view(self, look: Callable[[View], bool], *, what: str, within_s: float = DONE_WITHIN_S) -> float:
        """Wait for a page that looks like this; returns the seconds it took."""
        return await self.glass.until(look, what=what, within_s=within_s)

    async def walk_to(self, page: str, *, service: str = "social_security_enrolment", sample: str = "resident-1") -> None:
        """Go from the idle page to a page of a visit with an ID card, touch by touch."""
        steps: tuple[tuple[str, Callable[[], None]], ...] = (
            ("attract", lambda: self.touch(Start())),
            ("catalogue", lambda: self.touch(ChooseService(service=service))),
            ("guide", lambda: self.touch(Proceed())),
            ("put_card", lambda: self.lay("id-card-reader", sample)),
            ("confirm", lambda: self.touch(Proceed())),
        )
        for at, act in steps:
            await self.page(at)
            if at == page:
                return
            if at == "guide":
                await self.no_card_was_there()
            act()
        await self.page(page)

    async def no_card_was_there(self) -> None:
        """Wait until the machine has looked whether a card was forgotten: nobody with hands is at the reader earlier."""
        await asyncio.sleep(A_PERSON_TAKES_S)

    async def walk_on(self, page: str) -> None:
        """From the page before, go on to this one: catalogue, guide, put_card or confirm, with an ID card."""
        match page:
            case "catalogue":
                self.touch(Start())
            case "guide":
                self.touch(ChooseService(service="social_security_enrolment"))
            case "put_card":
                await self.no_card_was_there()
                self.touch(Proceed())
            case _:
                self.lay("id-card-reader", "resident-1")
        await self.page(page)

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """Ask the ledger's file, as a technician would; it is never written."""
        with contextlib.closing(sqlite3.connect(f"file:{self.state}/journal.sqlite3?mode=ro", uri=True, timeout=5)) as ledger:
            return ledger.execute(question).fetchall()

    def everything_kept(self) -> bytes:
        """Every byte the kiosk has on its disk, and everything it told its fleet."""
        files = (file for file in sorted(self.state.rglob("*")) if file.is_file())
        return b"\n".join(file.read_bytes() for file in files) + bytes(self.ear.everything)


@dataclass(kw_only=True)
class WholeKiosk(Surroundings):
    """A running kiosk and everything around it."""

    core: Core
    _told_to_end: asyncio.Event = field(default_factory=asyncio.Event)
    _life: "asyncio.Task[None] | None" = None

    @override
    async def no_card_was_there(self) -> None:
        async with asyncio.timeout(5):
            while self.core.visit.look is not None:  # noqa: ASYNC110  # as below
                await asyncio.sleep(0.02)

    def devices_but(self, *names: str) -> list[DeviceStatus]:
        """How every device stands but these; who is in use serves, and counts as READY."""
        kept = (each.status for each in self.core.devices if each.name not in names)
        return [replace(each, condition=Condition.READY) if each.condition is Condition.BUSY else each for each in kept]

    async def well(self, *, within_s: float = DONE_WITHIN_S) -> float:
        """Wait until every service can be finished in its usual way: the last birth says so; returns the seconds it took."""
        began = self.now_s
        async with asyncio.timeout(within_s):
            while not self.core.serves_fully:  # noqa: ASYNC110  # the core tells pages, not tests, when it changes
                await asyncio.sleep(0.02)
        return self.now_s - began

    async def end(self) -> None:
        """End the core in order; raises what it died of."""
        self._told_to_end.set()
        if self._life is not None:
            await asyncio.wait_for(self._life, 20)

    def begin(self) -> None:
        """Begin the core's life."""
        self._told_to_end = asyncio.Event()
        self._life = asyncio.create_task(self.core.run(self._told_to_end), name="core")


@asynccontextmanager
async def whole_kiosk(
    folder: Path,
    *,
    broker_port: int,
    settings: Mapping[str, Mapping[str, object]] | None = None,
    ports: Mapping[str, str] | None = None,
    choice: Choice | None = None,
    equip: Equip = build,
    clock: Clock | None = None,
    make: MakeDevice = from_catalogue,
    services: Path = SHIPPED,
    pace: Pace | None = None,
    fleet: FleetLine | None = None,
    bureau: Callable[[Path], MakeBureau] | None = None,
    wanted: Tree = NO_DOCUMENT,
) -> AsyncIterator[WholeKiosk]:
    """Start everything and wait until every device serves; everything is gone afterwards.

    Args:
        folder: For state, ports and papers; a short path, because sockets lie in it.
        broker_port: Of a broker that runs.
        settings: By device name, settings of its driver beside the usual ones.
        ports: By device name, where the kiosk is told to look for it; None for where it is.
        choice: What can be chosen of the equipment.
        equip: Sets up the far ends.
        clock: The kiosk's; None for the machine's own.
        make: Builds each device.
        services: The folder of service files.
        pace: How often the kiosk asks each device; None for the usual.
        fleet: Where the kiosk finds its fleet, if not in plain words at ``broker_port``.
        bureau: Makes what answers to the bureau, from the kiosk's own file; None for a kiosk that belongs to nobody.
        wanted: The bureau's settings, laid over the file.
    """
    around_it = surrounded(
        folder, broker_port=broker_port, settings=settings, ports=ports, choice=choice, equip=equip, fleet=fleet
    )
    async with around_it as around, AsyncExitStack() as stack:
        clock = clock or SystemClock()
        core = Core(
            load_config(around.config_file, platform=PlatformSettings, clock=clock, fleet=wanted),
            environment=Environment(notify_address=None, watchdog_s=None, volatile_dir=folder),
            variables=dict(os.environ),
            clock=clock,
            make=make,
            services=services,
            pace=pace,
            bureau=None if bureau is None else bureau(around.config_file),
        )
        kiosk = WholeKiosk(core=core, **{each.name: getattr(around, each.name) for each in fields(around)})
        kiosk.begin()
        stack.push_async_callback(kiosk.end)
        await kiosk.page("attract")
        await kiosk.well()
        yield kiosk
        await kiosk.turn_platform("normal")


@asynccontextmanager
async def surrounded(
    folder: Path,
    *,
    broker_port: int,
    settings: Mapping[str, Mapping[str, object]] | None = None,
    ports: Mapping[str, str] | None = None,
    choice: Choice | None = None,
    equip: Equip = build,
    display: str = "external = true",
    fleet: FleetLine | None = None,
) -> AsyncIterator[Surroundings]:
    """Start everything a core needs, and write its configuration; the core itself is the caller's.

    Args:
        folder: As for ``whole_kiosk``. Its ``kiosk`` is the state folder, and may be there already.
        broker_port: Of a broker that runs.
        settings: By device name, settings of its driver beside the usual ones.
        ports: By device name, where the kiosk is told to look for it; None for where it is.
        choice: What can be chosen of the equipment.
        equip: Sets up the far ends.
        display: The lines of ``[display]``.
        fleet: As for ``whole_kiosk``.
    """
    async with AsyncExitStack() as stack:
        bench = equip(folder / "rig", choice or Choice(), now=lambda: datetime.now(UTC), pcsc=private_pcsc())
        await bench.plug_all()
        stack.push_async_callback(bench.dispose)
        stack.enter_context(_environment(bench.environment))
        registry = stocked(folder / "platform.sqlite", public_url="https://verify.example")
        url = await stack.enter_async_context(served(create_app(registry=registry, token=TOKEN, now=lambda: datetime.now(UTC))))
        # A connection of its own for every request: one kept for the next may be closed by the far end just then.
        limits = httpx.Limits(max_keepalive_connections=0)
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False, verify=False, limits=limits))  # noqa: S501
        platform_line = TcpProxy("127.0.0.1", int(url.rpartition(":")[2]))
        broker_line = TcpProxy("127.0.0.1", fleet.port if fleet is not None else broker_port)
        for line in (platform_line, broker_line):
            await line.start()
            stack.push_async_callback(line.stop)
        state = folder / "kiosk"
        state.mkdir(exist_ok=True)
        (folder / "token").write_text(f"{TOKEN}\n")
        config_file = folder / "kiosk.toml"
        config_file.write_text(
            kiosk_toml(
                {name: device.port for name, device in bench.devices.items()} | dict(ports or {}),
                state=state,
                token=folder / "token",
                platform=f"http://127.0.0.1:{platform_line.port}",
                broker_port=broker_line.port,
                broker_scheme=fleet.scheme if fleet is not None else "mqtt",
                display=display,
                settings=settings or {},
            )
        )
        ear = Ear(broker_port)
        ear.listen()
        stack.callback(ear.stop)
        glass = Glass(state / "display.sock")
        if display == "external = true":
            watching = asyncio.create_task(glass.run(), name="glass")
            stack.callback(watching.cancel)
        yield Surroundings(
            state=state,
            config_file=config_file,
            bench=bench,
            glass=glass,
            ear=ear,
            platform=client,
            platform_line=platform_line,
            broker_line=broker_line,
        )


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """What a kiosk must find in its environment: here it shares ours."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
