"""``/api/v1/availability``: seconds of service hours by what could be done in them, of the days that are counted."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel
from sqlalchemy import Engine

from telemetry.fleet.analytics import read
from telemetry.fleet.analytics.availability import NOTHING, Served
from telemetry.fleet.analytics.period import EARLIEST, LATEST, Period, china_day
from telemetry.fleet.analytics.scope import Scope, placed
from telemetry.fleet.web.who import Asking
from telemetry.wire.topics import NAME

LONGEST_DAYS = 400
USUAL_DAYS = 7


class Of(StrEnum):
    """Whose availability one row tells."""

    KIOSK = "kiosk"
    TOWN = "town"
    COUNTY = "county"


class Availability(BaseModel):
    """One row. ``availability`` 0.0 to 1.0, null when there were no service hours; planned seconds are not in ``open_s``."""

    county: str
    town: str
    kiosk: str
    site: str
    availability: float | None
    open_s: float
    full_s: float
    part_s: float
    none_s: float
    unknown_s: float
    planned_s: float


class Answer(BaseModel):
    """All rows, with the days they are of; days after ``counted_until`` are not in them."""

    since: date
    until: date
    counted_until: date | None
    rows: list[Availability]


def router(engine: Engine, *, now: Callable[[], datetime]) -> APIRouter:
    """Return the question."""
    routes = APIRouter(prefix="/api/v1", tags=["analytics"])

    @routes.get("/availability")
    def availability(
        *,
        person: Asking,
        since: Annotated[date | None, Query(ge=EARLIEST, le=LATEST)] = None,
        until: Annotated[date | None, Query(ge=EARLIEST, le=LATEST)] = None,
        of: Of = Of.TOWN,
        county: Annotated[str, Query(pattern=f"^(?:{NAME.pattern})?$")] = "",
        town: Annotated[str, Query(max_length=64)] = "",
    ) -> Answer:
        """Return availability by kiosk, town or county, of whole days in China; the last seven without ``since``."""
        last = until or china_day(now()) - timedelta(days=1)
        first = since or last - timedelta(days=USUAL_DAYS - 1)
        if not 0 <= (last - first).days < LONGEST_DAYS:
            raise HTTPException(422, f"since must not be after until, nor more than {LONGEST_DAYS} days before it")
        scope = Scope(counties=person.counties, county=county, town=town)
        with engine.connect() as connection:
            places = placed(connection, scope)
            served = read.served(connection, Period(first=first, last=last), scope)
            counted = read.last_counted_day(connection)
        sums: dict[tuple[str, str, str, str], Served] = {}
        for one, place in places.items():
            key = (
                one.county,
                place.town if of is not Of.COUNTY else "",
                *((one.kiosk, place.site) if of is Of.KIOSK else ("", "")),
            )
            sums[key] = sums.get(key, NOTHING) + served.get(one, NOTHING)
        return Answer(since=first, until=last, counted_until=counted, rows=[_row(key, own) for key, own in sums.items()])

    return routes


def _row(key: tuple[str, str, str, str], own: Served) -> Availability:
    county, town, kiosk, site = key
    return Availability(
        county=county,
        town=town,
        kiosk=kiosk,
        site=site,
        availability=own.share,
        open_s=own.open_s,
        full_s=own.full_s,
        part_s=own.part_s,
        none_s=own.none_s,
        unknown_s=own.unknown_s,
        planned_s=own.planned_s,
    )
