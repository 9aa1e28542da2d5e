"""The truth file: what really happened, a line each, in simulated and in real time. Nobody but the score reads it.

JSON Lines. Every line has ``what``, ``real`` (UTC, when it was played) and, while a story runs, ``sim`` (China time of the
story). A line says when something began or ended; ``id`` joins the two.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, TextIO

CHINA = timezone(timedelta(hours=8), "CST")
FIRST_MONDAY = datetime(2026, 10, 19, tzinfo=CHINA)
"""Simulated time begins here; which Monday it is changes nothing."""

Plain = str | int | float | bool | None | list[str]


class TruthError(Exception):
    """The file is not one of ours, or cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: what, when, and what else it says."""

    what: str
    real: datetime
    said: dict[str, Any]

    def text(self, name: str) -> str:
        """Return a field of text, empty when it is not there."""
        return str(self.said.get(name) or "")

    def number(self, name: str) -> float:
        """Return a field that is a number. Raises TruthError when it is not there."""
        try:
            return float(self.said[name])
        except (KeyError, TypeError, ValueError) as error:
            raise TruthError(f"a line {self.what!r} without the number {name!r}") from error


class Truth:
    """Writes lines as they happen, so that a trial that is broken off leaves what was true so far."""

    def __init__(self, to: TextIO) -> None:
        self._to = to

    def note(self, what: str, *, real: datetime, at_s: float | None = None, **said: Plain) -> None:
        """Write one line."""
        line: dict[str, Plain] = {"what": what, "real": real.isoformat()}
        if at_s is not None:
            line["sim"] = (FIRST_MONDAY + timedelta(seconds=at_s)).isoformat()
        self._to.write(json.dumps(line | said, ensure_ascii=False) + "\n")
        self._to.flush()


def read(path: Path) -> Iterator[Line]:
    """Read a truth file back.

    Raises:
        TruthError: It is not one.
    """
    try:
        with path.open(encoding="utf-8") as lines:
            for number, text in enumerate(lines, start=1):
                yield _line(text, f"{path}:{number}")
    except OSError as error:
        raise TruthError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TruthError(f"{path}: is not text") from error


def _line(text: str, where: str) -> Line:
    try:
        said = json.loads(text)
        return Line(what=said.pop("what"), real=datetime.fromisoformat(said.pop("real")), said=said)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TruthError(f"{where}: is no line of a truth file") from error
