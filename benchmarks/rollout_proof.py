"""A thousand made-up kiosks get a release, decided by the real step and the real gate: bad ones stop, good ones arrive.

``python -m benchmarks.rollout_proof`` plays 100 seeds of each release. Pure: six hours are a turn; no database, no clock.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random

from provisioning.fleet.rollouts.gate import BEFORE, MOST_BEFORE, NOTHING_SEEN, SLOT, Evidence, Health, Measure, Reading, judge
from provisioning.fleet.rollouts.matching import Watched, contrasts
from provisioning.fleet.rollouts.members import Seen, follow, is_reached
from provisioning.fleet.rollouts.plan import Candidate, draw
from provisioning.fleet.rollouts.rollout import Member, Rollout, State
from provisioning.fleet.rollouts.steps import Cause, next_step
from provisioning.wire.release import State as Said
from telemetry.wire.topics import KioskId

KIOSKS = 1000
LONGEST = timedelta(days=40)
BEGIN = datetime(2026, 11, 2, 22, tzinfo=UTC)
LOOK = timedelta(hours=2)
NEW, OLD = "2026.11.3", "2026.11.1"
BAD_BEFORE_SHARE = 0.06


class Character(StrEnum):
    """What the release is like."""

    GOOD = "good"
    """Faults come a fifth less often with it."""
    HARMLESS = "harmless"
    """It changes nothing a villager could notice."""
    BAD = "bad"
    """Every tenth kiosk crashes after it has run for a day, again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """How far the rollout was at a time, and what the gate made of restarts then."""

    at: datetime
    reached: int
    ring: int
    restarts: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How one rollout went."""

    character: Character
    seed: int
    state: State
    cause: Cause | None
    reached: int
    days: float
    why: str
    moments: tuple[Moment, ...]
    health: Health


@dataclass(slots=True, kw_only=True)
class _Kiosk:
    """One made-up kiosk: its own wear, drawn once, and what the release does to it."""

    id: KioskId
    likeness: tuple[str, ...]
    fault_p: float
    silence_p: float
    restart_p: float
    visits: float
    is_frail: bool
    is_chronic: bool
    silent_until: datetime | None = None
    silent_since: datetime | None = None
    running: str = OLD
    said: str = ""
    said_at: datetime | None = None
    crash_at: datetime | None = None
    marks: dict[Measure, float] = field(default_factory=dict)


def play(character: Character, seed: int, *, kiosks: int = KIOSKS) -> Course:
    """Let one rollout run to its end, or to its fortieth day."""
    chance = Random(f"{character}-{seed}")
    county = {kiosk.id: kiosk for kiosk in _county(chance, kiosks)}
    plan = draw([Candidate(kiosk=one.id, likeness=one.likeness) for one in county.values()], seed=str(seed))
    rollout = Rollout(
        id=1, county="lx", version=NEW, rings=plan.rings, started_by="wang", started_at=BEGIN, ring_began_at=BEGIN,
        health_since=BEGIN, state_since=BEGIN, approved_by="li", approved_at=BEGIN,
    )  # fmt: skip
    members = {kiosk: Member(kiosk=kiosk, ring=ring, before=OLD, since=BEGIN) for kiosk, ring in plan.ring_of.items()}
    evidence: dict[Measure, Evidence] = {}
    moments: list[Moment] = []
    health, cause, now, sizes = NOTHING_SEEN, None, BEGIN, plan.sizes()
    while rollout.state is State.RUNNING and now - BEGIN < LONGEST:
        slot_began_at, slot_ends_at = now, now + SLOT
        treated = {kiosk for kiosk, member in members.items() if member.done_at is not None}
        _begin_slot(county.values(), character, now, chance)
        while now < slot_ends_at and rollout.state is State.RUNNING:
            for kiosk in county.values():
                _live(kiosk, now)
            members = {one.kiosk: follow(one, _seen(county[one.kiosk]), of=rollout, now=now) for one in members.values()}
            steps = next_step(rollout, tuple(members.values()), health, now)
            for told in steps.tell:
                members[told] = replace(members[told], told_at=now)
                _install(county[told], now, chance)
            if steps.begin_ring is not None:
                rollout = replace(rollout, ring=steps.begin_ring, ring_began_at=now)
                health = _judged(rollout, sizes, evidence, now)
            if steps.state is not None:
                rollout, cause = replace(rollout, state=steps.state), steps.cause
            now += LOOK
        for measure in Measure:
            watched = tuple(
                Watched(kiosk=one.id, likeness=one.likeness, is_treated=one.id in treated, value=one.marks[measure])
                for one in county.values()
                if measure in one.marks and (one.id in treated or members[one.id].told_at is None)
            )
            found = contrasts(watched, slot=f"{measure} {slot_began_at:%m-%d %H}")
            evidence[measure] = evidence.get(measure, Evidence()).plus(found)
        health = _judged(rollout, sizes, evidence, now)
        reached = sum(1 for member in members.values() if is_reached(member) or member.told_at is not None)
        restarts = next(reading for reading in health.readings if reading.measure is Measure.RESTARTS)
        moments.append(Moment(at=now, reached=reached, ring=rollout.ring, restarts=restarts))
    return Course(
        character=character, seed=seed, state=rollout.state, cause=cause, reached=moments[-1].reached,
        days=(now - BEGIN) / timedelta(days=1), why=_why(cause, health), moments=tuple(moments), health=health,
    )  # fmt: skip


def _judged(rollout: Rollout, sizes: tuple[int, ...], evidence: Mapping[Measure, Evidence], now: datetime) -> Health:
    next_kiosks = 0 if rollout.is_last else sizes[rollout.ring + 1]
    return judge(evidence, next_kiosks=next_kiosks, tolerated=rollout.terms.tolerated, since=BEGIN, as_of=now)


def _county(chance: Random, count: int) -> Iterable[_Kiosk]:
    """Kiosks of eight towns and two models; some are worn ten times more than others, as in life."""
    for number in range(count):
        wear = chance.gammavariate(2.0, 0.5)
        fault_p = min(0.3, 0.025 * wear)
        before = sum(chance.random() < fault_p for _ in range(round(BEFORE / SLOT)))
        yield _Kiosk(
            id=KioskId(county="lx", kiosk=f"LX-{number:04d}"),
            likeness=(f"R{58 + number % 2}", f"town-{number % 8}"),
            fault_p=fault_p,
            silence_p=0.005 * chance.gammavariate(2.0, 0.5),
            restart_p=0.00125 * wear,
            visits=chance.uniform(0.5, 6.0),
            is_frail=chance.random() < 0.1,
            is_chronic=before > MOST_BEFORE,
        )


def _begin_slot(county: Iterable[_Kiosk], character: Character, now: datetime, chance: Random) -> None:
    """Draw what happens to everybody in this slot."""
    is_open = now.hour in {22, 4}  # 06:00 to 18:00 in China
    for kiosk in county:
        has_it = kiosk.running == NEW
        kiosk.marks = {}
        if kiosk.silent_since is None or (kiosk.silent_until is not None and kiosk.silent_until <= now):
            crashes = has_it and kiosk.crash_at is not None and kiosk.crash_at <= now
            if crashes:
                kiosk.crash_at = now + timedelta(days=1)
            fault_p = kiosk.fault_p * (0.8 if has_it and character is Character.GOOD else 1.0)
            falls_silent = chance.random() < kiosk.silence_p
            if falls_silent:
                kiosk.silent_since = now
                kiosk.silent_until = now + timedelta(hours=min(72.0, chance.lognormvariate(1.0, 1.0)))
            if not kiosk.is_chronic:
                kiosk.marks[Measure.FAULTS] = float(chance.random() < fault_p)
            kiosk.marks[Measure.SILENCES] = float(falls_silent)
            kiosk.marks[Measure.RESTARTS] = float(crashes or chance.random() < kiosk.restart_p)
            visits = sum(chance.random() < kiosk.visits / 12 for _ in range(6)) if is_open else 0
            if visits:
                lost = sum(chance.random() < 0.034 for _ in range(visits)) + (1 if crashes else 0)
                kiosk.marks[Measure.UNFINISHED] = min(1.0, lost / visits)
        if character is Character.BAD and has_it and kiosk.is_frail and kiosk.crash_at is None:
            kiosk.crash_at = now + timedelta(days=1)


def _live(kiosk: _Kiosk, now: datetime) -> None:
    if kiosk.silent_until is not None and kiosk.silent_until <= now:
        kiosk.silent_since = kiosk.silent_until = None
    if kiosk.said == Said.ON_TRIAL and kiosk.silent_since is None:
        kiosk.said, kiosk.said_at = Said.RUNNING, now
    if kiosk.said == Said.WAITING_FOR_VILLAGER and kiosk.silent_since is None:
        kiosk.said, kiosk.said_at, kiosk.running = Said.ON_TRIAL, now, NEW


def _install(kiosk: _Kiosk, now: datetime, chance: Random) -> None:
    """Tell a kiosk; one in two hundred cannot take it, whatever the release is like."""
    kiosk.said, kiosk.said_at = Said.WAITING_FOR_VILLAGER, now
    if chance.random() < 0.005:
        kiosk.said = Said.WENT_BACK


def _seen(kiosk: _Kiosk) -> Seen:
    return Seen(
        version=NEW if kiosk.said else "", state=kiosk.said, said_at=kiosk.said_at, running=kiosk.running,
        silent_since=kiosk.silent_since,
    )  # fmt: skip


def _why(cause: Cause | None, health: Health) -> str:
    if cause is not Cause.HEALTH:
        return cause.value if cause is not None else ""
    return "+".join(reading.measure.value for reading in health.worse)


def main() -> int:
    """Play, print what came of it, and say by the exit code whether it is what must be."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=100)
    asked.add_argument("--kiosks", type=int, default=KIOSKS)
    asked.add_argument("--only", choices=[character.value for character in Character])
    told = asked.parse_args()
    is_right = True
    for character in Character if told.only is None else (Character(told.only),):
        courses = [play(character, seed, kiosks=told.kiosks) for seed in range(told.seeds)]
        states = Counter(course.state.value for course in courses)
        reached = sorted(course.reached for course in courses)
        days = sorted(course.days for course in courses)
        whys = Counter(course.why for course in courses if course.why)
        sys.stdout.write(
            f"{character:9} {dict(states)}  reached {reached[0]}..{reached[len(reached) // 2]}..{reached[-1]} of {told.kiosks}"
            f"  days {days[0]:.1f}..{days[len(days) // 2]:.1f}..{days[-1]:.1f}  {dict(whys)}\n"
        )
        is_right &= _is_as_must_be(character, courses, told.kiosks)
    return 0 if is_right else 1


def _is_as_must_be(character: Character, courses: list[Course], kiosks: int) -> bool:
    if character is Character.BAD:
        good = [course.state is State.STOPPED and course.reached < BAD_BEFORE_SHARE * kiosks for course in courses]
    else:
        good = [course.state is State.FINISHED for course in courses]
    return sum(good) >= 0.95 * len(courses)


if __name__ == "__main__":
    sys.exit(main())
