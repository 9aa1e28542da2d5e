"""Fitting: a device from the configuration with its keeper and everything that can be done about it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from drivers.contract.clock import Clock
from drivers.contract.device import Device
from drivers.transport.usb_power import PortPower
from drivers.transport.worker import given_up_threads
from kiosk.upkeep.fault_catalogue import FaultCatalogue
from kiosk.upkeep.healer import Means
from kiosk.upkeep.keeper import Keeper
from kiosk.upkeep.pace import Pace, usual_pace
from kiosk.upkeep.replaceable import Replaceable
from kiosk.upkeep.usb_ways import Lookout, UsbWays


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """One device as the house uses it. ``device`` stays the same when its driver is built anew."""

    device: Replaceable
    keeper: Keeper


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitter:
    """Fits devices. One for the whole kiosk.

    Attributes:
        lookout: Sees what is plugged in where.
        power: Switches USB sockets.
    """

    clock: Clock
    catalogue: FaultCatalogue
    lookout: Lookout
    power: PortPower
    pace: Pace | None = None

    def fit(self, build: Callable[[], Device], *, port: str) -> Fitted:
        """Build a device and put a keeper in charge of it; nothing is opened yet.

        Args:
            build: Makes its driver, now and whenever one has to be given up.
            port: As in the configuration.
        """
        device = Replaceable(build)
        usb = UsbWays(port, lookout=self.lookout, power=self.power)
        means = Means(
            renew=device.renew,
            cycle_power=usb.cycle_power,
            given_up=partial(given_up_threads, f"{device.name} "),
            look=usb.look,
            where=lambda: usb.where,
        )
        pace = self.pace or usual_pace(device.kind)
        keeper = Keeper(device=device, clock=self.clock, catalogue=self.catalogue, pace=pace, means=means)
        return Fitted(device=device, keeper=keeper)
