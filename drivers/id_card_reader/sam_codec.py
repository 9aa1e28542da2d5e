"""Frames of the SAM serial protocol: building, decoding byte by byte, and what the reader's answers mean.

::

    host -> reader   AA AA AA 96 69 | LenHi LenLo | CMD PARA [data] | CHK
    reader -> host   AA AA AA 96 69 | LenHi LenLo | SW1 SW2 SW3 [data] | CHK

Len counts everything from CMD or SW1 to CHK. CHK is the XOR of every byte after the preamble, both length bytes
included, itself left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from functools import reduce
from operator import xor
from types import MappingProxyType

PREAMBLE = bytes.fromhex("AA AA AA 96 69")
LONGEST_REPLY = 0x090A
"""The largest Len of any answer: text, photo and finger print (30 10). Anything larger is noise."""
SHORTEST_REPLY = 4
"""SW1 SW2 SW3 CHK."""
SHORTEST_COMMAND = 3
"""CMD PARA CHK."""

_HEAD = len(PREAMBLE) + 2


class Ask(StrEnum):
    """What a reader can be asked."""

    RESET = "reset"
    STATUS = "status"
    SAM_ID = "sam id"
    FIND = "find card"
    SELECT = "select card"
    READ = "read text and photo"
    NEWEST_ADDRESS = "read newest address"
    BODY_NUMBER = "read card body number"
    READ_WITH_FINGER = "read text, photo and finger"
    RF_FRAME_SIZE = "set RF frame size"
    BAUD = "set baud"


class Dialect(StrEnum):
    """Whose command bytes a reader understands."""

    STANDARD = "standard"
    VENDOR_00 = "vendor-00"
    """One family of readers. Unconfirmed: named in passing by one source, never seen by us."""


_STANDARD = {
    Ask.RESET: b"\x10\xff",
    Ask.STATUS: b"\x11\xff",
    Ask.SAM_ID: b"\x12\xff",
    Ask.FIND: b"\x20\x01",
    Ask.SELECT: b"\x20\x02",
    Ask.READ: b"\x30\x01",
    Ask.NEWEST_ADDRESS: b"\x30\x03",
    Ask.BODY_NUMBER: b"\x30\x05",
    Ask.READ_WITH_FINGER: b"\x30\x10",
    Ask.RF_FRAME_SIZE: b"\x61\xff",
    Ask.BAUD: b"\x60",  # its PARA is the speed
}

COMMANDS: Mapping[Dialect, Mapping[Ask, bytes]] = MappingProxyType(
    {
        Dialect.STANDARD: MappingProxyType(_STANDARD),
        Dialect.VENDOR_00: MappingProxyType(
            # 00 01 initialises; what stands in its place for the rest is unknown, so the standard bytes are kept.
            _STANDARD | {Ask.RESET: b"\x00\x01", Ask.FIND: b"\x00\x81", Ask.SELECT: b"\x00\x82", Ask.READ: b"\x00\x83"}
        ),
    }
)
"""CMD PARA of every question, per dialect."""

BAUD_PARAMETERS: Mapping[int, int] = MappingProxyType({115200: 0, 57600: 1, 38400: 2, 19200: 3, 9600: 4})
"""Line speed -> PARA of "set baud"."""


class Meaning(Enum):
    """What an answer's SW3 is to be treated as."""

    OK = auto()
    NO_CARD = auto()
    """Normal, never a fault."""
    FAILED = auto()
    """Present the card again; many in a row point at the antenna."""
    NOT_AUTHENTIC = auto()
    WRONG_CARD = auto()
    """The person's card, not a fault."""
    LINE_NOISE = auto()
    """What we sent arrived damaged."""
    MISUSE = auto()
    """Bad order or unknown command: our software, or another dialect."""
    SAM_FAILED = auto()
    SAM_UNAUTHORISED = auto()
    NOTHING_THERE = auto()
    """The card has no such item: ok, and empty."""
    UNKNOWN = auto()


MEANINGS: Mapping[int, tuple[Meaning, str]] = MappingProxyType(
    {
        0x90: (Meaning.OK, "done"),
        0x9F: (Meaning.OK, "card found"),
        0x80: (Meaning.NO_CARD, "no card"),
        0x81: (Meaning.FAILED, "selecting the card failed"),
        0x41: (Meaning.FAILED, "reading the card failed"),
        0x47: (Meaning.FAILED, "reading a random number failed"),
        0x31: (Meaning.NOT_AUTHENTIC, "the card refused the SAM"),
        0x32: (Meaning.NOT_AUTHENTIC, "the SAM refused the card"),
        0x33: (Meaning.NOT_AUTHENTIC, "the check of what was read failed"),
        0x40: (Meaning.WRONG_CARD, "wrong type of card"),
        0x10: (Meaning.LINE_NOISE, "checksum wrong in what we sent"),
        0x11: (Meaning.LINE_NOISE, "length wrong in what we sent"),
        0x21: (Meaning.MISUSE, "command in bad order"),
        0x24: (Meaning.MISUSE, "unknown command"),
        0x60: (Meaning.SAM_FAILED, "SAM self-test failed"),
        0x66: (Meaning.SAM_UNAUTHORISED, "SAM not authorised"),
        0x91: (Meaning.NOTHING_THERE, "no such item on this card"),
    }
)
"""SW3 -> what it is to be treated as, and in words for a technician."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One whole answer whose checksum was right. ``data`` may be a person's: it is never shown."""

    sw1: int
    sw2: int
    sw3: int
    data: bytes = field(repr=False)

    @property
    def meaning(self) -> Meaning:
        """What it is to be treated as."""
        return MEANINGS.get(self.sw3, (Meaning.UNKNOWN, ""))[0]

    @property
    def words(self) -> str:
        """For a technician: ``SW 00 00 80 (no card)``."""
        return f"SW {self.sw1:02X} {self.sw2:02X} {self.sw3:02X} ({MEANINGS.get(self.sw3, (None, 'unknown'))[1]})"


_ANSWERS: Mapping[Ask, tuple[int, int, int]] = MappingProxyType(
    {
        Ask.RESET: (0x90, 0, 0),
        Ask.STATUS: (0x90, 0, 0),
        Ask.SAM_ID: (0x90, 16, 16),
        # 4 bytes come with find and 8 with select. Nothing is read from them, so fewer are no reason to refuse.
        Ask.FIND: (0x9F, 0, 4),
        Ask.SELECT: (0x90, 0, 8),
        Ask.READ: (0x90, 4, LONGEST_REPLY - SHORTEST_REPLY),
    }
)
"""SW3 of success and the least and most bytes of data that come with it."""


def answers(reply: Reply, ask: Ask) -> bool:
    """Whether ``reply`` can be the answer to ``ask``.

    Answers do not repeat the question, so a late answer to an earlier question is told by its shape.
    """
    success, least, most = _ANSWERS[ask]
    if reply.sw3 == success:
        return least <= len(reply.data) <= most
    if reply.meaning is Meaning.OK or reply.data:
        return False
    of_the_sam = {Meaning.SAM_FAILED, Meaning.SAM_UNAUTHORISED, Meaning.LINE_NOISE, Meaning.MISUSE, Meaning.UNKNOWN}
    return reply.meaning in of_the_sam or ask in (Ask.FIND, Ask.SELECT, Ask.READ)


def command(ask: Ask, *, dialect: Dialect = Dialect.STANDARD, data: bytes = b"") -> bytes:
    """Build the frame that asks the reader something."""
    return frame(COMMANDS[dialect][ask] + data)


def frame(body: bytes) -> bytes:
    """Wrap a body (CMD PARA data, or SW1 SW2 SW3 data) into preamble, length and checksum."""
    counted = (len(body) + 1).to_bytes(2, "big") + body
    return PREAMBLE + counted + bytes((checksum(counted),))


def checksum(counted: bytes) -> int:
    """XOR of the length bytes and the body."""
    return reduce(xor, counted, 0)


