"""Backups: taken while the store is written to, verified before anything is touched, put back into either kind of store."""

import json
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select, text
from typer.testing import CliRunner

from provisioning.server import app
from telemetry.fleet.accounts import audit
from telemetry.fleet.state_folder import StateFolder
from telemetry.fleet.steps import advance
from telemetry.fleet.store import backup, schema
from telemetry.fleet.store.backup import BackupError
from telemetry.fleet.store.book import StoredNumber
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.upgrade import upgrade
from telemetry.fleet.store.writer import Batch, Writer
from tests.fakes.postgres import Postgres
from tests.telemetry.said import K1, NOW, PAPER_OUT, birth, event

SESSION = {"token_hash": "0" * 64, "account": "li", "csrf": "x", "created_at": NOW, "last_used_at": NOW, "expires_at": NOW}


@pytest.fixture
def seeded(store: Engine) -> Engine:
    step = advance(None, K1, birth(faults=(PAPER_OUT,)), now=NOW)
    assert step.record is not None
    Writer(store).write(Batch(records={K1: step.record}, entries=[(K1, entry) for entry in step.entries]), {}, now=NOW)
    _say(store, range(100, 900))
    with store.begin() as connection:
        connection.execute(insert(schema.session).values(SESSION))
        connection.execute(insert(schema.audit).values(at=NOW, by="li", act="look", result="done", detail="中文 ’ \n"))
    return store


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where to restore: a store that is not there yet, of either kind."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "elsewhere" / "fleet.sqlite3")
    server: Postgres = request.getfixturevalue("postgres")
    return server.empty()


def _say(engine: Engine, numbers: range) -> None:
    batch = Batch(messages=[StoredNumber(kiosk=K1, message=event(seq=n), is_history=False, received_at=NOW) for n in numbers])
    Writer(engine).write(batch, {}, now=NOW)


def _rows(engine: Engine, *, but: str = "session") -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        return {
            table.name: sorted((tuple(map(repr, row)) for row in connection.execute(select(table))), key=repr)
            for table in schema.metadata.sorted_tables
            if table.name != but
        }


def _restore(file: Path, url: str, *, is_replacing: bool = False) -> None:
    engine = open_engine(url)
    try:
        if engine.dialect.name == "postgresql":
            backup.restore_rows(file, engine, is_replacing=is_replacing)
        else:
            store = Path(str(engine.url.database))
            store.parent.mkdir(exist_ok=True)
            backup.restore_file(file, store, is_replacing=is_replacing, now=NOW)
    finally:
        engine.dispose()


