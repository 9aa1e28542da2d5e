"""The shipping driver on a real pty, with the far end's bytes paced at the line's speed."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from drivers.catalog import create
from drivers.contract.errors import DriverError, UnreachableError
from drivers.contract.id_card_reader import IdCard, IdCardReader
from drivers.contract.status import Condition
from drivers.id_card_reader.card_text import FieldName
from drivers.id_card_reader.samples import SAMPLES
from drivers.id_card_reader.simulated import SimulatedReader
from drivers.rig.pty_cable import PtyCable
from kiosk.clock import SystemClock

WIRE_S = 1359 * 10 / 115200
"""Seconds on the line: 30 bytes of questions, 15 + 19 + 1295 of answers, ten bits each."""

DEVICE_S = 0.03 + 0.06 + 0.7


class Bench:
    def __init__(self, cable: PtyCable, far_end: SimulatedReader, reader: IdCardReader) -> None:
        self.cable = cable
        self.far_end = far_end
        self.reader = reader

    def insert(self, sample: str) -> None:
        self.far_end.insert(sample, now_s=asyncio.get_running_loop().time())
        self.cable.wake()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    far_end = SimulatedReader()
    cable = PtyCable(far_end, link=tmp_path / "ttyCARD")
    await cable.plug()
    reader = create("id_card_reader/sam", name="id-card-reader", port=cable.port, settings={}, clock=SystemClock())
    yield Bench(cable, far_end, reader)  # type: ignore[arg-type]  # the catalogue promises a Device; this line is a reader's
    await reader.close()
    await cable.dispose()


async def test_a_card_is_read_with_little_above_what_line_and_device_take(bench: Bench) -> None:
    await bench.reader.open()
    overheads: list[float] = []
    for _ in range(3):
        bench.insert("resident-2")
        began_s = time.monotonic()
        card = await bench.reader.read_card(deadline_s=10, found=lambda: None)
        overheads.append(time.monotonic() - began_s - WIRE_S - DEVICE_S)
        assert card.number == SAMPLES["resident-2"][FieldName.NUMBER]
    # The target of 20 ms is held by the benchmark on a quiet machine; here only a wait in the wrong place would show.
    assert min(overheads) < 0.08


async def test_unplugged_while_waiting_it_is_noticed_and_back_without_restart(bench: Bench) -> None:
    await bench.reader.open()
    reading = asyncio.create_task(bench.reader.read_card(deadline_s=60, found=lambda: None))
    await asyncio.sleep(0.3)
    await _unplugged_and_back(bench, reading)


async def test_unplugged_in_mid_frame_it_is_noticed_and_back_without_restart(bench: Bench) -> None:
    await bench.reader.open()
    bench.insert("resident-1")
    reading = asyncio.create_task(bench.reader.read_card(deadline_s=60, found=lambda: None))
    await asyncio.sleep(0.87)  # the frame is on the line from 0.8 to 0.9
    await _unplugged_and_back(bench, reading)


async def test_unplugged_at_rest_the_next_status_is_unreachable_at_once(bench: Bench) -> None:
    await bench.reader.open()
    await bench.cable.unplug()
    began_s = time.monotonic()
    with pytest.raises(UnreachableError):
        await bench.reader.status()
    assert time.monotonic() - began_s < 1
    with pytest.raises(UnreachableError, match="no such port"):
        await bench.reader.open()


async def _unplugged_and_back(bench: Bench, reading: "asyncio.Task[IdCard]") -> None:
    await bench.cable.unplug()
    pulled_s = time.monotonic()
    with pytest.raises(UnreachableError):
        await reading
    assert time.monotonic() - pulled_s < 2
    await bench.cable.plug()
    plugged_s = time.monotonic()
    await _until_it_works(bench.reader.open)
    assert (await bench.reader.status()).condition is Condition.READY
    assert time.monotonic() - plugged_s < 3
    bench.insert("resident-1")
    assert (await bench.reader.read_card(deadline_s=10, found=lambda: None)).number == SAMPLES["resident-1"][FieldName.NUMBER]


async def _until_it_works(call: Callable[[], Awaitable[None]]) -> None:
    until_s = time.monotonic() + 10
    while True:
        try:
            await call()
        except DriverError:
            assert time.monotonic() < until_s
            await asyncio.sleep(0.05)
        else:
            return
