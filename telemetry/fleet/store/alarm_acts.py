"""What people do about alarms, each act with its audit row in one transaction; who comes too late is told so, and by whom."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act
from telemetry.fleet.alarms import acts
from telemetry.fleet.alarms.engine import Context
from telemetry.fleet.alarms.rules import Rules
from telemetry.fleet.alarms.state import AlarmState
from telemetry.fleet.store.act_outcome import Late, Outcome, Why, checked, note
from telemetry.fleet.store.alarm_rows import AlarmRows, Owned
from telemetry.fleet.store.named import by_county
from telemetry.fleet.store.schema import equipment
from telemetry.fleet.store.ticket_acts import Who
from telemetry.wire.service_hours import ORDINARY, Calendars
from telemetry.wire.topics import KioskId

MOST_AT_ONCE = 5_000
"""Alarms acknowledged in one act: those of a county without its backbone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deed:
    act: Act
    too_late: Callable[[int, AlarmState], Late | None]
    change: Callable[[AlarmState, Context], AlarmState]
    detail: str = ""


class AlarmActs:
    """Blocking; call it from a worker thread. Whether somebody may is asked here too, alarm by alarm."""

    def __init__(self, engine: Engine, *, calendars: Calendars = ORDINARY, rules: Rules | None = None) -> None:
        """Prepare; ``calendars`` and ``rules`` as for ``AlarmBook``."""
        self._engine = engine
        self._calendars = calendars
        self._rules = rules or Rules()

    def acknowledge(self, who: Who, ids: Sequence[int], *, comment: str, now: datetime) -> Outcome:
        """Say that somebody knows: these alarms go no further up.

        Raises:
            ValueError: More than ``MOST_AT_ONCE``, or the comment is longer than ``MAX_COMMENT``.
        """
        if len(ids) > MOST_AT_ONCE:
            raise ValueError(f"at most {MOST_AT_ONCE} alarms at once")

        def late(number: int, state: AlarmState) -> Late | None:
            if state.acknowledged_at is not None:
                return Late(id=number, why=Why.QUICKER, by=state.acknowledged_by, at=state.acknowledged_at)
            return None

        comment = checked(comment)
        deed = _Deed(
            act=Act.ACKNOWLEDGE,
            too_late=late,
            change=lambda state, context: acts.acknowledged(state, context, by=who.person.name, comment=comment, now=now),
            detail=comment,
        )
        return self._each(who, ids, deed, now)

    def shelve(self, who: Who, number: int, *, until: datetime, comment: str, now: datetime) -> Outcome:
        """Put an alarm aside until a moment; it comes back by itself.

        Raises:
            ValueError: ``until`` is past or more than 30 days away, or the comment is too long.
        """
        comment = checked(comment)
        if not now < until <= now + acts.LONGEST_SHELF:
            raise ValueError(f"until must be in the future, at most {acts.LONGEST_SHELF.days} days away")

        def late(number: int, state: AlarmState) -> Late | None:
            if state.shelved_until is not None and state.shelved_until > now and state.shelved_by != who.person.name:
                return Late(id=number, why=Why.QUICKER, by=state.shelved_by, at=state.shelved_until)
            return None

        deed = _Deed(
            act=Act.SHELVE,
            too_late=late,
            change=lambda state, context: acts.shelved(state, context, until=until, by=who.person.name, comment=comment, now=now),
            detail=f"until {until.isoformat(timespec='minutes')} {comment}".strip(),
        )
        return self._each(who, [number], deed, now)

    def unshelve(self, who: Who, number: int, *, now: datetime) -> Outcome:
        """Take an alarm back before its time."""

        def late(number: int, state: AlarmState) -> Late | None:
            return None if state.shelved_until is not None and state.shelved_until > now else Late(id=number, why=Why.OVER)

        deed = _Deed(act=Act.UNSHELVE, too_late=late, change=lambda state, context: acts.unshelved(state, context, now=now))
        return self._each(who, [number], deed, now)

    def _each(
        self,
        who: Who,
        ids: Iterable[int],
        deed: _Deed,
        now: datetime,
    ) -> Outcome:
        wanted = sorted(set(ids))
        done: list[int] = []
        late: list[Late] = []
        changed: list[Owned] = []
        with self._engine.begin() as connection:
            rows = AlarmRows(connection, calendars=self._calendars, rules=self._rules)
            rows.hold()
            found = rows.numbered(wanted)
            owners = {owner for owner, _ in found.values()}
            standpoints, areas = rows.standpoints(owners, now=now), _areas(connection, owners)
            for number in wanted:
                if number not in found:
                    late.append(Late(id=number, why=Why.UNKNOWN))
                    continue
                owner, state = found[number]
                missed = None if state.stands else Late(id=number, why=Why.OVER, at=state.cleared_at)
                missed = deed.too_late(number, state) or missed
                if not who.person.may(deed.act, county=owner.county, area=areas.get(owner, "")):
                    missed = Late(id=number, why=Why.REFUSED)
                result: audit.Result = "done" if missed is None else "refused" if missed.why is Why.REFUSED else "lost"
                note(
                    connection, who, deed.act, now=now, county=owner.county, kiosk=owner.kiosk, about=f"alarm {number}",
                    detail=f"{state.device} {state.code} {deed.detail}".strip(), result=result,
                )  # fmt: skip
                if missed is not None:
                    late.append(missed)
                    continue
                done.append(number)
                changed.append((owner, deed.change(state, standpoints[owner].context)))
            rows.save(changed)
        return Outcome(done=tuple(done), late=tuple(late), kiosks=frozenset(owner for owner, _ in changed))


def _areas(connection: Connection, kiosks: Iterable[KioskId]) -> dict[KioskId, str]:
    areas: dict[KioskId, str] = {}
    for county, names in by_county(kiosks):
        question = select(equipment.c.kiosk, equipment.c.area).where(equipment.c.county == county, equipment.c.kiosk.in_(names))
        areas |= {KioskId(county=county, kiosk=name): area for name, area in connection.execute(question)}
    return areas
