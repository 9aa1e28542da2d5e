"""``zhizhu-fleet rollout`` at a shell."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from provisioning.fleet.rollouts.acts import Doing
from provisioning.fleet.rollouts.command_line import rollout_verbs
from telemetry.fleet.store.engine import open_engine, sqlite_url
from tests.provisioning.rollouts.county import LI, County
from tests.provisioning.rollouts.made import NEW


@pytest.fixture
def fleet(upgraded_sqlite: Path, tmp_path: Path) -> tuple[Path, Engine]:
    """Return fleet.toml and the store it names, with a county in it."""
    (tmp_path / "fleet.sqlite3").write_bytes(upgraded_sqlite.read_bytes())
    config = tmp_path / "fleet.toml"
    config.write_text(f'[server]\nstate_dir = "{tmp_path}"\n')
    engine = open_engine(sqlite_url(tmp_path / "fleet.sqlite3"))
    return config, engine


def _run(config: Path, *words: str) -> tuple[int, str]:
    answer = CliRunner().invoke(rollout_verbs, [*words, "--config", str(config)])
    return answer.exit_code, answer.output


def test_a_rollout_is_begun_held_and_gone_on_with_at_a_shell(fleet: tuple[Path, Engine]) -> None:
    config, engine = fleet
    County(engine, 40)
    code, said = _run(config, "start", NEW, "lx")
    assert code == 0
    assert "rollout 1: 2026.11.3 to lx: running" in said
    assert "> canary: 2 kiosks, 0 done, 0 failed, 0 skipped, soak 24 h" in said
    assert _run(config, "pause", "1")[1].startswith("rollout 1: 2026.11.3 to lx: paused")
    assert _run(config, "resume", "1")[1].startswith("rollout 1: 2026.11.3 to lx: running")
    assert _run(config, "list")[1] == "1 lx 2026.11.3 running canary 0/40\n"
    engine.dispose()


def test_the_shell_that_began_a_rollout_cannot_agree_to_it(fleet: tuple[Path, Engine]) -> None:
    config, engine = fleet
    County(engine, 40)
    _run(config, "start", NEW, "lx")
    code, said = _run(config, "approve", "1")
    assert code == 2
    assert "same_person" in said
    engine.dispose()


def test_to_go_back_is_asked_at_a_shell_and_agreed_to_by_somebody_else(fleet: tuple[Path, Engine]) -> None:
    config, engine = fleet
    county = County(engine, 40)
    _run(config, "start", NEW, "lx")
    assert "waits for a second person: roll_back, asked by zhizhu-fleet" in _run(config, "roll-back", "1")[1]
    county.acts.take(LI, 1, Doing.APPROVE, seen_row=county.found().row, now=county.now)
    assert "rolling_back" in _run(config, "show", "1")[1]
    engine.dispose()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("start", "1.2.3", "lx"), "is not published"),
        (("start", NEW, "nowhere"), "no kiosk there"),
        (("start", NEW, "lx", "--share", "a=50", "--share", "b=20"), "shares grow"),
        (("start", NEW, "lx", "--ring", "a=LX-999"), "could have it"),
        (("start", NEW, "lx", "--ring", "a"), "NAME=WHAT"),
        (("show", "7"), "there is no rollout 7"),
        (("cancel", "7"), "there is no rollout 7"),
    ],
)
def test_what_cannot_be_is_refused_in_words(fleet: tuple[Path, Engine], words: tuple[str, ...], reason: str) -> None:
    config, engine = fleet
    County(engine, 4)
    code, said = _run(config, *words)
    assert code == 2
    assert reason in " ".join(said.split())
    engine.dispose()


def test_rings_picked_by_hand_are_only_those_kiosks(fleet: tuple[Path, Engine]) -> None:
    config, engine = fleet
    county = County(engine, 9)
    said = _run(config, "start", NEW, "lx", "--ring", "first=LX-003:2", "--ring", "rest=LX-001,LX-002")[1]
    assert "> first: 1 kiosks" in said
    assert len(county.members()) == 3
    engine.dispose()
