"""The store: its migrations agree with its tables, what was written is read back, and nothing is written twice."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from telemetry.fleet.alarms import Cleared, Opened, Recalled
from telemetry.fleet.record import Numbered, advance
from telemetry.fleet.store.book import StoredNumber
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.reader import Reader
from telemetry.fleet.store.schema import metadata
from telemetry.fleet.store.upgrade import UpgradeError, upgrade
from telemetry.fleet.store.writer import Batch, StoreUnavailableError, UnstorableError, Writer
from telemetry.wire.messages import Event, ServiceTitle, Upward
from tests.telemetry.said import K1, NOW, PAPER_OUT, birth, event, fault, heartbeat


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    opened = open_engine(sqlite_url(tmp_path / "fleet.sqlite3"))
    upgrade(opened)
    yield opened
    opened.dispose()


def _write(engine: Engine, *messages: Upward) -> None:
    writer = Writer(engine)
    known = writer.load()
    batch = Batch()
    record = known.get(K1)
    for message in messages:
        step = advance(record, K1, message, now=NOW)
        record = step.record
        assert record is not None
        batch.records[K1] = record
        batch.entries.extend((K1, entry) for entry in step.entries)
        if step.numbered is not None:
            batch.messages.append(_stored(step.numbered))
    writer.write(batch, known, now=NOW)


def _stored(numbered: Numbered) -> StoredNumber:
    return StoredNumber(kiosk=K1, message=numbered, is_history=False, received_at=NOW)


def test_the_migrations_lead_to_the_tables_as_written(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []


def test_an_upgrade_of_an_upgraded_store_changes_nothing(engine: Engine) -> None:
    _write(engine, birth())
    upgrade(engine)
    assert Reader(engine).kiosk("K1") is not None


def test_a_store_of_a_newer_release_is_not_touched(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UpgradeError, match="9999"):
        upgrade(engine)


def test_the_store_survives_a_power_cut_by_setting(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2


def test_what_was_written_is_known_after_a_restart(engine: Engine) -> None:
    _write(engine, birth(faults=(PAPER_OUT,)), event(seq=11))
    record = Writer(engine).load()[K1]
    assert record.stored_seq == 11
    assert [occurrence.code for occurrence in record.open_alarms] == ["printer.paper_out"]
    assert record.devices.keys() == {"id-card-reader", "receipt-printer"}


def test_the_titles_of_services_are_kept_and_forgotten_with_the_birth_that_says_none(engine: Engine) -> None:
    title = ServiceTitle(id="pension_arrival", title="查养老金到账")
    _write(engine, birth(catalogue=(title,)))
    assert Writer(engine).load()[K1].catalogue == (title,)
    assert Reader(engine).kiosks()[0].titles == {"pension_arrival": "查养老金到账"}
    _write(engine, birth(seq=11))
    assert Reader(engine).kiosks()[0].titles == {}


def test_a_store_of_the_first_release_is_brought_along_with_its_kiosks(tmp_path: Path) -> None:
    first, path = open_engine(sqlite_url(tmp_path / "new.sqlite3")), sqlite_url(tmp_path / "old.sqlite3")
    upgrade(first)
    _write(first, birth())
    with first.connect() as connection:
        row = dict(connection.execute(text("SELECT * FROM kiosk")).mappings().one())
    first.dispose()
    del row["catalogue"]
    old = open_engine(path)
    upgrade(old, revision="0001")
    with old.begin() as connection:
        names = ", ".join(row)
        connection.execute(text(f"INSERT INTO kiosk ({names}) VALUES ({', '.join(':' + name for name in row)})"), row)  # noqa: S608
    upgrade(old)
    (kiosk,) = Reader(old).kiosks()
    assert (kiosk.id, kiosk.titles) == (K1, {})
    assert Writer(old).load()[K1].catalogue == ()
    old.dispose()


def test_a_page_reads_kiosk_devices_and_alarms(engine: Engine) -> None:
    _write(engine, birth(faults=(PAPER_OUT,)), heartbeat())
    reader = Reader(engine)
    (kiosk,) = reader.kiosks()
    assert (kiosk.id, kiosk.condition, kiosk.open_alarms) == (K1, "DEGRADED", 1)
    assert {device.device: device.faults for device in kiosk.devices} == {
        "id-card-reader": (),
        "receipt-printer": ("printer.paper_out",),
    }
    (alarm,) = reader.alarms(is_open=True)
    assert (alarm.kiosk, alarm.code, alarm.remedy, alarm.raised_at) == (K1, "printer.paper_out", "CLERK", PAPER_OUT.since)
    assert reader.totals().alarms_by_remedy == {"CLERK": 1}
    assert reader.kiosk("K1", county="elsewhere") is None


def test_the_same_message_twice_is_one_row(engine: Engine) -> None:
    _write(engine, birth(), event(seq=11))
    writer = Writer(engine)
    writer.write(Batch(messages=[_stored(event(seq=11))]), {}, now=NOW)
    assert [message.seq for message in Reader(engine).messages(K1)] == [11]


def test_the_same_occurrence_is_one_alarm_whatever_comes(engine: Engine) -> None:
    _write(engine, birth())
    opened = advance(Writer(engine).load()[K1], K1, fault(seq=11), now=NOW).entries[0]
    cleared = advance(Writer(engine).load()[K1], K1, fault(seq=11, cleared_after_s=60), now=NOW).entries[0]
    assert isinstance(opened, Opened)
    assert isinstance(cleared, Cleared)
    writer = Writer(engine)
    writer.write(Batch(entries=[(K1, opened), (K1, cleared), (K1, Recalled(alarm=opened.alarm))]), {}, now=NOW)
    (alarm,) = Reader(engine).alarms()
    assert alarm.cleared_at == PAPER_OUT.since + timedelta(seconds=60)


def test_a_device_no_longer_fitted_disappears(engine: Engine) -> None:
    _write(engine, birth())
    _write(engine, birth(seq=12, devices=("receipt-printer",)))
    (kiosk,) = Reader(engine).kiosks()
    assert [device.device for device in kiosk.devices] == ["receipt-printer"]


def test_a_locked_store_is_named_unavailable_and_nothing_is_half_written(tmp_path: Path) -> None:
    path = tmp_path / "fleet.sqlite3"
    engine = open_engine(sqlite_url(path))
    upgrade(engine)
    other = open_engine(sqlite_url(path))
    with other.connect() as holder:
        holder.exec_driver_sql("BEGIN IMMEDIATE")
        with engine.connect() as impatient:
            impatient.exec_driver_sql("PRAGMA busy_timeout=1")
        with pytest.raises(StoreUnavailableError):
            _write(engine, birth())
    other.dispose()
    assert Reader(engine).kiosks() == ()
    engine.dispose()


def test_a_batch_that_can_never_be_stored_is_named_so(engine: Engine) -> None:
    naive = Event(life=1, seq=1, at=NOW, clock_trusted=True, name="x").model_copy(
        update={"at": datetime(2026, 11, 22, tzinfo=UTC).replace(tzinfo=None)}
    )
    with pytest.raises(UnstorableError):
        Writer(engine).write(Batch(messages=[_stored(naive)]), {}, now=NOW)
