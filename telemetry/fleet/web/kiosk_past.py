"""What one kiosk has been through: availability, what it healed by itself, everything it said and everything done to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, func, select

from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.audit import Noted, Question
from telemetry.fleet.store.reader import Reader
from telemetry.fleet.store.schema import healing_day, health_day
from telemetry.fleet.store.stored import StoredMessage
from telemetry.wire.topics import KioskId

HEALED_DAYS = 30
LOG_ROWS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Healed:
    """What one device tried by itself against one fault in ``HEALED_DAYS`` days; how often it was over afterwards."""

    device: str
    code: str
    tried: int
    helped: int
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the log: something the kiosk said, or something somebody did."""

    at: datetime
    message: StoredMessage | None
    noted: Noted | None


def availability(connection: Connection, of: KioskId, *, since: date) -> float | None:
    """Return the share of service hours in which something could be done, or None while no day has been counted."""
    question = select(func.sum(health_day.c.open_s), func.sum(health_day.c.full_s), func.sum(health_day.c.part_s)).where(
        health_day.c.county == of.county, health_day.c.kiosk == of.kiosk, health_day.c.day >= since
    )
    open_s, full_s, part_s = connection.execute(question).one()
    return (full_s + part_s) / open_s if open_s else None


def healed(connection: Connection, of: KioskId, *, today: date) -> tuple[Healed, ...]:
    """Return what the kiosk tried by itself lately, the most frequent first."""
    question = select(healing_day).where(
        healing_day.c.county == of.county,
        healing_day.c.kiosk == of.kiosk,
        healing_day.c.day > today - timedelta(days=HEALED_DAYS),
    )
    tried: dict[tuple[str, str], list[tuple[int, int, date]]] = {}
    for row in connection.execute(question):
        helped = row.times if row.outcome == "helped" else 0
        tried.setdefault((row.device, row.code), []).append((row.times, helped, row.day))
    found = [
        Healed(
            device=device,
            code=code,
            tried=sum(times for times, _, _ in rows),
            helped=sum(times for _, times, _ in rows),
            last=max(day for _, _, day in rows),
        )
        for (device, code), rows in tried.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.tried, one.device, one.code)))


def log(engine: Engine, of: KioskId) -> tuple[Entry, ...]:
    """Return the last of what the kiosk said and of what was done to it, newest first."""
    said = Reader(engine).messages(of, kinds=("fault", "event", "status"), limit=LOG_ROWS)
    with engine.connect() as connection:
        done = audit.read(connection, Question(county=of.county, kiosk=of.kiosk), limit=LOG_ROWS)
    return _merged(said, done)


def _merged(said: Sequence[StoredMessage], done: Sequence[Noted]) -> tuple[Entry, ...]:
    entries = [Entry(at=one.at, message=one, noted=None) for one in said]
    entries += [Entry(at=one.at, message=None, noted=one) for one in done]
    return tuple(sorted(entries, key=lambda one: one.at, reverse=True)[:LOG_ROWS])
