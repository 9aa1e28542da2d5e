"""Faults that were, against alarms that are: found, missed, how late, still standing, and alarms nobody caused. Pure."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from telemetry.simulation.score.happened import SIMULATOR, Happened, TrueFault, TrueSilence
from telemetry.simulation.score.words import Said

NEAR = timedelta(seconds=5)
"""Where a kiosk's clock was wrong, what it said is recognised by when it was heard."""
STANDS = frozenset({"open", "pending"})
SETTLES_S = 2.0
"""A fault that ended within so long before the end may still be under way."""


@dataclass(slots=True, kw_only=True)
class FaultFindings:
    """What became of every fault.

    Attributes:
        untold: Their kiosks were never heard again: nobody could know.
        late_s: From when it could first be told to when the service had heard it, one each.
        durable_s: The same to when the kiosk was told that it is stored, alarm and all.
        lingering: Said to stand though they are over.
        phantom: Alarms, or what they are made of, that no fault caused.
    """

    total: int = 0
    found: int = 0
    untold: int = 0
    merged: int = 0
    missed: list[str] = field(default_factory=list)
    lingering: list[str] = field(default_factory=list)
    phantom: list[str] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    durable_s: list[float] = field(default_factory=list)


def judge_faults(happened: Happened, occurrences: Sequence[Said], alarms: Sequence[Said]) -> FaultFindings:
    """Compare.

    Args:
        happened: The truth.
        occurrences: What the service stored of what kiosks said.
        alarms: What it made of it.
    """
    told = [one for one in occurrences if not one.is_of_silence]
    raised = [one for one in alarms if not one.is_of_silence]
    judge = _Judge(happened, _matched(happened, told), raised)
    for fault in happened.faults.values():
        judge.look_at(fault)
    findings = judge.findings
    known = {one.id for one in judge.matched.values()}
    findings.phantom.extend(f"occurrence {one.id}: {_name(one)}" for one in told if one.id not in known)
    findings.phantom.extend(_without_cause(raised, judge.matched.values()))
    return findings


def could_be_told(at: datetime, silences: Iterable[TrueSilence]) -> datetime | None:
    """Return when a kiosk could first tell something that happened then; None when it never could again."""
    for silence in silences:
        if silence.why != SIMULATOR and silence.began <= at and (silence.ended is None or at < silence.ended):
            return silence.ended
    return at


class _Judge:
    def __init__(self, happened: Happened, matched: Mapping[int, Said], alarms: Iterable[Said]) -> None:
        self._ended = happened.ended
        self._silences = happened.silences_of()
        self._alarms: dict[tuple[str, str, str], list[Said]] = defaultdict(list)
        for alarm in alarms:
            self._alarms[alarm.place].append(alarm)
        self.matched = matched
        self.findings = FaultFindings(total=len(happened.faults))

    def look_at(self, fault: TrueFault) -> None:
        findings, occurrence = self.findings, self.matched.get(fault.number)
        at = self._told(fault.kiosk, fault.began)
        if at is None or at > self._ended:
            findings.untold += 1
            return
        name = f"{fault.kiosk} {fault.device} {fault.code}, fault {fault.number} of {fault.began:%H:%M:%S.%f}"
        if occurrence is None:
            findings.missed.append(f"{name}: never heard of")
            return
        over = [alarm for alarm in self._alarms[occurrence.place] if _covers(alarm, occurrence)]
        if not over:
            findings.missed.append(f"{name}: heard, and no alarm")
            return
        findings.found += 1
        findings.merged += all(alarm.raised != occurrence.raised for alarm in over)
        findings.late_s.append(max(0.0, (occurrence.received - at).total_seconds()))
        if fault.stored is not None and self._heard_all_the_time(fault.kiosk, at, fault.stored):
            findings.durable_s.append(max(0.0, (fault.stored - at).total_seconds()))
        ended = None if fault.ended is None else self._told(fault.kiosk, fault.ended)
        is_settled = ended is not None and (self._ended - ended).total_seconds() > SETTLES_S
        if is_settled and (occurrence.cleared is None or any(_stands(alarm) for alarm in over)):
            findings.lingering.append(f"{name}: over since {ended:%H:%M:%S}, not cleared")

    def _heard_all_the_time(self, kiosk: str, since: datetime, until: datetime) -> bool:
        """Say whether the answer could have come: a kiosk cut off before it hears it only when it is back."""
        return not any(since <= silence.began < until for silence in self._silences.get(kiosk, ()) if silence.why != SIMULATOR)

    def _told(self, kiosk: str, at: datetime) -> datetime | None:
        return could_be_told(at, self._silences.get(kiosk, ()))


def _matched(happened: Happened, told: Sequence[Said]) -> dict[int, Said]:
    """Return which occurrence is which fault: by its very ``since``, else by when it was heard."""
    exact = {(one.kiosk, one.device, one.code, one.raised): one for one in told}
    matched = {
        fault.number: one
        for fault in happened.faults.values()
        if (one := exact.get((fault.kiosk, fault.device, fault.code, fault.since))) is not None
    }
    taken = {one.id for one in matched.values()}
    free = defaultdict(list)
    for one in told:
        if one.id not in taken:
            free[one.place].append(one)
    silences = happened.silences_of()
    for fault in happened.faults.values():
        if fault.number in matched:
            continue
        at = could_be_told(fault.began, silences.get(fault.kiosk, ()))
        near = [one for one in free[fault.kiosk, fault.device, fault.code] if at is not None and abs(one.received - at) < NEAR]
        if near:
            matched[fault.number] = near[0]
            free[near[0].place].remove(near[0])
    return matched


def _stands(alarm: Said) -> bool:
    """Say whether an alarm still says so; one that stands for a later occurrence of the same fault does so rightly."""
    return alarm.cleared is None and alarm.phase in STANDS and alarm.times == 1


def _covers(alarm: Said, occurrence: Said) -> bool:
    first, last = sorted((alarm.raised, alarm.last_raised))
    return first <= occurrence.raised <= last or alarm.received == occurrence.received


def _without_cause(alarms: Iterable[Said], true: Iterable[Said]) -> Iterable[str]:
    """Name alarms that hold no true occurrence, and those that count more than there were."""
    moments = defaultdict(list)
    for one in true:
        moments[one.place].append(one.raised)
    for alarm in alarms:
        within = sorted(moments[alarm.place])
        first, last = sorted((alarm.raised, alarm.last_raised))
        held = bisect_right(within, last) - bisect_right(within, first - timedelta(microseconds=1))
        if not held:
            yield f"alarm {alarm.id}: {_name(alarm)}"


def _name(one: Said) -> str:
    return f"{one.kiosk} {one.device} {one.code} of {one.received:%H:%M:%S.%f}"
