"""Telling: the words in which upkeep tells the other rooms what it knows, and whom it tells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from drivers.contract.device import DeviceKind, Identity
from drivers.contract.fault import Fault
from drivers.contract.status import DeviceStatus
from kiosk.upkeep.fault_book import ClearedBy


class Standing(StrEnum):
    """What the idle page says of the machine."""

    ALL_WELL = "all_well"
    PAPER_LOW = "paper_low"
    PARTLY = "partly"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDevice:
    """One device as it is known now.

    Attributes:
        losses: How often it was lost since the start.
        keeps_failing: Whether it was asked so often, and for so long, without one answer that waiting longer changes nothing.
    """

    name: str
    kind: DeviceKind
    status: DeviceStatus
    identity: Identity
    losses: int
    keeps_failing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something the fleet wants to know that is neither a status nor a fault, e.g. ``clerk.gave_up``."""

    name: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listeners:
    """Whom upkeep tells. All are called on the loop and must not wait.

    Attributes:
        on_change: Anything a page could show has changed: offers, the clerk's task, standing, faults, a condition.
        on_fault_raised: A fault was raised, or an open one (same device, code and since) got a new remedy.
        on_fault_cleared: A fault ended, when, and who ended it.
        on_condition_changed: A device changed its condition or its supplies; being in use is no change.
        on_happening: Something else to report.
    """

    on_change: Callable[[], None]
    on_fault_raised: Callable[[Fault], None]
    on_fault_cleared: Callable[[Fault, datetime, ClearedBy], None]
    on_condition_changed: Callable[[DeviceStatus], None]
    on_happening: Callable[[Happening], None]
