"""The core that will die: the shipping runner, journal and outbox, with villagers who come one after the other."""

import asyncio
import os
import socket
import traceback
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, NoReturn

import structlog
from typing_extensions import override

from drivers.transport.worker import Worker
from kiosk.visit.devices import Devices
from kiosk.visit.effect import Fact
from kiosk.visit.event import (
    Declined,
    Event,
    PaperAnswered,
    Proceeded,
    Rated,
    RestAsked,
    ServiceChosen,
    Started,
    WentHome,
)
from kiosk.visit.model import (
    AtRest,
    Choosing,
    LeaveAsked,
    PaperAsked,
    PaperSeen,
    PreparingPrint,
    PrinterAwaited,
    Printing,
    Rating,
    Troubled,
    Visit,
)
from kiosk.visit.runner import VisitRunner
from telemetry.agent import translate
from telemetry.agent.life import Life
from telemetry.agent.outbox import Draft, Rank
from telemetry.agent.snapshot import ScreenShown, Snapshot
from telemetry.agent.translate import SelfPortrait, Stamp
from telemetry.mqtt import Address, Credentials, Received
from telemetry.wire.codec import encode
from telemetry.wire.messages import Ack, Place, Resync
from telemetry.wire.topics import Down, Up, topic
from tests.crash.line import FarPages, FarPlatform, FarPrinter, Line, NotingReporter, PurseHeld, RememberingJournal
from tests.crash.world import KIOSK
from tests.fakes.clock import ScaledClock
from tests.kiosk.visit.killed_core import CardLies
from tests.kiosk.visit.world import CERTIFICATE, PAYMENT, PENSION, PLACE, PROOF, STATEMENT, cannot

TIMES = 300.0
"""The runner's ticks of a second come every 3.3 ms."""
POKED_S = 0.004
SERVICES = (PROOF, PENSION, STATEMENT, CERTIFICATE, PAYMENT)
JOURNAL, OUTBOX = "journal.sqlite3", "outbox.sqlite3"
PORTRAIT = SelfPortrait(place=Place(site="光明村"), model="", release="0", heartbeat_s=30)
SNAPSHOT = Snapshot(devices=(), faults=(), catalogue=(), services_offered=5, services_total=5, screen=ScreenShown(page="attract"))


def live(end: socket.socket, folder: Path, *, seed: int, mark: Callable[[bytes], None], has_villagers: bool = True) -> NoReturn:
    """Be a core until killed."""
    line = Line(end, mark=mark)
    structlog.configure(processors=[_complain_on(line)], cache_logger_on_first_use=False)
    try:
        asyncio.run(_serve(line, folder, Random(seed), has_villagers=has_villagers))
    except BaseException:  # noqa: BLE001  told to whoever judges
        line.say(did="crash", why=traceback.format_exc())
    os._exit(1)


class Mortal:
    """What of the core reports to its fleet."""

    def __init__(self, line: Line, folder: Path, clock: ScaledClock) -> None:
        self.clock = clock
        self.life: LineLife | None = None
        self.reporter = NotingReporter(folder / OUTBOX, clock=clock, on_news=self._on_news)
        self.reporter.line = line

    def report(self, name: str, facts: Mapping[str, Fact]) -> None:
        stamp = Stamp(life=0, seq=0, at=self.clock.now(), clock_trusted=True)
        body = encode(translate.event(stamp, name, facts))
        self.reporter.put(Draft(rank=Rank.PASSING, kind=Up.EVENT.value, body=body))

    def _on_news(self) -> None:
        if self.life is not None:
            self.life.queue_changed()


class LineLife(Life):
    """A life whose broker is at the other end of the line."""

    line: Line

    @override
    async def begin(self, address: Address, credentials: Credentials | None, worker: Worker) -> None:
        raise NotImplementedError

    async def begin_on_line(self) -> None:
        connection = LineConnection(self.line)
        self.line.on_fleet = self._heard
        self._connection = connection  # type: ignore[assignment]  # as much of a Connection as a life uses
        self._say_birth(connection)  # type: ignore[arg-type]  # as above

    def _heard(self, answer: Mapping[str, Any]) -> None:
        if "ack" in answer:
            self._hear(_received(Down.ACK, encode(Ack(seq=answer["ack"]))))
        if "resync" in answer:
            self._hear(_received(Down.RESYNC, encode(Resync(after_seq=answer["resync"], birth=answer["birth"]))))


