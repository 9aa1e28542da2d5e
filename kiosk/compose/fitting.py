"""Fitting: the devices of the configuration, each with its keeper, and what a visit may use of them."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from drivers.catalog import create
from drivers.contract.clock import Clock
from drivers.contract.device import Device, DeviceKind
from drivers.contract.document_printer import DocumentPrinter
from drivers.contract.receipt_printer import ReceiptPrinter
from drivers.transport.usb_power import Uhubctl
from drivers.transport.usb_topology import UdevTopology
from kiosk.config import DeviceTable
from kiosk.upkeep.fault_catalogue import FaultCatalogue
from kiosk.upkeep.fitting import Fitter
from kiosk.upkeep.pace import Pace
from kiosk.upkeep.usb_ways import Lookout
from kiosk.visit.devices import Devices

MakeDevice = Callable[[DeviceTable, Clock], Device]
"""Builds a device from its table; opens nothing."""


def from_catalogue(table: DeviceTable, clock: Clock) -> Device:
    """Build a device as the catalogue of drivers says. Raises ValueError in an operator's words."""
    return create(table.driver, name=table.name, port=table.port, settings=table.settings, clock=clock)


class Fitting:
    """Everything that is fitted to this kiosk. Construction opens nothing."""

    def __init__(
        self,
        tables: Sequence[DeviceTable],
        *,
        make: MakeDevice,
        clock: Clock,
        catalogue: FaultCatalogue,
        pace: Pace | None = None,
    ) -> None:
        """Build every device and its keeper.

        Args:
            tables: The devices of the configuration.
            make: Builds one of them, and once more when its driver hangs.
            clock: The kiosk's clock.
            catalogue: Says what is tried for which fault.
            pace: How often each device is asked; None for the usual.

        Raises:
            ValueError: A table names an unknown driver, port or setting.
        """
        self._lookout = Lookout(topology=UdevTopology(), clock=clock)
        fitter = Fitter(clock=clock, catalogue=catalogue, lookout=self._lookout, power=Uhubctl(), pace=pace)
        fitted = tuple(fitter.fit(partial(make, table, clock), port=table.port) for table in tables)
        self.devices = tuple(each.device for each in fitted)
        self.keepers = tuple(each.keeper for each in fitted)

    def for_visit(self) -> Devices:
        """What a visit may use: the first of each class."""
        fitted: dict[str, Any] = {}  # a device's kind is the name of its place in Devices, and says what it can do
        for device in self.devices:
            if device.kind is not DeviceKind.CABINET:
                fitted.setdefault(device.kind.value, device)
        return Devices(**fitted)

    @property
    def printers(self) -> tuple[ReceiptPrinter | DocumentPrinter, ...]:
        """Whatever has a queue."""
        found: list[Any] = [  # a device's kind says what it can do
            device for device in self.devices if device.kind in {DeviceKind.RECEIPT_PRINTER, DeviceKind.DOCUMENT_PRINTER}
        ]
        return tuple(found)

    def close(self) -> None:
        """Let go of what is nobody else's; the keepers close their devices."""
        self._lookout.close()
