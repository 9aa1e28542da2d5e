"""Rows of table ``pulse``, written whole; one that comes late never takes the place of a newer one."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Connection, Dialect, Engine, select

from telemetry.fleet.pulse import PulseRow, moment_of, written
from telemetry.fleet.store.arrays import ArrayUpsert
from telemetry.fleet.store.bulk import Upsert
from telemetry.fleet.store.schema import pulse
from telemetry.wire.topics import KioskId

KEY = ("county", "kiosk")
COLUMNS = tuple(pulse.c.keys())
AHEAD = timedelta(minutes=1)
"""A row seen by so much later than now was written by a clock that has been set back since, and gives way."""
ROWS_AT_ONCE = 64
"""Of one statement, in a process without other threads: SQLite takes fewer values faster."""


class Pulses:
    """Writes pulses that are the newest there are: the transaction writer's, of kiosks that had news."""

    def __init__(self, dialect: Dialect) -> None:
        self._upsert = Upsert(dialect, pulse, COLUMNS, key=KEY)

    def write(self, connection: Connection, rows: Iterable[PulseRow]) -> None:
        """Write them, of one kiosk at most one."""
        # Sorted as the scribe's are: whoever locks rows in the same order never waits in a circle.
        self._upsert.write_bound(connection, sorted(rows))


class LatePulses:
    """Writes pulses that have been on their way beside the transactions: what was written meanwhile is newer."""

    def __init__(self, dialect: Dialect) -> None:
        name, seen = pulse.name, pulse.c.last_seen_at.name
        mark = "?" if dialect.paramstyle == "qmark" else "%s"
        only_if = f"{name}.{seen} < excluded.{seen} OR {name}.{seen} > {mark}"
        self._upsert: Upsert | ArrayUpsert
        if dialect.name == "postgresql":
            self._upsert = ArrayUpsert(dialect, pulse, COLUMNS, key=KEY, only_if=only_if)
        else:
            self._upsert = Upsert(dialect, pulse, COLUMNS, key=KEY, only_if=only_if, at_once=ROWS_AT_ONCE)

    def write(self, connection: Connection, rows: Iterable[PulseRow], *, now: str) -> None:
        """Write rows that were given at a moment, of one kiosk at most one."""
        self._upsert.write_bound(connection, sorted(rows), beside=(written(moment_of(now) + AHEAD),))


def load_pulses(engine: Engine) -> dict[KioskId, PulseRow]:
    """Return what moved last of every kiosk."""
    with engine.connect() as connection:
        return {
            KioskId(county=row.county, kiosk=row.kiosk): (
                row.county,
                row.kiosk,
                written(row.last_seen_at),
                written(row.said_at),
                row.clock_skew_s,
                row.queued,
                row.read_at,
            )
            for row in connection.execute(select(pulse))
        }
