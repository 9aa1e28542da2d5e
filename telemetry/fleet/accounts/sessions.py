"""Who is in: the sessions of people. What their cookies carry is nowhere kept, only its hash."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from telemetry.fleet.accounts.person import Person
from telemetry.fleet.accounts.register import person_of
from telemetry.fleet.store.schema import account, session

TOKEN_BYTES = 32
"""256 bits: never guessed, so nothing slows down who tries."""
TOUCHED_EVERY = timedelta(minutes=1)
"""A session's last use is written at most so often, so that looking costs the database no writes."""
ID_CHARS = 12
"""Of a session's hash, to name it by on its owner's page."""

_OPEN = select(
    session.c.token_hash,
    session.c.csrf,
    session.c.created_at,
    session.c.last_used_at,
    session.c.expires_at,
    session.c.is_kept,
    session.c.address,
    account.c.name,
    account.c.full_name,
    account.c.role,
    account.c.counties,
    account.c.areas,
).join(account, account.c.name == session.c.account)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lasting:
    """How long a session lasts."""

    idle: timedelta
    longest: timedelta
    kept: timedelta
    """On a computer nobody else uses: so long, idle or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session that begins: what the browser gets, once."""

    token: str
    csrf: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session that is open. ``id`` names it to its owner and opens nothing."""

    id: str
    person: Person
    csrf: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    is_kept: bool
    address: str


def digest(token: str) -> str:
    """Return what of a token is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(connection: Connection, name: str, *, is_kept: bool, address: str, lasting: Lasting, now: datetime) -> Opened:
    """Begin a session, with a token of its own."""
    opened = Opened(
        token=secrets.token_urlsafe(TOKEN_BYTES),
        csrf=secrets.token_urlsafe(TOKEN_BYTES),
        expires_at=now + (lasting.kept if is_kept else lasting.longest),
    )
    connection.execute(
        insert(session).values(
            token_hash=digest(opened.token),
            account=name,
            csrf=opened.csrf,
            created_at=now,
            last_used_at=now,
            expires_at=opened.expires_at,
            is_kept=is_kept,
            address=address[:64],
        )
    )
    connection.execute(delete(session).where(session.c.expires_at < now))
    return opened


def find(connection: Connection, token: str, *, lasting: Lasting, now: datetime) -> Session | None:
    """Return the open session a cookie belongs to; None when it has ended, however it did."""
    question = _OPEN.where(session.c.token_hash == digest(token), account.c.is_closed.is_(False), session.c.expires_at > now)
    row = connection.execute(question).mappings().first()
    if row is None:
        return None
    found = _session(row)
    if not found.is_kept and now - found.last_used_at > lasting.idle:
        return None
    return found


def touch(connection: Connection, token: str, *, now: datetime) -> None:
    """Write that it is in use."""
    connection.execute(update(session).where(session.c.token_hash == digest(token)).values(last_used_at=now))


def is_due(found: Session, *, now: datetime) -> bool:
    """Whether its last use is so long ago that it is worth a write."""
    return now - found.last_used_at >= TOUCHED_EVERY


def end(connection: Connection, token: str) -> None:
    """End the session of a cookie."""
    connection.execute(delete(session).where(session.c.token_hash == digest(token)))


def end_one(connection: Connection, name: str, id: str) -> bool:  # noqa: A002  # the word on the page
    """End one session of an account, by the id its owner sees; False when it was over already."""
    owned = select(session.c.token_hash).where(session.c.account == name)
    gone = [each for each in connection.execute(owned).scalars() if each.startswith(id)] if len(id) >= ID_CHARS else []
    connection.execute(delete(session).where(session.c.token_hash.in_(gone)))
    return bool(gone)


def end_all(connection: Connection, name: str, *, but: str = "") -> int:
    """End every session of an account, except the one of the cookie ``but``; returns how many."""
    ended = connection.execute(delete(session).where(session.c.account == name, session.c.token_hash != digest(but)))
    return ended.rowcount


def of_account(connection: Connection, name: str, *, lasting: Lasting, now: datetime) -> tuple[Session, ...]:
    """Return an account's open sessions, last used first."""
    question = _OPEN.where(session.c.account == name, session.c.expires_at > now).order_by(session.c.last_used_at.desc())
    found = (_session(row) for row in connection.execute(question).mappings())
    return tuple(one for one in found if one.is_kept or now - one.last_used_at <= lasting.idle)


def _session(row: RowMapping) -> Session:
    return Session(
        id=row["token_hash"][:ID_CHARS],
        person=person_of(row),
        csrf=row["csrf"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        expires_at=row["expires_at"],
        is_kept=row["is_kept"],
        address=row["address"],
    )
