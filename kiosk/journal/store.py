"""The ledger's file: SQLite with every commit on the disk before the act it speaks of.

Blocking; lives in one worker thread. WAL with synchronous=FULL lost no acknowledged row at any of 1063 kill points
measured; WAL with NORMAL and DELETE with FULL both did.
"""

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.journal.ledger import IntentKind, IntentOutcome, InterruptedVisit, OpenIntent, SettledIntent

BUSY_TIMEOUT_S = 2.0
"""Seconds to wait for another connection's lock; only a technician's copy ever holds one."""

KEPT = timedelta(days=400)
"""Ended visits older than this are forgotten when the file is opened: a year of evidence, a bounded file."""

COPIES_KEPT = 3
"""Quarantined copies that stay on the disk."""

MIGRATIONS = (
    """
    CREATE TABLE visit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        service TEXT NOT NULL,
        began_at TEXT NOT NULL,
        ended_at TEXT,
        outcome TEXT,
        CHECK ((ended_at IS NULL) = (outcome IS NULL))
    ) STRICT;
    CREATE TABLE intent (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        visit INTEGER NOT NULL REFERENCES visit (id) ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('submit', 'print')),
        key TEXT NOT NULL,
        reprint INTEGER NOT NULL CHECK (reprint >= 0),
        intended_at TEXT NOT NULL,
        sent_at TEXT,
        outcome TEXT CHECK (outcome IN ('done', 'not_started', 'partial', 'unknown')),
        evidence TEXT,
        settled_at TEXT,
        by_restart INTEGER NOT NULL DEFAULT 0 CHECK (by_restart IN (0, 1)),
        answer TEXT CHECK (answer IN ('whole', 'part', 'nothing')),
        CHECK ((settled_at IS NULL) = (outcome IS NULL))
    ) STRICT;
    CREATE INDEX intent_of_visit ON intent (visit);
    CREATE INDEX intent_open ON intent (id) WHERE outcome IS NULL;
    CREATE TRIGGER one_outcome BEFORE UPDATE OF outcome ON intent WHEN OLD.outcome IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'an intent has one outcome'); END;
    """,
    # Payments: SQLite cannot change a CHECK, so the table is made anew and every row carried over as it was.
    """
    CREATE TABLE intent_with_payments (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        visit INTEGER NOT NULL REFERENCES visit (id) ON DELETE CASCADE,
        kind TEXT NOT NULL CHECK (kind IN ('submit', 'print', 'pay')),
        key TEXT NOT NULL,
        reprint INTEGER NOT NULL CHECK (reprint >= 0),
        intended_at TEXT NOT NULL,
        sent_at TEXT,
        outcome TEXT CHECK (outcome IN ('done', 'not_started', 'partial', 'unknown')),
        evidence TEXT,
        settled_at TEXT,
        by_restart INTEGER NOT NULL DEFAULT 0 CHECK (by_restart IN (0, 1)),
        answer TEXT CHECK (answer IN ('whole', 'part', 'nothing')),
        CHECK ((settled_at IS NULL) = (outcome IS NULL))
    ) STRICT;
    INSERT INTO intent_with_payments
        (id, visit, kind, key, reprint, intended_at, sent_at, outcome, evidence, settled_at, by_restart, answer)
        SELECT id, visit, kind, key, reprint, intended_at, sent_at, outcome, evidence, settled_at, by_restart, answer
        FROM intent ORDER BY id;
    DROP TABLE intent;
    ALTER TABLE intent_with_payments RENAME TO intent;
    CREATE INDEX intent_of_visit ON intent (visit);
    CREATE INDEX intent_open ON intent (id) WHERE outcome IS NULL;
    CREATE TRIGGER one_outcome BEFORE UPDATE OF outcome ON intent WHEN OLD.outcome IS NOT NULL
    BEGIN SELECT RAISE(ABORT, 'an intent has one outcome'); END;
    """,
)
"""One script a version; PRAGMA user_version counts how many have run."""


