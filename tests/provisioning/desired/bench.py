"""A kiosk of the bench: as many lives as it wants, documents of a synthetic bureau, devices that work or do not."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from provisioning.agent.desired import Desired
from provisioning.agent.desired_probe import Wellness
from provisioning.agent.desired_standing import Standing
from provisioning.agent.desired_start import DesiredStart, Running
from provisioning.agent.machine import Plain
from provisioning.agent.one_trial import OneTrial
from provisioning.agent.trial import Moment
from provisioning.wire.desired_state import KIND, Addressee, Document, WantedRelease, read_document, write_document
from provisioning.wire.layering import Tree
from provisioning.wire.signatures import Trusted, seal, unseal
from tests.fakes.clock import ScaledClock

OURS = Addressee(county="potou", kiosk="kiosk-1")
BUREAU, STRANGER = (Ed25519PrivateKey.from_private_bytes(bytes([each]) * 32) for each in (1, 9))
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SILLY = "silly"
"""Settings with this key cannot be used by this kiosk."""
TIMES = 400.0
"""A probe of a minute takes 0.15 s."""


NOBODY_KNOWS_WHEN = Moment(boot="", now_s=0.0)


class SillyError(Exception):
    """These settings cannot be used."""


def sealed(
    version: int,
    settings: Mapping[str, object] | None = None,
    *,
    by: Ed25519PrivateKey = BUREAU,
    addressee: Addressee = OURS,
    issued_at: datetime = NOON,
    release: str | None = None,
) -> bytes:
    """What the bureau sends."""
    document = Document.model_validate(
        {
            "addressee": addressee,
            "version": version,
            "issued_at": issued_at,
            "expires_at": issued_at + timedelta(days=7),
            "release": None if release is None else WantedRelease(version=release),
            "settings": {"n": version} if settings is None else settings,
        }
    )
    return seal(write_document(document), KIND, [by])


def problems_of(settings: Tree) -> tuple[str, ...]:
    """What this kiosk says of settings."""
    return ("silly: is not sensible",) if SILLY in settings else ()


def read(settings: Tree) -> Tree:
    """How this kiosk reads its configuration."""
    if problems_of(settings):
        raise SillyError("silly: is not sensible")
    return settings


@dataclass(kw_only=True)
class BenchMachine:
    """Somebody is there, or nobody; what was said, and whether it wants to start anew."""

    said: list[dict[str, Plain]] = field(default_factory=list)
    restart_wanted: asyncio.Event = field(default_factory=asyncio.Event)
    nobody_there: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.nobody_there.set()

    @property
    def is_at_rest(self) -> bool:
        return self.nobody_there.is_set()

    async def rested(self) -> None:
        await self.nobody_there.wait()

    def restart(self, why: str) -> None:  # noqa: ARG002  # the bench knows why
        self.restart_wanted.set()
        self.heard.set()

    def report(self, name: str, fields: Mapping[str, Plain]) -> None:
        assert name == "desired.reported"
        self.said.append(dict(fields))
        self.heard.set()

    async def until(self, state: str, version: int | None = None) -> dict[str, Plain]:
        """Wait until a state was reported, of this version."""

        def found() -> list[dict[str, Plain]]:
            return [each for each in self.said if each["state"] == state and version in {None, each["version"]}]

        await self.sees(lambda: bool(found()))
        return found()[-1]

    async def sees(self, happened: Callable[[], bool]) -> None:
        """Wait until something is so, looking whenever something is reported or a restart wanted."""
        async with asyncio.timeout(45):
            while not happened():
                self.heard.clear()
                await self.heard.wait()


@dataclass(kw_only=True)
class BenchKiosk:
    """One kiosk over its lives. ``works`` says of which documents' versions the machine works under."""

    folder: Path
    broken: set[int] = field(default_factory=set)
    devices: Mapping[str, bool] = field(default_factory=lambda: {"printer": True})
    is_trusted: bool = True
    now: datetime = NOON
    releases: list[str | None] = field(default_factory=list)
    times: float = TIMES
    hopeless: frozenset[str] = frozenset()
    one_trial: OneTrial | None = None
    """Shared with the releases of the same kiosk; None where there are none."""
    moment: Moment = NOBODY_KNOWS_WHEN
    """Of the starts to come; by default nobody can say."""

    def start(self) -> Running:
        """What the next life runs by."""
        start = DesiredStart(self.folder / "desired", now=self.moment)
        return start.first_usable(read, SillyError, running=start.begin())[1]

    @asynccontextmanager
    async def life(self) -> AsyncIterator["Life"]:
        """Start, and live until the block ends."""
        running = self.start()
        machine = BenchMachine()
        clock = ScaledClock(times=self.times, start=self.now, is_trusted=self.is_trusted)
        desired = Desired(
            self.folder / "desired",
            addressee=OURS,
            running=running,
            trusted=lambda: Trusted.of(BUREAU.public_key()),
            machine=machine,
            clock=clock,
            problems_of=problems_of,
            probe=BenchProbe(kiosk=self, running=running),
            one_trial=self.one_trial or OneTrial(on_trial={}, clock=clock),
            boot=self.moment.boot,
            on_release=lambda wanted: self.releases.append(None if wanted is None else wanted.version),
        )
        task = asyncio.create_task(desired.run())
        try:
            yield Life(running=running, machine=machine, desired=desired)
        finally:
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error

    async def settle(self, payload: bytes) -> "Life":
        """Take a document, and live as often as the kiosk starts anew; returns the life that stayed."""
        async with self.life() as life:
            life.desired.take(payload)
            version = read_document(unseal(payload, KIND, Trusted.of(BUREAU.public_key()))).version
            await life.until_settled(version)
        while life.machine.restart_wanted.is_set():
            async with self.life() as life:
                await life.until_settled(version)
        return life


@dataclass(frozen=True, kw_only=True)
class BenchProbe:
    """What works under a document."""

    kiosk: BenchKiosk
    running: Running

    def look(self) -> Wellness:
        works = self.running.version not in self.kiosk.broken
        return Wellness(
            devices={name: is_well and works for name, is_well in self.kiosk.devices.items()},
            display_draws=True,
            fleet_hears=True,
            hopeless=self.kiosk.hopeless if not works else frozenset(),
        )


@dataclass(frozen=True, kw_only=True)
class Life:
    """One life of the kiosk."""

    running: Running
    machine: BenchMachine
    desired: Desired

    @property
    def standing(self) -> Standing:
        """How things stand."""
        return self.desired.standing

    async def until_settled(self, version: int) -> None:
        """Wait until a document is in force or went back, or a new life is wanted."""
        settled = {(version, "in_force"), (version, "went_back")}
        machine = self.machine
        await machine.sees(
            lambda: machine.restart_wanted.is_set() or any((each["version"], each["state"]) in settled for each in machine.said)
        )
