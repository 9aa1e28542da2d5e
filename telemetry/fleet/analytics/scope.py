"""Whose past is asked for: the reader's counties, narrowed by county, town and model; and where each kiosk stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, select

from telemetry.fleet.analytics.faults import HoursOf
from telemetry.fleet.store.schema import equipment, kiosk
from telemetry.fleet.store.scope import EVERYWHERE, within
from telemetry.wire.service_hours import Calendars, ServiceHours
from telemetry.wire.topics import KioskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Empty texts narrow nothing; empty ``counties`` is all of them.

    Attributes:
        counties: What the reader may see at all.
    """

    counties: frozenset[str] = EVERYWHERE
    county: str = ""
    town: str = ""
    model: str = ""

    def narrowed(self, question: Select[Any]) -> Select[Any]:
        """Keep only rows of kiosks asked for; the question has the table of kiosks in it."""
        kept = question.where(within(kiosk.c.county, self.counties))
        for column, wanted in ((kiosk.c.county, self.county), (kiosk.c.town, self.town), (kiosk.c.model, self.model)):
            kept = kept.where(column == wanted) if wanted else kept
        return kept

    def narrowed_of(self, table: Table, question: Select[Any]) -> Select[Any]:
        """Keep only rows of kiosks asked for, of a table that begins with whose row it is."""
        kept = question.where(within(table.c.county, self.counties))
        if self.county:
            kept = kept.where(table.c.county == self.county)
        if self.town or self.model:
            kept = self.narrowed(kept.join(kiosk, and_(kiosk.c.county == table.c.county, kiosk.c.kiosk == table.c.kiosk)))
        return kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One kiosk and what the bureau's register says of it."""

    id: KioskId
    site: str
    town: str
    model: str
    area: str
    vendor: str
    batch: str
    hours: str
    since: datetime


def placed(connection: Connection, scope: Scope) -> dict[KioskId, Placed]:
    """Return every kiosk asked for."""
    same = and_(equipment.c.county == kiosk.c.county, equipment.c.kiosk == kiosk.c.kiosk)
    registered = (equipment.c.area, equipment.c.vendor, equipment.c.batch, equipment.c.hours)
    columns = (kiosk.c.county, kiosk.c.kiosk, kiosk.c.site, kiosk.c.town, kiosk.c.model, kiosk.c.first_seen_at, *registered)
    question = scope.narrowed(select(*columns).select_from(kiosk.outerjoin(equipment, same)))
    found = {}
    for row in connection.execute(question.order_by(kiosk.c.county, kiosk.c.kiosk)):
        one = KioskId(county=row.county, kiosk=row.kiosk)
        found[one] = Placed(
            id=one,
            site=row.site,
            town=row.town,
            model=row.model,
            area=row.area or row.town,
            vendor=row.vendor or "",
            batch=row.batch or "",
            hours=row.hours or "",
            since=row.first_seen_at,
        )
    return found


def hours_of(places: Mapping[KioskId, Placed], calendars: Calendars) -> HoursOf:
    """Return who knows when service was expected at a kiosk."""

    def of(kiosk: KioskId) -> ServiceHours:
        place = places.get(kiosk)
        return calendars.of(kiosk.county, place.hours if place is not None else "")

    return of
