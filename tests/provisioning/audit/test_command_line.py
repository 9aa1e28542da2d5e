"""``zhizhu-fleet audit``: good ends with 0, one altered byte with 1 and its place; an export can be checked without us."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from provisioning.fleet.audit.command_line import audit_verbs
from telemetry.fleet.accounts import audit, audit_chain
from telemetry.fleet.accounts.audit_chain import Ends, check
from telemetry.fleet.accounts.person import COMMAND_LINE, Act
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.schema import audit as table
from telemetry.fleet.store.upgrade import upgrade
from tests.provisioning.commands.said import NOW


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "fleet.toml"
    file.write_text("")
    (tmp_path / "state").mkdir()
    engine = open_engine(sqlite_url(tmp_path / "state" / "fleet.sqlite3"))
    upgrade(engine)
    for number in range(3):
        with engine.begin() as connection:
            audit.note(connection, COMMAND_LINE, Act.SHELVE, now=NOW, about=f"alarm {number}", detail="搁置")
    engine.dispose()
    return file


def _run(config: Path, *words: str, code: int = 0) -> str:
    result = CliRunner().invoke(audit_verbs, [*words, "--config", str(config)])
    assert result.exit_code == code, result.output
    return result.output


def test_a_good_audit_is_anchored_and_one_altered_byte_is_found(config: Path, tmp_path: Path) -> None:
    assert _run(config, "verify") == "audit good: 3 rows to place 3; 0 anchors, the last good one at place 0\n"
    _run(config, "anchor")
    given_away = tmp_path / "given-away.jsonl"
    (tmp_path / "state" / "anchors.jsonl").rename(given_away)
    assert "the last good one at place 3" in _run(config, "verify", "--anchors", str(given_away))
    engine = open_engine(sqlite_url(tmp_path / "state" / "fleet.sqlite3"))
    with engine.begin() as connection:
        connection.execute(update(table).where(table.c.place == 2).values(detail="搁罢"))
    engine.dispose()
    said = _run(config, "verify", code=1)
    assert "altered: place 2 is not what was sealed there" in said
    assert "audit NOT GOOD" in said


def test_an_export_can_be_checked_by_anybody(config: Path, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    assert _run(config, "export", str(file)) == f"{file}: 3 rows\n"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    told = [{**row, "at": datetime.fromisoformat(row["at"])} for row in rows]
    assert list(check(told, Ends(place=3, hash=rows[-1]["hash"]))) == []
    assert rows[0]["hash"] == audit_chain.sealed(audit_chain.GENESIS, 1, told[0])
    assert "is there already" in _run(config, "export", str(file), code=2)


def test_a_file_that_is_no_file_of_anchors_is_said(config: Path, tmp_path: Path) -> None:
    strange = tmp_path / "strange"
    strange.write_bytes(b"\xff\xfe")
    assert "is no file of anchors" in _run(config, "verify", "--anchors", str(strange), code=2)
