"""What a failure of the database means: it is away and the same may be tried again, or what it was given is poison."""

import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as NoConnectionError

_POISON_CLASSES = frozenset({"22", "23", "42", "54"})
"""SQLSTATE classes (PostgreSQL 15, appendix A): data exception, constraint violation, a statement it cannot make sense of,
program limit. Every other class tells of the server: connection, resources, disk, shutdown, locks, rights, read-only."""

_AWAY_STATES = frozenset({"42501", "42P01", "42703", "42P07"})
"""Of class 42, but no message's fault: rights taken away, a table or column that is not there, or not there any more."""

_POISON_SQLITE = frozenset({sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE})
"""Primary result codes that the same bytes would earn tomorrow as well."""


class StoreUnavailableError(Exception):
    """The database cannot take anything now: locked, full, gone. What was to be written is not there; try it again."""


class UnstorableError(Exception):
    """The database refuses this whatever the time: something in it is poison."""


def in_words(error: SQLAlchemyError) -> str:
    """Return the database's own words, without the statement and what was in it."""
    return str(error.orig if isinstance(error, StatementError) else error).strip()


def is_outage(error: SQLAlchemyError) -> bool:
    """Return whether the database is away, full, locked, read-only or shutting down: nothing is wrong with what was asked.

    What is known to be poison is named; everything else counts as an outage, because then nothing is thrown away.
    """
    if isinstance(error, NoConnectionError):
        return True
    if not isinstance(error, DBAPIError):
        return not isinstance(error, StatementError)
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, psycopg.Error):
        return _is_postgresql_outage(error.orig)
    if isinstance(error.orig, sqlite3.Error):
        return _is_sqlite_outage(error.orig)
    return False  # not the database's word: a value that its driver could not take


def _is_postgresql_outage(error: psycopg.Error) -> bool:
    state = error.sqlstate
    if state is None:  # said by the driver itself: a line that broke, or a value it cannot send, such as text with a NUL
        return isinstance(error, psycopg.OperationalError | psycopg.InternalError)
    return state in _AWAY_STATES or state[:2] not in _POISON_CLASSES


def _is_sqlite_outage(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # said by the driver itself: a value it cannot bind
        return False
    primary = code & 0xFF
    if primary == sqlite3.SQLITE_ERROR:  # a statement it cannot make sense of, unless the tables are not there
        return str(error).startswith("no such")
    return primary not in _POISON_SQLITE
