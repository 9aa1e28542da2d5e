"""Cuts that took several kiosks, against incidents: one each, or missed, or split, and incidents nobody caused. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from telemetry.simulation import tempo
from telemetry.simulation.score.happened import Happened, TrueOutage
from telemetry.simulation.score.words import SaidIncident

LEAST = 3
"""Kiosks one cause has to take before it is called one (``[incidents] least``, unless changed)."""
EITHER_SIDE = timedelta(seconds=2)
"""Between what the trial did and what the service could know of it, and back."""
CAUSES = frozenset({"power", "network"})


@dataclass(slots=True, kw_only=True)
class OutageFindings:
    """What became of every cut.

    Attributes:
        total: Cuts that took enough kiosks for long enough.
        late_s: From the cut to the incident.
        kinds_right: Power called power, network called network.
        explained: Incidents that are of a cut, whether it had to be found or not.
    """

    total: int = 0
    found: int = 0
    kinds_right: int = 0
    missed: list[str] = field(default_factory=list)
    split: list[str] = field(default_factory=list)
    phantom: list[str] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    explained: frozenset[int] = frozenset()


def judge_outages(happened: Happened, incidents: Sequence[SaidIncident], *, settle_s: float) -> OutageFindings:
    """Compare.

    Args:
        happened: The truth.
        incidents: What the service grouped.
        settle_s: How long it waits before it groups.
    """
    findings = OutageFindings()
    explained: set[int] = set()
    for outage in happened.outages.values():
        if outage.kind not in CAUSES:
            continue
        found = [incident for incident in incidents if _is_of(incident, outage, happened)]
        taken = _taken(outage, happened, tempo.shortest_outage_s(happened.heartbeat_s) + settle_s)
        explained |= {incident.id for incident in found}
        if taken < LEAST:
            continue
        findings.total += 1
        name = f"{outage.kind} of {outage.level} {outage.scope}, {taken} kiosks from {outage.began:%H:%M:%S}"
        if not found:
            findings.missed.append(name)
            continue
        if len(found) > 1:
            findings.split.append(f"{name}: incidents {', '.join(str(incident.id) for incident in found)}")
        findings.found += 1
        findings.kinds_right += any(incident.kind == outage.kind for incident in found)
        findings.late_s.append((min(incident.opened for incident in found) - outage.began).total_seconds())
    findings.explained = frozenset(explained)
    findings.phantom.extend(
        f"incident {incident.id}: {incident.kind} of {incident.level} {incident.scope}, {incident.kiosks} kiosks"
        for incident in incidents
        if incident.id not in explained
    )
    return findings


def _is_of(incident: SaidIncident, outage: TrueOutage, happened: Happened) -> bool:
    last_word = outage.began - timedelta(seconds=tempo.longest_talk_s(happened.heartbeat_s))  # a silence begins with it
    return last_word - EITHER_SIDE <= incident.began <= (outage.ended or happened.ended) + EITHER_SIDE


def _taken(outage: TrueOutage, happened: Happened, at_least_s: float) -> int:
    """Return how many kiosks it kept silent for long enough."""
    ended = outage.ended or happened.ended
    return sum(
        1
        for silence in happened.silences
        if silence.kiosk in outage.members
        and silence.why == "mute"
        and silence.began <= ended
        and (silence.ended or happened.ended) >= outage.began
        and silence.lasts_s(happened.ended) >= at_least_s
    )
