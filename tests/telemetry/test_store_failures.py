"""Which failures of a database are an outage, to be waited out, and which are poison, to be passed over."""

import sqlite3

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as NoConnectionError

from telemetry.fleet.store.failures import is_outage


def _sqlite(code: int, words: str = "as SQLite says") -> sqlite3.Error:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return error


OUTAGES = (
    _sqlite(sqlite3.SQLITE_BUSY),
    _sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT),
    _sqlite(sqlite3.SQLITE_FULL),
    _sqlite(sqlite3.SQLITE_IOERR_FSYNC),
    _sqlite(sqlite3.SQLITE_READONLY),
    _sqlite(sqlite3.SQLITE_CANTOPEN),
    _sqlite(sqlite3.SQLITE_CORRUPT),
    _sqlite(sqlite3.SQLITE_ERROR, "no such table: kiosk"),
    psycopg.OperationalError("connection failed"),
    errors.AdminShutdown(),
    errors.CannotConnectNow(),
    errors.DiskFull(),
    errors.TooManyConnections(),
    errors.LockNotAvailable(),
    errors.QueryCanceled(),
    errors.DeadlockDetected(),
    errors.SerializationFailure(),
    errors.ReadOnlySqlTransaction(),
    errors.IdleInTransactionSessionTimeout(),
    errors.InsufficientPrivilege(),
    errors.UndefinedTable(),
    errors.DataCorrupted(),
)
POISON = (
    _sqlite(sqlite3.SQLITE_TOOBIG),
    _sqlite(sqlite3.SQLITE_CONSTRAINT_NOTNULL),
    _sqlite(sqlite3.SQLITE_ERROR, "too many SQL variables"),
    sqlite3.ProgrammingError("Error binding parameter 3: type 'dict' is not supported"),
    psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"),
    errors.StringDataRightTruncation(),
    errors.NumericValueOutOfRange(),
    errors.NotNullViolation(),
    errors.ProgramLimitExceeded(),
    errors.SyntaxError(),
)


@pytest.mark.parametrize("said", OUTAGES, ids=repr)
def test_away_full_locked_read_only_and_shutting_down_are_waited_out(said: Exception) -> None:
    assert is_outage(DBAPIError("INSERT", {}, said))


@pytest.mark.parametrize("said", POISON, ids=repr)
def test_what_the_same_bytes_would_earn_tomorrow_is_poison(said: Exception) -> None:
    assert not is_outage(IntegrityError("INSERT", {}, said))


def test_a_connection_that_broke_is_an_outage_whatever_was_being_said() -> None:
    assert is_outage(DBAPIError("INSERT", {}, errors.SyntaxError(), connection_invalidated=True))


def test_a_pool_without_a_free_connection_is_an_outage() -> None:
    assert is_outage(NoConnectionError("no connection within 5 s"))


def test_a_value_of_no_column_s_kind_is_poison() -> None:
    assert not is_outage(StatementError("naive datetime", "INSERT", {}, ValueError("naive datetime")))
