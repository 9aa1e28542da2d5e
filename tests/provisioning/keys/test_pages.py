"""The page of keys: how old each is and when it ends; turning the one that signs asks twice."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from provisioning.fleet.authority import Authority
from provisioning.fleet.signing import SigningKey
from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.audit import Question
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.schema import certificate
from tests.provisioning.commands.said import NOW
from tests.provisioning.commands.test_fleet import Desk
from tests.provisioning.commands.test_pages import Browser, application


@pytest.fixture
def desk(upgraded_sqlite: Path, tmp_path: Path) -> Iterator[Desk]:
    store = tmp_path / "fleet.sqlite3"
    store.write_bytes(upgraded_sqlite.read_bytes())
    engine = open_engine(sqlite_url(store))
    yield Desk(engine, tmp_path)
    engine.dispose()


def test_every_key_is_shown_with_its_age_and_what_to_do(desk: Desk, tmp_path: Path) -> None:
    Authority.create(tmp_path / "authority", name="made up", now=NOW - timedelta(days=400))
    row = {
        "number": "ab" * 8, "county": "demo", "kiosk": "K1", "serial": "S1", "key_fingerprint": "0" * 64, "pem": "",
        "issued_at": NOW - timedelta(days=80), "valid_until": NOW + timedelta(days=10),
    }  # fmt: skip
    with desk.engine.begin() as connection:
        connection.execute(insert(certificate).values(**row))
    page = Browser(application(desk, tmp_path)).get("/keys").text
    assert "县局根证书" in page
    assert "还有 10 天 0 小时" in page
    assert "PRIVATE" not in page
    assert Browser(application(desk, tmp_path)).get("/keys?lang=en").status_code == 200
    assert Browser(application(desk, tmp_path)).get("/keys?format=csv").text.lstrip("\ufeff").startswith("what,id")


def test_turning_asks_twice_and_stands_in_the_audit(desk: Desk, tmp_path: Path) -> None:
    browser, before = Browser(application(desk, tmp_path)), SigningKey.open(tmp_path / "authority").id
    assert browser.post("/keys/turn", {}).status_code == 422
    assert SigningKey.open(tmp_path / "authority").id == before
    assert browser.post("/keys/turn", {"sure": "yes"}).headers["location"] == "/keys?done=true"
    assert SigningKey.open(tmp_path / "authority").id != before
    with desk.engine.connect() as connection:
        (line,) = audit.read(connection, Question())
    assert (line.act, line.about, line.by) == ("key.turn", "signing key", "local")
