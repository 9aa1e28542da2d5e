"""The agent: told what happens on this kiosk, it keeps it on disk and tells the fleet, life after life."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from random import Random

import structlog

from drivers.contract.clock import Clock
from drivers.contract.fault import Fault
from drivers.transport.worker import CallDeadlineError, Worker
from telemetry.agent import translate
from telemetry.agent.life import Life
from telemetry.agent.outbox import Draft, Rank
from telemetry.agent.reporter import Reporter
from telemetry.agent.snapshot import DeviceReading, Snapshot
from telemetry.agent.translate import Plain, SelfPortrait, Stamp
from telemetry.mqtt import Address, Credentials, LineError
from telemetry.wire.codec import encode
from telemetry.wire.messages import Event, FaultChanged, Place, StatusChanged
from telemetry.wire.topics import Down, KioskId, Up

log = structlog.get_logger()

OUTBOX_FILE = "outbox.sqlite3"
FIRST_BACKOFF_S = 0.5
LAST_BACKOFF_S = 30.0
STEADY_S = 10.0
"""A life that lasted so long was a success: the next attempt begins with the first backoff again."""
FAREWELL_S = 5.0


class Agent:
    """Telemetry of one kiosk. Belongs to one event loop; every report returns at once.

    Change what ``snapshot`` returns before reporting the change: a birth between the two must tell the truth.
    """

    def __init__(
        self,
        *,
        kiosk: KioskId,
        place: Place,
        model: str,
        release: str,
        broker: str,
        state_dir: Path,
        clock: Clock,
        heartbeat_s: float,
        snapshot: Callable[[], Snapshot],
        on_refused: Callable[[str], None] = lambda _why: None,
        on_spoilt: Callable[[int | None], None] = lambda _unsent: None,
        on_order: Callable[[Down, bytes], None] = lambda _kind, _payload: None,
        credentials: Callable[[], Credentials | None] = lambda: None,
        random: Random | None = None,
    ) -> None:
        """Prepare; ``run`` begins.

        Args:
            kiosk: Whose voice this is.
            place: Where it stands.
            model: Of the kiosk.
            release: Of this software.
            broker: ``mqtts://host:port``, or ``mqtt://host:port`` on a line nobody else is on.
            state_dir: Folder of the outbox.
            clock: The only time.
            heartbeat_s: Seconds between heartbeats, 0.1 to 3600.
            snapshot: Returns what is true now; called on the loop.
            on_refused: Called on the loop with why the disk does not take the queue any more, once when it begins.
            on_spoilt: Called on the loop when the queue was spoilt and put aside, with how many messages were in it.
            on_order: Called on the loop with what the fleet wants of this machine, as it came; whoever takes it verifies.
            credentials: Returns what this kiosk shows a broker that speaks TLS, None while it is not enrolled; asked at every
                connect. Raises LineError when there is something that cannot be shown.
            random: Of jitter; a test's is seeded.

        Raises:
            ValueError: ``broker`` is not such a URL.
        """
        self._kiosk = kiosk
        self._portrait = SelfPortrait(place=place, model=model, release=release, heartbeat_s=heartbeat_s)
        self._address = Address.parse(broker)
        self._credentials = credentials
        self._clock = clock
        self._snapshot = snapshot
        self._random = random or Random()
        self._life: Life | None = None
        self._on_refused = on_refused
        self._on_order = on_order
        self._reporter = Reporter(
            state_dir / OUTBOX_FILE,
            clock=clock,
            on_news=self._on_news,
            on_refused=self._disk_refused,
            on_spoilt=on_spoilt,
        )
        self._closing = asyncio.Event()
        self._closed = asyncio.Event()
        self._is_running = False

    @property
    def is_connected(self) -> bool:
        """Whether a broker has us now."""
        return self._life is not None

    @property
    def queued(self) -> int:
        """Messages the fleet has not stored yet."""
        return self._reporter.queued

    def fault_raised(self, fault: Fault) -> None:
        """Report that a fault has begun."""
        self._report_fault(translate.fault_changed(self._stamp(), fault, cleared_at=None, cleared_by=""))

    def fault_cleared(self, fault: Fault, cleared_at: datetime, cleared_by: str) -> None:
        """Report that a fault has ended.

        Args:
            fault: As it was raised: device, code and ``since`` name the occurrence.
            cleared_at: When.
            cleared_by: ``self``, ``reset``, ``clerk`` ... as far as is known.
        """
        self._report_fault(translate.fault_changed(self._stamp(), fault, cleared_at=cleared_at, cleared_by=cleared_by))

    def condition_changed(self, reading: DeviceReading) -> None:
        """Report that a device is in another condition than before."""
        self._keep(Up.STATUS, Rank.PASSING, translate.condition_changed(self._stamp(), reading, self._snapshot()))

    def event(self, name: str, fields: Mapping[str, Plain]) -> None:
        """Report that something worth keeping happened. Nothing personal: no name, number, address, no answer of anyone."""
        self._keep(Up.EVENT, Rank.PASSING, translate.event(self._stamp(), name, fields))

    def shown_changed(self) -> None:
        """Report that the page changed, or which devices are in use: a heartbeat says so now, at most one a second, none kept."""
        if self._life is not None:
            self._life.beat_soon()

    async def run(self) -> None:
        """Keep and tell, until ``close`` or cancellation; either way what is in memory is written and the fleet told."""
        self._is_running = True
        try:
            async with asyncio.TaskGroup() as tasks:
                working = tasks.create_task(self._work(), name="telemetry")
                await self._closing.wait()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(FAREWELL_S):
                        await self._reporter.flush()
                working.cancel()
        finally:
            await self._reporter.close()
            self._closed.set()

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_writing(), name="telemetry outbox")
            await self._reporter.tried.wait()  # a disk that does not open holds up no birth: a full one is what is to be told
            tasks.create_task(self._keep_telling(), name="telemetry link")

    async def _keep_writing(self) -> None:
        await self._reporter.open()
        await self._reporter.run()

    async def close(self) -> None:
        """Say that this is an orderly end, and end ``run``. Twice is fine; never raises."""
        self._closing.set()
        if self._is_running:
            await self._closed.wait()

    def _report_fault(self, message: FaultChanged) -> None:
        self._keep(Up.FAULT, Rank.FAULT, message)
        if self._life is not None:
            self._life.fault_changed()
            self._life.beat_soon()  # a heartbeat says which services are left

    def _keep(self, kind: Up, rank: Rank, message: StatusChanged | FaultChanged | Event) -> None:
        self._reporter.put(Draft(rank=rank, kind=kind.value, body=encode(message)))

    def _stamp(self) -> Stamp:
        return Stamp(life=0, seq=0, at=self._clock.now(), clock_trusted=self._clock.is_trusted)

    def _disk_refused(self, why: str) -> None:
        self._on_refused(why)
        if self._life is not None:
            self._life.fault_changed()

    def _on_news(self) -> None:
        if self._life is not None:
            self._life.queue_changed()

    async def _keep_telling(self) -> None:
        worker = Worker("telemetry link")
        attempt = 0
        said: set[str] = set()  # why it is not reached, each reason once: a certificate refused is no line that is down
        try:
            while True:
                began_s = self._clock.monotonic_s()
                try:
                    why = await self._live(worker)
                    log.warning("fleet lost", why=why)
                    said.clear()
                except (LineError, sqlite3.Error, CallDeadlineError) as error:
                    if str(error) not in said:
                        log.warning("fleet not reachable", error=str(error), queued=self.queued)
                    said.add(str(error))
                attempt = 0 if self._clock.monotonic_s() - began_s > STEADY_S else attempt + 1
                limit_s = min(LAST_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** min(attempt, 10))
                await self._clock.sleep(self._random.uniform(0, limit_s))
        finally:
            worker.close()

    async def _live(self, worker: Worker) -> str:
        life = Life(
            number=await self._reporter.next_life(),
            kiosk=self._kiosk,
            portrait=self._portrait,
            reporter=self._reporter,
            clock=self._clock,
            random=self._random,
            snapshot=self._snapshot,
            on_order=self._on_order,
        )
        await life.begin(self._address, self._credentials() if self._address.is_secure else None, worker)
        log.info("fleet reached", life=life.number, queued=self.queued)
        self._life = life
        try:
            return await self._lived(life)
        finally:
            self._life = None
            await life.end()

    async def _lived(self, life: Life) -> str:
        """Tell until the connection ends, or until a queue that did not open has opened: its numbers make another life."""
        if self._reporter.opened.is_set():
            return await life.run()
        running = asyncio.create_task(life.run(), name="telemetry life")
        opening = asyncio.create_task(self._reporter.opened.wait(), name="telemetry opening")
        try:
            done, _ = await asyncio.wait({running, opening}, return_when=asyncio.FIRST_COMPLETED)
            return running.result() if running in done else "the outbox has opened"
        finally:
            for task in (running, opening):
                task.cancel()
            await asyncio.wait({running, opening})
