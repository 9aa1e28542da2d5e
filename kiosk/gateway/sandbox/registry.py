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
    issued_at TEXT NOT NULL, shown_rows TEXT NOT NULL, key TEXT NOT NULL, pages INTEGER NOT NULL,
    is_void INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS payment (
    key TEXT PRIMARY KEY, service TEXT NOT NULL, amount_fen INTEGER NOT NULL, state TEXT NOT NULL, reply TEXT NOT NULL,
    at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS papers (key TEXT PRIMARY KEY, name TEXT NOT NULL, pages INTEGER NOT NULL, at TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS phone_code (code TEXT PRIMARY KEY, id_number TEXT NOT NULL, is_used INTEGER NOT NULL) STRICT;
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
    is_void: bool
    verify_url: str
    pages: int


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
        self._faces = 0

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

        def effect() -> str:
            self._db.execute("INSERT INTO effect (key, at) VALUES (?, ?)", (key, now.isoformat()))
            return self._issue(key, issued, now=now)

        return self._settle(key, effect)

    def void(self, key: str, number: str, *, now: datetime) -> bool:
        """Declare a document void and issue the same anew under another number; False when there is no such document.

        Repeating it changes nothing: the application's answer names the new document from then on.
        """
        self._db.execute("BEGIN IMMEDIATE")
        try:
            row = self._db.execute(
                "SELECT title, shown_rows, pages, is_void FROM document WHERE key = ? AND number = ?", (key, number)
            ).fetchone()
            if row is not None and not row[3]:
                self._db.execute("UPDATE document SET is_void = 1 WHERE number = ?", (number,))
                prefix = number[: len(number) - len("20261122-000001")]
                rows = tuple((label, value) for label, value in json.loads(row[1]))
                reply = self._issue(key, Issued(prefix=prefix, title=row[0], rows=rows, pages=row[2]), now=now)
                self._db.execute("UPDATE application SET reply = ? WHERE key = ?", (reply, key))
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        return row is not None

    def current(self, key: str) -> Genuine | None:
        """The document that an application was answered with, as it is valid now."""
        row = self._db.execute("SELECT code FROM document WHERE key = ? AND NOT is_void ORDER BY rowid DESC", (key,)).fetchone()
        return None if row is None else self.genuine(row[0])

    def pay(self, key: str, *, service: str, amount_fen: int, refusal: str, now: datetime) -> str:
        """Take the money once, or note the refusal once. Returns the one answer of this key as JSON."""
        state, reply = ("refused", {"status": "refused", "reason": refusal}) if refusal else ("paid", {"status": "paid"})
        self._db.execute("BEGIN IMMEDIATE")
        try:
            (serial,) = self._db.execute("SELECT count(*) FROM payment").fetchone()
            if not refusal:
                reply["receipt"] = f"ZF{now.astimezone(BEIJING):%Y%m%d}-{serial + 1:06d}"
            self._db.execute(
                "INSERT OR IGNORE INTO payment VALUES (?, ?, ?, ?, ?, ?)",
                (key, service, amount_fen, state, json.dumps(reply, ensure_ascii=False), now.isoformat()),
            )
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        return self.payment(key) or ""

    def payment(self, key: str) -> str | None:
        """The one answer of a payment's key as JSON; None when it has never come."""
        row = self._db.execute("SELECT reply FROM payment WHERE key = ?", (key,)).fetchone()
        return row and str(row[0])

    def paid_fen(self, key: str, *, service: str) -> int:
        """What was paid under a key for a service."""
        row = self._db.execute(
            "SELECT amount_fen FROM payment WHERE key = ? AND service = ? AND state = 'paid'", (key, service)
        ).fetchone()
        return int(row[0]) if row else 0

    def payments(self) -> dict[str, int]:
        """What was taken under each key, in fen."""
        return dict(self._db.execute("SELECT key, amount_fen FROM payment WHERE state = 'paid' ORDER BY rowid").fetchall())

    def count_face(self) -> None:
        """Note that a face came to be compared. Nothing of it is kept, and the number lives as long as this process."""
        self._faces += 1

    @property
    def faces(self) -> int:
        """How many faces came to be compared."""
        return self._faces

    def keep_papers(self, key: str, *, pages: int, now: datetime) -> str:
        """Note that papers came for an application, in place of those before; returns their name. The papers themselves go."""
        name = f"CL{now.astimezone(BEIJING):%Y%m%d}-{secrets.token_hex(6)}"
        self._db.execute("INSERT OR REPLACE INTO papers VALUES (?, ?, ?, ?)", (key, name, pages, now.isoformat()))
        return name

    def papers(self, key: str) -> str | None:
        """The name of the papers of an application."""
        row = self._db.execute("SELECT name FROM papers WHERE key = ?", (key,)).fetchone()
        return row and str(row[0])

    def give_phone_code(self, code: str, id_number: str) -> None:
        """Let a code on a phone stand for a citizen, afresh."""
        self._db.execute("INSERT OR REPLACE INTO phone_code VALUES (?, ?, 0)", (code, id_number))

    def use_phone_code(self, code: str, *, once: bool) -> Citizen | None:
        """The citizen behind a code; ``once`` makes it the last time."""
        row = self._db.execute("SELECT id_number FROM phone_code WHERE code = ? AND NOT is_used", (code,)).fetchone()
        if row is None:
            return None
        if once:
            self._db.execute("UPDATE phone_code SET is_used = 1 WHERE code = ?", (code,))
        return self.citizen(str(row[0]))

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
            "SELECT number, title, issuer, issued_at, shown_rows, is_void, pages FROM document WHERE code = ?", (code,)
        ).fetchone()
        if row is None:
            return None
        return Genuine(
            number=row[0],
            title=row[1],
            issuer=row[2],
            issued_at=datetime.fromisoformat(row[3]),
            rows=tuple((label, value) for label, value in json.loads(row[4])),
            is_void=bool(row[5]),
            verify_url=f"{self._public_url}/v/{code}",
            pages=row[6],
        )

    def _issue(self, key: str, issued: Issued, *, now: datetime) -> str:
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        (serial,) = self._db.execute("SELECT count(*) FROM document").fetchone()
        number = f"{issued.prefix}{now.astimezone(BEIJING):%Y%m%d}-{serial + 1:06d}"
        self._db.execute(
            "INSERT INTO document VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
            (
                number, code, issued.title, self._issuer, now.isoformat(),
                json.dumps(issued.rows, ensure_ascii=False), key, issued.pages,
            ),
        )  # fmt: skip
        document = {
            "number": number,
            "title": issued.title,
            "rows": [{"label": label, "value": value} for label, value in issued.rows],
            "issuer": self._issuer,
            "issued_at": now.isoformat(),
            "verify_url": f"{self._public_url}/v/{code}",
        } | ({"pages": issued.pages} if issued.pages else {})
        return json.dumps({"status": "accepted", "document": document}, ensure_ascii=False)

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
