"""One kiosk: what is broken and on what evidence, what the villager sees, what happened in seven days, what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import Engine, func, select

from telemetry.fleet.store.reader import Reader
from telemetry.fleet.store.schema import alarm as alarm_table
from telemetry.fleet.store.schema import kiosk as kiosk_table
from telemetry.fleet.store.stored import StoredAlarm, StoredMessage
from telemetry.fleet.web.fault_words import FaultWord, FaultWords
from telemetry.fleet.web.fleet_now import REMEDY_ORDER, SILENCE, DeviceNow, KioskNow, judge, who_ends
from telemetry.fleet.web.history import VISIT_ENDED, Spell, happenings, spells
from telemetry.fleet.web.timeline import Span, Telling, Timeline, draw
from telemetry.fleet.web.words import KINDS, Words
from telemetry.wire.topics import KioskId

WIDTH = 1190.0
LOG_ROWS = 40
DAYS = 7
HOURS_A_MARK = 3
DEVICE_H, FAULT_H = 30, 170
"""Height of a device's row and of an open fault with its steps, in pixels, about."""
LONG_H = 320
"""From here on the villager's screen alone does not fill the column beside devices and faults."""


class Range(StrEnum):
    """How much of the past the timeline shows."""

    WEEK = "week"
    TODAY = "today"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """One device with its open alarms."""

    now: DeviceNow
    alarms: tuple[tuple[StoredAlarm, FaultWord], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlarm:
    """One open alarm with its words and age."""

    alarm: StoredAlarm
    word: FaultWord
    lasting_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskPage:
    """Everything the page shows."""

    kiosk: KioskNow
    devices: tuple[DeviceRow, ...]
    ready: int
    not_ready: int
    open_alarms: tuple[OpenAlarm, ...]
    last_cleared: datetime | None
    had_fault: bool
    timeline: Timeline
    faults_drawn: int
    log: tuple[StoredMessage, ...]
    kinds: Mapping[str, str]
    previous: KioskId | None
    next: KioskId | None
    kiosks: int
    open_total: int

    @property
    def is_long(self) -> bool:
        """Whether devices and faults need so much room that more than the villager's screen belongs beside them."""
        return DEVICE_H * len(self.devices) + FAULT_H * len(self.open_alarms) >= LONG_H


def read(engine: Engine, words: FaultWords, of: KioskId, *, span: Range, now: datetime, say: Words) -> KioskPage | None:
    """Read the page of one kiosk, or None when it was never heard."""
    reader = Reader(engine)
    stored = reader.kiosk(of.kiosk, county=of.county)
    if stored is None:
        return None
    kiosk = judge(stored, now=now)
    alarms = reader.alarms(is_open=True, of=of)
    last = reader.alarms(is_open=False, of=of, limit=50)
    log = reader.messages(of, kinds=("fault", "event", "status"), limit=LOG_ROWS)
    stretch = _span(span, now=now, say=say)
    with engine.connect() as connection:
        stood = spells(connection, since=stretch.start, of=of)
        visits = happenings(connection, since=stretch.start, names=(VISIT_ENDED,), of=of)
        order = select(kiosk_table.c.county, kiosk_table.c.kiosk).order_by(
            kiosk_table.c.county, kiosk_table.c.town, kiosk_table.c.kiosk
        )
        open_total = connection.execute(select(func.count()).where(alarm_table.c.cleared_at.is_(None))).scalar_one()
        ids = [KioskId(county=row.county, kiosk=row.kiosk) for row in connection.execute(order)]
    place = ids.index(of) if of in ids else 0
    kinds = {device.stored.device: device.stored.kind for device in kiosk.devices}
    rows = tuple(_device_row(device, alarms, words) for device in kiosk.devices)
    conditions = [row.now.condition for row in rows]
    return KioskPage(
        kiosk=kiosk,
        devices=rows,
        ready=sum(condition in {"READY", "BUSY"} for condition in conditions),
        not_ready=sum(condition not in {"READY", "BUSY", "NOT_FITTED"} for condition in conditions),
        open_alarms=_open(alarms, words, now=now),
        last_cleared=max((alarm.cleared_at for alarm in last if alarm.cleared_at is not None), default=None),
        had_fault=bool(alarms or last),
        timeline=draw(
            _lanes(kiosk, stood, words, now=now, say=say),
            [visit.at for visit in visits],
            span=stretch,
            now=now,
            width=WIDTH,
        ),
        faults_drawn=sum(spell.cause != SILENCE for spell in stood),
        log=log,
        kinds=kinds,
        previous=ids[place - 1] if place > 0 else None,
        next=ids[place + 1] if place + 1 < len(ids) else None,
        kiosks=len(ids),
        open_total=open_total,
    )


def what(message: StoredMessage) -> str:
    """Say in one machine-readable word what a message was about: a fault's code, an event's name, a device's condition."""
    body = message.body
    match message.kind:
        case "fault":
            ending = "cleared" if body.get("cleared_at") else "raised"
            return f"{body.get('fault', {}).get('code', '')} {ending}"
        case "status":
            device = body.get("device", {})
            return f"{device.get('device', '')} {device.get('condition', '')}"
        case _:
            return str(body.get("name", ""))


def _span(span: Range, *, now: datetime, say: Words) -> Span:
    local = say.local(now)
    today = datetime.combine(local.date(), time(0), tzinfo=local.tzinfo)
    if span is Range.TODAY:
        marks = range(0, 24, HOURS_A_MARK)
        return Span(start=today, part=timedelta(hours=HOURS_A_MARK), words=tuple(f"{hour:02}:00" for hour in marks))
    first = today - timedelta(days=DAYS - 1)
    days = [say.day(first + timedelta(days=day)) for day in range(DAYS - 1)]
    return Span(start=first, part=timedelta(days=1), words=(*days, f"{local:%m-%d} {say('today')}"))


def _device_row(device: DeviceNow, alarms: Sequence[StoredAlarm], words: FaultWords) -> DeviceRow:
    mine = tuple((alarm, words.of(alarm.code)) for alarm in alarms if alarm.device == device.stored.device)
    return DeviceRow(now=device, alarms=tuple(sorted(mine, key=lambda pair: pair[0].severity != "BLOCKING")))


def _open(alarms: Sequence[StoredAlarm], words: FaultWords, *, now: datetime) -> tuple[OpenAlarm, ...]:
    rows = [
        OpenAlarm(
            alarm=alarm,
            word=words.of(alarm.code),
            lasting_s=max(0.0, (now - alarm.raised_at).total_seconds()),
        )
        for alarm in alarms
    ]
    return tuple(
        sorted(
            rows,
            key=lambda row: (
                row.alarm.severity != "BLOCKING",
                REMEDY_ORDER.index(who_ends(row.alarm.remedy)),
                -row.lasting_s,
            ),
        )
    )


def _lanes(
    kiosk: KioskNow, stood: Sequence[Spell], words: FaultWords, *, now: datetime, say: Words
) -> list[tuple[str, list[Telling]]]:
    lanes: dict[str, list[Telling]] = {device.stored.device: [] for device in kiosk.devices}
    names = {device.stored.device: say.pick(KINDS, device.stored.kind) for device in kiosk.devices}
    for spell in stood:
        lanes.setdefault(spell.device, []).append(
            Telling(spell=spell, label=_label(spell, words, name=names.get(spell.device, ""), now=now, say=say))
        )
    return [(names.get(device) or say.pick(KINDS, device), told) for device, told in lanes.items()]


def _label(spell: Spell, words: FaultWords, *, name: str, now: datetime, say: Words) -> str:
    """Say what and how long; the device's name stands before the lane already."""
    lasted = say.age(((spell.cleared_at or now) - spell.raised_at).total_seconds())
    title = say("silent") if spell.cause == SILENCE else words.of(spell.code).title(say.language).removeprefix(name)
    return f"{title} {lasted}" + ("" if spell.cleared_at is not None else say("still_open"))
