"""The text that upsd speaks (Network UPS Tools, RFC 9271): the list of one supply's variables.

::

    LIST VAR ups
    BEGIN LIST VAR ups
    VAR ups battery.charge "87"
    END LIST VAR ups

or ``ERR`` and a word. Values stand in quotation marks, in which a backslash takes away the next character's meaning.
"""

import math
from collections.abc import Mapping

from typing_extensions import override

from drivers.cabinet.question import AnswerDecoder, NoAnswerError
from drivers.cabinet.ups_health import UpsReading

LONGEST_LINE = 1024
"""Bytes of a line that is still believed: upsd's own buffer is 512 (NUT_NET_ANSWER_MAX)."""

MOST_VARIABLES = 512
"""A large supply tells about 90."""


class UpsdSaysError(Exception):
    """upsd answered ``ERR``: an answer, only not the one asked for. ``word`` says why, e.g. ``DATA-STALE``."""

    def __init__(self, word: str) -> None:
        super().__init__(f"upsd says {word}")
        self.word = word


def list_variables(ups: str) -> bytes:
    """Ask for everything upsd knows of one supply."""
    return f"LIST VAR {ups}\n".encode("ascii")


class VariablesDecoder(AnswerDecoder[Mapping[str, str]]):
    """Collects the variables of one supply. What stands before the beginning of a list belongs to an earlier answer.

    Besides NoAnswerError it raises UpsdSaysError.
    """

    def __init__(self, ups: str) -> None:
        self._ups = ups
        self._line = bytearray()
        self._found: dict[str, str] | None = None

    @override
    def feed(self, chunk: bytes) -> Mapping[str, str] | None:
        for byte in chunk:
            if byte != 0x0A:
                self._line.append(byte)
                if len(self._line) > LONGEST_LINE:
                    raise NoAnswerError(f"a line longer than {LONGEST_LINE} bytes")
                continue
            line = self._line.decode("utf-8", errors="replace").rstrip("\r")
            self._line.clear()
            if self._is_the_end(line):
                return self._found
        return None

    def _is_the_end(self, line: str) -> bool:
        if line == f"BEGIN LIST VAR {self._ups}":
            self._found = {}
        elif line.startswith("ERR "):
            raise UpsdSaysError(line.removeprefix("ERR ")[:40])
        elif self._found is not None:
            if line == f"END LIST VAR {self._ups}":
                return True
            name, value = _variable(line, self._ups)
            self._found[name] = value
            if len(self._found) > MOST_VARIABLES:
                raise NoAnswerError(f"more than {MOST_VARIABLES} variables")
        return False


def reading_of(variables: Mapping[str, str]) -> UpsReading:
    """Understand the variables.

    Raises:
        NoAnswerError: ``ups.status`` is missing, without which nothing is known.
    """
    flags = set(variables.get("ups.status", "").split())
    if not flags:
        raise NoAnswerError("the list has no ups.status")
    return UpsReading(
        is_on_battery="OB" in flags,
        battery_is_low=not flags.isdisjoint({"LB", "FSD"}),
        battery_is_bad="RB" in flags,
        is_overloaded="OVER" in flags,
        has_failed=not flags.isdisjoint({"OFF", "ALARM"}),
        charge_percent=_number(variables, "battery.charge"),
        runtime_s=_number(variables, "battery.runtime"),
        input_v=_number(variables, "input.voltage"),
        battery_v=_number(variables, "battery.voltage"),
        load_percent=_number(variables, "ups.load"),
        temperature_c=_number(variables, "ups.temperature"),
    )


def _variable(line: str, ups: str) -> tuple[str, str]:
    begin = f"VAR {ups} "
    name, mark, rest = line.removeprefix(begin).partition(" ")
    if not line.startswith(begin) or not mark or len(rest) < 2 or rest[0] != '"' or rest[-1] != '"':
        raise NoAnswerError(f"a line that is no variable, {len(line)} characters long")
    value: list[str] = []
    is_literal = False
    for character in rest[1:-1]:
        if character == "\\" and not is_literal:
            is_literal = True
            continue
        is_literal = False
        value.append(character)
    return name, "".join(value)


def _number(variables: Mapping[str, str], name: str) -> float | None:
    try:
        value = float(variables[name])
    except (KeyError, ValueError):
        return None
    return value if math.isfinite(value) else None
