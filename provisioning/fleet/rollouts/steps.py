"""The next step of a rollout: whom to tell, whether its ring is judged, and what it waits for. One pure function.

``next_step`` is asked every few seconds with everything as it is, and again after a crash with the same answer: whoever has been
told is not told again, a ring begins once. Nothing is remembered between two calls but what stands in the rows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from provisioning.fleet.rollouts.gate import Health, Verdict
from provisioning.fleet.rollouts.members import Tally, is_reached, tally
from provisioning.fleet.rollouts.rollout import EXECUTED, Member, Rollout, Stage, State
from telemetry.wire.topics import KioskId


class Want(StrEnum):
    """What a rollout waits for."""

    EXECUTED = "executed"
    """More kiosks of the ring must have finished."""
    SUCCESS = "success"
    """More of those that finished must be well."""
    SOAK = "soak"
    """The ring must have had it for longer."""
    HEALTH = "health"
    """The gate has not seen enough yet."""
    APPROVAL = "approval"
    """A second person has to agree to all that follows the first ring."""
    BACK = "back"
    """Kiosks are still to go back."""


HOLDING = frozenset({State.PAUSED, State.STOPPED, State.CANCELLED})
"""Nobody begins while a rollout is here: whoever was told and has not begun is told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """One thing that is missing. ``until``: when it will be there as far as one can tell; None where nobody can."""

    want: Want
    have: float = 0.0
    need: float = 0.0
    until: datetime | None = None


class Cause(StrEnum):
    """Why a rollout stops itself."""

    ERRORS = "errors"
    HEALTH = "health"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """What follows now. Everything empty: nothing does.

    Attributes:
        tell: These are to have the release from now on.
        withdraw: These were told and have not begun: they are not to have it for now.
        send_back: These are to have what they had before.
        begin_ring: This ring begins.
        state: The rollout comes to this.
        cause: Why, where it stops itself.
        waits: What it waits for; for whoever looks, nothing hangs on it.
    """

    tell: tuple[KioskId, ...] = ()
    withdraw: tuple[KioskId, ...] = ()
    send_back: tuple[KioskId, ...] = ()
    begin_ring: int | None = None
    state: State | None = None
    cause: Cause | None = None
    waits: tuple[Wait, ...] = ()


def next_step(rollout: Rollout, members: Sequence[Member], health: Health, now: datetime) -> Steps:
    """Decide what follows.

    Args:
        rollout: As it stands.
        members: Every kiosk of it, as it stands.
        health: What the gate says.
        now: Server's clock.
    """
    if rollout.state is State.ROLLING_BACK:
        return _going_back(members)
    if rollout.state in HOLDING:
        return Steps(withdraw=tuple(member.kiosk for member in members if _has_not_begun(member)))
    if rollout.state is not State.RUNNING:
        return Steps()
    if (cause := _stops(rollout, members, health)) is not None:
        return Steps(state=State.STOPPED, cause=cause)
    if not _is_agreed(rollout, members):
        return Steps(waits=(Wait(want=Want.APPROVAL),))
    waits = tuple(_missing(rollout, members, health, now))
    if not waits:
        if rollout.is_last:
            left = tuple(member.kiosk for member in members if member.told_at is None and member.stage is not Stage.DONE)
            return Steps(tell=left, state=State.FINISHED)
        return Steps(begin_ring=rollout.ring + 1)
    if _is_undecided(rollout, waits, now):
        return Steps(state=State.STOPPED, cause=Cause.UNDECIDED, waits=waits)
    return Steps(tell=_whom_to_tell(rollout, members, now), waits=waits)


def told_by_now(rollout: Rollout, now: datetime) -> int:
    """Return how many kiosks of the ring may have been told by now: ``first``, then ``growth`` times as many each wave."""
    terms = rollout.terms
    waves = max(0, int((now - rollout.ring_began_at) / terms.every))
    if terms.growth == 1.0:
        return terms.first * (waves + 1)
    exponent = min(waves + 1.0, 64 / math.log2(terms.growth))  # beyond any county, and never too large a number
    return round(terms.first * (math.pow(terms.growth, exponent) - 1) / (terms.growth - 1))


