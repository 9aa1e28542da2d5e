"""Who may import whom: the contracts of .importlinter."""

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_every_contract_is_counted() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    assert len([name for name in config.sections() if ":contract:" in name]) == 17


@pytest.mark.timeout(180)
def test_every_import_obeys_the_contracts() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "17 kept, 0 broken" in done.stdout
