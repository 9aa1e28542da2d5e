"""What a kiosk keeps of its commands on disk, so that none counts twice: what has counted, what is in hand, how the last ended.

Pure but for ``recall`` and ``keep``, which block: call them from a worker's thread.
"""

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from kiosk.upkeep.kept_file import read_kept, write_kept
from provisioning.wire.command import KEPT_NONCES, Command, Counted, Outcome

log = structlog.get_logger(__name__)

FILE = "counted.json"
KEPT_ENDS = 32
"""Ends that are remembered, for a server that asks again because the first report was lost on the way."""
MOST_IN_HAND = 8
"""Commands that may wait for a villager; more than that is a server that has lost its head."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Phase(StrEnum):
    """How far a command in hand has come."""

    WAITING = "waiting"
    """It has counted, and nothing was begun: after a power cut it waits on."""
    BEGUN = "begun"
    """It may have been done, wholly or in part: after a power cut nobody knows."""


class InHand(_Kept):
    """A command that has counted and has not ended."""

    command: Command
    phase: Phase = Phase.WAITING
    boot: str = ""
    """The switching on of the machine it was begun in."""


class Ended(_Kept):
    """How a command ended."""

    id: str
    do: str
    counter: int
    outcome: Outcome
    reason: str = ""
    detail: str = ""


class Record(_Kept):
    """All of it; every change is a new record."""

    counter: int = 0
    nonces: tuple[str, ...] = ()
    after: datetime | None = None
    in_hand: tuple[InHand, ...] = ()
    ended: tuple[Ended, ...] = ()

    @property
    def counted(self) -> Counted:
        """Which commands have counted."""
        return Counted(counter=self.counter, nonces=self.nonces, after=self.after)

    def holds(self, command: Command) -> bool:
        """Whether this very command is in hand."""
        return any(one.command == command for one in self.in_hand)

    def end_of(self, id: str) -> Ended | None:  # noqa: A002  # the word on the wire
        """Return how it ended, if it did and that is still known."""
        return next((one for one in self.ended if one.id == id), None)

    def with_counted(self, command: Command) -> Self:
        """Count a command, which is in hand from now on."""
        return self.model_copy(
            update={
                "counter": command.counter,
                "nonces": (*self.nonces, command.nonce)[-KEPT_NONCES:],
                "in_hand": (*self.in_hand, InHand(command=command)),
            }
        )

    def with_phase(self, id: str, phase: Phase, *, boot: str) -> Self:  # noqa: A002  # as above
        """Say how far a command in hand has come."""
        moved = (one.model_copy(update={"phase": phase, "boot": boot}) if one.command.id == id else one for one in self.in_hand)
        return self.model_copy(update={"in_hand": tuple(moved)})

    def with_end(self, end: Ended) -> Self:
        """End a command."""
        left = tuple(one for one in self.in_hand if one.command.id != end.id)
        return self.model_copy(update={"in_hand": left, "ended": (*self.ended, end)[-KEPT_ENDS:]})


def recall(folder: Path, *, now: datetime) -> Record:
    """Return what was kept. Where that cannot be read any more, nothing issued before ``now`` counts.

    Raises:
        OSError: The disk does not answer.
    """
    path = folder / FILE
    was_there = path.exists()
    content = read_kept(path)
    try:
        if content is not None:
            return Record.model_validate_json(json.dumps(content))  # a command is strict: its times are text in JSON alone
    except ValidationError as error:
        log.warning("commands.record_spoilt", errors=error.error_count())
    return Record(after=now) if was_there else Record()


def keep(folder: Path, record: Record) -> None:
    """Have the record on the disk when this returns.

    Raises:
        OSError: It is not.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_kept(folder / FILE, record.model_dump(mode="json"))
