"""Plays a story over real MQTT: simulated time runs so many times faster, what is said bears the real time, the truth both."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import assert_never

import structlog

from telemetry.simulation.calendar import DAY_S
from telemetry.simulation.happening import (
    Began,
    ClockIs,
    Complained,
    Ended,
    Escalated,
    Left,
    Level,
    Manner,
    Moment,
    Noted,
    OutageBegan,
    OutageEnded,
    Returned,
)
from telemetry.simulation.identities import Identities
from telemetry.simulation.kiosk import Ears, Kiosk
from telemetry.simulation.line import allow_connections
from telemetry.simulation.story import Story
from telemetry.simulation.truth import Truth
from telemetry.wire.topics import KioskId

log = structlog.get_logger()

KNOWN_WITHIN_S = 90.0
"""Beyond the time kiosks take to connect: whoever was refused at first tries again within half a minute."""
STORED_WITHIN_S = 60.0
LOOK_S = 0.1
FAREWELL_S = 1.0
LAST_ABSENCE = 1 << 62
"""The cause of the absence that is the end of the trial."""


class NobodyAnswersError(Exception):
    """The broker or the fleet behind it does not answer the kiosks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How a story is played.

    Attributes:
        host: Of the broker.
        port: Of the broker.
        speed: Simulated seconds in one real second.
        heartbeat_s: Real seconds between two heartbeats of a kiosk.
        spread_s: Real seconds within which all kiosks connect at first.
        linger_s: Real seconds they stay after the story.
        seed: Of every jitter.
        identities: What kiosks show a broker that speaks TLS; None for one that does not.
    """

    host: str
    port: int
    speed: float
    heartbeat_s: float
    spread_s: float
    linger_s: float
    seed: int
    identities: Identities | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What became of a trial: how late the simulator itself was at worst, and what the fleet never acknowledged."""

    took_s: float
    worst_lag_s: float
    unstored: int


