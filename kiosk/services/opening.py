"""Opening, pure: from the hours of this place to which services may be begun now, and from when on the others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from kiosk.services.offer import Offer


class Hours(Protocol):
    """When there is service, as the configuration reads it."""

    def is_open(self, at: datetime) -> bool:
        """Whether there is service."""

    def opens_next(self, at: datetime) -> datetime | None:
        """The first moment of service not before ``at``, or None when there is none in sight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The hours of one kiosk.

    Attributes:
        usual: Of every service without hours of its own; None is day and night.
        of_service: Hours by a service's id.
    """

    usual: Hours | None = None
    of_service: Mapping[str, Hours] = field(default_factory=dict)

    def at(self, now: datetime, offers: Iterable[Offer]) -> tuple[Offer, ...]:
        """Return the offers, those outside their hours with the moment at which they open."""
        return tuple(replace(offer, opens_at=self._opens_at(offer.service.id, now)) for offer in offers)

    def _opens_at(self, service: str, now: datetime) -> datetime | None:
        hours = self.of_service.get(service, self.usual)
        if hours is None or hours.is_open(now):
            return None
        return hours.opens_next(now)


ALWAYS = Opening()
"""Day and night."""
