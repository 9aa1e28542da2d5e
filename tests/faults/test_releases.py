"""Releases that must not be taken: broken off, spoilt, old, another county's, on a bad stick; the old release serves on."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioning.agent.releases.stick import STICK
from provisioning.wire.desired_state import At, WantedRelease
from tests.fakes.clock import ScaledClock
from tests.faults.row import Row
from tests.provisioning.releases.simulator import Simulator
from tests.provisioning.releases.test_install import BAD_BUNDLES
from tests.provisioning.releases.test_stick import HOWS, spoilt
from tests.provisioning.releases.village import OLD, Village

NEW = "2026.11.2"
WANTED = WantedRelease(version=NEW, at=At.NOW)


@pytest.fixture
def courier(folder: Path) -> Simulator:
    return Simulator(folder / "courier", chain="courier")


@pytest.fixture
def village(folder: Path, courier: Simulator) -> Village:
    sim = Simulator(folder / "bureau")
    return Village(folder, sim, courier=courier, clock=ScaledClock(times=300.0, start=sim.now))


async def _is_refused(village: Village, row: Row, *, by_stick: bool = False) -> str:
    """Let the kiosk try; returns the reason it gave, once the old release is seen to serve on."""
    async with village.living() as follower:
        if not by_stick:
            follower.want(WANTED)
        for _ in range(2000):
            if village.machine.last in {"refused", "postponed"}:
                break
            await asyncio.sleep(0.005)
        row.seen()
    assert village.machine.last in {"refused", "postponed"}, village.machine.states
    assert (village.serves(), village.machine.restarts, village.store.version_of("b")) == (OLD, [], "")
    reason = str(village.machine.told[-1]["reason"])
    row.page(f"desk: {village.machine.last}: {reason}"[:120])
    return reason


async def _comes_after_all(village: Village, row: Row) -> None:
    row.mended()
    assert village.bring(NEW) == NEW
    row.healed()


@pytest.mark.fault("F63")
def test_a_machine_switched_off_during_an_update_has_the_old_release_or_the_new_one(row: Row) -> None:
    row.injected("killed and disk full at seeded points of download, install, switch, trial, way back")
    words = [sys.executable, "-m", "tests.crash.releases", "--points", "20", "--seed", "63"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    row.seen()
    row.note(done.stdout.splitlines()[-1].split(":")[0])
    row.healed()


@pytest.mark.fault("F64")
@pytest.mark.parametrize("kind", ["truncated", "corrupt", "zip bomb", "path traversal", "absolute path", "symlink"])
async def test_a_bad_bundle_is_refused_whole_even_when_officials_signed_it(village: Village, row: Row, kind: str) -> None:
    release = village.sim.release(NEW)
    wheel = next(wheel for wheel in release.wheels if wheel.name.startswith("zhizhu"))
    bad = BAD_BUNDLES[kind]
    row.injected(f"{kind}, rightly signed")
    target = village.sim.target(f"wheels/{wheel.name}", bad)
    changed = wheel.model_copy(update={"sha256": target.hashes["sha256"], "bytes": len(bad)})
    wheels = tuple(changed if each is wheel else each for each in release.wheels)
    village.sim.target(f"releases/{NEW}.json", release.model_copy(update={"wheels": wheels}).model_dump_json().encode())
    village.sim.publish()
    assert "bundle" in await _is_refused(village, row)


@pytest.mark.fault("F64")
@pytest.mark.parametrize("how", ["truncated", "corrupt"])
async def test_a_wheel_spoilt_on_its_way_is_refused_and_fetched_again(village: Village, row: Row, how: str) -> None:
    village.sim.release(NEW)
    place = village.sim.place(f"wheels/zhizhu-{NEW}-py3-none-any.whl")
    good = village.sim.files[place]
    row.injected(f"{how} on its way")
    village.sim.files[place] = good[:-40] if how == "truncated" else good[:40] + bytes([good[40] ^ 1]) + good[41:]
    reason = await _is_refused(village, row)
    assert ("broke off" if how == "truncated" else "arbitrary package") in reason
    village.sim.files[place] = good
    await _comes_after_all(village, row)


def _older(village: Village) -> None:
    village.sim.publish()
    before = dict(village.sim.files)
    village.sim.release("2026.10.9")
    village.bring("2026.10.9")
    village.sim.files = before


def _of_another_county(village: Village) -> None:
    other = Simulator(village.folder / "other")
    other.publish_root()
    other.release(NEW)
    village.sim.files = other.files


def _expired(village: Village) -> None:
    village.sim.timestamp.expires = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
    village.sim.release(NEW)


@pytest.mark.fault("F65")
@pytest.mark.parametrize(("attack", "word"), [(_older, "rollback"), (_of_another_county, "signature"), (_expired, "expired")])
async def test_an_older_repository_another_countys_or_an_expired_one_is_refused(
    village: Village, row: Row, attack: Callable[[Village], None], word: str
) -> None:
    attack(village)
    shutil.rmtree(village.slots.place("b"), ignore_errors=True)
    row.injected(f"{word}, over the line; all attacks of TUF's own list: tests/provisioning/releases/test_tuf_attacks.py")
    assert word in await _is_refused(village, row)


@pytest.mark.fault("F68")
@pytest.mark.parametrize("how", HOWS)
async def test_a_bad_stick_changes_nothing_and_a_good_one_is_taken_after_it(
    village: Village, courier: Simulator, row: Row, how: str
) -> None:
    courier.release(NEW)
    stick = village.stick_folder / STICK
    courier.write_to(stick)
    (village.stick_folder / "autorun.inf").write_text("[autorun]\nopen=evil.exe\n", encoding="ascii")
    row.injected(f"stick: {how}, with an autorun.inf")
    spoilt(how)(stick)
    await _is_refused(village, row, by_stick=True)
    shutil.rmtree(village.stick_folder)
    row.mended()
    courier.write_to(stick)
    assert village.bring(None, village.channels.stick(village.stick_folder, lambda: True)) == NEW
    row.healed()
