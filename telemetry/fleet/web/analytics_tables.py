"""The tables behind the charts of analytics, as CSV: whole, where a chart shows the first few."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import assert_never

from fastapi import Response

from telemetry.fleet.analytics.survival import Estimate
from telemetry.fleet.web.analytics import Analytics
from telemetry.fleet.web.export import Cell, as_csv
from telemetry.fleet.web.fault_words import FaultWords

Rows = Iterable[Sequence[Cell]]


class Table(StrEnum):
    """Which one."""

    LIFETIMES = "lifetimes"
    CODES = "codes"
    REPEATS = "repeats"
    TOWNS = "towns"
    KIOSKS = "kiosks"
    SUPPLIES = "supplies"
    HEALING = "healing"
    KNEW = "knew"
    SERVICES = "services"
    VISITS = "visits"


def csv_of(page: Analytics, table: Table, words: FaultWords) -> Response:
    """Return one table of the page."""
    name = f"{table.value}-{page.period.first}-{page.period.last}"
    return as_csv(name, *_table(page, table, words))


def _table(page: Analytics, table: Table, words: FaultWords) -> tuple[Sequence[str], Rows]:
    match table:
        case Table.LIFETIMES:
            return _lifetimes(page)
        case Table.CODES:
            return _codes(page, words)
        case Table.REPEATS:
            return _repeats(page)
        case Table.TOWNS:
            return _towns(page)
        case Table.KIOSKS:
            return _kiosks(page)
        case Table.SUPPLIES:
            return _supplies(page)
        case Table.HEALING:
            return _healing(page)
        case Table.KNEW:
            return ("week", "ours", "theirs"), [(str(week.week), week.ours, week.theirs) for week in page.knew]
        case Table.SERVICES:
            titles, by_service = page.visits.titles, page.visits.by_service()
            return ("service", "title", "visits", "done"), [(id, titles.get(id, ""), all, done) for id, all, done in by_service]  # noqa: A001
        case Table.VISITS:
            header = ("day", "hour", "service", "outcome", "visits", "seconds")
            counts = page.visits.counts
            return header, [(str(one.day), one.hour, one.service, one.outcome, one.visits, one.seconds) for one in counts]
        case _:
            assert_never(table)


def _lifetimes(page: Analytics) -> tuple[Sequence[str], Rows]:
    header = (
        *("kind", page.wanted.by.value, "devices", "device_days", "failures", "mtbf_days", "mtbf_low", "mtbf_high"),
        *("median_run_days", "median_run_low", "median_run_high", "restricted_mean_days", "horizon_days"),
        *("repairs", "repairs_ended", "median_repair_h", "repair_q1_h", "repair_q3_h"),
    )
    return header, [
        (
            page.wanted.kind,
            group.name,
            group.devices,
            _round(group.running.total),
            group.running.ended,
            *_estimate(group.running.mean),
            *_estimate(group.running.median),
            _round(group.running.restricted_mean),
            _round(group.running.horizon),
            group.repair.runs,
            group.repair.ended,
            _round(group.repair.median.value),
            *(_round(quartile) for quartile in group.repair.quartiles),
        )
        for group in page.lifetimes.groups
    ]


def _codes(page: Analytics, words: FaultWords) -> tuple[Sequence[str], Rows]:
    header = ("code", "short", "title", "remedy", "times", "kiosks", "withdrawn_h", "share", "up_to_here")
    return header, [
        (
            *(cost.code, words.of(cost.code).short, words.of(cost.code).title_zh, cost.remedy, cost.times, cost.kiosks),
            *(_round(cost.withdrawn_s / 3600), _round(cost.share, 4), _round(cost.up_to_here, 4)),
        )
        for cost in page.costs
    ]


def _repeats(page: Analytics) -> tuple[Sequence[str], Rows]:
    header = ("county", "kiosk", "site", "port", "devices", "codes", "times", "ended", "by_reset", "last_at")
    return header, [
        (
            *(one.kiosk.county, one.kiosk.kiosk, page.places[one.kiosk].site, one.port, " ".join(one.devices)),
            *(" ".join(f"{code}:{times}" for code, times in one.codes), one.times, one.ended, one.by_reset, one.last_at),
        )
        for one in page.repeats
    ]


SERVED = ("availability", "open_h", "full_h", "part_h", "none_h", "unknown_h", "planned_h")


def _towns(page: Analytics) -> tuple[Sequence[str], Rows]:
    header = ("county", "town", "kiosks", *SERVED, "availability_before")
    return header, [
        (
            *(line.county, line.town, line.kiosks, _round(line.served.share, 5), line.served.open_s / 3600),
            *(line.served.full_s / 3600, line.served.part_s / 3600, line.served.none_s / 3600),
            *(line.served.unknown_s / 3600, line.served.planned_s / 3600, _round(line.before.share, 5)),
        )
        for line in page.towns
    ]


def _kiosks(page: Analytics) -> tuple[Sequence[str], Rows]:
    header = ("county", "kiosk", "site", "town", "model", *SERVED)
    return header, [
        (
            *(line.place.id.county, line.place.id.kiosk, line.place.site, line.place.town, line.place.model),
            *(_round(line.served.share, 5), line.served.open_s / 3600, line.served.full_s / 3600, line.served.part_s / 3600),
            *(line.served.none_s / 3600, line.served.unknown_s / 3600, line.served.planned_s / 3600),
        )
        for line in page.kiosks
    ]


def _supplies(page: Analytics) -> tuple[Sequence[str], Rows]:
    header = (
        "by",
        "area",
        "county",
        "kiosk",
        "site",
        "town",
        "device",
        "supply",
        "remaining",
        "days_left",
        "runs_out",
        "read_at",
    )
    return header, [
        (
            *(str(one.day), one.area, need.stock.place.id.county, need.stock.place.id.kiosk, need.stock.place.site),
            *(need.stock.place.town, need.stock.device, need.stock.name, need.stock.remaining, need.stock.days_left),
            *("" if need.runs_out is None else str(need.runs_out), need.stock.read_at),
        )
        for one in page.rounds
        for need in one.needs
    ]


def _healing(page: Analytics) -> tuple[Sequence[str], Rows]:
    ended = page.ended
    told: list[Sequence[Cell]] = [
        ("ended", "by_reset", ended.by_reset, _round(ended.alone_s / 3600)),
        ("ended", "by_itself", ended.by_itself, None),
        ("ended", "by_people", ended.by_people, None if ended.waited_s is None else _round(ended.waited_s / 3600)),
        ("saved", "estimate", None, None if ended.saved_s is None else _round(ended.saved_s / 3600)),
    ]
    told += [(rung, outcome, times, None) for (rung, outcome), times in sorted(page.healings.items())]
    return ("what", "how", "times", "hours"), told


def _estimate(one: Estimate) -> tuple[Cell, Cell, Cell]:
    return _round(one.value), _round(one.low), _round(one.high)


def _round(value: float | None, digits: int = 2) -> float | None:
    return None if value is None else round(value, digits)
