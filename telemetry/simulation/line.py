"""One kiosk's connection to the broker: a bare asyncio protocol, so that tens of thousands fit in one process."""

import asyncio
import contextlib
import resource
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from typing_extensions import override

from telemetry.simulation import packets
from telemetry.simulation.packets import Arrived, Assembler, MalformedError, Packet, Publication

LAST_PACKET_ID = 65_535
CONNECT_DEADLINE_S = 60.0
"""Ten thousand connects at once make a broker slow; a kiosk's own deadline is shorter."""
CONGESTED_BYTES = 256 * 1024
"""What may wait to leave before heartbeats are left out."""
SPARE_FILES = 512
"""Descriptors beside the kiosks' own: the truth, the loop, connections that are gone but not yet closed."""


class LineError(Exception):
    """The broker could not be reached, or refused."""


class TooManyKiosksError(Exception):
    """The system does not allow this process so many connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls: its name, how often it promises a byte, its last will, what it wants to hear."""

    client_id: str
    keepalive_s: int
    will_topic: str
    will: bytes
    subscriptions: tuple[str, ...]


def allow_connections(count: int) -> None:
    """Raise this process's limit of open files so that so many kiosks can connect.

    Raises:
        TooManyKiosksError: The system's hard limit is lower.
    """
    wanted = count + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return
    try:
        # Who may raise the hard limit as well does so; everybody else is told.
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard if hard == resource.RLIM_INFINITY else max(hard, wanted)))
    except (ValueError, OSError) as error:
        raise TooManyKiosksError(f"{count} kiosks need {wanted} open files, the system allows {hard} (ulimit -Hn)") from error


def peak_memory_mb() -> float:
    """Return how much memory this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Line(asyncio.Protocol):
    """A connection from CONNECT to its end. Belongs to one event loop."""

    def __init__(self, caller: Caller, *, on_heard: Callable[[Publication], None], on_lost: Callable[["Line"], None]) -> None:
        self._caller = caller
        self._on_heard = on_heard
        self._on_lost = on_lost
        self._assembler = Assembler()
        self._transport: asyncio.Transport | None = None
        self._packet_id = 1
        self._subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_over = False

    @classmethod
    async def open(
        cls,
        host: str,
        port: int,
        caller: Caller,
        *,
        on_heard: Callable[[Publication], None],
        on_lost: Callable[["Line"], None],
        shows: ssl.SSLContext | None = None,
    ) -> "Line":
        """Connect, subscribe, and return once both are answered.

        Args:
            host: The broker's.
            port: The broker's.
            caller: Who calls.
            on_heard: Called with each publication.
            on_lost: Called once when an open line ends by itself.
            shows: What a broker that speaks TLS is shown, and judged by.

        Raises:
            LineError: It cannot be done now.
        """
        loop = asyncio.get_running_loop()
        line = cls(caller, on_heard=on_heard, on_lost=on_lost)
        try:
            async with asyncio.timeout(CONNECT_DEADLINE_S):
                await loop.create_connection(lambda: line, host, port, ssl=shows)
                await line._subscribed
        except TimeoutError as error:
            line.cut()
            raise LineError(f"{host}:{port}: no answer within {CONNECT_DEADLINE_S:.0f} s") from error
        except OSError as error:
            line.cut()
            raise LineError(f"{host}:{port}: {error}") from error
        except BaseException:
            line.cut()
            raise
        return line

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say who calls."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a TCP transport was expected")
        self._transport = transport
        wire = transport.get_extra_info("socket")
        if wire is not None:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        caller = self._caller
        transport.write(
            packets.connect(
                client_id=caller.client_id,
                keepalive_s=caller.keepalive_s,
                will_topic=caller.will_topic,
                will=caller.will,
            )
        )

    @override
    def data_received(self, data: bytes) -> None:
        """Take what came."""
        try:
            for packet in self._assembler.feed(data):
                self._take(packet)
        except MalformedError as error:
            self._fail(LineError(str(error)))
            self.cut()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end."""
        self._transport = None
        self._fail(LineError(f"ended: {exc or 'by the broker'}"))
        if not self._is_over:
            self._is_over = True
            self._on_lost(self)

    def say(self, topic: bytes, payload: bytes, *, qos: int) -> None:
        """Publish; what cannot leave any more is lost, as on any line."""
        if self._transport is not None:
            self._transport.write(packets.publish(topic, payload, packet_id=self._next_id() if qos else None))

    @property
    def is_congested(self) -> bool:
        """Whether the broker reads more slowly than we speak."""
        return self._transport is not None and self._transport.get_write_buffer_size() > CONGESTED_BYTES

    def mute(self) -> None:
        """Neither read nor write from now on, as when power or network are gone: nobody tells the broker anything."""
        self._is_over = True
        if self._transport is not None:
            self._transport.pause_reading()

    def cut(self) -> None:
        """End without a word: the broker says the will."""
        self._is_over = True
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """End in order: no will."""
        self._is_over = True
        if self._transport is not None:
            self._transport.write(packets.DISCONNECT)
            self._transport.close()

    def _take(self, packet: Arrived) -> None:
        match packet.kind:
            case Packet.PUBLISH:
                publication = packets.publication(packet)
                if publication.packet_id is not None and self._transport is not None:
                    self._transport.write(packets.puback(publication.packet_id))
                if not self._is_over:
                    self._on_heard(publication)
            case Packet.CONNACK:
                if packet.body[1:2] != b"\x00":
                    raise MalformedError(f"the broker refused: CONNACK {packet.body.hex()}")
                if self._transport is not None:
                    self._transport.write(packets.subscribe(self._next_id(), self._caller.subscriptions))
            case Packet.SUBACK:
                if not self._subscribed.done():
                    self._subscribed.set_result(None)
            case Packet.PUBACK | Packet.PINGRESP:
                pass  # that the broker has it proves nothing: the fleet's own ack does
            case _:
                raise MalformedError(f"a packet of type {packet.kind}")

    def _fail(self, error: LineError) -> None:
        if not self._subscribed.done():
            self._subscribed.set_exception(error)
            with contextlib.suppress(LineError):
                self._subscribed.exception()  # nobody may wait any more

    def _next_id(self) -> int:
        self._packet_id = self._packet_id % LAST_PACKET_ID + 1
        return self._packet_id
