"""The shipping driver on a real pty, with the far end's bytes paced at the line's speed."""

import asyncio
import termios
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from typing_extensions import override

from drivers.catalog import create
from drivers.contract.errors import DriverError, UnreachableError
from drivers.contract.id_card_reader import IdCard, IdCardReader
from drivers.contract.status import Condition
from drivers.id_card_reader.card_text import FieldName
from drivers.id_card_reader.sam_codec import Dialect
from drivers.id_card_reader.samples import SAMPLES
from drivers.id_card_reader.simulated import SimulatedReader
from drivers.rig.pty_cable import PtyCable
from drivers.transport.line_speed import heard
from kiosk.clock import SystemClock

WIRE_S = 1380 * 10 / 115200
"""Seconds on the line: 40 bytes of questions, 15 + 19 + 1295 + 11 of answers, ten bits each."""

DEVICE_S = 0.03 + 0.06 + 0.7 + 0.05


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
    for _ in range(2):
        bench.insert("hkmt-1")
        began_s = time.monotonic()
        card = await bench.reader.read_card(deadline_s=10, found=lambda: None)
        overheads.append(time.monotonic() - began_s - WIRE_S - DEVICE_S)
        assert card.number == SAMPLES["hkmt-1"][FieldName.NUMBER]
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


class SpeedCable(PtyCable):
    """A pty on which the two ends hear each other only when the kiosk has set the far end's speed."""

    @override
    def _hand_over(self, payload: bytes) -> None:
        super()._hand_over(heard(payload, sent_baud=self.far_end.baud or 0, heard_baud=self._kiosk_baud()))

    @override
    def _arrived_from_kiosk(self, payload: bytes) -> None:
        super()._arrived_from_kiosk(heard(payload, sent_baud=self._kiosk_baud(), heard_baud=self.far_end.baud or 0))

    def _kiosk_baud(self) -> int:
        speeds = {termios.B115200: 115200, termios.B57600: 57600, termios.B38400: 38400, termios.B19200: 19200}
        return speeds.get(termios.tcgetattr(self._master)[5], 9600)  # a pty's two ends share it


async def test_a_reader_at_9600_baud_in_another_dialect_is_found_on_a_real_port(tmp_path: Path) -> None:
    cable = SpeedCable(SimulatedReader(baud=9600, dialect=Dialect.VENDOR_00), link=tmp_path / "ttyCARD")
    await cable.plug()
    port = f"serial:{tmp_path}/ttyCARD?baud=auto"
    reader = create("id_card_reader/sam", name="id-card-reader", port=port, settings={"dialect": "auto"}, clock=SystemClock())
    try:
        await reader.open()
        assert (await reader.identify()).serial == "05.01-20110511-0123456789"
        assert (await reader.status()).condition is Condition.READY
    finally:
        await reader.close()
        await cable.dispose()


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
