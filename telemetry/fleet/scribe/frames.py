"""What service and scribe say to each other: a length, then so many bytes of JSON. Pure."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from telemetry.fleet.pulse import PulseRow, written

LENGTH_BYTES = 4
LONGEST = 64_000_000
"""Bytes of a frame that are still read; the largest batch has a twentieth."""


class Outcome(StrEnum):
    """What became of a batch."""

    STORED = "stored"
    """It survives a power cut."""
    AWAY = "away"
    """Nothing of it is stored; the same may be given again."""
    POISON = "poison"
    """Nothing of it is stored, and never will be."""


class Answer(NamedTuple):
    """What the scribe says of the batch with this number. ``why`` is the database's own words, where it refused."""

    number: int
    outcome: Outcome
    why: str


class PulseBatch(NamedTuple):
    """Rows of table ``pulse``, and what time it was when they were given."""

    number: int
    now: str
    rows: Sequence[PulseRow]


def framed(said: bytes) -> bytes:
    """Return bytes with their length before them."""
    return len(said).to_bytes(LENGTH_BYTES, "big") + said


def length_of(prefix: bytes) -> int:
    """Return how many bytes follow.

    Raises:
        ValueError: More than anybody of ours would say.
    """
    length = int.from_bytes(prefix, "big")
    if length > LONGEST:
        raise ValueError(f"a frame of {length} bytes, at most {LONGEST}")
    return length


def batch(number: int, rows: Sequence[PulseRow], *, now: datetime) -> bytes:
    """Return a batch as a frame."""
    return framed(orjson.dumps((number, written(now), rows)))


def batch_of(said: bytes) -> PulseBatch:
    """Read a batch. Raises ValueError when it is none."""
    number, now, rows = _parts(said, 3)
    return PulseBatch(number, now, rows)


def answer(said: Answer) -> bytes:
    """Return an answer as a frame."""
    return framed(orjson.dumps(tuple(said)))


def answer_of(said: bytes) -> Answer:
    """Read an answer. Raises ValueError when it is none."""
    number, outcome, why = _parts(said, 3)
    return Answer(number, Outcome(outcome), why)


def _parts(said: bytes, count: int) -> list[Any]:
    parts: Any = orjson.loads(said)
    if not isinstance(parts, list) or len(parts) != count:
        raise ValueError(f"not a frame of {count} parts")
    return parts
