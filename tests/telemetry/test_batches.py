"""The batch writer at start: a store that is locked is waited for, and said once."""

import asyncio
import contextlib
import sqlite3
import time
from pathlib import Path

from sqlalchemy import create_engine
from structlog.testing import capture_logs

from telemetry.fleet.batches import Batches
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.rate import Allowance
from telemetry.fleet.steps import advance
from telemetry.fleet.store.engine import sqlite_url
from telemetry.fleet.store.upgrade import upgrade
from telemetry.fleet.store.writer import Batch, Writer
from telemetry.fleet.voices import Voices
from tests.telemetry.pulse_store import Beside
from tests.telemetry.said import K1, NOW, birth
from tests.telemetry.together import until


async def test_a_store_locked_at_start_is_waited_for_and_said_once(tmp_path: Path) -> None:
    path = tmp_path / "fleet.sqlite3"
    engine = create_engine(sqlite_url(path), connect_args={"timeout": 0.001})  # impatient, so that the test need not wait
    upgrade(engine)
    record = advance(None, K1, birth(), now=NOW).record
    assert record is not None
    Writer(engine).write(Batch(records={K1: record}), {}, now=NOW)
    metrics = Metrics()
    batches = Batches(
        writer=Writer(engine),
        pulse_store=Beside(engine),
        metrics=metrics,
        voices=Voices(Allowance(rate=10, burst=100)),
        on_written=lambda _: None,
        on_pulses=lambda _: None,
        now=lambda: NOW,
        monotonic_s=time.monotonic,
    )

    def failures() -> float:
        return metrics.registry.get_sample_value("zhizhu_store_failures_total") or 0.0

    with capture_logs() as said, contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        loading = asyncio.create_task(batches.load())
        await until(lambda: failures() >= 2, "tried again")
        assert not loading.done()
        holder.execute("ROLLBACK")
        await asyncio.wait_for(loading, 5)
    assert batches.records.keys() == {K1}
    assert [line["event"] for line in said] == ["store unavailable at start", "store available"]
    engine.dispose()
