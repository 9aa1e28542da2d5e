"""A kiosk in a village, as far as releases go: release 2026.11.1 serves from slot a, and nothing else is known."""

import asyncio
import contextlib
import copy
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx

from drivers.contract.clock import Clock
from provisioning.agent.desired_probe import Wellness
from provisioning.agent.machine import Plain
from provisioning.agent.one_trial import OneTrial
from provisioning.agent.releases.bringing import Bringer, Channel
from provisioning.agent.releases.channels import Channels
from provisioning.agent.releases.following import ReleaseFollower
from provisioning.agent.releases.install import install, verify
from provisioning.agent.releases.store import Kept, ReleaseStore
from provisioning.agent.trial import Moment
from provisioning.fleet.releases.wheel_set import manifest_of
from provisioning.launcher.launch import prepare
from provisioning.launcher.slots import SHIPPED, Slots
from provisioning.wire.release import Release, write_release
from tests.fakes.clock import FakeClock
from tests.provisioning.releases.simulator import ANY_DATA, Simulator
from tests.provisioning.releases.wheels import release_wheels

OLD = "2026.11.1"
SHANGHAI = ZoneInfo("Asia/Shanghai")
WELL = Wellness(devices={"receipt-printer": True}, display_draws=True, fleet_hears=True)


def no_byte_code(_python: Path, _modules: Path) -> None:
    """Tests have no time to compile."""


def lay_old_release(slots: Slots, folder: Path, *, built_at: datetime) -> Release:
    """Put the release that serves into slot a."""
    wheels = release_wheels(folder / f"wheels-{OLD}", OLD)
    release = manifest_of(wheels, version=OLD, python="3.11", data=ANY_DATA, launcher=1, note="", now=built_at)
    there = {wheel.sha256: wheels / wheel.name for wheel in release.wheels}
    python = Path(sys.executable).resolve()
    install(slots, "a", release, write_release(release), there, python=python, compile_=no_byte_code)
    slots.switch("a")
    return release


@dataclass(kw_only=True)
class FakeMachine:
    """Says what was asked of it."""

    at_rest: bool = True
    told: list[Mapping[str, Plain]] = field(default_factory=list)
    restarts: list[str] = field(default_factory=list)
    resting: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_at_rest(self) -> bool:
        return self.at_rest

    async def rested(self) -> None:
        if not self.at_rest:
            self.resting.clear()
            await self.resting.wait()

    def rest(self) -> None:
        self.at_rest = True
        self.resting.set()

    def restart(self, why: str) -> None:
        self.restarts.append(why)
        self.ended.set()

    def report(self, name: str, fields: Mapping[str, Plain]) -> None:
        assert name == "release.reported"
        self.told.append(fields)

    @property
    def states(self) -> list[str]:
        return [str(each["state"]) for each in self.told]

    @property
    def last(self) -> str:
        return self.states[-1] if self.told else ""


@dataclass(kw_only=True)
class FakeProbe:
    """Finds what it is told to find."""

    found: Wellness = WELL

    def look(self) -> Wellness:
        return self.found


class Village:
    """One kiosk: its slots, its trust, and whoever may bring a release."""

    def __init__(self, folder: Path, sim: Simulator, *, courier: Simulator | None = None, clock: Clock | None = None) -> None:
        self.folder = folder
        self.sim = sim
        self.clock = clock or FakeClock(start=sim.now)
        self.slots = Slots(folder / "releases")
        self.store = ReleaseStore(self.slots, shipped="2026.1")
        self.clients = [sim.client]
        self.stick_folder = folder / "stick"
        self.machine = FakeMachine()
        self.probe = FakeProbe()
        self.boot = 1
        self.one_trial: OneTrial | None = None
        """Shared with the documents of the same kiosk; None where there are none."""
        lay_old_release(self.slots, folder, built_at=sim.now - timedelta(days=30))
        trust = self.slots.folder / "trust"
        trust.mkdir()
        (trust / "line.json").write_bytes(sim.first_root)
        (trust / "courier.json").write_bytes((courier or sim).first_root)

    def moved_to(self, folder: Path) -> "Village":
        """The same kiosk in a folder its releases were copied to."""
        moved = copy.copy(self)
        moved.folder, moved.slots = folder, Slots(folder / "releases")
        moved.store, moved.stick_folder = ReleaseStore(moved.slots, shipped="2026.1"), folder / "stick"
        moved.machine, moved.probe = FakeMachine(), FakeProbe()
        return moved

    @property
    def channels(self) -> Channels:
        return Channels(self.slots.folder, clock=self.clock, open_clients=self.open_clients)

    def open_clients(self) -> list[httpx.Client]:
        return [opened() for opened in self.clients]

    @property
    def bringer(self) -> Bringer:
        python = Path(sys.executable).resolve()
        return Bringer(self.slots, self.store, python=python, version="3.11", launcher=1, compile_=no_byte_code)

    def line(self) -> Channel:
        return self.channels.line(lambda: 0, lambda: True)

    def bring(self, version: str | None, channel: Channel | None = None, *, running: str = "a") -> str:
        """Bring it at once, without asking night or villager."""
        kept = self.store.read()
        release = self.store.manifest_of(running)
        floor = max(kept.known, release.built_at) if release is not None else kept.known
        with contextlib.closing(channel or self.line()) as way:
            return self.bringer.bring(way, version, running=running, not_before=floor)

    def follower(self, *, bytes_per_s: int = 0) -> ReleaseFollower:
        return ReleaseFollower(
            machine=self.machine,
            clock=self.clock,
            zone=SHANGHAI,
            slots=self.slots,
            store=self.store,
            bringer=self.bringer,
            running=self.starts(),
            probe=self.probe,
            one_trial=self.one_trial or OneTrial(on_trial={}, clock=self.clock),
            boot="",
            line=self.channels.line,
            stick=self.channels.stick,
            stick_folder=self.stick_folder,
            bytes_per_s=bytes_per_s,
        )

    def starts(self) -> str:
        """Start as systemd does; returns the slot that was started."""
        return prepare(self.slots, Moment(boot=str(self.boot), now_s=time.monotonic())).slot

    @contextlib.asynccontextmanager
    async def living(self) -> AsyncIterator[ReleaseFollower]:
        """One life of the core."""
        self.machine = replace(self.machine, ended=asyncio.Event(), resting=asyncio.Event())
        follower = self.follower()
        task = asyncio.create_task(follower.run())
        try:
            yield follower
        finally:
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    def serves(self) -> str:
        """The version that would be started now, which is whole on the disk."""
        slot = self.slots.current
        if slot != SHIPPED:
            verify(self.slots, slot)
        return self.store.version_of(slot)

    def kept(self) -> Kept:
        return self.store.read()
