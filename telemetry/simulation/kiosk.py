"""One simulated kiosk: speaks the wire as a kiosk does, life after life. Belongs to one event loop."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from pydantic import ValidationError

from telemetry.simulation.cabinet import Cabinet
from telemetry.simulation.county import Site
from telemetry.simulation.happening import Fault, Level, Manner
from telemetry.simulation.identities import Identities, IdentityMissingError
from telemetry.simulation.line import Caller, Line, LineError
from telemetry.simulation.outbox import WINDOW, Numbered, Outbox
from telemetry.simulation.packets import Publication
from telemetry.simulation.speech import AT_REST, Speech, Stamp
from telemetry.wire.codec import UnreadableError, decode_down
from telemetry.wire.messages import (
    Ack,
    Event,
    FaultChanged,
    FleetState,
    Resync,
    Screen,
    StatusChanged,
)
from telemetry.wire.topics import Down, KioskId, Up, fleet_state, topic

SHORTEST_KEEPALIVE_S = 10
LONGEST_KEEPALIVE_S = 30
BETWEEN_BIRTHS_S = 1.0
BETWEEN_BEATS_S = 1.0
GREETING_SPREAD_S = 5.0
FIRST_BACKOFF_S = 0.5
LAST_BACKOFF_S = 30.0
BEAT_JITTER = (0.9, 1.1)
LATE_FACTOR = 1.5
"""A silence longer than so many heartbeats is ours, the simulator's: the truth has to say so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """Who is told what a kiosk's line does. All are called on the loop.

    Attributes:
        on_silent: It has said its last word, at this moment, and why; by itself when nobody sent it away.
        on_heard: It has said its birth.
        on_late: It could not speak in time, from then until now.
        on_stored: The fleet has said that it has stored the raise of a fault, by its number.
    """

    on_silent: Callable[[KioskId, datetime, str], None]
    on_heard: Callable[[KioskId, datetime], None]
    on_late: Callable[[KioskId, datetime, datetime], None]
    on_stored: Callable[[int], None]


class Kiosk:
    """One voice. ``run`` keeps it connected while it is wanted there; everything else returns at once."""

    def __init__(
        self,
        site: Site,
        *,
        has_ups: bool,
        heartbeat_s: float,
        address: tuple[str, int],
        ears: Ears,
        random: Random,
        identities: Identities | None = None,
    ) -> None:
        self.id = KioskId(county=site.county, kiosk=site.name)
        self.cabinet = Cabinet(has_ups=has_ups, vendor=site.vendor)
        self.is_known = False
        """Whether the fleet has answered in this life."""
        self._speech = Speech(site, self.cabinet, heartbeat_s=heartbeat_s)
        self._heartbeat_s = heartbeat_s
        self._address = address
        self._identities = identities
        self._ears = ears
        self._random = random
        self._outbox = Outbox(first=int(datetime.now(UTC).timestamp() * 1000))
        self._topics: Mapping[Up, bytes] = {kind: topic(self.id, kind).encode() for kind in Up}
        self._life = 0
        self._line: Line | None = None
        self._half_open: Line | None = None
        self._away: set[int] = set()
        self._change = asyncio.Event()
        self._was_lost = False
        self._beat_timer: asyncio.TimerHandle | None = None
        self._birth_timer: asyncio.TimerHandle | None = None
        self._beat_s = self._born_s = float("-inf")
        self._said_at = datetime.now(UTC)

    @property
    def is_connected(self) -> bool:
        """Whether the broker has it now."""
        return self._line is not None

    @property
    def queued(self) -> int:
        """Messages the fleet has not stored."""
        return self._outbox.count

    async def run(self) -> None:
        """Connect whenever it should be connected, for ever; what cannot be done now is tried again later."""
        attempt = 0
        while True:
            while self._away or self._line is not None:
                self._change.clear()
                await self._change.wait()
            if self._was_lost:
                limit_s = min(LAST_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** min(attempt, 10))
                await asyncio.sleep(self._random.uniform(0, limit_s))
            try:
                await self._connect()
                attempt, self._was_lost = 0, False
            except (LineError, IdentityMissingError):
                attempt, self._was_lost = attempt + 1, True

    def leave(self, cause: int, manner: Manner) -> None:
        """Go, for this cause; it stays away until every cause is gone."""
        self._away.add(cause)
        if manner is Manner.FAREWELL:
            self._say_death("shutdown")
        self._let_go(manner, why=manner.value)

    def come_back(self, cause: int) -> None:
        """This cause is over."""
        self._away.discard(cause)
        self._change.set()

    def begin(self, fault: Fault) -> datetime:
        """Raise a fault; returns its ``since``, this kiosk's clock."""
        before = self.cabinet.condition(fault.device)
        now = self._speech.now()
        state = self.cabinet.begin(fault, since=now)
        self._tell(Up.FAULT, FaultChanged(**self._stamp(now), fault=state), about=fault.number)
        self._tell_condition(fault.device, before)
        return now

    def escalate(self, fault: Fault) -> None:
        """Ask for a technician where a clerk or a reset did not help."""
        state = self.cabinet.escalate(fault)
        if state is not None:
            self._tell(Up.FAULT, FaultChanged(**self._stamp(self._speech.now()), fault=state))

    def end(self, fault: Fault) -> None:
        """Clear a fault."""
        before = self.cabinet.condition(fault.device)
        state = self.cabinet.end(fault)
        if state is not None:
            now = self._speech.now()
            ended = FaultChanged(**self._stamp(now), fault=state, cleared_at=now, cleared_by=fault.ended_by)
            self._tell(Up.FAULT, ended)
            self._tell_condition(fault.device, before)

    def note(self, name: str, fields: Mapping[str, str | int | float | bool]) -> None:
        """Tell an event; a visit also changes the page on the screen."""
        self._tell(Up.EVENT, Event(**self._stamp(self._speech.now()), name=name, fields=dict(fields)))
        if name == "visit.started":
            self._speech.screen = Screen(page="form", service=str(fields["service"]), step=2, steps=6)
        elif name == "visit.ended":
            self._speech.screen = AT_REST
        self._beat_soon()

    def set_level(self, level: Level) -> None:
        """Note a supply's level; heartbeats tell it."""
        self.cabinet.set_level(level)

    def set_clock(self, *, skew_s: float, is_trusted: bool, is_reset: bool) -> None:
        """Let the clock run beside the true time, or begin in 1970."""
        self._speech.set_clock(skew_s=skew_s, is_trusted=is_trusted, is_reset=is_reset)

    async def _connect(self) -> None:
        self._life += 1
        caller = Caller(
            client_id=f"{self.id.county}/{self.id.kiosk}",
            keepalive_s=max(SHORTEST_KEEPALIVE_S, min(LONGEST_KEEPALIVE_S, round(self._heartbeat_s))),
            will_topic=topic(self.id, Up.DEATH),
            will=self._speech.death("lost", life=self._life, outbox=self._outbox),
            subscriptions=(topic(self.id, Down.ACK), topic(self.id, Down.RESYNC), fleet_state(self.id.county)),
        )
        host, port = self._address
        shows = self._identities.shown_by(self.id) if self._identities is not None else None
        line = await Line.open(host, port, caller, on_heard=self._hear, on_lost=self._lost, shows=shows)
        if self._half_open is not None:
            self._half_open.cut()  # only now: the broker has found out by our coming back, as it would have
            self._half_open = None
        if self._away:
            line.cut()
            return
        self._line = line
        self.is_known = False
        loop = asyncio.get_running_loop()
        self._outbox.begin_life(now_s=loop.time())
        self._said_at = datetime.now(UTC)
        self._say_birth()
        self._ears.on_heard(self.id, self._said_at)
        self._send()
        self._beat_timer = loop.call_later(self._heartbeat_s * self._random.random(), self._beat)

    def _lost(self, line: Line) -> None:
        if line is self._line:
            self._was_lost = True
            self._let_go(Manner.CUT, why="line lost")

    def _let_go(self, manner: Manner, *, why: str) -> None:
        line, self._line = self._line, None
        for timer in (self._beat_timer, self._birth_timer):
            if timer is not None:
                timer.cancel()
        self._birth_timer = None
        self._change.set()
        if line is None:
            return
        match manner:
            case Manner.MUTE:
                line.mute()
                self._half_open = line
            case Manner.CUT:
                line.cut()
            case Manner.FAREWELL:
                line.close()
        self._ears.on_silent(self.id, self._said_at, why)

    def _hear(self, publication: Publication) -> None:
        if publication.topic == fleet_state(self.id.county):
            self._hear_fleet(publication)
            return
        kind = Down.ACK if publication.topic == topic(self.id, Down.ACK) else Down.RESYNC
        with contextlib.suppress(UnreadableError):
            match decode_down(kind, publication.payload):
                case Ack(seq=seq):
                    self.is_known = True
                    for about in self._outbox.forget(seq, now_s=asyncio.get_running_loop().time()):
                        self._ears.on_stored(about)
                case Resync(after_seq=after, birth=wants_birth):
                    self._outbox.rewind(after)
                    if wants_birth:
                        self._want_birth(in_s=0.0)
        self._send()

    def _hear_fleet(self, publication: Publication) -> None:
        with contextlib.suppress(ValidationError):
            state = FleetState.model_validate_json(publication.payload)
            if state.online and not publication.is_retained:
                self._outbox.rewind(self._outbox.floor)
                self._want_birth(in_s=self._random.uniform(0, min(GREETING_SPREAD_S, self._heartbeat_s)))

    def _tell(self, kind: Up, message: Numbered, *, about: int | None = None) -> None:
        self._outbox.put(kind, message, about=about)
        if kind is Up.FAULT:
            if self._outbox.count > WINDOW:
                self._want_birth(in_s=0.0)
            self._beat_soon()
        self._send()

    def _tell_condition(self, device: str, before: str) -> None:
        if self.cabinet.condition(device) != before:
            now = self._speech.now()
            state = self.cabinet.device(device, read_at=now)
            self._tell(Up.STATUS, StatusChanged(**self._stamp(now), device=state, services=self.cabinet.services))

    def _send(self) -> None:
        line = self._line
        if line is None or line.is_congested:
            return
        for kind, body in self._outbox.due(life=self._life, now_s=asyncio.get_running_loop().time()):
            self._say(kind, body, qos=1)

    def _want_birth(self, *, in_s: float) -> None:
        loop = asyncio.get_running_loop()
        if self._line is not None and self._birth_timer is None:
            due_s = max(loop.time() + in_s, self._born_s + BETWEEN_BIRTHS_S)
            self._birth_timer = loop.call_at(due_s, self._say_birth)

    def _say_birth(self) -> None:
        self._birth_timer = None
        self._born_s = asyncio.get_running_loop().time()
        self._say(Up.BIRTH, self._speech.birth(life=self._life, outbox=self._outbox), qos=1)

    def _say_death(self, reason: str) -> None:
        if self._line is not None:
            self._say(Up.DEATH, self._speech.death(reason, life=self._life, outbox=self._outbox), qos=1)

    def _beat_soon(self) -> None:
        if self._line is not None and self._beat_timer is not None:
            loop = asyncio.get_running_loop()
            due_s = max(loop.time(), self._beat_s + min(BETWEEN_BEATS_S, self._heartbeat_s / 2))
            if due_s < self._beat_timer.when():
                self._beat_timer.cancel()
                self._beat_timer = loop.call_at(due_s, self._beat)

    def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        self._beat_s = loop.time()
        self._beat_timer = loop.call_later(self._heartbeat_s * self._random.uniform(*BEAT_JITTER), self._beat)
        line = self._line
        if line is not None and not line.is_congested:
            self._say(Up.HB, self._speech.heartbeat(life=self._life, outbox=self._outbox), qos=0)
        self._send()

    def _say(self, kind: Up, body: bytes, *, qos: int) -> None:
        if self._line is None:
            return
        now = datetime.now(UTC)
        if (now - self._said_at).total_seconds() > self._heartbeat_s * LATE_FACTOR:
            self._ears.on_late(self.id, self._said_at, now)
        self._said_at = now
        self._line.say(self._topics[kind], body, qos=qos)

    def _stamp(self, at: datetime) -> Stamp:
        return self._speech.stamp(at, life=self._life, head=self._outbox.head)
