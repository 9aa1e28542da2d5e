"""The one writer: a batch is one transaction, whole or not at all. Blocking; one call at a time, from a worker thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, and_, delete, select
from sqlalchemy.exc import SQLAlchemyError, StatementError

from telemetry.fleet.alarms import Alarm, Entry, Occurrence
from telemetry.fleet.clocks import as_stored
from telemetry.fleet.record import Numbered, Pulse, Record, is_as_before
from telemetry.fleet.store.book import Book, Happened, StoredNumber, Turned
from telemetry.fleet.store.bulk import Upsert
from telemetry.fleet.store.failures import is_outage
from telemetry.fleet.store.occurrence_rows import OccurrenceRows
from telemetry.fleet.store.schema import device, kiosk, kiosk_now, message, occurrence, pulse
from telemetry.wire.messages import (
    DeviceState,
    Event,
    FaultChanged,
    MeasurementState,
    Place,
    Screen,
    Services,
    ServiceTitle,
    SupplyState,
)
from telemetry.wire.topics import KioskId

MAX_COUNT = 2**31 - 1
"""What an INTEGER column holds everywhere; a kiosk that says it has more queued is shown with this many."""


KIOSK_COLUMNS = tuple(kiosk.c.keys())


class StoreUnavailableError(Exception):
    """The database cannot take anything now: locked, full, gone. The batch was not written; try it again."""


class UnstorableError(Exception):
    """The database refuses this batch whatever the time: something in it is poison."""


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
    pulses: Sequence[tuple[KioskId, Pulse]] = ()
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
        self._pulses = Upsert(engine.dialect, pulse, tuple(pulse.c.keys()), key=("county", "kiosk"))
        self._occurrences = OccurrenceRows(engine.dialect)

    def load(self) -> dict[KioskId, Record]:
        """Return every kiosk as last written.

        Raises:
            StoreUnavailableError: It cannot be read now; try again.
        """
        try:
            with self._engine.connect() as connection:
                return _load(connection)
        except SQLAlchemyError as error:
            if is_outage(error):
                raise StoreUnavailableError(_said(error)) from error
            raise

    def load_pulses(self) -> dict[KioskId, Pulse]:
        """Return what moved last of every kiosk. Raises StoreUnavailableError as ``load``."""
        try:
            with self._engine.connect() as connection:
                return {KioskId(county=row[0], kiosk=row[1]): Pulse(*row[2:]) for row in connection.execute(select(pulse))}
        except SQLAlchemyError as error:
            if is_outage(error):
                raise StoreUnavailableError(_said(error)) from error
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
                raise StoreUnavailableError(_said(error)) from error
            raise UnstorableError(_said(error)) from error
        except (ValueError, OverflowError, TypeError) as error:
            raise UnstorableError(str(error)) from error

    def _write(self, connection: Connection, batch: Batch, before: Mapping[KioskId, Record]) -> None:
        self._kiosks.write(connection, [_kiosk_row(record) for record in batch.records.values()])
        changed: list[dict[str, Any]] = []
        for identity, record in batch.records.items():
            known = before[identity].devices if identity in before else {}
            places = {name: place for place, name in enumerate(known)}
            changed.extend(
                _device_row(identity, state, position=place)
                for place, (name, state) in enumerate(record.devices.items())
                if places.get(name) != place or not is_as_before(known[name], state)
            )
            if gone := known.keys() - record.devices.keys():
                connection.execute(delete(device).where(_is(device, identity), device.c.device.in_(sorted(gone))))
        self._devices.write(connection, changed)
        self._messages.write(connection, [_message_row(stored) for stored in batch.messages])
        self._pulses.write_tuples(connection, sorted(_pulse_row(identity, moved) for identity, moved in batch.pulses))
        self._occurrences.write(connection, batch.entries)


def _said(error: SQLAlchemyError) -> str:
    """Return the database's own words, without the statement and what was in it."""
    return str(error.orig if isinstance(error, StatementError) else error).strip()


def _has_turned(before: Record | None, after: Record) -> bool:
    return before is None or (before.condition, before.services) != (after.condition, after.services)


def _load(connection: Connection) -> dict[KioskId, Record]:
    devices: dict[KioskId, dict[str, DeviceState]] = {}
    for row in connection.execute(select(device).order_by(device.c.position)).mappings():
        devices.setdefault(_id(row), {})[row["device"]] = _device_state(row)
    open_alarms: dict[KioskId, dict[Occurrence, Alarm]] = {}
    for row in connection.execute(select(occurrence).where(occurrence.c.cleared_at.is_(None))).mappings():
        known = _alarm_of(row)
        open_alarms.setdefault(_id(row), {})[known.occurrence] = known
    return {
        _id(row): _record(row, devices.get(_id(row), {}), open_alarms.get(_id(row), {}))
        for row in connection.execute(select(kiosk_now)).mappings()
    }


def _is(table: Table, identity: KioskId) -> Any:  # noqa: ANN401  SQLAlchemy's own expression
    return and_(table.c.county == identity.county, table.c.kiosk == identity.kiosk)


