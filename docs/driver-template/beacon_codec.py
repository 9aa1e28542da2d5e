"""Frames of the Beacon, an invented scan engine that sends what it reads in frames with a check.

::

    host -> engine   1B | command                                       41 who are you, 4C light on, 44 dark
    engine -> host   02 | kind | length (2) | content | check           kind 48 an answer, 43 a code

The length counts the content, high byte first. The check is the XOR of everything between 02 and itself. An answer's content
is ``model;serial;firmware;state``. A real codec names the maker's manual, edition and page here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from functools import reduce
from operator import xor

from drivers.code_scanner.code_codec import MOST_BYTES

WHO = b"\x1bA"
LIGHT_ON = b"\x1bL"
DARK = b"\x1bD"

BEGIN = b"\x02"
HEAD = 4
"""02, the kind and the length."""

WINDOW_DIRTY = "dirty"
"""State of an engine that sees its own window better than what is behind it."""


class Kind(IntEnum):
    """What a message is."""

    ANSWER = 0x48
    CODE = 0x43


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One whole message, or a code that is longer than any acceptable one: ``content`` is empty then."""

    kind: Kind
    content: bytes = field(repr=False)
    is_too_long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """What the engine says of itself."""

    model: str
    serial: str
    firmware: str
    state: str


class AnswerError(ValueError):
    """An answer that says nothing sensible. The message does not repeat it."""


class MessageDecoder:
    """Finds messages in whatever bytes come; never raises, and never holds more than one message.

    What cannot be a message is skipped from its first byte on and no further. A beginning whose end does not come hides what
    stands behind it until ``quiet`` is called.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def held(self) -> int:
        """Bytes of what may become a message."""
        return len(self._buffer)

    def feed(self, chunk: bytes) -> list[Message]:
        """Take bytes as they come and return the messages they complete; any cut between two calls gives the same."""
        found: list[Message] = []
        for start in range(0, len(chunk), MOST_BYTES):
            self._buffer += chunk[start : start + MOST_BYTES]
            found.extend(self._messages())
        return found

    def quiet(self) -> list[Message]:
        """The line fell silent: what has begun will not end. Return the messages that stood behind it."""
        found: list[Message] = []
        while self._buffer:
            del self._buffer[0]
            found.extend(self._messages())
        return found

    def _messages(self) -> Iterator[Message]:
        while True:
            at = self._buffer.find(BEGIN)
            del self._buffer[: at if at >= 0 else len(self._buffer)]
            if len(self._buffer) < HEAD:
                return
            length = int.from_bytes(self._buffer[2:HEAD], "big")
            if self._buffer[1] not in set(Kind):
                del self._buffer[0]
            elif length > MOST_BYTES:
                kind = Kind(self._buffer[1])
                del self._buffer[:HEAD]
                yield Message(kind=kind, content=b"", is_too_long=True)
            elif len(self._buffer) <= HEAD + length:
                return
            elif check(bytes(self._buffer[1 : HEAD + length])) != self._buffer[HEAD + length]:
                del self._buffer[0]
            else:
                message = Message(kind=Kind(self._buffer[1]), content=bytes(self._buffer[HEAD : HEAD + length]))
                del self._buffer[: HEAD + length + 1]
                yield message


def who(content: bytes) -> Who:
    """Read an answer.

    Raises:
        AnswerError: It is not four short printable words.
    """
    words = content.decode("ascii", errors="replace").split(";")
    if len(words) != 4 or not all(word.isprintable() and len(word) <= 40 for word in words):
        raise AnswerError(f"an answer of {len(content)} bytes that is not model;serial;firmware;state")
    return Who(model=words[0], serial=words[1], firmware=words[2], state=words[3])


def message(kind: Kind, content: bytes) -> bytes:
    """Frame a message. Used by the far end."""
    counted = bytes((kind,)) + min(len(content), 0xFFFF).to_bytes(2, "big") + content
    return BEGIN + counted + bytes((check(counted),))


def check(counted: bytes) -> int:
    """XOR of everything between 02 and the check."""
    return reduce(xor, counted, 0)
