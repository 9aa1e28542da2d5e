"""What stays wrong with a device until someone ends it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """How bad a fault is for the villager."""

    DEGRADED = "DEGRADED"
    """Served, less well."""
    BLOCKING = "BLOCKING"
    """The services that need this are withdrawn."""


class Remedy(StrEnum):
    """Who can end a fault. The dashboard sorts by this."""

    WAIT = "WAIT"
    """It ends by itself."""
    RESET = "RESET"
    """The kiosk is mending itself."""
    CLERK = "CLERK"
    """The village clerk, with one picture."""
    TECHNICIAN = "TECHNICIAN"
    """A technician with the cabinet open."""
    CONFIGURE = "CONFIGURE"
    """The county bureau, from its desk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of one device, from ``since`` until it is cleared.

    Attributes:
        device: Name of the device in this kiosk, e.g. ``receipt-printer``.
        code: Published word of the fault catalogue, e.g. ``printer.paper_out``.
        since: When it was first seen, UTC. With kiosk, device and code this names the occurrence.
        detail: One line of evidence for a technician, never personal.
    """

    device: str
    code: str
    severity: Severity
    remedy: Remedy
    since: datetime
    detail: str
