"""The desk's pages of commands, keys and configuration, as a browser and a screen reader find them."""

import shutil
from pathlib import Path

import pytest

from provisioning.fleet.authority import Authority
from provisioning.fleet.web.desk import build_desk
from provisioning.wire.command import RestartMachine, SelfTest
from telemetry.fleet.changes import Changes
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.web.app import create_app
from tests.provisioning.commands.said import NOW
from tests.provisioning.commands.test_fleet import Desk
from tests.provisioning.commands.test_pages import application
from tests.provisioning.config import served as config
from tests.provisioning.config.county import NOW as THEN
from tests.provisioning.looking import assert_in_nobodys_way, serving
from tests.telemetry.web import served


@pytest.mark.timeout(180)
def test_commands_and_keys_are_in_nobodys_way(upgraded_sqlite: Path, tmp_path: Path) -> None:
    shutil.copyfile(upgraded_sqlite, tmp_path / "fleet.sqlite3")
    Authority.create(tmp_path / "authority", name="made up", now=NOW)
    engine = open_engine(sqlite_url(tmp_path / "fleet.sqlite3"))
    desk = Desk(engine, tmp_path)
    desk.ask(SelfTest())
    desk.ask(RestartMachine())
    with serving(application(desk, tmp_path)) as url:
        assert_in_nobodys_way(url, ("/commands", "/commands?do=self-test&kiosks=K1", "/commands/1", "/keys", "/releases"))
    engine.dispose()


@pytest.mark.timeout(180)
def test_configuration_is_in_nobodys_way(tmp_path: Path) -> None:
    engine = config.seeded(tmp_path)
    app = create_app(
        engine=engine,
        changes=Changes(first_id=1),
        metrics=Metrics(),
        pulse=served.well,
        now=lambda: THEN,
        county_names={"demo": "岚溪县"},
        rules=served.OPEN_HOUSE,
        lasting=served.LASTING,
        passwords=served.QUICK_PASSWORDS,
        desk=build_desk(engine, now=lambda: THEN),
    )
    with serving(app) as url:
        assert_in_nobodys_way(url, ("/config",))
    engine.dispose()
