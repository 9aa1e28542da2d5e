"""The style of the house, checked by its own tools in the versions of the lock file."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_finds_nothing() -> None:
    _run("ruff", "check", ".")


def test_everything_is_formatted() -> None:
    _run("ruff", "format", "--check", ".")


@pytest.mark.timeout(300)
def test_the_types_hold() -> None:
    _run("mypy")


@pytest.mark.timeout(300)
def test_the_types_of_the_tests_hold() -> None:
    _run("mypy", "-p", "tests", "-p", "benchmarks", "-p", "deploy")
