"""Desired settings: the kiosk's file with the bureau's document over it, and whether the machine works by it."""

from collections.abc import Callable
from pathlib import Path

from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.status import Condition
from kiosk.compose.configured import offered_of, opening_of
from kiosk.config import ConfigError, KioskConfig, load_config
from kiosk.display.watch import DisplayWatch
from kiosk.gateway.settings import PlatformSettings
from kiosk.services.catalogue import load_services
from kiosk.upkeep.telling import KeptDevice
from provisioning.agent.desired_probe import DISPLAY, Probe, Wellness
from provisioning.wire.layering import Tree

FOLDER = "desired"
"""In the state folder: the bureau's documents."""

SILENT = frozenset({Condition.UNKNOWN, Condition.UNREACHABLE, Condition.FAILED})
"""Where a device stands that a document has to answer for, unless it stood there before."""


def read_settings(path: Path, fleet: Tree, *, clock: Clock) -> KioskConfig[PlatformSettings]:
    """Read the kiosk's file with the bureau's settings over it, by the very types the kiosk runs by.

    Raises:
        ConfigError: They cannot be used; every complaint at once, path first.
    """
    try:
        config = load_config(path, platform=PlatformSettings, clock=clock, fleet=fleet)
        services = load_services()
        offered_of(config, services)
        opening_of(config, services)
    except (ValueError, ImportError, OSError, RecursionError) as error:  # a driver's library that is not on this machine
        raise ConfigError(path, (str(error),)) from None
    return config


def problems_of(path: Path, fleet: Tree, *, clock: Clock) -> tuple[str, ...]:
    """What is wrong with the bureau's settings on this kiosk, in an operator's words."""
    try:
        read_settings(path, fleet, clock=clock)
    except ConfigError as error:
        return error.problems
    return ()


class CoreProbe(Probe):
    """Whether this core works, as its rooms see it."""

    def __init__(
        self,
        *,
        devices: Callable[[], tuple[KeptDevice, ...]],
        display: Callable[[], DisplayWatch],
        fleet_hears: Callable[[], bool],
    ) -> None:
        """Look there when asked."""
        self._devices = devices
        self._display = display
        self._fleet_hears = fleet_hears

    @override
    def look(self) -> Wellness:
        devices, display = self._devices(), self._display()
        hopeless = {device.name for device in devices if device.keeps_failing}
        return Wellness(
            devices={device.name: device.status.condition not in SILENT for device in devices},
            display_draws=display.status.condition is Condition.READY,
            fleet_hears=self._fleet_hears(),
            hopeless=frozenset(hopeless | {DISPLAY} if display.keeps_failing else hopeless),
        )
