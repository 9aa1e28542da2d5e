"""One kiosk: what is broken and on what evidence, what the villager sees, what happened in seven days, what to do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import Connection, Engine, func, select, tuple_

from telemetry.fleet.store.reader import Reader
from telemetry.fleet.store.schema import alarm as alarm_table
from telemetry.fleet.store.schema import equipment
from telemetry.fleet.store.schema import kiosk as kiosk_table
from telemetry.fleet.store.stored import StoredAlarm, StoredMessage
from telemetry.fleet.web import kiosk_past
from telemetry.fleet.web.causes import Window, covers, places, windows_now
from telemetry.fleet.web.fault_words import FaultWord, FaultWords
from telemetry.fleet.web.filters import Filter
from telemetry.fleet.web.fleet_now import REMEDY_ORDER, SILENCE, DeviceNow, KioskNow, judge, who_ends
from telemetry.fleet.web.history import SELF_TESTED, VISIT_ENDED, Happening, Spell, happenings, stood_of
from telemetry.fleet.web.kiosk_past import Entry, Healed
from telemetry.fleet.web.timeline import Row, Span, Telling, Timeline, draw
from telemetry.fleet.web.words import KINDS, Words
from telemetry.wire.service_hours import Calendars
from telemetry.wire.topics import KioskId

WIDTH = 1190.0
DAYS = 7
QUARTER_DAYS = 90
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
class Registered:
    """What the bureau's register says of a kiosk; empty where it says nothing."""

    village: str = ""
    link: str = ""
    feeder: str = ""
    area: str = ""
    vendor: str = ""
    batch: str = ""
    hours: str = ""


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
    log: tuple[Entry, ...]
    kinds: Mapping[str, str]
    healed: tuple[Healed, ...]
    place: Registered
    week: float | None
    quarter: float | None
    windows: tuple[Window, ...]
    previous: KioskId | None
    next: KioskId | None
    kiosks: int
    open_total: int

    @property
    def is_long(self) -> bool:
        """Whether devices and faults need so much room that more than the villager's screen belongs beside them."""
        return DEVICE_H * len(self.devices) + FAULT_H * len(self.open_alarms) >= LONG_H