def _whom_to_tell(rollout: Rollout, members: Sequence[Member], now: datetime) -> tuple[KioskId, ...]:
    """Those of the ring whose wave has come, and those of earlier rings that were silent and are back."""
    waiting = [member for member in members if member.told_at is None and member.stage is Stage.WAITING]
    late = [member.kiosk for member in waiting if member.ring < rollout.ring]
    ready = [member.kiosk for member in waiting if member.ring == rollout.ring]
    told = sum(1 for member in members if member.ring == rollout.ring and member.told_at is not None)
    return tuple(late + ready[: max(0, told_by_now(rollout, now) - told)])


def _is_agreed(rollout: Rollout, members: Sequence[Member]) -> bool:
    """Whether the ring under way may be told: a small first one on one person's word, everything else on two."""
    if rollout.approved_by:
        return True
    return rollout.ring == 0 and sum(1 for member in members if member.ring == 0) <= rollout.terms.alone


def _has_not_begun(member: Member) -> bool:
    return member.told_at is not None and member.stage in {Stage.TOLD, Stage.WAITING_FOR_VILLAGER, Stage.SKIPPED}


def _stops(rollout: Rollout, members: Sequence[Member], health: Health) -> Cause | None:
    ring = [member for member in members if member.ring == rollout.ring]
    reached = [member for member in members if member.ring <= rollout.ring]
    if any(_is_bad(tally(group), rollout) for group in (ring, reached)):
        return Cause.ERRORS
    return Cause.HEALTH if health.verdict is Verdict.STOP else None


def _is_bad(counted: Tally, rollout: Rollout) -> bool:
    terms = rollout.terms
    least = min(terms.minimum_executed, counted.members - counted.skipped)
    is_judged = counted.executed >= least and counted.failed >= terms.least_failures
    return is_judged and counted.error_share > terms.error_share


def _missing(rollout: Rollout, members: Sequence[Member], health: Health, now: datetime) -> list[Wait]:
    ring = [member for member in members if member.ring == rollout.ring]
    counted = tally(ring)
    terms = rollout.terms
    waits: list[Wait] = []
    reachable = counted.members - counted.skipped
    share = 1.0 if rollout.is_last else terms.least_executed
    need = math.ceil(share * reachable - 1e-9)
    if not rollout.is_last:
        need = max(1, need)  # a ring that is silent as a whole has shown nothing
    if counted.executed < need:
        waits.append(Wait(want=Want.EXECUTED, have=counted.executed, need=need))
    elif counted.success_share < terms.success_share:
        waits.append(Wait(want=Want.SUCCESS, have=counted.success_share, need=terms.success_share))
    soak = rollout.rings[rollout.ring].soak
    soaked_at = _soaked_at(ring, need, soak) if need else rollout.ring_began_at + soak
    if soaked_at is None or now < soaked_at:
        waits.append(Wait(want=Want.SOAK, until=soaked_at))
    if not rollout.is_last:
        if health.verdict is Verdict.WAIT:
            waits.append(Wait(want=Want.HEALTH, have=len(health.open), until=health.expected_at))
        if not rollout.approved_by:
            waits.append(Wait(want=Want.APPROVAL))
    return waits


def _soaked_at(ring: Sequence[Member], need: int, soak: timedelta) -> datetime | None:
    """Return when enough of a ring will have had the release for long enough; None while not enough have it at all."""
    done = sorted(member.done_at or member.since for member in ring if member.stage in EXECUTED)
    return done[need - 1] + soak if 0 < need <= len(done) else None


def _is_undecided(rollout: Rollout, waits: Sequence[Wait], now: datetime) -> bool:
    """Whether the gate alone has held a ring for longer than anybody should wait without looking."""
    wants = {wait.want for wait in waits}
    return bool(wants & {Want.HEALTH, Want.SUCCESS}) and now - rollout.ring_began_at >= rollout.terms.undecided_after


def _going_back(members: Sequence[Member]) -> Steps:
    back = tuple(member.kiosk for member in members if member.told_at is not None and member.stage is not Stage.WENT_BACK)
    left = [member for member in members if member.kiosk in set(back) and member.stage is not Stage.SKIPPED]
    touched = [member for member in members if is_reached(member) or member.told_at is not None]
    if not left:
        return Steps(send_back=back, state=State.ROLLED_BACK)
    return Steps(send_back=back, waits=(Wait(want=Want.BACK, have=len(touched) - len(left), need=len(touched)),))
