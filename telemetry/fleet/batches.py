"""The one batch writer: what was let in goes through the pure record into one transaction, and only then is it answered."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from telemetry.fleet.composing import Composed, Composing
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.pulse import MAX_COUNT, written
from telemetry.fleet.pulse_queue import PulseQueue
from telemetry.fleet.queue import Item, Queue, WentQuiet
from telemetry.fleet.reception import Heard
from telemetry.fleet.record import Record
from telemetry.fleet.scribe.process import PulseStore
from telemetry.fleet.steps import Taken
from telemetry.fleet.store.failures import StoreUnavailableError, UnstorableError
from telemetry.fleet.store.writer import Writer
from telemetry.fleet.voices import Voice, Voices
from telemetry.wire.beats import Beat
from telemetry.wire.topics import KioskId

log = structlog.get_logger()

WORDS_A_BATCH = 500
"""Messages a transaction holds at most: large enough for 300,000 rows a second, small enough for an answer within 50 ms."""
BEATS_A_BATCH = 2_000
"""Heartbeats with news beside them; those without go their own way."""
WORDS_EVERY_S = 0.03
"""Between two transactions, so that a busy fleet's words share one, with all that is looked at in it."""
BEATS_EVERY_S = 0.25
"""Between two transactions with heartbeats in them: the more of them share one, the cheaper each."""
REST_S = 1.0
"""The writer looks up so often even if nothing is put."""
FIRST_RETRY_S = 0.1
LAST_RETRY_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One batch, safe on disk: what became of each item, and whose rows changed."""

    outcomes: tuple[tuple[Heard | WentQuiet, Taken], ...]
    changed: frozenset[KioskId]


class Batches:
    """Owns what is known of every kiosk, and the queue before the database."""

    def __init__(
        self,
        *,
        writer: Writer,
        pulse_store: PulseStore,
        metrics: Metrics,
        voices: Voices,
        on_written: Callable[[Written], None],
        on_pulses: Callable[[Sequence[KioskId]], None],
        now: Callable[[], datetime],
        monotonic_s: Callable[[], float],
    ) -> None:
        """Prepare.

        Args:
            writer: The store's.
            pulse_store: Who stores heartbeats without news.
            metrics: Where stored, repeated and refused messages are counted.
            voices: Everybody who has spoken; what is stored is noted there.
            on_written: Called on the loop after each commit; must not raise.
            on_pulses: Called on the loop with whose heartbeats without news are durable; must not raise.
            now: Server's clock.
            monotonic_s: The clock of ``Voice.heard_s``.
        """
        self._writer = writer
        self._metrics = metrics
        self._voices = voices
        self._on_written = on_written
        self._now = now
        self._monotonic_s = monotonic_s
        self._queue = Queue()
        self._pulses = PulseQueue(pulse_store, metrics=metrics, on_stored=on_pulses, now=now)
        self._heard_at: tuple[datetime | None, str] = (None, "")
        self._records: dict[KioskId, Record] = {}
        self._composing = Composing(self._records, drop_pulse=self._pulses.drop, metrics=metrics)
        self._words_due_s = 0.0
        self._beats_due_s = 0.0
        self._is_hurried = False
        self._rests = asyncio.Event()

    @property
    def records(self) -> Mapping[KioskId, Record]:
        """Every kiosk as last written, but for pulses since."""
        return self._records

    @property
    def waiting(self) -> int:
        """Items not yet written."""
        return self._queue.waiting

    def put(self, item: Item) -> None:
        """Queue an item; the caller stops reading from the broker when too many wait."""
        self._rests.clear()
        self._queue.put(item)

    def put_beat(self, voice: Voice, beat: Beat, *, now: datetime) -> None:
        """Queue a heartbeat without news: only its pulse is written."""
        if self._heard_at[0] is not now:  # the same for a whole chunk
            self._heard_at = (now, written(now))
        kiosk, queued = voice.kiosk, beat.queued
        said_at = beat.said[:10] + " " + beat.said[11:26]
        skew_s = (beat.at - now).total_seconds()
        queued = queued if queued < MAX_COUNT else MAX_COUNT
        self._pulses.put(voice, (kiosk.county, kiosk.kiosk, self._heard_at[1], said_at, skew_s, queued, beat.moments()))

    async def load(self) -> None:
        """Read what is known from the store, before anything is put; a store that is locked or away is waited for."""
        retry_s = FIRST_RETRY_S
        is_said = False
        while True:
            try:
                known = await asyncio.to_thread(self._writer.load)
                pulses = await asyncio.to_thread(self._writer.load_pulses)
                break
            except StoreUnavailableError as error:
                self._metrics.store_failures.inc()
                if not is_said:
                    log.warning("store unavailable at start", error=str(error))
                is_said = True
                await asyncio.sleep(retry_s)
                retry_s = min(LAST_RETRY_S, retry_s * 2)
        self._records.update(known)
        for kiosk, record in known.items():
            voice = self._voices.of(kiosk)
            voice.settle(record, None)
            voice.pulse = pulses.get(kiosk)
        if is_said:
            log.info("store available")

    async def run(self) -> None:
        """Write for ever. Cancelled in the middle of a transaction, the batch is whole on disk or not there at all."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pulses.run(), name="pulses")
            tasks.create_task(self._run(), name="transactions")

    async def _run(self) -> None:
        while True:
            now_s = self._monotonic_s()
            in_s = self._due_in_s(now_s)
            if in_s > 0:
                await self._queue.news(within_s=in_s)
                continue
            are_beats_due = self._beats_due_s <= now_s or self._is_hurried
            items = self._queue.take(words=WORDS_A_BATCH, beats=BEATS_A_BATCH if are_beats_due else 0)
            self._words_due_s = now_s + WORDS_EVERY_S
            if are_beats_due:
                self._beats_due_s = now_s + BEATS_EVERY_S
            await self._write(items)
            self._metrics.batch_seconds.observe(self._monotonic_s() - now_s)
            if items:
                waited = self._now() - min(item.at for item in items)
                self._metrics.ingest_seconds.observe(max(0.0, waited.total_seconds()))
            self._metrics.queued.set(self.waiting)

    def _due_in_s(self, now_s: float) -> float:
        """Return when there is something to write; at most REST_S, so that a clock that stands still holds nobody up."""
        due_s = []
        if self._queue.has_words:
            due_s.append(self._words_due_s)
        if self._queue.has_beats:
            due_s.append(self._beats_due_s)
        if not due_s:
            self._rests.set()
            return REST_S
        return 0.0 if self._is_hurried else min(REST_S, min(due_s) - now_s)

    async def drained(self) -> None:
        """Wait until everything put so far is written."""
        self._is_hurried = True
        await self._rests.wait()
        await self._pulses.drained()

    async def _write(self, items: Sequence[Item]) -> None:
        composed = self._composing.compose(items)
        composed.batch.pulses = tuple(composed.pulses.values())
        retry_s = FIRST_RETRY_S
        while True:
            try:
                touched = await asyncio.to_thread(self._writer.write, composed.batch, self._records, now=self._now())
                break
            except StoreUnavailableError as error:
                self._metrics.store_failures.inc()
                log.warning("store unavailable", error=str(error), waiting=self.waiting, again_in_s=retry_s)
                await asyncio.sleep(retry_s)
                retry_s = min(LAST_RETRY_S, retry_s * 2)
            except UnstorableError as error:
                if len(items) > 1:
                    for item in items:
                        await self._write([item])
                    return
                composed = self._composing.without_poison(items[0], str(error))
        self._settle(composed)
        self._metrics.stored.inc(len(composed.batch.messages))
        self._on_written(
            Written(
                outcomes=tuple(composed.outcomes),
                changed=frozenset(composed.changed) | touched,
            )
        )

    def _settle(self, composed: Composed) -> None:
        self._records.update(composed.moved)
        self._records.update(composed.batch.records)
        for item, _ in composed.outcomes:
            item.voice.unwritten -= 1
        for voice, shape in composed.shapes.items():
            record = self._records.get(voice.kiosk)
            if record is not None:
                voice.settle(record, shape)
        for voice, pulse in composed.pulses.items():
            voice.pulse = pulse
