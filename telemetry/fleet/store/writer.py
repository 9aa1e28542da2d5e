"""The one writer: a batch is one transaction, whole or not at all. Blocking; one call at a time, from a worker thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.alarms import Entry
from telemetry.fleet.pulse import PulseRow, is_as_before
from telemetry.fleet.record import Record
from telemetry.fleet.store.book import Book, Happened, StoredNumber, Turned
from telemetry.fleet.store.bulk import Upsert
from telemetry.fleet.store.failures import StoreUnavailableError, UnstorableError, in_words, is_outage
from telemetry.fleet.store.kiosk_rows import device_row, has_same_row, is_of, kiosk_row, load, message_row
from telemetry.fleet.store.occurrence_rows import OccurrenceRows
from telemetry.fleet.store.pulse_rows import Pulses, load_pulses
from telemetry.fleet.store.schema import device, kiosk, message
from telemetry.wire.topics import KioskId

KIOSK_COLUMNS = tuple(kiosk.c.keys())


@dataclass(slots=True, kw_only=True)
class Batch:
    """What one transaction writes. Filled in the order things happened.

    Attributes:
        pulses: What moved, of kiosks with a record here and of those without.
        is_due: The books look at the time, whether something happened or not.
    """

    records: dict[KioskId, Record] = field(default_factory=dict)
    messages: list[StoredNumber] = field(default_factory=list)
    entries: list[tuple[KioskId, Entry]] = field(default_factory=list)
    pulses: Sequence[PulseRow] = ()
    is_due: bool = False


class Writer:
    """Writes batches and reads back, at start, what is known."""

    def __init__(self, engine: Engine, *, books: Sequence[Book] = ()) -> None:
        """Prepare.

        Args:
            engine: The fleet's database.
            books: What else is written in the same transaction, in this order.
        """
        self._engine = engine
        self._books = tuple(books)
        self._kiosks = Upsert(engine.dialect, kiosk, KIOSK_COLUMNS, key=("county", "kiosk"), kept=("first_seen_at",))
        self._devices = Upsert(engine.dialect, device, tuple(device.c.keys()), key=("county", "kiosk", "device"))
        messages = tuple(message.c.keys())
        self._messages = Upsert(engine.dialect, message, messages, key=("county", "kiosk", "seq"), kept=messages)
        self._pulses = Pulses(engine.dialect)
        self._occurrences = OccurrenceRows(engine.dialect)

    def load(self) -> dict[KioskId, Record]:
        """Return every kiosk as last written.

        Raises:
            StoreUnavailableError: It cannot be read now; try again.
        """
        try:
            with self._engine.connect() as connection:
                return load(connection)
        except SQLAlchemyError as error:
            if is_outage(error):
                raise StoreUnavailableError(in_words(error)) from error
            raise

    def load_pulses(self) -> dict[KioskId, PulseRow]:
        """Return what moved last of every kiosk. Raises StoreUnavailableError as ``load``."""
        try:
            return load_pulses(self._engine)
        except SQLAlchemyError as error:
            if is_outage(error):
                raise StoreUnavailableError(in_words(error)) from error
            raise

    def write(self, batch: Batch, before: Mapping[KioskId, Record], *, now: datetime) -> frozenset[KioskId]:
        """Write a batch; afterwards it survives a power cut.

        Args:
            batch: What to write.
            before: The records as last written, so that only what changed is written again.
            now: Server's clock.

        Returns:
            Kiosks whose alarms or tickets the books have changed.

        Raises:
            StoreUnavailableError: Nothing was written; the same batch may be tried again.
            UnstorableError: Nothing was written, and never will be.
        """
        turned = tuple(
            Turned(before=known, after=record)
            for identity, record in batch.records.items()
            if _has_turned(known := before.get(identity), record)
        )
        happened = Happened(
            now=now, entries=tuple(batch.entries), messages=tuple(batch.messages), turned=turned, is_due=batch.is_due
        )
        books = self._books if batch.is_due or happened.entries or happened.messages or turned else ()
        try:
            with self._engine.begin() as connection:
                self._write(connection, batch, before)
                for book in books:
                    book.write(connection, happened)
            return frozenset(happened.touched)
        except SQLAlchemyError as error:
            if is_outage(error):
                raise StoreUnavailableError(in_words(error)) from error
            raise UnstorableError(in_words(error)) from error
        except (ValueError, OverflowError, TypeError) as error:
            raise UnstorableError(str(error)) from error

    def _write(self, connection: Connection, batch: Batch, before: Mapping[KioskId, Record]) -> None:
        pulsed = {(row[0], row[1]) for row in batch.pulses}
        kiosks: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        for identity, record in batch.records.items():
            known = before.get(identity)
            # A measurement that moved must not rewrite what did not: its device and its pulse say everything that is new.
            if known is None or (identity.county, identity.kiosk) not in pulsed or not has_same_row(known, record):
                kiosks.append(kiosk_row(record))
            devices = known.devices if known is not None else {}
            if list(devices) == list(record.devices):
                pairs = enumerate(zip(devices.values(), record.devices.values(), strict=True))
                changed.extend(
                    device_row(identity, state, position=place) for place, (old, state) in pairs if not is_as_before(old, state)
                )
                continue
            changed.extend(device_row(identity, state, position=place) for place, state in enumerate(record.devices.values()))
            if gone := devices.keys() - record.devices.keys():
                connection.execute(delete(device).where(is_of(device, identity), device.c.device.in_(sorted(gone))))
        self._kiosks.write(connection, kiosks)
        self._devices.write(connection, changed)
        self._messages.write(connection, [message_row(stored) for stored in batch.messages])
        self._pulses.write(connection, batch.pulses)
        self._occurrences.write(connection, batch.entries)


def _has_turned(before: Record | None, after: Record) -> bool:
    return before is None or (before.condition, before.services) != (after.condition, after.services)
