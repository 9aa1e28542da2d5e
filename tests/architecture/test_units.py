"""What systemd itself says of the units: no key it does not know, no value it cannot read, no program that is missing."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy/systemd").iterdir())
OURS = "/opt/zhizhu/"
"""Where the product's own programs lie on a machine; they are not here."""

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed (apt: systemd)")


def complaints(unit: Path) -> list[str]:
    """What systemd would write into its journal on loading this unit, but for our own programs, which are not installed here."""
    words = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)]
    said = subprocess.run(words, capture_output=True, text=True, timeout=50, check=False).stderr.splitlines()
    return [line for line in said if not (f"Command {OURS}" in line and "is not executable" in line)]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_every_line_of_a_unit(unit: Path) -> None:
    assert complaints(unit) == []


def test_a_line_that_systemd_does_not_know_is_found(tmp_path: Path) -> None:
    kiosk = ROOT / "deploy/systemd/zhizhu-kiosk.service"
    spoilt = tmp_path / kiosk.name
    spoilt.write_text(kiosk.read_text(encoding="utf-8").replace("RestartSec=2", "RestartSecs=2\nWatchdogSec=soon"))
    found = "\n".join(complaints(spoilt))
    assert "RestartSecs" in found
    assert "soon" in found
