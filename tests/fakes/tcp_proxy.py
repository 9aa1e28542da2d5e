"""A TCP cable with manners: a proxy before any server, whose way of carrying bytes can be switched while it runs.

``proxy.manner = delayed(0.2)`` changes both directions from the next chunk on, connections that are open included.
What is lost in a manner (swallowed by a black hole, behind a cut) stays lost.
"""

import asyncio
import contextlib
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from typing_extensions import override

HOST = "127.0.0.1"

CHUNK = 65536

CHUNKS_UNDERWAY = 64
"""Chunks a direction may hold, so that a slow manner holds the sender up instead of filling memory."""

_RESET = struct.pack("ii", 1, 0)
"""socket(7) SO_LINGER, zero seconds: closing sends RST instead of FIN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Bytes that leave the proxy together, ``after_s`` after the piece before them left, or after they came."""

    payload: bytes
    after_s: float = 0.0


class Door(StrEnum):
    """What becomes of a connection when it comes."""

    OPEN = "open"
    SWALLOWS = "swallows"
    CLOSED = "closed"


class TcpManner:
    """How chunks are carried. The plain one carries them whole and at once."""

    door = Door.OPEN
    delay_s = 0.0
    cuts_after: int | None = None

    def pieces(self, payload: bytes) -> Iterable[Piece]:
        """Cut a chunk into what leaves the proxy together."""
        return (Piece(payload=payload),)


def whole() -> TcpManner:
    """Everything arrives at once."""
    return TcpManner()


def one_byte_at_a_time(gap_s: float = 0.0) -> TcpManner:
    """Each byte leaves in a segment of its own, ``gap_s`` after the one before it."""
    return sliced(1, gap_s)


def delayed(delay_s: float) -> TcpManner:
    """Everything arrives late, by the same time."""
    return _Delayed(delay_s)


def sliced(size: int, interval_s: float) -> TcpManner:
    """``size`` bytes each ``interval_s``: a thin line, or a slow loris."""
    return _Sliced(size, interval_s)


def cut_after(count: int) -> TcpManner:
    """Every connection is reset once ``count`` more bytes were carried; nobody gets in until the manner is changed.

    Bytes of both directions count together; set it for one direction to count only that one.
    """
    return _CutAfter(count)


def black_hole() -> TcpManner:
    """Connections are accepted, stay open, and nothing passes: not even their end."""
    return _Door(Door.SWALLOWS)


def refuse() -> TcpManner:
    """Who comes is reset at once; who is there already is served. ``stop`` makes the port itself vanish."""
    return _Door(Door.CLOSED)


TCP_MANNERS: Mapping[str, Callable[[], TcpManner]] = {
    "whole": whole,
    "one_byte_at_a_time": one_byte_at_a_time,
    "delayed": lambda: delayed(0.02),
    "sliced": lambda: sliced(400, 0.002),
}
"""The manners under which everything works, by name, for suites that run over all of them."""