def read(
    engine: Engine,
    words: FaultWords,
    of: KioskId,
    *,
    span: Range,
    now: datetime,
    say: Words,
    calendars: Calendars,
    wanted: Filter,
) -> KioskPage | None:
    """Read the page of one kiosk, or None when it was never heard. ``wanted`` says whose kiosks stand before and after it."""
    reader = Reader(engine)
    stored = reader.kiosk(of.kiosk, county=of.county)
    if stored is None:
        return None
    kiosk = judge(stored, now=now)
    alarms = reader.alarms(is_open=True, of=of)
    last = reader.alarms(is_open=False, of=of, limit=50)
    stretch = _span(span, now=now, say=say)
    today = say.local(now).date()
    with engine.connect() as connection:
        stood = stood_of(connection, of, since=stretch.start)
        told = happenings(connection, since=stretch.start, names=(VISIT_ENDED, SELF_TESTED), wanted=wanted, of=of)
        place = _registered(connection, of)
        around = _around(connection, kiosk, wanted)
        healed = kiosk_past.healed(connection, of, today=today)
        week = kiosk_past.availability(connection, of, since=today - timedelta(days=DAYS))
        quarter = kiosk_past.availability(connection, of, since=today - timedelta(days=QUARTER_DAYS))
        here = places(connection, {of})[of]
        windows = tuple(one for one in windows_now(connection, wanted, now=now) if covers(one, here))
    kinds = {device.stored.device: device.stored.kind for device in kiosk.devices}
    rows = tuple(_device_row(device, alarms, words) for device in kiosk.devices)
    conditions = [row.now.condition for row in rows]
    hours = calendars.of(of.county, place.hours)
    return KioskPage(
        kiosk=kiosk,
        devices=rows,
        ready=sum(condition in {"READY", "BUSY"} for condition in conditions),
        not_ready=sum(condition not in {"READY", "BUSY", "NOT_FITTED"} for condition in conditions),
        open_alarms=_open(alarms, words, now=now),
        last_cleared=max((alarm.cleared_at for alarm in last if alarm.cleared_at is not None), default=None),
        had_fault=bool(alarms or last),
        timeline=draw(
            _lanes(kiosk, stood, _tests(told), words, now=now, say=say),
            [one.at for one in told if one.name == VISIT_ENDED],
            span=stretch,
            now=now,
            width=WIDTH,
            served=hours.stretches(stretch.start, stretch.end),
        ),
        faults_drawn=sum(spell.cause != SILENCE for spell in stood),
        log=kiosk_past.log(engine, of),
        kinds=kinds,
        healed=healed,
        place=place,
        week=week,
        quarter=quarter,
        windows=windows,
        previous=around.previous,
        next=around.next,
        kiosks=around.kiosks,
        open_total=around.open_total,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What else there is beside this kiosk."""

    previous: KioskId | None
    next: KioskId | None
    kiosks: int
    open_total: int


def _around(connection: Connection, kiosk: KioskNow, wanted: Filter) -> _Around:
    keys = (kiosk_table.c.county, kiosk_table.c.town, kiosk_table.c.kiosk)
    here = (kiosk.id.county, kiosk.stored.town, kiosk.id.kiosk)
    sees = wanted.lets_through(kiosk_table.c.county)
    named = select(kiosk_table.c.county, kiosk_table.c.kiosk).where(sees).limit(1)
    before = named.where(tuple_(*keys) < here).order_by(*(key.desc() for key in keys))
    after = named.where(tuple_(*keys) > here).order_by(*keys)
    previous, following = (
        None if row is None else KioskId(county=row.county, kiosk=row.kiosk)
        for row in (connection.execute(before).first(), connection.execute(after).first())
    )
    opened = select(func.count()).where(alarm_table.c.cleared_at.is_(None), wanted.lets_through(alarm_table.c.county))
    return _Around(
        previous=previous,
        next=following,
        kiosks=connection.execute(select(func.count()).select_from(kiosk_table).where(sees)).scalar_one(),
        open_total=connection.execute(opened).scalar_one(),
    )


def _registered(connection: Connection, of: KioskId) -> Registered:
    question = select(equipment).where(equipment.c.county == of.county, equipment.c.kiosk == of.kiosk)
    row = connection.execute(question).mappings().first()
    if row is None:
        return Registered()
    names = ("village", "link", "feeder", "area", "vendor", "batch", "hours")
    return Registered(**{name: row[name] for name in names})


def _tests(told: Iterable[Happening]) -> list[tuple[datetime, frozenset[str]]]:
    """Return each self-test with the devices that failed it."""
    return [(one.at, frozenset(str(one.fields.get("subjects", "")).split(",")) - {""}) for one in told if one.name == SELF_TESTED]


def _lanes(
    kiosk: KioskNow,
    stood: Sequence[Spell],
    tests: Sequence[tuple[datetime, frozenset[str]]],
    words: FaultWords,
    *,
    now: datetime,
    say: Words,
) -> list[Row]:
    lanes: dict[str, list[Telling]] = {device.stored.device: [] for device in kiosk.devices}
    names = {device.stored.device: say.pick(KINDS, device.stored.kind) for device in kiosk.devices}
    for spell in stood:
        lanes.setdefault(spell.device, []).append(
            Telling(spell=spell, label=_label(spell, words, name=names.get(spell.device, ""), now=now, say=say))
        )
    return [
        Row(
            name=names.get(device) or say.pick(KINDS, device),
            told=told,
            tests=[(at, device not in failed) for at, failed in tests] if device in names else [],
        )
        for device, told in lanes.items()
    ]


def _label(spell: Spell, words: FaultWords, *, name: str, now: datetime, say: Words) -> str:
    """Say what and how long; the device's name stands before the lane already."""
    lasted = say.age(((spell.cleared_at or now) - spell.raised_at).total_seconds())
    title = say("silent") if spell.cause == SILENCE else words.of(spell.code).title(say.language).removeprefix(name)
    return f"{title} {lasted}" + ("" if spell.cleared_at is not None else say("still_open"))
