"""The register in the store: one transaction for a whole file. Kiosks the file does not name keep what they have."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite

from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.equipment.register_file import Entry
from telemetry.fleet.store.alarm_rows import LIVE
from telemetry.fleet.store.named import by_county
from telemetry.fleet.store.schema import alarm, equipment, kiosk

KEY = ("county", "kiosk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did. ``unheard`` are kiosks the register names and nobody has heard of yet: perhaps a name is misspelt."""

    new: int
    changed: int
    same: int
    unheard: tuple[str, ...]


def put(connection: Connection, entries: Sequence[Entry], person: Person, *, now: datetime) -> Imported:
    """Write entries; open alarms of the kiosks they change are judged anew at the next look."""
    before = {(entry.county, entry.kiosk): entry for entry in every(connection)}
    changed = [entry for entry in entries if before.get((entry.county, entry.kiosk)) != entry]
    new = sum((entry.county, entry.kiosk) not in before for entry in changed)
    insert: Callable[[Table], Any] = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    if changed:
        statement = insert(equipment)
        news = {column.name: statement.excluded[column.name] for column in equipment.c if column.name not in KEY}
        connection.execute(statement.on_conflict_do_update(index_elements=KEY, set_=news), [asdict(entry) for entry in changed])
    for county, names in by_county(entry.owner for entry in changed):
        mine = (alarm.c.county == county, alarm.c.kiosk.in_(names), alarm.c.phase.in_(LIVE))
        connection.execute(update(alarm).where(*mine).values(due_at=now))
    heard = {(row[0], row[1]) for row in connection.execute(select(kiosk.c.county, kiosk.c.kiosk))}
    audit.note(
        connection,
        person,
        Act.IMPORT_EQUIPMENT,
        now=now,
        about="register",
        detail=f"{len(entries)} kiosks, {new} new, {len(changed) - new} changed",
    )
    return Imported(
        new=new,
        changed=len(changed) - new,
        same=len(entries) - len(changed),
        unheard=tuple(f"{one.county}/{one.kiosk}" for one in entries if (one.county, one.kiosk) not in heard),
    )


def every(connection: Connection) -> Iterable[Entry]:
    """Return the whole register by county and kiosk."""
    question = select(equipment).order_by(equipment.c.county, equipment.c.kiosk)
    return [Entry(**row) for row in connection.execute(question).mappings()]
