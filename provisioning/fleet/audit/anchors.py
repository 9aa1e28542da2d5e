"""Anchors: the end of the audit's chain at a moment, signed, in a table and in a file that can be given away.

Whoever has the database and the service's key could write the whole chain anew; whoever has a copy of an anchor elsewhere, on
paper or in another office, can tell.
"""

import asyncio
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import structlog
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.exc import SQLAlchemyError

from provisioning.fleet.signing import SigningKey
from provisioning.wire.signatures import SignatureError, Trusted, unseal
from telemetry.fleet.accounts import audit_chain
from telemetry.fleet.store.schema import audit_anchor

log = structlog.get_logger()

KIND = "application/vnd.zhizhu.anchor+json"
FILE = "anchors.jsonl"
"""In the state folder; one envelope a line, only ever appended to."""
LOOK_S = 600.0
"""Seconds between two looks at whether an anchor is due."""
MOST_FILE_BYTES = 64 * 1_048_576


class Anchor(BaseModel):
    """What is signed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    v: Literal[1] = 1
    at: Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
    place: int = Field(ge=1)
    hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    pruned_place: int = Field(ge=0)


class AnchorError(Exception):
    """An anchor cannot be believed, or none can be made; the message says why."""


def cast(engine: Engine, folder: Path, key: SigningKey, *, now: datetime) -> Anchor:
    """Sign the end of the chain as it is now; kept in the table, then appended to the file. Blocking.

    Raises:
        AnchorError: There is nothing to sign yet.
        SQLAlchemyError: The store does not answer.
        OSError: The file cannot be written; the anchor is in the table.
    """
    with engine.begin() as connection:
        of = audit_chain.ends(connection)
        if of.place == 0:
            raise AnchorError("nothing was noted yet, so there is nothing to anchor")
        anchor = Anchor(at=now, place=of.place, hash=of.hash, pruned_place=of.pruned_place)
        envelope = key.seal(anchor.model_dump_json().encode(), KIND).decode()
        connection.execute(insert(audit_anchor).values(at=now, place=of.place, hash=of.hash, envelope=envelope))
    _append(folder / FILE, envelope)
    return anchor


def read(envelope: str, trusted: Trusted) -> Anchor:
    """Return an anchor.

    Raises:
        AnchorError: Nobody we trust has signed it.
    """
    try:
        return Anchor.model_validate_json(unseal(envelope.encode(), KIND, trusted))
    except SignatureError as error:
        raise AnchorError(str(error)) from error
    except ValidationError as error:
        raise AnchorError("unreadable: no anchor of ours") from error


def kept(connection: Connection) -> tuple[str, ...]:
    """Return the envelopes of the table, oldest first."""
    return tuple(connection.execute(select(audit_anchor.c.envelope).order_by(audit_anchor.c.id)).scalars())


def given(file: Path) -> tuple[str, ...]:
    """Return the envelopes of a file.

    Raises:
        AnchorError: It is none.
        OSError: It cannot be read.
    """
    if file.stat().st_size > MOST_FILE_BYTES:
        raise AnchorError(f"{file}: too large to be a file of anchors")
    try:
        text = file.read_text(encoding="ascii")
    except UnicodeDecodeError as error:
        raise AnchorError(f"{file}: is no file of anchors") from error
    return tuple(line for line in text.splitlines() if line.strip())


def among(envelopes: Iterable[str]) -> tuple[str, ...]:
    """Return each once, in order."""
    return tuple(dict.fromkeys(envelopes))


class Anchoring:
    """The job in the service: an anchor whenever one is due and something was noted since the last."""

    def __init__(
        self, engine: Engine, *, folder: Path, key: Callable[[], SigningKey], every: timedelta, now: Callable[[], datetime]
    ) -> None:
        """Prepare; ``folder`` is the state folder, ``key`` returns what signs now."""
        self._engine = engine
        self._folder = folder
        self._key = key
        self._every = every
        self._now = now

    async def run(self) -> None:
        """Anchor for ever."""
        while True:
            try:
                await asyncio.to_thread(self.anchor_if_due)
            except (SQLAlchemyError, OSError) as error:
                log.warning("audit not anchored", error=type(error).__name__)
            await asyncio.sleep(LOOK_S)

    def anchor_if_due(self) -> Anchor | None:
        """Anchor if it is time; returns the anchor. Blocking.

        Raises:
            SQLAlchemyError: The store does not answer.
            OSError: The file cannot be written.
        """
        now = self._now()
        with self._engine.connect() as connection:
            last = connection.execute(select(func.max(audit_anchor.c.at).label("at"), func.max(audit_anchor.c.place))).one()
            of = audit_chain.ends(connection)
        last_at = last[0] if last[0] is None or last[0].tzinfo else last[0].replace(tzinfo=UTC)
        is_due = last_at is None or now - last_at >= self._every
        if of.place == 0 or of.place == last[1] or not is_due:
            return None
        anchor = cast(self._engine, self._folder, self._key(), now=now)
        log.info("audit anchored", place=anchor.place, hash=anchor.hash)
        return anchor


def _append(path: Path, line: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    with os.fdopen(handle, "a", encoding="ascii") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())
