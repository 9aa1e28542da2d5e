"""MQTT 3.1.1 as bytes, as far as a kiosk needs it. Pure; section numbers are those of the OASIS standard of 2014."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

PROTOCOL_LEVEL = 4
CLEAN_SESSION = 0x02
WILL = 0x04
WILL_QOS_1 = 0x08
QOS_1 = 0x02
RETAIN = 0x01
LONGEST_LENGTH = 4
"""Bytes of a remaining length at most (2.2.3)."""

DISCONNECT = b"\xe0\x00"


class Packet(IntEnum):
    """Control packet types (2.2.1) that a broker sends a kiosk."""

    CONNACK = 2
    PUBLISH = 3
    PUBACK = 4
    SUBACK = 9
    PINGRESP = 13


class MalformedError(Exception):
    """The broker sent something that is not MQTT 3.1.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One packet from the broker: its type, the four flag bits, its body."""

    kind: int
    flags: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A PUBLISH taken apart. ``packet_id`` is None at QoS 0."""

    topic: str
    payload: bytes
    is_retained: bool
    packet_id: int | None


def connect(*, client_id: str, keepalive_s: int, will_topic: str, will: bytes) -> bytes:
    """Return CONNECT (3.1) with a clean session and a will at QoS 1."""
    head = _text("MQTT") + bytes((PROTOCOL_LEVEL, CLEAN_SESSION | WILL | WILL_QOS_1)) + keepalive_s.to_bytes(2, "big")
    return _packet(0x10, head + _text(client_id) + _text(will_topic) + len(will).to_bytes(2, "big") + will)


def subscribe(packet_id: int, topics: tuple[str, ...]) -> bytes:
    """Return SUBSCRIBE (3.8) at QoS 1."""
    return _packet(0x82, packet_id.to_bytes(2, "big") + b"".join(_text(topic) + b"\x01" for topic in topics))


def publish(topic: bytes, payload: bytes, *, packet_id: int | None) -> bytes:
    """Return PUBLISH (3.3): QoS 1 with a packet id, QoS 0 without. ``topic`` is UTF-8."""
    head = len(topic).to_bytes(2, "big") + topic
    if packet_id is None:
        return _packet(0x30, head + payload)
    return _packet(0x30 | QOS_1, head + packet_id.to_bytes(2, "big") + payload)


def puback(packet_id: int) -> bytes:
    """Return PUBACK (3.4)."""
    return b"\x40\x02" + packet_id.to_bytes(2, "big")


def publication(packet: Arrived) -> Publication:
    """Take a PUBLISH apart. Raises MalformedError."""
    body = packet.body
    length = int.from_bytes(body[:2], "big")
    at = 2 + length
    packet_id: int | None = None
    if packet.flags & (QOS_1 | QOS_1 << 1):
        packet_id = int.from_bytes(body[at : at + 2], "big")
        at += 2
    if len(body) < at:
        raise MalformedError(f"PUBLISH of {len(body)} bytes, at least {at} expected")
    try:
        topic = body[2 : 2 + length].decode()
    except UnicodeDecodeError as error:
        raise MalformedError("a topic that is not UTF-8") from error
    return Publication(topic=topic, payload=body[at:], is_retained=bool(packet.flags & RETAIN), packet_id=packet_id)


class Assembler:
    """Puts packets together from whatever pieces the network hands over."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Arrived]:
        """Take bytes, give whole packets. Raises MalformedError."""
        rest = self._rest + data if self._rest else data
        at = 0
        while True:
            found = _length(rest, at + 1)
            if found is None or len(rest) < found[0] + found[1]:
                break
            begin, length = found
            yield Arrived(kind=rest[at] >> 4, flags=rest[at] & 0x0F, body=rest[begin : begin + length])
            at = begin + length
        self._rest = rest[at:]


def _length(data: bytes, at: int) -> tuple[int, int] | None:
    """Return where a body begins and how long it is; None while that cannot be told yet."""
    value = 0
    for place in range(LONGEST_LENGTH):
        if at + place >= len(data):
            return None
        digit = data[at + place]
        value |= (digit & 0x7F) << (7 * place)
        if not digit & 0x80:
            return at + place + 1, value
    raise MalformedError("a remaining length of more than four bytes")


def _packet(first: int, body: bytes) -> bytes:
    length = len(body)
    digits = bytearray()
    while True:
        length, digit = divmod(length, 0x80)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes((first,)) + bytes(digits) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded
