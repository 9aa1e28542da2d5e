"""The words of the SAM serial protocol: what a reader can be asked, in which dialect, and what its answers mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from itertools import accumulate, pairwise
from types import MappingProxyType

from drivers.id_card_reader.frame_codec import LONGEST_REPLY, SHORTEST_REPLY, frame


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
    Ask.RF_FRAME_SIZE: b"\x61\xff",  # the size follows as data
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


CARD_ITEMS = frozenset({Ask.READ, Ask.READ_WITH_FINGER, Ask.NEWEST_ADDRESS, Ask.BODY_NUMBER})
"""Questions whose answers hold something of a card, and so of a person."""

LONGEST_NEWEST_ADDRESS = 280
"""Bytes at most of all addresses that were added to a card: Len is at most 284."""

_ANSWERS: Mapping[Ask, tuple[int, int, int]] = MappingProxyType(
    {
        Ask.RESET: (0x90, 0, 0),
        Ask.STATUS: (0x90, 0, 0),
        Ask.SAM_ID: (0x90, 16, 16),
        # 4 bytes come with find and 8 with select. Nothing is read from them, so fewer are no reason to refuse.
        Ask.FIND: (0x9F, 0, 4),
        Ask.SELECT: (0x90, 0, 8),
        # More than the 8 of a late answer to select.
        Ask.READ: (0x90, 9, LONGEST_REPLY - SHORTEST_REPLY),
        Ask.READ_WITH_FINGER: (0x90, 9, LONGEST_REPLY - SHORTEST_REPLY),
        Ask.NEWEST_ADDRESS: (0x90, 0, LONGEST_NEWEST_ADDRESS),
        Ask.BODY_NUMBER: (0x90, 28, 28),
        Ask.RF_FRAME_SIZE: (0x90, 0, 0),
        Ask.BAUD: (0x90, 0, 0),
    }
)
"""SW3 of success and the least and most bytes of data that come with it."""

_OF_THE_SAM = frozenset({Meaning.SAM_FAILED, Meaning.SAM_UNAUTHORISED, Meaning.LINE_NOISE, Meaning.MISUSE, Meaning.UNKNOWN})
"""What any question may be answered."""


def answers(reply: Reply, ask: Ask) -> bool:
    """Whether ``reply`` can be the answer to ``ask``.

    Answers do not repeat the question, so a late answer to an earlier question is told by its shape.
    """
    success, least, most = _ANSWERS[ask]
    if reply.sw3 == success:
        return least <= len(reply.data) <= most
    if reply.meaning is Meaning.OK or reply.data:
        return False
    if reply.meaning is Meaning.NOTHING_THERE:
        return ask in CARD_ITEMS
    return reply.meaning in _OF_THE_SAM or ask in CARD_ITEMS | {Ask.FIND, Ask.SELECT}


def command(ask: Ask, *, dialect: Dialect = Dialect.STANDARD, data: bytes = b"") -> bytes:
    """Build the frame that asks the reader something."""
    return frame(COMMANDS[dialect][ask] + data)


def parse_reply(body: bytes) -> Reply:
    """Read the body of an answer; the decoder has seen to it that it is long enough."""
    return Reply(sw1=body[0], sw2=body[1], sw3=body[2], data=body[3:])


def split_parts(data: bytes, count: int) -> tuple[bytes, ...]:
    """Cut the data of a read into its parts: text and photo, and with a ``count`` of three the fingerprints.

    Raises:
        ValueError: The lengths at its head, two bytes each, do not add up to what came.
    """
    lengths = tuple(int.from_bytes(data[2 * n : 2 * n + 2], "big") for n in range(count))
    if len(data) != 2 * count + sum(lengths):
        announced = " and ".join(map(str, lengths))
        raise ValueError(f"parts of {announced} bytes announced, {max(len(data) - 2 * count, 0)} came")
    ends = tuple(accumulate(lengths, initial=2 * count))
    return tuple(data[begin:end] for begin, end in pairwise(ends))


def sam_number(data: bytes) -> str:
    """Write a SAM id as its makers print it: ``05.01-20110511-0123456789``.

    Sixteen bytes, little-endian: u16 . u16 - u32 - u32 - u32. The last number is not printed.
    """
    kind, make = int.from_bytes(data[0:2], "little"), int.from_bytes(data[2:4], "little")
    day, serial = int.from_bytes(data[4:8], "little"), int.from_bytes(data[8:12], "little")
    return f"{kind:02d}.{make:02d}-{day:08d}-{serial:010d}"
