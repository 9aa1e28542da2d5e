"""Documents a kiosk must not live by: another county's, an older one, one of silly values, one under which it does not work."""

import asyncio
import sys
from pathlib import Path

import pytest

from provisioning.agent.desired_folder import DesiredFolder
from tests.faults.row import Row
from tests.system.demo import ROOT
from tests.whole.bureau import Bureau, scene, supervised
from tests.whole.process import KioskProcess, kiosk_process

pytestmark = [pytest.mark.fault, pytest.mark.timeout(400)]

BACK_S = 240.0
"""Rule R7 says 90: measured by ``benchmarks/way_back.py``. Here a machine may also be busy with other suites."""


@pytest.mark.fault("F65")
async def test_another_countys_document_and_an_older_one_are_refused(row: Row, folder: Path, broker_port: int) -> None:
    async with scene(folder, broker_port) as (kiosk, bureau):
        await bureau.sends(7, {})
        await bureau.hears("in_force", since=0)
        since = len(kiosk.ear.bodies)
        row.injected("a document of county lanxi, signed by our own bureau; then version 6 after 7")
        await bureau.sends(8, {"screen": {"volume": 1}}, county="lanxi")
        said = await bureau.hears("refused", since=since)
        row.seen()
        assert said["reason"] == "not_ours: is for lanxi/DEMO-001"
        since = len(kiosk.ear.bodies)
        await bureau.sends(6, {"screen": {"volume": 1}})
        assert (await bureau.hears("refused", since=since))["reason"] == "older: version 6 is older than 7"
        standing = DesiredFolder(kiosk.state / "desired").read()
        assert (standing.in_force_version, standing.newest_seen, standing.candidate) == (7, 7, None)
        await kiosk.well()
        row.page("as before; nothing restarts")
        row.note("the reason stands in zhizhu-kiosk desired and at the desk")


@pytest.mark.fault("F66")
async def test_a_good_signature_over_silly_values_is_refused_whole(row: Row, folder: Path, broker_port: int) -> None:
    async with scene(folder, broker_port) as (kiosk, bureau):
        pid = kiosk.pid
        row.injected("platform.answer_s = 0 and a driver nobody has, signed by our own bureau")
        await bureau.sends(1, {"platform": {"answer_s": 0}, "screen": {"volume": 1}})
        said = await bureau.hears("refused", since=0)
        row.seen()
        assert said["reason"] == "platform.answer_s: is 0; allowed: 0.1 to 120"
        since = len(kiosk.ear.bodies)
        await bureau.sends(2, {"device": {"receipt-printer": {"driver": "receipt_printer/telepathy"}}})
        assert "there is no 'receipt_printer/telepathy'" in str((await bureau.hears("refused", since=since))["reason"])
        assert kiosk.pid == pid
        await kiosk.well()
        row.page("as before; nothing restarts")
        row.note("told by: " + (await _verb(kiosk)).splitlines()[-1])


@pytest.mark.fault("F66")
async def test_a_document_under_which_a_device_does_not_answer_is_gone_back_from(
    row: Row, folder: Path, broker_port: int
) -> None:
    async with scene(folder, broker_port) as (kiosk, bureau):
        row.injected("the receipt printer at a port where there is none")
        await bureau.sends(1, {"device": {"receipt-printer": {"port": "tcp://127.0.0.1:9"}}})
        await bureau.hears("on_trial", since=0)
        row.seen()
        said = await bureau.hears("went_back", since=0, within_s=BACK_S)
        await kiosk.well(within_s=BACK_S)
        row.healed()
        assert said["reason"] == "does not work: receipt-printer"
        assert "went back: document 1: does not work: receipt-printer" in await _verb(kiosk)
        row.page("the idle page, with what the printer takes withdrawn while it is tried")


async def _verb(kiosk: KioskProcess) -> str:
    """What a technician reads at the kiosk."""
    words = (sys.executable, "-m", "kiosk", "desired", "--config", str(kiosk.config_file))
    asked = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    said, _ = await asked.communicate()
    assert asked.returncode == 0
    return said.decode()


@pytest.mark.fault("F61")
async def test_a_kiosk_in_safe_mode_is_mended_by_a_document(row: Row, folder: Path, broker_port: int) -> None:
    async with kiosk_process(folder, broker_port=broker_port) as kiosk:
        bureau = Bureau(kiosk, broker_port)
        for _ in range(3):
            await kiosk.start()
            await kiosk.ear.body("birth", lambda _: True, what="a core that lives", since=len(kiosk.ear.bodies), within_s=20)
            await kiosk.kill()
        row.injected("kill -9 of the core, three times; then a document of the bureau")
        await kiosk.start()
        await kiosk.ear.fault("core.safe_mode", within_s=20)
        row.seen()
        await kiosk.page("out_of_service")
        row.page("out_of_service")
        row.mended()
        since = len(kiosk.ear.bodies)
        async with supervised(kiosk):
            await bureau.sends(1, {"screen": {"volume": 1}})
            await bureau.hears("in_force", since=since, within_s=90)
            await kiosk.page("attract")
            row.healed()
            row.note("tried in the ordinary way, the crashes before it forgotten")
