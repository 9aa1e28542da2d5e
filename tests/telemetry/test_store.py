"""The store: its migrations agree with its tables, what was written is read back, and nothing is written twice."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, event, inspect, text

from telemetry.fleet.alarms import Cleared, Opened, Recalled
from telemetry.fleet.record import Numbered
from telemetry.fleet.steps import advance
from telemetry.fleet.store.alarm_book import AlarmBook
from telemetry.fleet.store.book import StoredNumber
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.failures import StoreUnavailableError, UnstorableError
from telemetry.fleet.store.reader import Reader
from telemetry.fleet.store.schema import metadata
from telemetry.fleet.store.upgrade import UpgradeError, known_revisions, revision_of, upgrade
from telemetry.fleet.store.writer import Batch, Writer
from telemetry.wire.codec import decode_up, encode
from telemetry.wire.messages import Event, ServiceTitle, Upward
from telemetry.wire.topics import Up
from tests.fakes.postgres import Postgres
from tests.telemetry.said import K1, NOW, PAPER_OUT, birth, fault, heartbeat
from tests.telemetry.said import event as happened


@pytest.fixture
def engine(store: Engine) -> Engine:
    return store


@pytest.fixture
def empty_url(engine: Engine, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Another database of the same kind, without any table."""
    if engine.dialect.name == "sqlite":
        return sqlite_url(tmp_path / "empty.sqlite3")
    server: Postgres = request.getfixturevalue("postgres")
    return server.empty()


def _write(engine: Engine, *messages: Upward) -> None:
    writer = Writer(engine, books=(AlarmBook(),))
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
        if engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
            assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        else:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"


def test_what_was_written_is_known_after_a_restart(engine: Engine) -> None:
    _write(engine, birth(faults=(PAPER_OUT,)), happened(seq=11))
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


def test_a_store_of_the_first_release_is_brought_along_with_its_kiosks(engine: Engine, empty_url: str) -> None:
    _write(engine, birth())
    with engine.connect() as connection:
        row = dict(connection.execute(text("SELECT * FROM kiosk")).mappings().one())
    row["screen"] = row["screen"] if isinstance(row["screen"], str) else json.dumps(row["screen"])
    del row["catalogue"]
    old = open_engine(empty_url)
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
    _write(engine, birth(), happened(seq=11))
    writer = Writer(engine, books=(AlarmBook(),))
    writer.write(Batch(messages=[_stored(happened(seq=11))]), {}, now=NOW)
    assert [message.seq for message in Reader(engine).messages(K1)] == [11]


def test_the_same_occurrence_is_one_alarm_whatever_comes(engine: Engine) -> None:
    _write(engine, birth())
    opened = advance(Writer(engine).load()[K1], K1, fault(seq=11), now=NOW).entries[0]
    cleared = advance(Writer(engine).load()[K1], K1, fault(seq=11, cleared_after_s=60), now=NOW).entries[0]
    assert isinstance(opened, Opened)
    assert isinstance(cleared, Cleared)
    writer = Writer(engine, books=(AlarmBook(),))
    writer.write(Batch(entries=[(K1, opened), (K1, cleared), (K1, Recalled(alarm=opened.alarm))]), {}, now=NOW)
    (alarm,) = Reader(engine).alarms()
    assert alarm.cleared_at == PAPER_OUT.since + timedelta(seconds=60)


def test_a_device_no_longer_fitted_disappears(engine: Engine) -> None:
    _write(engine, birth())
    _write(engine, birth(seq=12, devices=("receipt-printer",)))
    (kiosk,) = Reader(engine).kiosks()
    assert [device.device for device in kiosk.devices] == ["receipt-printer"]


def test_a_locked_store_is_named_unavailable_and_nothing_is_half_written(engine: Engine) -> None:
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as holder:
        holder.exec_driver_sql("BEGIN IMMEDIATE" if is_sqlite else "LOCK TABLE kiosk IN EXCLUSIVE MODE")
        impatient = open_engine(engine.url.render_as_string(hide_password=False))
        event.listen(impatient, "begin", _in_a_hurry)
        with pytest.raises(StoreUnavailableError, match="lock"):
            _write(impatient, birth())
        impatient.dispose()
    assert Reader(engine).kiosks() == ()


def _in_a_hurry(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    connection.exec_driver_sql("PRAGMA busy_timeout=1" if is_sqlite else "SET LOCAL lock_timeout = 1")


def test_a_batch_that_can_never_be_stored_is_named_so(engine: Engine) -> None:
    naive = Event(life=1, seq=1, at=NOW, clock_trusted=True, name="x").model_copy(
        update={"at": datetime(2026, 11, 22, tzinfo=UTC).replace(tzinfo=None)}
    )
    with pytest.raises(UnstorableError):
        Writer(engine).write(Batch(messages=[_stored(naive)]), {}, now=NOW)


UPGRADE = "import sys; from telemetry.fleet.store import engine, upgrade; upgrade.upgrade(engine.open_engine(sys.argv[1]))"


def test_servers_that_start_at_once_upgrade_once(empty_url: str) -> None:
    starts = [subprocess.Popen([sys.executable, "-c", UPGRADE, empty_url]) for _ in range(2)]
    assert [start.wait(30) for start in starts] == [0, 0]
    engine = open_engine(empty_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
        assert revision_of(connection) == known_revisions()[0]
    _write(engine, birth())
    engine.dispose()


def test_an_upgrade_that_breaks_off_leaves_the_store_as_it_was(empty_url: str) -> None:
    old = open_engine(empty_url)
    upgrade(old, revision="0003")
    with old.begin() as connection:
        connection.execute(text("CREATE TABLE occurrence (one INTEGER)"))  # in the way of a later step
    with old.connect() as connection:
        before = sorted(inspect(connection).get_table_names())
    with pytest.raises(UpgradeError, match="occurrence"):
        upgrade(old)
    with old.connect() as connection:
        assert sorted(inspect(connection).get_table_names()) == before
        assert revision_of(connection) == "0003"
    old.dispose()


def test_a_nul_in_a_text_reaches_no_store(engine: Engine) -> None:
    body = encode(birth()).replace("光明村".encode(), b"a\\u0000b")
    message = decode_up(Up.BIRTH, body)
    _write(engine, message)
    assert Reader(engine).kiosks()[0].site == "a\ufffdb"
