"""Two of the bureau, by their staff numbers, and what kiosks of the made-up county say."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.store.book import Book, Happened, StoredNumber
from telemetry.fleet.store.schema import message
from telemetry.wire.messages import Event
from telemetry.wire.topics import KioskId
from tests.telemetry.web.county import COUNTY, add_message

FIRST = Person(name="XJ-01", full_name="县局 01", role=Role.BUREAU)
SECOND = Person(name="XJ-02", full_name="县局 02", role=Role.BUREAU)
LIFE = 212
"""Of every kiosk in the made-up county."""


def of(kiosk: str) -> KioskId:
    """Return the identity of a kiosk of the county."""
    return KioskId(county=COUNTY, kiosk=kiosk)


def says(
    connection: Connection, kiosk: str, name: str, fields: dict[str, str | int], books: Sequence[Book], *, at: datetime
) -> None:
    """Let a kiosk report something: it is kept as any message is, and the books hear of it."""
    highest = select(func.max(message.c.seq)).where(message.c.kiosk == kiosk)
    seq = (connection.execute(highest).scalar_one() or 90_000) + 1
    add_message(connection, kiosk, seq=seq, kind="event", at=at, body={"name": name, "fields": fields})
    event = Event(life=LIFE, seq=seq, at=at, clock_trusted=True, name=name, fields=fields)
    stored = StoredNumber(kiosk=of(kiosk), message=event, is_history=False, received_at=at)
    for book in books:
        book.write(connection, Happened(now=at, messages=(stored,)))
