"""What is true of this kiosk now, as the core knows it: asked for whenever a birth or a heartbeat is about to be said."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.contract.fault import Fault
from drivers.contract.status import DeviceStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReading:
    """One device: its last reading, what it is, and on which port.

    Attributes:
        kind: Word of ``drivers.contract.device.DeviceKind``, or ``display`` or ``platform``.
        model: As the device or the configuration says; empty when nobody does.
        port: The configured port URL, without anything secret.
        days_left: Name of a supply -> days it lasts at the rate of late, where that can be told.
    """

    status: DeviceStatus
    kind: str
    model: str = ""
    port: str = ""
    days_left: Mapping[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenShown:
    """What the villager's screen shows, without anything personal: kind of page, service, step of steps."""

    page: str
    service: str = ""
    step: int = 0
    steps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedService:
    """One service of this kiosk: its stable id, and its title in the villager's words."""

    id: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The whole kiosk at one moment.

    Attributes:
        faults: Every fault that is open, of whatever device.
        catalogue: Every service this kiosk should offer.
        services_offered: How many services can be finished now, of ``services_total``.
    """

    devices: tuple[DeviceReading, ...]
    faults: tuple[Fault, ...]
    catalogue: tuple[NamedService, ...]
    services_offered: int
    services_total: int
    screen: ScreenShown
