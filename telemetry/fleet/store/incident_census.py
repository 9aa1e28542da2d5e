"""What is asked of the store about incidents: who fell, what they said, who is well, who is back."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median_low
from typing import assert_never

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, distinct, exists, func, or_, select, true

from telemetry.fleet.alarms.places import JOINT, MAX_SCOPE, Level
from telemetry.fleet.alarms.root_cause import HEARD_WITHIN, NETWORK_WORDS, POWER_WORDS, SIGNS, Evidence, Scope, Toll
from telemetry.fleet.alarms.state import Hush, Phase
from telemetry.fleet.store.named import by_county
from telemetry.fleet.store.schema import alarm, device, equipment, kiosk_now
from telemetry.wire.topics import KioskId

ASKED_FOR_MAINS = 200
"""Kiosks whose last measurement is looked at: what two of them say is enough."""
MAINS_FROM_V = 50.0
"""Volts at a battery's input from which on there are mains."""


PART_OF = "part_of="
"""What is written down as the evidence of an incident that turned out to be a part of another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An incident that lasts."""

    id: int
    scope: Scope
    kind: str
    began_at: datetime
    opened_at: datetime
    kiosks: int


class Census:
    """Counts, within one transaction."""

    def __init__(self, connection: Connection, *, now: datetime) -> None:
        self._connection = connection
        self._now = now

    def evidence(self, one: Open, said: Mapping[str, int]) -> Evidence:
        """Return what tells power from network; ``said`` is how many kiosks said which word."""
        fallen = self._connection.execute(
            select(func.count()).select_from(
                select(alarm.c.county, alarm.c.kiosk).where(alarm.c.incident_id == one.id).distinct().subquery()
            )
        ).scalar_one()
        mains_lost = max((count for code, count in said.items() if code in POWER_WORDS), default=0)
        no_network = max((count for code, count in said.items() if code in NETWORK_WORDS), default=0)
        mains_ok = 0 if mains_lost or no_network else self._with_mains(one)
        return Evidence(mains_lost=mains_lost, no_network=no_network, mains_ok=mains_ok, fallen=fallen)

    def said(self, one: Open, *conditions: ColumnElement[bool]) -> dict[str, int]:
        """Return how many kiosks said each word of power or network."""
        question = (
            select(alarm.c.code, func.count(distinct(alarm.c.kiosk)))
            .where(alarm.c.county == one.scope[0], alarm.c.code.in_(POWER_WORDS | NETWORK_WORDS), *conditions)
            .group_by(alarm.c.code)
        )
        return {row[0]: row[1] for row in self._connection.execute(question)}

    def _with_mains(self, one: Open) -> int:
        """Return how many of the fallen had mains when last heard, as their batteries measured it."""
        some = select(alarm.c.kiosk).where(alarm.c.incident_id == one.id).distinct().limit(ASKED_FOR_MAINS)
        question = select(device.c.measurements).where(
            device.c.county == one.scope[0], device.c.kind == "cabinet", device.c.kiosk.in_(some)
        )
        return sum(
            any(number["name"] == "input" and number["value"] >= MAINS_FROM_V for number in measurements)
            for (measurements,) in self._connection.execute(question)
        )

    def toll(self, one: Open) -> Toll:
        """Return how many it has taken, how many of them still show a sign, and when the last one stopped."""
        each = (
            select(
                func.max(case((alarm.c.cleared_at.is_(None), 1), else_=0)).label("still"),
                func.max(alarm.c.cleared_at).label("back_at"),
            )
            .where(alarm.c.incident_id == one.id)
            .group_by(alarm.c.county, alarm.c.kiosk)
            .subquery()
        )
        taken, still, back_at = self._connection.execute(
            select(func.count(), func.coalesce(func.sum(each.c.still), 0), func.max(case((each.c.still == 0, each.c.back_at))))
        ).one()
        return Toll(taken=taken, still=int(still), last_back_at=None if back_at is None else min(back_at, self._now))

    def heard(self, county: str, fallen: Collection[KioskId]) -> Callable[[Sequence[Scope]], Mapping[Scope, int]]:
        """Return what tells how many kiosks of a scope have been heard lately and show no sign."""

        def count(scopes: Sequence[Scope]) -> Mapping[Scope, int]:
            if not scopes:
                return {}
            since = self._now - timedelta(seconds=HEARD_WITHIN * self._heartbeat_s(fallen))
            shows_a_sign = exists().where(*signs(alarm.c.county == kiosk_now.c.county, alarm.c.kiosk == kiosk_now.c.kiosk))
            is_well = and_(kiosk_now.c.is_silent.is_(False), kiosk_now.c.last_seen_at >= since, ~shows_a_sign)
            levels: dict[Level, list[str]] = defaultdict(list)
            for _, level, name in scopes:
                levels[level].append(name)
            return {
                (county, level, name): number
                for level, names in levels.items()
                for name, number in self._kiosks(county, level, names, is_well)
            }

        return count

    def _heartbeat_s(self, fallen: Collection[KioskId]) -> float:
        """Return the usual interval of those who fell."""
        found: list[float] = []
        for county, names in by_county(fallen):
            question = select(kiosk_now.c.heartbeat_s).where(kiosk_now.c.county == county, kiosk_now.c.kiosk.in_(names))
            found.extend(self._connection.execute(question).scalars())
        return median_low(found) if found else 0.0

    def members(self, scope: Scope) -> int:
        """Return how many kiosks belong to a scope."""
        county, level, name = scope
        return sum(number for _, number in self._kiosks(county, level, [name], true()))

    def _kiosks(self, county: str, level: Level, names: Sequence[str], condition: ColumnElement[bool]) -> Sequence[Row[str, int]]:
        """Return how many kiosks of each of these scopes there are of which this is true."""
        name = _scope_name(level)
        same = (equipment.c.county == kiosk_now.c.county) & (equipment.c.kiosk == kiosk_now.c.kiosk)
        question: Select[str, int] = (
            select(name, func.count())
            .outerjoin_from(kiosk_now, equipment, same)
            .where(kiosk_now.c.county == county, name.in_(names), condition)
            .group_by(name)
        )
        return self._connection.execute(question).all()


