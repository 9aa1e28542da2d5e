"""A slice of ``benchmarks.fleet_ingest``: under load nothing is lost, and every fault becomes an alarm."""

from pathlib import Path

import pytest

from benchmarks import fleet_ingest
from benchmarks.fleet_service import MOSQUITTO, Load, mosquitto, service

KIOSKS = 400
RATE = 400.0
SECONDS = 5.0


@pytest.mark.system
@pytest.mark.timeout(120)
def test_under_load_nothing_is_lost_and_faults_pass(tmp_path: Path, store_url: str) -> None:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    with (
        mosquitto(tmp_path / "broker") as port,
        service(tmp_path / "service", broker_port=port, store_url=store_url) as fleet,
        Load.running(port=port, kiosks=KIOSKS) as load,
    ):
        load.do("birth")
        fleet_ingest.until_known(fleet, KIOSKS)
        held = fleet_ingest.beat(fleet, load, rate=RATE, seconds=SECONDS)
    assert held.lost == 0
    assert held.alarm_latencies_s
