"""The embedded broker, a process of its own: ``python -m telemetry.fleet.broker --port 1883``.

With ``--ca``, ``--certificate``, ``--key`` and ``--revoked`` it speaks TLS, to whoever shows a certificate of that authority. It
is amqtt, listening through a door of ours: it bounds every packet before a byte of it is read, ends who stays silent, and lets
go of who does not read. It forgets everything when it ends, which costs nothing: kiosks keep what is not acknowledged by the
fleet, and both ends come back by themselves. Beyond a few hundred kiosks name a mosquitto in fleet.toml instead.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer
from amqtt.adapters import StreamReaderAdapter, StreamWriterAdapter
from amqtt.broker import Broker
from amqtt.errors import NoDataError
from typing_extensions import override

from telemetry.fleet.broker_door import Door, DoorError, DoorFiles, Guest
from telemetry.fleet.broker_door.door import SPEAKS_WITHIN_S
from telemetry.mqtt import Credentials

MAX_PACKET_BYTES = 8 * 1024 * 1024
"""Above any packet of ours by far; ingest has a bound of its own and counts who passes it. What is larger still ends the
connection before it is read."""

IDLE_S = 120.0
"""Kiosks ping at least every 30 s; a connection without a byte for so long is half open (amqtt itself never ends it)."""

MAX_UNREAD_BYTES = 16 * 1024 * 1024
"""What may wait in memory for a client that does not read."""

MAX_CONNECTIONS = 1_000

_LISTENER = "default"
_EVERYBODY = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
_BY_NAME = {**_EVERYBODY, "telemetry.fleet.broker_door.plugin.RightsOfNames": {}}


class BoundedReader(StreamReaderAdapter):  # type: ignore[misc]  # amqtt is met untyped
    """Reads for amqtt, never more than a packet may hold and never longer than a silence may last."""

    def __init__(self, reader: asyncio.StreamReader, first: bytes = b"") -> None:
        super().__init__(reader)
        self._stream = reader
        self._first = first
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
                data = self._first[:n]
                data += await self._stream.readexactly(n - len(data))
        except (TimeoutError, asyncio.IncompleteReadError, OSError) as error:
            self._is_over = True
            raise NoDataError("silent, or gone") from error
        self._first = self._first[n:]
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
        with contextlib.suppress(OSError):
            await super().close()


class Connections:
    """Everybody who is connected: through a door, or past where none is."""

    def __init__(self, broker: Broker, door: Door | None) -> None:
        self._broker = broker
        self._door = door
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end, however it comes."""
        task = asyncio.current_task()
        if task is None or len(self._tasks) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        self._tasks.add(task)
        guest: Guest | None = None
        try:
            if self._door is not None:
                guest = await self._door.admit(reader, writer)
            if self._door is None or guest is not None:
                bounded = BoundedReader(reader, guest.first if guest is not None else b"")
                await self._broker.external_connected(bounded, BoundedWriter(writer), _LISTENER)
        except (NoDataError, OSError, asyncio.CancelledError):
            pass  # the end of a connection, however it came, is nothing to report
        finally:
            if self._door is not None and guest is not None:
                self._door.leave(guest)
            self._tasks.discard(task)
            writer.transport.abort()

    async def end(self) -> None:
        """End them all."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def serve(host: str, port: int, *, files: DoorFiles | None, with_parent: bool) -> int:
    """Serve until SIGTERM or SIGINT, or until standard input ends; returns the process's exit code."""
    told_to_end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_end.set)
    if with_parent:
        os.set_blocking(sys.stdin.fileno(), False)
        loop.add_reader(sys.stdin.fileno(), lambda: None if os.read(sys.stdin.fileno(), 1) else told_to_end.set())
    try:
        door = Door(files) if files is not None else None
    except DoorError as error:
        sys.stdout.write(f"broker: {error}\n")
        return 1
    broker = Broker(
        {
            "listeners": {_LISTENER: {"type": "external", "max_connections": MAX_CONNECTIONS}},
            "plugins": _EVERYBODY if door is None else _BY_NAME,
        }
    )
    await broker.start()
    connections = Connections(broker, door)
    try:
        server = await _listen(connections, door, host, port)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        sys.stdout.write(f"broker: {host}:{port} cannot be listened on: {reason}\n")
        await broker.shutdown()
        _hear_no_more_signals(loop)
        return 1
    watching = asyncio.create_task(door.keep_watch(), name="door") if door is not None else None
    ended = asyncio.create_task(told_to_end.wait())
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"broker ready {host}:{port}\n")
    sys.stdout.flush()
    # A door nobody watches lets in whoever was revoked: rather no broker, and then a new one.
    await asyncio.wait({ended, watching} if watching is not None else {ended}, return_when=asyncio.FIRST_COMPLETED)
    if with_parent:
        loop.remove_reader(sys.stdin.fileno())
    server.close()
    await connections.end()
    await broker.shutdown()
    _hear_no_more_signals(loop)
    ended.cancel()
    if watching is not None and not watching.cancel():
        watching.result()
    return 0


async def _listen(connections: Connections, door: Door | None, host: str, port: int) -> asyncio.Server:
    if door is None:
        return await asyncio.start_server(connections.take, host, port)
    return await asyncio.start_server(connections.take, host, port, ssl=door.context, ssl_handshake_timeout=SPEAKS_WITHIN_S)


def _hear_no_more_signals(loop: asyncio.AbstractEventLoop) -> None:
    """It is ending anyway; a signal that comes while the loop closes would be written to a pipe that is closed already."""
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_IGN)


def main(
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="TCP port; 0 takes a free one and says which.")] = 1883,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    ca: Annotated[Path | None, typer.Option(help="Certificate of the authority, PEM; with it only TLS is spoken.")] = None,
    certificate: Annotated[Path | None, typer.Option(help="The server's own, PEM.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its key, PEM.")] = None,
    revoked: Annotated[Path | None, typer.Option(help="The authority's list of revoked certificates, PEM.")] = None,
    with_parent: Annotated[bool, typer.Option("--with-parent", help="End when standard input ends.")] = False,
) -> None:
    """Run the embedded MQTT broker."""
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    files: DoorFiles | None = None
    if ca is not None and certificate is not None and key is not None and revoked is not None:
        files = DoorFiles(own=Credentials(ca=ca, certificate=certificate, key=key), revoked=revoked)
    elif any((ca, certificate, key, revoked)):
        raise typer.BadParameter("--ca, --certificate, --key and --revoked belong together")
    raise typer.Exit(asyncio.run(serve(host, port, files=files, with_parent=with_parent)))


if __name__ == "__main__":
    typer.run(main)
