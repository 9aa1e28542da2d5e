"""The overview: how many can serve, who must do what today, who is silent, and whether we know before villagers do."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import Connection, Engine, func, select

from telemetry.fleet.alarms.places import Place
from telemetry.fleet.analytics.knew import Knew
from telemetry.fleet.analytics.period import Week, china_day
from telemetry.fleet.store.reader import Reader
from telemetry.fleet.store.schema import alarm as alarm_table
from telemetry.fleet.store.schema import health_day
from telemetry.fleet.store.stored import StoredAlarm
from telemetry.fleet.web import causes, handover, knew_first
from telemetry.fleet.web.causes import IncidentRow, Window, covers
from telemetry.fleet.web.census import Freshness
from telemetry.fleet.web.fault_words import FaultWord, FaultWords
from telemetry.fleet.web.filters import Filter
from telemetry.fleet.web.fleet_now import NEEDS_A_PERSON, SILENCE, KioskNow, judge_all
from telemetry.fleet.web.freshness import SHORTEST_LIMIT_S, Standing
from telemetry.fleet.web.handover import Handover, Recent, midnight, shift_began
from telemetry.fleet.web.hexes import HexMap, lay_out
from telemetry.fleet.web.history import REPAIR_REQUESTED, SELF_TESTED, VISIT_ENDED, happenings, is_done, spells
from telemetry.fleet.web.needs import MOST_ROWS, Need, NeedGroup, cut, grouped, is_wanted, read_needs
from telemetry.wire.topics import KioskId

MOST_ALARMS = 5_000
"""Open alarms read for one county; it has some hundred kiosks."""
FEW = 6
"""So many kiosks have a row each on the overview: a map of so few villages says little."""
MOST_CELLS = 600
"""A county has some hundred villages; beyond this the overview is in aggregates."""
FEW_COUNTIES = 2
"""With more counties than these their villages no longer belong on one map."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilentTown:
    """A town with silent kiosks: how many of how many, since when."""

    town: str
    kiosks: tuple[KioskNow, ...]
    of: int
    since: datetime
    longest_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Caused:
    """An incident, or a maintenance window, with the kiosks whose alarms it hushes."""

    incident: IncidentRow | None
    window: Window | None
    kiosks: tuple[KioskNow, ...]
    hushed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything the page shows."""

    counties: tuple[str, ...]
    kiosks: tuple[KioskNow, ...]
    counts: Mapping[Standing, int]
    planned: frozenset[KioskId]
    running_low: int
    partly_because: tuple[tuple[str, int], ...]
    none_because: tuple[tuple[FaultWord, int], ...]
    done_today: int
    in_progress: int
    offered: int
    total: int
    ended_today: int
    ended_today_alone: int
    available: float | None
    groups: tuple[NeedGroup, ...]
    tickets: Mapping[KioskId, int]
    needs: int
    healing: int
    hidden_rows: int
    open_total: int
    drawn: int
    last_cleared: datetime | None
    incidents: tuple[Caused, ...]
    windows: tuple[Caused, ...]
    silent_towns: tuple[SilentTown, ...]
    handover: Handover
    recent: tuple[Recent, ...]
    village_map: HexMap[KioskNow]
    weeks: tuple[Knew, ...]
    freshness: Freshness

    @property
    def serving(self) -> int:
        """Kiosks at which a villager can do something now."""
        return self.counts[Standing.FULL] + self.counts[Standing.PARTLY]

    @property
    def hushed(self) -> int:
        """Alarms that stand under an incident or under planned work."""
        return sum(caused.hushed for caused in (*self.incidents, *self.windows))

    @property
    def last_week(self) -> Knew | None:
        """The last week that is over."""
        return self.weeks[-2] if len(self.weeks) > 1 else None

    @property
    def few(self) -> tuple[KioskNow, ...]:
        """Every kiosk where there are few, else none."""
        return self.kiosks if len(self.kiosks) <= FEW else ()


def read(engine: Engine, words: FaultWords, *, wanted: Filter, now: datetime, zone: tzinfo) -> Overview:
    """Read the overview of a county: a few short transactions and a few hundred rows for seventy kiosks."""
    reader = Reader(engine, wanted.seen)
    kiosks = judge_all(reader.kiosks(), now=now)
    mine = {kiosk.id for kiosk in kiosks}
    open_alarms = tuple(alarm for alarm in reader.alarms(is_open=True, limit=MOST_ALARMS) if alarm.kiosk in mine)
    today, since = midnight(now, zone), shift_began(now, zone)
    with engine.connect() as connection:
        stood = spells(connection, since=since, wanted=wanted)
        told = happenings(connection, since=since, names=(VISIT_ENDED, REPAIR_REQUESTED, SELF_TESTED), wanted=wanted)
        told_faults = tuple(spell for spell in stood if spell.cause != SILENCE and spell.kiosk in mine)
        handed_over = handover.count(connection, told_faults, told, wanted=wanted, since=since, today=today)
        weeks = knew_first.by_week(connection, wanted=wanted, now=now)
        incidents = causes.incidents(connection, wanted, now=now)
        windows = causes.windows_now(connection, wanted, now=now)
        tickets = causes.tickets_open(connection, wanted)
        available = availability_of_last_week(connection, wanted, now=now)
        places = causes.places(connection, {alarm.kiosk for alarm in open_alarms if alarm.hushed_by == "maintenance"})
        last_cleared = connection.execute(
            select(func.max(alarm_table.c.cleared_at)).where(wanted.lets_through(alarm_table.c.county))
        ).scalar()
    shown = tuple(alarm for alarm in open_alarms if alarm.hushed_by not in {"incident", "maintenance", "shelved"})
    rows = read_needs(kiosks, shown, words, now=now)
    groups = grouped(tuple(row for row in rows if is_wanted(row, wanted)))
    cleared_today = [s for s in told_faults if s.cleared_at is not None and s.cleared_at >= today]
    caused_by, planned = _caused(kiosks, open_alarms, incidents, windows, places)
    counts = Counter(kiosk.standing for kiosk in kiosks if kiosk.id not in planned)
    under = {kiosk.id for caused in caused_by for kiosk in caused.kiosks}
    return Overview(
        counties=tuple(sorted({kiosk.id.county for kiosk in kiosks})),
        kiosks=kiosks,
        counts={standing: counts[standing] for standing in Standing},
        planned=planned,
        running_low=sum(kiosk.runs_low for kiosk in kiosks if kiosk.standing is Standing.FULL),
        partly_because=_kinds_to_blame(kiosks, open_alarms),
        none_because=_codes_to_blame(kiosks, open_alarms, words),
        done_today=sum(is_done(one) and one.at >= today for one in told),
        in_progress=sum(kiosk.is_serving for kiosk in kiosks),
        offered=sum(kiosk.offered for kiosk in kiosks if not kiosk.is_silent),
        total=sum(kiosk.stored.services_total for kiosk in kiosks),
        ended_today=len(cleared_today),
        ended_today_alone=sum(spell.remedy not in NEEDS_A_PERSON for spell in cleared_today),
        available=available,
        groups=cut(groups),
        tickets=tickets,
        needs=sum(group.total for group in groups if group.needs_a_person),
        healing=sum(group.total for group in groups if not group.needs_a_person),
        hidden_rows=max(0, sum(len(group.rows) for group in groups) - MOST_ROWS),
        open_total=len(open_alarms),
        drawn=min(len(kiosks), MOST_CELLS),
        last_cleared=last_cleared,
        incidents=tuple(caused for caused in caused_by if caused.incident is not None),
        windows=tuple(caused for caused in caused_by if caused.window is not None),
        silent_towns=_silent_towns(kiosks, besides=under | planned),
        handover=handed_over,
        recent=handover.recent(kiosks, told_faults, words, now=now),
        village_map=lay_out(_towns(kiosks[:MOST_CELLS])),
        weeks=weeks,
        freshness=freshness_of(kiosks),
    )


def availability_of_last_week(connection: Connection, wanted: Filter, *, now: datetime) -> float | None:
    """Return the share of service hours of the last whole week in which something could be done; None while it is not counted."""
    period = Week.of(china_day(now)).back(1).period
    sums = select(func.sum(health_day.c.open_s), func.sum(health_day.c.full_s), func.sum(health_day.c.part_s)).where(
        health_day.c.day >= period.first, health_day.c.day <= period.last, wanted.lets_through(health_day.c.county)
    )
    open_s, full_s, part_s = connection.execute(sums).one()
    return (full_s + part_s) / open_s if open_s else None


def _caused(
    kiosks: Iterable[KioskNow],
    alarms: Iterable[StoredAlarm],
    incidents: Iterable[IncidentRow],
    windows: Sequence[Window],
    places: Mapping[KioskId, Place],
) -> tuple[tuple[Caused, ...], frozenset[KioskId]]:
    """Put hushed alarms under what hushes them; say as well which kiosks are out of order because it was planned."""
    of = {kiosk.id: kiosk for kiosk in kiosks}
    under: dict[int | None, dict[KioskId, int]] = {}
    planned: dict[int | None, dict[KioskId, int]] = {}
    for alarm in alarms:
        if alarm.hushed_by == "incident":
            group = under.setdefault(alarm.incident_id, {})
        elif alarm.hushed_by == "maintenance":
            covering = next((one for one in windows if covers(one, places[alarm.kiosk])), None)
            group = planned.setdefault(None if covering is None else covering.id, {})
        else:
            continue
        group[alarm.kiosk] = group.get(alarm.kiosk, 0) + 1

    def caused(incident: IncidentRow | None, window: Window | None, group: Mapping[KioskId, int]) -> Caused:
        return Caused(incident=incident, window=window, kiosks=tuple(of[one] for one in group), hushed=sum(group.values()))

    found = [caused(one, None, under.get(one.id, {})) for one in incidents]
    found += [caused(None, one, planned.get(one.id, {})) for one in windows]
    away = {Standing.NONE, Standing.UNKNOWN}
    return tuple(found), frozenset(one for group in planned.values() for one in group if of[one].standing in away)


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


def _silent_towns(kiosks: Sequence[KioskNow], *, besides: Set[KioskId]) -> tuple[SilentTown, ...]:
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
        if (silent := tuple(kiosk for kiosk in members if kiosk.is_silent and kiosk.id not in besides))
    ]
    return tuple(sorted(found, key=lambda town: (-len(town.kiosks), -town.longest_s)))


def _towns(kiosks: Iterable[KioskNow]) -> tuple[tuple[str, tuple[KioskNow, ...]], ...]:
    towns: dict[str, list[KioskNow]] = {}
    for kiosk in kiosks:
        towns.setdefault(kiosk.stored.town, []).append(kiosk)
    return tuple((town, tuple(members)) for town, members in towns.items())
