"""Who did what to which kiosk, and whether they were let: rows that are added in the act's own transaction, and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, and_, func, or_, select, true

from telemetry.fleet.accounts import audit_chain
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.store.schema import audit
from telemetry.fleet.store.scope import EVERYWHERE, within

Result = Literal["done", "refused", "lost"]
"""``lost``: somebody else was quicker, and was told so."""

DETAIL_CHARS = 400
NAME_CHARS = 64
MOST_ROWS = 500
"""Rows read for one page; the day and the kiosk narrow it long before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """One act as it was written down. ``by`` is an account, or ``zhizhu-fleet`` for the command line."""

    id: int
    at: datetime
    by: str
    role: str
    address: str
    act: str
    result: str
    county: str
    kiosk: str
    about: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which acts. Empty texts and None ask for all.

    Attributes:
        counties: What the reader may see, empty for all.
        reader: Who reads: their own acts they see wherever they were.
        also: Beside those that name the kiosk, acts that are about one of these, wherever they were.
    """

    since: datetime | None = None
    before: datetime | None = None
    county: str = ""
    kiosk: str = ""
    by: str = ""
    act: str = ""
    counties: frozenset[str] = EVERYWHERE
    reader: str = ""
    also: frozenset[str] = frozenset()


NOTED = tuple(field.name for field in fields(Noted))


def note(
    connection: Connection,
    person: Person | None,
    act: Act,
    *,
    now: datetime,
    result: Result = "done",
    county: str = "",
    kiosk: str = "",
    about: str = "",
    detail: str = "",
    address: str = "",
) -> None:
    """Write down that somebody did, or was refused, this. Part of the caller's transaction: both happen, or neither.

    Last in it: from here on until it ends nobody else can note anything (``audit_chain``).

    Args:
        connection: The transaction of the act itself.
        person: Who; ``COMMAND_LINE`` for the command line, None for somebody we do not know.
        act: What.
        now: Server's clock.
        result: How it ended.
        county: Whose county, where the act has one.
        kiosk: Which kiosk, where the act has one.
        about: The thing in two words: ``ticket 12``, ``alarm 7``, ``account wang``.
        detail: What else an auditor needs; cut to what fits, never a secret.
        address: Where they asked from.
    """
    row = {
        "at": now,
        "by": "" if person is None else person.name[:NAME_CHARS],
        "role": "" if person is None else person.role.value,
        "address": _plain(address, NAME_CHARS),
        "act": act.value,
        "result": result,
        "county": county[:32],
        "kiosk": kiosk[:32],
        "about": _plain(about, NAME_CHARS),
        "detail": _plain(detail, DETAIL_CHARS),
    }
    audit_chain.add(connection, row)


def read(connection: Connection, question: Question, *, limit: int = MOST_ROWS) -> tuple[Noted, ...]:
    """Return acts, newest first, at most ``limit``."""
    chosen = _asked(select(audit), question).order_by(audit.c.at.desc(), audit.c.id.desc()).limit(limit)
    return tuple(Noted(**{name: row[name] for name in NOTED}) for row in connection.execute(chosen).mappings())


def count(connection: Connection, question: Question) -> int:
    """Return how many acts there are, however many are shown."""
    return int(connection.execute(_asked(select(func.count()).select_from(audit), question)).scalar_one())


def names(connection: Connection, question: Question) -> Sequence[str]:
    """Return everybody who did one of these, by name."""
    chosen = _asked(select(audit.c.by).distinct(), question).order_by(audit.c.by).limit(MOST_ROWS)
    return connection.execute(chosen).scalars().all()


def _asked(chosen: Select[Any], question: Question) -> Select[Any]:
    if question.since is not None:
        chosen = chosen.where(audit.c.at >= question.since)
    if question.before is not None:
        chosen = chosen.where(audit.c.at < question.before)
    for column, wanted in ((audit.c.by, question.by), (audit.c.act, question.act)):
        if wanted:
            chosen = chosen.where(column == wanted)
    places = ((audit.c.county, question.county), (audit.c.kiosk, question.kiosk))
    named = and_(true(), *(column == wanted for column, wanted in places if wanted))
    concerns = audit.c.about.in_(question.also)
    seen = or_(within(audit.c.county, question.counties), audit.c.by == question.reader)
    return chosen.where(or_(and_(named, seen), concerns) if question.also else and_(named, seen))


def _plain(text: str, longest: int) -> str:
    """Return text on one line that any database stores and any page shows, cut with a sign that it was."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
