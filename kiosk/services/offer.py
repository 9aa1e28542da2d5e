"""Offer: whether a service can be finished now, and if not, why."""

from dataclasses import dataclass

from kiosk.services.service import Capability, Service


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Why a capability is missing, in words of the fault catalogue.

    Attributes:
        device: The device at fault, or ``platform``.
        code: The fault's code, e.g. ``printer.paper_out``.
        short_code: At most four characters, for the telephone.
        reason: Villager's words, e.g. ``打印机缺纸``.
        clerk_knows: Whether the clerk is being shown what to do.
    """

    capability: Capability
    device: str
    code: str
    short_code: str
    reason: str
    clerk_knows: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One service as it stands now; ``withdrawal`` is None when it can be finished."""

    service: Service
    withdrawal: Withdrawal | None
