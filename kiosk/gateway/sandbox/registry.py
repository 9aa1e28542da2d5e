"""What the platform remembers for ever: citizens, applications by key, effects, documents, ratings."""

import json
import secrets
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from kiosk.gateway.sandbox.citizens import Citizen
from kiosk.gateway.sandbox.documents import BEIJING, Issued, Row

CODE_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""32 letters that nobody mistakes for one another, so five bits each."""
CODE_LENGTH = 20
"""100 bits: whoever guesses a thousand codes a second for a thousand years finds nothing."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS citizen (id_number TEXT PRIMARY KEY, name TEXT NOT NULL, birth TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS application (
    key TEXT PRIMARY KEY, content TEXT NOT NULL, service TEXT NOT NULL, state TEXT NOT NULL, reply TEXT) STRICT;
CREATE TABLE IF NOT EXISTS effect (id INTEGER PRIMARY KEY, key TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS document (
    number TEXT PRIMARY KEY, code TEXT NOT NULL UNIQUE, title TEXT NOT NULL, issuer TEXT NOT NULL,
    issued_at TEXT NOT NULL, shown_rows TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS rating (key TEXT PRIMARY KEY, level INTEGER NOT NULL, at TEXT NOT NULL) STRICT;
"""


class State(StrEnum):
    """How far an application has come."""

    PROCESSING = "processing"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An application the platform has heard of. ``reply`` is its outcome as JSON, or None while it is worked on."""

    content: str = field(repr=False)
    reply: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Genuine:
    """A document this platform issued, as the verification page shows it."""

    number: str
    title: str
    issuer: str
    issued_at: datetime
    rows: tuple[Row, ...] = field(repr=False)


class Registry:
    """The platform's database. Every method is one transaction; nothing in it waits for anybody."""

    def __init__(self, path: Path, *, issuer: str, public_url: str) -> None:
        """Open or make the database; applications a crash left half done were without effect and are forgotten."""
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(SCHEMA)
        self._db.execute("DELETE FROM application WHERE state = ?", (State.PROCESSING,))
        self._issuer = issuer
        self._public_url = public_url.rstrip("/")

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def register(self, citizens: Iterable[Citizen]) -> None:
        """Add citizens; those already known stay as they are."""
        self._db.executemany(
            "INSERT OR IGNORE INTO citizen VALUES (?, ?, ?)", [(c.id_number, c.name, c.birth.isoformat()) for c in citizens]
        )

    def citizen(self, id_number: str) -> Citizen | None:
        """The citizen with this ID number."""
        row = self._db.execute("SELECT name, birth FROM citizen WHERE id_number = ?", (id_number.upper(),)).fetchone()
        return row and Citizen(id_number=id_number.upper(), name=row[0], birth=date.fromisoformat(row[1]))

    def begin(self, key: str, *, service: str, content: str) -> Known | None:
        """Note a key before any work on it. None when it is new, else what is known of it."""
        begun = self._db.execute(
            "INSERT OR IGNORE INTO application VALUES (?, ?, ?, ?, NULL)", (key, content, service, State.PROCESSING)
        )
        return None if begun.rowcount == 1 else self.application(key)

    def application(self, key: str) -> Known | None:
        """What is known of a key."""
        row = self._db.execute("SELECT content, reply FROM application WHERE key = ?", (key,)).fetchone()
        return row and Known(content=row[0], reply=row[1])

    def accept(self, key: str, issued: Issued, *, now: datetime) -> str:
        """Issue the document: the effect, its count and its answer in one transaction. Returns the answer as JSON."""
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))

        def effect() -> str:
            self._db.execute("INSERT INTO effect (key, at) VALUES (?, ?)", (key, now.isoformat()))
            (serial,) = self._db.execute("SELECT count(*) FROM effect").fetchone()
            number = f"{issued.prefix}{now.astimezone(BEIJING):%Y%m%d}-{serial:06d}"
            rows = json.dumps(issued.rows, ensure_ascii=False)
            self._db.execute(
                "INSERT INTO document VALUES (?, ?, ?, ?, ?, ?)",
                (number, code, issued.title, self._issuer, now.isoformat(), rows),
            )
            return json.dumps(
                {
                    "status": "accepted",
                    "document": {
                        "number": number,
                        "title": issued.title,
                        "rows": [{"label": label, "value": value} for label, value in issued.rows],
                        "issuer": self._issuer,
                        "issued_at": now.isoformat(),
                        "verify_url": f"{self._public_url}/v/{code}",
                    },
                },
                ensure_ascii=False,
            )

        return self._settle(key, effect)

    def refuse(self, key: str, reason: str) -> str:
        """Settle an application without any effect. Returns the answer as JSON."""
        return self._settle(key, lambda: json.dumps({"status": "refused", "reason": reason}, ensure_ascii=False))

    def forget(self, key: str) -> None:
        """Take back a key that was noted and could not be worked on; it had no effect."""
        self._db.execute("DELETE FROM application WHERE key = ? AND state = ?", (key, State.PROCESSING))

    def rate(self, key: str, level: int, *, now: datetime) -> None:
        """Note a rating; the first one of a key stays."""
        self._db.execute("INSERT OR IGNORE INTO rating VALUES (?, ?, ?)", (key, level, now.isoformat()))

    def effects(self) -> dict[str, int]:
        """How often each application had an effect: once, if all is well."""
        return dict(self._db.execute("SELECT key, count(*) FROM effect GROUP BY key ORDER BY min(id)").fetchall())

    def ratings(self) -> dict[str, int]:
        """The rating of each key that has one."""
        return dict(self._db.execute("SELECT key, level FROM rating ORDER BY rowid").fetchall())

    def genuine(self, code: str) -> Genuine | None:
        """The document with this verification code."""
        row = self._db.execute(
            "SELECT number, title, issuer, issued_at, shown_rows FROM document WHERE code = ?", (code,)
        ).fetchone()
        if row is None:
            return None
        return Genuine(
            number=row[0],
            title=row[1],
            issuer=row[2],
            issued_at=datetime.fromisoformat(row[3]),
            rows=tuple((label, value) for label, value in json.loads(row[4])),
        )

    def _settle(self, key: str, outcome: Callable[[], str]) -> str:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            reply = outcome()
            self._db.execute("UPDATE application SET state = ?, reply = ? WHERE key = ?", (State.SETTLED, reply, key))
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        return reply
