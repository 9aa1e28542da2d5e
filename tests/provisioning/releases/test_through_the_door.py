"""From the officials' sticks to a whole slot, through the real door: TLS both ways, the first roots included."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi import Depends

from provisioning.agent.releases.refusal import OutOfReachError
from provisioning.fleet.kiosk_door.caller import caller
from provisioning.fleet.releases.serving import router
from telemetry.fleet.store.engine import open_engine, sqlite_url
from tests.provisioning.identity.bureau import Box
from tests.provisioning.identity.bureau import Bureau as Registry
from tests.provisioning.identity.doors import ServedDoor
from tests.provisioning.releases.simulator import Simulator
from tests.provisioning.releases.test_repository import Bureau
from tests.provisioning.releases.village import OLD, Village

NEW = "2026.11.2"


def _now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def bureau(tmp_path: Path) -> Bureau:
    bureau = Bureau(tmp_path / "releases-of-the-bureau")
    bureau.begin(now=_now())
    bureau.release(NEW, core="print('new')", now=_now())
    return bureau


@pytest.fixture
def door(upgraded_sqlite: Path, tmp_path: Path, bureau: Bureau) -> Iterator[ServedDoor]:
    engine = open_engine(sqlite_url(Path(shutil.copy(upgraded_sqlite, tmp_path / "fleet.sqlite3"))))
    registry = Registry(engine, tmp_path / "authority")
    routes = router(bureau.repository.folder, dependencies=[Depends(caller)])
    with ServedDoor(registry, now=_now, routers=[routes]) as door:
        yield door
    engine.dispose()


@pytest.fixture
def village(tmp_path: Path) -> Village:
    """A kiosk that knows no root yet."""
    village = Village(tmp_path / "village", Simulator(tmp_path / "sim"))
    for name in ("line.json", "courier.json"):
        (village.slots.folder / "trust" / name).unlink()
    return village


def _at_the_repository(client: httpx.Client) -> httpx.Client:
    client.base_url = client.base_url.join("/repository/")
    return client


@pytest.mark.system
def test_a_kiosk_of_the_bureau_brings_a_release_through_the_door(door: ServedDoor, village: Village, tmp_path: Path) -> None:
    box = Box(serial="ZZ-SYN-0001")
    certificate = door.bureau.ask(box, door.bureau.code(box.serial, now=_now()), now=_now()).certificate
    village.clients = [lambda: _at_the_repository(door.client(tmp_path, box.key, certificate))]
    assert village.bring(NEW) == NEW
    assert {path.name for path in (village.slots.folder / "trust").glob("*.json")} == {"line.json", "courier.json"}
    assert village.serves() == OLD


@pytest.mark.system
def test_who_shows_no_certificate_is_given_nothing(door: ServedDoor, village: Village, tmp_path: Path) -> None:
    village.clients = [lambda: _at_the_repository(door.client(tmp_path))]
    with pytest.raises(OutOfReachError, match="401"):
        village.bring(NEW)
    assert not list((village.slots.folder / "trust").glob("*.json"))
