"""Who knew first, week by week, counted inside the database: our alarm or a villager. By the same rule as the analytics."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, extract, func, select

from telemetry.fleet.analytics.faults import BY_MAINTENANCE
from telemetry.fleet.analytics.knew import SAME_TROUBLE, Knew
from telemetry.fleet.analytics.period import Week, china_day
from telemetry.fleet.store.schema import alarm, complaint, incident, kiosk
from telemetry.fleet.web.filters import Filter

WEEKS_DRAWN = 12


def by_week(connection: Connection, *, wanted: Filter, now: datetime) -> tuple[Knew, ...]:
    """Return the last weeks, oldest first, this one last.

    Alarms of one incident are one trouble, counted when it began; an alarm within a day of a villager's complaint at
    the same kiosk is not ours to claim; what was planned is no trouble.
    """
    weeks = tuple(Week.of(china_day(now)).up_to_here(WEEKS_DRAWN))
    begin = weeks[0].period.begin
    claimed = (
        select(complaint.c.id)
        .where(
            complaint.c.was_first,
            complaint.c.county == alarm.c.county,
            complaint.c.kiosk == alarm.c.kiosk,
            complaint.c.at <= alarm.c.raised_at,
            extract("epoch", alarm.c.raised_at) - extract("epoch", complaint.c.at) <= SAME_TROUBLE.total_seconds(),
        )
        .exists()
    )
    alone = and_(alarm.c.raised_at >= begin, alarm.c.hushed_by != BY_MAINTENANCE, alarm.c.incident_id.is_(None), ~claimed)
    ours = select(*_counted(alarm.c.raised_at, weeks)).where(alone, wanted.lets_through(alarm.c.county))
    together = select(*_counted(incident.c.began_at, weeks)).where(
        incident.c.began_at >= begin, wanted.lets_through(incident.c.county)
    )
    theirs = select(*_counted(complaint.c.at, weeks)).where(
        complaint.c.at >= begin, complaint.c.was_first, wanted.lets_through(complaint.c.county)
    )
    if wanted.town:
        ours, theirs = (
            question.where(
                select(kiosk.c.kiosk)
                .where(kiosk.c.county == table.c.county, kiosk.c.kiosk == table.c.kiosk, kiosk.c.town == wanted.town)
                .exists()
            )
            for question, table in ((ours, alarm), (theirs, complaint))
        )
    rows = [connection.execute(question).one() for question in (ours, together, theirs)]
    return tuple(
        Knew(week=week, ours=int(alone_n or 0) + int(together_n or 0), theirs=int(theirs_n or 0))
        for week, alone_n, together_n, theirs_n in zip(weeks, *rows, strict=True)
    )


def _counted(moment: ColumnElement[datetime], weeks: Sequence[Week]) -> list[ColumnElement[int]]:
    return [
        func.sum(case((and_(moment >= week.period.begin, moment < week.period.end), 1), else_=0)).label(f"week_{place}")
        for place, week in enumerate(weeks)
    ]
