"""``zhizhu-fleet account``: the first person gets in from the server's command line, beside a running service or before it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from telemetry.fleet.accounts import audit, programs, register
from telemetry.fleet.accounts.audit import Question
from telemetry.fleet.accounts.command_line import account_verbs
from telemetry.fleet.state_folder import StateFolder
from telemetry.fleet.store.engine import open_engine, sqlite_url

GOOD = "a sentence to keep"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "fleet.toml"
    path.write_text("")
    return path


def _run(config: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(account_verbs, [*words, "--config", str(config)], input=typed)


def _add(config: Path, name: str = "WH-0001", role: str = "bureau", typed: str = GOOD) -> Result:
    return _run(config, "add", name, "--role", role, "--full-name", "陈", typed=typed + "\n")


def test_the_first_account_of_an_empty_folder_is_made(config: Path) -> None:
    done = _add(config)
    assert (done.exit_code, done.stdout) == (0, "WH-0001 may sign in as bureau\n")
    assert "WH-0001\t陈\tbureau\tall counties\tall areas" in _run(config, "list").stdout
    engine = open_engine(sqlite_url(config.parent / "state" / "fleet.sqlite3"))
    with engine.connect() as connection:
        (noted,) = audit.read(connection, Question())
        assert GOOD not in str(register.password_hash(connection, "WH-0001"))
    engine.dispose()
    assert (noted.by, noted.act, noted.about, noted.detail) == (
        "zhizhu-fleet",
        "account.manage",
        "account WH-0001",
        "added as bureau",
    )


def test_it_works_beside_a_running_service(config: Path) -> None:
    assert _add(config).exit_code == 0
    with StateFolder(config.parent / "state"):
        assert _add(config, "wang", "viewer").exit_code == 0
        assert _run(config, "password", "WANG", typed="another sentence\n").exit_code == 0


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("add", "li", "--role", "viewer"), "short\n", "at least 10 characters"),
        (("add", "li", "--role", "viewer"), "", "at least 10 characters"),
        (("add", "wh-0001", "--role", "viewer"), GOOD, "the name wh-0001 is taken"),
        (("add", "a b", "--role", "viewer"), GOOD, "cannot be a name"),
        (("add", "li", "--role", "viewer", "--county", "NO/county"), GOOD, "not a county"),
        (("password", "nobody"), GOOD, "there is no account nobody"),
        (("close", "WH-0001"), "", "last account of the bureau"),
        (("token", "x", "--revoke"), "", "there is no program x"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(config: Path, words: tuple[str, ...], typed: str, said: str) -> None:
    _add(config)
    refused = _run(config, *words, typed=typed)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_token_is_shown_once_and_can_be_made_worthless(config: Path) -> None:
    token = _run(config, "token", "ledger", "--role", "viewer", "--county", "lanxi").stdout.strip()
    engine = open_engine(sqlite_url(config.parent / "state" / "fleet.sqlite3"))
    with engine.connect() as connection:
        found = programs.find(connection, token)
    assert found is not None
    assert found.counties == frozenset({"lanxi"})
    assert token not in _run(config, "list").stdout
    assert _run(config, "token", "ledger", "--revoke").exit_code == 0
    with engine.connect() as connection:
        assert programs.find(connection, token) is None
    engine.dispose()


def test_settings_that_are_wrong_are_named(config: Path) -> None:
    config.write_text("[server]\nprot = 1\n")
    assert "server.prot: unknown key" in _run(config, "list").stderr
