"""What of this kiosk answers to the bureau: who it is, what it should be, what it should do now; put together."""

import asyncio
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import structlog

from drivers.contract.clock import Clock
from kiosk.compose.desired_settings import FOLDER as DESIRED
from kiosk.compose.desired_settings import problems_of
from kiosk.config import KioskConfig
from kiosk.gateway.settings import PlatformSettings
from kiosk.upkeep.crash_loop import boot_id
from provisioning.agent.bureau_line import BureauLine, LineError, pinned
from provisioning.agent.commands import Commands
from provisioning.agent.desired import Desired
from provisioning.agent.desired_probe import Probe
from provisioning.agent.desired_start import Running
from provisioning.agent.enrol import ThisMachine
from provisioning.agent.executors import Executors, FailedError, ImpossibleError
from provisioning.agent.hardware import board_fingerprint, serial_number
from provisioning.agent.identity import Identity, IdentityError, IdentityFolder
from provisioning.agent.key_turning import KeyTurning
from provisioning.agent.machine import Machine
from provisioning.agent.one_trial import OneTrial
from provisioning.agent.renewal import Renewal
from provisioning.agent.trusted_keys import trusted_keys
from provisioning.wire.desired_state import Addressee, WantedRelease
from telemetry.wire.topics import Down, KioskId

log = structlog.get_logger(__name__)

COMMANDS = "commands"
"""In the state folder: which commands have counted."""
NO_BUREAU = "kiosk.toml has no [bureau]: this machine belongs to nobody"


class Follows(Protocol):
    """Whoever brings the release the bureau wants."""

    def want(self, wanted: WantedRelease | None) -> None:
        """Take what is wanted; returns at once."""

    async def run(self) -> None:
        """Follow until cancelled."""


class Line:
    """What a command needs of the way to the bureau: to send something, and another key."""

    def __init__(self, folder: IdentityFolder, url: str, renewal: Renewal | None) -> None:
        """Go to a bureau at ``https://host:port``; an empty one is nobody's."""
        self._folder = folder
        self._url = url
        self._renewal = renewal

    async def send(self, name: str, bundle: bytes) -> None:
        """Send a bundle of the log under the name of the command that asked for it.

        Raises:
            ImpossibleError: This kiosk belongs to nobody.
            FailedError: It did not arrive.
        """
        try:
            identity = await asyncio.to_thread(self._folder.read)
            if identity is None or not self._url:
                raise ImpossibleError(NO_BUREAU)
            authority = (await asyncio.to_thread(identity.authority.read_bytes)).decode("ascii")
            async with BureauLine(self._url, pinned(authority, identity)) as line:
                await line.send_bundle(name, bundle)
        except (LineError, IdentityError, OSError, UnicodeDecodeError) as error:
            raise FailedError(str(error)) from error

    async def rotate(self) -> str:
        """Make another key and have it certified; returns until when it is good.

        Raises:
            ImpossibleError: This kiosk belongs to nobody.
            FailedError: The old one stays.
        """
        if self._renewal is None:
            raise ImpossibleError(NO_BUREAU)
        try:
            renewed: Identity = await self._renewal.renew_now()
        except (LineError, IdentityError, OSError, UnicodeDecodeError) as error:
            raise FailedError(str(error)) from error
        return f"another key, certified until {renewed.bearer.valid_until:%Y-%m-%d}"


class MakeBureau(Protocol):
    """Makes what answers to the bureau, for one machine."""

    def __call__(self, *, machine: Machine, probe: Probe, executors: Callable[[Line], Executors]) -> "Bureau":
        """Return it; it does not run yet."""


class Bureau:
    """One life's answers to the bureau. ``take`` what comes down; ``run`` is their life."""

    def __init__(
        self,
        config: KioskConfig[PlatformSettings],
        *,
        path: Path,
        running: Running,
        machine: Machine,
        probe: Probe,
        executors: Callable[[Line], Executors],
        releases: Follows | None,
        one_trial: OneTrial,
        clock: Clock,
    ) -> None:
        """Put together; nothing is read or asked yet.

        Args:
            config: What this life runs by.
            path: The kiosk's own file, which a document is laid over.
            running: Which document that is.
            machine: This kiosk.
            probe: Whether it works.
            executors: Makes who carries commands out.
            releases: Brings releases; None where no launcher started this core, and nothing could be switched.
            one_trial: Sees to it that not two things are on trial.
            clock: The kiosk's clock.
        """
        state = config.kiosk.state_dir
        identity = IdentityFolder(state)
        self._renewal = None
        if config.bureau is not None:
            this = ThisMachine(
                serial=config.bureau.serial or serial_number(), release=version("zhizhu"), hardware=board_fingerprint()
            )
            self._renewal = Renewal(machine, identity, config.bureau.url, this, clock=clock)
        self._releases = releases
        self._desired = Desired(
            state / DESIRED,
            addressee=Addressee(county=config.kiosk.county, kiosk=config.kiosk.id),
            running=running,
            trusted=lambda: trusted_keys(state),
            machine=machine,
            clock=clock,
            problems_of=lambda fleet: problems_of(path, fleet, clock=clock),
            probe=probe,
            one_trial=one_trial,
            boot=boot_id(),
            on_release=self._want,
        )
        self._keys = KeyTurning(state, machine=machine)
        self._commands = Commands(
            kiosk=KioskId(county=config.kiosk.county, kiosk=config.kiosk.id),
            folder=state / COMMANDS,
            machine=machine,
            clock=clock,
            trusted=lambda: trusted_keys(state),
            executors=executors(Line(identity, config.bureau.url if config.bureau else "", self._renewal)),
            boot=boot_id(),
        )

    def take(self, kind: Down, payload: bytes) -> None:
        """Something came down from the fleet, as it came. Returns at once."""
        match kind:
            case Down.DESIRED:
                self._desired.take(payload)
            case Down.COMMAND:
                if not self._keys.take(payload):
                    self._commands.take(payload)
            case _:
                log.warning("bureau.nobody_takes", kind=kind.value)

    async def run(self) -> None:
        """Answer until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._desired.run(), name="desired state")
            tasks.create_task(self._commands.run(), name="commands")
            tasks.create_task(self._keys.run(), name="trusted keys")
            if self._renewal is not None:
                tasks.create_task(self._renewal.run(), name="identity")
            if self._releases is not None:
                tasks.create_task(self._releases.run(), name="releases")

    def _want(self, wanted: WantedRelease | None) -> None:
        if self._releases is not None:
            self._releases.want(wanted)
        elif wanted is not None:
            log.info("release.wanted_in_vain", version=wanted.version, why="no launcher has started this core")
