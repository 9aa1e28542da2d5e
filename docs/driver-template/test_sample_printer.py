"""A printer of a new model keeps the contract of receipt printers."""

from collections.abc import Callable

from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.receipt_printer import ReceiptPrinter
from drivers.receipt_printer.escpos import EscPosPrinter, EscPosSettings
from drivers.receipt_printer.models import MODELS
from drivers.receipt_printer.paper import Paper
from drivers.receipt_printer.simulated import SimulatedPrinter
from drivers.transport.far_end import FarEnd
from drivers.transport.wire import Wire
from tests.drivers.contract_suite.receipt_printer import ReceiptPrinterContract

MODEL = MODELS["sample-80"]


class TestSamplePrinter(ReceiptPrinterContract):
    """A far end with the abilities that the model's entry claims, and the driver told of that model."""

    @override
    def far_end(self, on_paper: Callable[[Paper], None]) -> FarEnd:
        return SimulatedPrinter(
            on_paper=on_paper,
            width_mm=MODEL.width_mm[0],
            buffer_bytes=MODEL.buffer_bytes,
            speed_mm_s=MODEL.speed_mm_s,
            answers_in_order=MODEL.answers_in_order,
            tells_changes=MODEL.asb,
            presents=MODEL.presenter is not None,
        )

    @override
    def driver(self, wire: Wire, clock: Clock) -> ReceiptPrinter:
        settings = EscPosSettings(model="sample-80", width_mm=80)
        return EscPosPrinter(name="receipt-printer", wire=wire, settings=settings, clock=clock)
