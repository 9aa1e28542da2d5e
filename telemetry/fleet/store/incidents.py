"""Incidents as rows: opened when many show the same sign, grown and widened while more do, ended when they are back."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, Connection, and_, insert, not_, or_, select, update

from telemetry.fleet.alarms import acts
from telemetry.fleet.alarms.occurrences import BY_SILENCE
from telemetry.fleet.alarms.places import Level
from telemetry.fleet.alarms.root_cause import Evidence, Fallen, Group, Kind, Terms, contains, ended_at, explain
from telemetry.fleet.alarms.state import AlarmState
from telemetry.fleet.store.alarm_rows import AlarmRows, Owned, Standpoint
from telemetry.fleet.store.book import Happened
from telemetry.fleet.store.incident_census import PART_OF, Census, Open, is_of, signs
from telemetry.fleet.store.schema import alarm, incident
from telemetry.wire.topics import KioskId

log = structlog.get_logger()

MANY_JOIN = 5_000
"""Alarms that join incidents in one transaction; a second later come the next."""
MAX_EVIDENCE = 400
_ENDED = select(incident.c.id).where(incident.c.ended_at.is_not(None))
LINGERS = timedelta(seconds=60)
"""So long after the last sign the question is still asked: meanwhile those who are well have been heard again."""


class Incidents:
    """Keeps table ``incident``, and which alarms belong to which."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms

    def write(self, connection: Connection, rows: AlarmRows, happened: Happened) -> None:
        """Look at the signs that belong to nothing yet, and at the incidents that last."""
        desk = _Desk(connection, rows, happened, self._terms)
        lasting = desk.lasting()
        desk.group(lasting)
        desk.release()
        for one in lasting:
            desk.end(one)


