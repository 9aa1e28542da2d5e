"""Many counties, or one with more kiosks than a map can show: the overview in aggregates, the worst by share first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Engine, and_, case, func, not_, select, true

from telemetry.fleet.analytics.knew import Knew
from telemetry.fleet.analytics.period import Week, china_day
from telemetry.fleet.store.schema import alarm, health_day, kiosk, kiosk_now, ticket, visit_day
from telemetry.fleet.web import causes, census, knew_first
from telemetry.fleet.web.causes import IncidentRow
from telemetry.fleet.web.census import Census, Freshness, Tally
from telemetry.fleet.web.fault_words import FaultWord, FaultWords
from telemetry.fleet.web.filters import Filter
from telemetry.fleet.web.fleet_now import NEEDS_A_PERSON, PAGES_OF_NO_VISIT, REMEDY_ORDER, SILENCE
from telemetry.fleet.web.freshness import Standing
from telemetry.fleet.web.history import WENT_THROUGH
from telemetry.fleet.web.overview import FEW_COUNTIES, MOST_CELLS

WORST = 7
"""Counties named as the worst; the rest are tiles."""
INCIDENTS_SHOWN = 5
CAUSES_SHOWN = 3
DAYS_DRAWN = 7


class Shade(StrEnum):
    """How large the share of kiosks is that serve nobody, or of which nobody knows."""

    LITTLE = "little"
    SOME = "some"
    MUCH = "much"
    WORST = "worst"


SHADES = ((0.02, Shade.LITTLE), (0.04, Shade.SOME), (0.08, Shade.MUCH))
"""Below so much, that shade; the last shade from there on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One county (or town) as a tile."""

    tally: Tally
    shade: Shade

    @property
    def share(self) -> float:
        """Share of its kiosks that are away."""
        return self.tally.away / self.tally.all if self.tally.all else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedCount:
    """What one kind of person has to end: kiosks, tickets past their time, the commonest reasons."""

    remedy: str
    kiosks: int
    late: int
    reasons: tuple[tuple[FaultWord, int], ...]

    @property
    def needs_a_person(self) -> bool:
        """Whether anybody has to do anything."""
        return self.remedy in NEEDS_A_PERSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Worst:
    """One of the counties in which most is away, by share: a small one is not lost among large ones."""

    tile: Tile
    days: tuple[float, ...]
    last_week: float | None
    reason: FaultWord | None
    incident: IncidentRow | None
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Province:
    """Everything the page shows. ``of_towns``: one county is shown, and its tiles are towns."""

    census: Census
    whole: Tally
    of_towns: bool
    running: int
    done_today: int
    available: float | None
    weeks: tuple[Knew, ...]
    needs: tuple[NeedCount, ...]
    incidents: tuple[IncidentRow, ...]
    hushed: int
    tiles: tuple[Tile, ...]
    shades: Mapping[Shade, int]
    worst: tuple[Worst, ...]
    open_total: int

    @property
    def freshness(self) -> Freshness:
        """How old everything on the page is."""
        return self.census.freshness

    @property
    def counts(self) -> Mapping[str, int]:
        """How many kiosks stand how, in the order they are drawn."""
        return {standing.value: self.whole.of[standing] for standing in Standing}

    @property
    def needs_people(self) -> int:
        """Kiosks that need somebody."""
        return sum(one.kiosks for one in self.needs if one.needs_a_person)

    @property
    def healing(self) -> int:
        """Kiosks at which something ends by itself."""
        return sum(one.kiosks for one in self.needs if not one.needs_a_person)

    @property
    def last_week(self) -> Knew | None:
        """The last week that is over."""
        return self.weeks[-2] if len(self.weeks) > 1 else None


def is_large(taken: Census) -> bool:
    """Whether so much is asked for that a page of single kiosks would help nobody."""
    return taken.all > MOST_CELLS or len(taken.counties) > FEW_COUNTIES


def read(engine: Engine, words: FaultWords, taken: Census, *, wanted: Filter, now: datetime) -> Province:
    """Read the aggregates; nothing here grows with a kiosk's devices or messages."""
    of_towns = len(taken.counties) <= 1
    tallies = taken.towns if of_towns else census.by_county(taken.towns)
    tiles = tuple(Tile(tally=one, shade=_shade(one)) for one in tallies)
    with engine.connect() as connection:
        incidents = causes.incidents(connection, wanted, now=now)
        needs = _needs(connection, words, wanted, now=now)
        worst = sorted((tile for tile in tiles if tile.tally.away), key=lambda tile: (-tile.share, -tile.tally.away))[:WORST]
        return Province(
            census=taken,
            whole=census.together("", taken.towns),
            of_towns=of_towns,
            running=_running(connection, wanted, now=now),
            done_today=_done(connection, wanted, now=now),
            available=_available(connection, wanted, now=now),
            weeks=knew_first.by_week(connection, wanted=wanted, now=now),
            needs=needs,
            incidents=incidents[:INCIDENTS_SHOWN],
            hushed=sum(one.still_silent for one in incidents),
            tiles=tiles,
            shades={shade: sum(tile.shade is shade for tile in tiles) for shade in Shade},
            worst=tuple(_worst(connection, words, tile, incidents, now=now) for tile in worst),
            open_total=_open_total(connection, wanted),
        )


def _shade(tally: Tally) -> Shade:
    share = tally.away / tally.all if tally.all else 0.0
    return next((shade for below, shade in SHADES if share < below), Shade.WORST)


