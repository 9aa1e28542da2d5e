from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.document_scanner import DocumentScanner
from drivers.document_scanner.overhead import OverheadScanner, OverheadSettings
from drivers.document_scanner.simulated import SimulatedTable
from drivers.transport.frame_source import FrameSource
from tests.drivers.contract_suite.document_scanner import AttendedTable, DocumentScannerContract


class TestOverheadScannerKeepsTheContract(DocumentScannerContract):
    @override
    def far_end(self) -> AttendedTable:
        return SimulatedTable()

    @override
    def driver(self, frames: FrameSource, clock: Clock) -> DocumentScanner:
        settings = OverheadSettings(idle_look_s=1, looks_per_s=10, still_looks=2, patience_s=0.3)
        return OverheadScanner(name="document-scanner", frames=frames, settings=settings, clock=clock)
