"""One MQTT connection on the event loop: the only place that meets paho, and paho without any thread of its own.

A ``Connection`` is one life: it is opened, used and ends; whoever wants another opens another. Knows nothing of topics or
messages. paho's sockets are handed to the loop (its documented external-loop interface); the one call that blocks, resolving
and connecting, is run where the opener says.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

CONNECT_TIMEOUT_S = 5.0
"""Seconds for TCP, and again for CONNACK; a village link that needs longer is as good as down, and backoff tries again."""

SILENCE_FACTOR = 1.45
"""Keepalives without a single byte after which the other end is taken for gone: paho pings after one, so half of one is left
for the answer. Below the 1.5 after which the broker gives us up (MQTT 3.1.1, 3.1.2.10)."""


class LineError(Exception):
    """The broker could not be reached, refused us, or the connection ended meanwhile. The message says which, and where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a broker listens."""

    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> "Address":
        """Read ``mqtt://host:port``. Raises ValueError on anything else."""
        parts = urlsplit(url)
        if parts.scheme != "mqtt" or not parts.hostname:
            raise ValueError(f"{url!r} is not mqtt://host:port")
        return cls(host=parts.hostname, port=parts.port or 1883)


@dataclass(frozen=True, slots=True, kw_only=True)
class Will:
    """What the broker says for us when we are gone without a word. Always QoS 1."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message from the broker.

    Attributes:
        topic: Empty when it could not be decoded.
        payload: Whatever somebody sent.
        is_retained: It was said before we subscribed.
        acknowledge: Tells the broker that the message is safe here; does nothing when nothing is to be acknowledged, or
            once the connection it came through has ended.
    """

    topic: str
    payload: bytes
    is_retained: bool
    acknowledge: Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How to open a connection.

    Attributes:
        keeps_session: The broker keeps our subscriptions and unacknowledged messages while we are away.
        acknowledges_itself: False when every QoS 1 message is acknowledged by ``Received.acknowledge`` alone.
    """

    address: Address
    client_id: str
    keepalive_s: int
    will: Will | None = None
    keeps_session: bool = False
    acknowledges_itself: bool = True


class Connection:
    """One life on a broker. Everything but opening happens on the loop it was opened on."""

    def __init__(self, opening: Opening, on_message: Callable[[Received], None]) -> None:
        """Prepare; use ``Connection.open``."""
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._opening = opening
        self._on_message = on_message
        self._is_reading = False
        self._wants_reading = True
        self._is_writing = False
        self._socket: Any | None = None
        self._heard_s = loop.time()
        self._accepted: asyncio.Future[None] = loop.create_future()
        self._ended: asyncio.Future[str] = loop.create_future()
        self._published: dict[int, asyncio.Future[None]] = {}
        self._subscribed: dict[int, asyncio.Future[None]] = {}
        self._ticking: asyncio.Task[None] | None = None
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=opening.client_id,
            clean_session=not opening.keeps_session,
            manual_ack=not opening.acknowledges_itself,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.max_inflight_messages_set(0)
        if opening.will is not None:
            client.will_set(opening.will.topic, opening.will.payload, qos=1)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_paho_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        self._client = client

    @classmethod
    async def open(
        cls,
        opening: Opening,
        *,
        on_message: Callable[[Received], None],
        run_blocking: Callable[[Callable[[], None]], Awaitable[None]],
    ) -> "Connection":
        """Connect, within twice CONNECT_TIMEOUT_S.

        Args:
            opening: How.
            on_message: Called on the loop for every message; must not raise.
            run_blocking: Runs a blocking call outside the loop.

        Raises:
            LineError: Nobody there, or it does not want us.
        """
        connection = cls(opening, on_message)
        where = f"{opening.address.host}:{opening.address.port}"
        try:
            await run_blocking(connection._connect)
            connection._join_loop()
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await connection._accepted
        except TimeoutError as error:
            connection.abort("no answer to CONNECT")
            raise LineError(f"broker {where}: no answer to CONNECT within {CONNECT_TIMEOUT_S:g} s") from error
        except (OSError, ValueError) as error:
            connection.abort("not connected")
            raise LineError(f"broker {where}: {error}") from error
        except BaseException:
            connection.abort("given up while connecting")
            raise
        return connection

    @property
    def is_open(self) -> bool:
        """Whether it can still be used."""
        return self._accepted.done() and not self._ended.done()

    @property
    def is_congested(self) -> bool:
        """Whether bytes of ours still wait for the socket; what may be skipped should be."""
        return self._client.want_write()

    async def ended(self) -> str:
        """Wait until the connection has ended, and return why in a few words."""
        return await asyncio.shield(self._ended)

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, is_retained: bool = False) -> "asyncio.Future[None]":
        """Send; the future is done when the broker has it (QoS 1), or at once (QoS 0).

        The future is cancelled when the connection ends first. Nobody needs to wait for it.
        """
        done: asyncio.Future[None] = self._loop.create_future()
        if not self.is_open:
            done.cancel()
            return done
        info = self._client.publish(topic, payload, qos=qos, retain=is_retained)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            done.cancel()
        elif qos == 0:
            done.set_result(None)
        else:
            self._published[info.mid] = done
        return done

    async def subscribe(self, topics: dict[str, int]) -> None:
        """Ask for topics with their QoS, and wait until the broker has agreed.

        Raises:
            LineError: It did not, or the connection ended.
        """
        done: asyncio.Future[None] = self._loop.create_future()
        result, mid = self._client.subscribe(list(topics.items()))
        if result != MQTTErrorCode.MQTT_ERR_SUCCESS or mid is None:
            raise LineError("subscribe: not connected")
        self._subscribed[mid] = done
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await done
        except TimeoutError as error:
            raise LineError(f"subscribe: no answer within {CONNECT_TIMEOUT_S:g} s") from error

    def pause(self) -> None:
        """Read nothing more for now: the broker keeps what it has."""
        self._wants_reading = False
        self._follow_reading()

    def resume(self) -> None:
        """Read again."""
        if self._wants_reading:
            return
        self._wants_reading = True
        self._heard_s = self._loop.time()
        self._follow_reading()

    async def close(self, *, deadline_s: float = 2.0) -> None:
        """Say DISCONNECT, so that the will is not said, and end. Twice is fine; never raises."""
        if self.is_open:
            self._client.disconnect()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(deadline_s):
                    await self.ended()
        self.abort("closed")

    def abort(self, why: str) -> None:
        """End at once and without a word: the broker says the will. Twice is fine."""
        self._end(why)
        self._leave_loop()
        self._close_socket()

    def _connect(self) -> None:
        address = self._opening.address
        self._client.connect(address.host, address.port, keepalive=self._opening.keepalive_s)
        if self._ended.done():  # given up meanwhile: abort() found no socket yet, and nobody else knows of this one
            self._close_socket()

    def _close_socket(self) -> None:
        opened = self._client.socket()
        if opened is not None:
            with contextlib.suppress(OSError):
                opened.close()

    def _join_loop(self) -> None:
        opened = self._client.socket()
        if opened is None:
            raise LineError("closed while connecting")
        connected: Any = opened  # a socket.socket; paho promises less
        self._socket = connected
        # Without it a small packet waits 40 ms for the acknowledgement of the one before it.
        with contextlib.suppress(OSError):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._heard_s = self._loop.time()
        self._client.on_socket_register_write = lambda *_: self._start_writing()
        self._client.on_socket_unregister_write = lambda *_: self._stop_writing()
        self._client.on_socket_close = lambda *_: self._leave_loop()
        self._follow_reading()
        if self._client.want_write():
            self._start_writing()
        self._ticking = self._loop.create_task(self._tick(), name="mqtt keepalive")

    def _leave_loop(self) -> None:
        self._stop_writing()
        if self._is_reading and self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._is_reading = False
        self._socket = None

    def _follow_reading(self) -> None:
        if self._socket is None or self._wants_reading == self._is_reading:
            return
        if self._wants_reading:
            self._loop.add_reader(self._socket, self._on_readable)
        else:
            self._loop.remove_reader(self._socket)
        self._is_reading = self._wants_reading

    def _start_writing(self) -> None:
        if self._socket is not None and not self._is_writing:
            self._loop.add_writer(self._socket, self._client.loop_write)
            self._is_writing = True

    def _stop_writing(self) -> None:
        if self._socket is not None and self._is_writing:
            self._loop.remove_writer(self._socket)
        self._is_writing = False

    def _on_readable(self) -> None:
        self._heard_s = self._loop.time()
        self._client.loop_read()

    async def _tick(self) -> None:
        """Let paho ping, and notice that nobody answers."""
        keepalive_s = self._opening.keepalive_s
        while not self._ended.done():
            await asyncio.sleep(min(1.0, keepalive_s / 20))
            if self._wants_reading and self._loop.time() - self._heard_s > keepalive_s * SILENCE_FACTOR:
                self.abort(f"not a byte for {keepalive_s * SILENCE_FACTOR:g} s")
                return
            self._client.loop_misc()

    def _end(self, why: str) -> None:
        if self._ended.done():
            return
        self._ended.set_result(why)
        if not self._accepted.done():
            self._accepted.set_exception(LineError(why))
            self._accepted.exception()  # whoever waits is told; nobody has to wait
        for published in self._published.values():
            published.cancel()
        for subscribed in self._subscribed.values():
            if not subscribed.done():
                subscribed.set_exception(LineError(f"subscribe: {why}"))
                subscribed.exception()
        self._published.clear()
        self._subscribed.clear()
        if self._ticking is not None and self._ticking is not asyncio.current_task():
            self._ticking.cancel()

    def _on_connect(self, _client: object, _userdata: object, _flags: object, reason: ReasonCode, _properties: object) -> None:
        if self._accepted.done():
            return
        if reason.is_failure:
            self._accepted.set_exception(LineError(f"broker refused: {reason}"))
        else:
            self._accepted.set_result(None)

    def _on_disconnect(self, _client: object, _userdata: object, _flags: object, reason: ReasonCode, _properties: object) -> None:
        if not self._accepted.done():
            self._accepted.set_exception(LineError(f"broker ended the connection: {reason}"))
        self._end(str(reason))

    def _on_paho_message(self, _client: object, _userdata: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        self._on_message(
            Received(
                topic=topic,
                payload=bytes(message.payload),
                is_retained=bool(message.retain),
                acknowledge=partial(self._acknowledge, message.mid, message.qos),
            )
        )

    def _acknowledge(self, mid: int, qos: int) -> None:
        if qos == 1 and self.is_open and not self._opening.acknowledges_itself:
            self._client.ack(mid, qos)

    def _on_publish(self, _client: object, _userdata: object, mid: int, _reason: object, _properties: object) -> None:
        done = self._published.pop(mid, None)
        if done is not None and not done.done():
            done.set_result(None)

    def _on_subscribe(self, _client: object, _userdata: object, mid: int, reasons: list[ReasonCode], _properties: object) -> None:
        done = self._subscribed.pop(mid, None)
        if done is None or done.done():
            return
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            done.set_exception(LineError(f"subscribe: refused, {refused[0]}"))
        else:
            done.set_result(None)
