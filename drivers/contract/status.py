"""How a device is now: a reading, true when it was taken and shown with its age."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Condition(StrEnum):
    """Where a device stands. Every device begins UNKNOWN; silence leads back there, never to a guess."""

    UNKNOWN = "UNKNOWN"
    READY = "READY"
    BUSY = "BUSY"
    DEGRADED = "DEGRADED"
    FAILED = "FAILED"
    UNREACHABLE = "UNREACHABLE"
    NOT_FITTED = "NOT_FITTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """What a driver saw that matches a fault code; the fault book decides when it has become a fault.

    Attributes:
        code: Published word of the fault catalogue.
        detail: One line of evidence (status bytes, a count), never personal.
    """

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What a device uses up.

    Attributes:
        name: ``receipt_paper``, ``toner`` ...
        remaining: Share left, 0.0 to 1.0, or None when the device cannot tell.
        is_low: The device itself says it is near its end.
    """

    name: str
    remaining: float | None
    is_low: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A number a device tells, for a maintainer.

    Attributes:
        name: ``temperature``, ``battery``, ``printed`` ...
        unit: As printed beside the number: ``°C``, ``%``, ``mm``, or empty for a count.
    """

    name: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatus:
    """One reading of one device.

    Attributes:
        device: Name of the device in this kiosk.
        read_at: When it was taken, UTC.
        symptoms: Everything wrong that this reading shows; empty when READY. BUSY says what its user has just seen, if anything.
        measurements: Numbers that are no supply, newest reading.
        evidence: The raw answer in words a technician can check, e.g. ``DLE EOT 1=12 2=12 3=12 4=12``.
    """

    device: str
    condition: Condition
    read_at: datetime
    symptoms: tuple[Symptom, ...] = ()
    supplies: tuple[Supply, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    evidence: str = field(default="")
