"""What people do about an alarm. Pure: the alarm as it stands in, the alarm as it stands afterwards out."""

from dataclasses import replace
from datetime import datetime, timedelta

from telemetry.fleet.alarms.engine import Context, look, settle
from telemetry.fleet.alarms.state import AlarmState

LONGEST_SHELF = timedelta(days=30)
"""Put aside for longer it is not an alarm but a decision: change the rule or the kiosk."""


def acknowledged(state: AlarmState, context: Context, *, by: str, comment: str, now: datetime) -> AlarmState:
    """Note that somebody knows: it goes no further up."""
    known = replace(look(state, context, now=now), acknowledged_at=now, acknowledged_by=by, acknowledgement=comment)
    return settle(known, context, at=now)


def shelved(state: AlarmState, context: Context, *, until: datetime, by: str, comment: str, now: datetime) -> AlarmState:
    """Put it aside until a moment; what is said of it goes on being counted.

    Raises:
        ValueError: The moment is past, or further away than ``LONGEST_SHELF``.
    """
    if not now < until <= now + LONGEST_SHELF:
        raise ValueError(f"until must be in the future, at most {LONGEST_SHELF.days} days away")
    aside = replace(look(state, context, now=now), shelved_until=until, shelved_by=by)
    return settle(replace(aside, acknowledgement=comment) if comment else aside, context, at=now)


def unshelved(state: AlarmState, context: Context, *, now: datetime) -> AlarmState:
    """Take it back before its time."""
    return settle(replace(look(state, context, now=now), shelved_until=None, shelved_by=""), context, at=now)


def joined(state: AlarmState, context: Context, *, incident_id: int, now: datetime) -> AlarmState:
    """Count it to an incident: its cause is elsewhere, and told there."""
    return settle(replace(look(state, context, now=now), incident_id=incident_id), context, at=now)


def alone(state: AlarmState, context: Context, *, now: datetime) -> AlarmState:
    """Give it back to itself: its incident is over, and it still stands."""
    return settle(replace(look(state, context, now=now), incident_id=None), context, at=now)
