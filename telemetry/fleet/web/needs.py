"""The rows of "needs a person today": open faults by who can end them, slight ones many kiosks share folded into one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from telemetry.fleet.store.stored import StoredAlarm
from telemetry.fleet.web.fault_words import FaultWord, FaultWords
from telemetry.fleet.web.filters import Filter
from telemetry.fleet.web.fleet_now import NEEDS_A_PERSON, REMEDY_ORDER, SILENCE, KioskNow, who_ends
from telemetry.fleet.web.freshness import Standing

FOLD_FROM = 3
"""So many kiosks with the same slight fault, and one person to end it, are one row: a round to make, not that many alarms."""
MOST_ROWS = 60
"""More rows than this on one page help nobody; the rest is a link to the list of alarms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One row: a fault somebody or something has to end.

    Attributes:
        lasting_s: The longest, where the row stands for several kiosks.
        others: More kiosks with the same slight fault, folded into this row.
    """

    kiosk: KioskNow
    alarm: StoredAlarm
    word: FaultWord
    lasting_s: float
    others: tuple[KioskNow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedGroup:
    """Rows one and the same person ends."""

    remedy: str
    rows: tuple[Need, ...]
    total: int

    @property
    def needs_a_person(self) -> bool:
        """Whether anybody has to do anything."""
        return self.remedy in NEEDS_A_PERSON


def read_needs(
    kiosks: Iterable[KioskNow], alarms: Iterable[StoredAlarm], words: FaultWords, *, now: datetime
) -> tuple[Need, ...]:
    """Return one row for every open fault a kiosk told of, in the order of the page; silence has a place of its own."""
    of = {kiosk.id: kiosk for kiosk in kiosks}
    rows = [
        Need(
            kiosk=of[alarm.kiosk],
            alarm=alarm,
            word=words.of(alarm.code),
            lasting_s=max(0.0, (now - alarm.raised_at).total_seconds()),
        )
        for alarm in alarms
        if alarm.kiosk in of and alarm.cause != SILENCE
    ]
    return tuple(sorted(rows, key=_order))


def _order(row: Need) -> tuple[int, bool, int, float]:
    """Who can end it, then harm to villagers, then how long it has lasted."""
    return (
        REMEDY_ORDER.index(who_ends(row.alarm.remedy)),
        row.kiosk.standing is not Standing.NONE,
        -row.kiosk.withdrawn if row.alarm.severity == "BLOCKING" else 0,
        -row.lasting_s,
    )


def is_wanted(row: Need, wanted: Filter) -> bool:
    """Whether the reader's filter lets the row through."""
    stored = row.kiosk.stored
    return (
        (not wanted.town or stored.town == wanted.town)
        and (not wanted.remedy or who_ends(row.alarm.remedy) == wanted.remedy)
        and (not wanted.severity or row.alarm.severity == wanted.severity)
        and wanted.finds(
            (stored.site, stored.town, stored.id.kiosk, row.alarm.code, row.word.short, row.word.title_zh, row.word.title_en)
        )
    )


def grouped(rows: Sequence[Need]) -> tuple[NeedGroup, ...]:
    """Group rows, already in order, by who ends them, and fold what is shared."""
    runs = groupby(rows, key=lambda row: who_ends(row.alarm.remedy))
    return tuple(
        NeedGroup(remedy=remedy, rows=_folded(members), total=len(members))
        for remedy, members in ((r, tuple(g)) for r, g in runs)
    )


def _folded(rows: Sequence[Need]) -> tuple[Need, ...]:
    """Fold slight faults many kiosks share into the row of the one that has had it longest."""
    same: dict[str, list[Need]] = {}
    for row in rows:
        if row.alarm.severity == "DEGRADED":
            same.setdefault(row.alarm.code, []).append(row)
    kept = []
    for row in rows:
        shared = same.get(row.alarm.code, []) if row.alarm.severity == "DEGRADED" else []
        if len(shared) < FOLD_FROM:
            kept.append(row)
        elif row is shared[0]:
            kept.append(replace(row, others=tuple(other.kiosk for other in shared[1:])))
    return tuple(kept)


def cut(groups: Iterable[NeedGroup]) -> tuple[NeedGroup, ...]:
    """Keep the first ``MOST_ROWS`` rows of all groups together."""
    left, kept = MOST_ROWS, []
    for group in groups:
        if left <= 0:
            break
        kept.append(NeedGroup(remedy=group.remedy, rows=group.rows[:left], total=group.total))
        left -= len(group.rows)
    return tuple(kept)
