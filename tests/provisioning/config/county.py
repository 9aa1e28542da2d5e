"""A county of the tests: kiosks in towns and villages, people of its bureau. All synthetic."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, insert

from provisioning.fleet.config.book import DesiredBook
from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.store.book import Happened, StoredNumber
from telemetry.fleet.store.schema import equipment
from telemetry.wire.messages import Event
from telemetry.wire.topics import KioskId
from tests.telemetry.web.county import add_kiosk

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
LI = Person(name="li", full_name="李", role=Role.BUREAU)
WANG = Person(name="wang", full_name="王", role=Role.BUREAU)
LOOKER = Person(name="zhao", full_name="赵", role=Role.VIEWER)
OF_LANXI = Person(name="sun", full_name="孙", role=Role.BUREAU, counties=frozenset({"lanxi"}))


def fill(engine: Engine, *, kiosks: int = 12) -> Engine:
    """Write so many kiosks of county demo into a store that has its tables."""
    with engine.begin() as connection:
        for number in range(1, kiosks + 1):
            town = "南三镇" if number % 2 else "坡头镇"
            add_kiosk(connection, f"K{number}", county="demo", site="光明村", now=NOW, town=town)
            connection.execute(insert(equipment).values(county="demo", kiosk=f"K{number}", village="光明村"))
    return engine


def says(
    connection: Connection,
    kiosk: str,
    version: int,
    state: str,
    *,
    in_force: int,
    newest: int = 0,
    reason: str = "",
    seq: int = 1,
) -> None:
    """A kiosk reports."""
    event = Event(
        life=1,
        seq=seq,
        at=NOW,
        clock_trusted=True,
        name="desired.reported",
        fields={
            "version": version,
            "state": state,
            "reason": reason,
            "in_force": in_force,
            "newest": max(newest, version),
        },
    )
    stored = StoredNumber(kiosk=KioskId(county="demo", kiosk=kiosk), message=event, is_history=False, received_at=NOW)
    DesiredBook().write(connection, Happened(now=NOW + timedelta(seconds=5), messages=(stored,)))
