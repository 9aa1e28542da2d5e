"""Slices of ``python -m benchmarks converge converge_wire``: everybody ends by what is wanted, however fast."""

from pathlib import Path

import pytest

from benchmarks import converge, converge_wire
from benchmarks.fleet_service import MOSQUITTO


def test_everybody_ends_by_what_is_wanted(tmp_path: Path) -> None:
    figures = {figure.name: figure.value for figure in converge.measure(tmp_path, kiosks=60)}
    assert figures["60 kiosks: approved -> all run by it"] < 3_600
    assert figures["60 kiosks: down, a kiosk"] < 4


@pytest.mark.system
@pytest.mark.timeout(240)
def test_everybody_ends_by_what_is_wanted_over_a_real_broker(tmp_path: Path) -> None:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    figures = {figure.name: figure.value for figure in converge_wire.measure(tmp_path, kiosks=120, beat_every_s=5.0, base_s=0.5)}
    assert 0 < figures["120 kiosks over MQTT: down, a kiosk"] < 4
