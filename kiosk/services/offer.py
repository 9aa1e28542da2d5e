"""Offer: whether a service can be finished now, and if not, why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

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
class Substitution:
    """One capability that is missing, what takes its place now, and why."""

    needed: Capability
    by: Capability
    because: Withdrawal


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One service as it stands now; ``withdrawal`` is None when it can be finished, perhaps with ``substitutions``.

    Attributes:
        ways: For each capability with stand-ins, every way that works now, the usual one first when it works.
        opens_at: From when on it may be begun, when these are not its hours; what was begun before goes on.
    """

    service: Service
    withdrawal: Withdrawal | None
    substitutions: tuple[Substitution, ...] = ()
    ways: Mapping[Capability, tuple[Capability, ...]] = field(default_factory=dict, hash=False)

    opens_at: datetime | None = None

    @property
    def can_begin(self) -> bool:
        """Whether it may be begun now, with everything it takes."""
        return self.withdrawal is None and self.opens_at is None

    def way(self, needed: Capability) -> Capability:
        """What serves for ``needed`` now."""
        return next((each.by for each in self.substitutions if each.needed is needed), needed)
