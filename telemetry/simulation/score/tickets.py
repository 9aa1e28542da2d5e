"""Work that was asked for, against a reason for it: a fault, a silence, a complaint. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from telemetry.simulation.score.happened import Happened
from telemetry.simulation.score.words import SILENT_CODE, SaidTicket

AFTERWARDS = timedelta(seconds=2)


@dataclass(slots=True, kw_only=True)
class TicketFindings:
    """What tickets are about. ``phantom`` are those nothing caused."""

    total: int = 0
    by_complaint: int = 0
    phantom: list[str] = field(default_factory=list)


def judge_tickets(happened: Happened, tickets: Sequence[SaidTicket]) -> TicketFindings:
    """Compare."""
    faults = defaultdict(list)
    for fault in happened.faults.values():
        faults[fault.kiosk, fault.device, fault.code].append(fault.began)
    complaints = defaultdict(list)
    for complaint in happened.complaints:
        complaints[complaint.kiosk].append(complaint.at)
    silences = happened.silences_of()
    findings = TicketFindings(total=len(tickets))
    for ticket in tickets:
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
    return findings
