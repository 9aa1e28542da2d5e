"""The shipping driver on a real pty, with the far end's bytes paced at 9600 baud."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.catalog import create
from drivers.code_scanner.samples import SAMPLES
from drivers.code_scanner.simulated import SimulatedScanner
from drivers.contract.code_scanner import CodeScanner
from drivers.contract.errors import DriverError, UnreachableError
from drivers.contract.status import Condition
from drivers.rig.pty_cable import PtyCable
from kiosk.clock import SystemClock


class Bench:
    def __init__(self, cable: PtyCable, far_end: SimulatedScanner, scanner: CodeScanner) -> None:
        self.cable = cable
        self.far_end = far_end
        self.scanner = scanner

    def hold(self, sample: str) -> None:
        self.far_end.insert(sample, now_s=asyncio.get_running_loop().time())
        self.cable.wake()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    far_end = SimulatedScanner()
    cable = PtyCable(far_end, link=tmp_path / "ttyCODE")
    await cable.plug()
    port = f"{cable.port.partition('?')[0]}?baud=9600"
    scanner = create("code_scanner/serial_engine", name="code-scanner", port=port, settings={}, clock=SystemClock())
    yield Bench(cable, far_end, scanner)  # type: ignore[arg-type]  # the catalogue promises a Device; this line is a scanner's
    await scanner.close()
    await cable.dispose()


async def test_a_phone_s_code_is_read_and_the_same_again(bench: Bench) -> None:
    await bench.scanner.open()
    assert (await bench.scanner.status()).evidence == "baud register 39 01 (9600)"
    reading = asyncio.create_task(bench.scanner.read_code(deadline_s=10))
    bench.hold("phone-identity-1")
    assert (await reading).content == SAMPLES["phone-identity-1"]
    assert (await bench.scanner.read_code(deadline_s=10)).content == SAMPLES["phone-identity-1"]


async def test_unplugged_while_waiting_it_is_noticed_and_back_without_restart(bench: Bench) -> None:
    await bench.scanner.open()
    reading = asyncio.create_task(bench.scanner.read_code(deadline_s=60))
    await asyncio.sleep(0.2)
    await bench.cable.unplug()
    pulled_s = time.monotonic()
    with pytest.raises(UnreachableError):
        await reading
    assert time.monotonic() - pulled_s < 2
    await bench.cable.plug()
    plugged_s = time.monotonic()
    await _until_open(bench.scanner)
    assert (await bench.scanner.status()).condition is Condition.READY
    assert time.monotonic() - plugged_s < 3
    bench.hold("phone-payment-1")
    assert (await bench.scanner.read_code(deadline_s=10)).content == SAMPLES["phone-payment-1"]


async def _until_open(scanner: CodeScanner) -> None:
    until_s = time.monotonic() + 10
    while True:
        try:
            await scanner.open()
        except DriverError:
            assert time.monotonic() < until_s
            await asyncio.sleep(0.05)
        else:
            return
