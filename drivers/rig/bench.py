"""The bench: every simulated device of one kiosk, with its cable, its card and its paper."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from drivers.id_card_reader.simulated import SimulatedReader
from drivers.receipt_printer.simulated import SimulatedPrinter
from drivers.rig.cable import Cable
from drivers.rig.papers import Papers
from drivers.rig.pty_cable import PtyCable
from drivers.rig.tcp_cable import TcpCable
from drivers.transport.far_end import FarEnd, GivableFault

TO_COME = "（待发生）"
"""Behind a fault that was given and begins later."""


class PrinterCable(StrEnum):
    """How the receipt printer is connected."""

    SERIAL = "serial"
    TCP = "tcp"


class NoSuchDeviceError(LookupError):
    """No device of that name; the message lists those there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultNow:
    """A fault that can be given, and whether it is."""

    fault: GivableFault
    is_given: bool


class Bench:
    """All devices. What is asked of them happens at once; the loop carries the consequences."""

    def __init__(self, cables: tuple[Cable, ...], *, reader: SimulatedReader, papers: Papers) -> None:
        self.cables: Mapping[str, Cable] = {cable.far_end.name: cable for cable in cables}
        self.reader = reader
        self.papers = papers

    async def plug_all(self) -> None:
        """Put every plug in. OSError when a port cannot be made."""
        for cable in self.cables.values():
            await cable.plug()

    async def dispose(self) -> None:
        """Pull every plug for good."""
        for cable in self.cables.values():
            await cable.dispose()

    def cable(self, device: str) -> Cable:
        """The cable of a device.

        Raises:
            NoSuchDeviceError: There is none.
        """
        if device not in self.cables:
            message = f"没有设备 {device!r}；有：{'、'.join(self.cables)} (no such device)"
            raise NoSuchDeviceError(message)
        return self.cables[device]

    def give(self, device: str, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        """Give a device a fault.

        Raises:
            NoSuchDeviceError: There is no such device.
            ValueError: It has no such fault or option; the message says what there is.
        """
        cable = self.cable(device)
        cable.far_end.give(fault, options, now_s=now_s)
        cable.wake()

    def clear(self, device: str, fault: str | None, *, now_s: float) -> None:
        """End one fault of a device, or all; raises as ``give`` does."""
        cable = self.cable(device)
        cable.far_end.clear(fault, now_s=now_s)
        cable.wake()

    def lay_card(self, sample: str, *, now_s: float) -> None:
        """Lay a sample card on the reader, in place of one that lies there. ValueError when there is none of that name."""
        self.reader.insert(sample, now_s=now_s)
        self.cable(self.reader.name).wake()

    def lift_card(self, *, now_s: float) -> None:
        """Lift the card from the reader, if there is one."""
        self.reader.remove(now_s=now_s)
        self.cable(self.reader.name).wake()


def faults_now(far_end: FarEnd) -> tuple[FaultNow, ...]:
    """Every fault of a device and whether it is given: a device holds its faults by name or title."""
    held = {word.removesuffix(TO_COME) for word in far_end.holding().get("故障", "").split("、")}
    return tuple(
        FaultNow(fault=fault, is_given=not held.isdisjoint({fault.name, fault.title})) for fault in far_end.givable_faults()
    )


def card_on(reader: SimulatedReader) -> str | None:
    """The sample card on the reader, if one lies there."""
    held = reader.holding().get("卡片", "").partition("（")[0]
    return held if held in reader.samples() else None


def build(folder: Path, *, printer: PrinterCable, printer_port: int, now: Callable[[], datetime]) -> Bench:
    """Set up the devices of one kiosk; no port is made before ``plug_all``. Needs a running loop."""
    papers = Papers(folder / "paper")
    ports = folder / "ports"
    ports.mkdir(parents=True, exist_ok=True)
    reader = SimulatedReader(name="id-card-reader", baud=115200)
    receipts = SimulatedPrinter(
        name="receipt-printer",
        baud=115200 if printer is PrinterCable.SERIAL else None,
        on_paper=lambda paper: papers.keep(paper, at=now()),
    )
    return Bench(
        (
            PtyCable(reader, link=ports / reader.name),
            PtyCable(receipts, link=ports / receipts.name)
            if printer is PrinterCable.SERIAL
            else TcpCable(receipts, number=printer_port),
        ),
        reader=reader,
        papers=papers,
    )
