"""What a document on trial has to show: that this machine works as well as before, and that what is new works."""

from collections.abc import Mapping
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
    """

    devices: Mapping[str, bool] = field(default_factory=dict)
    display_draws: bool = False
    fleet_hears: bool = False

    @property
    def unwell(self) -> tuple[str, ...]:
        """Everything that does not work, devices by name."""
        parts = {**self.devices, DISPLAY: self.display_draws, FLEET: self.fleet_hears}
        return tuple(name for name, is_well in parts.items() if not is_well)


class Probe(Protocol):
    """Looks at this machine; answers at once."""

    def look(self) -> Wellness:
        """What works now."""
