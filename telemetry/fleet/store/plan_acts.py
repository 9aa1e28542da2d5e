"""What people do about many kiosks at once: acknowledging an incident, planning that they are out of order."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, insert, select, update

from telemetry.fleet.accounts.person import Act
from telemetry.fleet.alarms.places import MAX_SCOPE, Level
from telemetry.fleet.store.act_outcome import MAX_COMMENT, Late, Outcome, Why, checked, note, refused
from telemetry.fleet.store.alarm_rows import LIVE
from telemetry.fleet.store.incident_census import Census
from telemetry.fleet.store.schema import alarm, incident, maintenance
from telemetry.fleet.store.ticket_acts import Who
from telemetry.wire.topics import KioskId

LONGEST_MAINTENANCE = timedelta(days=30)
"""Out of order for longer is not maintenance."""
FURTHEST_AHEAD = timedelta(days=366)


class NotPlannableError(Exception):
    """Maintenance cannot be planned like that; the message says what is allowed."""


class PlanActs:
    """Blocking; call it from a worker thread. Whether somebody may is asked here too."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def acknowledge_incident(self, who: Who, number: int, *, comment: str, now: datetime) -> Outcome:
        """Say that somebody knows of an incident.

        Raises:
            ValueError: The comment is too long.
        """
        comment = checked(comment)
        mine = (incident.c.id == number, incident.c.ended_at.is_(None), incident.c.acknowledged_at.is_(None))
        values = {"acknowledged_at": now, "acknowledged_by": who.person.name, "acknowledgement": comment}
        with self._engine.begin() as connection:
            county = connection.execute(select(incident.c.county).where(incident.c.id == number)).scalar()
            if county is None:
                return Outcome(late=(Late(id=number, why=Why.UNKNOWN),))
            if not who.person.may(Act.ACKNOWLEDGE, county=county):
                return refused(
                    connection, who, Act.ACKNOWLEDGE, number=number, about=f"incident {number}", county=county, now=now
                )
            if connection.execute(update(incident).where(*mine).values(values)).rowcount == 1:
                note(connection, who, Act.ACKNOWLEDGE, now=now, county=county, about=f"incident {number}", detail=comment)
                taken = select(alarm.c.kiosk).where(alarm.c.incident_id == number).distinct()
                kiosks = frozenset(KioskId(county=county, kiosk=name) for name in connection.execute(taken).scalars())
                return Outcome(done=(number,), kiosks=kiosks)
            row = connection.execute(select(incident).where(incident.c.id == number)).mappings().one()
            late = Late(id=number, why=Why.OVER, at=row["ended_at"])
            if row["acknowledged_at"] is not None:
                late = Late(id=number, why=Why.QUICKER, by=row["acknowledged_by"], at=row["acknowledged_at"])
            note(connection, who, Act.ACKNOWLEDGE, now=now, county=county, about=f"incident {number}", result="lost")
            return Outcome(late=(late,))

    def plan_maintenance(
        self, who: Who, *, county: str, level: Level, scope: str, begins_at: datetime, ends_at: datetime, why: str, now: datetime
    ) -> Outcome:
        """Plan that kiosks are out of order; ``done`` has the plan's number.

        Args:
            who: Who plans it.
            county: Whose kiosks.
            level: A kiosk alone, or what they have in common.
            scope: Its name, as ``Place.scopes`` says it: a village is named with its town.
            begins_at: From when.
            ends_at: Until when.
            why: What is done.
            now: Server's clock.

        Raises:
            NotPlannableError: The times or the scope make no sense.
        """
        if not begins_at < ends_at or ends_at <= now:
            raise NotPlannableError("maintenance must end after it begins, and in the future")
        if ends_at - begins_at > LONGEST_MAINTENANCE or begins_at > now + FURTHEST_AHEAD:
            raise NotPlannableError(f"maintenance may last {LONGEST_MAINTENANCE.days} days at most, and begin within a year")
        if not 1 <= len(why.strip()) <= MAX_COMMENT:
            raise NotPlannableError(f"say in 1 to {MAX_COMMENT} characters what is done")
        with self._engine.begin() as connection:
            if not who.person.may(Act.PLAN_MAINTENANCE, county=county):
                return refused(connection, who, Act.PLAN_MAINTENANCE, number=0, about=f"{level} {scope}", county=county, now=now)
            if Census(connection, now=now).members((county, level, scope)) == 0:
                raise NotPlannableError(f"no kiosk of {county} belongs to {level} {scope[:MAX_SCOPE]!r}")
            values = {
                "county": county,
                "level": level.value,
                "scope": scope,
                "begins_at": begins_at,
                "ends_at": ends_at,
                "why": why.strip(),
                "by": who.person.name,
                "created_at": now,
            }
            number = connection.execute(insert(maintenance).values(values).returning(maintenance.c.id)).scalar_one()
            detail = f"{level} {scope} {begins_at.isoformat(timespec='minutes')} to {ends_at.isoformat(timespec='minutes')}"
            note(
                connection, who, Act.PLAN_MAINTENANCE, now=now, county=county, about=f"maintenance {number}",
                kiosk=scope if level is Level.KIOSK else "", detail=f"{detail}: {why.strip()}",
            )  # fmt: skip
            return Outcome(done=(number,), kiosks=_look_again(connection, county, now))

    def end_maintenance(self, who: Who, number: int, *, now: datetime) -> Outcome:
        """End planned maintenance before its time, or before it begins."""
        with self._engine.begin() as connection:
            row = connection.execute(select(maintenance).where(maintenance.c.id == number)).mappings().first()
            if row is None:
                return Outcome(late=(Late(id=number, why=Why.UNKNOWN),))
            county, about = row["county"], f"maintenance {number}"
            if not who.person.may(Act.END_MAINTENANCE, county=county):
                return refused(connection, who, Act.END_MAINTENANCE, number=number, about=about, county=county, now=now)
            values = {"ends_at": now, "begins_at": min(row["begins_at"], now), "ended_by": who.person.name}
            lasting = (maintenance.c.id == number, maintenance.c.ends_at > now)
            if connection.execute(update(maintenance).where(*lasting).values(values)).rowcount == 1:
                note(connection, who, Act.END_MAINTENANCE, now=now, county=county, about=about)
                return Outcome(done=(number,), kiosks=_look_again(connection, county, now))
            note(connection, who, Act.END_MAINTENANCE, now=now, county=county, about=about, result="lost")
            why = Why.QUICKER if row["ended_by"] else Why.OVER
            return Outcome(late=(Late(id=number, why=why, by=row["ended_by"], at=row["ends_at"]),))


def _look_again(connection: Connection, county: str, now: datetime) -> frozenset[KioskId]:
    """Let the book of alarms look at a county's alarms at its next look; returns whose they are."""
    live = (alarm.c.county == county, alarm.c.phase.in_(LIVE))
    names = connection.execute(select(alarm.c.kiosk).where(*live).distinct()).scalars().all()
    connection.execute(update(alarm).where(*live).values(due_at=now))
    return frozenset(KioskId(county=county, kiosk=name) for name in names)
