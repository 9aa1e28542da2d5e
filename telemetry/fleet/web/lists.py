"""The long table of kiosks, as far as the reader's filter lets through: found, ordered and counted inside the database."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, and_, case, func, select, true

from telemetry.fleet.store.reader import Reader
from telemetry.fleet.store.schema import alarm, kiosk_now
from telemetry.fleet.store.stored import StoredAlarm
from telemetry.fleet.web import census
from telemetry.fleet.web.alarms_page import matching_codes, of_remedy
from telemetry.fleet.web.census import Freshness
from telemetry.fleet.web.fault_words import FaultWord, FaultWords
from telemetry.fleet.web.filters import Filter
from telemetry.fleet.web.fleet_now import KioskNow, by_kiosk, judge
from telemetry.fleet.web.freshness import Standing
from telemetry.wire.topics import KioskId

WORST_FIRST = (Standing.NONE, Standing.UNKNOWN, Standing.PARTLY, Standing.FULL)
MOST_ROWS = 200
"""Rows on one page; who looks for one kiosk searches."""
MOST_EXPORTED = 50_000
TOGETHER = 400
"""Kiosks asked for in one question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskRow:
    """One kiosk with its open alarms."""

    kiosk: KioskNow
    alarms: tuple[tuple[StoredAlarm, FaultWord], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskList:
    """The page of kiosks.

    Attributes:
        found: How many the filter lets through; the first of them are ``rows``.
        all: How many there would be without the filter.
    """

    rows: tuple[KioskRow, ...]
    found: int
    all: int
    counties: tuple[str, ...]
    towns: tuple[str, ...]
    freshness: Freshness


def read_kiosks(
    engine: Engine,
    words: FaultWords,
    county_names: Mapping[str, str],
    *,
    wanted: Filter,
    now: datetime,
    limit: int = MOST_ROWS,
) -> KioskList:
    """Read the kiosks asked for, worst first; ``county_names`` may be searched for as well."""
    condition = and_(
        wanted.lets_through(kiosk_now.c.county),
        kiosk_now.c.town == wanted.town if wanted.town else true(),
        census.standing(now) == wanted.standing if wanted.standing else true(),
        _has_alarm(wanted),
        _finds(wanted, words, county_names),
    )
    order = case(*((census.standing(now) == one.value, place) for place, one in enumerate(WORST_FIRST)), else_=0)
    named = (
        select(kiosk_now.c.county, kiosk_now.c.kiosk)
        .where(condition)
        .order_by(order, kiosk_now.c.town, kiosk_now.c.county, kiosk_now.c.kiosk)
        .limit(limit)
    )
    with engine.connect() as connection:
        ids = tuple(KioskId(county=row.county, kiosk=row.kiosk) for row in connection.execute(named))
        found = len(ids)
        if found == limit:
            found = connection.execute(select(func.count()).select_from(kiosk_now).where(condition)).scalar_one()
        everybody = census.take(connection, wanted=Filter(counties=wanted.counties), now=now)
    reader = Reader(engine, wanted.counties)
    known: dict[KioskId, KioskNow] = {}
    alarms: list[StoredAlarm] = []
    for group in _groups(ids):
        known |= {one.id: judge(one, now=now) for one in reader.kiosks_alone(group)}
        alarms += reader.alarms(is_open=True, among=group)
    of = by_kiosk(alarms)
    return KioskList(
        rows=tuple(
            KioskRow(kiosk=known[one], alarms=tuple((alarm, words.of(alarm.code)) for alarm in of.get(one, ())))
            for one in ids
            if one in known
        ),
        found=found,
        all=everybody.all,
        counties=everybody.counties,
        towns=tuple(sorted({town.town for town in everybody.towns if town.town and wanted.county in ("", town.county)})),
        freshness=everybody.freshness,
    )


def _has_alarm(wanted: Filter) -> ColumnElement[bool]:
    if not wanted.remedy and not wanted.severity:
        return true()
    severity = alarm.c.severity == wanted.severity if wanted.severity else true()
    return _stands(and_(of_remedy(wanted.remedy), severity))


def _finds(wanted: Filter, words: FaultWords, county_names: Mapping[str, str]) -> ColumnElement[bool]:
    named = [county for county, name in county_names.items() if wanted.finds((name,))]
    codes = alarm.c.code.in_(matching_codes(wanted, words))
    return wanted.finds_kiosk(kiosk_now.c, (kiosk_now.c.county.in_(named), _stands(codes)))


def _stands(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    mine = and_(alarm.c.county == kiosk_now.c.county, alarm.c.kiosk == kiosk_now.c.kiosk, alarm.c.cleared_at.is_(None))
    return select(alarm.c.id).where(mine, condition).exists()


def _groups(ids: Sequence[KioskId]) -> Iterator[Sequence[KioskId]]:
    return (ids[start : start + TOGETHER] for start in range(0, len(ids), TOGETHER))
