"""Our words turned into wire words, here and nowhere else. Pure. Too long a text is cut: a message must never be refused."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from drivers.contract.fault import Fault, Severity
from drivers.contract.status import DeviceStatus, Measurement, Supply
from telemetry.agent.snapshot import DeviceReading, ScreenShown, Snapshot
from telemetry.wire.messages import (
    Birth,
    Death,
    DeviceState,
    Event,
    FaultChanged,
    FaultState,
    Heartbeat,
    MeasurementState,
    Place,
    Screen,
    Services,
    ServiceTitle,
    StatusChanged,
    SupplyState,
)

MAX_TEXT = 400
MAX_WORD = 64
MAX_DEVICES = 64
MAX_FAULTS = 256
MAX_FIELDS = 32
MAX_SERVICES = 256
MAX_MEASUREMENTS = 32
MAX_UNIT = 16
MAX_DAYS = 100_000.0

Plain = str | int | float | bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What every message carries. For numbered messages ``life`` and ``seq`` are filled in when they are sent."""

    life: int
    seq: int
    at: datetime
    clock_trusted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfPortrait:
    """What does not change while the kiosk runs."""

    place: Place
    model: str
    release: str
    heartbeat_s: float


def birth(stamp: Stamp, portrait: SelfPortrait, snapshot: Snapshot, *, shed: int, floor: int) -> Birth:
    """Say who we are and everything that is true now."""
    return Birth(
        life=stamp.life,
        seq=stamp.seq,
        at=stamp.at,
        clock_trusted=stamp.clock_trusted,
        place=portrait.place,
        model=portrait.model[:MAX_TEXT],
        release=portrait.release[:MAX_TEXT],
        heartbeat_s=portrait.heartbeat_s,
        devices=_devices(snapshot),
        faults=tuple(_fault(fault) for fault in _worst_first(snapshot.faults)[:MAX_FAULTS]),
        services=_services(snapshot),
        screen=_screen(snapshot.screen),
        shed=shed,
        floor=floor,
        catalogue=_catalogue(snapshot),
    )


def death(stamp: Stamp, *, reason: str) -> Death:
    """Say that this life is over."""
    return Death(life=stamp.life, seq=stamp.seq, at=stamp.at, clock_trusted=stamp.clock_trusted, reason=reason)


def heartbeat(stamp: Stamp, snapshot: Snapshot, *, queued: int) -> Heartbeat:
    """Say what is true now, in short."""
    return Heartbeat(
        life=stamp.life,
        seq=stamp.seq,
        at=stamp.at,
        clock_trusted=stamp.clock_trusted,
        devices=_devices(snapshot),
        services=_services(snapshot),
        screen=_screen(snapshot.screen),
        queued=queued,
    )


def condition_changed(stamp: Stamp, reading: DeviceReading, snapshot: Snapshot) -> StatusChanged:
    """Say that one device is otherwise than before."""
    return StatusChanged(
        life=stamp.life,
        seq=stamp.seq,
        at=stamp.at,
        clock_trusted=stamp.clock_trusted,
        device=_device(reading, _codes(snapshot.faults, reading.status.device)),
        services=_services(snapshot),
    )


def fault_changed(stamp: Stamp, fault: Fault, *, cleared_at: datetime | None, cleared_by: str) -> FaultChanged:
    """Say that a fault was raised, or cleared."""
    return FaultChanged(
        life=stamp.life,
        seq=stamp.seq,
        at=stamp.at,
        clock_trusted=stamp.clock_trusted,
        fault=_fault(fault),
        cleared_at=None if cleared_at is None else cleared_at.astimezone(UTC),
        cleared_by=cleared_by[:MAX_WORD],
    )


def event(stamp: Stamp, name: str, fields: Mapping[str, Plain]) -> Event:
    """Say that something worth keeping happened."""
    kept = {key[:MAX_WORD]: _plain(value) for key, value in list(fields.items())[:MAX_FIELDS] if key}
    return Event(
        life=stamp.life,
        seq=stamp.seq,
        at=stamp.at,
        clock_trusted=stamp.clock_trusted,
        name=name[:MAX_WORD],
        fields=kept,
    )


def posted(body: bytes, *, life: int, seq: int, prev: int, hist: bool) -> bytes:
    """Return a message of the outbox as it is sent: with its number, in this life.

    Whatever else is in it stays as it was written, perhaps by an older or newer release than this one.
    """
    told = json.loads(body)
    told |= {"life": life, "seq": seq, "hist": hist, "prev": prev}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _plain(value: Plain) -> Plain:
    if isinstance(value, str):
        return value[:MAX_TEXT]
    return value if math.isfinite(value) else str(value)


def _devices(snapshot: Snapshot) -> tuple[DeviceState, ...]:
    return tuple(_device(reading, _codes(snapshot.faults, reading.status.device)) for reading in snapshot.devices[:MAX_DEVICES])


def _device(reading: DeviceReading, codes: tuple[str, ...]) -> DeviceState:
    status: DeviceStatus = reading.status
    return DeviceState(
        device=status.device[:MAX_WORD],
        kind=str(reading.kind),
        condition=status.condition.value,
        read_at=status.read_at,
        faults=codes,
        supplies=tuple(_supply(supply, reading.days_left.get(supply.name)) for supply in status.supplies),
        measurements=tuple(_measurement(each) for each in status.measurements[:MAX_MEASUREMENTS] if math.isfinite(each.value)),
        evidence=status.evidence[:MAX_TEXT],
        model=reading.model[:MAX_TEXT],
        port=reading.port[:MAX_TEXT],
    )


def _supply(supply: Supply, days_left: float | None) -> SupplyState:
    remaining = None if supply.remaining is None else min(1.0, max(0.0, supply.remaining))
    days = None if days_left is None else min(MAX_DAYS, max(0.0, days_left))
    return SupplyState(name=supply.name[:MAX_WORD], remaining=remaining, low=supply.is_low, days_left=days)


def _measurement(measurement: Measurement) -> MeasurementState:
    return MeasurementState(name=measurement.name[:MAX_WORD], value=measurement.value, unit=measurement.unit[:MAX_UNIT])


def _fault(fault: Fault) -> FaultState:
    return FaultState(
        device=fault.device[:MAX_WORD],
        code=fault.code[:MAX_WORD],
        severity=fault.severity.value,
        remedy=fault.remedy.value,
        since=fault.since,
        detail=fault.detail[:MAX_TEXT],
    )


def _codes(faults: Iterable[Fault], device: str) -> tuple[str, ...]:
    return tuple(fault.code[:MAX_WORD] for fault in faults if fault.device == device)


def _worst_first(faults: Iterable[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: (fault.severity is not Severity.BLOCKING, fault.since))


def _services(snapshot: Snapshot) -> Services:
    return Services(offered=snapshot.services_offered, total=snapshot.services_total)


def _catalogue(snapshot: Snapshot) -> tuple[ServiceTitle, ...]:
    return tuple(
        ServiceTitle(id=service.id[:MAX_WORD], title=service.title[:MAX_WORD]) for service in snapshot.catalogue[:MAX_SERVICES]
    )


def _screen(screen: ScreenShown) -> Screen:
    return Screen(page=screen.page[:MAX_WORD], service=screen.service[:MAX_WORD], step=screen.step, steps=screen.steps)
