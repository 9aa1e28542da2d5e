"""``zhizhu-fleet config``: every verb once, as a person at the bureau would use it."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from provisioning.fleet.config import acts
from provisioning.fleet.config.command_line import config_verbs
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.upgrade import upgrade
from tests.provisioning.config.county import NOW, WANG, fill


class Desk:
    """A shell at the bureau."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "fleet.toml"
        self.engine: Engine = open_engine(sqlite_url(folder / "fleet.sqlite3"))
        upgrade(self.engine)
        fill(self.engine)
        self.file.write_text(f'[server]\nstate_dir = "{folder}"\n[store]\nurl = "sqlite:///{folder}/fleet.sqlite3"\n')

    def __call__(self, *arguments: str, fails: bool = False) -> str:
        ran = CliRunner().invoke(config_verbs, [*arguments, "--config", str(self.file)])
        assert (ran.exit_code != 0) is fails, ran.output
        return ran.output


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_setting_goes_from_a_draft_to_a_kiosk_and_back(desk: Desk) -> None:
    assert desk("edit", "kiosk:demo/K1", "--set", "screen.text_size=2", "--note", "大字") == "C-1 draft: changes 1 kiosks\n"
    assert "screen.text_size: nothing -> 2" in desk("preview", "1")
    assert desk("submit", "C-1") == "C-1 approved: 1 kiosks\n"
    assert desk("layers") == "kiosk:demo/K1 1 settings 0 locked\n"
    assert desk("show", "demo/K1").splitlines() == [
        "screen.text_size = 2  # kiosk",
        "wanted 1 in force 0, said not heard of yet of 0",
    ]
    assert desk("diff", "1") == "screen.text_size: nothing -> 2\n"
    assert desk("rollback", "1") == "C-2 draft: changes 1 kiosks\n"
    desk("submit", "2")
    assert desk("versions").splitlines()[0].startswith("C-2 2026-")
    assert "0 of 1 run by what is wanted" in desk("status")


def test_many_kiosks_take_a_second_person(desk: Desk) -> None:
    desk("edit", "county:demo", "--set", 'kiosk.help_phone="12345"', "--lock", "kiosk.help_phone")
    assert desk("submit", "1") == "C-1 waits for a second person: 12 kiosks\n"
    assert "a second person does" in desk("approve", "1", fails=True)
    with desk.engine.begin() as connection:
        acts.approve(connection, WANG, 1, now=NOW)
    assert "# county locked by county" in desk("show", "demo/K1")
    assert "is locked by the county layer" in desk("edit", "kiosk:demo/K1", "--set", "kiosk.help_phone=110", fails=True)


def test_a_layer_can_be_written_as_a_file_and_sent_back(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "town.toml"
    file.write_text('remove = ["device.old"]\n[selftest]\nat = 04:15:00\n', encoding="utf-8")
    assert desk("edit", "town:demo/南三镇", "--file", str(file)) == "C-1 draft: changes 6 kiosks\n"
    assert desk("reject", "1", "--why", "先试一个村") == "C-1 rejected: 6 kiosks\n"
    assert "rejected town:demo/南三镇 by zhizhu-fleet (先试一个村)" in desk("versions")


WRONG = (
    (("edit", "kiosk:demo", "--set", "a=1"), "is no layer"),
    (("edit", "planet:earth", "--set", "a=1"), "is no layer"),
    (("edit", "county:demo", "--set", "display.width_px=0"), "display.width_px: 0 is less than the minimum of 320"),
    (("edit", "county:demo"), "that changes nothing"),
    (("show", "demo/K99"), "nobody has heard of it"),
    (("approve", "7"), "there is no such change"),
    (("diff", "seven"), "is no number of a change"),
)


def test_what_cannot_be_done_is_said_in_one_line(desk: Desk) -> None:
    for line, said in WRONG:
        assert said in desk(*line, fails=True)
