"""A kiosk that is sent a document and a release together: one is tried after the other, and whoever waits says for what."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kiosk.compose.one_trial import one_trial_of
from provisioning.agent.desired_probe import Wellness
from provisioning.agent.releases.following import ReleaseFollower
from provisioning.launcher import VERSION_VARIABLE
from provisioning.wire.desired_state import At, WantedRelease
from tests.fakes.clock import ScaledClock
from tests.provisioning.desired.bench import BenchKiosk, Life, sealed
from tests.provisioning.releases.simulator import Simulator
from tests.provisioning.releases.village import OLD, Village

NEW = "2026.11.2"
WANTED = WantedRelease(version=NEW, at=At.NOW)
TIMES = 300.0
DOCUMENT_TIMES = 3.0
"""Of the document's clock: its minute has to last longer than a busy machine takes to say that the release waits."""
BROKEN = Wellness(devices={"receipt-printer": True}, display_draws=False, fleet_hears=True)


class Both:
    """One kiosk with both sides of its core."""

    def __init__(self, folder: Path) -> None:
        sim = Simulator(folder / "bureau")
        sim.release(NEW)
        self.village = Village(folder, sim, clock=ScaledClock(times=TIMES, start=sim.now))
        self.bench = BenchKiosk(folder=folder, times=DOCUMENT_TIMES)

    @asynccontextmanager
    async def living(self) -> AsyncIterator[tuple[Life, ReleaseFollower]]:
        """One life of the core."""
        both = one_trial_of(self.bench.folder, clock=self.village.clock, variables={VERSION_VARIABLE: "1"})
        self.village.one_trial = self.bench.one_trial = both
        async with self.bench.life() as life, self.village.living() as follower:
            yield life, follower


@pytest.fixture
def kiosk(tmp_path: Path) -> Both:
    return Both(tmp_path)


async def _until(fact: Callable[[], object], what: str) -> None:
    for _ in range(4000):
        if fact():
            return
        await asyncio.sleep(0.005)
    raise AssertionError(what)


def _waits_for(document: Life) -> str:
    said = document.standing.said
    return "" if said is None or said.state != "waiting" else said.reason


async def test_a_release_waits_for_the_document_on_trial_and_is_tried_once_that_is_in_force(kiosk: Both) -> None:
    async with kiosk.living() as (document, _):
        document.desired.take(sealed(1))
        await asyncio.wait_for(document.machine.restart_wanted.wait(), 20)
    kiosk.bench.devices = {"printer": False}
    async with kiosk.living() as (document, release):
        assert document.running.is_trial
        release.want(WANTED)
        await _until(lambda: kiosk.village.machine.last == "postponed", "the release waits")
        assert kiosk.village.machine.told[-1]["reason"] == "waits for document 1, which is on trial"
        assert kiosk.village.slots.current == "a"
        kiosk.bench.devices = {"printer": True}
        await asyncio.wait_for(kiosk.village.machine.ended.wait(), 20)
        assert document.standing.in_force_version == 1
    assert kiosk.village.slots.current == "b"


async def test_a_document_waits_for_the_release_on_trial_and_is_tried_once_that_went_back(kiosk: Both) -> None:
    async with kiosk.living() as (_, release):
        release.want(WANTED)
        await asyncio.wait_for(kiosk.village.machine.ended.wait(), 20)
    kiosk.village.probe.found = BROKEN
    async with kiosk.living() as (document, _):
        document.desired.take(sealed(1))
        await _until(lambda: _waits_for(document), "the document waits")
        assert _waits_for(document) == f"waits for release {NEW}, which is on trial"
        await asyncio.wait_for(kiosk.village.machine.ended.wait(), 20)
        assert document.standing.on_trial is None
    async with kiosk.living() as (document, _):
        assert kiosk.village.serves() == OLD
        await asyncio.wait_for(document.machine.restart_wanted.wait(), 20)
        assert document.standing.on_trial is not None
        assert kiosk.village.slots.trial() is None


async def test_a_document_that_changes_no_setting_does_not_wait(kiosk: Both) -> None:
    await kiosk.bench.settle(sealed(1))
    async with kiosk.living() as (_, release):
        release.want(WANTED)
        await asyncio.wait_for(kiosk.village.machine.ended.wait(), 20)
    kiosk.village.probe.found = BROKEN
    async with kiosk.living() as (document, _):
        document.desired.take(sealed(2, {"n": 1}))
        await document.machine.until("in_force", 2)
        assert kiosk.village.slots.trial() is not None
