"""Kiosks counted inside the database: how many stand how, and how old what is known of them is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, extract, func, or_, select, true

from telemetry.fleet.store.schema import kiosk_now
from telemetry.fleet.web.filters import Filter
from telemetry.fleet.web.freshness import HEARTBEATS_MISSED, SHORTEST_LIMIT_S, UNKNOWN, Standing, limit_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One town, or one county, in numbers.

    Attributes:
        of: Kiosks by how they stand.
        offered: Services that can be finished now, where somebody knows; ``total`` of so many.
        quiet_since: When the first of the silent ones was heard last.
    """

    county: str
    town: str
    of: Mapping[Standing, int]
    offered: int
    total: int
    quiet_since: datetime | None

    @property
    def all(self) -> int:
        """Kiosks together."""
        return sum(self.of.values())

    @property
    def serving(self) -> int:
        """Kiosks at which a villager can do something now."""
        return self.of[Standing.FULL] + self.of[Standing.PARTLY]

    @property
    def away(self) -> int:
        """Kiosks that serve nobody, as far as anybody knows."""
        return self.of[Standing.NONE] + self.of[Standing.UNKNOWN]


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old everything on a page is.

    Attributes:
        newest_s: Since any kiosk was heard; None while there is none.
        limit_s: From this age on what is known of the slowest kiosk is unknown.
        oldest_ready_s: Age of the oldest reading shown as ready, where the page shows readings.
    """

    newest_s: float | None
    heard: int
    limit_s: float
    silent: int
    silent_longest_s: float
    oldest_ready_s: float | None
    queued: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """Every kiosk the reader asked for, counted by town."""

    towns: tuple[Tally, ...]
    freshness: Freshness

    @property
    def all(self) -> int:
        """Kiosks together."""
        return sum(town.all for town in self.towns)

    @property
    def counties(self) -> tuple[str, ...]:
        """Their counties, in order."""
        return tuple(dict.fromkeys(town.county for town in self.towns))


def is_unknown(now: datetime) -> ColumnElement[bool]:
    """Return the condition that nobody knows how a kiosk is."""
    slow = kiosk_now.c.heartbeat_s * HEARTBEATS_MISSED
    limit = case((slow > SHORTEST_LIMIT_S, slow), else_=SHORTEST_LIMIT_S)
    passed = now.timestamp() - extract("epoch", kiosk_now.c.last_seen_at)
    return or_(kiosk_now.c.is_silent, kiosk_now.c.condition == UNKNOWN, passed > limit)


def standing(now: datetime) -> ColumnElement[str]:
    """Return how a kiosk stands, judged as ``freshness.standing`` does."""
    offered, total = kiosk_now.c.services_offered, kiosk_now.c.services_total
    by_condition = case(
        (kiosk_now.c.condition.in_(("READY", "BUSY")), Standing.FULL.value),
        (kiosk_now.c.condition == "DEGRADED", Standing.PARTLY.value),
        else_=Standing.NONE.value,
    )
    return case(
        (is_unknown(now), Standing.UNKNOWN.value),
        (total == 0, by_condition),
        (offered >= total, Standing.FULL.value),
        (offered > 0, Standing.PARTLY.value),
        else_=Standing.NONE.value,
    )


def take(connection: Connection, *, wanted: Filter, now: datetime) -> Census:
    """Count the kiosks the filter lets through, in one reading of their table."""
    stands = standing(now).label("stands")
    question = (
        select(
            kiosk_now.c.county,
            kiosk_now.c.town,
            stands,
            func.count().label("kiosks"),
            func.sum(kiosk_now.c.services_offered).label("offered"),
            func.sum(kiosk_now.c.services_total).label("total"),
            func.sum(kiosk_now.c.queued).label("queued"),
            func.min(kiosk_now.c.last_seen_at).label("oldest"),
            func.max(kiosk_now.c.last_seen_at).label("newest"),
            func.max(kiosk_now.c.heartbeat_s).label("heartbeat_s"),
        )
        .where(and_(wanted.lets_through(kiosk_now.c.county), kiosk_now.c.town == wanted.town if wanted.town else true()))
        .group_by(kiosk_now.c.county, kiosk_now.c.town, stands)
        .order_by(kiosk_now.c.county, kiosk_now.c.town)
    )
    found = connection.execute(question).mappings().all()
    groups: dict[tuple[str, str], list[Mapping[str, object]]] = {}
    for row in found:
        groups.setdefault((row["county"], row["town"]), []).append(dict(row))
    newest = max((row["newest"] for row in found), default=None)
    quiet = [row for row in found if row["stands"] == Standing.UNKNOWN.value]
    return Census(
        towns=tuple(_tally(county, town, rows) for (county, town), rows in groups.items()),
        freshness=Freshness(
            newest_s=None if newest is None else max(0.0, (now - newest).total_seconds()),
            heard=sum(row["kiosks"] for row in found if row["stands"] != Standing.UNKNOWN.value),
            limit_s=max((limit_s(row["heartbeat_s"]) for row in found), default=SHORTEST_LIMIT_S),
            silent=sum(row["kiosks"] for row in quiet),
            silent_longest_s=max((max(0.0, (now - row["oldest"]).total_seconds()) for row in quiet), default=0.0),
            oldest_ready_s=None,
            queued=sum(int(row["queued"]) for row in found),
        ),
    )


def by_county(towns: Iterable[Tally]) -> tuple[Tally, ...]:
    """Put the towns of each county together."""
    groups: dict[str, list[Tally]] = {}
    for town in towns:
        groups.setdefault(town.county, []).append(town)
    return tuple(together(county, members) for county, members in groups.items())


def together(county: str, members: Iterable[Tally]) -> Tally:
    """Return several tallies as one."""
    towns = tuple(members)
    return Tally(
        county=county,
        town="",
        of={standing: sum(town.of[standing] for town in towns) for standing in Standing},
        offered=sum(town.offered for town in towns),
        total=sum(town.total for town in towns),
        quiet_since=min((town.quiet_since for town in towns if town.quiet_since is not None), default=None),
    )


def _tally(county: str, town: str, rows: Iterable[Mapping[str, object]]) -> Tally:
    of = dict.fromkeys(Standing, 0)
    offered = total = 0
    quiet_since = None
    for row in rows:
        stands = Standing(str(row["stands"]))
        of[stands] += int(str(row["kiosks"]))
        if stands is not Standing.UNKNOWN:
            offered += int(str(row["offered"]))
        else:
            oldest = row["oldest"]
            quiet_since = oldest if isinstance(oldest, datetime) else None
        total += int(str(row["total"]))
    return Tally(county=county, town=town, of=of, offered=offered, total=total, quiet_since=quiet_since)
