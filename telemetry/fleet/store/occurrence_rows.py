"""Occurrences as rows: what a batch said of each is folded into one row first, then many are written in one statement."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Dialect

from telemetry.fleet.alarms import Alarm, Entry, Occurrence, Recalled
from telemetry.fleet.store.bulk import Upsert
from telemetry.fleet.store.schema import occurrence
from telemetry.wire.topics import KioskId

KEY = ("county", "kiosk", "device", "code", "raised_at")
COLUMNS = tuple(name for name in occurrence.c.keys() if name != "id")  # noqa: SIM118  a collection of columns is no dict


class OccurrenceRows:
    """Writes table ``occurrence``."""

    def __init__(self, dialect: Dialect) -> None:
        self._said = Upsert(dialect, occurrence, COLUMNS, key=KEY, kept=("received_at",))
        self._recalled = Upsert(dialect, occurrence, COLUMNS, key=KEY, kept=COLUMNS)

    def write(self, connection: Connection, entries: Iterable[tuple[KioskId, Entry]]) -> None:
        """Write entries as if one after the other, in their order.

        The last word about an occurrence is what is written; it keeps the moment of the first. What is only recalled is written
        if the occurrence was never written before, in this batch or another.
        """
        said: dict[tuple[Any, ...], dict[str, Any]] = {}
        recalled: dict[tuple[Any, ...], dict[str, Any]] = {}
        for owner, entry in entries:
            row = _row(owner, entry.alarm)
            name = tuple(row[column] for column in KEY)
            first = said.get(name) or recalled.get(name)
            if not isinstance(entry, Recalled):
                said[name] = row if first is None else row | {"received_at": first["received_at"]}
            elif first is None:
                recalled[name] = row
        self._recalled.write(connection, list(recalled.values()))
        self._said.write(connection, list(said.values()))


def alarm_of(row: Mapping[Any, Any]) -> Alarm:
    """Return what a row of table ``occurrence`` says."""
    return Alarm(
        occurrence=Occurrence(device=row["device"], code=row["code"], since=row["raised_at"]),
        severity=row["severity"],
        remedy=row["remedy"],
        detail=row["detail"],
        received_at=row["received_at"],
        cleared_at=row["cleared_at"],
        cleared_by=row["cleared_by"],
        cause=row["cause"],
    )


def _row(owner: KioskId, known: Alarm) -> dict[str, Any]:
    return {
        "county": owner.county,
        "kiosk": owner.kiosk,
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
    }
