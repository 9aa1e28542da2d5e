"""What happened since the last shift ended, for the one that comes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from heapq import nlargest

from sqlalchemy import Connection, func, select

from telemetry.fleet.store.schema import ticket
from telemetry.fleet.web.fault_words import FaultWord, FaultWords
from telemetry.fleet.web.filters import Filter
from telemetry.fleet.web.fleet_now import NEEDS_A_PERSON, KioskNow
from telemetry.fleet.web.history import REPAIR_REQUESTED, SELF_TESTED, Happening, Spell, is_done

SHIFT_ENDS = time(17, 30)
"""The bureau's day ends then; the overview counts from yesterday's end for the shift that comes."""
RECENT_ROWS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What happened since the last shift ended.

    Attributes:
        tested: Kiosks that tested themselves this morning; ``passed`` of them found nothing.
        verified: Tickets whose kiosk said itself that it is well again.
    """

    since: datetime
    tested: int
    passed: int
    new_faults: int
    new_fault_kiosks: int
    ended_by_themselves: int
    ended_by_clerks: int
    verified: int
    visits_done: int
    repairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """One fault that was raised or ended lately."""

    at: datetime
    kiosk: KioskNow
    word: FaultWord
    has_ended: bool


def midnight(now: datetime, zone: tzinfo, *, at: time = time(0)) -> datetime:
    """Return a time of the day that ``now`` is in."""
    return datetime.combine(now.astimezone(zone).date(), at, tzinfo=zone)


def shift_began(now: datetime, zone: tzinfo) -> datetime:
    """Return when yesterday's service ended."""
    return midnight(now - timedelta(days=1), zone, at=SHIFT_ENDS)


def count(
    connection: Connection,
    faults: Iterable[Spell],
    told: Sequence[Happening],
    *,
    wanted: Filter,
    since: datetime,
    today: datetime,
) -> Handover:
    """Count what happened ``since``; self-tests only those of ``today``."""
    stood = tuple(faults)
    new = [spell for spell in stood if spell.raised_at >= since]
    ended = [spell for spell in stood if spell.cleared_at is not None and spell.cleared_at >= since]
    after = [one for one in told if one.at >= since]
    tests = {one.kiosk: not one.fields.get("subjects") for one in told if one.name == SELF_TESTED and one.at >= today}
    verified = select(func.count()).where(ticket.c.verified_at >= since, wanted.lets_through(ticket.c.county))
    return Handover(
        since=since,
        tested=len(tests),
        passed=sum(tests.values()),
        new_faults=len(new),
        new_fault_kiosks=len({spell.kiosk for spell in new}),
        ended_by_themselves=sum(spell.remedy not in NEEDS_A_PERSON for spell in ended),
        ended_by_clerks=sum(spell.remedy == "CLERK" for spell in ended),
        verified=connection.execute(verified).scalar_one(),
        visits_done=sum(is_done(one) for one in after),
        repairs=sum(one.name == REPAIR_REQUESTED for one in after),
    )


def recent(
    kiosks: Iterable[KioskNow], faults: Iterable[Spell], words: FaultWords, *, now: datetime, rows: int = RECENT_ROWS
) -> tuple[Recent, ...]:
    """Return the last things that began or ended, newest first."""
    of = {kiosk.id: kiosk for kiosk in kiosks}
    stood = tuple(faults)
    moments = [(spell.raised_at, False, spell) for spell in stood]
    moments += [(spell.cleared_at, True, spell) for spell in stood if spell.cleared_at is not None]
    lately = nlargest(rows, (one for one in moments if one[0] <= now), key=lambda one: (one[0], one[1], one[2].id))
    return tuple(
        Recent(at=at, kiosk=of[spell.kiosk], word=words.of(spell.code), has_ended=has_ended)
        for at, has_ended, spell in lately
        if spell.kiosk in of
    )
