"""Who ends what many kiosks have lost: the power company, whoever runs the line, or our own dispatcher. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from telemetry.fleet.alarms.root_cause import Kind


class Ender(StrEnum):
    """Who can end an outage; stands where a kiosk's fault has its remedy."""

    POWER_COMPANY = "POWER_COMPANY"
    CARRIER = "CARRIER"
    DISPATCHER = "DISPATCHER"
    """Nobody knows yet what it is: somebody of ours has to find out whom to call."""


ENDS: Mapping[Kind, Ender] = {
    Kind.POWER: Ender.POWER_COMPANY,
    Kind.NETWORK: Ender.CARRIER,
    Kind.UNKNOWN: Ender.DISPATCHER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A desk that answers, never a person. Empty ``county`` or ``area``: of all of them."""

    ends: Kind
    name: str
    phone: str = ""
    county: str = ""
    area: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts:
    """The bureau's list of them."""

    known: Sequence[Contact] = ()

    def addressee(self, kind: Kind, *, county: str, area: str) -> str:
        """Return name and telephone of whoever ends it there, the nearest one; empty where nobody is named."""
        fitting = [
            one for one in self.known if one.ends is kind and one.county in ("", county) and (not one.area or one.area == area)
        ]  # fmt: skip
        nearest = max(fitting, key=lambda one: (bool(one.area), bool(one.county)), default=None)
        return "" if nearest is None else f"{nearest.name} {nearest.phone}".strip()