def test_what_was_backed_up_is_restored_row_by_row_into_either_kind_of_store(
    seeded: Engine, elsewhere: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup.zip"
    manifest = backup.write(seeded, file, now=NOW)
    _restore(file, elsewhere)
    restored = open_engine(elsewhere)
    assert _rows(restored) == _rows(seeded)
    assert manifest.rows["message"] == 800
    with restored.begin() as connection:
        assert connection.execute(select(func.count()).select_from(schema.session)).scalar() == 0, (
            "nobody is signed in by a backup"
        )
        first = connection.execute(select(schema.audit.c.id)).scalar_one()
        connection.execute(insert(schema.audit).values(at=NOW, by="li", act="look", result="done"))
        assert connection.execute(select(func.max(schema.audit.c.id))).scalar_one() > first, "numbers go on"
    assert Writer(restored).load() == Writer(seeded).load()
    restored.dispose()


def test_a_backup_under_load_is_one_moment_of_the_store(seeded: Engine, tmp_path: Path) -> None:
    done = threading.Event()

    def load() -> None:
        number = 10_000
        while not done.is_set():
            _say(seeded, range(number, number + 10))
            number += 10

    loading = threading.Thread(target=load)
    loading.start()
    try:
        taken = [backup.write(seeded, tmp_path / f"{number}.zip", now=NOW) for number in range(2)]
    finally:
        done.set()
        loading.join(20)
    assert taken[0].rows["message"] < taken[1].rows["message"], "it was written to meanwhile"
    assert all((one.rows["message"] - 800) % 10 == 0 for one in taken), "no half batch"


@pytest.fixture
def file(upgraded_sqlite: Path, tmp_path: Path) -> Path:
    """A backup of an empty store."""
    path = tmp_path / "good.zip"
    engine = open_engine(sqlite_url(upgraded_sqlite))
    backup.write(engine, path, now=NOW)
    engine.dispose()
    return path


def test_a_store_that_holds_something_is_not_overwritten_unasked(seeded: Engine, file: Path) -> None:
    url = seeded.url.render_as_string(hide_password=False)
    seeded.dispose()
    with pytest.raises(BackupError, match="--replace"):
        _restore(file, url)
    assert len(_rows(seeded)["message"]) == 800
    seeded.dispose()
    _restore(file, url, is_replacing=True)
    assert len(_rows(seeded)["message"]) == 0


def _remade(file: Path, change: Callable[[dict[str, object], bytes], tuple[dict[str, object], bytes]]) -> Path:
    with zipfile.ZipFile(file) as bundle:
        manifest, data = change(json.loads(bundle.read(backup.MANIFEST)), bundle.read(backup.DATA))
    other = file.with_name(f"other-{len(list(file.parent.iterdir()))}.zip")
    with zipfile.ZipFile(other, "w") as bundle:
        bundle.writestr(backup.MANIFEST, json.dumps(manifest))
        bundle.writestr(backup.DATA, data)
    return other


def test_a_damaged_backup_is_named_so_and_touches_nothing(file: Path, tmp_path: Path) -> None:
    flipped = _remade(file, lambda manifest, data: (manifest, data[:5_000] + bytes([data[5_000] ^ 1]) + data[5_001:]))
    torn = file.with_name("torn.zip")
    torn.write_bytes(file.read_bytes()[:-2_000])
    none = file.with_name("none.zip")
    none.write_text("not a ZIP", encoding="utf-8")
    counted = _remade(file, lambda manifest, data: ({**manifest, "rows": {"kiosk": 3}}, data))
    for bad, words in (
        (flipped, "SHA-256"),
        (torn, "not a whole backup"),
        (none, "not a whole backup"),
        (counted, "manifest counts"),
    ):
        with pytest.raises(BackupError, match=words):
            backup.restore_file(bad, tmp_path / "fleet.sqlite3", is_replacing=True, now=NOW)
    assert not (tmp_path / "fleet.sqlite3").exists()


def test_a_backup_of_a_newer_release_is_refused_in_words(file: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.sqlite3"
    with zipfile.ZipFile(file) as bundle:
        newer.write_bytes(bundle.read(backup.DATA))
    engine = open_engine(sqlite_url(newer))
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    newer_file = _remade(file, lambda manifest, _: ({**manifest, **_told(newer), "revision": "9999"}, newer.read_bytes()))
    with pytest.raises(BackupError, match="newer release: its tables are at 9999"):
        backup.restore_file(newer_file, tmp_path / "fleet.sqlite3", is_replacing=False, now=NOW)


def _told(path: Path) -> dict[str, object]:
    return {"sha256": backup.digest(path), "data_bytes": path.stat().st_size}


def test_a_backup_of_an_older_release_is_brought_along(tmp_path: Path) -> None:
    old = tmp_path / "old.sqlite3"
    engine = open_engine(sqlite_url(old))
    upgrade(engine, revision="0001")
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    rows = {"alarm": 0, "device": 0, "kiosk": 0, "message": 0}
    manifest = {"format": backup.FORMAT, "taken_at": NOW.isoformat(), "from_database": "sqlite", "revision": "0001", "rows": rows}
    file = tmp_path / "old.zip"
    with zipfile.ZipFile(file, "w") as bundle:
        bundle.writestr(backup.MANIFEST, json.dumps({**manifest, **_told(old)}))
        bundle.write(old, backup.DATA)
    backup.restore_file(file, tmp_path / "fleet.sqlite3", is_replacing=False, now=NOW)
    restored = open_engine(sqlite_url(tmp_path / "fleet.sqlite3"))
    assert Writer(restored).load() == {}
    restored.dispose()


def test_the_commands_say_what_they_did_and_why_not(store_url: str, tmp_path: Path) -> None:
    engine = open_engine(store_url)
    _say(engine, range(100, 120))
    engine.dispose()
    config = tmp_path / "fleet.toml"
    config.write_text(f"[store]\nurl = '{store_url}'\n[retention]\nmessages_days = 2\n", encoding="utf-8")

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, [*words, "--config", str(config)])
        return result.exit_code, result.output

    file = str(tmp_path / "backup.zip")
    assert run("prune", "--dry-run")[0] == 0
    code, said = run("backup", file)
    assert (code, "20 messages" in said) == (0, True)
    assert (Path(file).stat().st_mode & 0o777) == 0o600
    engine = open_engine(store_url)
    with engine.connect() as connection:
        assert [noted.act for noted in audit.read(connection, audit.Question())] == ["store.backup"]
    engine.dispose()
    assert run("backup", file) == (2, f"zhizhu-fleet: {file} is there already; a backup never writes over another\n")
    assert "--replace" in run("restore", file)[1]
    with StateFolder(tmp_path / "state"):
        assert "a second server on it would spoil both" in run("restore", file, "--replace")[1]
    assert run("restore", file, "--replace")[0] == 0
    engine = open_engine(store_url)
    assert len(_rows(engine)["message"]) == 20
    with engine.connect() as connection:
        (noted,) = audit.read(connection, audit.Question())
    assert (noted.by, noted.act, noted.about) == ("zhizhu-fleet", "store.restore", "backup.zip")
    engine.dispose()
    assert (
        "cannot be read" in run("restore", str(tmp_path / "missing.zip"), "--replace")[1] or run("restore", "missing.zip")[0] == 2
    )


def test_a_store_in_use_is_not_replaced(postgres: Postgres, file: Path) -> None:
    url = postgres.fresh()
    server, engine = open_engine(url), open_engine(url)
    with server.connect() as connection:
        connection.execute(text("SELECT 1"))
        with pytest.raises(BackupError, match="a server is using the store"):
            backup.restore_rows(file, engine, is_replacing=True)
    server.dispose()
    engine.dispose()
