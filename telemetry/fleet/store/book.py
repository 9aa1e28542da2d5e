"""What else is kept true in the transaction of a batch: alarms, tickets, history. Each keeps one book."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection

from telemetry.fleet.alarms import Entry
from telemetry.fleet.record import Numbered, Record
from telemetry.wire.topics import KioskId


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNumber:
    """A numbered message with whose it is and when it came."""

    kiosk: KioskId
    message: Numbered
    is_history: bool
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A kiosk's condition, or what it offers, is different from what was written before (``before`` is None for a new one)."""

    before: Record | None
    after: Record


@dataclass(slots=True, kw_only=True)
class Happened:
    """What a transaction is about, in the order it happened; all empty when only time has passed.

    Attributes:
        now: Server's clock.
        entries: What kiosks, or their silence, said of faults.
        messages: Numbered messages stored for the first time.
        turned: Kiosks whose condition or offer changed.
        touched: Kiosks whose alarms or tickets are different now. Each book adds to it; the next one reads it, and open
            dashboards are told.
        is_due: A second is over: time is to be looked at. A busy service has many transactions a second, and one of them is.
    """

    now: datetime
    entries: Sequence[tuple[KioskId, Entry]] = ()
    messages: Sequence[StoredNumber] = ()
    turned: Sequence[Turned] = ()
    touched: set[KioskId] = field(default_factory=set)
    is_due: bool = True


class Book(Protocol):
    """One concern's rows, kept from state: the database is the truth, nothing is remembered between calls."""

    def write(self, connection: Connection, happened: Happened) -> None:
        """Write what follows from what happened.

        Called inside the transaction, after the rows of kiosks, devices and messages, in the order the books were given to the
        writer, and once a second with nothing but the time. A transaction that cannot be committed is done again from the
        beginning, so nothing outside the connection may be changed. It must be quick: everybody waits.
        """
