"""What the tests of the web share: an empty store, an application over it, a browser that asks it without a network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.telemetry.web import county as made_up
from tests.telemetry.web import served
from tests.telemetry.web.asking import Asking


@pytest.fixture
def engine(store: Engine) -> Engine:
    """An empty store; whoever asks for it runs on SQLite and on PostgreSQL. Tests with a browser take ``embedded``."""
    return store


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[Engine]:
    """An empty SQLite store, for what has nothing to do with the database."""
    store = made_up.open_store(tmp_path / "fleet.sqlite3")
    yield store
    store.dispose()


@pytest.fixture
def client(engine: Engine) -> Asking:
    return Asking(served.build(engine, now=lambda: made_up.NOW))


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeCounty:
    """The made-up county behind an application; written once, only read."""

    engine: Engine
    kiosk_of: Mapping[str, str]
    client: Asking


@pytest.fixture(scope="session")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeCounty]:
    store = made_up.open_store(tmp_path_factory.mktemp("county") / "fleet.sqlite3")
    kiosk_of = made_up.seed(store).kiosk_of
    app = served.build(store, now=lambda: made_up.NOW)
    yield WholeCounty(engine=store, kiosk_of=kiosk_of, client=Asking(app))
    store.dispose()
