"""What the tests of the web share: an empty store, an application over it, a browser that asks it without a network."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.telemetry.web import county, served
from tests.telemetry.web.asking import Asking


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    store = county.open_store(tmp_path / "fleet.sqlite3")
    yield store
    store.dispose()


@pytest.fixture
def client(engine: Engine) -> Asking:
    return Asking(served.build(engine, now=lambda: county.NOW))
