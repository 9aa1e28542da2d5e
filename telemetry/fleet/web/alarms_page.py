"""The alarms: what is nobody's yet, what is hushed under which cause, what only flaps; and what many of them have in common."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, and_, case, func, not_, or_, select, true

from telemetry.fleet.alarms.places import Place
from telemetry.fleet.alarms.rules import Rules
from telemetry.fleet.store.named import by_county
from telemetry.fleet.store.reader import Reader, stored_alarm
from telemetry.fleet.store.schema import alarm, kiosk, ticket
from telemetry.fleet.store.stored import StoredAlarm
from telemetry.fleet.web import causes, census
from telemetry.fleet.web.causes import IncidentRow, Window, covers
from telemetry.fleet.web.census import Freshness
from telemetry.fleet.web.fault_words import FaultWord, FaultWords
from telemetry.fleet.web.filters import Filter
from telemetry.fleet.web.fleet_now import REMEDY_ORDER, KioskNow, judge
from telemetry.wire.topics import KioskId

MOST_ROWS = 300
"""Rows of a page that stand by themselves; older ones are found through a filter or their kiosk."""
MOST_CHILDREN = 60
"""Children of one incident that are listed; a backbone has thousands, and nobody reads them one by one."""
RULES = Rules()
ENDED_WITHIN = timedelta(hours=24)


class Which(StrEnum):
    """Which alarms."""

    OPEN = "open"
    NOBODYS = "nobodys"
    HUSHED = "hushed"
    FLAPPING = "flapping"
    ENDED = "ended"
    ALL = "all"


class Handling(StrEnum):
    """Where an alarm stands between having been noticed and being over."""

    ENDED = "ended"
    SHELVED = "shelved"
    MAINTENANCE = "maintenance"
    INCIDENT = "incident"
    HOURS = "hours"
    ACKNOWLEDGED = "acknowledged"
    NOBODYS = "nobodys"
    HEALING = "healing"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaps:
    """How much an alarm comes and goes now: its score, halved since it was counted, of the limit its rule bears."""

    score: float
    limit: float

    @property
    def share(self) -> float:
        """Share of the limit, at most 1."""
        return min(1.0, self.score / self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """One alarm with the kiosk it stands at, and the ticket somebody has for that kiosk."""

    alarm: StoredAlarm
    word: FaultWord
    kiosk: KioskNow
    lasted_s: float
    handling: Handling
    ticket: int | None
    flaps: Flaps


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Alarms hushed under one cause: an incident, planned work, or no cause that is still known."""

    incident: IncidentRow | None
    window: Window | None
    rows: tuple[AlarmRow, ...]
    all: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsPage:
    """Everything the page shows. ``counts`` says how many each tab holds, whatever else is filtered."""

    rows: tuple[AlarmRow, ...]
    groups: tuple[Group, ...]
    put_aside: tuple[AlarmRow, ...]
    counts: Mapping[Which, int]
    more: int
    kiosks: int
    counties: tuple[str, ...]
    towns: tuple[str, ...]
    windows: int
    freshness: Freshness

    @property
    def every_row(self) -> tuple[AlarmRow, ...]:
        """Every alarm on the page, in its order."""
        return (*self.rows, *(row for group in self.groups for row in group.rows), *self.put_aside)


def read(engine: Engine, words: FaultWords, *, wanted: Filter, which: Which, now: datetime) -> AlarmsPage:
    """Read one tab: who can end it, then harm, then age; what is hushed stands under its cause."""
    mine = and_(wanted.lets_through(alarm.c.county), _asked(wanted, words))
    with engine.connect() as connection:
        counts = _counts(connection, wanted, now=now)
        alone = _alarms(connection, and_(_of(which, now=now), mine, not_(_in_group(which))), which, limit=MOST_ROWS)
        total = _count(connection, and_(_of(which, now=now), mine, not_(_in_group(which))))
        grouped = _grouped(connection, and_(_of(which, now=now), mine, _in_group(which)))
        shows_causes = which in {Which.OPEN, Which.HUSHED}
        incidents = causes.incidents(connection, wanted, now=now) if shows_causes else ()
        windows = causes.windows_now(connection, wanted, now=now)
        everybody = census.take(connection, wanted=Filter(counties=wanted.counties), now=now)
        tickets = _tickets(connection, {one.kiosk for one in (*alone, *grouped)})
        sizes = _sizes(connection, wanted)
        places = causes.places(connection, {one.kiosk for one in grouped if one.hushed_by == "maintenance"})
    of = {one.id: judge(one, now=now) for one in Reader(engine).kiosks_alone({one.kiosk for one in (*alone, *grouped)})}

    def row(one: StoredAlarm) -> AlarmRow:
        return AlarmRow(
            alarm=one,
            word=words.of(one.code),
            kiosk=of[one.kiosk],
            lasted_s=max(0.0, ((one.cleared_at or now) - one.raised_at).total_seconds()),
            handling=handling(one),
            ticket=tickets.get(one.kiosk),
            flaps=_flaps(one, now=now),
        )

    by_themselves = [row(one) for one in alone if one.kiosk in of]
    is_aside = {Handling.SHELVED, Handling.HOURS} if which is Which.OPEN else set()
    return AlarmsPage(
        rows=tuple(one for one in by_themselves if one.handling not in is_aside),
        put_aside=tuple(one for one in by_themselves if one.handling in is_aside),
        groups=_groups(
            [row(one) for one in grouped if one.kiosk in of],
            incidents,
            windows if shows_causes else (),
            sizes,
            places,
            is_asked=bool(wanted.words),
        ),
        counts=counts,
        more=max(0, total - len(alone)),
        kiosks=everybody.all,
        counties=everybody.counties,
        towns=tuple(sorted({town.town for town in everybody.towns if town.town and wanted.county in ("", town.county)})),
        windows=len(windows),
        freshness=everybody.freshness,
    )


