"""Kiosks that were not heard, against alarms of silence: found, missed, late, and who was called silent while talking. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from telemetry.simulation import tempo
from telemetry.simulation.score.happened import FAREWELL, SIMULATOR, Happened, TrueSilence
from telemetry.simulation.score.words import Said

EITHER_SIDE = timedelta(seconds=1)
"""Between a kiosk's first word and the moment the service has it, and back."""
JUDGED = frozenset({"mute", "cut"})
"""Silences the service has to find. A line the broker itself dropped is the trial's trouble, a farewell is announced."""


@dataclass(slots=True, kw_only=True)
class SilenceFindings:
    """What became of every silence.

    Attributes:
        total: Silences long enough to be found.
        too_short: Over before any deadline could be.
        excused: Called silent while the trial's own machine kept them from speaking.
        false_offline: Called silent while they were talking, or after a farewell.
        late_s: From the last word, less the deadline, to the alarm.
    """

    total: int = 0
    found: int = 0
    too_short: int = 0
    excused: int = 0
    missed: list[str] = field(default_factory=list)
    false_offline: list[str] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)


def judge_silences(happened: Happened, occurrences: Sequence[Said]) -> SilenceFindings:
    """Compare."""
    findings = SilenceFindings()
    beat_s = happened.heartbeat_s
    silent = defaultdict(list)
    for one in occurrences:
        if one.is_of_silence:
            silent[one.kiosk].append(one)
    truth = happened.silences_of()
    for silences in truth.values():
        for silence in silences:
            if silence.why not in JUDGED:
                continue
            if silence.lasts_s(happened.ended) < tempo.shortest_outage_s(beat_s):
                findings.too_short += 1
                continue
            findings.total += 1
            said = next((one for one in silent[silence.kiosk] if _is_of(one, silence)), None)
            if said is None:
                findings.missed.append(
                    f"{silence.kiosk}: silent from {silence.began:%H:%M:%S.%f} for {silence.lasts_s(happened.ended):.1f} s"
                )
                continue
            findings.found += 1
            waited_s = (said.received - silence.began).total_seconds()
            findings.late_s.append(max(0.0, waited_s - tempo.deadline_s(beat_s)))
    for kiosk, said_of in silent.items():
        for one in said_of:
            _judge_word(one, truth.get(kiosk, ()), beat_s, findings)
    return findings


def _judge_word(one: Said, silences: Sequence[TrueSilence], beat_s: float, findings: SilenceFindings) -> None:
    reasons = {
        silence.why
        for silence in silences
        if _is_of(one, silence) and (one.received - silence.began).total_seconds() > tempo.longest_talk_s(beat_s)
    }
    if reasons - {FAREWELL, SIMULATOR}:
        return
    if SIMULATOR in reasons:
        findings.excused += 1
        return
    why = "after its farewell" if FAREWELL in reasons else "while it was talking"
    findings.false_offline.append(f"{one.kiosk}: called silent at {one.received:%H:%M:%S.%f}, {why}")


def _is_of(one: Said, silence: TrueSilence) -> bool:
    return silence.began - EITHER_SIDE <= one.received and (silence.ended is None or one.received <= silence.ended + EITHER_SIDE)
