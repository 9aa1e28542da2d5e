"""How an alarm goes on: what was said, what somebody did and the time in, the alarm as it stands then out. Pure.

Everything that becomes due is done at the moment it was due, in order, however seldom anybody looks: one look a day leads to the
same alarm as one look a second. What stands is decided by the occurrences that are open, not by the order of raise and clear.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from telemetry.fleet.alarms.rules import BLOCKING, Rule, Rules
from telemetry.fleet.alarms.state import AlarmState, Hush, Phase
from telemetry.wire.service_hours import ServiceHours

MOST_ESCALATIONS = 3
"""Above the bureau there is nobody to tell."""
MOST_FLAPS = 1_000.0
"""A score beyond this says nothing more; it would only take days to decay."""
MOST_OCCURRENCES = 1_000_000_000
"""What is counted; a column holds twice as many."""
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When out of order is planned: from ``begins_at`` up to ``ends_at``."""

    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What alarms of one kiosk are judged by besides what it says.

    Attributes:
        rules: Of every code.
        hours: The kiosk's.
        windows: Maintenance planned for it or for any place it belongs to.
    """

    rules: Rules
    hours: ServiceHours
    windows: tuple[Window, ...] = ()


def look(state: AlarmState, context: Context, *, now: datetime) -> AlarmState:
    """Do everything that became due before now, each at its moment.

    What is due now is left for later: what is said in the same instant comes first, so a raise at the very end of clear-for is
    the same alarm, whoever looked first.
    """
    while state.is_live and state.due_at is not None and state.due_at < now:
        state = settle(state, context, at=state.due_at)
    return state


def raised(state: AlarmState, context: Context, *, since: datetime, now: datetime) -> AlarmState:
    """Take another raise of a live alarm: a new occurrence, or the one it knows said again. To be settled."""
    return there(counted(state, context, since=since, now=now), context, now=now)


def counted(state: AlarmState, context: Context, *, since: datetime, now: datetime) -> AlarmState:
    """Count one occurrence more of a live alarm, if it is none it knows. To be settled."""
    if since in {state.raised_at, state.last_raised_at}:
        return state
    rule = context.rules.of(state.code, state.remedy)
    score = min(MOST_FLAPS, score_at(state, rule, now) + 1.0)
    return replace(
        state,
        occurrences=min(MOST_OCCURRENCES, state.occurrences + 1),
        last_raised_at=since,
        flap_score=score,
        flap_at=now,
        is_flapping=state.is_flapping or score >= rule.flap_limit,
    )


def there(state: AlarmState, context: Context, *, now: datetime) -> AlarmState:
    """Note that what was said to be over is there. To be settled."""
    if state.phase in {Phase.PENDING, Phase.OPEN}:
        return state
    has_opened = state.opened_at is not None
    return replace(
        state,
        phase=Phase.OPEN if has_opened else Phase.PENDING,
        opens_at=None if has_opened else now + context.rules.of(state.code, state.remedy).raise_for,
        cleared_at=None,
        cleared_by="",
        gone_at=None,
        clears_at=None,
    )


def gone(state: AlarmState, context: Context, *, at: datetime, by: str, now: datetime) -> AlarmState:
    """Take the end of a live alarm; ``at`` is the kiosk's clock. To be settled."""
    if state.phase is Phase.CLEARING:  # the birth said that it was over, its own message says since when
        return replace(state, gone_at=at, cleared_by=by, cleared_at=None if state.cleared_at is None else at)
    rule = context.rules.of(state.code, state.remedy)
    return replace(
        state,
        phase=Phase.CLEARING,
        opens_at=None,
        gone_at=at,
        cleared_by=by,
        cleared_at=None if state.is_flapping else at,
        clears_at=now + (rule.hold if state.is_flapping else rule.clear_for),
    )


def score_at(state: AlarmState, rule: Rule, at: datetime) -> float:
    """Return the flap score of a moment."""
    if state.flap_at is None or at <= state.flap_at:
        return state.flap_score
    halves = (at - state.flap_at) / rule.flap_half_life
    return state.flap_score * math.exp2(-halves)


