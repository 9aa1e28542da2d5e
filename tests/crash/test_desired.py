"""A slice of the deaths around a document; the rest is ``python -m tests.crash.desired``."""

import subprocess
import sys

import pytest

SEED = 20261122


def _die(points: int) -> int:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.crash.desired", "--points", str(points), "--seed", str(SEED)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return int(ran.stdout.splitlines()[-1].partition(" deaths")[0])


def test_whenever_a_kiosk_dies_over_a_document_it_has_the_old_one_or_the_new_one() -> None:
    assert _die(100) >= 100


@pytest.mark.thorough
def test_so_it_is_two_thousand_times() -> None:
    assert _die(2_000) >= 2_000
