"""The API others script against: fields are added, never renamed, never reused. Times are UTC with their zone."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import BaseModel
from sqlalchemy import Engine, func, select

from telemetry.fleet.store.reader import Reader
from telemetry.fleet.store.schema import kiosk as kiosk_table
from telemetry.fleet.store.scope import within
from telemetry.fleet.store.stored import StoredAlarm
from telemetry.fleet.web.fleet_now import DeviceNow, KioskNow, judge, judge_all
from telemetry.fleet.web.who import Asking
from telemetry.wire.topics import NAME, KioskId

Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$")]
AskedName = Annotated[str | None, Query(pattern=f"^{NAME.pattern}$")]
MOST_ALARMS = 1_000


class Supply(BaseModel):
    """What a device uses up; ``remaining`` 0.0 to 1.0 and ``days_left``, null when nobody can tell."""

    name: str
    remaining: float | None
    low: bool
    days_left: float | None


class Measurement(BaseModel):
    """A number a device told."""

    name: str
    value: float
    unit: str


class Device(BaseModel):
    """One device. ``condition`` is UNKNOWN once its reading is too old; ``last_condition`` is what was read."""

    device: str
    kind: str
    condition: str
    last_condition: str
    read_at: datetime | None
    age_s: float | None
    faults: list[str]
    supplies: list[Supply]
    measurements: list[Measurement]
    evidence: str
    model: str
    port: str


class Kiosk(BaseModel):
    """One kiosk. ``condition`` is UNKNOWN while it is silent."""

    kiosk: str
    county: str
    site: str
    town: str
    condition: str
    condition_since: datetime
    last_condition: str
    is_silent: bool
    last_seen: datetime
    age_s: float
    services_offered: int
    services_total: int
    release: str
    devices: list[Device]


class Alarm(BaseModel):
    """One alarm. ``raised_at`` and ``cleared_at`` by the kiosk's clock, ``received_at`` by ours.

    An open one whose ``phase`` is ``clearing`` is gone for the moment: it flaps, and its going away is not yet believed.
    """

    id: int
    county: str
    kiosk: str
    site: str
    device: str
    code: str
    severity: str
    remedy: str
    detail: str
    raised_at: datetime
    received_at: datetime
    cleared_at: datetime | None
    cleared_by: str
    cause: str
    phase: str


class ServiceTitle(BaseModel):
    """One service the kiosk should offer, with its title in the villager's words."""

    id: str
    title: str


class Screen(BaseModel):
    """What the villager's screen shows, nothing personal."""

    page: str
    service: str
    step: int
    steps: int
    at: datetime
    age_s: float


class KioskDetail(Kiosk):
    """One kiosk with everything known of it now."""

    address: str
    model: str
    life: int
    stored_seq: int
    heartbeat_s: float
    born_at: datetime
    first_seen: datetime
    clock_trusted: bool
    clock_skew_s: float
    queued: int
    shed: int
    catalogue: list[ServiceTitle]
    screen: Screen
    alarms: list[Alarm]


def router(engine: Engine, *, now: Callable[[], datetime]) -> APIRouter:
    """Return the routes under ``/api/v1``."""
    routes = APIRouter(prefix="/api/v1")

    @routes.get("/kiosks")
    def kiosks(person: Asking, county: AskedName = None) -> list[Kiosk]:
        """List every kiosk ever heard, by county and name."""
        found = judge_all(Reader(engine, person.counties).kiosks(), now=now())
        return [_kiosk(kiosk) for kiosk in found if county is None or kiosk.id.county == county]

    @routes.get("/kiosks/{kiosk}", responses={404: {"description": "never heard"}, 409: {"description": "in two counties"}})
    def kiosk_detail(person: Asking, kiosk: Name, county: AskedName = None) -> KioskDetail:
        """Show one kiosk; ``county`` says which, where two counties use the same name."""
        if county is None:
            county = _only_county(engine, kiosk, counties=person.counties)
        reader = Reader(engine, person.counties)
        stored = reader.kiosk(kiosk, county=county)
        if stored is None:
            raise HTTPException(404, f"no kiosk {kiosk!r} in county {county!r} has ever been heard")
        of = KioskId(county=stored.id.county, kiosk=kiosk)
        return _detail(judge(stored, now=now()), reader.alarms(is_open=True, of=of))

    @routes.get("/alarms")
    def alarms(
        person: Asking,
        county: AskedName = None,
        kiosk: AskedName = None,
        is_open: Annotated[bool | None, Query(alias="open")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_ALARMS)] = MOST_ALARMS,
    ) -> list[Alarm]:
        """List alarms, newest first: ``open=true`` those that stand, ``open=false`` those that ended, else both."""
        if kiosk is not None and county is None:
            county = _only_county(engine, kiosk, counties=person.counties)
        of = None if kiosk is None or county is None else KioskId(county=county, kiosk=kiosk)
        found = Reader(engine, person.counties).alarms(is_open=is_open, of=of, limit=limit)
        return [_alarm(alarm) for alarm in found if county is None or alarm.kiosk.county == county]

    return routes


