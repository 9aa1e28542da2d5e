"""What comes of an act: done, or too late and who was quicker; and the line it leaves in the audit."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act
from telemetry.fleet.store.ticket_acts import Who
from telemetry.wire.topics import KioskId

MAX_COMMENT = 400


class Why(StrEnum):
    """Why an act came to nothing."""

    UNKNOWN = "unknown"
    """There is no such thing."""
    REFUSED = "refused"
    """It is not theirs to do: another county, another area, another role."""
    OVER = "over"
    """It ended before."""
    QUICKER = "quicker"
    """Somebody else did it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """One thing nothing was done to. ``by`` and ``at`` say who was quicker."""

    id: int
    why: Why
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an act: what was done, what was not and why, and whose pages show something else now."""

    done: tuple[int, ...] = ()
    late: tuple[Late, ...] = ()
    kiosks: frozenset[KioskId] = frozenset()


def note(
    connection: Connection,
    who: Who,
    act: Act,
    *,
    now: datetime,
    county: str,
    about: str,
    kiosk: str = "",
    detail: str = "",
    result: audit.Result = "done",
) -> None:
    """Write down an act in its own transaction."""
    audit.note(
        connection, who.person, act, now=now, county=county, kiosk=kiosk, about=about, detail=detail, result=result,
        address=who.address,
    )  # fmt: skip


def checked(comment: str) -> str:
    """Return a comment without the space around it.

    Raises:
        ValueError: It is longer than ``MAX_COMMENT``.
    """
    if len(comment.strip()) > MAX_COMMENT:
        raise ValueError(f"a comment may have {MAX_COMMENT} characters")
    return comment.strip()


def refused(connection: Connection, who: Who, act: Act, *, number: int, about: str, county: str, now: datetime) -> Outcome:
    """Write down that it was not theirs to do."""
    note(connection, who, act, now=now, county=county, about=about, result="refused")
    return Outcome(late=(Late(id=number, why=Why.REFUSED),))
