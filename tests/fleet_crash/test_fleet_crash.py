"""A slice of the deaths of the server side; the rest is ``python -m tests.fleet_crash``."""

import subprocess
import sys

import pytest

from tests.fakes.postgres import binaries
from tests.telemetry.together import MOSQUITTO

TIMES = 3
SEED = 20261122


@pytest.mark.system
@pytest.mark.timeout(240)
@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_no_death_of_the_fleet_loses_what_was_promised_or_stores_anything_twice(store: str) -> None:
    if MOSQUITTO is None or (store == "postgresql" and binaries() is None):
        pytest.skip("mosquitto or PostgreSQL is not installed")
    ran = subprocess.run(
        [sys.executable, "-m", "tests.fleet_crash", "--times", str(TIMES), "--store", store, "--seed", str(SEED)],
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "no acknowledgement ahead of storage" in ran.stdout
