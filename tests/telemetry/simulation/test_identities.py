"""Simulated kiosks before a broker that asks for certificates: each shows its own, and one without is named."""

import io
import shutil
from pathlib import Path

import pytest

from telemetry.simulation import story
from telemetry.simulation.identities import Identities, IdentityMissingError
from telemetry.simulation.play import Manners, Play
from telemetry.simulation.truth import Truth
from telemetry.wire.topics import KioskId
from tests.fakes.authority import Authority
from tests.provisioning.secured import HOST, embedded
from tests.telemetry.together import Fleet, running

COUNTY = "trial"
SPEED = 600.0


def _enrol(authority: Authority, folder: Path, kiosk: str) -> None:
    """Leave what enrolment would."""
    shown, lies_in = authority.kiosk(f"{COUNTY}/{kiosk}"), folder / kiosk / "identity"
    lies_in.mkdir(parents=True)
    for path, name in ((shown.ca, "ca.pem"), (shown.certificate, "certificate.pem"), (shown.key, "key.pem")):
        shutil.copy(path, lies_in / name)


async def test_a_simulated_fleet_speaks_to_a_broker_that_asks_for_certificates(tmp_path: Path) -> None:
    told = story.nothing_happens(county=COUNTY, kiosks=3, seed=1, lasting_s=SPEED)
    with embedded(tmp_path) as at:
        for site in told.sites:
            _enrol(at.authority, tmp_path / "kiosks", site.name)
        fleet = Fleet(port=at.port, folder=tmp_path, credentials=at.authority.service())
        try:
            async with running(fleet.ingest):
                manners = Manners(
                    host=HOST,
                    port=at.port,
                    speed=SPEED,
                    heartbeat_s=1,
                    spread_s=0.1,
                    linger_s=0,
                    seed=1,
                    identities=Identities(tmp_path / "kiosks"),
                )
                played = await Play(told, manners, Truth(io.StringIO())).run()
            assert played.unstored == 0
            assert {known.id.kiosk for known in fleet.reader.kiosks()} == {site.name for site in told.sites}
        finally:
            fleet.engine.dispose()


def test_a_kiosk_that_was_never_enrolled_is_named(tmp_path: Path) -> None:
    with pytest.raises(IdentityMissingError, match="K7"):
        Identities(tmp_path).shown_by(KioskId(county=COUNTY, kiosk="K7"))
