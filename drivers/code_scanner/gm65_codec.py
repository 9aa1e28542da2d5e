"""Frames of the GM65 family: reading, writing and saving the registers of a scan engine.

::

    host -> engine   7E 00 | 07 | count  | address (2) | count (1)  | CRC    read
    host -> engine   7E 00 | 08 | length | address (2) | data       | CRC    write
    host -> engine   7E 00 | 09 | 01     | 00 00       | 00         | CRC    save
    engine -> host   02 00 | 00 | length | data                     | CRC

The CRC is CRC-CCITT (1021, begun with 0) over everything after the first two bytes, high byte first. The engine takes AB CD for
any CRC; we never send it, so that a command damaged on the line is not obeyed. Byte tables: hardware.md section 5, from makers'
manuals; the save frame is one 00 longer there than in some copies, and only so its CRC DE C8 comes out right.
"""

from binascii import crc_hqx
from dataclasses import dataclass, field

COMMAND_HEAD = b"\x7e\x00"
REPLY_HEAD = b"\x02\x00\x00"
ANY_CRC = b"\xab\xcd"
"""Accepted by the engine in place of a CRC."""

READ, WRITE, SAVE = 0x07, 0x08, 0x09

LONGEST_REPLY = 16
"""Data bytes of the longest answer to anything we ask; a longer one is no answer."""

TRIGGER = 0x0002
"""Register whose bit 0 switches reading on; the engine clears it after a code."""

BAUD = 0x002A
"""Register of the line speed, two bytes."""

DIVIDED_HZ = 3_000_000
"""The line speed is this divided by the baud register, little-endian: 39 01 = 313 = 9600 baud."""

DONE = b"\x00"
"""Data of the answer to a write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A frame as the engine understood it. Used by the far end."""

    kind: int
    address: int
    data: bytes = field(repr=False)


def read(address: int, count: int) -> bytes:
    """Ask for ``count`` registers from ``address`` on."""
    return _framed(bytes((READ, 0x01)) + address.to_bytes(2, "big") + bytes((count,)))


def write(address: int, data: bytes) -> bytes:
    """Set registers from ``address`` on; lost when the engine loses power, unless saved."""
    return _framed(bytes((WRITE, len(data))) + address.to_bytes(2, "big") + data)


def save() -> bytes:
    """Have the engine keep its registers without power. Its memory wears: never as a matter of course."""
    return _framed(bytes((SAVE, 0x01, 0x00, 0x00, 0x00)))


def reply(data: bytes) -> bytes:
    """The engine's answer. Used by the far end."""
    body = REPLY_HEAD[2:] + bytes((len(data),)) + data
    return REPLY_HEAD[:2] + body + crc(body)


def crc(body: bytes) -> bytes:
    """CRC-CCITT of everything between the head and itself."""
    return crc_hqx(body, 0).to_bytes(2, "big")


def baud_of(data: bytes) -> int:
    """The line speed in the two bytes of the baud register, to the nearest hundred; 0 when they say nothing."""
    divisor = int.from_bytes(data, "little")
    return round(DIVIDED_HZ / divisor / 100) * 100 if divisor else 0


def reply_size(begun: bytes) -> int | None:
    """How long the answer will be that begins with ``begun``; None while that cannot be told.

    Raises:
        ValueError: No answer begins like this.
    """
    if not (begun.startswith(REPLY_HEAD) or REPLY_HEAD.startswith(begun)):
        raise ValueError("no answer begins like this")
    if len(begun) <= len(REPLY_HEAD):
        return None
    if not 1 <= begun[3] <= LONGEST_REPLY:
        raise ValueError(f"an answer of {begun[3]} bytes to nothing we ask")
    return len(REPLY_HEAD) + 1 + begun[3] + 2


def reply_data(frame: bytes) -> bytes:
    """The data of a whole answer.

    Raises:
        ValueError: Its CRC is wrong.
    """
    if crc(frame[2:-2]) != frame[-2:]:
        raise ValueError("the CRC of an answer is wrong")
    return frame[4:-2]


def next_command(stream: bytes) -> tuple[Command | None, int]:
    """Cut the first command off ``stream``, as the engine does; also tells how many bytes are done with. For the far end."""
    at = stream.find(COMMAND_HEAD)
    if at < 0:
        return None, len(stream) - (1 if stream.endswith(COMMAND_HEAD[:1]) else 0)
    frame = stream[at:]
    if len(frame) < 4:
        return None, at
    size = 9 if frame[2] != WRITE else 8 + frame[3]
    if len(frame) < size:
        return None, at
    body, check = frame[2 : size - 2], frame[size - 2 : size]
    if check not in (crc(body), ANY_CRC) or frame[2] not in (READ, WRITE, SAVE):
        return None, at + 1
    return Command(kind=body[0], address=int.from_bytes(body[2:4], "big"), data=body[4:]), at + size


def _framed(body: bytes) -> bytes:
    return COMMAND_HEAD + body + crc(body)
