"""The messages, version 1. Tolerant readers: unknown fields are ignored, unknown words of an enum are kept as text.

Numbered messages (status, fault, event, receipt, reported) come from the kiosk's disk outbox: each has its own ``seq``, one more
than the one before it, growing for ever across lives and restarts. Unnumbered ones (birth, death, hb) carry in ``seq`` the
highest number the outbox has given so far, so that the fleet can see a gap.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

SCHEMA_VERSION = 1
"""Version these models write. A reader takes this major version alone."""

MAX_SEQ = 2**63 - 1
Text = Annotated[str, Field(max_length=400)]
Word = Annotated[str, Field(min_length=1, max_length=64)]
Count = Annotated[int, Field(ge=0, le=MAX_SEQ)]


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("outside the calendar") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with its zone, kept in UTC. One that leaves the calendar on the way to UTC is refused here, not in the store."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Envelope(_Part):
    """What every message from a kiosk carries.

    Attributes:
        v: Schema version.
        life: Counter kept on the kiosk's disk, +1 at every connect.
        seq: See the module's docstring.
        at: When it was said, kiosk's clock, UTC.
        clock_trusted: Whether that clock has been confirmed since boot.
        hist: True when replayed from the outbox after an outage.
        prev: On numbered messages: the number before this one that the kiosk still holds, 0 when it holds none. Numbers between
            the two have been shed or were stored long ago; a fleet that has stored ``prev`` misses nothing. Absent: ``seq - 1``.
    """

    v: Literal[1] = 1
    life: Count
    seq: Count
    at: Moment
    clock_trusted: bool
    hist: bool = False
    prev: int | None = Field(default=None, ge=0, le=MAX_SEQ)


class SupplyState(_Part):
    """What a device uses up. ``remaining`` 0.0 to 1.0, ``days_left`` at the rate of late, or null when nobody can tell."""

    name: Word
    remaining: float | None = Field(default=None, ge=0, le=1)
    low: bool = False
    days_left: float | None = Field(default=None, ge=0, le=100_000, exclude_if=lambda days: days is None)


class MeasurementState(_Part):
    """A number a device tells, e.g. ``temperature`` 41.5 ``°C``. ``unit`` may be empty."""

    name: Word
    value: float
    unit: Annotated[str, Field(max_length=16)] = ""


class DeviceState(_Part):
    """One device as last read. ``condition`` is a word of ``drivers.contract.status.Condition``."""

    device: Word
    kind: Word
    condition: Word
    read_at: Moment | None = None
    faults: tuple[Word, ...] = ()
    supplies: tuple[SupplyState, ...] = ()
    measurements: tuple[MeasurementState, ...] = Field(default=(), max_length=32, exclude_if=lambda numbers: not numbers)
    evidence: Text = ""
    model: Text = ""
    port: Text = ""


class FaultState(_Part):
    """One open fault. ``since`` with kiosk, device and code names the occurrence."""

    device: Word
    code: Word
    severity: Word
    remedy: Word
    since: Moment
    detail: Text = ""


class Services(_Part):
    """How many of the services this kiosk should offer can be finished now."""

    offered: int = Field(ge=0, le=10_000)
    total: int = Field(ge=0, le=10_000)


class Screen(_Part):
    """What the villager's screen shows, without anything personal: kind of page, service, step of steps."""

    page: Word
    service: Annotated[str, Field(max_length=64)] = ""
    step: int = Field(default=0, ge=0, le=100)
    steps: int = Field(default=0, ge=0, le=100)


class Place(_Part):
    """Where a kiosk stands, in the bureau's words."""

    site: Word
    town: Text = ""
    address: Text = ""


class ServiceTitle(_Part):
    """One service this kiosk should offer, with its title in the villager's words."""

    id: Word
    title: Word


class Birth(Envelope):
    """Follows every connect: who it is, and the whole truth of its devices and open faults at ``seq``."""

    place: Place
    model: Text = ""
    release: Text = ""
    heartbeat_s: float = Field(ge=0.1, le=3600)
    devices: tuple[DeviceState, ...] = Field(max_length=64)
    faults: tuple[FaultState, ...] = Field(max_length=256)
    services: Services
    screen: Screen
    shed: Count = 0
    """Messages the outbox has had to shed, ever."""
    floor: Count = 0
    """Every number up to this one has left the kiosk for good, stored or shed: asking for it again is in vain."""
    catalogue: tuple[ServiceTitle, ...] = Field(default=(), max_length=256, exclude_if=lambda catalogue: not catalogue)
    """Every service by name. Came after the first day: a kiosk that says none is shown with the ids of its services."""


class Death(Envelope):
    """The will, and said in person at an orderly end (``reason`` ``shutdown``)."""

    reason: Word = "lost"


class Heartbeat(Envelope):
    """Every ``heartbeat_s`` with jitter, and at once when the page on the screen changes. QoS 0, never queued."""

    devices: tuple[DeviceState, ...] = Field(max_length=64)
    services: Services
    screen: Screen
    queued: Count = 0
    """Messages waiting in the outbox."""


class StatusChanged(Envelope):
    """One device changed its condition."""

    device: DeviceState
    services: Services


class FaultChanged(Envelope):
    """A fault was raised or cleared. ``cleared_at`` is set when it was cleared."""

    fault: FaultState
    cleared_at: Moment | None = None
    cleared_by: Annotated[str, Field(max_length=64)] = ""
    """``self``, ``reset``, ``clerk`` ... who ended it, as far as the kiosk can tell."""


class Event(Envelope):
    """Something worth keeping happened: ``visit.ended``, ``repair.requested``, ``display.restarted`` ... Never personal."""

    name: Word
    fields: dict[Word, str | int | float | bool] = Field(default_factory=dict, max_length=32)


class Ack(_Part):
    """Fleet to kiosk: everything up to and including ``seq`` is stored. Only then the outbox forgets."""

    v: Literal[1] = 1
    seq: Count


class Resync(_Part):
    """Fleet to kiosk: send again everything after ``after_seq``, preceded by a birth when ``birth`` is set."""

    v: Literal[1] = 1
    after_seq: Count
    birth: bool = False


class FleetState(_Part):
    """Retained: whether the fleet service is there."""

    v: Literal[1] = 1
    online: bool
    at: Moment


Upward = Birth | Death | Heartbeat | StatusChanged | FaultChanged | Event
Downward = Ack | Resync
