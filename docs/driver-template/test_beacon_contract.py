"""The driver keeps the contract of code scanners, and says when its window is dirty."""

from typing_extensions import override

from drivers.code_scanner.beacon import BeaconScanner, BeaconSettings
from drivers.code_scanner.simulated_beacon import SimulatedBeacon
from drivers.contract.clock import Clock
from drivers.contract.code_scanner import CodeScanner
from drivers.contract.status import Condition
from drivers.transport.wire import Wire
from tests.drivers.contract_suite.code_scanner import CodeFarEnd, CodeScannerContract


class TestBeacon(CodeScannerContract):
    """Codes in frames with a check; can be asked; its light can be switched."""

    @override
    def far_end(self) -> CodeFarEnd:
        return SimulatedBeacon()

    @override
    def driver(self, wire: Wire, clock: Clock) -> CodeScanner:
        return BeaconScanner(name="code-scanner", wire=wire, settings=BeaconSettings(), clock=clock)

    async def test_a_dirty_window_is_seen_without_a_visit_and_is_no_reason_not_to_read(self) -> None:
        bench = await self.opened()
        bench.give("window-dirty")
        status = await bench.scanner.status()
        assert status.condition is Condition.DEGRADED
        assert [symptom.code for symptom in status.symptoms] == ["scanner.window_dirty"]
        assert (await bench.shown("phone-payment-1", is_sample=True)).content
        bench.far_end.clear(None, now_s=bench.clock.monotonic_s())
        assert (await bench.scanner.status()).symptoms == ()