def _only_county(engine: Engine, kiosk: str, *, counties: frozenset[str]) -> str:
    named = (kiosk_table.c.kiosk == kiosk) & within(kiosk_table.c.county, counties)
    question = select(func.min(kiosk_table.c.county), func.count()).where(named)
    with engine.connect() as connection:
        county, count = connection.execute(question).one()
    if count == 0:
        raise HTTPException(404, f"no kiosk {kiosk!r} has ever been heard")
    if count > 1:
        raise HTTPException(409, f"{count} counties have a kiosk {kiosk!r}: say which with ?county=")
    return str(county)


def _device(device: DeviceNow) -> Device:
    stored = device.stored
    return Device(
        device=stored.device,
        kind=stored.kind,
        condition=device.condition,
        last_condition=stored.condition,
        read_at=stored.read_at,
        age_s=None if device.age is None else round(device.age.s, 3),
        faults=list(stored.faults),
        supplies=[
            Supply(name=one.name, remaining=one.remaining, low=one.is_low, days_left=one.days_left) for one in stored.supplies
        ],
        measurements=[Measurement(name=one.name, value=one.value, unit=one.unit) for one in stored.measurements],
        evidence=stored.evidence,
        model=stored.model,
        port=stored.port,
    )


def _kiosk(kiosk: KioskNow) -> Kiosk:
    stored = kiosk.stored
    return Kiosk(
        kiosk=stored.id.kiosk,
        county=stored.id.county,
        site=stored.site,
        town=stored.town,
        condition=kiosk.condition,
        condition_since=kiosk.condition_since,
        last_condition=stored.condition,
        is_silent=kiosk.is_silent,
        last_seen=stored.last_seen_at,
        age_s=round(kiosk.age.s, 3),
        services_offered=stored.services_offered,
        services_total=stored.services_total,
        release=stored.release,
        devices=[_device(device) for device in kiosk.devices],
    )


def _detail(kiosk: KioskNow, alarms: Iterable[StoredAlarm]) -> KioskDetail:
    stored = kiosk.stored
    return KioskDetail(
        **_kiosk(kiosk).model_dump(),
        address=stored.address,
        model=stored.model,
        life=stored.life,
        stored_seq=stored.stored_seq,
        heartbeat_s=stored.heartbeat_s,
        born_at=stored.born_at,
        first_seen=stored.first_seen_at,
        clock_trusted=stored.clock_trusted,
        clock_skew_s=stored.clock_skew_s,
        queued=stored.queued,
        shed=stored.shed,
        catalogue=[ServiceTitle(id=service, title=title) for service, title in stored.titles.items()],
        screen=Screen(
            page=stored.screen.page,
            service=stored.screen.service,
            step=stored.screen.step,
            steps=stored.screen.steps,
            at=stored.screen.at,
            age_s=round(kiosk.screen_age.s, 3),
        ),
        alarms=[_alarm(alarm) for alarm in alarms],
    )


def _alarm(alarm: StoredAlarm) -> Alarm:
    return Alarm(
        id=alarm.id,
        county=alarm.kiosk.county,
        kiosk=alarm.kiosk.kiosk,
        site=alarm.site,
        device=alarm.device,
        code=alarm.code,
        severity=alarm.severity,
        remedy=alarm.remedy,
        detail=alarm.detail,
        raised_at=alarm.raised_at,
        received_at=alarm.received_at,
        cleared_at=alarm.cleared_at,
        cleared_by=alarm.cleared_by,
        cause=alarm.cause,
        phase=alarm.phase,
    )
