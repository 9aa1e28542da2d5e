"""How much waits where: the numbers beside the entries of the navigation, for whoever looks."""

from collections.abc import Mapping

from sqlalchemy import Engine, func, select

from telemetry.fleet.accounts.person import Person
from telemetry.fleet.store.schema import alarm, kiosk, ticket
from telemetry.fleet.store.scope import within


def read(engine: Engine, reader: Person) -> Mapping[str, int]:
    """Count open alarms, open tickets and kiosks in what the reader may see."""
    with engine.connect() as connection:
        return {
            name: connection.execute(
                select(func.count()).select_from(table).where(condition, within(table.c.county, reader.counties))
            ).scalar_one()
            for name, table, condition in (
                ("alarms", alarm, alarm.c.cleared_at.is_(None)),
                ("tickets", ticket, ticket.c.closed_at.is_(None)),
                ("kiosks", kiosk, kiosk.c.kiosk != ""),
            )
        }
