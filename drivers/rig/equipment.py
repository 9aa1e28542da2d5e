"""Equipment: which simulated devices one kiosk has, and on what ports they stand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from drivers.id_card_reader.simulated import SimulatedReader
from drivers.receipt_printer.simulated import SimulatedPrinter
from drivers.rig.bench import Bench
from drivers.rig.papers import Papers
from drivers.rig.pty_cable import PtyCable
from drivers.rig.tcp_cable import TcpCable
from drivers.transport.far_end import Attended, ServedFarEnd


class PrinterCable(StrEnum):
    """How the receipt printer is connected."""

    SERIAL = "serial"
    TCP = "tcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What can be chosen of the equipment.

    Attributes:
        printer_cable: How the receipt printer is connected.
        printer_port: Its TCP port, 0 for any free one.
    """

    printer_cable: PrinterCable = PrinterCable.SERIAL
    printer_port: int = 0


def build(folder: Path, choice: Choice, *, now: Callable[[], datetime]) -> Bench:
    """Set up the devices of one kiosk; no port is made before ``plug_all``. Needs a running loop."""
    papers = Papers(folder / "paper")
    ports = folder / "ports"
    ports.mkdir(parents=True, exist_ok=True)
    attended: dict[str, Attended] = {}

    reader = SimulatedReader(name="id-card-reader", baud=115200)
    attended[reader.name] = reader
    receipts = SimulatedPrinter(
        name="receipt-printer",
        baud=115200 if choice.printer_cable is PrinterCable.SERIAL else None,
        on_paper=lambda paper: papers.keep(paper, at=now()),
    )
    devices: list[ServedFarEnd] = [
        PtyCable(reader, link=ports / reader.name),
        PtyCable(receipts, link=ports / receipts.name)
        if choice.printer_cable is PrinterCable.SERIAL
        else TcpCable(receipts, number=choice.printer_port),
    ]
    return Bench(devices, attended=attended, papers=papers)
