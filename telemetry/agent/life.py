"""One life: from a connect to its end. Birth, then the queue in order, then whatever comes; heartbeats beside it."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import structlog

from drivers.contract.clock import Clock
from drivers.transport.worker import Worker
from telemetry.agent import translate
from telemetry.agent.delivery import WINDOW, Delivery
from telemetry.agent.reporter import Reporter
from telemetry.agent.snapshot import Snapshot
from telemetry.agent.translate import SelfPortrait, Stamp
from telemetry.mqtt import CONNECT_TIMEOUT_S, Address, Connection, Credentials, Opening, Received, Will
from telemetry.wire.codec import UnreadableError, decode_down, encode
from telemetry.wire.messages import Ack, FleetState, Resync
from telemetry.wire.topics import Down, KioskId, Up, fleet_state, parse, topic

log = structlog.get_logger()

SHORTEST_KEEPALIVE_S = 10
LONGEST_KEEPALIVE_S = 30
BETWEEN_BIRTHS_S = 1.0
BETWEEN_BEATS_S = 1.0
GREETING_SPREAD_S = 5.0
"""When the fleet comes back, its kiosks send their births within this long, not in one breath."""
PACE_PER_S = 400.0
"""A backlog flows no faster: below the fleet's own limit, and a village's line has other things to carry."""
LOOK_AGAIN_S = 1.0
FAREWELL_S = 1.0
ORDERS = frozenset({Down.DESIRED, Down.COMMAND})
"""What the fleet wants of the machine: carried, never read here."""


class Life:
    """One connection's worth of telling."""

    def __init__(
        self,
        *,
        number: int,
        kiosk: KioskId,
        portrait: SelfPortrait,
        reporter: Reporter,
        clock: Clock,
        random: Random,
        snapshot: Callable[[], Snapshot],
        on_order: Callable[[Down, bytes], None],
    ) -> None:
        self.number = number
        self._on_order = on_order
        self._kiosk = kiosk
        self._portrait = portrait
        self._reporter = reporter
        self._clock = clock
        self._random = random
        self._snapshot = snapshot
        self._connection: Connection | None = None
        self._news = asyncio.Event()
        self._beat_now = asyncio.Event()
        self._first_head = reporter.standing.head
        self._delivery = Delivery(after=reporter.standing.floor, now_s=clock.monotonic_s())
        self._born_s = float("-inf")
        self._birth_due_s: float | None = None

    async def begin(self, address: Address, credentials: Credentials | None, worker: Worker) -> None:
        """Connect and be heard. A broker that speaks TLS is shown ``credentials``.

        Raises:
            LineError: It cannot be done now.
        """

        async def run_blocking(call: Callable[[], None]) -> None:
            await worker.call(call, deadline_s=CONNECT_TIMEOUT_S * 2)

        opening = Opening(
            address=address,
            client_id=f"{self._kiosk.county}/{self._kiosk.kiosk}",  # as a certificate calls it: nobody else connects by this name
            keepalive_s=max(SHORTEST_KEEPALIVE_S, min(LONGEST_KEEPALIVE_S, round(self._portrait.heartbeat_s))),
            will=Will(topic=topic(self._kiosk, Up.DEATH), payload=encode(translate.death(self._stamp(), reason="lost"))),
            credentials=credentials,
        )
        connection = await Connection.open(opening, on_message=self._hear, run_blocking=run_blocking)
        try:
            state_topic = fleet_state(self._kiosk.county)
            await connection.subscribe({topic(self._kiosk, kind): 1 for kind in Down} | {state_topic: 1})
        except BaseException:
            connection.abort("not subscribed")
            raise
        self._connection = connection
        self._say_birth(connection)

    async def run(self) -> str:
        """Tell until the connection ends; returns why it did."""
        connection = self._connection
        if connection is None:
            return "never began"
        ended = asyncio.create_task(connection.ended())
        tasks = {ended, asyncio.create_task(self._tell(connection)), asyncio.create_task(self._beat(connection))}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            return ended.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def end(self) -> None:
        """End in order while the broker still has us: death by our own word, so that nobody waits for a will."""
        connection = self._connection
        if connection is None or not connection.is_open:
            return
        said = connection.publish(topic(self._kiosk, Up.DEATH), encode(translate.death(self._stamp(), reason="shutdown")), qos=1)
        await asyncio.wait({said}, timeout=FAREWELL_S)
        await connection.close(deadline_s=FAREWELL_S)

    def queue_changed(self) -> None:
        """There is something new on disk."""
        self._news.set()

    def fault_changed(self) -> None:
        """A fault came or went. While a backlog is before it, it is told by a birth at once: nobody waits for history.

        So it is while the disk refuses: what cannot be queued can still be said.
        """
        if self._reporter.queued > WINDOW or self._reporter.is_refused:
            self._want_birth(in_s=0.0)

    def beat_soon(self) -> None:
        """Say a heartbeat now, or as soon as one may be said."""
        self._beat_now.set()

    def _hear(self, received: Received) -> None:
        if received.topic == fleet_state(self._kiosk.county):
            self._hear_fleet(received)
            return
        _, kind = parse(received.topic)
        if not isinstance(kind, Down):
            return  # a broker that sends what nobody asked for
        if kind in ORDERS:
            self._on_order(kind, received.payload)
            return
        try:
            message = decode_down(kind, received.payload)
        except UnreadableError as error:
            log.warning("fleet said something unreadable", kind=kind.value, reason=error.reason)
            return
        match message:
            case Ack():
                if message.seq <= self._reporter.standing.head:
                    self._delivery.note_acked(message.seq, now_s=self._clock.monotonic_s())
                    self._reporter.forget(message.seq)
            case Resync():
                self._delivery.rewind(max(message.after_seq, self._reporter.standing.floor))
                if message.birth:
                    self._want_birth(in_s=0.0)
        self._news.set()

    def _hear_fleet(self, received: Received) -> None:
        """The fleet says that it is there. What was said before we came is old: our birth has told it everything."""
        try:
            state = FleetState.model_validate_json(received.payload)
        except ValueError:
            log.warning("fleet said something unreadable", kind="state", reason="bad_field")
            return
        if state.online and not received.is_retained:
            self._delivery.rewind(self._delivery.acked)
            self._want_birth(in_s=self._random.uniform(0, min(GREETING_SPREAD_S, self._portrait.heartbeat_s)))

    def _want_birth(self, *, in_s: float) -> None:
        due_s = max(self._clock.monotonic_s() + in_s, self._born_s + BETWEEN_BIRTHS_S)
        self._birth_due_s = due_s if self._birth_due_s is None else min(self._birth_due_s, due_s)
        self._news.set()

    def _say_birth(self, connection: Connection) -> None:
        standing = self._reporter.standing
        self._birth_due_s = None
        self._born_s = self._clock.monotonic_s()
        birth = translate.birth(self._stamp(), self._portrait, self._snapshot(), shed=self._reporter.shed, floor=standing.floor)
        connection.publish(topic(self._kiosk, Up.BIRTH), encode(birth), qos=1)

    async def _tell(self, connection: Connection) -> None:
        while True:
            self._news.clear()
            now_s = self._clock.monotonic_s()
            if self._birth_due_s is not None and now_s >= self._birth_due_s:
                self._say_birth(connection)
            if self._delivery.resend_if_stuck(now_s=now_s):
                log.info("nothing acknowledged, sending again", after=self._delivery.acked)
            sent = 0 if connection.is_congested else await self._send(connection)
            if sent:
                await self._clock.sleep(sent / PACE_PER_S if self._delivery.sent <= self._first_head else 0.0)
            else:
                due_in_s = LOOK_AGAIN_S if self._birth_due_s is None else max(0.0, self._birth_due_s - now_s)
                await self._either(self._news.wait(), min(LOOK_AGAIN_S, due_in_s))

    async def _send(self, connection: Connection) -> int:
        """Send what the window has room for; returns how many."""
        if self._delivery.room <= 0 or self._delivery.sent >= self._reporter.standing.head:
            return 0
        begin = self._delivery.sent
        entries = await self._reporter.after(begin, limit=self._delivery.room)
        if self._delivery.sent != begin:
            return 0  # an ack or a resync came meanwhile: look again
        now_s = self._clock.monotonic_s()
        for entry in entries:
            body = translate.posted(
                entry.body, life=self.number, seq=entry.seq, prev=entry.prev, hist=entry.seq <= self._first_head
            )
            connection.publish(topic(self._kiosk, Up(entry.kind)), body, qos=1)
            self._delivery.note_sent(entry.seq, now_s=now_s)
        return len(entries)

    async def _beat(self, connection: Connection) -> None:
        while True:
            interval_s = self._portrait.heartbeat_s * self._random.uniform(0.9, 1.1)
            await self._either(self._beat_now.wait(), interval_s)
            self._beat_now.clear()
            if not connection.is_congested:
                beat = translate.heartbeat(self._stamp(), self._snapshot(), queued=self._reporter.queued)
                connection.publish(topic(self._kiosk, Up.HB), encode(beat))
            await self._clock.sleep(min(BETWEEN_BEATS_S, self._portrait.heartbeat_s / 2))

    async def _either(self, news: Awaitable[object], seconds: float) -> None:
        """Wait for news, or for the clock."""
        waits = {asyncio.ensure_future(news), asyncio.ensure_future(self._clock.sleep(seconds))}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _stamp(self) -> Stamp:
        return Stamp(
            life=self.number,
            seq=self._reporter.standing.head,
            at=self._clock.now(),
            clock_trusted=self._clock.is_trusted,
        )