def absorbed_by(evidence: str) -> int | None:
    """Return the incident another one has become a part of, by its evidence; None for one that stood by itself."""
    number = evidence.removeprefix(PART_OF)
    return int(number) if number != evidence and number.isdecimal() else None


def signs(*conditions: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of an alarm that may have a cause outside, and is not put aside by somebody."""
    return (
        *conditions,
        alarm.c.code.in_(SIGNS),
        alarm.c.phase == Phase.OPEN.value,
        alarm.c.cleared_at.is_(None),
        alarm.c.hushed_by.not_in((Hush.SHELVED.value, Hush.MAINTENANCE.value)),
    )


def is_of(one: Open) -> ColumnElement[bool]:
    """Return the condition that an alarm's kiosk is one the incident took."""
    of_it = alarm.alias("of_it")
    return exists().where(of_it.c.incident_id == one.id, of_it.c.county == alarm.c.county, of_it.c.kiosk == alarm.c.kiosk)


def _scope_name(level: Level) -> ColumnElement[str]:
    """Return ``Place.scopes`` of one level as an expression."""
    match level:
        case Level.KIOSK:
            return kiosk_now.c.kiosk
        case Level.SITE:
            return _in_town(kiosk_now.c.site)
        case Level.VILLAGE:
            return _in_town(equipment.c.village)
        case Level.FEEDER:
            return equipment.c.feeder
        case Level.LINK:
            return equipment.c.link
        case Level.TOWN:
            return func.substr(kiosk_now.c.town, 1, MAX_SCOPE)
        case Level.COUNTY:
            return kiosk_now.c.county
        case _:
            assert_never(level)


def _in_town(name: ColumnElement[str]) -> ColumnElement[str]:
    within = func.substr(kiosk_now.c.town, 1, 64) + JOINT + name
    return func.substr(case((or_(kiosk_now.c.town == "", name == ""), name), else_=within), 1, MAX_SCOPE)
