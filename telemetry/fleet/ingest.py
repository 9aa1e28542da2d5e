"""Listening to the broker and answering the kiosks: nothing is acknowledged, to broker or kiosk, before it is on disk."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from random import Random

import structlog

from telemetry.fleet.answering import Answering
from telemetry.fleet.batches import Batches, Written
from telemetry.fleet.changes import Changes
from telemetry.fleet.floods import Flood, Floods
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.queue import Item, TimePassed, WentQuiet
from telemetry.fleet.rate import Allowance
from telemetry.fleet.reception import Heard, Reception
from telemetry.fleet.scribe.process import PulseStore
from telemetry.fleet.settings import FleetSettings
from telemetry.fleet.silence import Silence
from telemetry.fleet.steps import Taken
from telemetry.fleet.store.writer import Writer
from telemetry.fleet.voices import Voices
from telemetry.mqtt import Address, Credentials, LineError, Listener, Opening, Published
from telemetry.wire.messages import Death
from telemetry.wire.topics import Down, KioskId, Up, all_from_kiosks, topic

log = structlog.get_logger()

KEEPALIVE_S = 15
FIRST_BACKOFF_S = 0.2
LAST_BACKOFF_S = 5.0
"""The broker is near; a kiosk's own backoff is longer."""
TICK_S = 0.25
BOOKS_EVERY_S = 1.0
"""How often alarms, tickets and notices look at the time."""
NAMED_PULSES = 200
MANY_PULSES_EVERY_S = 10.0
"""Heartbeats without news make a page show younger ages, no more: of a large fleet that is said so often."""
FAREWELL_S = 5.0
"""What an orderly end may take to write what was let in."""

