"""A store as one SQLite file, whatever it lives in: taken in one snapshot while others write, and put back whole."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, func, insert, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.store.engine import sqlite_url
from telemetry.fleet.store.schema import metadata, session
from telemetry.fleet.store.upgrade import known_revisions, revision_of, upgrade

ROWS_AT_ONCE = 2_000
LEFT_OUT = frozenset({session.name})
"""Who is signed in just now is no part of it: a session that has ended since must not come back."""
SERVICE = "zhizhu-fleet"
"""What every connection of ours calls itself, see ``engine``."""


class SnapshotError(Exception):
    """It cannot be taken or put back; the message says why, and nothing was changed."""


def take(engine: Engine, path: Path) -> None:
    """Write the whole store into a new SQLite file; whoever writes to the store meanwhile does not wait for it.

    Raises:
        SnapshotError: The store is not at this release's tables, or the copy is not sound.
        SQLAlchemyError: The store cannot be read.
    """
    with engine.connect() as connection:
        revision = revision_of(connection)
        if revision != known_revisions()[0]:
            raise SnapshotError(
                f"the store is at revision {revision}, this release at {known_revisions()[0]}: start it once first"
            )
        if engine.dialect.name == "sqlite":
            _copy_file(connection, path)
        else:
            _copy_rows(connection, path)
    _settle(path)
    verify(path)


def verify(path: Path) -> tuple[str, Mapping[str, int]]:
    """Check a snapshot's file; returns its revision and how many rows each table has.

    Raises:
        SnapshotError: It is damaged, or of a release newer than this one.
    """
    engine = create_engine(sqlite_url(path))
    try:
        with engine.connect() as connection:
            sound = connection.execute(text("PRAGMA integrity_check")).scalar_one()
            if sound != "ok":
                raise SnapshotError(f"{path.name}: SQLite finds it damaged: {sound}")
            revision = revision_of(connection)
            if revision is None:
                raise SnapshotError(f"{path.name}: not a store of ours")
            if revision not in known_revisions():
                newest = known_revisions()[0]
                raise SnapshotError(
                    f"it is of a newer release: its tables are at {revision}, this release knows them up to {newest}"
                )
            names = sorted(name for name in inspect(connection).get_table_names() if name != "alembic_version")
            return revision, {name: _count(connection, name) for name in names}
    except SQLAlchemyError as error:
        raise SnapshotError(f"{path.name}: not a database SQLite can read") from error
    finally:
        engine.dispose()


def put_into(engine: Engine, path: Path, *, is_replacing: bool) -> Mapping[str, int]:
    """Put a verified snapshot into a PostgreSQL store, in one transaction; returns the rows of each table.

    Raises:
        SnapshotError: It holds something and is not to be replaced, a server is using it, or the counts do not agree.
        SQLAlchemyError: The store cannot be written; it is as it was.
    """
    source = create_engine(sqlite_url(path))
    try:
        upgrade(source)
        upgrade(engine)
        with source.connect() as rows, engine.begin() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            _nobody_else(connection)
            for table in reversed(metadata.sorted_tables):
                if not is_replacing and connection.execute(select(table).limit(1)).first() is not None:
                    raise SnapshotError(f"the store holds something ({table.name}); restore with --replace to do away with it")
            connection.execute(text(f"TRUNCATE {', '.join(_quoted(table) for table in metadata.sorted_tables)}"))
            counts = {}
            for table in metadata.sorted_tables:
                for chunk in _rows(rows, table):
                    connection.execute(insert(table), chunk)
                counts[table.name] = connection.execute(select(func.count()).select_from(table)).scalar_one()
                if counts[table.name] != rows.execute(select(func.count()).select_from(table)).scalar_one():
                    raise SnapshotError(f"{table.name}: the counts do not agree")
                _count_on(connection, table)
            return counts
    finally:
        source.dispose()


def _copy_file(connection: Connection, path: Path) -> None:
    """Copy a store that is a file already. One step: in WAL a reader holds up nobody, and many steps might never meet."""
    source = connection.connection.driver_connection
    if not isinstance(source, sqlite3.Connection):
        raise TypeError("SQLite's own connection was expected")
    target = sqlite3.connect(path)
    try:
        source.backup(target, pages=-1)
    finally:
        target.close()


def _copy_rows(connection: Connection, path: Path) -> None:
    target = create_engine(sqlite_url(path))
    try:
        upgrade(target)
        connection.rollback()
        snapshot = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with target.begin() as copy:
            snapshot.execute(text("SET LOCAL statement_timeout = 0"))
            for table in metadata.sorted_tables:
                for chunk in _rows(snapshot, table):
                    copy.execute(insert(table), chunk)
    finally:
        target.dispose()


def _settle(path: Path) -> None:
    """Make it one file without companions, and without who is signed in."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
        for name in LEFT_OUT:
            connection.execute(f'DELETE FROM "{name}"')  # noqa: S608  our own names
        connection.execute("VACUUM")
    finally:
        connection.close()


def _rows(connection: Connection, table: Table) -> Iterator[Sequence[Mapping[str, Any]]]:
    found = connection.execute(select(table).execution_options(yield_per=ROWS_AT_ONCE))
    for chunk in found.mappings().partitions():
        yield [dict(row) for row in chunk]


def _nobody_else(connection: Connection) -> None:
    others = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = :service AND pid <> pg_backend_pid()"
    )
    if connection.execute(others, {"service": SERVICE}).scalar_one():
        raise SnapshotError("a server is using the store: stop it first")


def _count_on(connection: Connection, table: Table) -> None:
    """Let the numbers the database gives go on after those that were brought along."""
    for column in table.primary_key.columns:
        if column.autoincrement is True:
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{_quoted(table)}', '{column.name}'),"  # noqa: S608  our own names
                    f" (SELECT coalesce(max({column.name}), 0) + 1 FROM {_quoted(table)}), false)"
                )
            )


def _count(connection: Connection, name: str) -> int:
    count: int = connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()  # noqa: S608  names of the file's own
    return count


def _quoted(table: Table) -> str:
    return f'"{table.name}"'
