"""What the gate needs of the database: how each kiosk of a rollout did in a slot of time, as the tables of telemetry say it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from provisioning.fleet.rollouts.gate import BEFORE, MOST_BEFORE, SLOT, Measure
from provisioning.fleet.rollouts.rollout import Member
from telemetry.fleet.alarms import SILENT_CODE
from telemetry.fleet.analytics.weekly import WENT_THROUGH
from telemetry.fleet.store.schema import alarm, condition_span, message, occurrence, visit_day, watch_gap
from telemetry.wire.service_hours import CHINA
from telemetry.wire.topics import KioskId

BATCH = 400
"""Kiosks asked for at once; far below what any SQLite takes."""
DISPLAY_RESTARTED = "display.restarted"
SAFE_MODE = "core.safe_mode"
UNKNOWN = "UNKNOWN"
SETTLES = timedelta(minutes=20)
"""How long after its end a slot is counted: what was said late in it, through an outbox, is in by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """From when to when."""

    begins_at: datetime
    ends_at: datetime

    @property
    def name(self) -> str:
        """What it is called, the same in every process."""
        return f"{self.begins_at:%Y-%m-%dT%H}"


def next_slot(until: datetime) -> Slot:
    """Return the first whole slot that begins at or after a moment; slots lie on the hours of China."""
    midnight = until.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    begins_at = midnight + -(-(until - midnight) // SLOT) * SLOT
    return Slot(begins_at=begins_at.astimezone(until.tzinfo), ends_at=(begins_at + SLOT).astimezone(until.tzinfo))


def was_watched(connection: Connection, slot: Slot) -> bool:
    """Say whether this service itself listened for the whole slot; else nothing of it is evidence."""
    overlaps = and_(watch_gap.c.begins_at < slot.ends_at, watch_gap.c.ends_at > slot.begins_at)
    return connection.execute(select(watch_gap.c.begins_at).where(overlaps).limit(1)).first() is None


def read(connection: Connection, kiosks: Sequence[KioskId], slot: Slot) -> Mapping[Measure, Mapping[KioskId, float]]:
    """Return each measure of each kiosk that can be measured: 0 well, 1 trouble, for visits the share not finished.

    A kiosk that was not heard for the whole slot has only its silence, where it fell silent in it: one that says nothing is not
    without faults. One that stayed silent is not counted again.
    """
    fell_silent, faulty, restarted = set[KioskId](), set[KioskId](), set[KioskId]()
    deaf, visits = set[KioskId](), dict[KioskId, float]()
    for group in _batches(kiosks):
        deaf |= _deaf(connection, group, slot)
        for whom, code in _raised(connection, group, slot):
            (fell_silent if code == SILENT_CODE else restarted if code == SAFE_MODE else faulty).add(whom)
        restarted |= _restarted(connection, group, slot)
        visits |= _unfinished(connection, group, slot)
    heard = [whom for whom in kiosks if whom not in deaf]
    return {
        Measure.FAULTS: {whom: float(whom in faulty) for whom in heard},
        Measure.SILENCES: {whom: float(whom in fell_silent) for whom in kiosks if whom in fell_silent or whom not in deaf},
        Measure.RESTARTS: {whom: float(whom in restarted) for whom in heard},
        Measure.UNFINISHED: visits,
    }


def chronic(connection: Connection, kiosks: Sequence[KioskId], before: datetime) -> frozenset[KioskId]:
    """Return the kiosks that were ill already: trouble in too many slots of the fortnight before a rollout began."""
    troubled: dict[KioskId, set[int]] = defaultdict(set)
    for group in _batches(kiosks):
        columns = (occurrence.c.county, occurrence.c.kiosk, occurrence.c.raised_at)
        is_before = and_(occurrence.c.raised_at >= before - BEFORE, occurrence.c.raised_at < before)
        for row in connection.execute(select(*columns).where(_is_one_of(occurrence, group), is_before)):
            troubled[_id(row)].add((before - row.raised_at) // SLOT)
    return frozenset(whom for whom, slots in troubled.items() if len(slots) > MOST_BEFORE)


def excused(connection: Connection, group: Sequence[Member]) -> frozenset[KioskId]:
    """Return the silent kiosks that share an incident with one that has not been told of the release.

    A line that is down, or a village without power, is silent whatever it runs.
    """
    untouched = {member.kiosk for member in group if member.told_at is None}
    county = {member.kiosk.county for member in group}
    columns = (alarm.c.county, alarm.c.kiosk, alarm.c.incident_id)
    is_open = and_(alarm.c.code == SILENT_CODE, alarm.c.cleared_at.is_(None), alarm.c.incident_id.is_not(None))
    together: dict[int, set[KioskId]] = defaultdict(set)
    for row in connection.execute(select(*columns).where(is_open, alarm.c.county.in_(sorted(county)))):
        together[row.incident_id].add(_id(row))
    return frozenset(whom for silent in together.values() if silent & untouched for whom in silent - untouched)


def _deaf(connection: Connection, group: Sequence[KioskId], slot: Slot) -> set[KioskId]:
    """Return who was silent already when the slot began."""
    is_unknown = and_(condition_span.c.condition == UNKNOWN, condition_span.c.begins_at <= slot.begins_at)
    lasts = or_(condition_span.c.ends_at.is_(None), condition_span.c.ends_at > slot.begins_at)
    columns = (condition_span.c.county, condition_span.c.kiosk)
    rows = connection.execute(select(*columns).where(_is_one_of(condition_span, group), is_unknown, lasts))
    return {_id(row) for row in rows}


def _raised(connection: Connection, group: Sequence[KioskId], slot: Slot) -> Iterator[tuple[KioskId, str]]:
    columns = (occurrence.c.county, occurrence.c.kiosk, occurrence.c.code)
    is_in = and_(occurrence.c.raised_at >= slot.begins_at, occurrence.c.raised_at < slot.ends_at)
    for row in connection.execute(select(*columns).where(_is_one_of(occurrence, group), is_in)):
        yield _id(row), row.code


def _restarted(connection: Connection, group: Sequence[KioskId], slot: Slot) -> set[KioskId]:
    # by when it came, which is indexed: the very few that come late through an outbox are missed on both sides alike
    is_in = and_(message.c.received_at >= slot.begins_at, message.c.received_at < slot.ends_at)
    is_restart = and_(message.c.kind == "event", message.c.body["name"].as_string() == DISPLAY_RESTARTED)
    columns = (message.c.county, message.c.kiosk)
    return {_id(row) for row in connection.execute(select(*columns).where(_is_one_of(message, group), is_in, is_restart))}


def _unfinished(connection: Connection, group: Sequence[KioskId], slot: Slot) -> dict[KioskId, float]:
    begins_at, ends_at = slot.begins_at.astimezone(CHINA), slot.ends_at.astimezone(CHINA)
    hours = and_(visit_day.c.day == begins_at.date(), visit_day.c.hour >= begins_at.hour, visit_day.c.hour < (ends_at.hour or 24))
    columns = (visit_day.c.county, visit_day.c.kiosk, visit_day.c.outcome, visit_day.c.visits)
    done: Counter[KioskId] = Counter()
    all_of: Counter[KioskId] = Counter()
    for row in connection.execute(select(*columns).where(_is_one_of(visit_day, group), hours)):
        all_of[_id(row)] += row.visits
        done[_id(row)] += row.visits if row.outcome in WENT_THROUGH else 0
    return {whom: 1 - done[whom] / visits for whom, visits in all_of.items() if visits}


def _is_one_of(table: Table, group: Sequence[KioskId]) -> ColumnElement[bool]:
    """Kiosks of one county, by name; so that the index that begins with both is used."""
    return and_(table.c.county == group[0].county, table.c.kiosk.in_([whom.kiosk for whom in group]))


def _batches(kiosks: Iterable[KioskId]) -> Iterator[Sequence[KioskId]]:
    by_county: dict[str, list[KioskId]] = defaultdict(list)
    for whom in kiosks:
        by_county[whom.county].append(whom)
    for group in by_county.values():
        for begin in range(0, len(group), BATCH):
            yield group[begin : begin + BATCH]


def _id(row: Any) -> KioskId:  # noqa: ANN401  any row that begins with whose it is
    return KioskId(county=row.county, kiosk=row.kiosk)
