import asyncio
import contextlib
import os
import termios
import time
import tty
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import serial

from drivers.contract.errors import UnreachableError
from drivers.rig.pty_cable import PtyCable
from drivers.rig.tcp_cable import TcpCable
from drivers.transport.serial_port import SerialPort
from drivers.transport.tcp import TcpWire
from kiosk.clock import SystemClock
from tests.drivers.rig.talker import Talker


async def until(condition: Callable[[], bool], *, within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110  # a cable offers no event to wait for
            await asyncio.sleep(0.002)


@pytest.fixture
async def cable(tmp_path: Path) -> AsyncIterator[PtyCable]:
    cable = PtyCable(Talker(baud=115200), link=tmp_path / "talker")
    await cable.plug()
    yield cable
    await cable.dispose()


@pytest.fixture
async def port(cable: PtyCable, tmp_path: Path) -> AsyncIterator[SerialPort]:
    port = SerialPort(str(tmp_path / "talker"), baud=115200, device="talker", clock=SystemClock())
    await port.open()
    await until(lambda: cable.is_held)
    yield port
    await port.close()


def talker(cable: PtyCable | TcpCable) -> Talker:
    assert isinstance(cable.far_end, Talker)
    return cable.far_end


async def read_exactly(port: SerialPort | TcpWire, count: int) -> bytes:
    payload = b""
    while len(payload) < count:
        payload += await port.read(at_most=count - len(payload), deadline_s=3)
    return payload


async def test_a_card_of_1295_bytes_takes_112_milliseconds_to_the_kiosk(cable: PtyCable, port: SerialPort) -> None:
    talker(cable).to_say += (said := os.urandom(1295))
    began = time.monotonic()
    cable.wake()
    assert await read_exactly(port, 1295) == said
    took_s = time.monotonic() - began
    assert took_s >= 0.112
    assert took_s < 0.3, "wide, for a machine that is shared; the line itself is never late"


async def test_bytes_to_the_device_are_paced_too(cable: PtyCable, port: SerialPort) -> None:
    began = asyncio.get_running_loop().time()
    await port.write(sent := os.urandom(1295), deadline_s=3)
    await until(lambda: len(talker(cable).all_heard) == 1295)
    heard = talker(cable).heard
    assert talker(cable).all_heard == sent
    assert heard[-1][0] - began >= 0.110
    assert heard[0][0] - began < 0.1, "the first bytes do not wait for the last"


async def test_more_than_the_kernel_holds_arrives_whole(cable: PtyCable, port: SerialPort) -> None:
    writing = asyncio.create_task(port.write(sent := os.urandom(20_000), deadline_s=10))
    await until(lambda: len(talker(cable).all_heard) == 20_000, within_s=10)
    await writing
    assert talker(cable).all_heard == sent


async def test_every_byte_value_passes_unchanged(cable: PtyCable, port: SerialPort) -> None:
    await port.write(bytes(range(256)), deadline_s=2)
    await until(lambda: len(talker(cable).all_heard) == 256)
    talker(cable).to_say += bytes(range(256))
    cable.wake()
    assert await read_exactly(port, 256) == bytes(range(256)) == talker(cable).all_heard


async def test_a_pulled_plug_is_seen_by_whoever_reads_and_the_port_is_gone(
    cable: PtyCable, port: SerialPort, tmp_path: Path
) -> None:
    reading = asyncio.create_task(port.read(at_most=1, deadline_s=5))
    await asyncio.wait({reading}, timeout=0.05)
    await cable.unplug()
    with pytest.raises(UnreachableError):
        await asyncio.wait_for(reading, 2)
    assert not (tmp_path / "talker").is_symlink()
    with pytest.raises(UnreachableError):
        await port.open()


async def test_after_a_replug_the_same_name_leads_to_another_pty(cable: PtyCable, port: SerialPort) -> None:
    await cable.unplug()
    await port.close()
    await cable.plug()
    await port.open()
    await port.write(b"hello", deadline_s=2)
    await until(lambda: talker(cable).all_heard == b"hello")
    assert talker(cable).plugs == ["plug", "unplug", "plug"]


async def test_pulling_in_the_middle_of_a_frame_loses_the_rest(cable: PtyCable, port: SerialPort) -> None:
    talker(cable).to_say += bytes(1295)
    cable.wake()
    got = await port.read(at_most=16, deadline_s=2)
    await cable.unplug()
    with contextlib.suppress(UnreachableError):
        while len(got) < 1295:
            got += await port.read(at_most=2000, deadline_s=1)
    assert len(got) < 1295


async def test_what_a_device_says_into_a_closed_port_is_lost(cable: PtyCable, tmp_path: Path) -> None:
    talker(cable).to_say += b"nobody hears this"
    cable.wake()
    port = SerialPort(str(tmp_path / "talker"), baud=115200, device="talker", clock=SystemClock())
    await port.open()
    await until(lambda: cable.is_held)
    talker(cable).to_say += b"but this"
    cable.wake()
    assert await read_exactly(port, 8) == b"but this"
    await port.close()


async def test_a_port_that_is_closed_and_opened_again_goes_on(cable: PtyCable, port: SerialPort) -> None:
    for turn in range(3):
        await port.close()
        await until(lambda: not cable.is_held)
        await port.open()
        await until(lambda: cable.is_held)
        await port.write(bytes([turn]), deadline_s=2)
        await until(lambda expected=turn + 1: len(talker(cable).all_heard) == expected)  # type: ignore[misc]  # default binds


@pytest.mark.usefixtures("port")
async def test_the_rig_itself_does_not_seem_to_hold_the_port(tmp_path: Path) -> None:
    other = SerialPort(str(tmp_path / "talker"), baud=115200, device="other", clock=SystemClock())
    with pytest.raises(UnreachableError, match="held by") as busy:
        await other.open()
    assert str(busy.value).count("pid") == 1


def test_a_plain_program_that_never_heard_of_pyserial_can_open_it(tmp_path: Path) -> None:
    async def converse() -> bytes:
        cable = PtyCable(Talker(baud=None), link=tmp_path / "talker")
        await cable.plug()
        held = os.open(tmp_path / "talker", os.O_RDWR | os.O_NOCTTY)
        tty.setraw(held, termios.TCSANOW)
        await until(lambda: cable.is_held)
        os.write(held, b"ping")
        await until(lambda: talker(cable).all_heard == b"ping")
        talker(cable).to_say += b"pong"
        cable.wake()
        try:
            return os.read(held, 10)
        finally:
            os.close(held)
            await cable.dispose()

    assert asyncio.run(converse()) == b"pong"


async def test_unplugging_twice_and_plugging_twice_is_fine(cable: PtyCable) -> None:
    await cable.plug()
    await cable.unplug()
    await cable.unplug()
    await cable.plug()
    assert talker(cable).plugs == ["plug", "unplug", "plug"]


async def test_a_network_device_is_cut_off_and_comes_back_at_the_same_port() -> None:
    cable = TcpCable(Talker(baud=None))
    await cable.plug()
    port = cable.port
    wire = TcpWire("127.0.0.1", int(port.rpartition(":")[2]), device="talker")
    await wire.open()
    await wire.write(b"hello", deadline_s=2)
    await until(lambda: talker(cable).all_heard == b"hello")
    await cable.unplug()
    with pytest.raises(UnreachableError):
        await wire.read(at_most=1, deadline_s=2)
    with pytest.raises(UnreachableError):
        await wire.open()
    await cable.plug()
    assert cable.port == port
    await wire.open()
    await until(lambda: cable.is_held)
    talker(cable).to_say += b"again"
    cable.wake()
    assert await read_exactly(wire, 5) == b"again"
    await wire.close()
    await cable.dispose()


async def test_a_second_connection_to_a_network_device_is_turned_away() -> None:
    cable = TcpCable(Talker(baud=None))
    await cable.plug()
    first, second = (TcpWire("127.0.0.1", int(cable.port.rpartition(":")[2]), device="talker") for _ in range(2))
    await first.open()
    await until(lambda: cable.is_held)
    await second.open()
    with pytest.raises(UnreachableError):
        await second.read(at_most=1, deadline_s=2)
    await first.write(b"still here", deadline_s=2)
    await until(lambda: talker(cable).all_heard == b"still here")
    await first.close()
    await second.close()
    await cable.dispose()


def test_pyserial_sees_no_line_noise_when_it_opens(tmp_path: Path) -> None:
    async def converse() -> bytes:
        cable = PtyCable(Talker(baud=115200), link=tmp_path / "talker")
        await cable.plug()
        with serial.Serial(str(tmp_path / "talker"), 115200, timeout=0) as line:
            await until(lambda: cable.is_held)
            talker(cable).to_say += b"\r\n\x03\x04"
            cable.wake()
            await until(lambda: line.in_waiting == 4)
            answer: bytes = line.read(10)
        await cable.dispose()
        assert talker(cable).all_heard == b"", "nothing was echoed"
        return answer

    assert asyncio.run(converse()) == b"\r\n\x03\x04"
