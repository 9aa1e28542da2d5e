"""What the fleet is told: the rooms' state as one snapshot, and each change of it as a report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from drivers.contract.fault import Fault
from drivers.contract.status import Condition, DeviceStatus
from kiosk.display.vocabulary import View
from kiosk.display.watch import DISPLAY
from kiosk.upkeep.availability import PLATFORM
from kiosk.upkeep.fault_book import ClearedBy
from kiosk.upkeep.telling import Happening, KeptDevice
from kiosk.upkeep.upkeep import Upkeep
from kiosk.visit.model import Visit
from kiosk.visit.steps import place_in_matter
from telemetry.agent.agent import Agent
from telemetry.agent.snapshot import DeviceReading, NamedService, ScreenShown, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """Where the fleet's voice looks when it is asked; each answers at once."""

    upkeep: Callable[[], Upkeep]
    display: Callable[[], DeviceStatus]
    view: Callable[[], View]
    visit: Callable[[], Visit]


class FleetVoice:
    """Speaks for the kiosk.

    Args:
        rooms: Where to look.
        agent: Who carries it; asked for late, because the agent asks for the snapshot in turn.
        ports: Device name -> configured port.
    """

    def __init__(self, *, rooms: Rooms, agent: Callable[[], Agent], ports: Mapping[str, str]) -> None:
        self._rooms = rooms
        self._agent = agent
        self._ports = ports
        self._told_platform = Condition.UNKNOWN

    def snapshot(self) -> Snapshot:
        """Everything that is true of this kiosk now."""
        upkeep = self._rooms.upkeep()
        offers = upkeep.offers
        return Snapshot(
            devices=(*map(self._kept, upkeep.devices), self._display(), self._platform()),
            faults=upkeep.faults,
            catalogue=tuple(NamedService(id=offer.service.id, title=offer.service.title) for offer in offers),
            services_offered=sum(offer.withdrawal is None for offer in offers),
            services_total=len(offers),
            screen=_screen(self._rooms.view(), self._rooms.visit()),
        )

    def fault_raised(self, fault: Fault) -> None:
        """A fault began."""
        self._agent().fault_raised(fault)

    def fault_cleared(self, fault: Fault, at: datetime, by: ClearedBy) -> None:
        """A fault ended."""
        self._agent().fault_cleared(fault, at, by.value)

    def condition_changed(self, status: DeviceStatus) -> None:
        """A kept device is in another condition than before."""
        kept = next(device for device in self._rooms.upkeep().devices if device.name == status.device)
        self._agent().condition_changed(self._kept(kept))

    def display_changed(self) -> None:
        """The display began or ceased to draw."""
        self._agent().condition_changed(self._display())

    def look_at_platform(self) -> None:
        """Report the platform when its condition is another than the one last reported."""
        condition = self._rooms.upkeep().platform_status.condition
        if condition is not self._told_platform:
            self._told_platform = condition
            self._agent().condition_changed(self._platform())

    def happened(self, happening: Happening) -> None:
        """Something neither a status nor a fault."""
        self._agent().event(happening.name, happening.fields)

    def _kept(self, kept: KeptDevice) -> DeviceReading:
        days_left = {
            forecast.supply: forecast.days_left
            for forecast in self._rooms.upkeep().forecasts
            if forecast.device == kept.name and forecast.days_left is not None
        }
        return DeviceReading(
            status=kept.status, kind=kept.kind, model=kept.identity.model, port=self._ports[kept.name], days_left=days_left
        )

    def _display(self) -> DeviceReading:
        return DeviceReading(status=self._rooms.display(), kind=DISPLAY)

    def _platform(self) -> DeviceReading:
        return DeviceReading(status=self._rooms.upkeep().platform_status, kind=PLATFORM)


def _screen(view: View, visit: Visit) -> ScreenShown:
    place = place_in_matter(visit.stage)
    if place is None:
        return ScreenShown(page=view.kind)
    service, step = place
    return ScreenShown(page=view.kind, service=service.id, step=service.steps.index(step) + 1, steps=len(service.steps))
