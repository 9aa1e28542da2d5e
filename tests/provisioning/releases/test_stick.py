"""A USB stick brings a release to a village without a line: exactly what officials signed, or nothing."""

import asyncio
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioning.agent.releases.refusal import NotTrustedError, OutOfReachError, UnsuitableError
from provisioning.agent.releases.stick import STICK, open_expected
from provisioning.fleet.releases import copies
from provisioning.wire.desired_state import WantedRelease
from tests.fakes.clock import ScaledClock
from tests.provisioning.releases.simulator import Simulator
from tests.provisioning.releases.test_repository import Bureau
from tests.provisioning.releases.village import OLD, Village

NEW = "2026.11.2"


@pytest.fixture
def courier(tmp_path: Path) -> Simulator:
    return Simulator(tmp_path / "courier", chain="courier")


@pytest.fixture
def village(tmp_path: Path, courier: Simulator) -> Village:
    village = Village(tmp_path, Simulator(tmp_path / "bureau"), courier=courier)
    village.sim.files.clear()  # no line
    return village


def _put_in(village: Village, courier: Simulator) -> Path:
    courier.write_to(village.stick_folder / STICK)
    return village.stick_folder / STICK


def _take(village: Village) -> str:
    return village.bring(None, village.channels.stick(village.stick_folder, lambda: True))


def _is_refused(village: Village, *errors: type[Exception]) -> None:
    with pytest.raises(errors or (NotTrustedError, OutOfReachError)):
        _take(village)
    assert village.serves() == OLD
    assert village.store.version_of("b") == ""


def test_a_stick_brings_the_newest_release(village: Village, courier: Simulator) -> None:
    courier.release("2026.10.9")
    courier.release(NEW)
    _put_in(village, courier)
    assert _take(village) == NEW


def test_a_stick_the_bureau_really_wrote_is_taken(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    bureau = Bureau(tmp_path)
    bureau.begin(now=now)
    bureau.release(NEW, core="print('new')", now=now)
    village = Village(tmp_path / "village", Simulator(tmp_path / "sim"))
    for name, chain in (("line.json", "metadata"), ("courier.json", "courier")):
        (village.slots.folder / "trust" / name).write_bytes((bureau.repository.folder / chain / "1.root.json").read_bytes())
    copies.export_stick(bureau.repository, village.stick_folder, NEW, now=now)
    assert _take(village) == NEW


def test_an_older_stick_changes_nothing(village: Village, courier: Simulator) -> None:
    courier.release("2026.10.9")
    _put_in(village, courier)
    _is_refused(village, UnsuitableError)


def test_a_stick_of_another_county_is_refused(village: Village, tmp_path: Path) -> None:
    other = Simulator(tmp_path / "other", chain="courier")
    other.release(NEW)
    _put_in(village, other)
    _is_refused(village, NotTrustedError)


def test_a_stick_that_lay_in_a_drawer_is_refused(village: Village, courier: Simulator) -> None:
    courier.timestamp.expires = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    courier.release(NEW)
    _put_in(village, courier)
    _is_refused(village, NotTrustedError)


def test_an_earlier_stick_after_a_later_one_is_a_rollback(village: Village, courier: Simulator) -> None:
    courier.release("2026.11.3")
    early = dict(courier.files)
    courier.publish()
    _put_in(village, courier)
    _take(village)
    shutil.rmtree(village.stick_folder)
    courier.files = early
    _put_in(village, courier)
    with pytest.raises(NotTrustedError, match="rollback"):
        _take(village)


def spoilt(how: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        wheel = sorted((folder / "targets" / "wheels").iterdir())[-1]
        timestamp = folder / "courier" / "timestamp.json"
        match how:
            case "truncated":
                os.truncate(wheel, 50)
            case "corrupt":
                spoilt = bytearray(wheel.read_bytes())
                spoilt[40] ^= 0xFF
                wheel.write_bytes(spoilt)
            case "huge":
                os.truncate(wheel, 50_000_000_000)
            case "huge metadata":
                os.truncate(timestamp, 50_000_000_000)
            case "link to a file":
                content = wheel.read_bytes()
                (folder.parent / "elsewhere").write_bytes(content)
                wheel.unlink()
                wheel.symlink_to(folder.parent / "elsewhere")
            case "link to a folder":
                (folder / "targets").rename(folder.parent / "elsewhere")
                (folder / "targets").symlink_to(folder.parent / "elsewhere")
            case "pipe":
                timestamp.unlink()
                os.mkfifo(timestamp)
            case "folder for a file":
                timestamp.unlink()
                timestamp.mkdir()
            case "device":
                timestamp.unlink()
                timestamp.symlink_to("/dev/zero")
            case "gone":
                wheel.unlink()
            case _:
                shutil.rmtree(folder)
                folder.mkdir()

    return spoil


HOWS = (
    "truncated", "corrupt", "huge", "huge metadata", "link to a file", "link to a folder", "pipe", "folder for a file", "device",
    "gone", "empty stick",
)  # fmt: skip


@pytest.mark.parametrize("how", HOWS)
def test_a_spoilt_stick_is_refused_whole(village: Village, courier: Simulator, how: str) -> None:
    courier.release(NEW)
    spoilt(how)(_put_in(village, courier))
    _is_refused(village)


def test_pulled_out_in_the_middle_and_put_in_again(village: Village, courier: Simulator) -> None:
    courier.release(NEW, core="x = 1\n" * 50_000)
    folder = _put_in(village, courier)
    asked = iter([False])

    def pulled_out() -> bool:
        if not next(asked, True):
            shutil.rmtree(folder)
        return True

    with pytest.raises(OutOfReachError):
        village.bring(None, village.channels.stick(village.stick_folder, pulled_out))
    assert village.serves() == OLD
    _put_in(village, courier)
    assert _take(village) == NEW


def test_nothing_but_a_couriers_files_is_opened(village: Village, courier: Simulator) -> None:
    folder = _put_in(village, courier)
    (village.stick_folder / "autorun.inf").write_text("[autorun]\nopen=evil.exe\n", encoding="ascii")
    (folder / "evil.sh").write_text("#!/bin/sh\ntouch /tmp/evil\n", encoding="ascii")
    for name in (
        "../autorun.inf",
        "evil.sh",
        "/etc/passwd",
        "courier/../evil.sh",
        "courier/evil.json",
        "targets/wheels/x.whl",
        "",
    ):
        with pytest.raises(FileNotFoundError, match="no name a courier uses"), open_expected(village.stick_folder, name):
            pass


async def test_a_stick_is_noticed_installed_and_kept_over_the_bureaus_older_wish(tmp_path: Path) -> None:
    courier = Simulator(tmp_path / "courier", chain="courier")
    courier.release(NEW)
    clock = ScaledClock(times=300.0, start=courier.now)
    village = Village(tmp_path, Simulator(tmp_path / "bureau"), courier=courier, clock=clock)
    async with village.living() as follower:
        follower.want(WantedRelease(version=OLD))
        await asyncio.sleep(0.05)
        _put_in(village, courier)
        await asyncio.wait_for(village.machine.ended.wait(), 10)
    shutil.rmtree(village.stick_folder)
    async with village.living() as follower:
        follower.want(WantedRelease(version=OLD))
        for _ in range(1000):
            if village.machine.last == "running" and village.machine.told[-1]["version"] == NEW:
                break
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert village.machine.restarts == ["release 2026.11.2 is to be tried"]
    assert village.serves() == NEW