class _Desk:
    """One look, in one transaction."""

    def __init__(self, connection: Connection, rows: AlarmRows, happened: Happened, terms: Terms) -> None:
        self._connection = connection
        self._rows = rows
        self._now = happened.now
        self._touched = happened.touched
        self._census = Census(connection, now=happened.now)
        self._terms = terms

    def lasting(self) -> list[Open]:
        question = select(incident).where(incident.c.ended_at.is_(None)).order_by(incident.c.id)
        return [
            Open(
                id=row["id"],
                scope=(row["county"], Level(row["level"]), row["scope"]),
                kind=row["kind"],
                began_at=row["began_at"],
                opened_at=row["opened_at"],
                kiosks=row["kiosks"],
            )
            for row in self._connection.execute(question).mappings()
        ]

    def group(self, lasting: list[Open]) -> None:
        fresh = and_(*signs(or_(alarm.c.incident_id.is_(None), alarm.c.incident_id.in_(_ENDED))), self._shows_lately())
        if not self._rows.has(fresh):
            return
        self._rows.hold()
        shown = self._rows.where(fresh, limit=MANY_JOIN)
        standpoints = self._rows.standpoints({owner for owner, _ in shown}, now=self._now)
        waiting = self._join(shown, standpoints, lasting)
        if not self._is_time(waiting):
            return
        young = [one.id for one in lasting if one.opened_at >= self._now - self._terms.within]
        beside = self._rows.where(*signs(alarm.c.incident_id.in_(young))) if young else []
        standpoints |= self._rows.standpoints({owner for owner, _ in beside}, now=self._now)
        of_county: dict[str, dict[KioskId, Fallen]] = defaultdict(dict)
        for owner, state in (*waiting, *beside):
            of_county[owner.county].setdefault(owner, Fallen(place=standpoints[owner].place, incident_id=state.incident_id))
        for county, fallen in of_county.items():
            for found in explain(fallen.values(), self._census.heard(county, fallen), self._terms):
                self._tell(found, (*waiting, *beside), standpoints, lasting)

    def release(self) -> None:
        """Give back to themselves those that show a sign again after their incident was over, and are not many this time.

        Raised again before that was believed over, an alarm is the same one, and still bears the incident's number: nobody
        would ever be told of it.
        """
        left = and_(*signs(alarm.c.incident_id.in_(_ENDED)), not_(self._shows_lately()))
        if not self._rows.has(left):
            return
        self._rows.hold()
        still = self._rows.where(left, limit=MANY_JOIN)
        standpoints = self._rows.standpoints({owner for owner, _ in still}, now=self._now)
        freed = [(owner, acts.alone(state, standpoints[owner].context, now=self._now)) for owner, state in still]
        self._rows.save(freed)
        self._touched.update(owner for owner, _ in freed)

    def _shows_lately(self) -> ColumnElement[bool]:
        """Whether a sign came, or came again, so lately that others may follow; a clock far ahead of ours says nothing."""
        since, until = self._now - self._terms.within, self._now + self._terms.within
        return or_(alarm.c.received_at >= since, alarm.c.last_raised_at.between(since, until))

    def _heard_at(self, state: AlarmState) -> datetime:
        """Return when we heard of a sign's last coming, as nearly as is known: of its first we know it."""
        return state.received_at if state.occurrences == 1 else max(state.received_at, min(state.last_raised_at, self._now))

    def _is_time(self, waiting: Sequence[Owned]) -> bool:
        """Whether the question is worth asking: the first has waited for others, and the last is not long ago."""
        heard_at = [self._heard_at(state) for _, state in waiting]
        settled_at = self._now - self._terms.settle
        return bool(heard_at) and min(heard_at) <= settled_at and max(heard_at) >= settled_at - LINGERS

    def _join(self, shown: Sequence[Owned], standpoints: Mapping[KioskId, Standpoint], lasting: Sequence[Open]) -> list[Owned]:
        """Count late ones to the incident they are in the scope of; returns the others."""
        joining: dict[int, list[Owned]] = defaultdict(list)
        waiting: list[Owned] = []
        for owner, state in shown:
            place = standpoints[owner].place
            one = next((one for one in lasting if contains(one.scope, place)), None)
            if one is None:
                waiting.append((owner, state))
            else:
                joining[one.id].append((owner, state))
        for one in lasting:
            if late := joining.get(one.id):
                self._attach(one.id, late, standpoints)
                self._count(one)
        return waiting

    def _tell(
        self,
        found: Group,
        shown: Iterable[Owned],
        standpoints: Mapping[KioskId, Standpoint],
        lasting: list[Open],
    ) -> None:
        """Open an incident for a group, or widen the oldest one that has a part of it; the others become part of that."""
        names = {(one.place.county, one.place.kiosk) for one in found.fallen}
        mine = [(owner, state) for owner, state in shown if (owner.county, owner.kiosk) in names]
        theirs = {state.incident_id for _, state in mine}
        known = [one for one in lasting if one.id in theirs]
        if known:
            kept, *absorbed = known
            if not all(contains(kept.scope, standpoints[owner].place) for owner, _ in mine):
                self._widen(kept, found)
            for other in absorbed:
                self._absorb(other, kept)
                lasting.remove(other)
        else:
            kept = self._open(found, mine)
            lasting.append(kept)
        self._attach(kept.id, [(owner, state) for owner, state in mine if state.incident_id != kept.id], standpoints)
        self._count(kept)

    def _open(self, found: Group, mine: Sequence[Owned]) -> Open:
        county, level, name = found.scope
        began_at = min(
            min(state.last_raised_at, self._heard_at(state)) if state.cause == BY_SILENCE else self._heard_at(state)
            for _, state in mine
        )
        values = {
            "county": county,
            "kind": Kind.UNKNOWN.value,
            "level": level.value,
            "scope": name,
            "began_at": began_at,
            "opened_at": self._now,
            "kiosks": len(found.fallen),
            "members": self._census.members(found.scope),
        }
        number = self._connection.execute(insert(incident).values(values).returning(incident.c.id)).scalar_one()
        log.warning("incident", id=number, county=county, level=level.value, scope=name, kiosks=len(found.fallen))
        return Open(
            id=number,
            scope=found.scope,
            kind=Kind.UNKNOWN.value,
            began_at=began_at,
            opened_at=self._now,
            kiosks=len(found.fallen),
        )

    def _widen(self, kept: Open, found: Group) -> None:
        _, level, name = found.scope
        self._set(kept, level=level.value, scope=name, members=self._census.members(found.scope))
        log.warning("incident widened", id=kept.id, level=level.value, scope=name)

    def _absorb(self, absorbed: Open, kept: Open) -> None:
        self._connection.execute(update(alarm).where(alarm.c.incident_id == absorbed.id).values(incident_id=kept.id))
        self._set(absorbed, ended_at=self._now, evidence=f"{PART_OF}{kept.id}")

    def _attach(self, number: int, late: Iterable[Owned], standpoints: Mapping[KioskId, Standpoint]) -> None:
        joined = [
            (owner, acts.joined(state, standpoints[owner].context, incident_id=number, now=self._now)) for owner, state in late
        ]
        self._rows.save(joined)
        self._touched.update(owner for owner, _ in joined)

    def _count(self, one: Open) -> None:
        """Count again whom it has taken, and by what."""
        self._note(one, self._census.evidence(one, self._census.said(one, alarm.c.incident_id == one.id)))

    def _note(self, one: Open, evidence: Evidence) -> None:
        self._set(one, kiosks=max(one.kiosks, evidence.fallen), kind=evidence.kind.value, evidence=str(evidence)[:MAX_EVIDENCE])

    def end(self, one: Open) -> None:
        """End an incident whose kiosks are back; who is not is told of alone."""
        toll = self._census.toll(one)
        over_at = ended_at(toll, self._terms, now=self._now)
        if over_at is None:
            return
        # Back again, kiosks have sent what they had to say when nobody heard them.
        since = alarm.c.received_at >= one.began_at - self._terms.within
        self._note(one, self._census.evidence(one, self._census.said(one, since, is_of(one))))
        still = self._rows.where(*signs(alarm.c.incident_id == one.id))
        standpoints = self._rows.standpoints({owner for owner, _ in still}, now=self._now)
        freed = [(owner, acts.alone(state, standpoints[owner].context, now=self._now)) for owner, state in still]
        self._rows.save(freed)
        self._touched.update(owner for owner, _ in freed)
        self._set(one, ended_at=max(over_at, one.opened_at))
        log.info("incident over", id=one.id, took=toll.taken, alone=len(freed))

    def _set(self, one: Open, **values: object) -> None:
        self._connection.execute(update(incident).where(incident.c.id == one.id).values(values))
