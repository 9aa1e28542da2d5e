"""What follows for the ticket of an incident: one, to whoever ends it, for as long as the kiosks themselves are not back. Pure.

An incident is the one alarm of its ticket, so that steps, deadlines, verification and reopening are those of any ticket
(``following``). What differs is here: it may turn out to have another cause, to be wider, or to be a part of another one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from telemetry.fleet.alarms.root_cause import Kind
from telemetry.fleet.tickets.contacts import ENDS
from telemetry.fleet.tickets.following import Situation, Standing, Written, follow
from telemetry.fleet.tickets.rules import BLOCKING, Rules
from telemetry.fleet.tickets.ticket import THE_SERVICE, Cause, Deed, Line, Outage, State, Ticket
from telemetry.wire.service_hours import ServiceHours

CODES: Mapping[Kind, str] = {
    Kind.POWER: "area.without_power",
    Kind.NETWORK: "area.cut_off",
    Kind.UNKNOWN: "area.silent",
}
"""What an incident is called where a kiosk's fault has its code."""
KINDS: Mapping[str, Kind] = {code: kind for kind, code in CODES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident as it is now.

    Attributes:
        ended_at: When its kiosks were back; None while it lasts.
        back: How many of them say so themselves.
    """

    outage: Outage
    kind: Kind
    began_at: datetime
    opened_at: datetime
    ended_at: datetime | None = None
    back: int = 0

    @property
    def standing(self) -> Standing:
        """The one alarm its ticket is about."""
        return Standing(
            device=self.outage.level,
            code=CODES[self.kind],
            severity=BLOCKING,
            remedy=ENDS[self.kind].value,
            raised_at=self.began_at,
            needed_at=self.opened_at,
            needs_person=True,
            cleared_at=self.ended_at,
            cleared_by="" if self.ended_at is None else f"{self.back}/{self.outage.kiosks}",
        )


def is_of_the_same(ticket: Ticket, incident: Incident) -> bool:
    """Say whether an incident is what an earlier ticket was about: the same place, and no other cause that is known."""
    known = {KINDS.get(cause.code, Kind.UNKNOWN) for cause in ticket.causes}
    return (
        ticket.outage is not None
        and (ticket.county, ticket.outage.level, ticket.outage.scope)
        == (incident.outage.county, incident.outage.level, incident.outage.scope)
        and (incident.kind in known or Kind.UNKNOWN in {incident.kind, *known})
    )


def follow_incident(
    incident: Incident, known: Ticket | None, *, area: str, hours: ServiceHours, rules: Rules, now: datetime
) -> tuple[Written, ...]:
    """Return its ticket where it is different now.

    Args:
        incident: As it is.
        known: Its ticket, or one of the same matter (``is_of_the_same``) it may reopen.
        area: Whose round its kiosks are on; empty where they are on several.
        hours: Of the county.
        rules: Of ``[tickets]``.
        now: Server's clock.
    """
    if known is None:
        return follow(_situation(incident, area=area, hours=hours), rules=rules, now=now)
    is_its_own = known.outage is not None and known.outage.incident_id == incident.outage.incident_id
    if is_its_own and known.closed_at is not None:
        return ()  # somebody has closed it although it lasts: it asks for none again
    renamed = replace(known, about=incident.outage, causes=tuple(_renamed(cause, incident) for cause in known.causes))
    lines: list[Line] = []
    if is_its_own and _is_another(known, renamed):
        renamed = replace(renamed, version=renamed.version + 1)
        lines = [Line(deed=Deed.CHANGED, by=THE_SERVICE, note=_named(incident.standing))]
    so = replace(
        _situation(incident, area=known.area, hours=hours),
        ticket=renamed if known.closed_at is None else None,
        last=renamed if known.closed_at is not None else None,
    )
    written = follow(so, rules=rules, now=now)
    if not lines:
        return written
    if not written:
        return (Written(ticket=renamed, lines=lines),)
    [only] = written  # of an incident there is never another one beside
    return (Written(ticket=only.ticket, lines=[*lines, *only.lines]),)


def merged(ticket: Ticket, *, into: int, now: datetime) -> Written:
    """Return a ticket whose incident turned out to be a part of another one; that one's ticket ``into`` goes on."""
    name = f"T-{into}"
    over = tuple(
        replace(cause, cleared_at=cause.cleared_at or now, cleared_by=cause.cleared_by or name) for cause in ticket.causes
    )
    page = Written(ticket=ticket)
    closed = replace(ticket, causes=over, state=State.CLOSED, state_since=now, closed_at=now, due_at=None, escalation=0)
    page.add(closed, Deed.MERGED, THE_SERVICE, name)
    return page


def is_merged(ticket: Ticket) -> bool:
    """Say whether it is over only because another ticket goes on with it."""
    return ticket.outage is not None and any(cause.cleared_by.startswith("T-") for cause in ticket.causes)


def _situation(incident: Incident, *, area: str, hours: ServiceHours) -> Situation:
    return Situation(about=incident.outage, hours=hours, area=area, alarms=(incident.standing,))


def _renamed(cause: Cause, incident: Incident) -> Cause:
    now_so = incident.standing
    return replace(cause, device=now_so.device, code=now_so.code, remedy=now_so.remedy)


def _is_another(before: Ticket, after: Ticket) -> bool:
    """Whether somebody reading the ticket has to know: another cause, a wider scope, somebody else to call."""

    def told(ticket: Ticket) -> tuple[object, ...]:
        outage = ticket.outage
        place = () if outage is None else (outage.level, outage.scope, outage.addressee)
        return (*place, *(cause.code for cause in ticket.causes))

    return told(before) != told(after)


def _named(alarm: Standing) -> str:
    return f"{alarm.device}/{alarm.code} = {alarm.remedy}"
