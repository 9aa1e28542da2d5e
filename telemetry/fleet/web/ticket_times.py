"""Where the time of tickets goes: the median of each step, in service hours, by who could end them."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import Connection, select

from telemetry.fleet.store.schema import ticket, ticket_act, ticket_cause
from telemetry.fleet.store.ticket_rows import AT_ONCE
from telemetry.fleet.tickets import Deed
from telemetry.fleet.web.filters import Filter
from telemetry.fleet.web.fleet_now import OUTSIDERS, REMEDY_ORDER, who_ends_ticket
from telemetry.wire.service_hours import Calendars

LATELY = timedelta(weeks=12)
MOST_MEASURED = 1_000
SEGMENT_OF: Mapping[Deed, str] = {
    Deed.ACKNOWLEDGED: "take",
    Deed.DISPATCHED: "send",
    Deed.ARRIVED: "road",
    Deed.FIXED: "mend",
    Deed.VERIFIED: "test",
}
PAINTS: Mapping[str, str] = {"take": "f-unkmid", "send": "f-unk", "road": "f-actmid", "mend": "f-act", "test": "f-donemid"}
WIDTH, GAP = 600.0, 1.5
SEGMENTS = ("take", "send", "road", "mend", "test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Where the time of tickets somebody ends went: medians of service, in seconds, by segment."""

    remedy: str
    segments: tuple[tuple[str, float], ...]
    total_s: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One piece of a bar."""

    name: str
    paint: str
    s: float
    x: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Where the time went, drawn under one scale with the others."""

    spent: Spent
    parts: tuple[Part, ...]


def draw(spent: Sequence[Spent]) -> tuple[Bar, ...]:
    """Lay the bars out: the longest has the whole width."""
    most = max((sum(s for _, s in one.segments) for one in spent), default=0.0)
    bars = []
    for one in spent:
        x, parts = 0.0, []
        for name, s in one.segments:
            width = WIDTH * s / most if most else 0.0
            parts.append(Part(name=name, paint=PAINTS[name], s=s, x=x, width=max(0.0, width - GAP)))
            x += width
        bars.append(Bar(spent=one, parts=tuple(parts)))
    return tuple(bars)


def measure(
    connection: Connection, wanted: Filter, calendars: Calendars, *, now: datetime
) -> tuple[tuple[Spent, ...], float | None]:  # fmt: skip
    """Measure the tickets kiosks have verified lately: by who ends them, and all together from opened to verified, in seconds."""
    newest = (
        select(ticket.c.id, ticket.c.county)
        .where(wanted.lets_through(ticket.c.county), ticket.c.verified_at >= now - LATELY)
        .order_by(ticket.c.verified_at.desc())
        .limit(MOST_MEASURED)
    )
    counties = {row.id: row.county for row in connection.execute(newest)}
    ids = list(counties)
    lines: dict[int, list[tuple[datetime, Deed]]] = defaultdict(list)
    remedies: dict[int, str] = {}
    steps = [deed.value for deed in (Deed.OPENED, Deed.REOPENED, *SEGMENT_OF)]
    for begin in range(0, len(ids), AT_ONCE):
        these = ids[begin : begin + AT_ONCE]
        question = select(ticket_act).where(ticket_act.c.ticket_id.in_(these), ticket_act.c.act.in_(steps))
        for row in connection.execute(question.order_by(ticket_act.c.ticket_id, ticket_act.c.version)):
            lines[row.ticket_id].append((row.at, Deed(row.act)))
        causes = select(ticket_cause.c.ticket_id, ticket_cause.c.remedy).where(ticket_cause.c.ticket_id.in_(these))
        for row in connection.execute(causes):
            remedy = who_ends_ticket(row.remedy)
            known = remedies.get(row.ticket_id, remedy)
            remedies[row.ticket_id] = max(remedy, known, key=lambda one: one == "TECHNICIAN")
    measured: dict[str, list[dict[str, float]]] = defaultdict(list)
    for number, told in lines.items():
        if told[-1][1] is Deed.VERIFIED:
            hours = calendars.of(counties[number])
            measured[remedies.get(number, "TECHNICIAN")].append(_segments(told, hours.open_s))
    all_of_them = [sum(one.values()) for group in measured.values() for one in group]
    return (
        tuple(_median_of(remedy, measured[remedy]) for remedy in (*REMEDY_ORDER, *OUTSIDERS) if remedy in measured),
        median(all_of_them) if all_of_them else None,
    )


def _segments(told: Sequence[tuple[datetime, Deed]], open_s: Callable[[datetime, datetime], float]) -> dict[str, float]:
    """Divide a ticket's time among the steps people took; what ended without a step was mended meanwhile."""
    spent = dict.fromkeys(SEGMENTS, 0.0)
    began, has_fixed = told[0][0], False
    for at, deed in told[1:]:
        name = "mend" if deed is Deed.VERIFIED and not has_fixed else SEGMENT_OF.get(deed, "")
        if deed is Deed.REOPENED:
            has_fixed = False
        elif name:
            spent[name] += open_s(began, at)
            has_fixed = has_fixed or deed is Deed.FIXED
        began = at
    return spent


def _median_of(remedy: str, group: Sequence[Mapping[str, float]]) -> Spent:
    return Spent(
        remedy=remedy,
        segments=tuple((name, median(one[name] for one in group)) for name in SEGMENTS),
        total_s=median(sum(one.values()) for one in group),
        count=len(group),
    )
