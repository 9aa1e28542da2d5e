"""The disk queue: what happened stays here until the fleet has stored it, through power cuts and months without a network.

Every message gets a number one above the one before it, for ever. A new queue begins at the wall clock in milliseconds, so
that a kiosk whose disk was replaced goes on above its old numbers. When the queue is full the oldest of what matters least is
shed and counted; faults go last. Blocking; ``telemetry.agent.reporter`` calls it in a Worker.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import Path

MAX_COUNT = 1_000_000
MAX_BYTES = 384 * 1024 * 1024
"""Of bodies; with SQLite's own pages and the write-ahead log the files stay below 512 MB."""

SHED_SHARE = 0.02
"""A full queue sheds this share at once, so that the next messages cost nothing extra."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (seq INTEGER PRIMARY KEY, rank INTEGER NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS message_by_rank ON message (rank, seq);
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


class Rank(IntEnum):
    """What is shed first when there is no room."""

    PASSING = 0
    """Conditions and events."""
    FAULT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message before it has a number; ``body`` is its JSON."""

    rank: Rank
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A numbered message. ``prev`` is the number of the one before it that is still here, 0 when there is none."""

    seq: int
    prev: int
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The queue in numbers.

    Attributes:
        head: The highest number given so far.
        floor: Every number up to here has left.
        count: Messages waiting.
        shed: Messages given up, ever.
    """

    head: int
    floor: int
    count: int
    shed: int


