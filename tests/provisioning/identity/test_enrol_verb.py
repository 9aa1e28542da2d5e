"""What a technician types in front of a new kiosk, and reads."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kiosk.__main__ import cli
from provisioning.agent.refusal_words import WORDS
from provisioning.wire.enrolment import Refusal, make_code, show_code
from tests.kiosk.config.test_config import GOOD
from tests.provisioning.identity.bureau import Bureau
from tests.provisioning.identity.doors import ServedDoor


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def door(bureau: Bureau) -> Iterator[ServedDoor]:
    with ServedDoor(bureau, now=_now) as door:
        yield door


@pytest.fixture
def config(tmp_path: Path, door: ServedDoor) -> Path:
    path = tmp_path / "kiosk.toml"
    text = GOOD.replace("/var/lib/zhizhu", str(tmp_path / "kiosk-state"))
    bureau = f'[bureau]\nurl = "{door.url}"\nserial = "zz-syn-0001"\n'
    path.write_text(text.replace("[[device]]", f"{bureau}\n[[device]]", 1), encoding="utf-8")
    return path


def _told(config: Path, code: str) -> Result:
    return CliRunner().invoke(cli, ["enrol", "--config", str(config), "--code", code])


def test_the_code_on_the_slip_is_enough(config: Path, door: ServedDoor) -> None:
    result = _told(config, show_code(door.bureau.code("ZZ-SYN-0001", now=_now())).lower())
    assert result.exit_code == 0, result.output
    assert "let in as yunxi/guangming-1; certificate until " in result.output
    assert (config.parent / "kiosk-state" / "identity" / "key.pem").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("serial", "code", "words"),
    [
        ("zz-syn-0001", "VWA0HBG0X7NJASJ3", "wrong code: no such code"),
        ("zz-syn-0001", "123", "a code has 16 letters and digits"),
    ],
)
def test_who_is_not_let_in_reads_why_and_what_to_do(config: Path, serial: str, code: str, words: str) -> None:
    config.write_text(config.read_text().replace("zz-syn-0001", serial))
    result = _told(config, code)
    assert result.exit_code == 2
    assert words in result.output


def test_a_kiosk_without_a_bureau_says_what_is_missing(config: Path) -> None:
    config.write_text(config.read_text().replace("[bureau]", "[bureau]\n#").replace("url =", "#").replace("serial =", "#"))
    result = _told(config, make_code())
    assert result.exit_code == 2


def test_every_reason_has_its_words() -> None:
    assert {reason.value for reason in Refusal} <= set(WORDS)
