import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from drivers.contract.errors import DeadlineError, UnreachableError
from drivers.transport.tcp import TcpWire


@dataclass
class FarSide:
    port: int = 0
    streams: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=asyncio.Queue)


@pytest.fixture
async def far_side() -> AsyncIterator[FarSide]:
    side = FarSide()
    writers: list[asyncio.StreamWriter] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        side.streams.put_nowait((reader, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    side.port = server.sockets[0].getsockname()[1]
    yield side
    server.close()
    for writer in writers:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _wire(side: FarSide) -> TcpWire:
    return TcpWire("127.0.0.1", side.port, device="receipt-printer")


async def test_bytes_pass_both_ways(far_side: FarSide) -> None:
    wire = _wire(far_side)
    await wire.open()
    reader, writer = await far_side.streams.get()
    await wire.write(b"\x10\x04\x01", deadline_s=1)
    assert await reader.readexactly(3) == b"\x10\x04\x01"
    writer.write(b"\x12")
    assert await wire.read(at_most=10, deadline_s=1) == b"\x12"
    await wire.close()
    await wire.close()


async def test_small_writes_are_not_held_back(far_side: FarSide) -> None:
    wire = _wire(far_side)
    await wire.open()
    assert wire._connection is not None
    assert wire._connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    await wire.close()


async def test_silence_is_a_deadline_and_the_connection_stays_usable(far_side: FarSide) -> None:
    wire = _wire(far_side)
    await wire.open()
    _, writer = await far_side.streams.get()
    with pytest.raises(DeadlineError):
        await wire.read(at_most=1, deadline_s=0.02)
    writer.write(b"x")
    assert await wire.read(at_most=1, deadline_s=1) == b"x"
    await wire.close()


async def test_a_device_that_hangs_up_is_unreachable(far_side: FarSide) -> None:
    wire = _wire(far_side)
    await wire.open()
    _, writer = await far_side.streams.get()
    reading = asyncio.create_task(wire.read(at_most=1, deadline_s=30))
    await asyncio.sleep(0)
    writer.close()
    with pytest.raises(UnreachableError, match="is closed"):
        await reading
    await wire.close()


async def test_a_device_that_resets_the_connection_is_unreachable_for_writes(far_side: FarSide) -> None:
    wire = _wire(far_side)
    await wire.open()
    _, writer = await far_side.streams.get()
    writer.transport.abort()
    with pytest.raises(UnreachableError):
        await _write_for_ever(wire)
    await wire.close()


async def test_closing_ends_a_waiting_read(far_side: FarSide) -> None:
    wire = _wire(far_side)
    await wire.open()
    reading = asyncio.create_task(wire.read(at_most=1, deadline_s=30))
    await asyncio.sleep(0)
    await wire.close()
    with pytest.raises(UnreachableError):
        await reading
    with pytest.raises(UnreachableError, match="not open"):
        await wire.write(b"x", deadline_s=1)


async def test_a_write_that_nobody_takes_is_a_deadline(far_side: FarSide) -> None:
    wire = _wire(far_side)
    await wire.open()
    reader, _ = await far_side.streams.get()
    with pytest.raises(DeadlineError):
        await wire.write(bytes(50_000_000), deadline_s=0.1)
    came = len(await reader.read(65536))
    await wire.write(b"still usable" if came else b"", deadline_s=1)
    await wire.close()
    with pytest.raises(ConnectionResetError):  # what lay in the kernel was dropped
        await reader.readexactly(100_000_000)


async def test_what_arrived_can_be_forgotten(far_side: FarSide) -> None:
    wire = _wire(far_side)
    await wire.open()
    _, writer = await far_side.streams.get()
    writer.write(b"stale")
    assert await wire.read(at_most=1, deadline_s=1) == b"s"
    await wire.discard_input()
    writer.write(b"new")
    assert await wire.read(at_most=10, deadline_s=1) == b"new"
    await wire.close()


async def test_nobody_listening_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        wire = TcpWire("127.0.0.1", taken.getsockname()[1], device="d")
        with pytest.raises(UnreachableError, match="cannot connect"):
            await wire.open()


async def test_a_cancelled_read_loses_no_byte(far_side: FarSide) -> None:
    wire = _wire(far_side)
    await wire.open()
    _, writer = await far_side.streams.get()
    for n in range(20):
        reading = asyncio.create_task(wire.read(at_most=10, deadline_s=5))
        await asyncio.sleep(0)
        writer.write(bytes([n]))
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        assert await wire.read(at_most=10, deadline_s=5) == bytes([n])
    await wire.close()


async def _write_for_ever(wire: TcpWire) -> None:
    while True:
        await wire.write(b"x", deadline_s=1)
        await asyncio.sleep(0.001)
