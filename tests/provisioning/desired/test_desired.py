"""A kiosk and its documents: taken when good, tried when nobody is there, kept when proven, gone back from when not."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from provisioning.agent.desired_folder import DesiredFolder
from provisioning.agent.trial import BACK_WITHIN_S, MOST_STARTS, PROBE_WITHIN_S, SERVING_S, Moment
from provisioning.wire.desired_state import Addressee
from tests.provisioning.desired.bench import NOON, STRANGER, BenchKiosk, sealed


@pytest.fixture
def kiosk(tmp_path: Path) -> BenchKiosk:
    return BenchKiosk(folder=tmp_path)


async def refusal(kiosk: BenchKiosk, payload: bytes) -> str:
    """Send it, and return why it was refused; what was there before serves on."""
    async with kiosk.life() as life:
        before = life.running
        life.desired.take(payload)
        said = await life.machine.until("refused")
    assert kiosk.start() == before
    assert not life.machine.restart_wanted.is_set()
    return str(said["reason"])


async def test_a_good_document_is_tried_proven_and_in_force(kiosk: BenchKiosk) -> None:
    life = await kiosk.settle(sealed(1))
    assert life.running.version == 1
    assert life.machine.said[-1] == {"version": 1, "state": "in_force", "reason": "", "in_force": 1, "newest": 1}
    assert kiosk.start().settings == {"n": 1}


async def test_a_visit_is_waited_for_and_the_fleet_is_told_so(kiosk: BenchKiosk) -> None:
    async with kiosk.life() as life:
        life.machine.nobody_there.clear()
        life.desired.take(sealed(1))
        await life.machine.until("waiting")
        assert life.standing.on_trial is None
        assert not life.machine.restart_wanted.is_set()
        life.machine.nobody_there.set()
        await asyncio.wait_for(life.machine.restart_wanted.wait(), 20)
    assert kiosk.start().is_trial


async def test_a_document_that_changes_no_setting_needs_no_restart(kiosk: BenchKiosk) -> None:
    await kiosk.settle(sealed(1))
    async with kiosk.life() as life:
        life.desired.take(sealed(2, {"n": 1}, release="2026.11.3"))
        await life.machine.until("in_force", 2)
        assert not life.machine.restart_wanted.is_set()
    assert kiosk.releases[-1] == "2026.11.3"
    assert kiosk.start().version == 2


async def test_what_does_not_prove_itself_goes_back_and_says_what_was_missing(kiosk: BenchKiosk) -> None:
    await kiosk.settle(sealed(1))
    kiosk.broken = {2}
    life = await kiosk.settle(sealed(2))
    assert life.running.version == 1
    said = life.machine.said[-1]
    assert (said["version"], said["state"], said["in_force"]) == (2, "went_back", 1)
    assert said["reason"] == "not proven within 60 s: printer"


async def test_what_has_certainly_failed_does_not_have_to_wait_for_its_minute(kiosk: BenchKiosk) -> None:
    await kiosk.settle(sealed(1))
    kiosk.broken, kiosk.hopeless = {2}, frozenset({"printer"})
    life = await kiosk.settle(sealed(2))
    assert life.machine.said[-1]["reason"] == "does not work: printer"


async def test_a_slow_way_there_leaves_as_long_a_way_back(kiosk: BenchKiosk) -> None:
    kiosk.moment = Moment(boot="1", now_s=0.0)
    async with kiosk.life() as life:
        life.desired.take(sealed(1))
        await asyncio.wait_for(life.machine.restart_wanted.wait(), 20)
        assert life.standing.switched is not None
        switched_s = life.standing.switched.now_s
    kiosk.moment = Moment(boot="1", now_s=switched_s + 20.0)
    assert kiosk.start().prove_within_s == pytest.approx(BACK_WITHIN_S - SERVING_S - 2 * 20.0)
    kiosk.moment = Moment(boot="1", now_s=switched_s + 50.0)
    assert kiosk.start().prove_within_s == pytest.approx(10.0), "the second start has what the first one left"
    kiosk.moment = Moment(boot="1", now_s=switched_s + 61.0)
    assert kiosk.start().went_back


async def test_a_power_cut_gives_a_document_its_time_again(kiosk: BenchKiosk) -> None:
    kiosk.moment = Moment(boot="1", now_s=0.0)
    async with kiosk.life() as life:
        life.desired.take(sealed(1))
        await asyncio.wait_for(life.machine.restart_wanted.wait(), 20)
    kiosk.moment = Moment(boot="2", now_s=500.0)
    assert kiosk.start().prove_within_s == PROBE_WITHIN_S


async def test_what_went_back_is_not_tried_again(kiosk: BenchKiosk) -> None:
    kiosk.broken = {2}
    await kiosk.settle(sealed(2))
    async with kiosk.life() as life:
        life.desired.take(sealed(2))
        await life.machine.until("went_back")
        assert life.standing.candidate is None
    assert await refusal(kiosk, sealed(1)) == "older: version 1 is older than 2"


async def test_a_device_that_was_out_of_order_before_is_not_asked_for(kiosk: BenchKiosk) -> None:
    kiosk.devices = {"printer": True, "scanner": False}
    life = await kiosk.settle(sealed(1))
    assert life.running.version == 1
    assert life.machine.said[-1]["state"] == "in_force"


async def test_what_dies_before_it_has_proven_itself_goes_back_after_three_starts(kiosk: BenchKiosk) -> None:
    await kiosk.settle(sealed(1))
    async with kiosk.life() as life:
        life.desired.take(sealed(2))
        await asyncio.wait_for(life.machine.restart_wanted.wait(), 20)
    assert [kiosk.start().version for _ in range(MOST_STARTS + 2)] == [2, 2, 2, 1, 1]
    async with kiosk.life() as life:
        said = await life.machine.until("went_back")
    assert said["reason"] == "died 3 times before it had proven itself"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (sealed(3, by=STRANGER), "unknown_key: signed by nobody known here"),
        (sealed(3, addressee=Addressee(county="lanxi", kiosk="kiosk-1")), "not_ours: is for lanxi/kiosk-1"),
        (sealed(3, issued_at=NOON - timedelta(days=30)), "expired: expired at 2026-10-30 12:00, it is 2026-11-22 12:00"),
        (sealed(3, {"silly": 0}), "silly: is not sensible"),
        (b"<html>captive portal</html>", "unreadable: not a signed envelope"),
    ],
)
async def test_what_must_not_be_taken_is_refused_whole(kiosk: BenchKiosk, payload: bytes, reason: str) -> None:
    await kiosk.settle(sealed(1))
    assert await refusal(kiosk, payload) == reason
    assert DesiredFolder(kiosk.folder / "desired").read().newest_seen == 1


async def test_a_kiosk_whose_clock_is_decades_off_takes_what_is_new(kiosk: BenchKiosk) -> None:
    kiosk.now, kiosk.is_trusted = datetime(1999, 1, 1, tzinfo=UTC), False
    assert (await kiosk.settle(sealed(1))).running.version == 1
    kiosk.now, kiosk.is_trusted = datetime(2061, 1, 1, tzinfo=UTC), True
    assert kiosk.start().version == 1  # what is in force never expires
    assert (await refusal(kiosk, sealed(2))).startswith("expired")


async def test_the_newest_of_several_is_what_counts(kiosk: BenchKiosk) -> None:
    async with kiosk.life() as life:
        life.machine.nobody_there.clear()
        for version in (1, 2, 5):
            life.desired.take(sealed(version))
        await life.machine.until("waiting", 5)
        life.machine.nobody_there.set()
        await asyncio.wait_for(life.machine.restart_wanted.wait(), 20)
    assert kiosk.start().version == 5


async def test_a_release_that_cannot_read_what_is_in_force_runs_by_what_was_before(kiosk: BenchKiosk) -> None:
    await kiosk.settle(sealed(1))
    await kiosk.settle(sealed(2))
    file = kiosk.folder / "desired" / "standing.json"
    kept = json.loads(file.read_text())
    kept["in_force"]["settings"] = {"silly": 1}
    file.write_text(json.dumps(kept))
    assert kiosk.start().version == 1
    async with kiosk.life() as life:
        said = await life.machine.until("refused")
    assert said["reason"] == "in force, and this release cannot use it: silly: is not sensible"


@pytest.mark.parametrize("spoilt", [b"", b"{", b"\x00" * 40, b'{"in_force": 7}', b"[" * 200_000])
async def test_a_spoilt_file_costs_no_configuration(kiosk: BenchKiosk, spoilt: bytes) -> None:
    await kiosk.settle(sealed(1))
    async with kiosk.life():
        pass
    (kiosk.folder / "desired" / "standing.json").write_bytes(spoilt)
    assert kiosk.start().version == 1
    assert DesiredFolder(kiosk.folder / "desired").read().newest_seen == 1


async def test_a_full_disk_tries_nothing_and_loses_nothing(kiosk: BenchKiosk) -> None:
    await kiosk.settle(sealed(1))
    async with kiosk.life() as life:
        life.desired.take(sealed(2))
        await asyncio.wait_for(life.machine.restart_wanted.wait(), 20)
    draft = kiosk.folder / "desired" / ".standing.json.new"
    draft.mkdir()  # nothing can be written in its place: as a full disk, and as root too
    assert kiosk.start().version == 1
    draft.rmdir()
    assert kiosk.start().version == 2
