"""What is an alarm, judged from state and not from edges. Pure: messages in, what to write out.

An alarm is one occurrence of one fault: (kiosk, device, code, since). The whole truth comes with every birth; what a message
numbered up to the birth says is history: it is kept, and it never reopens what the birth says is over.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from telemetry.wire.messages import FaultState

BY_KIOSK = "kiosk"
BY_SILENCE = "silence"
SILENT_CODE = "kiosk.silent"
SILENT_DEVICE = "kiosk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """Names an alarm within its kiosk."""

    device: str
    code: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One occurrence with what was said about it. Open while ``cleared_at`` is None."""

    occurrence: Occurrence
    severity: str
    remedy: str
    detail: str
    received_at: datetime
    cleared_at: datetime | None = None
    cleared_by: str = ""
    cause: str = BY_KIOSK


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Write it as open, whatever was written about this occurrence before."""

    alarm: Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """Write it as cleared, with the time and by whom, whatever was written before."""

    alarm: Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """Write it, cleared, if this occurrence was never written: it came and went while nobody listened."""

    alarm: Alarm


Entry = Opened | Cleared | Recalled
Open = Mapping[Occurrence, Alarm]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Which alarms are open now, and what is to be written."""

    open: Open
    entries: tuple[Entry, ...] = ()


def at_birth(known: Open, faults: Iterable[FaultState], *, at: datetime, now: datetime) -> Verdict:
    """Take a birth's open faults for the whole truth.

    What was open and is not in it has been cleared meanwhile: at the latest at ``at``, until its own clear says when.
    """
    told = {_occurrence(fault): fault for fault in faults}
    entries: list[Entry] = []
    still: dict[Occurrence, Alarm] = {}
    for occurrence, fault in told.items():
        before = known.get(occurrence)
        alarm = _alarm(fault, received_at=before.received_at if before is not None else now)
        still[occurrence] = alarm
        if alarm != before:
            entries.append(Opened(alarm=alarm))
    entries.extend(
        Cleared(alarm=_cleared(alarm, at=at, by=""))
        for occurrence, alarm in known.items()
        if occurrence not in told and alarm.cause == BY_KIOSK
    )
    still.update({occurrence: alarm for occurrence, alarm in known.items() if alarm.cause != BY_KIOSK})
    return Verdict(open=still, entries=tuple(entries))


def at_fault(
    known: Open,
    fault: FaultState,
    *,
    cleared_at: datetime | None,
    cleared_by: str,
    is_history: bool,
    birth_at: datetime,
    now: datetime,
) -> Verdict:
    """Take one fault message.

    Args:
        known: Alarms open before it.
        fault: What it is about.
        cleared_at: When it was cleared, or None when it was raised.
        cleared_by: Who ended it.
        is_history: The message is numbered up to the last birth.
        birth_at: When that birth was said.
        now: Server's clock.
    """
    occurrence = _occurrence(fault)
    before = known.get(occurrence)
    alarm = _alarm(fault, received_at=before.received_at if before is not None else now)
    if cleared_at is not None:
        if is_history and before is not None:
            return Verdict(open=known)  # the birth is younger and says that it is open
        rest = {other: kept for other, kept in known.items() if other != occurrence}
        return Verdict(open=rest, entries=(Cleared(alarm=_cleared(alarm, at=cleared_at, by=cleared_by)),))
    if is_history:
        if before is not None:
            return Verdict(open=known)
        return Verdict(open=known, entries=(Recalled(alarm=_cleared(alarm, at=birth_at, by="")),))
    if alarm == before:
        return Verdict(open=known)
    return Verdict(open={**known, occurrence: alarm}, entries=(Opened(alarm=alarm),))


def at_silence(known: Open, *, since: datetime, now: datetime) -> Verdict:
    """Open the alarm that says a kiosk is silent, once."""
    if any(alarm.cause == BY_SILENCE for alarm in known.values()):
        return Verdict(open=known)
    occurrence = Occurrence(device=SILENT_DEVICE, code=SILENT_CODE, since=since)
    alarm = Alarm(occurrence=occurrence, severity="BLOCKING", remedy="TECHNICIAN", detail="", received_at=now, cause=BY_SILENCE)
    return Verdict(open={**known, occurrence: alarm}, entries=(Opened(alarm=alarm),))


def at_voice(known: Open, *, now: datetime) -> Verdict:
    """End the alarm of silence: the kiosk was heard."""
    ended = {occurrence: alarm for occurrence, alarm in known.items() if alarm.cause == BY_SILENCE}
    if not ended:
        return Verdict(open=known)
    return Verdict(
        open={occurrence: alarm for occurrence, alarm in known.items() if occurrence not in ended},
        entries=tuple(Cleared(alarm=_cleared(alarm, at=now, by="self")) for alarm in ended.values()),
    )


def condition(known: Open, *, is_silent: bool, offered: int, total: int) -> str:
    """Return a kiosk's condition in one word, a word of the kiosk's own ``Condition``."""
    if is_silent:
        return "UNKNOWN"
    if total > 0 and offered == 0:
        return "FAILED"
    if offered < total or any(alarm.cause == BY_KIOSK for alarm in known.values()):
        return "DEGRADED"
    return "READY"


def _occurrence(fault: FaultState) -> Occurrence:
    return Occurrence(device=fault.device, code=fault.code, since=fault.since)


def _alarm(fault: FaultState, *, received_at: datetime) -> Alarm:
    return Alarm(
        occurrence=_occurrence(fault),
        severity=fault.severity,
        remedy=fault.remedy,
        detail=fault.detail,
        received_at=received_at,
    )


def _cleared(alarm: Alarm, *, at: datetime, by: str) -> Alarm:
    # A kiosk's clock may have been set back in between; nothing ends before it began.
    return replace(alarm, cleared_at=max(at, alarm.occurrence.since), cleared_by=by)