def _id(row: Mapping[Any, Any]) -> KioskId:
    return KioskId(county=row["county"], kiosk=row["kiosk"])


def _kiosk_row(record: Record) -> dict[str, Any]:
    return {
        "county": record.id.county,
        "kiosk": record.id.kiosk,
        "site": record.place.site,
        "town": record.place.town,
        "address": record.place.address,
        "model": record.model,
        "release": record.release,
        "life": record.life,
        "birth_seq": record.birth_seq,
        "stored_seq": record.stored_seq,
        "heartbeat_s": record.heartbeat_s,
        "born_at": record.birth_at,
        "first_seen_at": record.first_seen_at,
        "last_seen_at": record.last_seen_at,
        "is_silent": record.is_silent,
        "condition": record.condition[:16],
        "condition_since": record.condition_since,
        "services_offered": record.services.offered,
        "services_total": record.services.total,
        "catalogue": [service.model_dump() for service in record.catalogue],
        "screen": record.screen.model_dump(),
        "screen_at": record.screen_at,
        "clock_trusted": record.clock_trusted,
        "clock_skew_s": record.clock_skew_s,
        "queued": min(record.queued, MAX_COUNT),
        "shed": record.shed,
    }


def _record(row: Mapping[Any, Any], devices: Mapping[str, DeviceState], open_alarms: Mapping[Occurrence, Alarm]) -> Record:
    return Record(
        id=_id(row),
        place=Place(site=row["site"], town=row["town"], address=row["address"]),
        model=row["model"],
        release=row["release"],
        life=row["life"],
        birth_seq=row["birth_seq"],
        birth_at=row["born_at"],
        stored_seq=row["stored_seq"],
        heartbeat_s=row["heartbeat_s"],
        first_seen_at=row["first_seen_at"],
        last_seen_at=row["last_seen_at"],
        is_silent=row["is_silent"],
        condition=row["condition"],
        condition_since=row["condition_since"],
        services=Services(offered=row["services_offered"], total=row["services_total"]),
        catalogue=tuple(ServiceTitle.model_validate(service) for service in row["catalogue"]),
        screen=Screen.model_validate(row["screen"]),
        screen_at=row["screen_at"],
        clock_trusted=row["clock_trusted"],
        clock_skew_s=row["clock_skew_s"],
        queued=row["queued"],
        shed=row["shed"],
        devices=devices,
        open_alarms=open_alarms,
        # Whether its silence was announced is not written; one that raised no alarm before the restart raises none after it.
        was_shut_down=row["is_silent"],
    )


def _device_row(identity: KioskId, state: DeviceState, *, position: int) -> dict[str, Any]:
    return {
        "county": identity.county,
        "kiosk": identity.kiosk,
        "device": state.device,
        "kind": state.kind,
        "condition": state.condition[:16],
        "read_at": state.read_at,
        "supplies": [supply.model_dump() for supply in state.supplies],
        "measurements": [measurement.model_dump() for measurement in state.measurements],
        "evidence": state.evidence,
        "model": state.model,
        "port": state.port,
        "position": position,
    }


def _device_state(row: Mapping[Any, Any]) -> DeviceState:
    return DeviceState(
        device=row["device"],
        kind=row["kind"],
        condition=row["condition"],
        read_at=row["read_at"],
        supplies=tuple(SupplyState.model_validate(supply) for supply in row["supplies"]),
        measurements=tuple(MeasurementState.model_validate(measurement) for measurement in row["measurements"]),
        evidence=row["evidence"],
        model=row["model"],
        port=row["port"],
    )


def _pulse_row(identity: KioskId, moved: Pulse) -> tuple[Any, ...]:
    return (
        identity.county,
        identity.kiosk,
        moved.last_seen_at,
        moved.said_at,
        moved.clock_skew_s,
        moved.queued if moved.queued < MAX_COUNT else MAX_COUNT,
        moved.read_at,
    )


def _message_row(stored: StoredNumber) -> dict[str, Any]:
    return {
        "county": stored.kiosk.county,
        "kiosk": stored.kiosk.kiosk,
        "seq": stored.message.seq,
        "life": stored.message.life,
        "kind": _kind(stored.message),
        "at": as_stored(stored.message, received_at=stored.received_at),
        "received_at": stored.received_at,
        "hist": stored.is_history,
        "body": stored.message.model_dump(mode="json"),
    }


def _kind(numbered: Numbered) -> str:
    match numbered:
        case FaultChanged():
            return "fault"
        case Event():
            return "event"
        case _:
            return "status"


def _alarm_of(row: Mapping[Any, Any]) -> Alarm:
    return Alarm(
        occurrence=Occurrence(device=row["device"], code=row["code"], since=row["raised_at"]),
        severity=row["severity"],
        remedy=row["remedy"],
        detail=row["detail"],
        received_at=row["received_at"],
        cleared_at=row["cleared_at"],
        cleared_by=row["cleared_by"],
        cause=row["cause"],
    )