def settle(state: AlarmState, context: Context, *, at: datetime) -> AlarmState:
    """Return the alarm as it stands at a moment, with the next moment at which it will be different."""
    rule = context.rules.of(state.code, state.remedy)
    state = _phased(state, at)
    if state.is_flapping and at >= _calm_at(state, rule):
        state = replace(state, is_flapping=False)
    if state.phase is Phase.CLEARED:
        return _nobodys(replace(state, is_flapping=False), due_at=None)
    if state.phase is Phase.PENDING:
        return _nobodys(state, due_at=state.opens_at)
    if state.phase is Phase.CLEARING and state.cleared_at is not None:
        return _nobodys(state, due_at=state.clears_at)
    hush = _hush(state, context, at)
    wanted_at = _wanted_at(state, rule, context.hours)
    state = replace(state, hushed_by=hush.value if hush is not None else "")
    is_needed = hush is None and wanted_at is not None and at >= wanted_at
    if is_needed and not state.needs_person:
        state = replace(state, needs_person=True, needed_at=at, escalation=0)
    elif not is_needed and state.needs_person:
        state = replace(state, needs_person=False, needed_at=None)
    state = _escalated(state, rule, context.hours, at)
    ahead = (*_hush_changes(state, context), wanted_at, _escalates_at(state, rule, context.hours))
    calm_at = _calm_at(state, rule) if state.is_flapping else None
    return replace(state, due_at=_next((*ahead, calm_at, state.clears_at), at))


def _phased(state: AlarmState, at: datetime) -> AlarmState:
    if state.phase is Phase.PENDING and (state.opens_at is None or at >= state.opens_at):
        return replace(state, phase=Phase.OPEN, opened_at=at, opens_at=None)
    if state.phase is Phase.CLEARING and state.clears_at is not None and at >= state.clears_at:
        return replace(state, phase=Phase.CLEARED, cleared_at=state.gone_at, clears_at=None)
    return state


def _nobodys(state: AlarmState, *, due_at: datetime | None) -> AlarmState:
    return replace(state, hushed_by="", needs_person=False, needed_at=None, due_at=due_at)


def _hush(state: AlarmState, context: Context, at: datetime) -> Hush | None:
    if state.shelved_until is not None and at < state.shelved_until:
        return Hush.SHELVED
    if any(window.begins_at <= at < window.ends_at for window in context.windows):
        return Hush.MAINTENANCE
    if state.incident_id is not None:
        return Hush.INCIDENT
    if _opens_at(state, context.hours) > at:
        return Hush.HOURS
    return None


def _hush_changes(state: AlarmState, context: Context) -> Iterable[datetime | None]:
    yield state.shelved_until
    for window in context.windows:
        yield window.begins_at
        yield window.ends_at
    opens_at = _opens_at(state, context.hours)
    yield None if opens_at == NEVER else opens_at


def _opens_at(state: AlarmState, hours: ServiceHours) -> datetime:
    """Return from when on hours do not hush it: what villagers cannot do, and what has seen one opening, is told at night too."""
    opened_at = state.opened_at or state.received_at
    if state.severity == BLOCKING:
        return opened_at
    return hours.opens_next(opened_at) or NEVER


def _wanted_at(state: AlarmState, rule: Rule, hours: ServiceHours) -> datetime | None:
    opened_at = state.opened_at or state.received_at
    if state.is_flapping:
        return opened_at
    if rule.person_after is None:
        return None
    wanted_at = opened_at + rule.person_after
    return wanted_at if state.severity == BLOCKING else hours.opens_next(wanted_at)


def _escalated(state: AlarmState, rule: Rule, hours: ServiceHours, at: datetime) -> AlarmState:
    while (due_at := _escalates_at(state, rule, hours)) is not None and due_at <= at:
        state = replace(state, escalation=state.escalation + 1)
    return state


def _escalates_at(state: AlarmState, rule: Rule, hours: ServiceHours) -> datetime | None:
    if state.needed_at is None or state.acknowledged_at is not None or state.escalation >= MOST_ESCALATIONS:
        return None
    return hours.after(state.needed_at, rule.escalate_after * (state.escalation + 1))


def _calm_at(state: AlarmState, rule: Rule) -> datetime:
    """Return when the score will have fallen to half its limit."""
    if state.flap_at is None or state.flap_score <= rule.flap_limit / 2:
        return state.flap_at or state.received_at
    return state.flap_at + rule.flap_half_life * math.log2(2 * state.flap_score / rule.flap_limit)


def _next(moments: Iterable[datetime | None], at: datetime) -> datetime | None:
    return min((moment for moment in moments if moment is not None and moment > at), default=None)
