"""What one batch is made of: every item taken through the pure record, in the order things happened."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from telemetry.fleet.metrics import Metrics
from telemetry.fleet.pulse import PulseRow, has_only_moved, pulse_of, with_pulse
from telemetry.fleet.queue import Item, TimePassed, WentQuiet
from telemetry.fleet.reception import Heard
from telemetry.fleet.record import Record
from telemetry.fleet.steps import Step, Taken, advance, fall_silent
from telemetry.fleet.store.book import StoredNumber
from telemetry.fleet.store.writer import Batch
from telemetry.fleet.voices import Voice
from telemetry.wire.beats import Shape
from telemetry.wire.messages import Birth, Event, FaultChanged, Heartbeat, ServiceTitle, StatusChanged
from telemetry.wire.topics import KioskId

log = structlog.get_logger()

CATALOGUES = 1_000
"""Different lists of services remembered, so that a county's kiosks share theirs: a nation's would fill the memory."""


@dataclass(slots=True)
class Composed:
    """A batch, and what becomes known once it is written.

    Attributes:
        outcomes: What became of each item.
        changed: Kiosks that look otherwise.
        shapes: How each one's next heartbeat looks when it says nothing new.
        pulses: What moved last.
        moved: Kiosks of which nothing is to be written but the pulse.
    """

    batch: Batch = field(default_factory=Batch)
    outcomes: list[tuple[Heard | WentQuiet, Taken]] = field(default_factory=list)
    changed: set[KioskId] = field(default_factory=set)
    shapes: dict[Voice, Shape | None] = field(default_factory=dict)
    pulses: dict[Voice, PulseRow] = field(default_factory=dict)
    moved: dict[KioskId, Record] = field(default_factory=dict)


class Composing:
    """Makes batches; writes nothing."""

    def __init__(self, records: Mapping[KioskId, Record], *, drop_pulse: Callable[[Voice], None], metrics: Metrics) -> None:
        """Prepare.

        Args:
            records: Every kiosk as last written; read only, and kept up to date by whoever writes.
            drop_pulse: Called with who says more than its queued heartbeat did: that one need not be stored any more.
            metrics: Where repeated and refused messages are counted.
        """
        self._records = records
        self._drop_pulse = drop_pulse
        self._metrics = metrics
        self._catalogues: dict[tuple[ServiceTitle, ...], tuple[ServiceTitle, ...]] = {}

    def compose(self, items: Sequence[Item]) -> Composed:
        """Take items through the record; nothing is known of it yet but in what is returned."""
        composed = Composed()
        for item in items:
            if isinstance(item, TimePassed):
                composed.batch.is_due = True
                continue
            self._add(composed, item)
        return composed

    def _add(self, composed: Composed, item: Heard | WentQuiet) -> None:
        voice, kiosk = item.voice, item.kiosk
        record = composed.batch.records.get(kiosk) or composed.moved.get(kiosk)
        if record is None and (record := self._records.get(kiosk)) is not None and voice.pulse is not None:
            record = record if _is_beat(item) else with_pulse(record, voice.pulse)  # a heartbeat says it anew
        step = self._step(record, item)
        composed.outcomes.append((item, step.taken))
        if step.taken is Taken.DUPLICATE:
            self._metrics.duplicates.inc()
        if step.taken is not Taken.NEW or step.record is None:
            return
        self._drop_pulse(voice)
        composed.changed.add(kiosk)
        composed.pulses[voice] = pulse_of(step.record, read_at=_moments(composed, item))
        composed.shapes[voice] = _shape(composed, item)
        if isinstance(item, Heard) and item.beat is not None:
            self._metrics.beats_stored.inc()
            # After a heartbeat of another shape something is different; after a birth it may be only when devices were read.
            is_first = voice.shape is None and record is not None and kiosk not in composed.batch.records
            if is_first and record is not None and has_only_moved(record, step.record):
                # Its devices are kept, for kiosks that say the same share them.
                composed.moved[kiosk] = step.record
                return
        composed.moved.pop(kiosk, None)
        composed.batch.records[kiosk] = step.record
        composed.batch.entries.extend((kiosk, entry) for entry in step.entries)
        if step.numbered is not None:
            composed.batch.messages.append(
                StoredNumber(
                    kiosk=kiosk,
                    message=step.numbered,
                    is_history=step.numbered.seq <= step.record.birth_seq,
                    received_at=item.at,
                )
            )

    def _step(self, record: Record | None, item: Heard | WentQuiet) -> Step:
        match item:
            case Heard(message=Birth() as birth):
                shared = self._catalogues.setdefault(birth.catalogue, birth.catalogue)
                if len(self._catalogues) > CATALOGUES:
                    self._catalogues.clear()
                return advance(record, item.kiosk, birth.model_copy(update={"catalogue": shared}), now=item.at)
            case Heard():
                return advance(record, item.kiosk, item.message, now=item.at)
            case WentQuiet():
                if record is None or item.voice.heard_s != item.heard_s:
                    return Step(taken=Taken.STALE, record=record)
                return fall_silent(record, is_alarming=item.is_alarming, now=item.at)

    def without_poison(self, item: Item, error: str) -> Composed:
        """Pass over one message the database refuses, so that what follows it is not held up for ever."""
        if isinstance(item, TimePassed):
            log.error("books cannot be kept", error=error)
            return Composed()
        self._metrics.dropped.labels(reason="unstorable").inc()
        log.error("message cannot be stored", kiosk=f"{item.kiosk.county}/{item.kiosk.kiosk}", error=error)
        composed = Composed(outcomes=[(item, Taken.STALE)], shapes={item.voice: None})
        record = self._records.get(item.kiosk)
        if record is not None and isinstance(item, Heard) and isinstance(item.message, StatusChanged | FaultChanged | Event):
            composed.batch.records[item.kiosk] = replace(record, stored_seq=max(record.stored_seq, item.message.seq))
        return composed


def _is_beat(item: Heard | WentQuiet) -> bool:
    return isinstance(item, Heard) and isinstance(item.message, Heartbeat)


def _moments(composed: Composed, item: Heard | WentQuiet) -> str:
    """Return when the devices were read, as far as heartbeats have said it."""
    if isinstance(item, Heard) and item.beat is not None:
        return item.beat.moments()
    if isinstance(item, WentQuiet) or isinstance(item.message, StatusChanged | FaultChanged | Event):
        before = composed.pulses.get(item.voice, item.voice.pulse)
        return before[-1] if before is not None else ""
    return ""  # a birth, or a heartbeat in words of its own, says it device by device


def _shape(composed: Composed, item: Heard | WentQuiet) -> Shape | None:
    """Return what the next heartbeat has to look like to be without news."""
    if isinstance(item, Heard):
        if item.beat is not None:
            return item.beat.shape
        if isinstance(item.message, FaultChanged | Event):
            return composed.shapes.get(item.voice, item.voice.shape)
    return None
