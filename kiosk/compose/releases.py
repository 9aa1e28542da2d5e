"""Who brings the release the bureau wants, where a launcher started this core and there is something to switch."""

import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import httpx

from drivers.contract.clock import Clock
from kiosk.compose.configured import zone_of
from kiosk.config import KioskConfig
from kiosk.gateway.settings import PlatformSettings
from kiosk.upkeep.crash_loop import boot_id
from provisioning.agent.bureau_line import LineError, pinned
from provisioning.agent.desired_probe import Probe
from provisioning.agent.identity import IdentityError, IdentityFolder
from provisioning.agent.machine import Machine
from provisioning.agent.one_trial import OneTrial
from provisioning.agent.releases.bringing import Bringer
from provisioning.agent.releases.channels import Channels
from provisioning.agent.releases.following import ReleaseFollower
from provisioning.agent.releases.install import compile_modules
from provisioning.agent.releases.refusal import OutOfReachError
from provisioning.agent.releases.store import ReleaseStore
from provisioning.launcher import VERSION_VARIABLE
from provisioning.launcher.slots import NAMES, SHIPPED, Slots

RELEASES = "releases"
"""In the state folder: the slots, and what is kept beside them."""
STICK = Path("/run/zhizhu-stick")
"""Where the unit of ``deploy/systemd`` mounts a stick, without its programs."""
NIGHT_BYTES_PER_S = 64_000
"""Half a megabit: a release of 200 MB comes in an hour of one night, and the village's line has other things to carry."""
WITHIN_S = 30.0


def releases_of(
    config: KioskConfig[PlatformSettings],
    *,
    machine: Machine,
    probe: Probe,
    one_trial: OneTrial,
    clock: Clock,
    variables: Mapping[str, str],
) -> ReleaseFollower | None:
    """Return who follows; None where no launcher started this core.

    Args:
        config: What this life runs by.
        machine: This kiosk.
        probe: Whether it works.
        one_trial: Sees to it that no document is on trial meanwhile.
        clock: The kiosk's clock.
        variables: What this process was started with; a launcher says its version there.
    """
    launcher = launcher_version(variables)
    if launcher is None:
        return None
    state = config.kiosk.state_dir
    slots = Slots(state / RELEASES)
    running = next((name for name in NAMES if Path(sys.prefix).resolve() == slots.place(name).resolve()), SHIPPED)
    store = ReleaseStore(slots, shipped=version("zhizhu"))
    bringer = Bringer(
        slots,
        store,
        python=Path(sys.executable).resolve(),
        version=f"{sys.version_info.major}.{sys.version_info.minor}",
        launcher=launcher,
        compile_=compile_modules,
    )
    channels = Channels(
        slots.folder,
        clock=clock,
        open_clients=lambda: _clients(config.bureau.url if config.bureau else "", IdentityFolder(state)),
    )
    return ReleaseFollower(
        machine=machine,
        clock=clock,
        zone=zone_of(config),
        slots=slots,
        store=store,
        bringer=bringer,
        running=running,
        probe=probe,
        one_trial=one_trial,
        boot=boot_id(),
        line=channels.line,
        stick=channels.stick,
        stick_folder=STICK,
        bytes_per_s=NIGHT_BYTES_PER_S,
    )


def launcher_version(variables: Mapping[str, str]) -> int | None:
    """Return the version of the launcher that started this core; None where none did."""
    told = variables.get(VERSION_VARIABLE, "")
    return int(told) if told.isdigit() else None


def _clients(url: str, folder: IdentityFolder) -> Sequence[httpx.Client]:
    """Return the way to the repository at the bureau's door. Blocking.

    Raises:
        OutOfReachError: This kiosk belongs to nobody yet, or what it shows cannot be used.
    """
    try:
        identity = folder.read()
        if identity is None or not url:
            raise OutOfReachError("this kiosk belongs to no bureau yet")
        context = pinned(identity.authority.read_text(encoding="ascii"), identity)
    except (IdentityError, LineError, OSError, UnicodeDecodeError) as error:
        raise OutOfReachError(str(error)) from error
    return (httpx.Client(base_url=f"{url}/repository/", verify=context, timeout=WITHIN_S, trust_env=False),)
