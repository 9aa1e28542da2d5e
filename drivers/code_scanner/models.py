"""What each model of scan engine can do, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from drivers.code_scanner import gm65_codec


class Language(StrEnum):
    """How an engine can be spoken to, besides being triggered."""

    GM65 = "gm65"
    """Registers, read and written in frames."""
    NEWLAND = "newland"
    """A setup dialogue of four equal characters: ``$$$$`` is answered ``@@@@``, ``%%%%`` is answered ``^^^^``."""
    NONE = "none"
    """It only talks. Whether it is alive cannot be asked."""


class Ending(StrEnum):
    """What ends a code on the line."""

    TERMINATOR = "terminator"
    """CR or LF. What stops without one is unfinished and not handed on."""
    SILENCE = "silence"
    """A gap between bytes; a CR or LF before it is taken off. A line that stalls can cut a code in two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Bits of a register that the driver needs to stand in a certain way; the others are left alone."""

    address: int
    mask: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerModel:
    """The differences between makes that the driver has to know.

    Attributes:
        title: As on the type plate.
        language: How it can be asked.
        light_on: Begins reading; empty for an engine that reads all the time.
        light_off: Ends reading.
        light_on_again_s: An engine gives up reading by itself after a while: from one ``light_on`` to the next, seconds.
        ending: What ends a code, as it comes from the factory.
        chatter: Single bytes with which it may acknowledge, and which therefore never begin a code.
        registers: What has to be set in it.
    """

    title: str
    language: Language
    light_on: bytes
    light_off: bytes
    light_on_again_s: float
    ending: Ending
    chatter: bytes = b""
    registers: tuple[Register, ...] = ()

    @property
    def can_be_asked(self) -> bool:
        """Whether its silence is a fault."""
        return self.language is not Language.NONE


MODELS: Mapping[str, ScannerModel] = MappingProxyType(
    {
        "gm65": ScannerModel(  # also GM60, GM805, GM812 and modules sold under other names
            title="GM65",
            language=Language.GM65,
            light_on=gm65_codec.write(gm65_codec.TRIGGER, b"\x01"),
            light_off=gm65_codec.write(gm65_codec.TRIGGER, b"\x00"),
            light_on_again_s=2.0,  # it reads for 5 s by itself; asking sooner also notices within 3 s that it fell silent
            ending=Ending.TERMINATOR,
            registers=(
                Register(address=0x0000, mask=0x03, value=0x01),  # read on command, not by button or all the time (one source)
                Register(address=0x0003, mask=0x02, value=0x02),  # obey no setup code that somebody shows (one source)
            ),
        ),
        "newland": ScannerModel(
            title="Newland",
            language=Language.NEWLAND,
            light_on=b"\x1b1",  # (unconfirmed)
            light_off=b"\x1b0",  # (unconfirmed)
            light_on_again_s=3.0,
            ending=Ending.SILENCE,
            chatter=b"\x06\x15",  # (unconfirmed)
        ),
        "honeywell": ScannerModel(
            title="Honeywell",
            language=Language.NONE,
            light_on=b"\x16T\r",  # (unconfirmed)
            light_off=b"\x16U\r",  # (unconfirmed)
            light_on_again_s=3.0,
            ending=Ending.SILENCE,
        ),
        "plain": ScannerModel(  # any engine set up to read all the time and to send what it reads
            title="serial scan engine",
            language=Language.NONE,
            light_on=b"",
            light_off=b"",
            light_on_again_s=60.0,
            ending=Ending.SILENCE,
        ),
    }
)
"""Model word of the configuration -> what it can do. None of them has been seen on hardware by us yet."""
