"""What the server knows of one kiosk, as last known. Pure; the store writes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from telemetry.fleet import clones
from telemetry.fleet.alarms import Alarm, Occurrence
from telemetry.fleet.clocks import Renamed
from telemetry.fleet.clones import Doubt
from telemetry.wire.messages import DeviceState, Event, FaultChanged, Place, Screen, Services, ServiceTitle, StatusChanged
from telemetry.wire.topics import KioskId

Numbered = StatusChanged | FaultChanged | Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One kiosk as last known.

    Attributes:
        catalogue: Every service it should offer, by name; empty when it never said.
        birth_seq: Numbers up to this one are history.
        birth_at: When the last birth was said, kiosk's clock.
        stored_seq: Everything up to here is stored.
        needs_birth: It speaks in a life whose birth never came.
        was_shut_down: Its silence was announced.
        doubt: Whether there is one machine of this name. Not stored: a few minutes show it again.
        renamed: Occurrences of a wrong clock, and what each is called here. Not stored: a restart between a fault and its end
            told late, by a clock that is wrong, costs one doubled line of history.
    """

    id: KioskId
    place: Place
    model: str
    release: str
    life: int
    birth_seq: int
    birth_at: datetime
    stored_seq: int
    heartbeat_s: float
    first_seen_at: datetime
    last_seen_at: datetime
    is_silent: bool
    condition: str
    condition_since: datetime
    services: Services
    catalogue: tuple[ServiceTitle, ...]
    screen: Screen
    screen_at: datetime
    clock_trusted: bool
    clock_skew_s: float
    queued: int
    shed: int
    devices: Mapping[str, DeviceState]
    open_alarms: Mapping[Occurrence, Alarm]
    needs_birth: bool = False
    was_shut_down: bool = False
    doubt: Doubt = clones.NONE
    renamed: Renamed = field(default_factory=dict)
