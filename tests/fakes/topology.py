"""What is plugged in where, as a test says; moved about by hand."""

from typing_extensions import override

from drivers.transport.usb_topology import PluggedIn, Topology, UsbPlace


class FakeTopology(Topology):
    """Holds device files at USB places. ``plug`` again at the same place moves what was there."""

    def __init__(self) -> None:
        self.things: list[PluggedIn] = []

    def plug(
        self,
        node: str,
        *,
        at: str | None,
        subsystem: str = "tty",
        vendor: str = "1a86",
        product: str = "7523",
        model: str = "",
        serial: str = "",
    ) -> None:
        place = None if at is None else UsbPlace.parse(at)
        self.things = [each for each in self.things if each.place != place or each.subsystem != subsystem or place is None]
        self.things.append(
            PluggedIn(subsystem=subsystem, node=node, place=place, vendor=vendor, product=product, model=model, serial=serial)
        )

    def unplug(self, node: str) -> None:
        self.things = [each for each in self.things if each.node != node]

    @override
    def plugged(self) -> tuple[PluggedIn, ...]:
        return tuple(self.things)
