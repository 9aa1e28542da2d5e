"""Kiosks, their devices, pulses and numbered messages as rows, and the rows as records again."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Table, and_, select

from telemetry.fleet.alarms import Alarm, Occurrence
from telemetry.fleet.clocks import as_stored
from telemetry.fleet.pulse import MAX_COUNT
from telemetry.fleet.record import Numbered, Record
from telemetry.fleet.store.book import StoredNumber
from telemetry.fleet.store.occurrence_rows import alarm_of
from telemetry.fleet.store.schema import device, kiosk_now, occurrence
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

_LASTING = attrgetter(
    "place", "model", "release", "life", "birth_seq", "birth_at", "stored_seq", "heartbeat_s", "is_silent", "condition",
    "condition_since", "services", "catalogue", "screen", "clock_trusted", "shed",
)  # fmt: skip
"""What ``kiosk_row`` writes, without what is only as of the last change."""


def load(connection: Connection) -> dict[KioskId, Record]:
    """Return every kiosk as last written, with its devices and what is wrong with it."""
    devices: dict[KioskId, dict[str, DeviceState]] = {}
    for row in connection.execute(select(device).order_by(device.c.position)).mappings():
        devices.setdefault(_id(row), {})[row["device"]] = _device_state(row)
    open_alarms: dict[KioskId, dict[Occurrence, Alarm]] = {}
    for row in connection.execute(select(occurrence).where(occurrence.c.cleared_at.is_(None))).mappings():
        known = alarm_of(row)
        open_alarms.setdefault(_id(row), {})[known.occurrence] = known
    return {
        _id(row): _record(row, devices.get(_id(row), {}), open_alarms.get(_id(row), {}))
        for row in connection.execute(select(kiosk_now)).mappings()
    }


def is_of(table: Table, identity: KioskId) -> Any:  # noqa: ANN401  SQLAlchemy's own expression
    """Say of which kiosk a row is."""
    return and_(table.c.county == identity.county, table.c.kiosk == identity.kiosk)


def _id(row: Mapping[Any, Any]) -> KioskId:
    return KioskId(county=row["county"], kiosk=row["kiosk"])


def has_same_row(before: Record, after: Record) -> bool:
    """Say whether two records have the same row of table ``kiosk``, but for what their pulses say."""
    return _LASTING(before) == _LASTING(after)


def kiosk_row(record: Record) -> dict[str, Any]:
    """Return a record's row of table ``kiosk``."""
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


def device_row(identity: KioskId, state: DeviceState, *, position: int) -> dict[str, Any]:
    """Return a row of table ``device``."""
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


def message_row(stored: StoredNumber) -> dict[str, Any]:
    """Return a row of table ``message``."""
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
