"""A slice of the ten thousand deaths; the rest is ``python -m tests.crash``."""

import subprocess
import sys

POINTS = 240
SEED = 20261122


def test_no_death_loses_what_was_promised_or_does_anything_twice() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.crash", "--points", str(POINTS), "--seed", str(SEED)],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{POINTS} deaths" in ran.stdout
