"""A copied disk: both machines are shut out at the broker within a minute, until a person lets the right one in again."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from provisioning.fleet.authority import keep_own
from provisioning.fleet.clone_book import LIVES, OTHER_BOARD, CloneBook
from provisioning.fleet.registry import IdentityState
from telemetry.fleet.broker_door import DoorFiles
from telemetry.fleet.broker_process import BrokerProcess
from telemetry.mqtt import Credentials
from tests.provisioning.identity.bureau import CLERK, KIOSK, Box, Bureau
from tests.telemetry.together import Cabinet, Fleet, free_port, running, until

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

HOST = "127.0.0.1"
FLAGGED_WITHIN_S = 60.0


@dataclass(kw_only=True)
class District:
    """A bureau, its fleet service and its broker with a door, and one kiosk that was let in."""

    bureau: Bureau
    fleet: Fleet
    port: int
    shown: Credentials

    def cabinet(self, folder: Path) -> Cabinet:
        return Cabinet(port=self.port, folder=folder, kiosk=KIOSK, credentials=self.shown)

    @property
    def state(self) -> IdentityState:
        identity = self.bureau.identity()
        assert identity is not None
        return identity.state


@pytest.fixture
async def district(tmp_path: Path) -> AsyncIterator[District]:
    async with _district(tmp_path) as district:
        yield district


@asynccontextmanager
async def _district(folder: Path) -> AsyncIterator[District]:
    port, authority = free_port(), folder / "authority"
    now = datetime.now(UTC)
    service = Credentials(ca=authority / "ca.pem", certificate=authority / "fleet.pem", key=authority / "fleet.key")
    fleet = Fleet(port=port, folder=folder, books=lambda _engine: (CloneBook(),), credentials=service)
    try:
        bureau = Bureau(fleet.engine, authority)
        server, _ = keep_own(bureau.authority, authority, (HOST,), now=now)
        shown = _let_in(bureau, Box(serial="ZZ-SYN-0001", hardware="a" * 64), folder, now=now)
        own = Credentials(ca=service.ca, certificate=server.certificate, key=server.key)
        files = DoorFiles(own=own, revoked=authority / "crl.pem")
        broker = BrokerProcess(host=HOST, port=port, on_start=lambda: None, files=files)
        await broker.start()
        keeping = asyncio.create_task(bureau.revocations.run(lambda: datetime.now(UTC)))
        try:
            async with running(fleet.ingest):
                yield District(bureau=bureau, fleet=fleet, port=port, shown=shown)
        finally:
            keeping.cancel()
            await asyncio.wait({keeping})
            await broker.end()
    finally:
        fleet.engine.dispose()


def _let_in(bureau: Bureau, box: Box, folder: Path, *, now: datetime) -> Credentials:
    told = bureau.ask(box, bureau.code(box.serial, now=now), now=now)
    shown = Credentials(ca=bureau.folder / "ca.pem", certificate=folder / "kiosk.pem", key=folder / "kiosk.key")
    shown.certificate.write_text(told.certificate)
    shown.key.write_text(box.pem)
    return shown


async def test_a_copied_disk_shuts_both_machines_out_until_a_person_decides(district: District, tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    first = district.cabinet(tmp_path / "one")
    async with running(first.agent):
        await until(lambda: district.fleet.condition(KIOSK) == "READY", "the kiosk is known")
        assert district.state is IdentityState.ACTIVE
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    first, second = district.cabinet(tmp_path / "one"), district.cabinet(tmp_path / "two")
    async with running(first.agent):
        async with running(second.agent):
            took_s = await until(lambda: district.state is IdentityState.QUARANTINED, "flagged", deadline_s=FLAGGED_WITHIN_S)
            assert took_s <= FLAGGED_WITHIN_S
            assert "kiosk.cloned" in district.fleet.open_alarms()
            await until(lambda: not first.agent.is_connected and not second.agent.is_connected, "both are shut out")
            told = len(district.fleet.numbers(KIOSK))
            first.raise_fault()
            second.raise_fault("printer.cover_open")
            await until(lambda: first.agent.queued > 0 and second.agent.queued > 0, "what they would say waits on their disks")
        assert len(district.fleet.numbers(KIOSK)) == told, "nothing more of either was believed"
        district.bureau.acts.readmit(CLERK, KIOSK, now=datetime.now(UTC))
        await until(lambda: "printer.paper_out" in district.fleet.open_alarms(), "the right one is heard again", deadline_s=60)
    identity = district.bureau.identity()
    assert identity is not None
    assert identity.state is IdentityState.ACTIVE


async def test_the_reason_is_kept_for_the_desk(district: District, tmp_path: Path) -> None:
    one = district.cabinet(tmp_path)
    async with running(one.agent):
        await until(lambda: district.fleet.condition(KIOSK) == "READY", "the kiosk is known")
        one.agent.event("identity.reported", {"state": "in_force", "hardware": "a" * 64})
        one.agent.event("identity.reported", {"state": "in_force", "hardware": ""})
        await until(lambda: one.agent.queued == 0, "it said which board it runs on")
        assert district.state is IdentityState.ACTIVE, "its own, or none that can be told"
        one.agent.event("identity.reported", {"state": "in_force", "hardware": "b" * 64})
        await until(lambda: district.state is IdentityState.QUARANTINED, "another board is another machine")
        identity = district.bureau.identity()
        assert identity is not None
        assert identity.reason == OTHER_BOARD
        assert LIVES not in identity.reason
        assert district.bureau.noted("shut out") == 1
        await until(lambda: not one.agent.is_connected, "it is sent away while it speaks")
