"""Two machines that say they are one kiosk: a disk that was copied, a second machine given the same name. Pure.

One machine counts its lives up by one at every connect, on its own disk, and a life that is over never begins again. What breaks
that once may be a disk that was replaced. What breaks it again soon is another machine.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from telemetry.fleet.alarms import Alarm, Cleared, Occurrence, Opened, Verdict
from telemetry.fleet.alarms.occurrences import Open

BY_CLONE = "clone"
"""Cause of an alarm that two machines are one kiosk."""
CLONED_CODE = "kiosk.cloned"
DEVICE = "kiosk"
SOON = timedelta(minutes=10)
"""Two doubts within so long are certainty; so long without one, and there is one machine again."""
ENOUGH = 2
IN_FLIGHT = timedelta(seconds=5)
"""How much later than the birth of the next life a word of the one before it may have been said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What speaks against there being one machine.

    Attributes:
        at: When it was seen, our clock, the last few times.
        why: The last reason, in a few words of the alarm's detail.
        other_model: Which model the kiosk said it was before the one it says now.
        dead_life: The life the broker, or the kiosk itself, said was over.
    """

    at: tuple[datetime, ...] = ()
    why: str = ""
    other_model: str = ""
    dead_life: int = -1


NONE = Doubt()


def at_birth(
    doubt: Doubt, *, life: int, model: str, said_at: datetime, before: tuple[int, str, datetime], now: datetime
) -> Doubt:
    """Look at a birth.

    Args:
        doubt: So far.
        life: Of the birth.
        model: What the machine says it is.
        said_at: When the birth was said, kiosk's clock.
        before: Life, model and moment of the birth before it.
        now: Server's clock.
    """
    known_life, known_model, known_at = before
    if said_at <= known_at and life <= known_life:
        return doubt  # delivered again, or late
    if life < known_life:
        doubt = _seen(doubt, f"life {life} after life {known_life}", now)
    elif life == known_life == doubt.dead_life:
        doubt = _seen(doubt, f"life {life} again after its end", now)
    elif model != known_model and model == doubt.other_model:
        doubt = _seen(doubt, f"{known_model[:60]} and {model[:60]} in turn", now)
    return doubt if model == known_model else replace(doubt, other_model=known_model)


def at_word(doubt: Doubt, *, life: int, said_at: datetime, known_life: int, born_at: datetime, now: datetime) -> Doubt:
    """Look at what is said in a life that is over: of one machine, it was said before the next life began."""
    if life < known_life and said_at > born_at + IN_FLIGHT:
        return _seen(doubt, f"lives {life} and {known_life} at once", now)
    return doubt


def judge(doubt: Doubt, known: Open, *, now: datetime) -> Verdict:
    """Open or end the alarm that two machines are one kiosk."""
    mine = {occurrence: alarm for occurrence, alarm in known.items() if alarm.cause == BY_CLONE}
    recent = [at for at in doubt.at if now - at <= SOON]
    if len(recent) >= ENOUGH and not mine:
        occurrence = Occurrence(device=DEVICE, code=CLONED_CODE, since=recent[0])
        alarm = Alarm(
            occurrence=occurrence, severity="BLOCKING", remedy="TECHNICIAN", detail=doubt.why, received_at=now, cause=BY_CLONE
        )
        return Verdict(open={**known, occurrence: alarm}, entries=(Opened(alarm=alarm),))
    if mine and not recent and all(now - alarm.received_at > SOON for alarm in mine.values()):
        ended = tuple(Cleared(alarm=replace(alarm, cleared_at=now, cleared_by="self")) for alarm in mine.values())
        return Verdict(open={occurrence: alarm for occurrence, alarm in known.items() if occurrence not in mine}, entries=ended)
    return Verdict(open=known)


def _seen(doubt: Doubt, why: str, now: datetime) -> Doubt:
    return replace(doubt, at=(*doubt.at[-3:], now), why=why)
