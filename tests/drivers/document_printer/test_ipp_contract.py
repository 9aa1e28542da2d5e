"""The IPP driver keeps the contract of document printers."""

from collections.abc import Callable

from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.document_printer import DocumentPrinter
from drivers.document_printer.ipp import IppPrinter, IppSettings
from drivers.document_printer.simulated import SimulatedDocumentPrinter
from drivers.document_printer.simulated_works import Sheet
from drivers.transport.far_end import ServedFarEnd
from drivers.transport.ipp import ipp_for
from tests.drivers.contract_suite.document_printer import DocumentPrinterContract


class TestPrinterWithACounter(DocumentPrinterContract):
    """It counts the pages of a job and of its life, and has one place in its queue."""

    @override
    def far_end(self, on_sheet: Callable[[Sheet], None], page_s: float) -> ServedFarEnd:
        return SimulatedDocumentPrinter(on_sheet=on_sheet, page_s=page_s)

    @override
    def driver(self, port: str, clock: Clock, *, is_hasty: bool = False) -> DocumentPrinter:
        settings = IppSettings(poll_s=0.2, patience_s=2.0, stall_s=5.0, answer_deadline_s=0.3 if is_hasty else 2.0)
        way = ipp_for(port, device="document-printer", clock=clock)
        return IppPrinter(name="document-printer", ipp=way, settings=settings, clock=clock)
