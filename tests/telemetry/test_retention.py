"""What is old goes and what is open stays; nobody who writes has to wait for it."""

import asyncio
import time
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Table, func, insert, select

from provisioning.fleet.commands.rules import OPEN
from telemetry.fleet.accounts import audit, audit_chain
from telemetry.fleet.accounts.person import COMMAND_LINE, Act
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.pruning import Pruning, keeping
from telemetry.fleet.settings import Retention as Settings
from telemetry.fleet.steps import advance
from telemetry.fleet.store import schema
from telemetry.fleet.store.book import StoredNumber
from telemetry.fleet.store.health_roll_up import HEALTH
from telemetry.fleet.store.retention import ROWS_AT_ONCE, Retention
from telemetry.fleet.store.schema import roll_up
from telemetry.fleet.store.schema.commands import OPEN_OUTCOMES
from telemetry.fleet.store.writer import Batch, Writer
from tests.telemetry.said import K1, NOW, birth, event

KEEPING = keeping(Settings())
LONG_AGO = NOW - timedelta(days=2_000)
YEARS_AGO = NOW - timedelta(days=1_000)
LATELY = NOW - timedelta(days=1)
OF_K1 = {"county": K1.county, "kiosk": K1.kiosk}


@pytest.fixture
def retention(store: Engine) -> Retention:
    _known(store)
    return Retention(store, KEEPING)


def _known(engine: Engine) -> None:
    record = advance(None, K1, birth(), now=NOW).record
    assert record is not None
    Writer(engine).write(Batch(records={K1: record}), {}, now=NOW)


def _add(engine: Engine, table: Table, *rows: dict[str, Any]) -> None:
    with engine.begin() as connection:
        connection.execute(insert(table), list(rows))


def _count(engine: Engine, table: Table) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _said(number: int, at: datetime) -> dict[str, Any]:
    return {**OF_K1, "seq": number, "life": 1, "kind": "event", "at": at, "received_at": at, "hist": False, "body": {}}


def _fault(code: str, *, raised_at: datetime, cleared_at: datetime | None) -> dict[str, Any]:
    return {
        **OF_K1,
        "device": "x",
        "code": code,
        "severity": "BLOCKING",
        "remedy": "CLERK",
        "raised_at": raised_at,
        "received_at": raised_at,
        "cleared_at": cleared_at,
    }


def _prune(retention: Retention) -> Counter[str]:
    gone: Counter[str] = Counter()
    for table, rows in retention.prune(now=NOW):
        assert rows <= ROWS_AT_ONCE
        gone[table] += rows
    return gone


def test_old_messages_go_in_small_bites_and_late_ones_stay(store: Engine, retention: Retention) -> None:
    old = ROWS_AT_ONCE + 50
    _add(store, schema.message, *(_said(number, YEARS_AGO) for number in range(old)), _said(9_999, LATELY))
    assert retention.old(now=NOW)["message"] == old
    assert _prune(retention) == {"message": old}
    assert _count(store, schema.message) == 1
    assert sum(retention.old(now=NOW).values()) == 0


def test_an_open_alarm_stays_with_every_occurrence_of_it_however_old(store: Engine, retention: Retention) -> None:
    _add(
        store,
        schema.occurrence,
        _fault("printer.jam", raised_at=LONG_AGO, cleared_at=LONG_AGO),
        _fault("printer.paper_out", raised_at=LONG_AGO, cleared_at=YEARS_AGO),
        _fault("printer.paper_out", raised_at=YEARS_AGO, cleared_at=None),
        _fault("reader.lost", raised_at=LATELY, cleared_at=LATELY),
    )
    _add(
        store,
        schema.alarm,
        {**_fault("printer.jam", raised_at=LONG_AGO, cleared_at=LONG_AGO), "phase": "cleared"},
        {**_fault("printer.paper_out", raised_at=LONG_AGO, cleared_at=None), "phase": "open"},
        {**_fault("reader.lost", raised_at=LATELY, cleared_at=LATELY), "phase": "cleared"},
    )
    assert _prune(retention) == {"occurrence": 1, "alarm": 1}
    assert _count(store, schema.occurrence) == 3


def test_a_span_stays_until_its_days_are_counted(store: Engine, retention: Retention) -> None:
    span = {**OF_K1, "condition": "READY", "offered": 4, "total": 4}
    _add(
        store,
        schema.condition_span,
        {**span, "begins_at": LONG_AGO, "ends_at": YEARS_AGO},
        {**span, "begins_at": YEARS_AGO, "ends_at": None},
    )
    assert _prune(retention) == {}
    _add(store, roll_up, {"name": HEALTH, "until": NOW})
    assert _prune(retention) == {"condition_span": 1}


