"""What the store gives back: kiosks, devices, alarms and messages as last known. Only data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from telemetry.wire.topics import KioskId


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSupply:
    """What a device uses up; ``remaining`` 0.0 to 1.0 and ``days_left``, or None when nobody can tell."""

    name: str
    remaining: float | None
    is_low: bool
    days_left: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMeasurement:
    """A number a device told."""

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDevice:
    """One device as last read, with the codes of its open faults."""

    device: str
    kind: str
    condition: str
    read_at: datetime | None
    faults: tuple[str, ...]
    supplies: tuple[StoredSupply, ...]
    measurements: tuple[StoredMeasurement, ...]
    evidence: str
    model: str
    port: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScreen:
    """What the villager's screen shows: kind of page, service, step of steps."""

    page: str
    service: str
    step: int
    steps: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKiosk:
    """One kiosk as last known. ``condition`` is UNKNOWN while it ``is_silent``.

    Attributes:
        titles: Of its services, by id; empty when it never said.
        last_seen_at: Server's clock; the age of everything here counts from it.
        clock_skew_s: Kiosk's clock minus ours, when it last spoke.
        queued: Messages waiting on the kiosk.
        shed: Messages the kiosk has had to give up, ever.
        open_alarms: How many alarms of it are open.
    """

    id: KioskId
    site: str
    town: str
    address: str
    model: str
    release: str
    life: int
    stored_seq: int
    heartbeat_s: float
    born_at: datetime
    first_seen_at: datetime
    last_seen_at: datetime
    is_silent: bool
    condition: str
    condition_since: datetime
    services_offered: int
    services_total: int
    titles: Mapping[str, str]
    screen: StoredScreen
    clock_trusted: bool
    clock_skew_s: float
    queued: int
    shed: int
    devices: tuple[StoredDevice, ...]
    open_alarms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlarm:
    """What somebody may have to do something about. Open while ``cleared_at`` is None.

    Attributes:
        raised_at: Kiosk's clock. ``received_at`` is ours.
        cause: ``kiosk`` when the kiosk said so, ``silence`` when its silence says so.
        site: Where the kiosk stands.
        occurrences: How often it was raised while it lasted.
        flap_score: As of ``flap_at``; it decays from there.
        hushed_by: Why nobody is told: incident, maintenance, shelved, hours; or nothing.
        needs_person: Somebody has to be told now.
        escalation: How far up it has gone.
    """

    id: int
    kiosk: KioskId
    site: str
    device: str
    code: str
    severity: str
    remedy: str
    detail: str
    raised_at: datetime
    received_at: datetime
    cleared_at: datetime | None
    cleared_by: str
    cause: str
    phase: str
    occurrences: int
    is_flapping: bool
    flap_score: float
    flap_at: datetime | None
    hushed_by: str
    incident_id: int | None
    needs_person: bool
    acknowledged_at: datetime | None
    acknowledged_by: str
    acknowledgement: str
    shelved_until: datetime | None
    shelved_by: str
    escalation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """One numbered message as it came; ``body`` is the wire's own JSON."""

    kiosk: KioskId
    seq: int
    kind: str
    at: datetime
    received_at: datetime
    is_history: bool
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The fleet in a few numbers: kiosks by condition, open alarms by remedy and by severity."""

    kiosks: Mapping[str, int]
    alarms_by_remedy: Mapping[str, int]
    alarms_by_severity: Mapping[str, int]
