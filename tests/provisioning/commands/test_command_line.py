"""``zhizhu-fleet command``: a second person is asked for, a slip is said in one line, and others can script what it prints."""

from pathlib import Path

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner

from provisioning.fleet.commands.command_line import command_verbs
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.schema import kiosk
from telemetry.fleet.store.upgrade import upgrade
from tests.provisioning.commands.said import NOW
from tests.provisioning.commands.test_fleet import KIOSKS, _heard


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "fleet.toml"
    file.write_text("[commands]\nalone = 2\n")
    (tmp_path / "state").mkdir()
    engine = open_engine(sqlite_url(tmp_path / "state" / "fleet.sqlite3"))
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(insert(kiosk), [_heard(of, at=NOW) for of in KIOSKS])
    engine.dispose()
    return file


def _run(config: Path, *words: str, code: int = 0) -> str:
    result = CliRunner().invoke(command_verbs, [*words, "--config", str(config)])
    assert result.exit_code == code, result.output
    return result.output


def test_a_command_is_sent_listed_and_taken_back(config: Path) -> None:
    assert _run(config, "send", "self-test", "--kiosk", "demo/K1", "--why", "try") == "command 1: self-test on 1 kiosks\n"
    assert "K1\tto-tell" in _run(config, "show", "1")
    assert _run(config, "list").split("\t")[2:6] == ["zhizhu-fleet", "self-test", "demo/K1", "open"]
    assert _run(config, "cancel", "1") == "command 1 is taken back at 1 kiosks\n"


def test_who_asked_at_the_command_line_cannot_agree_there(config: Path) -> None:
    assert "a second person must agree" in _run(config, "send", "self-test", "--county", "demo")
    assert "somebody else must agree" in _run(config, "approve", "1", code=2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run-shell", "--everybody"), "run-shell"),
        (("reopen-device", "--everybody"), "device Field required"),
        (("show-notice", "--text", "x", "--everybody"), "until Field required"),
        (("self-test", "--kiosk", "demo/K99"), "demo/K99: nobody has heard of this kiosk"),
        (("self-test",), "no kiosk is meant"),
    ],
)
def test_a_slip_is_said_in_one_line(config: Path, words: tuple[str, ...], said: str) -> None:
    assert said in _run(config, "send", *words, code=2)
