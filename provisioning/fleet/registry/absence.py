"""How long a kiosk that came back was away: what somebody who approves it has to know. A stolen disk was away as well."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from provisioning.fleet.registry import identities
from provisioning.fleet.registry.requests import Request
from telemetry.fleet.store.schema import kiosk_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """From when it was last heard, at the door or at the broker, to when it came back; and how long its certificate was over."""

    last_heard_at: datetime
    away: timedelta
    over: timedelta

    @property
    def days(self) -> int:
        """Whole days it was away."""
        return self.away.days

    @property
    def days_over(self) -> int:
        """Whole days its certificate had been over."""
        return self.over.days


def absences(connection: Connection, asking: Iterable[Request]) -> Mapping[int, Absence]:
    """Return the absence of each that came back, by the number of its request; who came with a code has none."""
    found = {}
    for request in asking:
        shown = identities.find_certificate(connection, request.shown) if request.shown else None
        if shown is None:
            continue
        mine = kiosk_now.c.county == shown.kiosk.county, kiosk_now.c.kiosk == shown.kiosk.kiosk
        heard = connection.execute(select(kiosk_now.c.last_seen_at).where(*mine)).scalar_one_or_none()
        last = max(moment for moment in (shown.issued_at, shown.used_at, heard) if moment is not None)
        away = max(request.asked_at - last, timedelta(0))
        found[request.id] = Absence(last_heard_at=last, away=away, over=request.asked_at - shown.valid_until)
    return found
