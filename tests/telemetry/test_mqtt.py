"""One connection: how it begins, and above all how it ends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest

from telemetry.mqtt import SILENCE_FACTOR, Address, Connection, LineError, Opening, Received, Will
from tests.telemetry.together import free_port, guest, lasting_broker, until


class Wire:
    """A TCP proxy before a broker: it can fall silent and keep the connection, as a dead radio link does."""

    def __init__(self, target: int) -> None:
        self.port = 0
        self.is_black_hole = False
        self._target = target
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator["Wire"]:
        server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for writer in self._writers:
                writer.transport.abort()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers += [writer, far_writer]
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            self._tasks.add(asyncio.create_task(self._carry(source, sink)))

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(4096):
                if not self.is_black_hole:
                    sink.write(data)
        finally:
            sink.close()


def _opening(port: int, *, keepalive_s: int = 20, will: Will | None = None) -> Opening:
    return Opening(address=Address(host="127.0.0.1", port=port), client_id="tested", keepalive_s=keepalive_s, will=will)


async def _open(opening: Opening) -> Connection:
    return await Connection.open(opening, on_message=lambda _: None, run_blocking=asyncio.to_thread)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with lasting_broker() as number:
        yield number


@pytest.mark.parametrize("url", ["http://127.0.0.1:1883", "mqtt://", "127.0.0.1", "mqtt://host:99999"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Address.parse(url)


async def test_nobody_there_is_said_with_the_place() -> None:
    port = free_port()
    with pytest.raises(LineError, match=f"127.0.0.1:{port}"):
        await _open(_opening(port))


async def test_somebody_who_is_no_broker_is_given_up() -> None:
    async def web(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n<html>captive portal</html>")
        writer.close()

    server = await asyncio.start_server(web, "127.0.0.1", 0)
    try:
        with pytest.raises(LineError):
            await _open(_opening(server.sockets[0].getsockname()[1]))
    finally:
        server.close()


async def test_a_connection_into_a_black_hole_is_given_up_in_time(port: int) -> None:
    keepalive_s = 1
    async with Wire(port).up() as wire:
        connection = await _open(_opening(wire.port, keepalive_s=keepalive_s))
        wire.is_black_hole = True
        began = asyncio.get_running_loop().time()
        async with asyncio.timeout(45):
            why = await connection.ended()
        assert "not a byte" in why
        assert asyncio.get_running_loop().time() - began <= keepalive_s * 1.5 + 0.3
    assert SILENCE_FACTOR <= 1.5


async def test_an_idle_connection_to_a_living_broker_lives(port: int) -> None:
    connection = await _open(_opening(port, keepalive_s=1))
    await asyncio.sleep(SILENCE_FACTOR * 1.2)
    assert connection.is_open
    await connection.close()


async def test_the_will_is_said_for_who_vanishes_and_not_for_who_leaves(port: int) -> None:
    heard: list[Received] = []
    async with guest(port, heard) as listener:
        await listener.subscribe({"will": 1})
        leaves = await _open(_opening(port, will=Will(topic="will", payload=b"left")))
        await leaves.close()
        vanishes = await _open(_opening(port, will=Will(topic="will", payload=b"vanished")))
        vanishes.abort("test")
        await until(lambda: bool(heard), "the will")
        assert [received.payload for received in heard] == [b"vanished"]


async def test_a_packet_too_large_for_the_broker_ends_only_its_sender(port: int) -> None:
    async with guest(port) as bystander:
        greedy = await _open(_opening(port))
        greedy.publish("x", b"x" * 9_000_000, qos=1)
        async with asyncio.timeout(45):
            await greedy.ended()
        assert bystander.is_open


async def test_closing_twice_is_fine_and_publishing_afterwards_goes_nowhere(port: int) -> None:
    connection = await _open(_opening(port))
    await connection.close()
    await connection.close()
    assert connection.publish("x", b"", qos=1).cancelled()
    assert not connection.is_open


async def test_giving_up_while_connecting_leaves_nothing_behind() -> None:
    joined: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()
    gone = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        joined.set_result(writer)
        while await reader.read(1024):
            pass
        gone.set()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    try:
        opening = asyncio.create_task(_open(_opening(server.sockets[0].getsockname()[1])))
        await joined
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        async with asyncio.timeout(5):
            await gone.wait()
    finally:
        server.close()
        (await joined).close()
