"""How each message changes what is known of its kiosk. Pure; the store writes what comes out.

Numbered messages are taken strictly in order: one that comes after a gap is refused until the kiosk has sent what is missing,
so everything up to ``stored_seq`` is there, and a number not above it was there before.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from telemetry.fleet import alarms, clones
from telemetry.fleet.alarms import Entry, Verdict
from telemetry.fleet.clocks import Renamed, renamed_by, with_possible_moments
from telemetry.fleet.clones import Doubt
from telemetry.fleet.liveness import ends_this_life
from telemetry.fleet.record import Numbered, Record
from telemetry.wire.messages import Birth, Death, Event, FaultChanged, Heartbeat, StatusChanged, Upward
from telemetry.wire.topics import KioskId


class Taken(StrEnum):
    """What became of a message."""

    NEW = "new"
    """It changed something, or is stored for the first time."""
    DUPLICATE = "duplicate"
    """It was stored before: acknowledge it again."""
    GAP = "gap"
    """Something before it is missing: ask for it."""
    STRANGER = "stranger"
    """Nothing is known of this kiosk: ask for its birth."""
    STALE = "stale"
    """Of an earlier life, or older than what is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one message led to.

    Attributes:
        record: As it is now; None while the kiosk is a stranger.
        entries: What to write about alarms.
        numbered: The message to store, when it is a new numbered one.
    """

    taken: Taken
    record: Record | None
    entries: tuple[Entry, ...] = ()
    numbered: Numbered | None = None


def advance(record: Record | None, kiosk: KioskId, message: Upward, *, now: datetime) -> Step:
    """Take one message of a kiosk.

    Args:
        record: What was known, None when nothing.
        kiosk: From the topic.
        message: What came.
        now: Server's clock.
    """
    known = record.open_alarms if record is not None else {}
    is_history = record is not None and message.seq <= record.birth_seq
    before = record.renamed if record is not None else {}
    possible = with_possible_moments(message, known, before, is_history=is_history, now=now)
    renamed = renamed_by(message, possible, before) if possible is not message else before
    if isinstance(possible, Birth):
        return _remembering(_on_birth(record, kiosk, possible, said_at=message.at, now=now), renamed)
    if record is None:
        return Step(taken=Taken.STRANGER, record=None)
    step = _remembering(_on_word(record, possible, now=now), renamed)
    if step.numbered is not None and isinstance(message, StatusChanged | FaultChanged | Event):
        return replace(step, numbered=message)  # kept as it was said
    return step


def _remembering(step: Step, renamed: Renamed) -> Step:
    if not renamed or step.record is None or step.record.renamed is renamed:
        return step
    return replace(step, record=replace(step.record, renamed=renamed))


def _on_word(record: Record, message: Death | Heartbeat | Numbered, *, now: datetime) -> Step:
    match message:
        case Death():
            return _on_death(record, message, now=now)
        case Heartbeat():
            return _on_heartbeat(record, message, now=now)
        case StatusChanged() | FaultChanged() | Event():
            return _on_numbered(record, message, now=now)
        case _:
            assert_never(message)


def fall_silent(record: Record, *, is_alarming: bool, now: datetime) -> Step:
    """Note that a kiosk is past its deadline; with ``is_alarming`` somebody should know."""
    verdict = Verdict(open=record.open_alarms)
    if is_alarming and not record.was_shut_down:
        verdict = alarms.at_silence(record.open_alarms, since=record.last_seen_at, now=now)
    if record.is_silent and not verdict.entries:
        return Step(taken=Taken.STALE, record=record)
    silent = replace(record, is_silent=True, open_alarms=verdict.open)
    return Step(taken=Taken.NEW, record=_judged(silent, now=now), entries=verdict.entries)


def _on_birth(record: Record | None, kiosk: KioskId, birth: Birth, *, said_at: datetime, now: datetime) -> Step:
    doubt = clones.NONE
    if record is not None:
        before = (record.life, record.model, record.birth_at)
        doubt = clones.at_birth(record.doubt, life=birth.life, model=birth.model, said_at=birth.at, before=before, now=now)
        if _is_stale_birth(record, birth):
            return _stale(record, doubt, now=now)
    known = record.open_alarms if record is not None else {}
    voice = alarms.at_voice(known, now=now)
    verdict = alarms.at_birth(voice.open, birth.faults, at=birth.at, now=now)
    stored_seq = max(record.stored_seq, birth.floor) if record is not None else birth.floor
    if stored_seq > birth.seq:
        stored_seq = birth.floor  # the kiosk's outbox was replaced: its numbers began anew
    born = Record(
        id=kiosk,
        place=birth.place,
        model=birth.model,
        release=birth.release,
        life=birth.life,
        birth_seq=birth.seq,
        birth_at=birth.at,
        stored_seq=stored_seq,
        heartbeat_s=birth.heartbeat_s,
        first_seen_at=record.first_seen_at if record is not None else now,
        last_seen_at=now,
        is_silent=False,
        condition=record.condition if record is not None else "UNKNOWN",
        condition_since=record.condition_since if record is not None else now,
        services=birth.services,
        catalogue=birth.catalogue,
        screen=birth.screen,
        screen_at=said_at,
        clock_trusted=birth.clock_trusted,
        clock_skew_s=(said_at - now).total_seconds(),
        queued=max(0, birth.seq - stored_seq) if record is None else record.queued,
        shed=birth.shed,
        devices={device.device: device for device in birth.devices},
        open_alarms=verdict.open,
    )
    born, more = _doubted(born, doubt, now=now)
    entries = voice.entries + verdict.entries + more
    return Step(taken=Taken.NEW, record=_judged(born, now=now), entries=entries)


def _stale(record: Record, doubt: Doubt, *, now: datetime) -> Step:
    """Take no more of a message than what it says of who spoke."""
    if doubt is record.doubt:
        return Step(taken=Taken.STALE, record=record)
    doubted, entries = _doubted(record, doubt, now=now)
    return Step(taken=Taken.NEW, record=doubted, entries=entries)


def _doubted(record: Record, doubt: Doubt, *, now: datetime) -> tuple[Record, tuple[Entry, ...]]:
    verdict = clones.judge(doubt, record.open_alarms, now=now)
    return replace(record, doubt=doubt, open_alarms=verdict.open), verdict.entries


def _is_stale_birth(record: Record, birth: Birth) -> bool:
    """A broker may deliver again what was stored but not acknowledged; a replaced disk begins its lives anew, later."""
    if birth.life == record.life:
        return birth.seq < record.birth_seq
    return birth.life < record.life and birth.at < record.birth_at


def _on_death(record: Record, death: Death, *, now: datetime) -> Step:
    if not ends_this_life(life_of_death=death.life, current_life=record.life):
        return Step(taken=Taken.STALE, record=record)
    doubt = replace(record.doubt, dead_life=death.life)
    gone = replace(record, is_silent=True, was_shut_down=death.reason == "shutdown", doubt=doubt)
    return Step(taken=Taken.NEW, record=_judged(gone, now=now))


def _on_heartbeat(record: Record, beat: Heartbeat, *, now: datetime) -> Step:
    doubt = clones.at_word(
        record.doubt, life=beat.life, said_at=beat.at, known_life=record.life, born_at=record.birth_at, now=now
    )
    if beat.life < record.life:
        return _stale(record, doubt, now=now)
    voice = alarms.at_voice(record.open_alarms, now=now)
    verdict = clones.judge(doubt, voice.open, now=now)
    # One copy and no more: a nation's news come by the thousand a second.
    heard = replace(
        record,
        last_seen_at=now,
        is_silent=False,
        was_shut_down=False,
        needs_birth=record.needs_birth or beat.life > record.life,
        services=beat.services,
        screen=beat.screen,
        screen_at=beat.at,
        clock_trusted=beat.clock_trusted,
        clock_skew_s=(beat.at - now).total_seconds(),
        queued=beat.queued,
        devices={device.device: device for device in beat.devices},
        open_alarms=verdict.open,
        doubt=doubt,
    )
    return Step(taken=Taken.NEW, record=_judged(heard, now=now), entries=voice.entries + verdict.entries)


def _on_numbered(record: Record, message: Numbered, *, now: datetime) -> Step:
    before = message.prev if message.prev is not None else message.seq - 1
    if message.seq <= record.stored_seq:
        return Step(taken=Taken.DUPLICATE, record=record)
    if before > record.stored_seq:
        return Step(taken=Taken.GAP, record=record)
    is_history = message.seq <= record.birth_seq
    voice = alarms.at_voice(record.open_alarms, now=now)
    record = replace(_heard(record, message.life, now=now), stored_seq=message.seq, open_alarms=voice.open)
    verdict = Verdict(open=record.open_alarms)
    match message:
        case FaultChanged():
            verdict = alarms.at_fault(
                record.open_alarms,
                message.fault,
                cleared_at=message.cleared_at,
                cleared_by=message.cleared_by,
                is_history=is_history,
                birth_at=record.birth_at,
                now=now,
            )
            record = replace(record, open_alarms=verdict.open)
        case StatusChanged():
            if not is_history:
                devices = {**record.devices, message.device.device: message.device}
                record = replace(record, devices=devices, services=message.services)
        case Event():
            pass
        case _:
            assert_never(message)
    return Step(taken=Taken.NEW, record=_judged(record, now=now), entries=voice.entries + verdict.entries, numbered=message)


def _heard(record: Record, life: int, *, now: datetime) -> Record:
    return replace(
        record,
        last_seen_at=now,
        is_silent=False,
        was_shut_down=False,
        needs_birth=record.needs_birth or life > record.life,
    )


def _judged(record: Record, *, now: datetime) -> Record:
    word = alarms.condition(
        record.open_alarms, is_silent=record.is_silent, offered=record.services.offered, total=record.services.total
    )
    return record if word == record.condition else replace(record, condition=word, condition_since=now)