def handling(one: StoredAlarm) -> Handling:
    """Say where an alarm stands."""
    if one.cleared_at is not None:
        return Handling.ENDED
    if one.hushed_by:
        return Handling(one.hushed_by) if one.hushed_by in set(Handling) else Handling.HOURS
    if one.acknowledged_at is not None:
        return Handling.ACKNOWLEDGED
    if one.needs_person:
        return Handling.NOBODYS
    return Handling.HEALING if one.remedy in {"RESET", "WAIT"} else Handling.WAITING


def _flaps(one: StoredAlarm, *, now: datetime) -> Flaps:
    rule = RULES.of(one.code, one.remedy)
    since = max(timedelta(), now - one.flap_at) if one.flap_at is not None else timedelta()
    return Flaps(score=one.flap_score * 0.5 ** (since / rule.flap_half_life), limit=rule.flap_limit)


def _of(which: Which, *, now: datetime) -> ColumnElement[bool]:
    is_open = alarm.c.cleared_at.is_(None)
    match which:
        case Which.OPEN:
            return is_open
        case Which.NOBODYS:
            return and_(is_open, alarm.c.needs_person, alarm.c.hushed_by == "", alarm.c.acknowledged_at.is_(None))
        case Which.HUSHED:
            return and_(is_open, alarm.c.hushed_by != "")
        case Which.FLAPPING:
            return and_(is_open, alarm.c.is_flapping)
        case Which.ENDED:
            return alarm.c.cleared_at >= now - ENDED_WITHIN
        case _:
            return true()


def _in_group(which: Which) -> ColumnElement[bool]:
    """Whether an alarm stands under its cause on this tab."""
    if which not in {Which.OPEN, Which.HUSHED}:
        return alarm.c.id < 0
    return alarm.c.hushed_by.in_(("incident", "maintenance"))


def matching_codes(wanted: Filter, words: FaultWords) -> list[str]:
    """Return the codes in whose words the reader's search is found."""
    found = (words.of(code) for code in words.codes)
    return sorted(word.code for word in found if wanted.finds((word.code, word.short, word.title_zh, word.title_en)))


def of_remedy(remedy: str) -> ColumnElement[bool]:
    """Return the condition that somebody of this kind ends an alarm; a word this version does not know is a technician's."""
    if not remedy:
        return true()
    if remedy == "TECHNICIAN":
        return or_(alarm.c.remedy == remedy, alarm.c.remedy.not_in(REMEDY_ORDER))
    return alarm.c.remedy == remedy


def _asked(wanted: Filter, words: FaultWords) -> ColumnElement[bool]:
    asked = [of_remedy(wanted.remedy)]
    if wanted.town:
        asked.append(kiosk.c.town == wanted.town)
    if wanted.severity:
        asked.append(alarm.c.severity == wanted.severity)
    if q := wanted.q.strip():
        said = alarm.c.code.in_(matching_codes(wanted, words))
        named = (column.icontains(q, autoescape=True) for column in (alarm.c.code, alarm.c.device))
        asked.append(wanted.finds_kiosk(kiosk.c, (*named, said)))
    return and_(*asked)