def _told(wanted: Filter) -> ColumnElement[bool]:
    """What kiosks told of themselves and nobody has put aside."""
    return and_(
        alarm.c.cleared_at.is_(None),
        alarm.c.cause != SILENCE,
        alarm.c.hushed_by.not_in(("incident", "maintenance", "shelved")),
        wanted.lets_through(alarm.c.county),
    )


def _needs(connection: Connection, words: FaultWords, wanted: Filter, *, now: datetime) -> tuple[NeedCount, ...]:
    who = case((alarm.c.remedy.in_(REMEDY_ORDER), alarm.c.remedy), else_="TECHNICIAN").label("who")
    place = func.count(func.distinct(alarm.c.county + "/" + alarm.c.kiosk))
    kiosks: dict[str, int] = {row[0]: row[1] for row in connection.execute(select(who, place).where(_told(wanted)).group_by(who))}
    reasons: dict[str, list[tuple[FaultWord, int]]] = {}
    by_code = select(who, alarm.c.code, func.count().label("n")).where(_told(wanted)).group_by(who, alarm.c.code)
    for row in connection.execute(by_code.order_by(func.count().desc(), alarm.c.code)):
        reasons.setdefault(row.who, []).append((words.of(row.code), row.n))
    is_late = and_(ticket.c.closed_at.is_(None), ticket.c.due_at < now, wanted.lets_through(ticket.c.county))
    same = and_(alarm.c.county == ticket.c.county, alarm.c.kiosk == ticket.c.kiosk, alarm.c.cleared_at.is_(None))
    late_by = select(who, func.count(func.distinct(ticket.c.id))).select_from(ticket.join(alarm, same)).where(is_late)
    late: dict[str, int] = {row[0]: row[1] for row in connection.execute(late_by.group_by(who))}
    return tuple(
        NeedCount(remedy=one, kiosks=kiosks[one], late=late.get(one, 0), reasons=tuple(reasons.get(one, ())[:CAUSES_SHOWN]))
        for one in REMEDY_ORDER
        if one in kiosks
    )


def _running(connection: Connection, wanted: Filter, *, now: datetime) -> int:
    page = kiosk_now.c.screen["page"].as_string()
    question = select(func.count()).where(
        page.not_in(sorted(PAGES_OF_NO_VISIT)), not_(census.is_unknown(now)), wanted.lets_through(kiosk_now.c.county)
    )
    return connection.execute(question).scalar_one()


def _done(connection: Connection, wanted: Filter, *, now: datetime) -> int:
    question = select(func.sum(visit_day.c.visits)).where(
        visit_day.c.day == china_day(now), visit_day.c.outcome.in_(sorted(WENT_THROUGH)), wanted.lets_through(visit_day.c.county)
    )
    return int(connection.execute(question).scalar() or 0)


def _available(
    connection: Connection, wanted: Filter, *, now: datetime, among: ColumnElement[bool] | None = None
) -> float | None:
    period = Week.of(china_day(now)).back(1).period
    sums = select(func.sum(health_day.c.open_s), func.sum(health_day.c.full_s), func.sum(health_day.c.part_s)).where(
        health_day.c.day >= period.first,
        health_day.c.day <= period.last,
        wanted.lets_through(health_day.c.county),
        true() if among is None else among,
    )
    open_s, full_s, part_s = connection.execute(sums).one()
    return (full_s + part_s) / open_s if open_s else None


def _open_total(connection: Connection, wanted: Filter) -> int:
    question = select(func.count()).where(alarm.c.cleared_at.is_(None), wanted.lets_through(alarm.c.county))
    return connection.execute(question).scalar_one()


def _worst(connection: Connection, words: FaultWords, tile: Tile, incidents: Sequence[IncidentRow], *, now: datetime) -> Worst:
    """Say of one county (or town) how it has been, and what is to blame."""
    there = Filter(county=tile.tally.county)
    of_town = _in_town(health_day.c.county, health_day.c.kiosk, tile.tally)
    first = china_day(now) - timedelta(days=DAYS_DRAWN)
    shares = (
        select(health_day.c.day, func.sum(health_day.c.open_s), func.sum(health_day.c.full_s + health_day.c.part_s))
        .where(health_day.c.day >= first, there.lets_through(health_day.c.county), of_town)
        .group_by(health_day.c.day)
        .order_by(health_day.c.day)
    )
    reasons = (
        select(alarm.c.code)
        .where(
            alarm.c.cleared_at.is_(None),
            alarm.c.severity == "BLOCKING",
            there.lets_through(alarm.c.county),
            _in_town(alarm.c.county, alarm.c.kiosk, tile.tally),
        )
        .group_by(alarm.c.code)
        .order_by(func.count().desc())
        .limit(1)
    )
    is_late = and_(ticket.c.closed_at.is_(None), ticket.c.due_at < now, there.lets_through(ticket.c.county))
    late = select(func.count()).where(is_late, _in_town(ticket.c.county, ticket.c.kiosk, tile.tally))
    code = connection.execute(reasons).scalar()
    return Worst(
        tile=tile,
        days=tuple(served / open_s for _, open_s, served in connection.execute(shares) if open_s)
        + ((tile.tally.serving / tile.tally.all,) if tile.tally.all else ()),
        last_week=_available(connection, there, now=now, among=of_town),
        reason=None if code is None else words.of(code),
        incident=next((one for one in incidents if one.county == tile.tally.county and not tile.tally.town), None),
        late=connection.execute(late).scalar_one(),
    )


def _in_town(county: ColumnElement[str], name: ColumnElement[str], tally: Tally) -> ColumnElement[bool]:
    if not tally.town:
        return true()
    return select(kiosk.c.kiosk).where(kiosk.c.county == county, kiosk.c.kiosk == name, kiosk.c.town == tally.town).exists()
