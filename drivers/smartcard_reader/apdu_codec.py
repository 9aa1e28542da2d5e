"""Commands to a smart card and its answers (ISO 7816-4, T=0): three instructions, and what the status words mean.

VERIFY is not among the instructions: there is no way in this module to say a PIN, and a card's retry counter is safe.
"""

from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto

LONGEST_ANSWER = 258
"""256 bytes of data and the status word: the most that a short APDU can bring."""

SOCIAL_SECURITY = bytes.fromhex("73 78 31 2E 73 68 2E C9 E7 BB E1 B1 A3 D5 CF")
"""Name of the social-security application: ``sx1.sh.社会保障`` in GBK."""

PAYMENT_SYSTEMS = (b"1PAY.SYS.DDF01", b"2PAY.SYS.DDF01")
"""Names of the payment directories, with and without contacts (EMV book 1, 12.2.2; PBOC 3.0 part 13)."""


class Instruction(IntEnum):
    """Everything this kiosk ever says to a card."""

    SELECT = 0xA4
    READ = 0xB2
    GET_RESPONSE = 0xC0


class Verdict(Enum):
    """What a status word is to be treated as."""

    OK = auto()
    MORE = auto()
    """61 xx: xx bytes wait to be fetched."""
    OTHER_LENGTH = auto()
    """6C xx: ask again for xx bytes."""
    NEEDS_PIN = auto()
    NOT_THERE = auto()
    """No such application, file or item on this card."""
    UNKNOWN_HERE = auto()
    """The card does not know the instruction, or not like this: a card of another kind."""
    FAILED = auto()
    """Anything else: the card is worn, was reset, or is no card of this kind."""


_VERDICTS = {
    0x9000: Verdict.OK,
    0x6982: Verdict.NEEDS_PIN,
    0x6983: Verdict.NEEDS_PIN,  # the PIN is blocked: it does want one
    0x6A82: Verdict.NOT_THERE,
    0x6A83: Verdict.NOT_THERE,
    0x6A88: Verdict.NOT_THERE,
    0x6A81: Verdict.UNKNOWN_HERE,
    0x6A86: Verdict.UNKNOWN_HERE,
    0x6D00: Verdict.UNKNOWN_HERE,
    0x6E00: Verdict.UNKNOWN_HERE,
}
"""Status word -> what it is treated as (ISO 7816-4:2013, tables 5 and 6)."""

_BY_FIRST_BYTE = {0x61: Verdict.MORE, 0x6C: Verdict.OTHER_LENGTH, 0x62: Verdict.OK}
"""62 xx: done, with a warning about the file (selected but blocked, end reached)."""


class AnswerError(ValueError):
    """What came is no answer of a card: too short, or longer than any can be. Says how long it was, never what it held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer. ``data`` may be a person's: it is never shown."""

    data: bytes = field(repr=False)
    status: int

    @property
    def verdict(self) -> Verdict:
        """What the status word is to be treated as."""
        return _VERDICTS.get(self.status) or _BY_FIRST_BYTE.get(self.status >> 8, Verdict.FAILED)

    @property
    def count(self) -> int:
        """The second byte of the status word where that is a number of bytes; 00 stands for 256."""
        return self.status & 0xFF or 256

    @property
    def words(self) -> str:
        """For a technician: ``SW 6A82``."""
        return f"SW {self.status:04X}"


def select_application(name: bytes) -> bytes:
    """Choose an application by its name."""
    return bytes((0x00, Instruction.SELECT, 0x04, 0x00, len(name))) + name


def select_file(number: int) -> bytes:
    """Choose a file of the application by its number, e.g. 0xEF05."""
    return bytes((0x00, Instruction.SELECT, 0x02, 0x00, 0x02)) + number.to_bytes(2, "big")


def read_item(number: int, *, length: int) -> bytes:
    """Ask for one item of the file; ``length`` counts its data, 1 to 254."""
    return bytes((0x00, Instruction.READ, number, 0x00, length + 2))


def get_response(count: int) -> bytes:
    """Fetch ``count`` bytes that wait, 1 to 256."""
    return bytes((0x00, Instruction.GET_RESPONSE, 0x00, 0x00, count & 0xFF))


def expects_data(command: bytes) -> bool:
    """Whether a command ends with the number of bytes it asks for."""
    return len(command) == 5


def asking_for(command: bytes, count: int) -> bytes:
    """The same command, asking for another number of bytes."""
    return command[:4] + bytes((count & 0xFF,))


def parse_answer(raw: bytes) -> Answer:
    """Read what a card answered.

    Raises:
        AnswerError: It is no answer.
    """
    if not 2 <= len(raw) <= LONGEST_ANSWER:
        raise AnswerError(f"an answer has 2 to {LONGEST_ANSWER} bytes, {len(raw)} came")
    return Answer(data=raw[:-2], status=int.from_bytes(raw[-2:], "big"))
