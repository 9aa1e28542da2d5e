"""ESC/POS print commands cut out of a byte stream, as a printer's own firmware does. Used by the far end alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One complete command, or one character.

    Attributes:
        word: As in the manual without blanks, e.g. ``ESC@``, ``GSv0``; ``text`` for a character.
        arguments: What follows the command's own bytes; for a character its code.
        size: Bytes it took in the stream.
    """

    word: str
    arguments: bytes = field(repr=False)
    size: int


FIXED: Mapping[bytes, tuple[str, int]] = {
    b"\x1b@": ("ESC@", 0),
    b"\x1ba": ("ESCa", 1),
    b"\x1bE": ("ESCE", 1),
    b"\x1bG": ("ESCG", 1),
    b"\x1b!": ("ESC!", 1),
    b"\x1b2": ("ESC2", 0),
    b"\x1b3": ("ESC3", 1),
    b"\x1bd": ("ESCd", 1),
    b"\x1bJ": ("ESCJ", 1),
    b"\x1bt": ("ESCt", 1),
    b"\x1bR": ("ESCR", 1),
    b"\x1bM": ("ESCM", 1),
    b"\x1b-": ("ESC-", 1),
    b"\x1b{": ("ESC{", 1),
    b"\x1b ": ("ESCSP", 1),
    b"\x1d!": ("GS!", 1),
    b"\x1dB": ("GSB", 1),
    b"\x1dL": ("GSL", 2),
    b"\x1dW": ("GSW", 2),
    b"\x1dP": ("GSP", 2),
    b"\x1dr": ("GSr", 1),
    b"\x1da": ("GSa", 1),
    b"\x1dI": ("GSI", 1),
    b"\x1c&": ("FS&", 0),
    b"\x1c.": ("FS.", 0),
    b"\x1c!": ("FS!", 1),
    b"\x1c-": ("FS-", 1),
    b"\x1cW": ("FSW", 1),
    b"\x1cS": ("FSS", 2),
}
"""First two bytes -> word, bytes of arguments."""


def next_command(stream: bytes, *, is_chinese: bool) -> Command | None:
    """Cut the first command off ``stream``; None while it is incomplete.

    Args:
        stream: What is in the buffer.
        is_chinese: Whether bytes from 81 on are the first half of a Chinese character.
    """
    if not stream:
        return None
    first = stream[0]
    if first in b"\x1b\x1c\x1d":
        return _escape(stream)
    if first >= 0x81 and is_chinese:
        return _sized(stream, "text", 0, 4 if len(stream) > 1 and 0x30 <= stream[1] <= 0x39 else 2)
    if first >= 0x20:
        return _sized(stream, "text", 0, 1)
    return _sized(stream, {0x0A: "LF", 0x0D: "CR", 0x18: "CAN"}.get(first, "control"), 1, 0)


def _escape(stream: bytes) -> Command | None:
    if len(stream) < 2:
        return None
    head = stream[:2]
    if head in FIXED:
        word, arguments = FIXED[head]
        return _sized(stream, word, 2, arguments)
    if head == b"\x1dV":
        return None if len(stream) < 3 else _sized(stream, "GSV", 2, 2 if stream[2] in {65, 66} else 1)
    if head == b"\x1dv":
        if len(stream) < 8:
            return None
        row_bytes, lines = int.from_bytes(stream[4:6], "little"), int.from_bytes(stream[6:8], "little")
        return _sized(stream, "GSv0", 3, 5 + row_bytes * lines)
    if head == b"\x1d(":
        return None if len(stream) < 5 else _sized(stream, "GS(" + chr(stream[2]), 5, int.from_bytes(stream[3:5], "little"))
    return _sized(stream, "unknown", 2, 0)


def _sized(stream: bytes, word: str, head: int, arguments: int) -> Command | None:
    size = head + arguments
    return Command(word=word, arguments=stream[head:size], size=size) if len(stream) >= size else None