class Outbox:
    """One queue in one SQLite file. Every method is one transaction; when it returns, a power cut changes nothing."""

    def __init__(self, path: Path, *, now: datetime, max_count: int = MAX_COUNT, max_bytes: int = MAX_BYTES) -> None:
        """Open the queue, or begin one. A file that is no database any more is put aside, not thrown away.

        Args:
            path: The file.
            now: Wall clock; where the numbers of a new queue begin.
            max_count: Messages at most.
            max_bytes: Of their bodies at most.

        Raises:
            OSError: The folder cannot be used.
            sqlite3.Error: The disk cannot.
        """
        self._path = path
        self._max_count = max_count
        self._max_bytes = max_bytes
        self.is_anew = False
        self.unsent: int | None = None
        """Messages of a queue that was put aside, where they could still be counted."""
        try:
            self._connection = self._open(now)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            self.unsent = _counted(self._put_aside(now))
            self.is_anew = True
            self._connection = self._open(now)
        self._count, self._bytes = self._connection.execute(
            "SELECT count(*), coalesce(sum(length(body)), 0) FROM message"
        ).fetchone()

    def _open(self, now: datetime) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.executescript(_SCHEMA)
            first = max(0, int(now.timestamp() * 1000))
            start = (("head", first), ("life", 0), ("shed", 0))
            connection.executemany("INSERT OR IGNORE INTO counter VALUES (?, ?)", start)
            self._check(connection)
        except UnicodeDecodeError as error:  # what it says is wrong names something whose name was spoilt, too
            connection.close()
            raise sqlite3.DatabaseError("spoilt beyond words") from error
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    def _check(connection: sqlite3.Connection) -> None:
        said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if said != "ok":
            raise sqlite3.DatabaseError(f"quick_check: {said}")

    def _put_aside(self, now: datetime) -> Path:
        stamp = int(now.timestamp())
        for suffix in ("-wal", "-shm", ""):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{self._path}{suffix}").rename(f"{self._path}.spoilt-{stamp}{suffix}")  # SQLite finds them together
        return Path(f"{self._path}.spoilt-{stamp}")

    def close(self) -> None:
        """Close the file. Twice is fine."""
        self._connection.close()

    def next_life(self) -> int:
        """Count one life more, and return it."""
        self._connection.execute("UPDATE counter SET value = value + 1 WHERE name = 'life'")
        return self._value("life")

    def standing(self) -> Standing:
        """Return the queue in numbers."""
        head = self._value("head")
        first = self._connection.execute("SELECT min(seq) FROM message").fetchone()[0]
        return Standing(head=head, floor=head if first is None else first - 1, count=self._count, shed=self._value("shed"))

    def put(self, drafts: Iterable[Draft]) -> Standing:
        """Number messages, keep them, and return how the queue stands then."""
        drafts = tuple(drafts)
        with self._transaction():
            first = self._value("head") + 1
            rows = [(seq, draft.rank, draft.kind, draft.body) for seq, draft in enumerate(drafts, start=first)]
            self._connection.executemany("INSERT INTO message VALUES (?, ?, ?, ?)", rows)
            self._connection.execute("UPDATE counter SET value = value + ? WHERE name = 'head'", (len(rows),))
            self._count += len(drafts)
            self._bytes += sum(len(draft.body) for draft in drafts)
            if self._count > self._max_count or self._bytes > self._max_bytes:
                self._shed()
        return self.standing()

    def after(self, seq: int, *, limit: int) -> tuple[Entry, ...]:
        """Return the next messages above ``seq``, in order."""
        rows = self._connection.execute(
            "SELECT seq, kind, body FROM message WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
        ).fetchall()
        if not rows:
            return ()
        before = self._connection.execute("SELECT max(seq) FROM message WHERE seq < ?", (rows[0][0],)).fetchone()[0] or 0
        entries = []
        for number, kind, body in rows:
            entries.append(Entry(seq=number, prev=before, kind=kind, body=body))
            before = number
        return tuple(entries)

    def forget(self, up_to: int) -> Standing:
        """Let go of everything up to a number the fleet says it has stored; return how the queue stands then."""
        with self._transaction():
            self._drop("seq <= ?", (up_to,))
        return self.standing()

    def _shed(self) -> None:
        """Make room: of the lowest rank that has any, the oldest first."""
        count_goal = self._max_count - int(self._max_count * SHED_SHARE)
        bytes_goal = self._max_bytes - int(self._max_bytes * SHED_SHARE)
        before = self._count
        for rank in Rank:
            while self._count > count_goal or self._bytes > bytes_goal:
                edge = self._edge(rank, count_goal, bytes_goal)
                if edge is None:
                    break
                self._drop("rank = ? AND seq <= ?", (rank, edge))
        self._connection.execute("UPDATE counter SET value = value + ? WHERE name = 'shed'", (before - self._count,))

    def _edge(self, rank: Rank, count_goal: int, bytes_goal: int) -> int | None:
        """Return up to which number this rank has to go, at most all of it."""
        edge: int | None = None
        count, size = self._count, self._bytes
        rows = self._connection.execute("SELECT seq, length(body) FROM message WHERE rank = ? ORDER BY seq", (rank,))
        for seq, length in rows:
            if count <= count_goal and size <= bytes_goal:
                break
            edge, count, size = seq, count - 1, size - length
        rows.close()
        return edge

    def _drop(self, condition: str, values: tuple[int, ...]) -> None:
        counted = f"SELECT count(*), coalesce(sum(length(body)), 0) FROM message WHERE {condition}"  # noqa: S608  our own words
        count, size = self._connection.execute(counted, values).fetchone()
        self._connection.execute(f"DELETE FROM message WHERE {condition}", values)  # noqa: S608  our own words
        self._count -= count
        self._bytes -= size

    def _value(self, name: str) -> int:
        value: int = self._connection.execute("SELECT value FROM counter WHERE name = ?", (name,)).fetchone()[0]
        return value

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        counted = (self._count, self._bytes)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            self._count, self._bytes = counted
            with contextlib.suppress(sqlite3.Error):  # a full disk has rolled back already
                self._connection.execute("ROLLBACK")
            raise


def _counted(spoilt: Path) -> int | None:
    """How many messages a spoilt queue holds, as far as it can still be read; the copy is not written."""
    for tree in ("INDEXED BY message_by_rank", "NOT INDEXED"):  # one of the two may be whole
        with (
            contextlib.suppress(sqlite3.Error, UnicodeDecodeError),
            contextlib.closing(sqlite3.connect(f"file:{spoilt}?mode=ro", uri=True)) as connection,
        ):
            count: int = connection.execute(f"SELECT count(*) FROM message {tree}").fetchone()[0]  # noqa: S608  our own words
            return count
    return None
