"""ESC/POS cut out of a byte stream as a printer's own firmware does: real-time commands, print commands. For the far end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


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
    if head == b"\x1de":
        return None if len(stream) < 3 else _sized(stream, "GSe", 2, {3: 2, 32: 3}.get(stream[2], 1))
    if head == b"\x1d(":
        return None if len(stream) < 5 else _sized(stream, "GS(" + chr(stream[2]), 5, int.from_bytes(stream[3:5], "little"))
    return _sized(stream, "unknown", 2, 0)


def _sized(stream: bytes, word: str, head: int, arguments: int) -> Command | None:
    size = head + arguments
    return Command(word=word, arguments=stream[head:size], size=size) if len(stream) >= size else None


class Urgent(StrEnum):
    """What a real-time command asks for."""

    STATUS = "DLE EOT"
    RECOVER = "DLE ENQ"
    CLEAR = "DLE DC4 8"


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentCommand:
    """A real-time command; ``n`` is its argument."""

    urgent: Urgent
    n: int


class RealTimeFilter:
    """Takes real-time commands out of what arrives, wherever they stand, as firmware does before its buffer."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._begun = bytearray()

    def forget(self) -> None:
        """The cable came out: what has begun does not go on."""
        self._begun.clear()

    def sort(self, payload: bytes) -> list[bytes | UrgentCommand]:
        """Return, in order, runs of bytes for the buffer and the commands that stood between them."""
        if not self._begun and DLE not in payload:
            return [payload] if payload else []
        sorted_out: list[bytes | UrgentCommand] = []
        run = bytearray()
        for byte in payload:
            self._begun.append(byte)
            while self._begun and not self._may_go_on():
                run.append(self._begun.pop(0))
            if (command := self._whole()) is None:
                continue
            if run:
                sorted_out.append(bytes(run))
                run.clear()
            sorted_out.append(command)
            self._begun.clear()
        if run:
            sorted_out.append(bytes(run))
        return sorted_out

    def _may_go_on(self) -> bool:
        begun = self._begun
        return begun[0] == DLE[0] and (len(begun) == 1 or begun[1] in URGENT_SECONDS)

    def _whole(self) -> UrgentCommand | None:
        begun = self._begun
        if len(begun) < 3 or len(begun) < URGENT_SECONDS[begun[1]](begun[2]):
            return None
        match begun[1]:
            case 0x04:
                return UrgentCommand(urgent=Urgent.STATUS, n=begun[2])
            case 0x05:
                return UrgentCommand(urgent=Urgent.RECOVER, n=begun[2])
            case _:
                return UrgentCommand(urgent=Urgent.CLEAR, n=begun[2])


DLE = b"\x10"
URGENT_SECONDS: Mapping[int, Callable[[int], int]] = {
    0x04: lambda _: 3,
    0x05: lambda _: 3,
    0x14: lambda n: 10 if n == 8 else 5,
}
"""Byte behind DLE -> how long the command is, by its third byte."""