def test_days_that_were_counted_and_tickets_stay_for_ever(store: Engine, retention: Retention) -> None:
    counted = {"open_s": 1.0, "full_s": 1.0, "part_s": 0.0, "none_s": 0.0, "unknown_s": 0.0}
    _add(store, schema.health_day, {**OF_K1, "day": date(2001, 1, 1), **counted})
    _prune(retention)
    assert _count(store, schema.health_day) == 1


def test_what_people_did_is_kept_for_three_years(store: Engine, retention: Retention) -> None:
    row = {"by": "li", "act": "acknowledge", "result": "done"}
    _add(store, schema.audit, {**row, "at": LONG_AGO}, {**row, "at": YEARS_AGO})
    assert _prune(retention) == {"audit": 1}


def _command(number: int, *, expires_at: datetime, outcomes: tuple[str, ...]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    told = {"once": f"form-{number}", "order": {"do": "self_test"}, "do": "self_test", "scope": "x", "state": "open"}
    by = {"asked_by": "li", "asked_at": expires_at - timedelta(days=1), "expires_at": expires_at}
    of_kiosks = [
        {"command_id": number, "county": "demo", "kiosk": f"K{place}", "outcome": outcome, "tell_at": expires_at}
        for place, outcome in enumerate(outcomes)
    ]
    return {"id": number, **told, **by}, of_kiosks


def test_a_command_goes_once_it_has_an_end_at_every_kiosk_and_its_counter_never(store: Engine, retention: Retention) -> None:
    assert {standing.value for standing in OPEN} == set(OPEN_OUTCOMES)
    many = ROWS_AT_ONCE + 20
    commands = (
        _command(1, expires_at=LONG_AGO, outcomes=("done",) * many),
        _command(2, expires_at=LONG_AGO, outcomes=("done", "told")),
        _command(3, expires_at=LATELY, outcomes=("done", "expired")),
        _command(4, expires_at=LONG_AGO, outcomes=("cancelled",)),
    )
    for row, of_kiosks in commands:
        _add(store, schema.command, row)
        _add(store, schema.command_kiosk, *of_kiosks)
    _add(store, schema.command_counter, {**OF_K1, "counter": 7})
    with store.begin() as connection:
        for number in range(1, 5):
            audit.note(connection, COMMAND_LINE, Act.SEND_COMMAND, now=LATELY, about=f"command {number}")
    old = retention.old(now=NOW)
    assert (old["command_kiosk"], old["command"]) == (many, 0), "a command goes after what became of it"
    assert _prune(retention) == {"command_kiosk": many, "command": 1}
    with store.connect() as connection:
        assert connection.execute(select(schema.command.c.id).order_by(schema.command.c.id)).scalars().all() == [2, 3, 4]
        assert connection.execute(select(schema.command_counter.c.counter)).scalar_one() == 7
        rows = [dict(row) for row in connection.execute(select(schema.audit).order_by(schema.audit.c.place)).mappings()]
        assert list(audit_chain.check(rows, audit_chain.ends(connection))) == []
    assert _count(store, schema.audit) == 4
    assert _prune(retention) == {}


def test_the_number_of_an_incident_that_a_ticket_names_is_never_given_again(store: Engine, retention: Retention) -> None:
    row = {"county": "demo", "kind": "power", "level": "village", "scope": "x", "kiosks": 3, "members": 3}
    gone = {**row, "began_at": LONG_AGO, "opened_at": LONG_AGO, "ended_at": LONG_AGO}
    _add(store, schema.incident, gone, gone)
    assert _prune(retention) == {"incident": 1}
    with store.begin() as connection:
        assert connection.execute(insert(schema.incident).values(gone).returning(schema.incident.c.id)).scalar_one() == 3


async def test_a_batch_does_not_wait_for_what_is_deleted_beside_it(store: Engine, retention: Retention) -> None:
    rows = [_said(number, YEARS_AGO) for number in range(1_500)]
    _add(store, schema.message, *rows)
    metrics = Metrics()
    pruning = asyncio.create_task(Pruning(retention, metrics=metrics, every_s=3_600, now=lambda: NOW).once())
    writer, slowest_s, number = Writer(store), 0.0, 100_000
    known = writer.load()
    while not pruning.done():
        number += 1
        batch = Batch(messages=[StoredNumber(kiosk=K1, message=event(seq=number), is_history=False, received_at=NOW)])
        began_s = time.monotonic()
        await asyncio.to_thread(writer.write, batch, known, now=NOW)
        slowest_s = max(slowest_s, time.monotonic() - began_s)
    await pruning
    assert metrics.registry.get_sample_value("zhizhu_rows_pruned_total", {"table": "message"}) == len(rows)
    assert number > 100_010, "batches were written beside it"
    assert slowest_s < 1.0
