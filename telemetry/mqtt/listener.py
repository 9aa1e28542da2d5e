"""A connection for one who listens to very many: messages are handed over by the chunk, and acknowledged by number.

It speaks the MQTT 3.1.1 a fleet needs by itself (see decision 0015): paho takes every packet apart byte by byte.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import cast

from typing_extensions import override

from telemetry.mqtt import packets
from telemetry.mqtt.looped import SILENCE_FACTOR
from telemetry.mqtt.opening import LineError, Opening
from telemetry.mqtt.packets import Answered, Gathering, Published
from telemetry.mqtt.tls import NO_WORD, client_context, in_words

CONNECT_TIMEOUT_S = 5.0
"""Seconds for TCP, and again for each answer of a broker that is near."""
LAST_NUMBER = 65_535
MOST_UNDER_WAY = 32_768
"""Messages of ours the broker may owe an answer; beyond it the oldest is taken for answered. A mosquitto whose queue for us is
full drops its PUBACKs, too (https://github.com/eclipse-mosquitto/mosquitto/issues/3542): their numbers would never come back."""
ROOM_BYTES = 1_000_000
"""Bytes that wait for the socket at which one who has many more to send waits."""

Hear = Callable[["Listener", Sequence[Published]], None]


class Listener(asyncio.Protocol):
    """One life on a broker. Belongs to the loop it was opened on."""

    def __init__(self, opening: Opening, on_heard: Hear) -> None:
        """Prepare; use ``Listener.open``."""
        self._loop = asyncio.get_running_loop()
        self._opening = opening
        self._on_heard = on_heard
        self._gathering = Gathering()
        self._transport: asyncio.Transport | None = None
        self._accepted: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._subscribed: dict[int, asyncio.Future[None]] = {}
        self._under_way: dict[int, None] = {}
        self._number = 0
        self._heard_s = self._loop.time()
        self._is_paused = False
        self._pulse: asyncio.TimerHandle | None = None

    @classmethod
    async def open(cls, opening: Opening, *, on_heard: Hear) -> "Listener":
        """Connect, within twice CONNECT_TIMEOUT_S.

        Args:
            opening: How; every QoS 1 message is acknowledged by ``acknowledge`` alone.
            on_heard: Called on the loop with this listener and each chunk of messages; must not raise.

        Raises:
            LineError: Nobody there, or it does not want us.
        """
        loop, address = asyncio.get_running_loop(), opening.address
        where = f"{address.host}:{address.port}"
        listener = cls(opening, on_heard)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await loop.create_connection(lambda: listener, address.host, address.port, ssl=client_context(opening))
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await listener._accepted
        except TimeoutError as error:
            listener.abort("no answer to CONNECT")
            raise LineError(f"broker {where}: no answer to CONNECT within {CONNECT_TIMEOUT_S:g} s") from error
        except (OSError, LineError) as error:
            listener.abort("not connected")
            raise LineError(f"broker {where}: {in_words(error)}") from error
        except BaseException:
            listener.abort("given up while connecting")
            raise
        return listener

    @property
    def is_open(self) -> bool:
        """Whether it can still be used."""
        return self._accepted.done() and not self._ended.done()

    @property
    def has_room(self) -> bool:
        """Whether who has many more to send may go on: the broker takes it as fast as it comes, and we keep up with what we hear.

        ``publish`` does not ask.
        """
        transport = self._transport
        return transport is not None and not self._is_paused and transport.get_write_buffer_size() < ROOM_BYTES

    async def ended(self) -> str:
        """Wait until the connection has ended, and return why in a few words."""
        return await asyncio.shield(self._ended)

    async def subscribe(self, topics: Mapping[str, int]) -> None:
        """Ask for topics with their QoS, and wait until the broker has agreed.

        Raises:
            LineError: It did not, or the connection ended.
        """
        number, done = self._next_number(), self._loop.create_future()
        self._subscribed[number] = done
        self._write(packets.subscribe(number, topics))
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                await done
        except TimeoutError as error:
            raise LineError(f"subscribe: no answer within {CONNECT_TIMEOUT_S:g} s") from error
        finally:
            self._subscribed.pop(number, None)

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, is_retained: bool = False) -> None:
        """Send. What a connection that ends meanwhile takes with it is not said again."""
        number = 0
        if qos:
            number = self._next_number()
            self._under_way[number] = None
            if len(self._under_way) > MOST_UNDER_WAY:
                del self._under_way[next(iter(self._under_way))]
        self._write(packets.publish(topic.encode(), payload, number=number, is_retained=is_retained))

    def acknowledge(self, numbers: Iterable[int]) -> None:
        """Tell the broker that messages are safe here; nothing when the connection they came through has ended."""
        said = b"".join(map(packets.puback, numbers))
        if said:
            self._write(said)

    def pause(self) -> None:
        """Read nothing more for now: the broker keeps what it has."""
        if self._transport is not None and not self._is_paused:
            self._is_paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self._transport is not None and self._is_paused:
            self._is_paused = False
            self._heard_s = self._loop.time()
            if not self._transport.is_closing():
                self._transport.resume_reading()

    async def close(self, *, deadline_s: float = 2.0) -> None:
        """Say DISCONNECT, so that the will is not said, and end. Twice is fine; never raises."""
        if self.is_open and self._transport is not None:
            self._write(packets.DISCONNECT)
            self._transport.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(deadline_s):
                    await self.ended()
        self.abort("closed")

    def abort(self, why: str) -> None:
        """End at once and without a word. Twice is fine."""
        self._end(why)
        if self._transport is not None:
            self._transport.abort()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say who we are."""
        self._transport = cast("asyncio.Transport", transport)  # a stream's
        opened: socket.socket = self._transport.get_extra_info("socket")
        # Without it a small packet waits 40 ms for the acknowledgement of the one before it.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._ended.done():  # given up meanwhile
            self._transport.abort()
            return
        self._heard_s = self._loop.time()
        self._write(packets.connect(self._opening))
        self._watch()

    @override
    def data_received(self, data: bytes) -> None:
        """Take a chunk apart and hand it on."""
        self._heard_s = self._loop.time()
        if self._ended.done():
            return
        try:
            messages, answers = self._gathering.feed(data)
        except LineError as error:
            self.abort(str(error))
            return
        for answer in answers:
            self._on_answer(answer)
        if messages and not self._ended.done():
            self._on_heard(self, messages)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        silent = NO_WORD if self._opening.address.is_secure and not self.is_open else "the broker ended the connection"
        self._end(in_words(exc) if exc is not None else silent)

    def _on_answer(self, answer: Answered) -> None:
        match answer.kind:
            case packets.CONNACK if not self._accepted.done():
                if answer.is_refusal:
                    self._accepted.set_exception(LineError("broker refused the connection"))
                else:
                    self._accepted.set_result(None)
            case packets.PUBACK:
                self._under_way.pop(answer.number, None)
            case packets.SUBACK:
                done = self._subscribed.get(answer.number)
                if done is not None and not done.done():
                    if answer.is_refusal:
                        done.set_exception(LineError("subscribe: refused"))
                    else:
                        done.set_result(None)
            case _:
                pass

    def _watch(self) -> None:
        """Say that we are there, and notice that nobody answers."""
        if self._ended.done():
            return
        keepalive_s = self._opening.keepalive_s
        limit_s = keepalive_s * SILENCE_FACTOR
        left_s = limit_s if self._is_paused else self._heard_s + limit_s - self._loop.time()
        if left_s <= 0:
            self.abort(f"not a byte for {limit_s:g} s")
            return
        if self.is_open:
            self._write(packets.PINGREQ)
        self._pulse = self._loop.call_later(min(keepalive_s / 3, left_s), self._watch)

    def _next_number(self) -> int:
        """Return a packet identifier nobody uses; the oldest one again when all are under way."""
        for _ in range(LAST_NUMBER):
            self._number = self._number % LAST_NUMBER + 1
            if self._number not in self._under_way and self._number not in self._subscribed:
                break
        return self._number

    def _write(self, said: bytes) -> None:
        if self._transport is not None and not self._ended.done() and not self._transport.is_closing():
            self._transport.write(said)

    def _end(self, why: str) -> None:
        if self._ended.done():
            return
        self._ended.set_result(why)
        for waiting in (self._accepted, *self._subscribed.values()):
            if not waiting.done():
                waiting.set_exception(LineError(why))
                waiting.exception()  # whoever waits is told; nobody has to wait
        if self._pulse is not None:
            self._pulse.cancel()
