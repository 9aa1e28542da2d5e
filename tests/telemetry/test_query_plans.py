"""What is asked of the store for some kiosks' news is found by their names, however many others there are: by SQLite's plans."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from telemetry.fleet.record import Record
from telemetry.fleet.steps import advance
from telemetry.fleet.store.book import StoredNumber
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.history_book import HistoryBook
from telemetry.fleet.store.upgrade import upgrade
from telemetry.fleet.store.writer import Batch, Writer
from telemetry.wire.messages import Upward
from telemetry.wire.topics import KioskId
from tests.telemetry.said import NOW, birth, fault
from tests.telemetry.said import event as happened
from tests.telemetry.tickets.books import Every

KIOSKS = tuple(KioskId(county=county, kiosk=f"K{number}") for county in ("demo", "far") for number in range(3))
GROWING = ("kiosk", "device", "pulse", "message", "occurrence", "alarm", "ticket", "ticket_cause", "condition_span", "equipment")
"""Tables with rows for every kiosk."""
OF_ONE = re.compile(r"\b(kiosk|ticket_id|incident_id|id|rowid)=\?|\b(due_at|look_at|told_at|not_before)[<>]")
"""How a plan names what it looks for: somebody's rows, or what is due."""
READ = re.compile(r"\b(?:SCAN|SEARCH) (\w+)(.*)")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(sqlite_url(tmp_path / "fleet.sqlite3"))
    upgrade(engine)
    yield engine
    engine.dispose()


def _write(engine: Engine, said: dict[KioskId, Upward], *, now: datetime) -> set[tuple[str, Any]]:
    """Write what kiosks say in one batch; returns every question that is asked meanwhile, with its values."""
    writer = Writer(engine, books=(Every(), HistoryBook(engine)))
    known: dict[KioskId, Record] = writer.load()
    batch = Batch()
    for kiosk, message in said.items():
        step = advance(known.get(kiosk), kiosk, message, now=now)
        assert step.record is not None
        batch.records[kiosk] = step.record
        batch.entries.extend((kiosk, entry) for entry in step.entries)
        if step.numbered is not None:
            batch.messages.append(StoredNumber(kiosk=kiosk, message=step.numbered, is_history=False, received_at=now))
    with _asked(engine) as asked:
        writer.write(batch, known, now=now)
    return asked


@contextmanager
def _asked(engine: Engine) -> Iterator[set[tuple[str, Any]]]:
    asked: set[tuple[str, Any]] = set()

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        if statement.startswith(("SELECT", "UPDATE", "WITH", "DELETE")):
            asked.add((statement, tuple(values[0] if isinstance(values, list) else values)))

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def _unnamed(engine: Engine, statement: str, values: Any) -> list[str]:
    """Return what SQLite would read of growing tables without being told whose."""
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        reads = [found.groups() for row in plan if (found := READ.match(row[3]))]
    return [f"{table}{how}" for table, how in reads if table in GROWING and not OF_ONE.search(how)]


def test_news_of_some_kiosks_is_written_without_a_look_at_the_others(engine: Engine) -> None:
    _write(engine, {kiosk: birth() for kiosk in KIOSKS}, now=NOW)
    asked = _write(engine, {kiosk: fault(seq=11) for kiosk in KIOSKS}, now=NOW + timedelta(seconds=1))
    asked |= _write(engine, {KIOSKS[0]: happened(seq=12)}, now=NOW + timedelta(seconds=2))
    asked |= _write(engine, {kiosk: fault(seq=13, cleared_after_s=600) for kiosk in KIOSKS}, now=NOW + timedelta(minutes=6))
    assert len(asked) > 20
    assert {statement: found for statement, values in asked if (found := _unnamed(engine, statement, values))} == {}
