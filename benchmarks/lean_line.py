"""A connection of many kiosks: a lean MQTT client, since the machine measured is the machine that measures."""

import asyncio
from collections.abc import Callable, Mapping

from typing_extensions import override

from telemetry.mqtt import Address, Opening, packets

BUFFERED = 4_000_000
"""Bytes that may wait for a socket before the connection holds its tongue."""
ACCEPTED_WITHIN_S = 30.0

Told = Callable[[bytes, bytes], None]
"""Called with topic and payload of what the broker hands down."""


class Line(asyncio.Protocol):
    """One connection of many kiosks."""

    def __init__(self, name: str, on_told: Told | None = None) -> None:
        self._name = name
        self._on_told = on_told
        self._transport: asyncio.Transport | None = None
        self._gathering = packets.Gathering()
        self._number = 0
        self.accepted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.answered: dict[int, asyncio.Future[None]] = {}
        self.is_lost = False

    @classmethod
    async def open(cls, port: int, name: str, on_told: Told | None = None) -> "Line":
        """Connect and be let in."""
        _, line = await asyncio.get_running_loop().create_connection(lambda: cls(name, on_told), "127.0.0.1", port)
        await asyncio.wait_for(line.accepted, ACCEPTED_WITHIN_S)
        return line

    @property
    def has_room(self) -> bool:
        """Whether the broker takes what we say as fast as we say it."""
        return self._transport is not None and self._transport.get_write_buffer_size() < BUFFERED

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        opening = Opening(address=Address(host="", port=0), client_id=self._name, keepalive_s=600)
        transport.write(packets.connect(opening))

    @override
    def data_received(self, data: bytes) -> None:
        messages, answers = self._gathering.feed(data)
        if numbers := [message.number for message in messages if message.number]:
            self.say(b"".join(map(packets.puback, numbers)))
        if self._on_told is not None:
            for message in messages:
                self._on_told(message.topic, message.payload)
        for answer in answers:
            if answer.kind == packets.CONNACK:
                self.accepted.set_result(None)
            elif (waiting := self.answered.pop(answer.number, None)) is not None:
                waiting.set_result(None)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        for waiting in self.answered.values():
            waiting.cancel()

    def close(self) -> None:
        """Go without a word."""
        assert self._transport is not None
        self._transport.abort()

    def say(self, said: bytes) -> None:
        """Send packets as they are."""
        assert self._transport is not None
        self._transport.write(said)

    def ask(self, name: str, payload: bytes) -> "asyncio.Future[None]":
        """Say something with QoS 1; the future is done when the broker has it."""
        number, done = self._awaited()
        self.say(packets.publish(name.encode(), payload, number=number))
        return done

    def listen(self, topics: Mapping[str, int]) -> "asyncio.Future[None]":
        """Ask for topics with their QoS; the future is done when the broker has said which it grants."""
        number, done = self._awaited()
        self.say(packets.subscribe(number, topics))
        return done

    def _awaited(self) -> "tuple[int, asyncio.Future[None]]":
        self._number = self._number % 65_535 + 1
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.answered[self._number] = done
        return self._number, done
