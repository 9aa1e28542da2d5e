"""What the tests of analytics share: the county with a year behind it, written once, only read."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.telemetry.analytics.past import seed_past
from tests.telemetry.web import county as made_up
from tests.telemetry.web import served
from tests.telemetry.web.asking import Asking
from tests.telemetry.web.conftest import WholeCounty


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeCounty]:
    store = made_up.open_store(tmp_path_factory.mktemp("year") / "fleet.sqlite3")
    kiosk_of = made_up.seed(store).kiosk_of
    seed_past(store)
    app = served.build(store, now=lambda: made_up.NOW)
    yield WholeCounty(engine=store, kiosk_of=kiosk_of, client=Asking(app))
    store.dispose()


@pytest.fixture
def engine(store: Engine) -> Engine:
    """An empty store; whoever asks for it runs on SQLite and on PostgreSQL."""
    return store


@pytest.fixture
def client(engine: Engine) -> Asking:
    return Asking(served.build(engine, now=lambda: made_up.NOW))
