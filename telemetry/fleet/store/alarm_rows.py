"""Rows of table ``alarm`` as alarms of the engine, read and written many at a time, each with what it is judged by."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, update

from telemetry.fleet.alarms.engine import Context, Window
from telemetry.fleet.alarms.occurrences import Alarm, Occurrence
from telemetry.fleet.alarms.places import Level, Place
from telemetry.fleet.alarms.rules import Rules
from telemetry.fleet.alarms.state import AlarmState, Phase
from telemetry.fleet.store.bulk import Upsert
from telemetry.fleet.store.named import by_county
from telemetry.fleet.store.occurrence_rows import alarm_of
from telemetry.fleet.store.schema import alarm, equipment, kiosk, maintenance, occurrence
from telemetry.wire.service_hours import Calendars
from telemetry.wire.topics import KioskId

ALARM_KEY = ("county", "kiosk", "device", "code", "raised_at")
LIVE = (Phase.PENDING.value, Phase.OPEN.value, Phase.CLEARING.value)
MANY = 1_000
"""Rows asked for by name at once, far below the parameters any SQLite takes."""

LOOKS_BACK = timedelta(days=1)
"""What was planned is known for so long after it: a service that was away does what was due meanwhile, each at its moment."""

_FIELDS = tuple(field.name for field in fields(AlarmState))
_COLUMNS = tuple(alarm.c[name] for name in ("county", "kiosk", *_FIELDS))

Owned = tuple[KioskId, AlarmState]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standpoint:
    """Where one kiosk belongs, and what its alarms are judged by."""

    place: Place
    context: Context


class AlarmRows:
    """Reads and writes alarms within one transaction."""

    def __init__(self, connection: Connection, *, calendars: Calendars, rules: Rules) -> None:
        self._connection = connection
        self._calendars = calendars
        self._rules = rules

    def hold(self) -> None:
        """Keep others from changing alarms until the end of the transaction.

        SQLite has one lock for writing, taken by the first write, even one that finds no row. PostgreSQL locks the rows read.
        """
        self._connection.execute(update(alarm).where(alarm.c.id < 0).values(due_at=alarm.c.due_at))

    def live(self, kiosks: Iterable[KioskId]) -> dict[KioskId, list[AlarmState]]:
        """Return what may still change by itself."""
        found: dict[KioskId, list[AlarmState]] = {}
        for county, names in by_county(kiosks):
            mine = (alarm.c.phase.in_(LIVE), alarm.c.county == county, alarm.c.kiosk.in_(names))
            for owner, state in self.where(*mine):
                found.setdefault(owner, []).append(state)
        return found

    def named(self, names: Iterable[tuple[KioskId, Occurrence]]) -> Iterator[Owned]:
        """Return the alarms that began with one of these occurrences, cleared or not, and perhaps others of their kiosks."""
        since: dict[KioskId, set[datetime]] = {}
        for owner, one in names:
            since.setdefault(owner, set()).add(one.since)
        for county, kiosks in by_county(since):
            # By kiosk and moment alone: the index finds a kiosk's few rows, and one too many does no harm.
            moments = sorted(set().union(*(since[KioskId(county=county, kiosk=name)] for name in kiosks)))
            for begin in range(0, len(moments), MANY):
                began = alarm.c.raised_at.in_(moments[begin : begin + MANY])
                yield from self.where(alarm.c.county == county, alarm.c.kiosk.in_(kiosks), began)

    def has(self, *conditions: ColumnElement[bool]) -> bool:
        """Say whether there is an alarm of which this is true."""
        return self._connection.execute(select(alarm.c.id).where(*conditions).limit(1)).first() is not None

    def where(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Owned]:
        """Return the alarms of which this is true, and keep them from others until the end.

        With a limit, those that have been due longest.
        """
        question = select(*_COLUMNS).where(*conditions).with_for_update()
        if limit is not None:
            question = question.order_by(alarm.c.due_at, alarm.c.id).limit(limit)
        return [(KioskId(county=row[0], kiosk=row[1]), _state(row)) for row in self._connection.execute(question)]

    def numbered(self, ids: Sequence[int]) -> dict[int, Owned]:
        """Return alarms by their numbers, and keep them from others until the end."""
        found: dict[int, Owned] = {}
        for begin in range(0, len(ids), MANY):
            some = alarm.c.id.in_(ids[begin : begin + MANY])
            for number, *row in self._connection.execute(select(alarm.c.id, *_COLUMNS).where(some).with_for_update()):
                found[number] = (KioskId(county=row[0], kiosk=row[1]), _state(row))
        return found

    def open_occurrences(self, kiosks: Iterable[KioskId]) -> dict[KioskId, list[Alarm]]:
        """Return what kiosks, or their silence, say is wrong now."""
        found: dict[KioskId, list[Alarm]] = {}
        for county, names in by_county(kiosks):
            mine = (occurrence.c.cleared_at.is_(None), occurrence.c.county == county, occurrence.c.kiosk.in_(names))
            for row in self._connection.execute(select(occurrence).where(*mine)).mappings():
                owner = KioskId(county=row["county"], kiosk=row["kiosk"])
                found.setdefault(owner, []).append(alarm_of(row))
        return found

    def standpoints(self, kiosks: Iterable[KioskId], *, now: datetime) -> dict[KioskId, Standpoint]:
        """Return where kiosks belong and what their alarms are judged by; also of one that is not known yet."""
        found: dict[KioskId, Standpoint] = {}
        planned: dict[str, list[tuple[Level, str, Window]]] = {}
        for county, names in by_county(kiosks):
            if county not in planned:
                planned[county] = self._planned(county, now)
            told = {place.kiosk: (place, hours) for place, hours in self._told(county, names)}
            for name in names:
                place, hours = told.get(name, (Place(county=county, kiosk=name), ""))
                scopes = place.scopes() if planned[county] else {}
                windows = tuple(window for level, scope, window in planned[county] if scopes.get(level) == scope)
                context = Context(rules=self._rules, hours=self._calendars.of(county, hours), windows=windows)
                found[KioskId(county=county, kiosk=name)] = Standpoint(place=place, context=context)
        return found

    def save(self, alarms: Iterable[Owned]) -> None:
        """Write alarms, each whole; one that is new gets its number."""
        rows = [(owner.county, owner.kiosk, *(getattr(state, name) for name in _FIELDS)) for owner, state in alarms]
        if rows:
            Upsert(self._connection.dialect, alarm, ("county", "kiosk", *_FIELDS), key=ALARM_KEY).write_tuples(
                self._connection, rows
            )

    def _told(self, county: str, names: Sequence[str]) -> Iterator[tuple[Place, str]]:
        same = (equipment.c.county == kiosk.c.county) & (equipment.c.kiosk == kiosk.c.kiosk)
        question = (
            select(
                kiosk.c.kiosk,
                kiosk.c.site,
                kiosk.c.town,
                equipment.c.village,
                equipment.c.link,
                equipment.c.feeder,
                equipment.c.hours,
            )
            .outerjoin_from(kiosk, equipment, same)
            .where(kiosk.c.county == county, kiosk.c.kiosk.in_(names))
        )
        for name, site, town, village, link, feeder, hours in self._connection.execute(question):
            place = Place(
                county=county, kiosk=name, site=site, town=town, village=village or "", link=link or "", feeder=feeder or ""
            )
            yield place, hours or ""

    def _planned(self, county: str, now: datetime) -> list[tuple[Level, str, Window]]:
        question = select(maintenance).where(maintenance.c.county == county, maintenance.c.ends_at > now - LOOKS_BACK)
        return [
            (Level(row["level"]), row["scope"], Window(begins_at=row["begins_at"], ends_at=row["ends_at"]))
            for row in self._connection.execute(question).mappings()
        ]


def _state(row: Sequence[Any]) -> AlarmState:
    values: dict[str, Any] = dict(zip(_FIELDS, row[2:], strict=True))
    values["phase"] = Phase(values["phase"])
    values["last_raised_at"] = values["last_raised_at"] or values["raised_at"]
    return AlarmState(**values)
