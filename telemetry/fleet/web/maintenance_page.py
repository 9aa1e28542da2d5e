"""Planned work: which windows are open or to come, and which were."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from telemetry.fleet.store.schema import maintenance
from telemetry.fleet.web import census
from telemetry.fleet.web.causes import Window, window
from telemetry.fleet.web.census import Freshness
from telemetry.fleet.web.filters import Filter

LEVELS = ("kiosk", "site", "village", "town", "link", "feeder", "county")
"""What a window may be about, from one kiosk to all of a county."""
MOST_PAST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenancePage:
    """Everything the page shows."""

    coming: tuple[Window, ...]
    past: tuple[Window, ...]
    kiosks: int
    counties: tuple[str, ...]
    levels: tuple[str, ...]
    freshness: Freshness


def read(engine: Engine, *, wanted: Filter, now: datetime) -> MaintenancePage:
    """Read the plan: what is on or to come by its beginning, what was newest first."""
    mine = wanted.lets_through(maintenance.c.county)
    coming = select(maintenance).where(mine, maintenance.c.ends_at > now).order_by(maintenance.c.begins_at, maintenance.c.id)
    past = select(maintenance).where(mine, maintenance.c.ends_at <= now).order_by(maintenance.c.ends_at.desc()).limit(MOST_PAST)
    with engine.connect() as connection:
        everybody = census.take(connection, wanted=Filter(counties=wanted.counties), now=now)
        return MaintenancePage(
            coming=tuple(window(row) for row in connection.execute(coming).mappings()),
            past=tuple(window(row) for row in connection.execute(past).mappings()),
            kiosks=everybody.all,
            counties=everybody.counties,
            levels=LEVELS,
            freshness=everybody.freshness,
        )
