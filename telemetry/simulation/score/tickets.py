"""Work that was asked for, against a reason for it: a fault, a silence, a complaint, a cut that took many. Pure."""

from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta

from telemetry.simulation.score.happened import Happened
from telemetry.simulation.score.words import SILENT_CODE, SaidIncident, SaidTicket

AFTERWARDS = timedelta(seconds=2)


@dataclass(slots=True, kw_only=True)
class TicketFindings:
    """What tickets are about.

    Attributes:
        of_incidents: How many of them are of what many kiosks lost at once.
        phantom: Nothing caused them.
        without: Incidents of a true cut that nobody was asked to end.
    """

    total: int = 0
    by_complaint: int = 0
    of_incidents: int = 0
    phantom: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)


def judge_tickets(
    happened: Happened, tickets: Sequence[SaidTicket], incidents: Sequence[SaidIncident], *, explained: Set[int]
) -> TicketFindings:
    """Compare.

    Args:
        happened: The truth.
        tickets: Everything the service asked for.
        incidents: What it grouped.
        explained: Those that are of a true cut (``judge_outages``): their tickets are of that cut.
    """
    faults = defaultdict(list)
    for fault in happened.faults.values():
        faults[fault.kiosk, fault.device, fault.code].append(fault.began)
    complaints = defaultdict(list)
    for complaint in happened.complaints:
        complaints[complaint.kiosk].append(complaint.at)
    silences = happened.silences_of()
    findings = TicketFindings(total=len(tickets))
    for ticket in tickets:
        if ticket.incident is not None:
            findings.of_incidents += 1
            if ticket.incident not in explained:
                findings.phantom.append(f"ticket {ticket.id}: incident {ticket.incident}, {ticket.level} {ticket.scope}")
            continue
        latest = ticket.opened + AFTERWARDS
        for_fault = any(
            began <= latest for device, code in ticket.causes for began in faults.get((ticket.kiosk, device, code), ())
        )
        is_silent = any(code == SILENT_CODE for _, code in ticket.causes)
        for_silence = is_silent and any(silence.began <= latest for silence in silences.get(ticket.kiosk, ()))
        for_complaint = any(at <= latest for at in complaints.get(ticket.kiosk, ()))
        findings.by_complaint += ticket.opened_by in {"clerk", "villager"}
        if not (for_fault or for_silence or for_complaint):
            about = ", ".join(f"{device} {code}" for device, code in ticket.causes) or "nothing"
            findings.phantom.append(f"ticket {ticket.id}: {ticket.kiosk}, about {about}")
    numbers = {ticket.incident for ticket in tickets}
    places = {(ticket.level, ticket.scope) for ticket in tickets if ticket.incident is not None}
    findings.without.extend(
        f"incident {one.id}: {one.kind} of {one.level} {one.scope}"
        for one in incidents
        # What has returned to a place is the same ticket, which bears the number of its latest incident.
        if one.id in explained and not one.is_part and one.id not in numbers and (one.level, one.scope) not in places
    )
    return findings