def parse_reply(body: bytes) -> Reply:
    """Read the body of an answer; the decoder has seen to it that it is long enough."""
    return Reply(sw1=body[0], sw2=body[1], sw3=body[2], data=body[3:])


def split_text_and_photo(data: bytes) -> tuple[bytes, bytes]:
    """Cut the data of "read text and photo" in two.

    Raises:
        ValueError: The two lengths at its head do not add up to what came.
    """
    text_length = int.from_bytes(data[0:2], "big")
    photo_length = int.from_bytes(data[2:4], "big")
    if len(data) != 4 + text_length + photo_length:
        raise ValueError(f"text of {text_length} and photo of {photo_length} bytes announced, {len(data) - 4} came")
    return data[4 : 4 + text_length], data[4 + text_length :]


def sam_number(data: bytes) -> str:
    """Write a SAM id as its makers print it: ``05.01-20110511-0123456789``.

    Sixteen bytes, little-endian: u16 . u16 - u32 - u32 - u32. The last number is not printed.
    """
    kind, make = int.from_bytes(data[0:2], "little"), int.from_bytes(data[2:4], "little")
    day, serial = int.from_bytes(data[4:8], "little"), int.from_bytes(data[8:12], "little")
    return f"{kind:02d}.{make:02d}-{day:08d}-{serial:010d}"


class FrameDecoder:
    """Finds frames in whatever bytes come.

    Never holds more than one frame of the longest allowed length. What cannot be a frame (no preamble, a length out of
    bounds, a wrong checksum) is skipped from its first byte on and no further, so a good frame behind or inside noise
    is found. A beginning of a frame whose end does not come hides what stands behind it until ``quiet`` is called.
    """

    def __init__(self, *, shortest: int = SHORTEST_REPLY, longest: int = LONGEST_REPLY) -> None:
        """Say which values of Len are possible."""
        self._shortest = shortest
        self._longest = longest
        self._buffer = bytearray()
        self.skipped = 0
        """Bytes so far that belonged to no frame."""
        self.broken = 0
        """Frames so far that began and came to nothing: a length out of bounds, a wrong checksum."""

    @property
    def held(self) -> int:
        """Bytes of what may become a frame."""
        return len(self._buffer)

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take bytes as they come and return the bodies of the frames they complete."""
        bodies: list[bytes] = []
        most = _HEAD + self._longest
        for start in range(0, len(chunk), most):
            self._buffer += chunk[start : start + most]
            bodies.extend(self._bodies())
        return bodies

    def quiet(self) -> list[bytes]:
        """The line fell silent: what has begun will not end. Return the bodies of frames that stood behind it."""
        bodies: list[bytes] = []
        while self._buffer:
            self._skip(1)
            bodies.extend(self._bodies())
        return bodies

    def _bodies(self) -> Iterator[bytes]:
        while True:
            self._skip_to_preamble()
            if len(self._buffer) < _HEAD:
                return
            length = int.from_bytes(self._buffer[len(PREAMBLE) : _HEAD], "big")
            if not self._shortest <= length <= self._longest:
                self.broken += 1
                self._skip(1)
                continue
            end = len(PREAMBLE) + 2 + length
            if len(self._buffer) < end:
                return
            counted = bytes(self._buffer[len(PREAMBLE) : end - 1])
            if checksum(counted) != self._buffer[end - 1]:
                self.broken += 1
                self._skip(1)
                continue
            del self._buffer[:end]
            yield counted[2:]

    def _skip_to_preamble(self) -> None:
        at = self._buffer.find(PREAMBLE)
        if at < 0:
            # Keep the tail that may be the beginning of a preamble.
            at = next(
                len(self._buffer) - kept
                for kept in range(min(len(PREAMBLE) - 1, len(self._buffer)), -1, -1)
                if PREAMBLE.startswith(self._buffer[len(self._buffer) - kept :])
            )
        self._skip(at)

    def _skip(self, count: int) -> None:
        self.skipped += count
        del self._buffer[:count]
