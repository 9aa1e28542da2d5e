"""The commands a technician types beside the machine."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from drivers.contract.device import Identity
from kiosk.__main__ import cli
from kiosk.diagnostics.check import Finding
from kiosk.diagnostics.readiness import FILE, Readiness, to_keep
from kiosk.upkeep.accepted import FILE as ACCEPTED
from kiosk.upkeep.accepted import AcceptedDevices
from kiosk.upkeep.kept_file import write_kept
from tests.kiosk.config.test_config import GOOD


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "kiosk.toml"
    path.write_text(GOOD.replace("/var/lib/zhizhu", str(tmp_path)), encoding="utf-8")
    return path


def told(config: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "--config", str(config)])


def test_accepting_a_device_says_which(config: Path) -> None:
    devices = AcceptedDevices()
    devices.see("receipt-printer", Identity(model="TM-T88", serial="A1", firmware=""))
    devices.see("receipt-printer", Identity(model="TM-T88", serial="B2", firmware=""))
    write_kept(config.parent / ACCEPTED, devices.to_keep())
    result = told(config, "accept", "receipt-printer")
    assert (result.exit_code, result.output) == (0, "receipt-printer: accepted is TM-T88, serial number B2\n")


def test_accepting_what_was_never_seen_names_what_was(config: Path) -> None:
    result = told(config, "accept", "toaster")
    assert result.exit_code == 2
    assert "toaster: has never said who it is; known are: none" in result.output


def test_readiness_shows_the_last_days_and_what_was_wrong(config: Path) -> None:
    well = Finding(subject="display", is_well=True)
    dry = Finding(subject="receipt-printer", is_well=False, codes=("printer.paper_out",), evidence="DLE EOT 4=7E")
    records = [
        Readiness(at=datetime(2026, 3, day, 21, 30, tzinfo=UTC), clock_is_trusted=day < 3, findings=findings)
        for day, findings in ((1, (well,)), (2, (well,)), (3, (well, dry)))
    ]
    write_kept(config.parent / FILE, to_keep(records))
    lines = told(config, "readiness", "--last", "2").output.splitlines()
    assert [line.split("  ")[1] for line in lines[:2]] == ["all well", "1 of 2 not well"]
    assert "clock not confirmed" in lines[1]
    assert lines[2].strip() == "receipt-printer: printer.paper_out: DLE EOT 4=7E"


def test_readiness_of_a_new_machine_is_not_known_yet(config: Path) -> None:
    assert "no self-test" in told(config, "readiness").output


def test_leaving_safe_mode_is_asked_of_the_core(config: Path) -> None:
    assert told(config, "leave-safe-mode").exit_code == 0
    assert (config.parent / "leave-safe-mode").exists()


def test_a_configuration_that_cannot_be_used_is_said_so(tmp_path: Path) -> None:
    result = told(tmp_path / "none.toml", "readiness")
    assert result.exit_code == 2
    assert "cannot be read" in result.output
