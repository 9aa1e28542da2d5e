"""Equipment: which simulated devices one kiosk has, and on what ports they stand."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from drivers.cabinet.simulated_board import SimulatedBoard
from drivers.cabinet.simulated_machine import SimulatedMachine
from drivers.cabinet.simulated_ups import SimulatedNutUps
from drivers.camera.simulated import SimulatedCamera
from drivers.camera.simulated_faces import STRAIGHT_S, TURNED_S
from drivers.code_scanner.simulated import SimulatedScanner
from drivers.document_printer.simulated import SimulatedDocumentPrinter
from drivers.document_scanner.simulated import SimulatedTable
from drivers.id_card_reader.simulated import SimulatedReader
from drivers.receipt_printer.simulated import SimulatedPrinter
from drivers.rig.bench import Bench
from drivers.rig.papers import Papers
from drivers.rig.pty_cable import PtyCable
from drivers.rig.sheets import Sheets
from drivers.rig.tcp_cable import TcpCable
from drivers.smartcard_reader.private_pcsc import PrivatePcsc
from drivers.smartcard_reader.simulated import SimulatedSmartcardReader
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
        reader_baud: Line speed of the ID-card reader.
        scanner_baud: Line speed of the code scanner.
        has_smart_cards: Whether there is a smart-card reader, where a pcscd can be run for it.
        paper_speed_mm_s: How fast a receipt comes out.
        answers_in_order: Whether the receipt printer answers GS r; many clones do not.
        presents: Whether the receipt printer holds receipts out and senses whether they were taken.
        page_s: Seconds an A4 page takes.
        pose_s: Seconds a willing person before the camera looks one way; None for people's own pace.
    """

    printer_cable: PrinterCable = PrinterCable.SERIAL
    printer_port: int = 0
    reader_baud: int = 115200
    scanner_baud: int = 9600
    has_smart_cards: bool = True
    paper_speed_mm_s: float = 150.0
    answers_in_order: bool = True
    presents: bool = False
    page_s: float = 1.5
    pose_s: float | None = None


def build(folder: Path, choice: Choice, *, now: Callable[[], datetime], pcsc: PrivatePcsc | None = None) -> Bench:
    """Set up the devices of one kiosk; no port is made before ``plug_all``. Needs a running loop.

    Args:
        folder: For ports and papers.
        choice: What can be chosen.
        now: The time, for what comes out.
        pcsc: The smart cards' service; None makes one of its own, which only a process that has not yet asked for cards finds.
    """
    papers = Papers(folder / "paper")
    sheets = Sheets(folder / "sheets")
    ports = folder / "ports"
    ports.mkdir(parents=True, exist_ok=True)

    reader = SimulatedReader(name="id-card-reader", baud=choice.reader_baud)
    scanner = SimulatedScanner(name="code-scanner", baud=choice.scanner_baud)
    camera = SimulatedCamera(name="camera", straight_s=choice.pose_s or STRAIGHT_S, turned_s=choice.pose_s or TURNED_S)
    table = SimulatedTable(name="document-scanner")
    receipts = SimulatedPrinter(
        name="receipt-printer",
        baud=115200 if choice.printer_cable is PrinterCable.SERIAL else None,
        on_paper=lambda paper: papers.keep(paper, at=now()),
        speed_mm_s=choice.paper_speed_mm_s,
        answers_in_order=choice.answers_in_order,
        presents=choice.presents,
    )
    documents = SimulatedDocumentPrinter(
        name="document-printer", page_s=choice.page_s, on_sheet=lambda sheet: sheets.keep(sheet, at=now())
    )
    devices: list[ServedFarEnd] = [
        PtyCable(reader, link=ports / reader.name),
        PtyCable(receipts, link=ports / receipts.name)
        if choice.printer_cable is PrinterCable.SERIAL
        else TcpCable(receipts, number=choice.printer_port),
        documents,
        PtyCable(scanner, link=ports / scanner.name),
        camera,
        table,
        PtyCable(SimulatedBoard(name="cabinet-board"), link=ports / "cabinet-board"),
        TcpCable(SimulatedNutUps(name="ups"), number=0),
        SimulatedMachine(folder=folder / "machine", name="machine"),
    ]
    attended: dict[str, Attended] = {reader.name: reader, scanner.name: scanner, camera.name: camera, table.name: table}
    environment: dict[str, str] = {}
    if choice.has_smart_cards and not PrivatePcsc.cannot_run_because():
        service = pcsc or PrivatePcsc()
        slot = SimulatedSmartcardReader(service=service, name="smartcard-reader")
        devices.insert(1, slot)
        attended[slot.name] = slot
        environment |= service.environment
    return Bench(devices, attended=attended, papers=papers, sheets=sheets, environment=environment)
