"""The Megatec protocol of small serial power supplies: one question, ``Q1``, and one line of answer.

``(MMM.M NNN.N PPP.P QQQ RR.R S.SS TT.T b7b6b5b4b3b2b1b0<CR>``: input V, input V at the last fault, output V, load %, frequency,
battery V, temperature, and eight bits as characters (Megatec UPS protocol 2.x, section D).
"""

import re
from dataclasses import dataclass

from typing_extensions import override

from drivers.cabinet.question import AnswerDecoder, NoAnswerError
from drivers.cabinet.ups_health import UpsReading

STATUS = b"Q1\r"
WHO = b"I\r"

LONGEST_LINE = 80
"""Bytes of a line that is still believed; Q1's has 47."""

_STATUS_LINE = re.compile(
    r"\((\d{3}\.\d) (\d{3}\.\d) (\d{3}\.\d) (\d{3}) (\d{2}\.\d) (\d{2}\.\d|\d\.\d{2}) ([\d-]{2}\.[\d-]) ([01]{8})", re.ASCII
)
"""The widths are all the check there is: a line that lost a digit is no answer."""

_WHO_LINE = re.compile(r"#(.{15}) (.{10}) (.{1,10})")

_UTILITY_FAILED, _BATTERY_LOW, _UPS_FAILED, _SHUTDOWN = 0x80, 0x40, 0x10, 0x02

OVERLOAD_PERCENT = 100.0
"""Load from which a supply carries more than it is made for; the protocol has no bit for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MegatecIdentity:
    """Who a supply says it is."""

    maker: str
    model: str
    version: str


class LineDecoder(AnswerDecoder[str]):
    """Waits for one line that begins with a certain character; what stands before it is noise or an echo."""

    def __init__(self, begin: str) -> None:
        self._begin = begin.encode("ascii")
        self._line = bytearray()

    @override
    def feed(self, chunk: bytes) -> str | None:
        for byte in chunk:
            if byte == self._begin[0]:
                self._line.clear()
            if byte == 0x0D and self._line[:1] == self._begin:
                return self._line.decode("ascii", errors="replace")
            self._line.append(byte)
            if len(self._line) > LONGEST_LINE:
                del self._line[0]
        return None


class StatusDecoder(AnswerDecoder[UpsReading]):
    """Waits for the answer to ``Q1``."""

    def __init__(self) -> None:
        self._lines = LineDecoder("(")

    @override
    def feed(self, chunk: bytes) -> UpsReading | None:
        line = self._lines.feed(chunk)
        return None if line is None else parse_status(line)


def parse_status(line: str) -> UpsReading:
    """Understand the answer to ``Q1``, without its end.

    Raises:
        NoAnswerError: It is none.
    """
    found = _STATUS_LINE.fullmatch(line)
    numbers = [_number(field) for field in found.groups()[:7]] if found else []
    if found is None or None in numbers[:6]:
        raise NoAnswerError(f"a line of {len(line)} characters that is no answer to Q1")
    input_v, _, _, load, _, battery_v, temperature = numbers
    bits = int(found[8], 2)
    return UpsReading(
        is_on_battery=bool(bits & _UTILITY_FAILED),
        battery_is_low=bool(bits & (_BATTERY_LOW | _SHUTDOWN)),
        has_failed=bool(bits & _UPS_FAILED),
        is_overloaded=load is not None and load > OVERLOAD_PERCENT,
        input_v=input_v,
        battery_v=battery_v,
        load_percent=load,
        temperature_c=temperature,
    )


def parse_identity(line: str) -> MegatecIdentity:
    """Understand the answer to ``I``. NoAnswerError when it is none."""
    found = _WHO_LINE.fullmatch(line)
    if found is None:
        raise NoAnswerError(f"a line of {len(line)} characters that is no answer to I")
    return MegatecIdentity(maker=found[1].strip(), model=found[2].strip(), version=found[3].strip())


def _number(written: str) -> float | None:
    """A number; None for the dashes that stand where there is no sensor."""
    try:
        return float(written)
    except ValueError:
        return None
