"""The ESC/POS driver keeps the contract of receipt printers, with and without the finer abilities of its printer."""

from collections.abc import Callable

from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.receipt_printer import ReceiptPrinter
from drivers.receipt_printer.escpos import EscPosPrinter, EscPosSettings
from drivers.receipt_printer.paper import Paper
from drivers.receipt_printer.simulated import SimulatedPrinter
from drivers.transport.far_end import FarEnd
from drivers.transport.wire import Wire
from tests.drivers.contract_suite.receipt_printer import ReceiptPrinterContract


class TestPlainPrinter(ReceiptPrinterContract):
    """80 mm, QR codes as raster, the least that is assumed of any printer."""

    @override
    def far_end(self, on_paper: Callable[[Paper], None]) -> FarEnd:
        return SimulatedPrinter(on_paper=on_paper, speed_mm_s=100)

    @override
    def driver(self, wire: Wire, clock: Clock) -> ReceiptPrinter:
        return EscPosPrinter(name="receipt-printer", wire=wire, settings=EscPosSettings(), clock=clock)


class TestPrinterThatDrawsQrCodes(ReceiptPrinterContract):
    """80 mm, native QR codes, twice as fast as its driver thinks."""

    @override
    def far_end(self, on_paper: Callable[[Paper], None]) -> FarEnd:
        return SimulatedPrinter(on_paper=on_paper, speed_mm_s=200)

    @override
    def driver(self, wire: Wire, clock: Clock) -> ReceiptPrinter:
        settings = EscPosSettings(model="generic-qr", speed_mm_s=100)
        return EscPosPrinter(name="receipt-printer", wire=wire, settings=settings, clock=clock)


class TestKioskPrinterWithPresenter(ReceiptPrinterContract):
    """80 mm, holds the receipt out, and tells by itself what changes."""

    @override
    def far_end(self, on_paper: Callable[[Paper], None]) -> FarEnd:
        return SimulatedPrinter(on_paper=on_paper, tells_changes=True, presents=True)

    @override
    def driver(self, wire: Wire, clock: Clock) -> ReceiptPrinter:
        settings = EscPosSettings(model="kiosk-presenter")
        return EscPosPrinter(name="receipt-printer", wire=wire, settings=settings, clock=clock)
