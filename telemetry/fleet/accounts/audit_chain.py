"""The audit as a chain: each row is sealed over the one before it, so that none can be changed, taken out or moved unseen.

A row's hash is SHA-256 over the hash before it, as text, and the row's canonical content: a JSON array of place, time in UTC to
the microsecond, and the texts, in ASCII without blanks. This form is for ever: what it sealed can be checked in ten years.
Whoever adds holds the one row of ``audit_chain`` until the end of the transaction, so that two can never seal over the same row;
therefore what is noted is noted last, when everything else the act changes is changed.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from telemetry.fleet.store.schema import audit, audit_chain

GENESIS = "0" * 64
"""What the very first row is sealed over."""
TEXTS = ("by", "role", "address", "act", "result", "county", "kiosk", "about", "detail")
ROWS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Where the chain begins and ends."""

    place: int = 0
    hash: str = GENESIS
    pruned_place: int = 0
    pruned_hash: str = GENESIS


class Wrong(StrEnum):
    """What is wrong with a chain."""

    ALTERED = "altered"
    """The row is not what was sealed in its place."""
    REMOVED = "removed"
    MOVED = "moved"
    """It stands in another order than it was written in."""
    UNSEALED = "unsealed"
    """It was never sealed: added from outside."""
    CUT = "cut"
    """The newest rows are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong, and where."""

    wrong: Wrong
    place: int
    told: str


def sealed(before: str, place: int, row: Mapping[str, Any]) -> str:
    """Return the hash of a row in a place, over the hash of the row before it. Pure."""
    at: datetime = row["at"]
    content = [place, at.astimezone(UTC).isoformat(timespec="microseconds"), *(row[name] for name in TEXTS)]
    canonical = json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return hashlib.sha256(before.encode() + canonical).hexdigest()


def add(connection: Connection, row: Mapping[str, Any]) -> None:
    """Add a row at the end of the chain, in the caller's transaction."""
    last = _taken(connection)
    seal = sealed(last.hash, last.place, row)
    connection.execute(insert(audit).values(**row, place=last.place, hash=seal))
    connection.execute(update(audit_chain).where(audit_chain.c.id == 1).values(hash=seal))


def ends(connection: Connection) -> Ends:
    """Return where the chain begins and ends."""
    row = connection.execute(select(audit_chain).where(audit_chain.c.id == 1)).mappings().one_or_none()
    return Ends() if row is None else Ends(**{name: row[name] for name in ("place", "hash", "pruned_place", "pruned_hash")})


def prune(connection: Connection, *, before: datetime, most: int) -> int:
    """Let the oldest rows go, the chain going on from the last of them; returns how many went."""
    of = _held(connection)
    oldest = select(audit.c.place, audit.c.hash, audit.c.at).where(audit.c.place > of.pruned_place)
    last: Any = None
    gone = 0
    for row in connection.execute(oldest.order_by(audit.c.place).limit(most)):
        if row.at >= before:
            break
        last, gone = row, gone + 1
    if last is not None:
        connection.execute(delete(audit).where(audit.c.place <= last.place))
        moving = update(audit_chain).where(audit_chain.c.id == 1)
        connection.execute(moving.values(pruned_place=last.place, pruned_hash=last.hash))
    return gone


def check(rows: Iterable[Mapping[str, Any]], of: Ends) -> Iterator[Finding]:
    """Look along the chain; yields what is wrong, in order. Pure.

    Args:
        rows: Of the audit, by place; those without a place first.
        of: Where the chain begins and ends.
    """
    before: str | None = of.pruned_hash
    place, number = of.pruned_place, 0
    for row in rows:
        if row["place"] is None:
            yield Finding(wrong=Wrong.UNSEALED, place=0, told=f"row {row['id']} was never sealed: {_said(row)}")
            continue
        if row["place"] > place + 1:
            yield Finding(wrong=Wrong.REMOVED, place=place + 1, told=_span(place + 1, row["place"] - 1, "removed"))
            before = None  # what it was sealed over is gone
        if row["id"] < number:
            yield Finding(wrong=Wrong.MOVED, place=row["place"], told=f"place {row['place']} was written earlier: {_said(row)}")
        if before is not None and sealed(before, row["place"], row) != row["hash"]:
            told = f"place {row['place']} is not what was sealed there: {_said(row)}"
            yield Finding(wrong=Wrong.ALTERED, place=row["place"], told=told)
        before, place, number = row["hash"], row["place"], row["id"]
    if place < of.place:
        yield Finding(wrong=Wrong.CUT, place=place + 1, told=_span(place + 1, of.place, "cut off the end"))
    elif place > of.place or (before is not None and before != of.hash):
        yield Finding(wrong=Wrong.ALTERED, place=place, told=f"the end of the chain is not place {of.place} as it was sealed")


def rows(connection: Connection) -> Iterator[Mapping[str, Any]]:
    """Return the whole audit as ``check`` looks along it, a little at a time."""
    unsealed = select(audit).where(audit.c.place.is_(None)).order_by(audit.c.id)
    yield from (dict(row) for row in connection.execute(unsealed).mappings())
    place = -1
    while True:
        some = select(audit).where(audit.c.place > place).order_by(audit.c.place).limit(ROWS_AT_ONCE)
        found = [dict(row) for row in connection.execute(some).mappings()]
        yield from found
        if len(found) < ROWS_AT_ONCE:
            return
        place = found[-1]["place"]


def _taken(connection: Connection) -> Ends:
    """Take the next place and hold the chain; the hash returned is the one to seal over."""
    taking = (
        update(audit_chain)
        .where(audit_chain.c.id == 1)
        .values(place=audit_chain.c.place + 1)
        .returning(audit_chain.c.place, audit_chain.c.hash)
    )
    row = connection.execute(taking).one_or_none()
    if row is None:
        _begin(connection)
        row = connection.execute(taking).one()
    return Ends(place=row.place, hash=row.hash)


def _held(connection: Connection) -> Ends:
    connection.execute(update(audit_chain).where(audit_chain.c.id == 1).values(place=audit_chain.c.place))
    return ends(connection)


def _begin(connection: Connection) -> None:
    """Begin the chain; of two who do one waits for the other."""
    into = postgresql.insert(audit_chain) if connection.dialect.name == "postgresql" else sqlite.insert(audit_chain)
    start = {"id": 1, "place": 0, "hash": GENESIS, "pruned_place": 0, "pruned_hash": GENESIS}
    connection.execute(into.values(**start).on_conflict_do_nothing())


def _said(row: Mapping[str, Any]) -> str:
    return f"{row['at']:%Y-%m-%d %H:%M:%SZ} {row['by'] or '-'} {row['act']} {row['about']}".rstrip()


def _span(first: int, last: int, what: str) -> str:
    return f"place {first} was {what}" if first == last else f"places {first} to {last} were {what}"
