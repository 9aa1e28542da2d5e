"""A bureau for each test; on SQLite where the database is not the question."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.upgrade import upgrade
from tests.provisioning.identity.bureau import Bureau


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "fleet.sqlite3"
    engine = open_engine(sqlite_url(path))
    upgrade(engine)
    engine.dispose()
    return path


@pytest.fixture
def bureau(empty_store: Path, tmp_path: Path) -> Iterator[Bureau]:
    path = tmp_path / "fleet.sqlite3"
    path.write_bytes(empty_store.read_bytes())
    engine = open_engine(sqlite_url(path))
    yield Bureau(engine, tmp_path / "authority")
    engine.dispose()
