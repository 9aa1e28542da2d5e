"""Bundles of logs at the kiosk door: only what was asked for, only once, never too large, never anything else."""

import io
import zipfile
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from provisioning.agent.log_bundle import pack
from provisioning.fleet.commands import bundles
from provisioning.fleet.kiosk_door.caller import caller
from provisioning.wire.command import MOST_LOG_BYTES, SelfTest, SendLogs
from telemetry.wire.topics import KioskId
from tests.provisioning.commands.test_fleet import KIOSKS, Desk


def _parcel(*names: str, size: int = 10) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as parcel:
        for name in names:
            parcel.writestr(name, b"x" * size)
    return body.getvalue()


GOOD = _parcel("about.json", "kiosk.log.jsonl")


@pytest.fixture
def desk(store: Engine, tmp_path: Path) -> Desk:
    return Desk(store, tmp_path)


def _client(desk: Desk, folder: Path, *, kiosk: KioskId = KIOSKS[0]) -> httpx.AsyncClient:
    app = FastAPI()
    app.include_router(bundles.router(desk.engine, folder=folder))
    app.dependency_overrides[caller] = lambda: kiosk
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://door")


async def test_the_log_travels_from_the_kiosk_to_the_desk(desk: Desk, tmp_path: Path) -> None:
    desk.ask(SendLogs())
    (told,) = desk.due()
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "kiosk.log").write_text('{"event":"core.ending"}\n')
    packed = pack(tmp_path / "log", most_bytes=65_536, now=desk.now)
    async with _client(desk, tmp_path) as client:
        assert (await client.put(f"/bundles/{told.id}", content=packed.body)).status_code == 204
    with zipfile.ZipFile(bundles.path_of(tmp_path, KIOSKS[0], told.id)) as parcel:
        assert b"core.ending" in parcel.read("kiosk.log.jsonl")


async def test_a_bundle_nobody_asked_this_kiosk_for_is_not_taken(desk: Desk, tmp_path: Path) -> None:
    desk.ask(SendLogs())
    (logs,) = desk.due()
    desk.says(KIOSKS[0], id=logs.id, outcome="done")
    desk.ask(SelfTest())
    (test,) = desk.due()
    async with _client(desk, tmp_path) as client:
        assert (await client.put(f"/bundles/{test.id}", content=GOOD)).status_code == 404
        assert (await client.put("/bundles/..%2f..%2fetc", content=GOOD)).status_code in {404, 422}
    async with _client(desk, tmp_path, kiosk=KIOSKS[1]) as other:
        assert (await other.put(f"/bundles/{logs.id}", content=GOOD)).status_code == 404
    assert not (tmp_path / "bundles").exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"no zip", 422),
        (_parcel("about.json", "kiosk.log.jsonl", "../../evil"), 422),
        (_parcel("about.json"), 422),
        (_parcel("about.json", "kiosk.log.jsonl", size=150_000_000), 422),
        (b"x" * (MOST_LOG_BYTES + 1), 413),
    ],
    ids=["no zip", "another file", "half", "bomb", "too large"],
)
async def test_what_is_no_bundle_is_refused_whole(desk: Desk, tmp_path: Path, body: bytes, status: int) -> None:
    desk.ask(SendLogs())
    (told,) = desk.due()
    async with _client(desk, tmp_path) as client:
        assert (await client.put(f"/bundles/{told.id}", content=body)).status_code == status
        assert not (tmp_path / "bundles").exists()
        assert (await client.put(f"/bundles/{told.id}", content=GOOD)).status_code == 204
        assert (
            await client.put(f"/bundles/{told.id}", content=_parcel("about.json", "kiosk.log.jsonl", size=99))
        ).status_code == 204
    assert bundles.path_of(tmp_path, KIOSKS[0], told.id).read_bytes() == GOOD
