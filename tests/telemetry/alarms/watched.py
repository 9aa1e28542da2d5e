"""A fleet without a network: kiosks that say things, silences found, time that passes, and the alarms that come of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, select

from telemetry.fleet.alarms.replay import Said
from telemetry.fleet.record import Record
from telemetry.fleet.steps import advance, fall_silent
from telemetry.fleet.store.alarm_book import AlarmBook
from telemetry.fleet.store.book import Book
from telemetry.fleet.store.schema import alarm, equipment, incident
from telemetry.fleet.store.writer import Batch, Writer
from telemetry.wire.messages import Birth, DeviceState, FaultChanged, FaultState, MeasurementState, Place, Upward
from telemetry.wire.topics import KioskId
from tests.telemetry.said import K1, NOW, birth, fault, heartbeat

HEARTBEAT_S = 30.0
DEADLINE_S = 75.0


def kiosk(number: int, county: str = "demo") -> KioskId:
    return KioskId(county=county, kiosk=f"K{number}")


@dataclass
class Watched:
    """What the store holds, after everything said here was written through the writer and the book of alarms."""

    engine: Engine
    book: Book = field(default_factory=AlarmBook)
    now: datetime = NOW
    records: dict[KioskId, Record] = field(default_factory=dict)
    touched: list[frozenset[KioskId]] = field(default_factory=list)
    seqs: dict[KioskId, int] = field(default_factory=dict)
    said_at: list[tuple[KioskId, Said]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.writer = Writer(self.engine, books=(self.book,))

    def wait(self, seconds: float, *, every_s: float | None = None) -> "Watched":
        """Let time pass, looking at it once at the end, or every so often."""
        end = self.now + timedelta(seconds=seconds)
        step = timedelta(seconds=every_s or seconds)
        while self.now < end:
            self.now = min(end, self.now + step)
            self.write(Batch(is_due=True))
        return self

    def hear(self, *said: tuple[KioskId, Upward], is_due: bool = False) -> "Watched":
        """Write messages of kiosks in one transaction."""
        batch = Batch(is_due=is_due)
        for owner, message in said:
            step = advance(batch.records.get(owner) or self.records.get(owner), owner, message, now=self.now)
            assert step.record is not None
            batch.records[owner] = step.record
            batch.entries.extend((owner, entry) for entry in step.entries)
        self.write(batch)
        return self

    def born(
        self,
        kiosks: Iterable[KioskId],
        *,
        site: Mapping[KioskId, str] | None = None,
        town: Mapping[KioskId, str] | None = None,
        mains: Iterable[KioskId] = (),
    ) -> "Watched":
        """Let kiosks be known; those of ``mains`` measure their mains."""
        with_battery = set(mains)
        said: list[tuple[KioskId, Upward]] = []
        for owner in kiosks:
            place = Place(site=(site or {}).get(owner, owner.kiosk), town=(town or {}).get(owner, ""))
            message: Birth = birth().model_copy(update={"place": place})
            if owner in with_battery:
                measured = MeasurementState(name="input", value=228.0, unit="V")
                battery = DeviceState(device="ups", kind="cabinet", condition="READY", measurements=(measured,))
                message = message.model_copy(update={"devices": (*message.devices, battery)})
            said.append((owner, message))
        return self.hear(*said)

    def registered(self, kiosks: Iterable[KioskId], **columns: str) -> "Watched":
        """Put kiosks into the register of equipment."""
        with self.engine.begin() as connection:
            connection.execute(insert(equipment), [{"county": owner.county, "kiosk": owner.kiosk, **columns} for owner in kiosks])
        return self

    def say(self, state: FaultState, *, of: KioskId = K1, cleared: bool = False) -> "Watched":
        """Let a kiosk raise a fault, or clear it."""
        return self.hear((of, self.said(state, of=of, cleared=cleared)))

    def said(self, state: FaultState, *, of: KioskId = K1, cleared: bool = False) -> FaultChanged:
        """Return the message of that, with the kiosk's next number."""
        self.seqs[of] = self.seqs.get(of, 10) + 1
        message = fault(state, seq=self.seqs[of])
        return message.model_copy(update={"cleared_at": self.now, "cleared_by": "self"}) if cleared else message

    def beat(self, kiosks: Iterable[KioskId]) -> "Watched":
        """Let kiosks say that they live."""
        return self.hear(*((owner, heartbeat(seq=self.seqs.get(owner, 10))) for owner in kiosks))

    def silent(self, kiosks: Iterable[KioskId]) -> "Watched":
        """Let silences be found, as when a deadline is over."""
        batch = Batch()
        for owner in kiosks:
            step = fall_silent(self.records[owner], is_alarming=True, now=self.now)
            assert step.record is not None
            batch.records[owner] = step.record
            batch.entries.extend((owner, entry) for entry in step.entries)
        self.write(batch)
        return self

    def write(self, batch: Batch) -> None:
        """Write a batch, and remember what it said."""
        self.touched.append(self.writer.write(batch, self.records, now=self.now))
        for owner in {owner for owner, _ in batch.entries}:
            entries = tuple(entry for whose, entry in batch.entries if whose == owner)
            self.said_at.append((owner, Said(at=self.now, entries=entries)))
        self.records.update(batch.records)

    def alarms(self, *, of: KioskId | None = None, code: str | None = None) -> list[dict[str, Any]]:
        """Return alarm rows in the order they began."""
        question = select(alarm).order_by(alarm.c.id)
        if of is not None:
            question = question.where(alarm.c.county == of.county, alarm.c.kiosk == of.kiosk)
        if code is not None:
            question = question.where(alarm.c.code == code)
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(question).mappings()]

    def incidents(self) -> list[dict[str, Any]]:
        """Return incident rows in the order they were opened."""
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(select(incident).order_by(incident.c.id)).mappings()]
