"""What the kiosk's ledger says of its prints, read as a technician would: the file itself, never written."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from tests.system.demo import Demo


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintRow:
    """One print in the ledger; ``outcome`` is None while nobody knows yet."""

    number: int
    key: str
    reprint: int
    sent_at: str | None
    outcome: str | None
    by_restart: bool
    answer: str | None


def ledger_file(demo: Demo) -> Path:
    """Where the ledger lies."""
    return demo.state / "kiosk" / "journal.sqlite3"


def prints(demo: Demo) -> list[PrintRow]:
    """Every print the ledger knows, oldest first."""
    return prints_in(ledger_file(demo))


def prints_in(ledger: Path) -> list[PrintRow]:
    """Every print this ledger knows, oldest first."""
    connection = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True, timeout=5)
    try:
        rows = connection.execute(
            "SELECT id, key, reprint, sent_at, outcome, by_restart, answer FROM intent WHERE kind = 'print' ORDER BY id"
        ).fetchall()
    finally:
        connection.close()
    return [
        PrintRow(
            number=number, key=key, reprint=reprint, sent_at=sent_at, outcome=outcome, by_restart=bool(by_restart), answer=answer
        )
        for number, key, reprint, sent_at, outcome, by_restart, answer in rows
    ]