class Play:
    """One trial. Belongs to one event loop; used once."""

    def __init__(self, story: Story, manners: Manners, truth: Truth) -> None:
        self._story = story
        self._manners = manners
        self._truth = truth
        random = Random(f"{manners.seed} play")
        ears = Ears(on_silent=self._on_silent, on_heard=self._on_heard, on_late=self._on_late, on_stored=self._on_stored)
        self._kiosks = {
            site.name: Kiosk(
                site,
                has_ups=site.name in story.ups,
                heartbeat_s=manners.heartbeat_s,
                address=(manners.host, manners.port),
                identities=manners.identities,
                ears=ears,
                random=Random(random.getrandbits(64)),
            )
            for site in story.sites
        }
        self._random = random
        self._began_s: float | None = None

    async def run(self) -> Played:
        """Connect everybody, play, wait until the fleet has stored everything, say farewell.

        Raises:
            NobodyAnswersError: Broker or fleet are not there.
            TooManyKiosksError: This system does not allow so many connections.
        """
        allow_connections(len(self._kiosks))
        self._truth.note(
            "trial",
            real=_now(),
            county=self._story.sites[0].county,
            kiosks=len(self._kiosks),
            seed=self._manners.seed,
            speed=self._manners.speed,
            heartbeat_s=self._manners.heartbeat_s,
            story=self._story.digest,
        )
        loop = asyncio.get_running_loop()
        tasks: list[asyncio.Task[None]] = []
        try:
            await self._gather(tasks)
            began_s = self._began_s = loop.time()
            log.info("story begins", kiosks=len(self._kiosks), moments=len(self._story.moments), speed=self._manners.speed)
            self._truth.note("story.begin", real=_now(), at_s=0.0)
            lag_s = await self._tell(began_s)
            unstored = await self._stored()
            self._truth.note("story.end", real=_now(), at_s=self._at_s(), unstored=unstored, worst_lag_s=round(lag_s, 3))
            await asyncio.sleep(self._manners.linger_s)
            took_s = loop.time() - began_s
            for number, kiosk in enumerate(self._kiosks.values()):
                kiosk.leave(LAST_ABSENCE + number, Manner.FAREWELL)
            await asyncio.sleep(FAREWELL_S)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return Played(took_s=took_s, worst_lag_s=lag_s, unstored=unstored)

    async def _gather(self, tasks: list["asyncio.Task[None]"]) -> None:
        """Let everybody connect, spread over a while, until the fleet has answered each."""
        loop = asyncio.get_running_loop()
        began_s, spread_s = loop.time(), self._manners.spread_s
        kiosks = list(self._kiosks.values())
        for kiosk, due_s in zip(kiosks, sorted(self._random.uniform(0, spread_s) for _ in kiosks), strict=True):
            await _sleep_until(began_s + due_s)
            tasks.append(asyncio.create_task(kiosk.run(), name=f"kiosk {kiosk.id.kiosk}"))
        deadline_s = began_s + spread_s + KNOWN_WITHIN_S
        while missing := sum(not kiosk.is_known for kiosk in kiosks):
            if loop.time() > deadline_s:
                connected = sum(kiosk.is_connected for kiosk in kiosks)
                raise NobodyAnswersError(
                    f"{self._manners.host}:{self._manners.port}: {connected} of {len(kiosks)} kiosks are connected, "
                    f"the fleet has not answered {missing} of them within {KNOWN_WITHIN_S:.0f} s"
                )
            await asyncio.sleep(LOOK_S)
        log.info("everybody is known", kiosks=len(kiosks), took_s=round(loop.time() - began_s, 1))

    async def _tell(self, began_s: float) -> float:
        """Play every moment when it is due; returns how late the worst was."""
        loop = asyncio.get_running_loop()
        lag_s, day = 0.0, 0
        for moment in self._story.moments:
            due_s = began_s + moment.at_s / self._manners.speed
            if due_s > loop.time():
                await _sleep_until(due_s)
            lag_s = max(lag_s, loop.time() - due_s)
            self._perform(moment)
            if moment.at_s >= (day + 1) * DAY_S:
                day = int(moment.at_s // DAY_S)
                log.info("simulated day", day=day, queued=sum(kiosk.queued for kiosk in self._kiosks.values()))
        await _sleep_until(began_s + self._story.lasts_s / self._manners.speed)
        return lag_s

    async def _stored(self) -> int:
        """Wait until the fleet has stored what connected kiosks told; returns how much it has not."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + STORED_WITHIN_S
        while True:
            waiting = sum(kiosk.queued for kiosk in self._kiosks.values() if kiosk.is_connected)
            if not waiting or loop.time() > deadline_s:
                return waiting
            await asyncio.sleep(LOOK_S)

    def _perform(self, moment: Moment) -> None:
        what, at_s = moment.what, moment.at_s
        match what:
            case OutageBegan(outage=outage):
                self._truth.note(
                    "outage.begin",
                    real=_now(),
                    at_s=at_s,
                    id=outage.number,
                    kind=outage.kind.value,
                    level=outage.level,
                    scope=outage.scope,
                    members=[absence.kiosk for absence in outage.absences],
                )
            case OutageEnded(outage=outage):
                self._truth.note("outage.end", real=_now(), at_s=at_s, id=outage.number)
            case Left(outage=outage, absence=absence):
                self._kiosks[absence.kiosk].leave(outage.number, absence.manner)
            case Returned(outage=outage, absence=absence):
                self._kiosks[absence.kiosk].come_back(outage.number)
            case Began(fault=fault):
                since = self._kiosks[fault.kiosk].begin(fault)
                self._truth.note(
                    "fault.begin",
                    real=_now(),
                    at_s=at_s,
                    id=fault.number,
                    kiosk=fault.kiosk,
                    device=fault.device,
                    code=fault.code,
                    severity=fault.severity,
                    remedy=fault.remedy,
                    needs_person=fault.needs_person,
                    since=since.isoformat(),
                )
            case Escalated(fault=fault):
                self._kiosks[fault.kiosk].escalate(fault)
                self._truth.note("fault.escalated", real=_now(), at_s=at_s, id=fault.number)
            case Ended(fault=fault):
                self._kiosks[fault.kiosk].end(fault)
                self._truth.note("fault.end", real=_now(), at_s=at_s, id=fault.number, by=fault.ended_by)
            case Noted(kiosk=kiosk, name=name, fields=fields):
                self._kiosks[kiosk].note(name, fields)
                if name == "visit.ended":
                    self._truth.note("visit", real=_now(), at_s=at_s, kiosk=kiosk, service=str(fields["service"]))
            case Complained():
                self._complain(what, at_s)
            case Level():
                self._kiosks[what.kiosk].set_level(what)
            case ClockIs(kiosk=kiosk, skew_s=skew_s, is_trusted=is_trusted, is_reset=is_reset):
                self._kiosks[kiosk].set_clock(skew_s=skew_s, is_trusted=is_trusted, is_reset=is_reset)
                self._truth.note("clock", real=_now(), at_s=at_s, kiosk=kiosk, skew_s=round(skew_s), is_reset=is_reset)
            case _:
                assert_never(what)

    def _complain(self, what: Complained, at_s: float) -> None:
        fields = {"service": what.service, "step": "form"} if what.service else {}
        self._kiosks[what.kiosk].note("repair.requested", fields)
        fault = None if what.fault is None else what.fault.number
        self._truth.note("complaint", real=_now(), at_s=at_s, kiosk=what.kiosk, by=what.by.value, fault=fault)

    def _on_silent(self, kiosk: KioskId, last_word: datetime, why: str) -> None:
        self._truth.note("silence.begin", real=last_word, at_s=self._at_s(), kiosk=kiosk.kiosk, why=why)

    def _on_heard(self, kiosk: KioskId, at: datetime) -> None:
        self._truth.note("silence.end", real=at, at_s=self._at_s(), kiosk=kiosk.kiosk)

    def _on_late(self, kiosk: KioskId, last_word: datetime, until: datetime) -> None:
        self._truth.note("silence.begin", real=last_word, at_s=self._at_s(), kiosk=kiosk.kiosk, why="simulator")
        self._truth.note("silence.end", real=until, at_s=self._at_s(), kiosk=kiosk.kiosk)

    def _on_stored(self, fault: int) -> None:
        self._truth.note("fault.stored", real=_now(), at_s=self._at_s(), id=fault)

    def _at_s(self) -> float | None:
        """Return the simulated time now, None before the story."""
        if self._began_s is None:
            return None
        return (asyncio.get_running_loop().time() - self._began_s) * self._manners.speed


async def _sleep_until(due_s: float) -> None:
    """Wait until then, or give way once."""
    await asyncio.sleep(max(0.0, due_s - asyncio.get_running_loop().time()))


def _now() -> datetime:
    return datetime.now(UTC)
