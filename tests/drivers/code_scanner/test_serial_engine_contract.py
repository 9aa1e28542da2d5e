"""The driver keeps the contract of code scanners with every model it knows."""

from typing import ClassVar

from typing_extensions import override

from drivers.code_scanner.serial_engine import SerialEngine, SerialEngineSettings
from drivers.code_scanner.simulated import SimulatedScanner
from drivers.contract.clock import Clock
from drivers.contract.code_scanner import CodeScanner
from drivers.transport.wire import Wire
from tests.drivers.contract_suite.code_scanner import CodeFarEnd, CodeScannerContract


class _EngineContract(CodeScannerContract):
    model: ClassVar[str]

    @override
    def far_end(self) -> CodeFarEnd:
        return SimulatedScanner(model=self.model)

    @override
    def driver(self, wire: Wire, clock: Clock) -> CodeScanner:
        return SerialEngine(name="code-scanner", wire=wire, settings=SerialEngineSettings(model=self.model), clock=clock)


class TestGm65(_EngineContract):
    """Registers in frames; codes end with a carriage return."""

    model = "gm65"


class TestNewland(_EngineContract):
    """A setup dialogue; codes end with silence."""

    model = "newland"
    needs_terminator = False


class TestHoneywell(_EngineContract):
    """Can be triggered and not asked."""

    model = "honeywell"
    can_be_asked = False
    needs_terminator = False


class TestPlain(_EngineContract):
    """Reads all the time and only talks."""

    model = "plain"
    can_be_asked = False
    has_light = False
    needs_terminator = False
