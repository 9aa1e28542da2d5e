"""The embedded broker, a process of its own: ``python -m telemetry.fleet.broker --port 1883``.

amqtt, listening through a door of ours: it bounds every packet before a byte of it is read, ends who stays silent, and lets
go of who does not read. It forgets everything when it ends, which costs nothing: kiosks keep what is not acknowledged by the
fleet, and both ends come back by themselves. Beyond a few hundred kiosks name a mosquitto in fleet.toml instead.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from typing import Annotated

import typer
from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter
from amqtt.broker import Broker
from amqtt.errors import NoDataError
from typing_extensions import override

MAX_PACKET_BYTES = 8 * 1024 * 1024
"""Above any packet of ours by far; ingest has a bound of its own and counts who passes it. What is larger still ends the
connection before it is read."""

IDLE_S = 120.0
"""Kiosks ping at least every 30 s; a connection without a byte for so long is half open (amqtt itself never ends it)."""

MAX_UNREAD_BYTES = 16 * 1024 * 1024
"""What may wait in memory for a client that does not read."""

MAX_CONNECTIONS = 1_000

_LISTENER = "default"


class BoundedReader(StreamReaderAdapter):  # type: ignore[misc]  # amqtt is met untyped
    """Reads for amqtt, never more than a packet may hold and never longer than a silence may last."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        super().__init__(reader)
        self._stream = reader
        self._loop = asyncio.get_running_loop()
        self._heard_s = self._loop.time()
        self._is_over = False

    @override
    async def read(self, n: int = -1) -> bytes:
        """Read exactly ``n`` bytes; raises NoDataError, from then on always, when the connection should end."""
        self._is_over = self._is_over or not 0 <= n <= MAX_PACKET_BYTES
        if self._is_over:
            raise NoDataError(f"nothing more is read after a packet of {n} bytes")
        try:
            # amqtt cancels this at every keepalive and asks again: silence counts from the last byte, not from the asking.
            async with asyncio.timeout_at(self._heard_s + IDLE_S):
                data = await self._stream.readexactly(n)
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
            self._is_over = True
            raise NoDataError("silent, or gone") from error
        self._heard_s = self._loop.time()
        return data


class BoundedWriter(StreamWriterAdapter):  # type: ignore[misc]  # amqtt is met untyped
    """Writes for amqtt, until the other end has stopped reading."""

    @override
    def write(self, data: bytes) -> None:
        """Queue bytes, or let go of the connection when too many wait already."""
        transport = self._writer.transport
        if transport.get_write_buffer_size() > MAX_UNREAD_BYTES:
            transport.abort()
            return
        super().write(data)

    @override
    async def close(self) -> None:
        """Close, also when the other end has gone first."""
        with contextlib.suppress(ConnectionError):
            await super().close()


async def serve(host: str, port: int, *, with_parent: bool) -> int:
    """Serve until SIGTERM or SIGINT, or until standard input ends; returns the process's exit code."""
    told_to_end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_end.set)
    if with_parent:
        os.set_blocking(sys.stdin.fileno(), False)
        loop.add_reader(sys.stdin.fileno(), lambda: None if os.read(sys.stdin.fileno(), 1) else told_to_end.set())
    broker = Broker(
        {
            "listeners": {_LISTENER: {"type": "external", "max_connections": MAX_CONNECTIONS}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    doors: set[asyncio.Task[None]] = set()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(doors) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        doors.add(task)
        try:
            await broker.external_connected(BoundedReader(reader), BoundedWriter(writer), _LISTENER)
        except (NoDataError, ConnectionError, asyncio.CancelledError):
            pass  # the end of a connection, however it came, is nothing to report
        finally:
            doors.discard(task)
            writer.transport.abort()

    try:
        server = await asyncio.start_server(take, host, port)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        sys.stdout.write(f"broker: {host}:{port} cannot be listened on: {reason}\n")
        await broker.shutdown()
        _hear_no_more_signals(loop)
        return 1
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"broker ready {host}:{port}\n")
    sys.stdout.flush()
    await told_to_end.wait()
    if with_parent:
        loop.remove_reader(sys.stdin.fileno())
    server.close()
    for door in tuple(doors):
        door.cancel()
    await asyncio.gather(*doors, return_exceptions=True)
    await broker.shutdown()
    _hear_no_more_signals(loop)
    return 0


def _hear_no_more_signals(loop: asyncio.AbstractEventLoop) -> None:
    """It is ending anyway; a signal that comes while the loop closes would be written to a pipe that is closed already."""
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)


def main(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="TCP port; 0 takes a free one and says which.")] = 1883,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    with_parent: Annotated[bool, typer.Option("--with-parent", help="End when standard input ends.")] = False,
) -> None:
    """Run the embedded MQTT broker."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    raise typer.Exit(asyncio.run(serve(host, port, with_parent=with_parent)))


if __name__ == "__main__":
    typer.run(main)
