"""How the database is opened: every connection durable, every wait bounded."""

from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

BUSY_TIMEOUT_MS = 10_000
"""How long a connection waits for another's write lock before it says so; a batch takes milliseconds, a backup seconds."""


def sqlite_url(path: Path) -> str:
    """Return the URL of an SQLite file."""
    return f"sqlite:///{path}"


def open_engine(url: str) -> Engine:
    """Open the fleet's database.

    SQLite runs in WAL with synchronous=FULL: with NORMAL a power cut loses rows whose kiosks have already been told
    that they are stored.

    Args:
        url: SQLAlchemy's, e.g. ``sqlite:////var/lib/zhizhu/fleet.sqlite3``.
    """
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _make_durable)
    return engine


def _make_durable(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()
