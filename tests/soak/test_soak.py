"""A slice of the two thousand visits; the rest is ``python -m tests.soak``."""

import subprocess
import sys

import pytest

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

VISITS = 12
SEED = 20261122


def test_visits_with_random_troubles_leave_nothing_stuck_unaccounted_or_behind() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.soak", "--visits", str(VISITS), "--seed", str(SEED)],
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "every visit accounted for" in ran.stdout
