"""What a person may do to a ticket, in which state, and what it leads to. Pure. Nothing here leads to verified."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.tickets.rules import Rules
from telemetry.fleet.tickets.ticket import MOST_PARTS, NOTE_CHARS, Deed, Line, Part, State, Ticket
from telemetry.wire.service_hours import ServiceHours


class Doing(StrEnum):
    """What may be done; the word stands in the address of its form."""

    ACKNOWLEDGE = "acknowledge"
    DISPATCH = "dispatch"
    ARRIVE = "arrive"
    FIX = "fix"
    NOTE = "note"
    CLOSE = "close"


class Refusal(StrEnum):
    """Why it cannot be done; a page has words for each."""

    WRONG_STATE = "wrong_state"
    NEEDS_ASSIGNEE = "needs_assignee"
    NEEDS_REASON = "needs_reason"
    NEEDS_NOTE = "needs_note"
    TOO_MANY_PARTS = "too_many_parts"


class NotNowError(Exception):
    """The ticket's state, or what was said with the act, does not allow it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One thing to do: from which states, to which (None stays), and what somebody must be allowed to."""

    states: frozenset[State]
    to: State | None
    deed: Deed
    asks: Act


_OPEN = frozenset(State) - {State.CLOSED}

WAYS: Mapping[Doing, Way] = {
    Doing.ACKNOWLEDGE: Way(states=frozenset({State.OPENED}), to=State.ACKNOWLEDGED, deed=Deed.ACKNOWLEDGED, asks=Act.TAKE_TICKET),
    Doing.DISPATCH: Way(
        states=frozenset({State.OPENED, State.ACKNOWLEDGED, State.DISPATCHED}),
        to=State.DISPATCHED,
        deed=Deed.DISPATCHED,
        asks=Act.DISPATCH,
    ),
    Doing.ARRIVE: Way(
        states=frozenset({State.ACKNOWLEDGED, State.DISPATCHED}), to=State.ARRIVED, deed=Deed.ARRIVED, asks=Act.ARRIVE
    ),
    Doing.FIX: Way(
        states=frozenset({State.ACKNOWLEDGED, State.DISPATCHED, State.ARRIVED}), to=State.FIXED, deed=Deed.FIXED, asks=Act.FIX
    ),
    Doing.NOTE: Way(states=_OPEN, to=None, deed=Deed.NOTED, asks=Act.TAKE_TICKET),
    Doing.CLOSE: Way(states=_OPEN, to=State.CLOSED, deed=Deed.CLOSED, asks=Act.CLOSE_TICKET),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was said with an act."""

    note: str = ""
    assignee: str = ""
    parts: tuple[Part, ...] = ()


def open_to(ticket: Ticket, person: Person) -> tuple[Doing, ...]:
    """Return what this person may do to this ticket now, in the order of the steps."""
    return tuple(
        doing
        for doing, way in WAYS.items()
        if ticket.state in way.states and person.may(way.asks, county=ticket.county, area=ticket.area)
    )


def take(
    ticket: Ticket, doing: Doing, said: Said, *, by: str, rules: Rules, hours: ServiceHours, now: datetime
) -> tuple[Ticket, Line]:
    """Do it. Whether the person may was asked before.

    Args:
        ticket: As the person saw it.
        doing: What.
        said: What was said with it.
        by: Name of the person's account.
        rules: How long the next step may take.
        hours: Of the kiosk.
        now: Server's clock.

    Returns:
        The ticket afterwards, its version one more, and the line that tells of it.

    Raises:
        NotNowError: The state, or something missing, does not allow it.
    """
    way = WAYS[doing]
    note = said.note.strip()[:NOTE_CHARS]
    _check(ticket, doing, way, note, said)
    deed, assignee = way.deed, ticket.assignee or by
    if doing is Doing.DISPATCH:
        assignee, note = said.assignee, f"{said.assignee} {note}".strip()[:NOTE_CHARS]
    elif doing is Doing.NOTE or doing is Doing.CLOSE:
        assignee = ticket.assignee
    if doing is Doing.CLOSE and ticket.verified_at is None:
        deed = Deed.GIVEN_UP
    state = way.to or ticket.state
    after = replace(
        ticket, state=state, version=ticket.version + 1, assignee=assignee, parts=added(ticket.parts, said.parts)
    )  # fmt: skip
    if way.to is not None:
        due_at = rules.due_at(state, is_blocking=ticket.is_blocking, since=now, hours=hours)
        after = replace(after, state_since=now, due_at=due_at, escalation=0)
    if state is State.FIXED:
        after = replace(after, fixed_at=now)
    if state is State.CLOSED:
        after = replace(after, closed_at=now)
    if said.parts:
        note = f"{note} [{', '.join(f'{one.part} x{one.count}' for one in said.parts)}]".strip()[:NOTE_CHARS]
    return after, Line(deed=deed, by=by, note=note)


def added(before: tuple[Part, ...], more: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return all parts used so far, each named once."""
    counts: dict[str, int] = {}
    for one in (*before, *more):
        counts[one.part] = counts.get(one.part, 0) + one.count
    return tuple(Part(part=part, count=count) for part, count in counts.items())


def _check(ticket: Ticket, doing: Doing, way: Way, note: str, said: Said) -> None:
    if ticket.state not in way.states:
        raise NotNowError(Refusal.WRONG_STATE)
    if doing is Doing.DISPATCH and not said.assignee:
        raise NotNowError(Refusal.NEEDS_ASSIGNEE)
    if doing is Doing.CLOSE and ticket.verified_at is None and not note:
        raise NotNowError(Refusal.NEEDS_REASON)
    if doing is Doing.NOTE and not note and not said.parts:
        raise NotNowError(Refusal.NEEDS_NOTE)
    if len(added(ticket.parts, said.parts)) > MOST_PARTS:
        raise NotNowError(Refusal.TOO_MANY_PARTS)
