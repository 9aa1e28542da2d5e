"""The book of alarms: what kiosks say becomes what people act on, many silences become one incident, and time goes on."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlalchemy import Connection

from telemetry.fleet.alarms.engine import look
from telemetry.fleet.alarms.hearing import hear
from telemetry.fleet.alarms.occurrences import Entry
from telemetry.fleet.alarms.root_cause import Terms
from telemetry.fleet.alarms.rules import Rules
from telemetry.fleet.alarms.state import AlarmState
from telemetry.fleet.store.alarm_rows import AlarmRows, Owned
from telemetry.fleet.store.book import Happened
from telemetry.fleet.store.incidents import Incidents
from telemetry.fleet.store.schema import alarm
from telemetry.wire.service_hours import ORDINARY, Calendars
from telemetry.wire.topics import KioskId

MOST_DUE = 2_000
"""Alarms looked at in one transaction because of the time: a second later come the next."""


class AlarmBook:
    """Keeps tables ``alarm`` and ``incident``. Without anything said and nothing due it costs one look into an index a second."""

    def __init__(self, *, calendars: Calendars = ORDINARY, rules: Rules | None = None, terms: Terms | None = None) -> None:
        """Prepare.

        Args:
            calendars: Service hours of all kiosks.
            rules: Of every code; the product's own unless given.
            terms: When many silences are one incident.
        """
        self._calendars = calendars
        self._rules = rules or Rules()
        self._incidents = Incidents(terms or Terms())

    def write(self, connection: Connection, happened: Happened) -> None:
        """Write what follows for alarms; see ``Book``."""
        if not happened.entries and not happened.is_due:
            return
        rows = AlarmRows(connection, calendars=self._calendars, rules=self._rules)
        if happened.entries:
            self._hear(rows, happened)
        if happened.is_due:
            self._look(rows, happened)
            self._incidents.write(connection, rows, happened)

    def _hear(self, rows: AlarmRows, happened: Happened) -> None:
        said: dict[KioskId, list[Entry]] = defaultdict(list)
        for owner, entry in happened.entries:
            said[owner].append(entry)
        known: dict[KioskId, dict[tuple[str, str, object], AlarmState]] = defaultdict(dict)
        named = rows.named((owner, entry.alarm.occurrence) for owner, entry in happened.entries)
        for owner, state in (*_flat(rows.live(said)), *named):
            known[owner][state.device, state.code, state.raised_at] = state
        open_now = rows.open_occurrences(said)
        standpoints = rows.standpoints(said, now=happened.now)
        changed: list[Owned] = []
        for owner, entries in said.items():
            heard = hear(known[owner].values(), entries, open_now.get(owner, ()), standpoints[owner].context, now=happened.now)
            changed.extend((owner, state) for state in heard.changed)
        rows.save(changed)
        happened.touched.update(owner for owner, _ in changed)

    def _look(self, rows: AlarmRows, happened: Happened) -> None:
        is_due = alarm.c.due_at < happened.now
        if not rows.has(is_due):
            return
        rows.hold()
        due = rows.where(is_due, limit=MOST_DUE)
        standpoints = rows.standpoints({owner for owner, _ in due}, now=happened.now)
        changed = [(owner, state, look(state, standpoints[owner].context, now=happened.now)) for owner, state in due]
        rows.save((owner, after) for owner, before, after in changed if after != before)
        happened.touched.update(owner for owner, before, after in changed if replace(after, due_at=before.due_at) != before)


def _flat(alarms: Mapping[KioskId, Iterable[AlarmState]]) -> Iterable[Owned]:
    return ((owner, state) for owner, states in alarms.items() for state in states)
