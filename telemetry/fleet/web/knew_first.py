"""Who knew first, week by week, counted inside the database: our alarm or a villager. By the same rule as the analytics."""

from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, and_, cast, extract, func, select

from telemetry.fleet.analytics.faults import BY_MAINTENANCE
from telemetry.fleet.analytics.knew import SAME_TROUBLE, Knew
from telemetry.fleet.analytics.period import Week, china_day
from telemetry.fleet.store.schema import alarm, complaint, incident, kiosk
from telemetry.fleet.web.filters import Filter

WEEKS_DRAWN = 12
WEEK_S = 7 * 24 * 3_600


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
    ours = _by_week(alarm.c.raised_at, begin).where(alone, wanted.lets_through(alarm.c.county))
    together = _by_week(incident.c.began_at, begin).where(incident.c.began_at >= begin, wanted.lets_through(incident.c.county))
    theirs = _by_week(complaint.c.at, begin).where(
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
    alone_n, together_n, theirs_n = (
        {row.place: row.n for row in connection.execute(question)} for question in (ours, together, theirs)
    )
    return tuple(
        Knew(week=week, ours=alone_n.get(place, 0) + together_n.get(place, 0), theirs=theirs_n.get(place, 0))
        for place, week in enumerate(weeks)
    )


def _by_week(moment: ColumnElement[datetime], begin: datetime) -> Select[int, int]:
    """Count by the place of the week; no week in China is longer than another."""
    second = cast(extract("epoch", moment), BigInteger) - int(begin.timestamp())
    place = (second // WEEK_S).label("place")
    return select(place, func.count().label("n")).group_by(place)
