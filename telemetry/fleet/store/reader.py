"""What may be asked of the store: the questions of the API and of the pages. Blocking; call it from a worker thread."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, FromClause, RowMapping, Select, and_, func, select

from telemetry.fleet.store.named import rows_of
from telemetry.fleet.store.schema import alarm, device, kiosk, kiosk_now, message
from telemetry.fleet.store.scope import EVERYWHERE, within
from telemetry.fleet.store.stored import (
    StoredAlarm,
    StoredDevice,
    StoredKiosk,
    StoredMeasurement,
    StoredMessage,
    StoredScreen,
    StoredSupply,
    Totals,
)
from telemetry.wire.beats import moments_of
from telemetry.wire.topics import KioskId

MOST_COUNTIES_NAMED = 100
"""With more counties than these all devices are read: naming them one by one would cost more than it saves."""


class Reader:
    """Asks the store. Any thread may use it; every question is one short transaction of its own."""

    def __init__(self, engine: Engine, counties: frozenset[str] = EVERYWHERE) -> None:
        """Ask on behalf of somebody who sees these counties; empty: all."""
        self._engine = engine
        self._counties = counties

    def kiosks(self, *, only: Iterable[KioskId] | None = None) -> tuple[StoredKiosk, ...]:
        """Return all kiosks, or the named ones that exist, by county and name, each with its devices."""
        question = select(kiosk_now).where(self._sees(kiosk_now)).order_by(kiosk_now.c.county, kiosk_now.c.kiosk)
        if only is not None:
            question = question.where(rows_of(kiosk_now, only))
        with self._engine.connect() as connection:
            return _kiosks(connection, question)

    def kiosks_alone(self, only: Iterable[KioskId]) -> tuple[StoredKiosk, ...]:
        """Return the named kiosks that exist, without their devices: for lists that say only how each stands."""
        question = (
            select(kiosk_now)
            .where(rows_of(kiosk_now, only), self._sees(kiosk_now))
            .order_by(kiosk_now.c.county, kiosk_now.c.kiosk)
        )
        with self._engine.connect() as connection:
            return tuple(_kiosk(row, (), {}) for row in connection.execute(question).mappings())

    def kiosk(self, name: str, *, county: str | None = None) -> StoredKiosk | None:
        """Return one kiosk, or None. Without a county the first of that name."""
        question = select(kiosk_now).where(kiosk_now.c.kiosk == name, self._sees(kiosk_now)).order_by(kiosk_now.c.county).limit(1)
        if county is not None:
            question = question.where(kiosk_now.c.county == county)
        with self._engine.connect() as connection:
            found = _kiosks(connection, question)
        return found[0] if found else None

    def alarms(
        self,
        *,
        is_open: bool | None = None,
        of: KioskId | None = None,
        among: Iterable[KioskId] | None = None,
        limit: int = 1_000,
    ) -> tuple[StoredAlarm, ...]:
        """Return alarms, newest first.

        Args:
            is_open: True only open ones, False only cleared ones, None both.
            of: Only this kiosk's.
            among: Only those of these kiosks.
            limit: At most so many.
        """
        question = (
            select(alarm, kiosk.c.site)
            .join(kiosk, (kiosk.c.county == alarm.c.county) & (kiosk.c.kiosk == alarm.c.kiosk))
            .where(self._sees(alarm))
            .order_by(alarm.c.raised_at.desc(), alarm.c.id.desc())
            .limit(limit)
        )
        if is_open is not None:
            question = question.where(alarm.c.cleared_at.is_(None) if is_open else alarm.c.cleared_at.is_not(None))
        if of is not None:
            question = question.where(alarm.c.county == of.county, alarm.c.kiosk == of.kiosk)
        if among is not None:
            question = question.where(rows_of(alarm, among))
        with self._engine.connect() as connection:
            return tuple(stored_alarm(row) for row in connection.execute(question).mappings())

    def messages(self, of: KioskId, *, kinds: Iterable[str] = (), limit: int = 100) -> tuple[StoredMessage, ...]:
        """Return a kiosk's numbered messages, newest first; of the named kinds, or of all."""
        question = (
            select(message)
            .where(message.c.county == of.county, message.c.kiosk == of.kiosk, self._sees(message))
            .order_by(message.c.seq.desc())
            .limit(limit)
        )
        if kinds := tuple(kinds):
            question = question.where(message.c.kind.in_(kinds))
        with self._engine.connect() as connection:
            return tuple(
                StoredMessage(
                    kiosk=of,
                    seq=row["seq"],
                    kind=row["kind"],
                    at=row["at"],
                    received_at=row["received_at"],
                    is_history=row["hist"],
                    body=row["body"],
                )
                for row in connection.execute(question).mappings()
            )

    def totals(self) -> Totals:
        """Return the fleet in a few numbers."""
        is_open = and_(alarm.c.cleared_at.is_(None), self._sees(alarm))
        conditions = select(kiosk.c.condition, func.count()).where(self._sees(kiosk)).group_by(kiosk.c.condition)
        with self._engine.connect() as connection:
            return Totals(
                kiosks=_tally(connection, conditions),
                alarms_by_remedy=_tally(connection, select(alarm.c.remedy, func.count()).where(is_open).group_by(alarm.c.remedy)),
                alarms_by_severity=_tally(
                    connection, select(alarm.c.severity, func.count()).where(is_open).group_by(alarm.c.severity)
                ),
            )

    def _sees(self, table: FromClause) -> ColumnElement[bool]:
        return within(table.c.county, self._counties)