def _alarms(connection: Connection, condition: ColumnElement[bool], which: Which, *, limit: int) -> tuple[StoredAlarm, ...]:
    who = case(*((alarm.c.remedy == remedy, place) for place, remedy in enumerate(REMEDY_ORDER)), else_=1)
    newest = (alarm.c.cleared_at.desc(), alarm.c.id.desc())
    by_harm = (who, (alarm.c.severity == "BLOCKING").desc(), alarm.c.raised_at, alarm.c.id)
    flapping = (alarm.c.flap_score.desc(), alarm.c.id)
    order = {Which.ENDED: newest, Which.ALL: (alarm.c.raised_at.desc(), alarm.c.id.desc()), Which.FLAPPING: flapping}
    question = _joined().where(condition).order_by(*order.get(which, by_harm)).limit(limit)
    return tuple(stored_alarm(row) for row in connection.execute(question).mappings())


def _grouped(connection: Connection, condition: ColumnElement[bool]) -> tuple[StoredAlarm, ...]:
    """Return the first children of every cause: numbered inside the database, so that none of them can crowd out another."""
    place = func.row_number().over(partition_by=(alarm.c.hushed_by, alarm.c.incident_id), order_by=(kiosk.c.town, kiosk.c.kiosk))
    inner = _joined(place.label("place")).where(condition).subquery()
    question = select(inner).where(inner.c.place <= MOST_CHILDREN).order_by(inner.c.place)
    return tuple(stored_alarm(row) for row in connection.execute(question).mappings())


def _joined(*more: ColumnElement[int]) -> Select[Any]:
    same = and_(kiosk.c.county == alarm.c.county, kiosk.c.kiosk == alarm.c.kiosk)
    return select(alarm, kiosk.c.site, *more).join(kiosk, same)


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    same = and_(kiosk.c.county == alarm.c.county, kiosk.c.kiosk == alarm.c.kiosk)
    return connection.execute(select(func.count()).select_from(alarm.join(kiosk, same)).where(condition)).scalar_one()


def _counts(connection: Connection, wanted: Filter, *, now: datetime) -> dict[Which, int]:
    tabs = (Which.OPEN, Which.NOBODYS, Which.HUSHED, Which.FLAPPING)
    question = select(*(func.sum(case((_of(which, now=now), 1), else_=0)) for which in tabs)).where(
        alarm.c.cleared_at.is_(None), wanted.lets_through(alarm.c.county)
    )
    found = connection.execute(question).one()
    ended = select(func.count()).where(_of(Which.ENDED, now=now), wanted.lets_through(alarm.c.county))
    return {
        **{which: int(count or 0) for which, count in zip(tabs, found, strict=True)},
        Which.ENDED: connection.execute(ended).scalar_one(),
    }


def _tickets(connection: Connection, kiosks: Iterable[KioskId]) -> dict[KioskId, int]:
    is_open = select(ticket.c.id, ticket.c.county, ticket.c.kiosk).where(ticket.c.closed_at.is_(None))
    return {
        KioskId(county=row.county, kiosk=row.kiosk): row.id
        for named in by_county(kiosks)
        for row in connection.execute(is_open.where(named.rows_of(ticket)))
    }


def _sizes(connection: Connection, wanted: Filter) -> dict[tuple[str, int | None], int]:
    question = (
        select(alarm.c.hushed_by, alarm.c.incident_id, func.count())
        .where(alarm.c.cleared_at.is_(None), alarm.c.hushed_by != "", wanted.lets_through(alarm.c.county))
        .group_by(alarm.c.hushed_by, alarm.c.incident_id)
    )
    return {(row[0], row[1] if row[0] == "incident" else None): row[2] for row in connection.execute(question)}


def _groups(
    rows: Sequence[AlarmRow],
    incidents: Iterable[IncidentRow],
    windows: Sequence[Window],
    sizes: Mapping[tuple[str, int | None], int],
    places: Mapping[KioskId, Place],
    *,
    is_asked: bool,
) -> tuple[Group, ...]:
    under: dict[int | None, list[AlarmRow]] = {}
    planned: dict[int | None, list[AlarmRow]] = {}
    for row in rows:
        if row.handling is Handling.INCIDENT:
            under.setdefault(row.alarm.incident_id, []).append(row)
        else:
            place = places.get(row.kiosk.id)
            covering = None if place is None else next((one for one in windows if covers(one, place)), None)
            planned.setdefault(None if covering is None else covering.id, []).append(row)
    groups = [
        Group(
            incident=one,
            window=None,
            rows=tuple(under.pop(one.id, ())),
            all=sizes.get(("incident", one.id), 0),
        )
        for one in incidents
    ]
    groups += [Group(incident=None, window=None, rows=tuple(left), all=len(left)) for left in under.values()]
    for one in windows:
        covered = planned.pop(one.id, [])
        groups.append(Group(incident=None, window=one, rows=tuple(covered), all=len(covered)))
    groups += [Group(incident=None, window=None, rows=tuple(left), all=len(left)) for left in planned.values()]
    return tuple(group for group in groups if group.rows or not is_asked)