class LineConnection:
    """The part of ``telemetry.mqtt.Connection`` that a life uses."""

    is_open = True
    is_congested = False

    def __init__(self, line: Line) -> None:
        self._line = line

    def publish(self, topic: str, payload: bytes, *, qos: int = 0) -> None:  # noqa: ARG002  a datagram is as safe as QoS 1
        self._line.publish(topic, payload)

    async def ended(self) -> str:
        never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await never


async def _serve(line: Line, folder: Path, luck: Random, *, has_villagers: bool) -> None:
    line.listen()
    clock = ScaledClock(times=TIMES, start=datetime.now(UTC))
    mortal = Mortal(line, folder, clock)
    journal = RememberingJournal(folder / JOURNAL, clock=clock)
    journal.line = line
    if await journal.open() is not None:
        line.say(did="quarantine", what=JOURNAL)
    villager = Villager(luck)

    def changed(visit: Visit) -> None:
        if has_villagers and (event := villager.answer(visit)) is not None:
            runner.handle(event)

    runner = VisitRunner(
        devices=Devices(
            id_card_reader=CardLies(),
            code_scanner=PurseHeld(),
            receipt_printer=FarPrinter(line),
            document_printer=FarPages(line, journal),
        ),
        platform=FarPlatform(line),
        journal=journal,
        clock=clock,
        place=PLACE,
        changed=changed,
        report=mortal.report,
        random_hex=lambda: f"{luck.getrandbits(128):032x}",
        chance=luck,
    )
    runner.handle(cannot())
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(runner.run())
        tasks.create_task(_tell(mortal, line, luck))
        while True:
            await asyncio.sleep(POKED_S)
            changed(runner.visit)


async def _tell(mortal: Mortal, line: Line, luck: Random) -> None:
    await mortal.reporter.open()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(mortal.reporter.run())
        life = mortal.life = LineLife(
            number=await mortal.reporter.next_life(),
            kiosk=KIOSK,
            portrait=PORTRAIT,
            reporter=mortal.reporter,
            clock=mortal.clock,
            random=luck,
            snapshot=lambda: SNAPSHOT,
            on_order=lambda _kind, _payload: None,
        )
        life.line = line
        await life.begin_on_line()
        await life.run()


class Villager:
    """Touches what is there to be touched, mostly sensibly."""

    def __init__(self, luck: Random) -> None:
        self._luck = luck

    def answer(self, visit: Visit) -> Event | None:
        """What she does before this page; None while there is nothing to do but wait."""
        luck = self._luck
        if visit.overlay is not None:
            return luck.choice((Proceeded(), Declined())) if isinstance(visit.overlay, LeaveAsked) else Proceeded()
        if luck.random() < 0.01:
            return WentHome()
        match visit.stage:
            case AtRest():
                return Started()
            case Choosing():
                return ServiceChosen(service=luck.choice(SERVICES).id)
            case PaperAsked():
                return PaperAnswered(seen=luck.choice(tuple(PaperSeen)))
            case PrinterAwaited():
                return luck.choice((Proceeded(), RestAsked(), Declined()))
            case Rating():
                return Rated(level=5) if luck.random() < 0.5 else Declined()
            case Troubled():
                return luck.choice((Proceeded(), WentHome()))
            case PreparingPrint() | Printing():
                return None
            case _:
                return Proceeded()


def _received(kind: Down, payload: bytes) -> Received:
    return Received(topic=topic(KIOSK, kind), payload=payload, is_retained=False, acknowledge=lambda: None)


def _complain_on(line: Line) -> Callable[[object, str, Any], Any]:
    """What the core logs as a defect is one."""

    def complain(_logger: object, method: str, event: Any) -> Any:
        if method in ("error", "exception", "critical"):
            line.say(did="log", event=str(event))
        raise structlog.DropEvent

    return complain
