"""The long table of kiosks, as far as the reader's filter lets through."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from telemetry.fleet.store.reader import Reader
from telemetry.fleet.store.stored import StoredAlarm
from telemetry.fleet.web.census import Freshness
from telemetry.fleet.web.fault_words import FaultWord, FaultWords
from telemetry.fleet.web.filters import Filter
from telemetry.fleet.web.fleet_now import KioskNow, by_kiosk, judge_all, who_ends
from telemetry.fleet.web.freshness import Standing
from telemetry.fleet.web.overview import freshness_of

WORST_FIRST = (Standing.NONE, Standing.UNKNOWN, Standing.PARTLY, Standing.FULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskRow:
    """One kiosk with its open alarms."""

    kiosk: KioskNow
    alarms: tuple[tuple[StoredAlarm, FaultWord], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskList:
    """The page of kiosks. ``all`` counts what there would be without the filter."""

    rows: tuple[KioskRow, ...]
    all: int
    open_alarms: int
    towns: tuple[str, ...]
    freshness: Freshness


def read_kiosks(
    engine: Engine, words: FaultWords, county_names: Mapping[str, str], *, wanted: Filter, now: datetime
) -> KioskList:
    """Read all kiosks, worst first; ``county_names`` may be searched for as well."""
    reader = Reader(engine)
    kiosks = judge_all(reader.kiosks(), now=now)
    alarms = by_kiosk(reader.alarms(is_open=True))
    rows = [
        KioskRow(kiosk=kiosk, alarms=tuple((alarm, words.of(alarm.code)) for alarm in alarms.get(kiosk.id, ())))
        for kiosk in kiosks
    ]
    return KioskList(
        rows=tuple(
            sorted(
                (row for row in rows if _wants_kiosk(row, wanted, county=county_names.get(row.kiosk.id.county, ""))),
                key=lambda row: (WORST_FIRST.index(row.kiosk.standing), row.kiosk.stored.town, row.kiosk.id.kiosk),
            )
        ),
        all=len(kiosks),
        open_alarms=sum(len(group) for group in alarms.values()),
        towns=_towns(kiosks),
        freshness=freshness_of(kiosks),
    )


def _towns(kiosks: tuple[KioskNow, ...]) -> tuple[str, ...]:
    return tuple(sorted({kiosk.stored.town for kiosk in kiosks if kiosk.stored.town}))


def _wants_kiosk(row: KioskRow, wanted: Filter, *, county: str) -> bool:
    stored = row.kiosk.stored
    found = [stored.site, stored.town, stored.address, stored.model, stored.release, stored.id.kiosk, stored.id.county, county]
    found += [text for alarm, word in row.alarms for text in (alarm.code, word.short, word.title_zh, word.title_en)]
    return (
        (not wanted.town or stored.town == wanted.town)
        and (not wanted.standing or row.kiosk.standing.value == wanted.standing)
        and (not wanted.remedy or any(who_ends(alarm.remedy) == wanted.remedy for alarm, _ in row.alarms))
        and (not wanted.severity or any(alarm.severity == wanted.severity for alarm, _ in row.alarms))
        and wanted.finds(found)
    )
