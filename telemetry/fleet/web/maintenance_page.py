"""Planned work: which windows are open or to come, and which were."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, and_, select

from telemetry.fleet.alarms.places import Level, Place
from telemetry.fleet.store.schema import equipment, kiosk, maintenance
from telemetry.fleet.web import census
from telemetry.fleet.web.causes import Window, window
from telemetry.fleet.web.census import Freshness
from telemetry.fleet.web.filters import Filter

MOST_PAST = 100
MOST_NAMES = 300
"""Scopes offered while somebody types; a county has some dozen towns and links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenancePage:
    """Everything the page shows."""

    coming: tuple[Window, ...]
    past: tuple[Window, ...]
    kiosks: int
    counties: tuple[str, ...]
    levels: tuple[str, ...]
    names: tuple[str, ...]
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
            levels=tuple(level.value for level in Level),
            names=_names(connection, wanted),
            freshness=everybody.freshness,
        )


def _names(connection: Connection, wanted: Filter) -> tuple[str, ...]:
    """Return the names a window may be about, as the engine knows them: towns, links, feeders, villages with their town."""
    seen = wanted.lets_through(kiosk.c.county)
    same = and_(equipment.c.county == kiosk.c.county, equipment.c.kiosk == kiosk.c.kiosk)
    columns = (kiosk.c.county, kiosk.c.kiosk, kiosk.c.site, kiosk.c.town)
    registered = (equipment.c.village, equipment.c.link, equipment.c.feeder)
    question = select(*columns, *registered).select_from(kiosk.outerjoin(equipment, same)).where(seen).limit(MOST_NAMES)
    found: set[str] = set()
    for row in connection.execute(question).mappings():
        scopes = Place(**{name: text or "" for name, text in row.items()}).scopes()
        found |= {scope for level, scope in scopes.items() if level not in {Level.KIOSK, Level.COUNTY, Level.SITE}}
    return tuple(sorted(found))
