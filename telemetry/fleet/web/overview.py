"""The overview: how many can serve, who must do what today, who is silent, and whether we know before villagers do."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from heapq import nlargest

from sqlalchemy import Engine

from telemetry.fleet.store.reader import Reader
from telemetry.fleet.store.stored import StoredAlarm
from telemetry.fleet.web.census import Freshness
from telemetry.fleet.web.fault_words import FaultWord, FaultWords
from telemetry.fleet.web.filters import Filter
from telemetry.fleet.web.fleet_now import NEEDS_A_PERSON, SILENCE, KioskNow, judge_all
from telemetry.fleet.web.freshness import SHORTEST_LIMIT_S, Standing
from telemetry.fleet.web.hexes import HexMap, lay_out
from telemetry.fleet.web.history import REPAIR_REQUESTED, VISIT_ENDED, Happening, Spell, happenings, is_done, spells
from telemetry.fleet.web.needs import MOST_ROWS, Need, NeedGroup, cut, grouped, is_wanted, read_needs
from telemetry.wire.topics import KioskId

SHIFT_ENDS = time(17, 30)
"""The bureau's day ends then; the overview counts from yesterday's end for the shift that comes."""
DAYS_DRAWN = 14
RECENT_ROWS = 3
FEW = 6
"""So many kiosks have a row each on the overview: a map of so few villages says little."""
MOST_CELLS = 600
"""A county has some hundred villages; beyond this the map says so instead of growing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentTown:
    """A town with silent kiosks: how many of how many, since when."""

    town: str
    kiosks: tuple[KioskNow, ...]
    of: int
    since: datetime
    longest_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What happened since the last shift ended."""

    since: datetime
    new_faults: int
    new_fault_kiosks: int
    ended_by_themselves: int
    ended_by_clerks: int
    visits_done: int
    repairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """One fault that was raised or ended lately."""

    at: datetime
    kiosk: KioskNow
    word: FaultWord
    has_ended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One bar of the chart: faults we saw, and repair requests that came while we saw nothing."""

    day: datetime
    ours: int
    theirs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything the page shows."""

    counties: tuple[str, ...]
    kiosks: tuple[KioskNow, ...]
    counts: Mapping[Standing, int]
    running_low: int
    partly_because: tuple[tuple[str, int], ...]
    none_because: tuple[tuple[FaultWord, int], ...]
    done_today: int
    in_progress: int
    offered: int
    total: int
    ended_today: int
    ended_today_alone: int
    groups: tuple[NeedGroup, ...]
    needs: int
    healing: int
    hidden_rows: int
    open_total: int
    drawn: int
    last_cleared: datetime | None
    silent_towns: tuple[SilentTown, ...]
    handover: Handover
    recent: tuple[Recent, ...]
    village_map: HexMap[KioskNow]
    days: tuple[Day, ...]
    freshness: Freshness

    @property
    def serving(self) -> int:
        """Kiosks at which a villager can do something now."""
        return self.counts[Standing.FULL] + self.counts[Standing.PARTLY]

    @property
    def theirs(self) -> int:
        """Repair requests that came before we knew, in all days drawn."""
        return sum(day.theirs for day in self.days)

    @property
    def few(self) -> tuple[KioskNow, ...]:
        """Every kiosk where there are few, else none."""
        return self.kiosks if len(self.kiosks) <= FEW else ()


def read(engine: Engine, words: FaultWords, *, wanted: Filter, now: datetime, zone: tzinfo) -> Overview:
    """Read the overview. Two short transactions and a few hundred rows for a county of seventy."""
    reader = Reader(engine)
    kiosks = judge_all(reader.kiosks(), now=now)
    open_alarms = reader.alarms(is_open=True)
    today = _midnight(now, zone)
    first_day = today - timedelta(days=DAYS_DRAWN - 1)
    with engine.connect() as connection:
        stood = spells(connection, since=first_day, wanted=wanted)
        told = happenings(connection, since=first_day, names=(VISIT_ENDED, REPAIR_REQUESTED), wanted=wanted)
    told_faults = tuple(spell for spell in stood if spell.cause != SILENCE)
    rows = read_needs(kiosks, open_alarms, words, now=now)
    groups = grouped(tuple(row for row in rows if is_wanted(row, wanted)))
    cleared_today = [s for s in told_faults if s.cleared_at is not None and s.cleared_at >= today]
    counts = Counter(kiosk.standing for kiosk in kiosks)
    return Overview(
        counties=tuple(sorted({kiosk.id.county for kiosk in kiosks})),
        kiosks=kiosks,
        counts={standing: counts[standing] for standing in Standing},
        running_low=sum(kiosk.runs_low for kiosk in kiosks if kiosk.standing is Standing.FULL),
        partly_because=_kinds_to_blame(kiosks, open_alarms),
        none_because=_codes_to_blame(kiosks, open_alarms, words),
        done_today=sum(is_done(one) and one.at >= today for one in told),
        in_progress=sum(kiosk.is_serving for kiosk in kiosks),
        offered=sum(kiosk.offered for kiosk in kiosks if not kiosk.is_silent),
        total=sum(kiosk.stored.services_total for kiosk in kiosks),
        ended_today=len(cleared_today),
        ended_today_alone=sum(spell.remedy not in NEEDS_A_PERSON for spell in cleared_today),
        groups=cut(groups),
        needs=sum(group.total for group in groups if group.needs_a_person),
        healing=sum(group.total for group in groups if not group.needs_a_person),
        hidden_rows=max(0, sum(len(group.rows) for group in groups) - MOST_ROWS),
        open_total=len(open_alarms),
        drawn=min(len(kiosks), MOST_CELLS),
        last_cleared=max((s.cleared_at for s in stood if s.cleared_at is not None), default=None),
        silent_towns=_silent_towns(kiosks),
        handover=_handover(told_faults, told, since=_midnight(now - timedelta(days=1), zone, at=SHIFT_ENDS)),
        recent=_recent(kiosks, told_faults, words, now=now),
        village_map=lay_out(_towns(kiosks[:MOST_CELLS])),
        days=_days(told_faults, told, first_day=first_day),
        freshness=freshness_of(kiosks),
    )


def freshness_of(kiosks: Sequence[KioskNow]) -> Freshness:
    """Say how old what is known of these kiosks is."""
    silent = [kiosk.age.s for kiosk in kiosks if kiosk.is_silent]
    ready = [
        device.age.s for kiosk in kiosks for device in kiosk.devices if device.condition == "READY" and device.age is not None
    ]
    return Freshness(
        newest_s=min((kiosk.age.s for kiosk in kiosks), default=None),
        heard=sum(not kiosk.is_silent and kiosk.age.is_fresh for kiosk in kiosks),
        limit_s=max((kiosk.age.limit_s for kiosk in kiosks), default=SHORTEST_LIMIT_S),
        silent=len(silent),
        silent_longest_s=max(silent, default=0.0),
        oldest_ready_s=max(ready, default=None),
        queued=sum(kiosk.stored.queued for kiosk in kiosks),
    )


def flat(overview: Overview) -> tuple[Need, ...]:
    """Return the rows of the table in their order."""
    return tuple(row for group in overview.groups for row in group.rows)


def _midnight(now: datetime, zone: tzinfo, *, at: time = time(0)) -> datetime:
    return datetime.combine(now.astimezone(zone).date(), at, tzinfo=zone)


def _kinds_to_blame(kiosks: Iterable[KioskNow], alarms: Iterable[StoredAlarm]) -> tuple[tuple[str, int], ...]:
    """Which kinds of device keep the PARTLY kiosks from everything, by number of kiosks."""
    partly = {kiosk.id: kiosk for kiosk in kiosks if kiosk.standing is Standing.PARTLY}
    kinds = {(kiosk.id, device.stored.device): device.stored.kind for kiosk in partly.values() for device in kiosk.devices}
    blamed: set[tuple[KioskId, str]] = {
        (alarm.kiosk, kinds.get((alarm.kiosk, alarm.device), "kiosk"))
        for alarm in alarms
        if alarm.kiosk in partly and alarm.severity == "BLOCKING"
    }
    return tuple(Counter(sorted(kind for _, kind in blamed)).most_common(3))


def _codes_to_blame(
    kiosks: Iterable[KioskNow], alarms: Iterable[StoredAlarm], words: FaultWords
) -> tuple[tuple[FaultWord, int], ...]:
    dead = {kiosk.id for kiosk in kiosks if kiosk.standing is Standing.NONE}
    codes = Counter(alarm.code for alarm in alarms if alarm.kiosk in dead and alarm.severity == "BLOCKING")
    return tuple((words.of(code), count) for code, count in codes.most_common(2))


def _silent_towns(kiosks: Sequence[KioskNow]) -> tuple[SilentTown, ...]:
    towns: dict[str, list[KioskNow]] = {}
    for kiosk in kiosks:
        towns.setdefault(kiosk.stored.town, []).append(kiosk)
    found = [
        SilentTown(
            town=town,
            kiosks=silent,
            of=len(members),
            since=min(kiosk.stored.last_seen_at for kiosk in silent),
            longest_s=max(kiosk.age.s for kiosk in silent),
        )
        for town, members in towns.items()
        if (silent := tuple(kiosk for kiosk in members if kiosk.is_silent))
    ]
    return tuple(sorted(found, key=lambda town: (-len(town.kiosks), -town.longest_s)))


def _handover(faults: Iterable[Spell], told: Iterable[Happening], *, since: datetime) -> Handover:
    new = [spell for spell in faults if spell.raised_at >= since]
    ended = [spell for spell in faults if spell.cleared_at is not None and spell.cleared_at >= since]
    after = [one for one in told if one.at >= since]
    return Handover(
        since=since,
        new_faults=len(new),
        new_fault_kiosks=len({spell.kiosk for spell in new}),
        ended_by_themselves=sum(spell.remedy not in NEEDS_A_PERSON for spell in ended),
        ended_by_clerks=sum(spell.remedy == "CLERK" for spell in ended),
        visits_done=sum(is_done(one) for one in after),
        repairs=sum(one.name == REPAIR_REQUESTED for one in after),
    )


def _recent(kiosks: Iterable[KioskNow], faults: Iterable[Spell], words: FaultWords, *, now: datetime) -> tuple[Recent, ...]:
    of = {kiosk.id: kiosk for kiosk in kiosks}
    moments = [(spell.raised_at, False, spell) for spell in faults]
    moments += [(spell.cleared_at, True, spell) for spell in faults if spell.cleared_at is not None]
    lately = nlargest(RECENT_ROWS, (one for one in moments if one[0] <= now), key=lambda one: (one[0], one[1], one[2].id))
    return tuple(
        Recent(at=at, kiosk=of[spell.kiosk], word=words.of(spell.code), has_ended=has_ended)
        for at, has_ended, spell in lately
        if spell.kiosk in of
    )


def _towns(kiosks: Iterable[KioskNow]) -> tuple[tuple[str, tuple[KioskNow, ...]], ...]:
    towns: dict[str, list[KioskNow]] = {}
    for kiosk in kiosks:
        towns.setdefault(kiosk.stored.town, []).append(kiosk)
    return tuple((town, tuple(members)) for town, members in towns.items())


def _days(faults: Sequence[Spell], told: Iterable[Happening], *, first_day: datetime) -> tuple[Day, ...]:
    ours: Counter[int] = Counter((spell.raised_at - first_day).days for spell in faults)
    of: dict[KioskId, list[Spell]] = {}
    for spell in faults:
        of.setdefault(spell.kiosk, []).append(spell)
    theirs = Counter(
        (one.at - first_day).days
        for one in told
        if one.name == REPAIR_REQUESTED and not any(_stands(spell, one.at) for spell in of.get(one.kiosk, ()))
    )
    return tuple(Day(day=first_day + timedelta(days=day), ours=ours[day], theirs=theirs[day]) for day in range(DAYS_DRAWN))


def _stands(spell: Spell, at: datetime) -> bool:
    return spell.raised_at <= at and (spell.cleared_at is None or at <= spell.cleared_at)
