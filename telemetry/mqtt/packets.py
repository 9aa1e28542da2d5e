"""MQTT 3.1.1 as bytes: what a client says and what it hears, for who says and hears very much. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from telemetry.mqtt.opening import LineError, Opening

CONNACK, PUBLISH, PUBACK, SUBACK, PINGRESP = 2, 3, 4, 9, 13
"""Types of packet that are heard (MQTT 3.1.1, table 2.1)."""

PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"

LARGEST_PACKET = 32_000_000
"""Bytes of a packet that are still gathered; the largest message of ours is a hundredth, and no broker of ours lets more pass."""

_CLEAN, _WILL, _WILL_QOS_1 = 0x02, 0x04, 0x08
_RETAINED = 0x01
_REFUSED = 0x80
_HEARD = frozenset({0x20, *range(0x30, 0x40), 0x40, 0x90, 0xD0})
"""First bytes of the packets a client may be sent; flags are fixed but for PUBLISH."""


class Published(NamedTuple):
    """A message the broker hands on. ``number`` is its packet identifier, 0 when it needs no acknowledgement."""

    topic: bytes
    payload: bytes
    number: int
    is_retained: bool


class Answered(NamedTuple):
    """An answer of the broker: its type, the packet identifier it answers (0 where it has none), and whether it refuses."""

    kind: int
    number: int
    is_refusal: bool


def connect(opening: Opening) -> bytes:
    """Say who we are and what to say when we are gone."""
    flags = 0 if opening.keeps_session else _CLEAN
    payload = _text(opening.client_id.encode())
    if opening.will is not None:
        flags |= _WILL | _WILL_QOS_1
        payload += _text(opening.will.topic.encode()) + _text(opening.will.payload)
    return _packet(0x10, _text(b"MQTT") + bytes((4, flags)) + opening.keepalive_s.to_bytes(2, "big") + payload)


def subscribe(number: int, topics: Mapping[str, int]) -> bytes:
    """Ask for topics, each with its QoS."""
    asked = b"".join(_text(topic.encode()) + bytes((qos,)) for topic, qos in topics.items())
    return _packet(0x82, number.to_bytes(2, "big") + asked)


def publish(topic: bytes, payload: bytes, *, number: int = 0, is_retained: bool = False) -> bytes:
    """Say something: QoS 1 with a ``number``, QoS 0 without."""
    first = 0x30 | (0x02 if number else 0) | (_RETAINED if is_retained else 0)
    return _packet(first, _text(topic) + (number.to_bytes(2, "big") if number else b"") + payload)


def puback(number: int) -> bytes:
    """Acknowledge a message."""
    return b"\x40\x02" + number.to_bytes(2, "big")


class Gathering:
    """Packets out of a stream of bytes, however it is cut."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> tuple[list[Published], list[Answered]]:
        """Take what has come; returns the messages and the answers that are whole by now, each in order.

        Raises:
            LineError: This is not MQTT, or more than anybody of ours would say.
        """
        buffer = self._rest + chunk if self._rest else chunk
        position, end = 0, len(buffer)
        messages: list[Published] = []
        answers: list[Answered] = []
        while end - position >= 2:
            first, length, start = buffer[position], buffer[position + 1], position + 2
            if first not in _HEARD:
                raise LineError(f"not MQTT 3.1.1: a packet that begins with 0x{first:02x}")
            if length > 127:
                found = _long_length(buffer, position + 1)
                if found is None:
                    break
                length, start = found
            stop = start + length
            if stop > end:
                break
            if first >> 4 == PUBLISH:
                messages.append(_message(buffer, first, start, stop))
            else:
                answers.append(_answer(buffer, first, start, stop))
            position = stop
        self._rest = buffer[position:]
        return messages, answers


def _message(buffer: bytes, first: int, start: int, stop: int) -> Published:
    topic_end = start + 2 + (buffer[start] << 8 | buffer[start + 1]) if stop - start >= 2 else stop + 1
    payload_start = topic_end + 2 if first & 0x06 else topic_end
    if payload_start > stop:
        raise LineError("not MQTT: a message shorter than its own topic")
    number = int.from_bytes(buffer[topic_end:payload_start], "big") if first & 0x06 else 0
    return Published(buffer[start + 2 : topic_end], buffer[payload_start:stop], number, bool(first & _RETAINED))


def _answer(buffer: bytes, first: int, start: int, stop: int) -> Answered:
    match first >> 4, stop - start:
        case (0x2, 2):
            return Answered(CONNACK, 0, buffer[start + 1] != 0)
        case (0x4, 2):
            return Answered(PUBACK, int.from_bytes(buffer[start:stop], "big"), is_refusal=False)
        case (0x9, length) if length > 2:
            refused = any(code & _REFUSED for code in buffer[start + 2 : stop])
            return Answered(SUBACK, int.from_bytes(buffer[start : start + 2], "big"), refused)
        case (0xD, 0):
            return Answered(PINGRESP, 0, is_refusal=False)
        case _:
            raise LineError(f"not MQTT 3.1.1: a packet 0x{first:02x} of {stop - start} bytes")


def _long_length(buffer: bytes, position: int) -> tuple[int, int] | None:
    """Return a remaining length of more than one byte and where the packet's own bytes begin; None while it is not whole."""
    length = 0
    for place in range(4):
        if position + place >= len(buffer):
            return None
        byte = buffer[position + place]
        length |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            if length > LARGEST_PACKET:
                raise LineError(f"a packet of {length} bytes, at most {LARGEST_PACKET}")
            return length, position + place + 1
    raise LineError("not MQTT: a length of more than four bytes")


def _packet(first: int, body: bytes) -> bytes:
    length, sized = len(body), bytearray((first,))
    while length > 127:
        sized.append(length & 0x7F | 0x80)
        length >>= 7
    sized.append(length)
    return bytes(sized) + body


def _text(text: bytes) -> bytes:
    return len(text).to_bytes(2, "big") + text