def _tally(connection: Connection, question: Select[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(question)}


def _kiosks(connection: Connection, question: Select[Any]) -> tuple[StoredKiosk, ...]:
    rows = connection.execute(question).mappings().all()
    if not rows:
        return ()
    narrow = [KioskId(county=row["county"], kiosk=row["kiosk"]) for row in rows] if len(rows) <= 100 else None
    codes: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    open_question = select(alarm.c.county, alarm.c.kiosk, alarm.c.device, alarm.c.code).where(alarm.c.cleared_at.is_(None))
    device_question = select(device).order_by(device.c.device)
    moments = {(row["county"], row["kiosk"]): moments_of(row["read_at"], row["screen_at"]) for row in rows if row["read_at"]}
    if narrow is not None:
        open_question = open_question.where(rows_of(alarm, narrow))
        device_question = device_question.where(rows_of(device, narrow))
    elif len(counties := {row["county"] for row in rows}) <= MOST_COUNTIES_NAMED:
        open_question = open_question.where(alarm.c.county.in_(counties))
        device_question = device_question.where(device.c.county.in_(counties))
    for row in connection.execute(open_question.order_by(alarm.c.raised_at)).mappings():
        codes[row["county"], row["kiosk"]][row["device"]].append(row["code"])
    devices: dict[tuple[str, str], list[StoredDevice]] = defaultdict(list)
    for row in connection.execute(device_question).mappings():
        key = (row["county"], row["kiosk"])
        devices[key].append(_device(row, codes[key][row["device"]], moments.get(key, [])))
    return tuple(_kiosk(row, devices[row["county"], row["kiosk"]], codes[row["county"], row["kiosk"]]) for row in rows)


def _read_at(row: RowMapping, moments: Sequence[datetime | None]) -> datetime | None:
    """Return when a device was read: in its own row, or as its kiosk's last heartbeat says, whichever is later."""
    beaten = moments[row["position"]] if row["position"] < len(moments) else None
    return max((at for at in (row["read_at"], beaten) if at is not None), default=None)


def _device(row: RowMapping, codes: Iterable[str], moments: Sequence[datetime | None]) -> StoredDevice:
    return StoredDevice(
        device=row["device"],
        kind=row["kind"],
        condition=row["condition"],
        read_at=_read_at(row, moments),
        faults=tuple(dict.fromkeys(codes)),
        supplies=tuple(
            StoredSupply(name=s["name"], remaining=s["remaining"], is_low=s["low"], days_left=s.get("days_left"))
            for s in row["supplies"]
        ),
        measurements=tuple(StoredMeasurement(name=m["name"], value=m["value"], unit=m["unit"]) for m in row["measurements"]),
        evidence=row["evidence"],
        model=row["model"],
        port=row["port"],
    )


def _kiosk(row: RowMapping, devices: Iterable[StoredDevice], codes: Mapping[str, list[str]]) -> StoredKiosk:
    shown = row["screen"]
    plain = {name: row[name] for name in _KIOSK_AS_IS}
    return StoredKiosk(
        id=KioskId(county=row["county"], kiosk=row["kiosk"]),
        screen=StoredScreen(
            page=shown["page"], service=shown["service"], step=shown["step"], steps=shown["steps"], at=row["screen_at"]
        ),
        titles={service["id"]: service["title"] for service in row["catalogue"]},
        devices=tuple(devices),
        open_alarms=sum(len(of_device) for of_device in codes.values()),
        **plain,
    )


_KIOSK_AS_IS = (
    "site",
    "town",
    "address",
    "model",
    "release",
    "life",
    "stored_seq",
    "heartbeat_s",
    "born_at",
    "first_seen_at",
    "last_seen_at",
    "is_silent",
    "condition",
    "condition_since",
    "services_offered",
    "services_total",
    "clock_trusted",
    "clock_skew_s",
    "queued",
    "shed",
)
"""Columns that are shown exactly as they are stored."""


_ALARM_AS_IS = (
    "id",
    "site",
    "device",
    "code",
    "severity",
    "remedy",
    "detail",
    "raised_at",
    "received_at",
    "cleared_at",
    "cleared_by",
    "cause",
    "phase",
    "occurrences",
    "is_flapping",
    "flap_score",
    "flap_at",
    "hushed_by",
    "incident_id",
    "needs_person",
    "acknowledged_at",
    "acknowledged_by",
    "acknowledgement",
    "shelved_until",
    "shelved_by",
    "escalation",
)


def stored_alarm(row: RowMapping) -> StoredAlarm:
    """Return an alarm of a row that carries its kiosk's ``site`` as well."""
    plain = {name: row[name] for name in _ALARM_AS_IS}
    return StoredAlarm(kiosk=KioskId(county=row["county"], kiosk=row["kiosk"]), **plain)
