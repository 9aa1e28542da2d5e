"""A slice of the deaths around a release; the rest is ``python -m tests.crash.releases``."""

import subprocess
import sys

import pytest

SEED = 20261122


def _die(points: int, *, within_s: float, module: str = "tests.crash.releases") -> int:
    ran = subprocess.run(
        [sys.executable, "-m", module, "--points", str(points), "--seed", str(SEED)],
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return int(ran.stdout.splitlines()[-1].partition(" points")[0])


def test_whenever_a_kiosk_dies_over_a_release_it_has_the_old_one_or_the_new_one() -> None:
    assert _die(20, within_s=110) >= 20


def test_a_document_sent_with_a_release_is_never_on_trial_beside_it_whenever_the_kiosk_dies() -> None:
    assert _die(12, within_s=50, module="tests.crash.both") >= 12


@pytest.mark.thorough
@pytest.mark.timeout(2500)
def test_so_it_is_a_thousand_times() -> None:
    assert _die(1_000, within_s=2_400) >= 1_000
