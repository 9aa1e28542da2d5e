"""The one batch writer: what was let in goes through the pure record into one transaction, and only then is it answered."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from telemetry.fleet.metrics import Metrics
from telemetry.fleet.reception import Heard
from telemetry.fleet.record import Record, Step, Taken, advance, fall_silent
from telemetry.fleet.store.book import StoredNumber
from telemetry.fleet.store.writer import Batch, StoreUnavailableError, UnstorableError, Writer
from telemetry.wire.messages import Event, FaultChanged, StatusChanged
from telemetry.wire.topics import KioskId

log = structlog.get_logger()

BATCH_SIZE = 500
"""Messages a transaction holds at most: large enough for 300,000 rows a second, small enough for an answer within 50 ms."""
FIRST_RETRY_S = 0.1
LAST_RETRY_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WentQuiet:
    """A kiosk is past its deadline; ``heard_s`` is when it was last heard, so that a voice meanwhile wins."""

    kiosk: KioskId
    is_alarming: bool
    heard_s: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePassed:
    """A second is over: what is kept beside the records looks at the time."""

    at: datetime


Item = Heard | WentQuiet | TimePassed


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One batch, safe on disk: what became of each item, and whose rows changed."""

    outcomes: tuple[tuple[Heard | WentQuiet, Taken], ...]
    changed: frozenset[KioskId]


@dataclass(slots=True)
class _Composed:
    batch: Batch = field(default_factory=Batch)
    outcomes: list[tuple[Heard | WentQuiet, Taken]] = field(default_factory=list)
    changed: set[KioskId] = field(default_factory=set)


class Batches:
    """Owns what is known of every kiosk, and the queue before the database."""

    def __init__(
        self,
        *,
        writer: Writer,
        metrics: Metrics,
        heard_s: Mapping[KioskId, float],
        on_written: Callable[[Written], None],
        now: Callable[[], datetime],
        monotonic_s: Callable[[], float],
    ) -> None:
        """Prepare.

        Args:
            writer: The store's.
            metrics: Where stored, repeated and refused messages are counted.
            heard_s: When each kiosk was last heard; belongs to whoever listens.
            on_written: Called on the loop after each commit; must not raise.
            now: Server's clock.
            monotonic_s: The clock of ``heard_s``.
        """
        self._writer = writer
        self._metrics = metrics
        self._heard_s = heard_s
        self._on_written = on_written
        self._now = now
        self._monotonic_s = monotonic_s
        self._items: asyncio.Queue[Item] = asyncio.Queue()
        self._records: dict[KioskId, Record] = {}

    @property
    def records(self) -> Mapping[KioskId, Record]:
        """Every kiosk as last written."""
        return self._records

    @property
    def waiting(self) -> int:
        """Items not yet written."""
        return self._items.qsize()

    def put(self, item: Item) -> None:
        """Queue an item; the caller stops reading from the broker when too many wait."""
        self._items.put_nowait(item)

    async def load(self) -> None:
        """Read what is known from the store, before anything is put; a store that is locked or away is waited for."""
        retry_s = FIRST_RETRY_S
        is_said = False
        while True:
            try:
                self._records = await asyncio.to_thread(self._writer.load)
                break
            except StoreUnavailableError as error:
                self._metrics.store_failures.inc()
                if not is_said:
                    log.warning("store unavailable at start", error=str(error))
                is_said = True
                await asyncio.sleep(retry_s)
                retry_s = min(LAST_RETRY_S, retry_s * 2)
        if is_said:
            log.info("store available")

    async def run(self) -> None:
        """Write for ever. Cancelled in the middle of a transaction, the batch is whole on disk or not there at all."""
        while True:
            items = [await self._items.get()]
            began_s = self._monotonic_s()
            while len(items) < BATCH_SIZE and not self._items.empty():
                items.append(self._items.get_nowait())
            await self._write(items)
            self._metrics.batch_seconds.observe(self._monotonic_s() - began_s)
            self._metrics.queued.set(self._items.qsize())
            for _ in items:
                self._items.task_done()

    async def drained(self) -> None:
        """Wait until everything put so far is written."""
        await self._items.join()

    async def _write(self, items: Sequence[Item]) -> None:
        composed = self._compose(items)
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
                composed = self._without_poison(items[0], str(error))
        self._records.update(composed.batch.records)
        self._metrics.stored.inc(len(composed.batch.messages))
        self._on_written(Written(outcomes=tuple(composed.outcomes), changed=frozenset(composed.changed) | touched))

    def _compose(self, items: Sequence[Item]) -> _Composed:
        composed = _Composed()
        for item in items:
            if isinstance(item, TimePassed):
                composed.batch.is_due = True
                continue
            record = composed.batch.records.get(item.kiosk) or self._records.get(item.kiosk)
            step = self._step(record, item)
            composed.outcomes.append((item, step.taken))
            if step.taken is Taken.DUPLICATE:
                self._metrics.duplicates.inc()
            if step.taken is not Taken.NEW or step.record is None:
                continue
            composed.changed.add(item.kiosk)
            composed.batch.records[item.kiosk] = step.record
            composed.batch.entries.extend((item.kiosk, entry) for entry in step.entries)
            if step.numbered is not None:
                composed.batch.messages.append(
                    StoredNumber(
                        kiosk=item.kiosk,
                        message=step.numbered,
                        is_history=step.numbered.seq <= step.record.birth_seq,
                        received_at=item.at,
                    )
                )
        return composed

    def _step(self, record: Record | None, item: Heard | WentQuiet) -> Step:
        match item:
            case Heard():
                return advance(record, item.kiosk, item.message, now=item.at)
            case WentQuiet():
                if record is None or self._heard_s.get(item.kiosk, item.heard_s) != item.heard_s:
                    return Step(taken=Taken.STALE, record=record)
                return fall_silent(record, is_alarming=item.is_alarming, now=item.at)

    def _without_poison(self, item: Item, error: str) -> _Composed:
        """Pass over one message the database refuses, so that what follows it is not held up for ever."""
        if isinstance(item, TimePassed):
            log.error("books cannot be kept", error=error)
            return _Composed()
        self._metrics.dropped.labels(reason="unstorable").inc()
        log.error("message cannot be stored", kiosk=f"{item.kiosk.county}/{item.kiosk.kiosk}", error=error)
        composed = _Composed(outcomes=[(item, Taken.STALE)])
        record = self._records.get(item.kiosk)
        if record is not None and isinstance(item, Heard) and isinstance(item.message, StatusChanged | FaultChanged | Event):
            composed.batch.records[item.kiosk] = replace(record, stored_seq=max(record.stored_seq, item.message.seq))
        return composed
