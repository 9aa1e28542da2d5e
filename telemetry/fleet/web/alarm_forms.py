"""What people do about alarms from a page: acknowledge, shelve, unshelve, plan maintenance and end it; each answer in words."""

from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request, Response
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.alarms.places import Level
from telemetry.fleet.alarms.rules import Rules
from telemetry.fleet.changes import Changes
from telemetry.fleet.store.act_outcome import Late, Outcome
from telemetry.fleet.store.alarm_acts import AlarmActs
from telemetry.fleet.store.plan_acts import NotPlannableError, PlanActs
from telemetry.fleet.store.ticket_acts import Who
from telemetry.fleet.web.said import Word, back_to
from telemetry.fleet.web.who import Asking, address_of, must
from telemetry.wire.service_hours import CHINA, Calendars
from telemetry.wire.topics import KioskId

MOST_CHOSEN = 500
"""Alarms acted on at once: as many as a page lists."""
NOBODY: list[int] = []
ALARMS, PLAN = "/alarms", "/maintenance"
DESK_OPENS = time(8, 30)
"""When somebody is at a desk tomorrow."""

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Chosen = Annotated[list[Annotated[int, Form(ge=1, le=2**31 - 1)]], Form(max_length=MOST_CHOSEN)]
Typed = Annotated[str, Form(max_length=400)]
Short = Annotated[str, Form(max_length=160)]
Back = Annotated[str, Form(max_length=1_000)]


class Until(StrEnum):
    """How long an alarm is put aside."""

    HOUR = "hour"
    TOMORROW = "tomorrow"
    THREE_DAYS = "three_days"
    WEEK = "week"


def router(engine: Engine, *, changes: Changes, calendars: Calendars, rules: Rules, now: Callable[[], datetime]) -> APIRouter:
    """Return the acts. ``changes`` is told of what is done here, so that every open page shows it."""
    routes = APIRouter(include_in_schema=False)
    alarms = AlarmActs(engine, calendars=calendars, rules=rules)
    plans = PlanActs(engine)

    def told(outcome: Outcome, back: str, home: str) -> Response:
        changes.publish(outcome.kiosks)
        done, late = len(outcome.done), len(outcome.late)
        word = Word.LOST if not done else Word.PARTLY if late else Word.DONE
        return back_to(back, word, home=home, n=done, left=late)

    @routes.post("/alarms/acknowledge")
    async def acknowledge(
        *, request: Request, person: Asking, alarm: Chosen = NOBODY, comment: Typed = "", back: Back = ALARMS
    ) -> Response:
        must(person, Act.ACKNOWLEDGE)
        if not alarm:
            return back_to(back, Word.NOTHING_CHOSEN, home=ALARMS)
        outcome = await run_in_threadpool(alarms.acknowledge, _who(person, request), alarm, comment=comment, now=now())
        return told(outcome, back, ALARMS)

    @routes.post("/alarms/shelve")
    async def shelve(
        *,
        request: Request,
        person: Asking,
        alarm: Chosen = NOBODY,
        until: Annotated[Until, Form()] = Until.HOUR,
        comment: Typed = "",
        back: Back = ALARMS,
    ) -> Response:
        must(person, Act.SHELVE)
        if not alarm:
            return back_to(back, Word.NOTHING_CHOSEN, home=ALARMS)
        if not comment.strip():
            return back_to(back, Word.NO_COMMENT, home=ALARMS)
        who, moment = _who(person, request), now()

        def each() -> Outcome:
            end = _moment(until, moment)
            return _together(alarms.shelve(who, one, until=end, comment=comment, now=moment) for one in alarm)

        return told(await run_in_threadpool(each), back, ALARMS)

    @routes.post("/alarms/unshelve")
    async def unshelve(*, request: Request, person: Asking, alarm: Chosen = NOBODY, back: Back = ALARMS) -> Response:
        must(person, Act.UNSHELVE)
        if not alarm:
            return back_to(back, Word.NOTHING_CHOSEN, home=ALARMS)
        who, moment = _who(person, request), now()
        outcome = await run_in_threadpool(lambda: _together(alarms.unshelve(who, one, now=moment) for one in alarm))
        return told(outcome, back, ALARMS)

    @routes.post("/incidents/{number}/acknowledge")
    async def acknowledge_incident(
        *, request: Request, person: Asking, number: Number, comment: Typed = "", back: Back = ALARMS
    ) -> Response:
        must(person, Act.ACKNOWLEDGE)
        who = _who(person, request)
        outcome = await run_in_threadpool(plans.acknowledge_incident, who, number, comment=comment, now=now())
        return told(outcome, back, ALARMS)

    @routes.post("/maintenance")
    async def plan(
        *,
        request: Request,
        person: Asking,
        county: Short,
        level: Annotated[Level, Form()],
        begins: Short,
        ends: Short,
        why: Typed,
        scope: Short = "",
        back: Back = PLAN,
    ) -> Response:
        must(person, Act.PLAN_MAINTENANCE, county=county)
        begins_at, ends_at = _local(begins), _local(ends)
        if begins_at is None or ends_at is None or not now() < ends_at or not begins_at < ends_at:
            return back_to(back, Word.BAD_TIME, home=PLAN)
        name = county if level is Level.COUNTY else scope.strip()

        def write() -> Outcome:
            return plans.plan_maintenance(
                _who(person, request),
                county=county,
                level=level,
                scope=name,
                begins_at=begins_at,
                ends_at=ends_at,
                why=why,
                now=now(),
            )

        try:
            return told(await run_in_threadpool(write), back, PLAN)
        except NotPlannableError:
            return back_to(back, Word.BAD_SCOPE, home=PLAN)

    @routes.post("/maintenance/{number}/end")
    async def end(*, request: Request, person: Asking, number: Number, back: Back = PLAN) -> Response:
        must(person, Act.END_MAINTENANCE)
        return told(await run_in_threadpool(plans.end_maintenance, _who(person, request), number, now=now()), back, PLAN)

    return routes


def _who(person: Person, request: Request) -> Who:
    return Who(person=person, address=address_of(request))


def _together(outcomes: Iterable[Outcome]) -> Outcome:
    """Return many acts as one."""
    done: list[int] = []
    late: list[Late] = []
    kiosks: set[KioskId] = set()
    for outcome in outcomes:
        done.extend(outcome.done)
        late.extend(outcome.late)
        kiosks |= outcome.kiosks
    return Outcome(done=tuple(done), late=tuple(late), kiosks=frozenset(kiosks))


def _moment(until: Until, now: datetime) -> datetime:
    match until:
        case Until.HOUR:
            return now + timedelta(hours=1)
        case Until.TOMORROW:
            return datetime.combine(now.astimezone(CHINA).date() + timedelta(days=1), DESK_OPENS, CHINA)
        case Until.THREE_DAYS:
            return now + timedelta(days=3)
        case Until.WEEK:
            return now + timedelta(days=7)


def _local(text: str) -> datetime | None:
    """Read what a browser's field of date and time says, on the clock of the bureau."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=CHINA) if moment.tzinfo is None else moment
