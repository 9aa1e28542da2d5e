"""Devices: everything a visit may use of the cabinet, each possibly not there."""

from dataclasses import dataclass, field

from kiosk.visit.absent import (
    AbsentCamera,
    AbsentDocumentPrinter,
    AbsentDocumentScanner,
    AbsentPrinter,
    AbsentReader,
    AbsentScanner,
    AbsentSmartcardReader,
)
from kiosk.visit.ports import (
    CardReading,
    CodeReading,
    FaceTaking,
    PagePrinting,
    ReceiptPrinting,
    SheetScanning,
    SmartcardReading,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """One device a class; what is not handed over is not fitted."""

    id_card_reader: CardReading = field(default_factory=AbsentReader)
    smartcard_reader: SmartcardReading = field(default_factory=AbsentSmartcardReader)
    code_scanner: CodeReading = field(default_factory=AbsentScanner)
    camera: FaceTaking = field(default_factory=AbsentCamera)
    document_scanner: SheetScanning = field(default_factory=AbsentDocumentScanner)
    receipt_printer: ReceiptPrinting = field(default_factory=AbsentPrinter)
    document_printer: PagePrinting = field(default_factory=AbsentDocumentPrinter)
