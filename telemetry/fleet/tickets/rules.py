"""How long each step may take, how long an alarm waits for a ticket, when an old ticket is the same again: numbers, no more."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from telemetry.fleet.tickets.ticket import State, Ticket
from telemetry.wire.service_hours import ServiceHours

MOST_ESCALATIONS = 3
"""Told so often that one step is overdue; whoever has not moved by then is not moved by a fourth message."""
BLOCKING = "BLOCKING"
CLERK = "CLERK"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One service's numbers, from ``[tickets]`` of fleet.toml. Times are of service hours unless they say otherwise.

    Attributes:
        steps: How long a ticket may stay in each state while villagers cannot do something.
        slight_factor: So much longer where they can, less well.
        clerk_blocking: How long a clerk has for what stops services, before a ticket is opened.
        clerk_slight: The same for what only makes them worse.
        reopen_within: Plain time: the same fault so soon after its ticket was closed is the same ticket.
        keep_verified: Plain time a verified ticket stays on the board before it closes by itself.
        first_grace: Plain time: whoever complains so soon after an alarm has ended complains of what we knew.
    """

    steps: dict[State, timedelta] = field(
        default_factory=lambda: {
            State.OPENED: timedelta(minutes=15),
            State.ACKNOWLEDGED: timedelta(minutes=30),
            State.DISPATCHED: timedelta(minutes=240),
            State.ARRIVED: timedelta(minutes=60),
            State.FIXED: timedelta(minutes=60),
        }
    )
    slight_factor: float = 4.0
    clerk_blocking: timedelta = timedelta(minutes=60)
    clerk_slight: timedelta = timedelta(minutes=1_620)
    reopen_within: timedelta = timedelta(days=7)
    keep_verified: timedelta = timedelta(hours=24)
    first_grace: timedelta = timedelta(minutes=10)

    def patience(self, *, remedy: str, severity: str) -> timedelta:
        """Return how long an alarm that needs a person waits before it is a ticket; the clerk mends paper without one."""
        if remedy != CLERK:
            return timedelta()
        return self.clerk_blocking if severity == BLOCKING else self.clerk_slight

    def step(self, state: State, *, is_blocking: bool) -> timedelta | None:
        """Return how long a ticket may stay in a state, or None for as long as it likes."""
        allowed = self.steps.get(state)
        return allowed if allowed is None or is_blocking else allowed * self.slight_factor

    def due_at(self, state: State, *, is_blocking: bool, since: datetime, hours: ServiceHours) -> datetime | None:
        """Return by when a step that began at ``since`` should be over."""
        allowed = self.step(state, is_blocking=is_blocking)
        return None if allowed is None else hours.after(since, allowed)

    def escalation(self, ticket: Ticket, *, hours: ServiceHours, now: datetime) -> int:
        """Return how often by now the ticket's present step should have been told as overdue."""
        allowed = self.step(ticket.state, is_blocking=ticket.is_blocking)
        if allowed is None or ticket.due_at is None or now < ticket.due_at:
            return 0
        over_s = hours.open_s(ticket.due_at, now)
        return min(MOST_ESCALATIONS, 1 + int(over_s // max(60.0, allowed.total_seconds())))

    def look_at(self, ticket: Ticket, *, hours: ServiceHours) -> datetime | None:
        """Return when time alone may change a ticket, or None when only news can."""
        if ticket.state is State.VERIFIED and ticket.verified_at is not None:
            return ticket.verified_at + self.keep_verified
        allowed = self.step(ticket.state, is_blocking=ticket.is_blocking)
        if allowed is None or ticket.due_at is None or ticket.escalation >= MOST_ESCALATIONS:
            return None
        return hours.after(ticket.due_at, max(timedelta(minutes=1), allowed) * ticket.escalation)


ORDINARY = Rules()
"""The numbers of a fleet.toml that says nothing of tickets."""
