"""Counts each day's availability once it is over: a slice of kiosks at a look, catching up after a stop."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, and_, func, insert, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from telemetry.fleet.analytics.availability import Interval, Served, Span, count
from telemetry.fleet.store.book import Happened
from telemetry.fleet.store.schema import condition_span, equipment, health_day, kiosk, maintenance, roll_up, watch_gap
from telemetry.wire.service_hours import CHINA, Calendars

HEALTH = "health"
"""Name of the row that says how far it has come."""
SLICE = 200
"""Kiosks counted at one look: some ten milliseconds, so that nobody waits long. 25,000 kiosks take two minutes a night."""
A_DAY = timedelta(days=1)
SETTLES = timedelta(minutes=10)
"""How long after midnight a day is counted: what was announced late in it is in by then."""

_WHOM = tuple_(kiosk.c.county, kiosk.c.kiosk)


class HealthRollUp:
    """A book that only looks at the time."""

    def __init__(self, engine: Engine, *, calendars: Calendars) -> None:
        """Prepare.

        Args:
            engine: The database it will write to.
            calendars: When service is expected where.
        """
        self._insert: Callable[[Table], Any] = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert
        self._calendars = calendars

    def write(self, connection: Connection, happened: Happened) -> None:
        """Count the next slice of the oldest day that is over and not counted."""
        mark = connection.execute(select(roll_up).where(roll_up.c.name == HEALTH)).one_or_none()
        if mark is None:
            mark = _begun(connection)
        if mark is None or happened.now < mark.until + A_DAY + SETTLES:
            return
        counted = self._count_slice(connection, mark.until, after=(mark.county, mark.kiosk))
        last = {"county": counted[-1][0], "kiosk": counted[-1][1]} if len(counted) == SLICE else {"county": "", "kiosk": ""}
        until = mark.until if len(counted) == SLICE else mark.until + A_DAY
        connection.execute(update(roll_up).where(roll_up.c.name == HEALTH).values(until=until, **last))

    def _count_slice(self, connection: Connection, begin: datetime, *, after: tuple[str, str]) -> list[tuple[str, str]]:
        end = begin + A_DAY
        places = _places(connection, after=after)
        if not places:
            return []
        spans = _spans(connection, after=after, last=places[-1].whom, begin=begin, end=end)
        windows = _windows(connection, begin=begin, end=end)
        unheard = _gaps(connection, begin=begin, end=end)
        rows = []
        for place in places:
            served = count(
                spans.get(place.whom, ()),
                begin=begin,
                end=end,
                hours=self._calendars.of(place.whom[0], place.hours),
                planned=[(window.begins_at, window.ends_at) for window in windows if place.is_within(window)],
                unheard=unheard,
            )
            if spans.get(place.whom):
                rows.append(_row(place.whom, begin, served))
        if rows:
            statement = self._insert(health_day)
            news = {name: statement.excluded[name] for name in rows[0] if name not in {"county", "kiosk", "day"}}
            key = ["county", "kiosk", "day"]
            connection.execute(statement.on_conflict_do_update(index_elements=key, set_=news), rows)
        return [place.whom for place in places]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    whom: tuple[str, str]
    hours: str
    scopes: Mapping[str, str]

    def is_within(self, window: Row[Any]) -> bool:
        return bool(window.county == self.whom[0] and self.scopes.get(window.level) == window.scope)


def _begun(connection: Connection) -> Row[Any] | None:
    """Begin with the China day of the first span there is."""
    first = connection.execute(select(func.min(condition_span.c.begins_at))).scalar()
    if first is None:
        return None
    midnight = datetime.combine(first.astimezone(CHINA).date(), time(), CHINA)
    connection.execute(insert(roll_up).values(name=HEALTH, until=midnight))
    return connection.execute(select(roll_up).where(roll_up.c.name == HEALTH)).one()


def _places(connection: Connection, *, after: tuple[str, str]) -> list[_Place]:
    same = and_(equipment.c.county == kiosk.c.county, equipment.c.kiosk == kiosk.c.kiosk)
    registered = (equipment.c.village, equipment.c.link, equipment.c.feeder, equipment.c.hours)
    question = (
        select(kiosk.c.county, kiosk.c.kiosk, kiosk.c.site, kiosk.c.town, *registered)
        .select_from(kiosk.outerjoin(equipment, same))
        .where(tuple_(*after) < _WHOM)
        .order_by(kiosk.c.county, kiosk.c.kiosk)
        .limit(SLICE)
    )
    return [
        _Place(
            whom=(row.county, row.kiosk),
            hours=row.hours or "",
            scopes={
                level: scope
                for level, scope in (
                    ("kiosk", row.kiosk), ("site", row.site), ("village", row.village), ("town", row.town),
                    ("county", row.county), ("link", row.link), ("feeder", row.feeder),
                )
                if scope
            },
        )
        for row in connection.execute(question)
    ]  # fmt: skip


def _spans(
    connection: Connection, *, after: tuple[str, str], last: tuple[str, str], begin: datetime, end: datetime
) -> Mapping[tuple[str, str], list[Span]]:
    whom = tuple_(condition_span.c.county, condition_span.c.kiosk)
    question = select(condition_span).where(
        whom > tuple_(*after),
        whom <= tuple_(*last),
        condition_span.c.begins_at < end,
        or_(condition_span.c.ends_at.is_(None), condition_span.c.ends_at > begin),
    )
    found: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for row in connection.execute(question):
        found[row.county, row.kiosk].append(
            Span(begins_at=row.begins_at, ends_at=row.ends_at, condition=row.condition, offered=row.offered, total=row.total)
        )
    return found


def _windows(connection: Connection, *, begin: datetime, end: datetime) -> Iterable[Row[Any]]:
    return connection.execute(select(maintenance).where(maintenance.c.begins_at < end, maintenance.c.ends_at > begin)).all()


def _gaps(connection: Connection, *, begin: datetime, end: datetime) -> list[Interval]:
    question = select(watch_gap).where(watch_gap.c.begins_at < end, watch_gap.c.ends_at > begin)
    return [(row.begins_at, row.ends_at) for row in connection.execute(question)]


def _row(whom: tuple[str, str], begin: datetime, served: Served) -> dict[str, Any]:
    return {
        "county": whom[0],
        "kiosk": whom[1],
        "day": begin.astimezone(CHINA).date(),
        "open_s": served.open_s,
        "full_s": served.full_s,
        "part_s": served.part_s,
        "none_s": served.none_s,
        "unknown_s": served.unknown_s,
        "planned_s": served.planned_s,
    }
