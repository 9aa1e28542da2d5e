"""Occurrences of a batch, written together, end as if each had been written by itself; on both databases."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Engine, delete, select

from telemetry.fleet.alarms import Alarm, Cleared, Entry, Occurrence, Opened, Recalled
from telemetry.fleet.store.occurrence_rows import OccurrenceRows
from telemetry.fleet.store.schema import occurrence
from tests.telemetry.said import K1, NOW


def entry(random: Random, minute: int) -> Entry:
    since = NOW + timedelta(minutes=random.randrange(2))
    kind = random.choice((Opened, Cleared, Recalled))
    cleared_at: datetime | None = None if kind is Opened else NOW + timedelta(hours=1, minutes=minute)
    return kind(
        alarm=Alarm(
            occurrence=Occurrence(
                device="receipt-printer", code=random.choice(("printer.paper_out", "printer.jam")), since=since
            ),
            severity="BLOCKING",
            remedy=random.choice(("CLERK", "TECHNICIAN")),
            detail="",
            received_at=NOW + timedelta(seconds=minute),
            cleared_at=cleared_at,
            cleared_by="" if cleared_at is None else "clerk",
        )
    )


def written(engine: Engine, *batches: Sequence[Entry]) -> set[tuple[Any, ...]]:
    rows = OccurrenceRows(engine.dialect)
    columns = [column for column in occurrence.c if column.name != "id"]
    with engine.begin() as connection:
        connection.execute(delete(occurrence))
        for batch in batches:
            rows.write(connection, [(K1, one) for one in batch])
        return {tuple(row) for row in connection.execute(select(*columns))}


def test_a_batch_ends_as_its_entries_one_after_the_other(store: Engine) -> None:
    for seed in range(40):
        random = Random(seed)
        entries = [entry(random, minute) for minute in range(random.randint(1, 8))]
        assert written(store, entries) == written(store, *([one] for one in entries)), f"seed {seed}"
