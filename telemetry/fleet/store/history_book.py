"""The book of what was: how each kiosk stood, when nobody listened, what was done at it and what it healed itself."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from telemetry.fleet.store.book import Happened, StoredNumber, Turned
from telemetry.fleet.store.named import by_county
from telemetry.fleet.store.schema import condition_span, healing_day, roll_up, visit_day, watch_gap
from telemetry.wire.messages import Event
from telemetry.wire.service_hours import CHINA
from telemetry.wire.topics import KioskId

VISIT_ENDED = "visit.ended"
HEALING = "healing."

LISTENING = "listening"
"""Name of the row that says until when somebody listened."""
MARK_EVERY = timedelta(seconds=60)
"""How often it is noted that we listen: one small write a minute."""
DEAF_FROM = timedelta(seconds=180)
"""A mark older than this means that nobody listened in between: two marks and a slow start."""

OLDEST_BELIEVED = timedelta(days=62)
"""A message may have waited on a kiosk for two months; a date before that is a clock that was never set."""
YOUNGEST_BELIEVED = timedelta(hours=1)
"""What a kiosk's clock may be ahead of ours."""
LONGEST_VISIT_S = 6 * 3600.0
"""A visit ends itself after minutes of nobody touching; more than this is a clock that jumped."""

VisitKey = tuple[str, str, date, int, str, str]
HealingKey = tuple[str, str, date, str, str, str, str]


class HistoryBook:
    """Writes history. Each message is handed to it once, so what it adds up is exact."""

    def __init__(self, engine: Engine) -> None:
        """Prepare to write to this kind of database."""
        self._insert: Callable[[Table], Any] = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def write(self, connection: Connection, happened: Happened) -> None:
        """Write what follows from what happened; without anything, only that we listen."""
        self._listen(connection, happened.now)
        if happened.turned:
            self._turn(connection, happened.turned, happened.now)
        if happened.messages:
            self._count(connection, visit_day, _visits(happened.messages))
            self._count(connection, healing_day, _healings(happened.messages))

    def _listen(self, connection: Connection, now: datetime) -> None:
        until = connection.execute(select(roll_up.c.until).where(roll_up.c.name == LISTENING)).scalar()
        if until is None:
            connection.execute(insert(roll_up).values(name=LISTENING, until=now))
            return
        if now - until > DEAF_FROM:
            gap = self._insert(watch_gap).values(begins_at=until, ends_at=now)
            connection.execute(gap.on_conflict_do_update(index_elements=["begins_at"], set_={"ends_at": now}))
        if now - until >= MARK_EVERY:
            connection.execute(update(roll_up).where(roll_up.c.name == LISTENING).values(until=now))

    def _turn(self, connection: Connection, turned: Sequence[Turned], now: datetime) -> None:
        standing = {(one.after.id.county, one.after.id.kiosk): _standing(one) for one in turned}
        begun = dict(_open_spans(connection, (one.after.id for one in turned)))
        changed = {key: row for key, row in standing.items() if key not in begun or begun[key].says != row}
        # A clock that was set back must not make a span end before it begins: what began later is corrected in place.
        later = [key for key in changed if key in begun and begun[key].begins_at >= now]
        over = [key for key in changed if key in begun and begun[key].begins_at < now]
        fresh = [key for key in changed if key not in later]
        of_open = (
            (condition_span.c.county == bindparam("of_county"))
            & (condition_span.c.kiosk == bindparam("of_kiosk"))
            & (condition_span.c.begins_at == bindparam("of_begin"))
        )

        def named(key: tuple[str, str]) -> dict[str, Any]:
            return {"of_county": key[0], "of_kiosk": key[1], "of_begin": begun[key].begins_at}

        if later:
            statement = update(condition_span).where(of_open)
            statement = statement.values(condition=bindparam("c"), offered=bindparam("o"), total=bindparam("t"))
            rows = [{**named(key), **dict(zip("cot", changed[key], strict=True))} for key in later]
            connection.execute(statement, rows)
        if over:
            connection.execute(update(condition_span).where(of_open).values(ends_at=now), [named(key) for key in over])
        if fresh:
            rows = [
                {"county": county, "kiosk": kiosk, "begins_at": now, "condition": said[0], "offered": said[1], "total": said[2]}
                for (county, kiosk), said in ((key, changed[key]) for key in fresh)
            ]
            connection.execute(insert(condition_span), rows)

    def _count(self, connection: Connection, table: Table, counted: Mapping[tuple[Any, ...], tuple[int, ...]]) -> None:
        if not counted:
            return
        keys = [column.name for column in table.primary_key]
        sums = [column.name for column in table.columns if not column.primary_key]
        statement = self._insert(table)
        more = {name: table.c[name] + statement.excluded[name] for name in sums}
        rows = [dict(zip((*keys, *sums), (*key, *values), strict=True)) for key, values in sorted(counted.items())]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=more), rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Open:
    begins_at: datetime
    says: tuple[str, int, int]


def _standing(turned: Turned) -> tuple[str, int, int]:
    after = turned.after
    return after.condition[:16], after.services.offered, after.services.total


def _open_spans(connection: Connection, of: Iterable[KioskId]) -> Iterable[tuple[tuple[str, str], _Open]]:
    for named in by_county(of):
        question = select(condition_span).where(named.rows_of(condition_span), condition_span.c.ends_at.is_(None))
        for row in connection.execute(question):
            says = (row.condition, row.offered, row.total)
            yield (row.county, row.kiosk), _Open(begins_at=row.begins_at, says=says)


def _visits(messages: Iterable[StoredNumber]) -> dict[VisitKey, tuple[int, int]]:
    visits: Counter[VisitKey] = Counter()
    seconds: Counter[VisitKey] = Counter()
    for stored, said in _events(messages):
        if said.name != VISIT_ENDED:
            continue
        at = _believed(stored).astimezone(CHINA)
        who = (stored.kiosk.county, stored.kiosk.kiosk, at.date(), at.hour)
        key: VisitKey = (*who, _word(said, "service", 64), _word(said, "outcome", 32))
        visits[key] += 1
        seconds[key] += round(_seconds(said))
    return {key: (count, seconds[key]) for key, count in visits.items()}


def _healings(messages: Iterable[StoredNumber]) -> dict[HealingKey, tuple[int]]:
    times: Counter[HealingKey] = Counter()
    for stored, said in _events(messages):
        if not said.name.startswith(HEALING):
            continue
        who = (stored.kiosk.county, stored.kiosk.kiosk, _believed(stored).astimezone(CHINA).date())
        what = (_word(said, "device", 64), _word(said, "code", 64), _word(said, "rung", 32))
        times[(*who, *what, said.name.removeprefix(HEALING)[:32])] += 1
    return {key: (count,) for key, count in times.items()}


def _events(messages: Iterable[StoredNumber]) -> Iterable[tuple[StoredNumber, Event]]:
    return ((stored, stored.message) for stored in messages if isinstance(stored.message, Event))


def _believed(stored: StoredNumber) -> datetime:
    """Return when it happened: as the kiosk says, unless its clock cannot be right."""
    said, received = stored.message.at, stored.received_at
    if stored.message.clock_trusted and received - OLDEST_BELIEVED <= said <= received + YOUNGEST_BELIEVED:
        return said
    return received


def _word(said: Event, name: str, longest: int) -> str:
    value = said.fields.get(name, "")
    return value[:longest] if isinstance(value, str) else ""


def _seconds(said: Event) -> float:
    value = said.fields.get("seconds", 0.0)
    return min(LONGEST_VISIT_S, max(0.0, float(value))) if isinstance(value, int | float) else 0.0