class TcpProxy:
    """Stands before a server. ``start`` and ``stop`` may alternate; the port stays the same over both.

    Attributes:
        connections: How many were ever accepted.
        turned_away: How many of them were reset at the door.
        cuts: How many times everything was cut.
        bytes_to_upstream: Bytes that were carried on, towards the server.
        bytes_to_client: Bytes that were carried on, towards the client.
        swallowed: Bytes that came and went nowhere.
    """

    def __init__(self, upstream_host: str, upstream_port: int) -> None:
        self._upstream = (upstream_host, upstream_port)
        self._port = 0
        self._server: asyncio.Server | None = None
        self._links: dict[asyncio.Task[None], _Link] = {}
        self._to_upstream: TcpManner = whole()
        self._to_client: TcpManner = whole()
        self._is_cut = False
        self.connections = self.turned_away = self.cuts = 0
        self.bytes_to_upstream = self.bytes_to_client = self.swallowed = 0

    @property
    def port(self) -> int:
        """Where to connect instead of to the server; known from the first start on."""
        return self._port

    @property
    def url(self) -> str:
        """As a port of a byte stream, ``tcp://127.0.0.1:PORT``."""
        return f"tcp://{HOST}:{self._port}"

    @property
    def open_connections(self) -> int:
        """Connections that are open now."""
        return len(self._links)

    @property
    def is_cut(self) -> bool:
        """Whether a ``cut_after`` has come to pass and the manner was not changed since."""
        return self._is_cut

    @property
    def manner(self) -> TcpManner:
        """How it treats new connections, and carries towards the server."""
        return self._to_upstream

    @manner.setter
    def manner(self, manner: TcpManner) -> None:
        self._to_upstream = self._to_client = manner
        self._is_cut = False

    def carry_to_client(self, manner: TcpManner) -> None:
        """Change only how it carries towards the client."""
        self._to_client = manner
        self._is_cut = False

    def carry_to_upstream(self, manner: TcpManner) -> None:
        """Change only how it treats new connections, and carries towards the server."""
        self._to_upstream = manner
        self._is_cut = False

    async def start(self) -> None:
        """Listen. Twice is fine."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, HOST, self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Reset every connection and let the port vanish. Twice is fine."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        ending = tuple(self._links)
        for task, link in tuple(self._links.items()):
            link.reset()
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    async def __aenter__(self) -> "TcpProxy":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def cut(self) -> None:
        """Reset every connection now. Who comes afterwards is served."""
        self.cuts += 1
        for link in self._links.values():
            link.reset()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.connections += 1
        link = _Link(client=writer)
        self._links[task] = link
        try:
            await self._serve_one(reader, link)
        except (OSError, asyncio.CancelledError):
            link.reset()  # nobody upstream, or ``stop``
        finally:
            del self._links[task]
            await link.close()

    async def _serve_one(self, reader: asyncio.StreamReader, link: "_Link") -> None:
        if self._is_cut or self._to_upstream.door is Door.CLOSED:
            self.turned_away += 1
            link.reset()
            return
        if self._to_upstream.door is Door.SWALLOWS:
            while not link.is_reset and (payload := await reader.read(CHUNK)):
                self.swallowed += len(payload)
            return
        from_upstream, link.upstream = await asyncio.open_connection(*self._upstream)
        for end in (link.client, link.upstream):
            end.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._carry(reader, link.upstream, link, is_upwards=True))
            tasks.create_task(self._carry(from_upstream, link.client, link, is_upwards=False))

    async def _carry(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, link: "_Link", *, is_upwards: bool
    ) -> None:
        underway: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(CHUNKS_UNDERWAY)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take_in(source, underway, link, is_upwards=is_upwards))
            tasks.create_task(self._hand_on(underway, target, link, is_upwards=is_upwards))

    async def _take_in(
        self, source: asyncio.StreamReader, underway: asyncio.Queue[tuple[float, bytes]], link: "_Link", *, is_upwards: bool
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                payload = await source.read(CHUNK)
            except ConnectionError:
                if self._manner(is_upwards).door is not Door.SWALLOWS:
                    link.reset()
                payload = b""
            await underway.put((loop.time() + self._manner(is_upwards).delay_s, payload))
            if not payload:
                return

    async def _hand_on(
        self, underway: asyncio.Queue[tuple[float, bytes]], target: asyncio.StreamWriter, link: "_Link", *, is_upwards: bool
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due_s, payload = await underway.get()
            if link.is_reset:
                if not payload:
                    return
                continue  # whoever takes in must never wait for room
            await asyncio.sleep(due_s - loop.time())
            if self._manner(is_upwards).door is Door.SWALLOWS:
                self.swallowed += len(payload)
                if not payload:
                    return  # the other end never hears of it
                continue
            try:
                if not payload:
                    target.write_eof()
                    return
                await self._hand_on_chunk(payload, target, link, is_upwards=is_upwards)
            except OSError:
                link.reset()
                if not payload:
                    return

    async def _hand_on_chunk(self, payload: bytes, target: asyncio.StreamWriter, link: "_Link", *, is_upwards: bool) -> None:
        left = deque(self._manner(is_upwards).pieces(payload))
        manner = self._manner(is_upwards)
        while left and not link.is_reset:
            piece = left.popleft()
            await asyncio.sleep(piece.after_s)
            allowed, is_end = _allowed(manner, piece.payload)
            target.write(allowed)
            await target.drain()
            self._count(len(allowed), is_upwards=is_upwards)
            self.swallowed += len(piece.payload) - len(allowed)
            if is_end:
                self._is_cut = True
                self.cut()
            elif manner is not self._manner(is_upwards):  # switched meanwhile: the rest goes by the new one
                manner = self._manner(is_upwards)
                left = deque(manner.pieces(b"".join(rest.payload for rest in left)))

    def _manner(self, is_upwards: bool) -> TcpManner:
        return self._to_upstream if is_upwards else self._to_client

    def _count(self, carried: int, *, is_upwards: bool) -> None:
        if is_upwards:
            self.bytes_to_upstream += carried
        else:
            self.bytes_to_client += carried


class _Link:
    """The two ends of one connection."""

    def __init__(self, *, client: asyncio.StreamWriter) -> None:
        self.client = client
        self.upstream: asyncio.StreamWriter | None = None
        self.is_reset = False

    def reset(self) -> None:
        self.is_reset = True
        for end in self._ends():
            if not end.transport.is_closing():
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            end.transport.abort()

    async def close(self) -> None:
        for end in self._ends():
            end.close()
        for end in self._ends():
            with contextlib.suppress(OSError):
                await end.wait_closed()

    def _ends(self) -> Iterator[asyncio.StreamWriter]:
        yield self.client
        if self.upstream is not None:
            yield self.upstream


def _allowed(manner: TcpManner, payload: bytes) -> tuple[bytes, bool]:
    if manner.cuts_after is None:
        return payload, False
    left = manner.cuts_after
    manner.cuts_after = max(left - len(payload), 0)
    return payload[:left], left <= len(payload)


class _Delayed(TcpManner):
    def __init__(self, delay_s: float) -> None:
        self.delay_s = delay_s


class _Sliced(TcpManner):
    def __init__(self, size: int, interval_s: float) -> None:
        self._size = size
        self._interval_s = interval_s

    @override
    def pieces(self, payload: bytes) -> Iterable[Piece]:
        return tuple(
            Piece(payload=payload[at : at + self._size], after_s=self._interval_s) for at in range(0, len(payload), self._size)
        )


class _CutAfter(TcpManner):
    def __init__(self, count: int) -> None:
        self.cuts_after = count


class _Door(TcpManner):
    def __init__(self, door: Door) -> None:
        self.door = door
