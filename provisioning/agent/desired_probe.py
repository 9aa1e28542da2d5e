"""What a document on trial has to show: that this machine works as well as before, and that what is new works."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

DISPLAY, FLEET = "display", "fleet"
"""What is looked at beside the devices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wellness:
    """What of this machine works now.

    Attributes:
        devices: By the names of the configuration this core runs by: whether each has answered and works.
        display_draws: Whether somebody could read the screen.
        fleet_hears: Whether the fleet service acknowledges what this core says.
        hopeless: What of all this was tried so often that waiting longer changes nothing, by name.
    """

    devices: Mapping[str, bool] = field(default_factory=dict)
    display_draws: bool = False
    fleet_hears: bool = False
    hopeless: frozenset[str] = frozenset()

    @property
    def unwell(self) -> tuple[str, ...]:
        """Everything that does not work, devices by name."""
        parts = {**self.devices, DISPLAY: self.display_draws, FLEET: self.fleet_hears}
        return tuple(name for name, is_well in parts.items() if not is_well)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worse:
    """What works less well than before a trial.

    Attributes:
        missing: By name; empty when everything that worked before works.
        hopeless: Those of them that will not come, however long one waits: with one of them the trial has failed.
    """

    missing: tuple[str, ...] = ()
    hopeless: tuple[str, ...] = ()


def worse_than(unwell_before: Sequence[str], now: Wellness) -> Worse:
    """Compare. A device that is new has to answer; what did not work before need not work now."""
    missing = tuple(name for name in now.unwell if name not in unwell_before)
    return Worse(missing=missing, hopeless=tuple(name for name in missing if name in now.hopeless))


class Probe(Protocol):
    """Looks at this machine; answers at once."""

    def look(self) -> Wellness:
        """What works now."""
