"""How the database is opened: every connection durable, every wait bounded."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection

BUSY_TIMEOUT_MS = 10_000
"""How long a connection waits for another's lock before it says so; a batch takes milliseconds, a backup seconds."""

CHECKPOINT_PAGES = 16_000
"""SQLite: the log may grow to 64 MB before a batch has to wait until it is moved; the scribe does that long before."""

STATEMENT_TIMEOUT_MS = 30_000
"""PostgreSQL: a page or a batch that takes longer is cut off and tried again; nobody waits so long for a page."""
CONNECT_TIMEOUT_S = 5
"""PostgreSQL: to be let in; a page would rather say that the store is away."""
UNHEARD_MS = 15_000
"""PostgreSQL: a server that acknowledges no byte for so long is gone, whatever the network says of it."""
IDLE_IN_TRANSACTION_MS = 60_000
"""PostgreSQL: a transaction nobody works on gives its locks back."""

POOL_KEPT = 8
"""Connections kept open: the batch writer, the jobs beside it, and a few pages at once."""
POOL_BEYOND = 40
"""Connections opened beside those for a while: one for each of the web's forty worker threads, so that a page never keeps the
batch writer from its own. 48 together stay below the hundred a PostgreSQL allows by default."""
POOL_TIMEOUT_S = 5.0
"""To wait for a connection when all are taken."""


def sqlite_url(path: Path) -> str:
    """Return the URL of an SQLite file."""
    return f"sqlite:///{path}"


def spoken(url: str) -> URL:
    """Return a store's URL with its driver: PostgreSQL is spoken to through psycopg 3, whether that is said or not."""
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername == "postgresql" else parsed


def open_engine(url: str, *, checkpoint_pages: int = CHECKPOINT_PAGES) -> Engine:
    """Open the fleet's database; it need not be there yet.

    SQLite runs in WAL with synchronous=FULL: with NORMAL a power cut loses rows whose kiosks have already been told
    that they are stored. PostgreSQL is asked for the same, whatever its own settings say.

    Args:
        url: ``sqlite:////var/lib/zhizhu/fleet.sqlite3``, or ``postgresql://zhizhu@/zhizhu?host=/run/postgresql``.
        checkpoint_pages: SQLite: who commits when the log has so many pages moves them into the database, and waits for it.
    """
    parsed = spoken(url)
    is_postgresql = parsed.get_backend_name() == "postgresql"
    engine = create_engine(
        parsed,
        hide_parameters=True,
        pool_pre_ping=is_postgresql,
        pool_size=POOL_KEPT,
        max_overflow=POOL_BEYOND,
        pool_timeout=POOL_TIMEOUT_S,
        json_serializer=_as_json,
        json_deserializer=orjson.loads,
        connect_args=_postgresql_arguments() if is_postgresql else {},
    )
    if not is_postgresql:
        event.listen(engine, "connect", partial(_make_durable, checkpoint_pages=checkpoint_pages))
    return engine


def _as_json(value: Any) -> str:  # noqa: ANN401  whatever a JSON column holds
    try:
        return orjson.dumps(value).decode()
    except TypeError:
        return json.dumps(value)  # whole numbers beyond 64 bits, which JSON allows


def _postgresql_arguments() -> dict[str, Any]:
    settings = {
        "synchronous_commit": "on",
        "statement_timeout": STATEMENT_TIMEOUT_MS,
        "lock_timeout": BUSY_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_MS,
        "timezone": "UTC",
    }
    return {
        "application_name": "zhizhu-fleet",
        "connect_timeout": CONNECT_TIMEOUT_S,
        "tcp_user_timeout": UNHEARD_MS,
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }


def _make_durable(connection: DBAPIConnection, _record: object, *, checkpoint_pages: int) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute(f"PRAGMA wal_autocheckpoint={checkpoint_pages}")
    cursor.close()