class LedgerFile:
    """One open ledger. Every method is one transaction, on the disk when it returns; raises ``sqlite3.Error``."""

    def __init__(self, path: Path, *, now: datetime) -> None:
        """Open ``path``, making or migrating it. A file that is no ledger is put aside, and a fresh one begun.

        ``quarantined`` then names the copy that was kept.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.quarantined: Path | None = None
        try:
            self._connection = _open(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise  # disk, lock or rights: the file itself may be sound
            self.quarantined = _quarantine(path, now)
            self._connection = _open(path)
        with self._connection as connection:
            connection.execute("DELETE FROM visit WHERE ended_at < ?", (_text(now - KEPT),))

    def close(self) -> None:
        """Let go of the file. Twice is fine."""
        self._connection.close()

    def begin_visit(self, service: str, now: datetime) -> int:
        """Open a visit and return its row."""
        return self._insert("INSERT INTO visit (service, began_at) VALUES (?, ?)", (service, _text(now)))

    def end_visit(self, visit: int, outcome: str, now: datetime) -> None:
        """Close a visit. The first ending stands."""
        with self._connection as connection:
            connection.execute(
                "UPDATE visit SET ended_at = ?, outcome = ? WHERE id = ? AND ended_at IS NULL", (_text(now), outcome, visit)
            )

    def intend(self, visit: int, kind: IntentKind, key: str, reprint: int, now: datetime) -> int:
        """Write down what is about to be done and return its row."""
        return self._insert(
            "INSERT INTO intent (visit, kind, key, reprint, intended_at) VALUES (?, ?, ?, ?, ?)",
            (visit, kind.value, key, reprint, _text(now)),
        )

    def mark_sent(self, intent: int, now: datetime) -> None:
        """Write down that from here on the act may have had its effect. Comes before the first byte."""
        with self._connection as connection:
            connection.execute("UPDATE intent SET sent_at = ? WHERE id = ?", (_text(now), intent))

    def settle(self, intent: int, outcome: IntentOutcome, evidence: str, now: datetime) -> None:
        """Give an intent its outcome. Raises ``sqlite3.IntegrityError`` when it has one."""
        with self._connection as connection:
            connection.execute(
                "UPDATE intent SET outcome = ?, evidence = ?, settled_at = ? WHERE id = ?",
                (outcome.value, evidence, _text(now), intent),
            )

    def record_answer(self, intent: int, answer: str) -> None:
        """Keep beside a print what the person saw come out. Its outcome stays what it was."""
        with self._connection as connection:
            connection.execute("UPDATE intent SET answer = ? WHERE id = ?", (answer, intent))

    def settle_after_crash(self, now: datetime) -> tuple[InterruptedVisit, ...]:
        """Settle open intents, but for what the platform can tell of, and close every open visit, in one transaction."""
        with self._connection as connection:
            connection.execute(
                "UPDATE intent SET outcome = CASE WHEN sent_at IS NULL THEN 'not_started' ELSE 'unknown' END,"
                " evidence = 'restart', settled_at = ?, by_restart = 1"
                " WHERE outcome IS NULL AND (kind = 'print' OR sent_at IS NULL)",
                (_text(now),),
            )
            found = tuple(
                self._interrupted(row)
                for row in connection.execute("SELECT * FROM visit WHERE ended_at IS NULL ORDER BY id").fetchall()
            )
            connection.execute("UPDATE visit SET ended_at = ?, outcome = 'interrupted' WHERE ended_at IS NULL", (_text(now),))
        return found

    def open_intents(self) -> tuple[OpenIntent, ...]:
        """Sent submissions and payments without an outcome, oldest first."""
        rows = self._connection.execute(
            "SELECT id, visit, kind, key FROM intent"
            " WHERE outcome IS NULL AND kind <> 'print' AND sent_at IS NOT NULL ORDER BY id"
        ).fetchall()
        return tuple(
            OpenIntent(intent=row["id"], visit=row["visit"], kind=IntentKind(row["kind"]), key=row["key"]) for row in rows
        )

    def _interrupted(self, visit: sqlite3.Row) -> InterruptedVisit:
        rows = self._connection.execute("SELECT * FROM intent WHERE visit = ? ORDER BY id", (visit["id"],)).fetchall()
        seen = [visit["began_at"], *(row["intended_at"] for row in rows), *(row["sent_at"] for row in rows if row["sent_at"])]
        seen += [row["settled_at"] for row in rows if row["settled_at"] and not row["by_restart"]]
        return InterruptedVisit(
            visit=visit["id"],
            service=visit["service"],
            began_at=_moment(visit["began_at"]),
            last_seen_at=_moment(max(seen)),
            intents=tuple(
                SettledIntent(
                    kind=IntentKind(row["kind"]),
                    key=row["key"],
                    reprint=row["reprint"],
                    outcome=IntentOutcome(row["outcome"]),
                    by_restart=bool(row["by_restart"]),
                )
                for row in rows
                if row["outcome"] is not None
            ),
        )

    def _insert(self, statement: str, values: tuple[str | int, ...]) -> int:
        with self._connection as connection:
            row: int = connection.execute(f"{statement} RETURNING id", values).fetchone()[0]
        return row


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        _check(connection, path)
        _migrate(connection, path)
    except UnicodeDecodeError as error:  # what it says is wrong names something whose name was spoilt, too
        connection.close()
        raise sqlite3.DatabaseError(f"{path.name}: spoilt beyond words") from error
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> None:
    verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"{path.name}: {verdict}")


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise sqlite3.OperationalError(f"{path.name}: written by a newer release (version {version})")
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.executescript(f"BEGIN; {script} PRAGMA user_version = {number}; COMMIT;")


def _quarantine(path: Path, now: datetime) -> Path:
    kept = path.with_name(f"{path.name}.corrupt-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    for suffix in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).replace(kept.with_name(kept.name + suffix))
    path.replace(kept)
    copies = sorted(copy for copy in path.parent.glob(f"{path.name}.corrupt-*Z"))
    for copy in copies[:-COPIES_KEPT]:
        for suffix in ("", "-wal", "-shm"):
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)
    return kept


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
