"""What a kiosk's clock is worth: a moment that cannot be is replaced, so that 1970 and 2099 poison nothing. Pure.

What is stored beside a message as its body stays as it was said. The measure of a clock that is wrong, ``clock_skew_s``, stays
true as well; it is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from telemetry.fleet.alarms import BY_KIOSK, Occurrence
from telemetry.fleet.alarms.occurrences import Open
from telemetry.wire.messages import Birth, Event, FaultChanged, FaultState, StatusChanged, Upward

EARLIEST = datetime(2024, 1, 1, tzinfo=UTC)
"""Before the first kiosk was built: a clock that says so was never set."""
AHEAD = timedelta(minutes=5)
"""How far a clock may be before ours; no message comes from the future."""
ASTRAY = timedelta(minutes=5)
"""How far a clock that nobody has confirmed may be from ours in what it says of now."""

REMEMBERED = 64
"""Moments given anew that are remembered for a kiosk: as many as its outbox may still speak of."""

Numbered = StatusChanged | FaultChanged | Event
Renamed = Mapping[Occurrence, datetime]
"""Occurrences as a kiosk named them -> the moment each was given instead."""


def is_possible(moment: datetime, *, now: datetime) -> bool:
    """Say whether something of ours can have happened then."""
    return EARLIEST <= moment <= now + AHEAD


def as_stored(message: Numbered, *, received_at: datetime) -> datetime:
    """Return when a message was said, as it can have been."""
    return message.at if is_possible(message.at, now=received_at) else received_at


def with_possible_moments(message: Upward, known: Open, renamed: Renamed, *, is_history: bool, now: datetime) -> Upward:
    """Return a message whose moments can be stored: when faults began and ended, and when a birth was said.

    A fault of an impossible moment that is open already keeps the moment it was given then: its end has to find it.

    Args:
        message: As it came.
        known: What is open at its kiosk.
        renamed: What was given another moment before.
        is_history: It was said before the kiosk's last birth; how long ago says nothing of its clock.
        now: Server's clock.
    """
    if not isinstance(message, Birth | FaultChanged):
        return message
    is_near = abs(message.at - now) <= ASTRAY
    is_believed = is_possible(message.at, now=now) and (message.clock_trusted or is_history or is_near)
    clock = _Clock(said_at=message.at, is_believed=is_believed, now=now)
    if isinstance(message, Birth):
        faults = tuple(_fault(fault, known, renamed, clock) for fault in message.faults)
        if faults == message.faults and is_believed:
            return message
        return message.model_copy(update={"faults": faults, "at": message.at if is_believed else now})
    fault = _fault(message.fault, known, renamed, clock)
    cleared_at = None if message.cleared_at is None else clock.possible(message.cleared_at)
    if (fault, cleared_at) == (message.fault, message.cleared_at):
        return message
    return message.model_copy(update={"fault": fault, "cleared_at": cleared_at})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clock:
    """A kiosk's clock as it was when it spoke."""

    said_at: datetime
    is_believed: bool
    now: datetime

    def possible(self, moment: datetime) -> datetime:
        """Return a moment as it can have been: where the clock cannot be right, as long ago as it says that it was."""
        if self.is_believed:
            return moment if is_possible(moment, now=self.now) else self.now
        ago = self.said_at - moment
        if ago < timedelta() and is_possible(moment, now=self.now):
            return moment  # later than the clock that repeats it: told by one that was right, before it was lost
        return self.now - ago if timedelta() <= ago <= self.now - EARLIEST else self.now


def renamed_by(said: Upward, possible: Upward, before: Renamed) -> Renamed:
    """Return what is remembered of moments given anew, after one message more."""
    pairs: Iterable[tuple[FaultState, FaultState]] = ()
    if isinstance(said, FaultChanged) and isinstance(possible, FaultChanged):
        pairs = ((said.fault, possible.fault),)
    elif isinstance(said, Birth) and isinstance(possible, Birth):
        pairs = zip(said.faults, possible.faults, strict=True)
    fresh = {_name(fault): given.since for fault, given in pairs if fault.since != given.since and _name(fault) not in before}
    if not fresh:
        return before
    return dict(list({**before, **fresh}.items())[-REMEMBERED:])


def _fault(fault: FaultState, known: Open, renamed: Renamed, clock: _Clock) -> FaultState:
    given = renamed.get(_name(fault))
    if given is not None:
        return fault.model_copy(update={"since": given})
    if clock.is_believed and is_possible(fault.since, now=clock.now):
        return fault
    since = next(
        (open_.since for open_, alarm in known.items() if _is_of(open_, fault) and alarm.cause == BY_KIOSK),
        None,
    )
    if since is None:
        since = _of_its_own(clock.possible(fault.since), fault, renamed)
    return fault.model_copy(update={"since": since})


def _of_its_own(moment: datetime, fault: FaultState, renamed: Renamed) -> datetime:
    """Return a moment that no other occurrence was given: two that come in one breath, heard at one time, stay two."""
    taken = {given for name, given in renamed.items() if _is_of(name, fault)}
    while moment in taken:
        moment += timedelta.resolution
    return moment


def _is_of(occurrence: Occurrence, fault: FaultState) -> bool:
    return (occurrence.device, occurrence.code) == (fault.device, fault.code)


def _name(fault: FaultState) -> Occurrence:
    return Occurrence(device=fault.device, code=fault.code, since=fault.since)