SUBSCRIPTIONS = {
    all_from_kiosks(kind): 0 if kind is Up.HB else 1 for kind in (Up.BIRTH, Up.DEATH, Up.HB, Up.STATUS, Up.FAULT, Up.EVENT)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Which broker, and who we are there.

    Attributes:
        is_shared: Others run that broker and it keeps our session for us.
        credentials: What a broker that speaks TLS is shown.
    """

    address: Address
    client_id: str
    is_shared: bool
    credentials: Credentials | None = None


class Ingest:
    """One fleet's ear. Belongs to one event loop."""

    def __init__(
        self,
        *,
        identity: Identity,
        writer: Writer,
        pulse_store: PulseStore,
        changes: Changes,
        metrics: Metrics,
        settings: FleetSettings,
        random: Random,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
        on_loaded: Callable[[], None] = lambda: None,
    ) -> None:
        self._identity = identity
        self._changes = changes
        self._metrics = metrics
        self._settings = settings
        self._random = random
        self._now = now
        self._monotonic_s = monotonic_s
        self._on_loaded = on_loaded
        allowance = Allowance(rate=settings.ingest.kiosk_rate, burst=settings.ingest.kiosk_burst)
        self._voices = Voices(allowance)
        self._floods = Floods()
        self._reception = Reception(metrics=metrics, voices=self._voices, floods=self._floods)
        self._silence = Silence(voices=self._voices, factor=settings.liveness.factor, now=now, monotonic_s=monotonic_s)
        self._batches = Batches(
            writer=writer,
            pulse_store=pulse_store,
            metrics=metrics,
            voices=self._voices,
            on_written=self._answer,
            on_pulses=self._note_pulses,
            now=now,
            monotonic_s=monotonic_s,
        )
        self._answering = Answering(
            self._batches.records,
            line=lambda: self._connection,
            voices=self._voices,
            metrics=metrics,
            random=random,
            now=now,
            monotonic_s=monotonic_s,
        )
        self._connection: Listener | None = None
        self._pulsed: set[KioskId] = set()
        self._are_many_pulsed_s = float("-inf")

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there."""
        return self._connection is not None and self._connection.is_open

    @property
    def waiting(self) -> int:
        """Messages let in and not yet written."""
        return self._batches.waiting

    @property
    def floods(self) -> tuple[Flood, ...]:
        """Kiosks that said more than they may, since the start."""
        return self._floods.named(now_s=self._monotonic_s())

    def tell(self, kiosk: KioskId, kind: Down, payload: bytes) -> bool:
        """Send something down to one kiosk, once (QoS 1); returns False when the broker is not there, or has enough for now.

        That the broker has it says nothing of the kiosk: whoever tells asks again until the kiosk has reported.
        """
        connection = self._connection
        if connection is None or not connection.is_open or not connection.has_room:
            return False
        connection.publish(topic(kiosk, kind), payload, qos=1)
        return True

    async def run(self) -> None:
        """Listen for ever. Cancelling ends it in order: what was let in is written, the kiosks are told."""
        await self._batches.load()
        self._on_loaded()
        self._silence.begin()
        writing = asyncio.create_task(self._batches.run(), name="batch writer")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_connected(), name="ingest connection")
                tasks.create_task(self._keep_watch(), name="liveness")
                tasks.create_task(_as_long_as(writing), name="batch writer's owner")
        finally:
            await self._end(writing)

    async def _end(self, writing: "asyncio.Task[None]") -> None:
        connection = self._connection
        if connection is not None and connection.is_open:
            connection.pause()
        if not writing.done():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FAREWELL_S):
                    await self._batches.drained()
            writing.cancel()
            await asyncio.wait({writing})
        if connection is not None:
            self._answering.take_leave()
            await connection.close()

    async def _keep_connected(self) -> None:
        backoff_s = FIRST_BACKOFF_S
        is_said = False
        while True:
            try:
                await self._listen()
                backoff_s, is_said = FIRST_BACKOFF_S, False
            except LineError as error:
                if not is_said:
                    log.warning("broker not reachable", error=str(error))
                is_said = True
            await asyncio.sleep(self._random.uniform(0, backoff_s))
            backoff_s = min(LAST_BACKOFF_S, backoff_s * 2)

    async def _listen(self) -> None:
        opening = Opening(
            address=self._identity.address,
            client_id=self._identity.client_id,
            keepalive_s=KEEPALIVE_S,
            keeps_session=self._identity.is_shared,
            acknowledges_itself=False,
            credentials=self._identity.credentials,
        )
        connection = await Listener.open(opening, on_heard=self._hear)
        self._connection = connection
        try:
            await connection.subscribe(SUBSCRIPTIONS)
            self._silence.note_listening()
            self._metrics.broker_connected.set(1)
            self._answering.begin()
            address = self._identity.address
            log.info("listening", broker=f"{address.host}:{address.port}", kiosks=len(self._batches.records))
            why = await connection.ended()
            log.warning("broker lost", why=why)
        finally:
            self._silence.note_resumed()  # a new connection reads from its beginning
            self._silence.note_deaf()
            self._metrics.broker_connected.set(0)
            if not connection.is_open:
                self._connection = None

    def _hear(self, through: Listener, messages: Sequence[Published]) -> None:
        now, now_s, refused = self._now(), self._monotonic_s(), []
        for message in messages:
            heard = self._reception.take(message, through, now=now, now_s=now_s)
            if heard is None:
                if message.number:
                    refused.append(message.number)
            elif isinstance(heard, Heard):
                if not isinstance(heard.message, Death):
                    heard.voice.heard_s = now_s
                self._batches.put(heard)
            else:
                voice, beat = heard
                voice.heard_s = now_s
                self._batches.put_beat(voice, beat, now=now)
                self._answering.note_beat(voice, beat)
        self._reception.count()
        through.acknowledge(refused)
        self._metrics.queued.set(self._batches.waiting)
        if self._batches.waiting >= self._settings.ingest.queue_size:
            through.pause()
            self._silence.note_paused()

    def _put(self, item: Item) -> None:
        self._batches.put(item)
        self._metrics.queued.set(self._batches.waiting)

    def _answer(self, written: Written) -> None:
        """Acknowledge what a batch has made safe, and ask for what it showed to be missing."""
        connection = self._connection
        heard: list[tuple[Heard, Taken]] = []
        numbers: list[int] = []
        for item, taken in written.outcomes:
            if isinstance(item, WentQuiet):
                self._silence.note_written(item.kiosk)
                continue
            heard.append((item, taken))
            if item.number and item.through is connection:
                numbers.append(item.number)
        if connection is not None:
            connection.acknowledge(numbers)
        self._answering.after(heard)
        if connection is not None and self._batches.waiting < self._settings.ingest.queue_size // 2:
            connection.resume()
            self._silence.note_resumed()
        self._changes.publish(written.changed)

    def _note_pulses(self, kiosks: Sequence[KioskId]) -> None:
        self._pulsed.update(islice(kiosks, NAMED_PULSES + 1 - len(self._pulsed)) if len(self._pulsed) <= NAMED_PULSES else ())

    def _tell_pulses(self) -> None:
        """Tell the dashboards who was heard again; many at once are not named, and are told more seldom."""
        pulsed, now_s = self._pulsed, self._monotonic_s()
        if len(pulsed) <= NAMED_PULSES:
            self._changes.publish(pulsed)
        elif now_s - self._are_many_pulsed_s >= MANY_PULSES_EVERY_S:
            self._are_many_pulsed_s = now_s
            self._changes.publish_everything()
        else:
            return
        self._pulsed = set()

    async def _keep_watch(self) -> None:
        due_s = self._monotonic_s()
        while True:
            slept_s = self._monotonic_s()
            await asyncio.sleep(TICK_S)
            late_s = self._monotonic_s() - slept_s - TICK_S
            if late_s > TICK_S:
                self._silence.note_stalled(late_s)
            if self._monotonic_s() >= due_s:
                due_s = self._monotonic_s() + BOOKS_EVERY_S
                self._put(TimePassed(at=self._now()))
                self._tell_pulses()
                self._metrics.floods.set(sum(not flood.is_over for flood in self.floods))
            for quiet in self._silence.fallen(self._batches.records):
                self._put(quiet)
            self._answering.ask_overdue()


async def _as_long_as(task: "asyncio.Task[None]") -> None:
    await asyncio.shield(task)
