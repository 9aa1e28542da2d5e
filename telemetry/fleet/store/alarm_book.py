"""Alarms as rows: kept in the transaction of what was said about them."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from telemetry.fleet.alarms import Entry, Recalled
from telemetry.fleet.store.book import Happened
from telemetry.fleet.store.schema import alarm
from telemetry.wire.topics import KioskId

ALARM_KEY = ("county", "kiosk", "device", "code", "raised_at")


class AlarmBook:
    """Keeps table ``alarm``."""

    def write(self, connection: Connection, happened: Happened) -> None:
        """Write what follows for alarms; see ``Book``."""
        insert: Callable[[Table], Any] = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        for identity, entry in happened.entries:
            row = _row(identity, entry)
            statement = insert(alarm).values(row)
            if isinstance(entry, Recalled):
                connection.execute(statement.on_conflict_do_nothing(index_elements=ALARM_KEY))
            else:
                news = {name: value for name, value in row.items() if name not in {*ALARM_KEY, "received_at"}}
                connection.execute(statement.on_conflict_do_update(index_elements=ALARM_KEY, set_=news))
            happened.touched.add(identity)


def _row(identity: KioskId, entry: Entry) -> dict[str, Any]:
    known = entry.alarm
    return {
        "county": identity.county,
        "kiosk": identity.kiosk,
        "device": known.occurrence.device,
        "code": known.occurrence.code,
        "severity": known.severity[:16],
        "remedy": known.remedy[:16],
        "detail": known.detail,
        "raised_at": known.occurrence.since,
        "received_at": known.received_at,
        "cleared_at": known.cleared_at,
        "cleared_by": known.cleared_by,
        "cause": known.cause,
        "phase": "open" if known.cleared_at is None else "cleared",
    }
