"""What a person may do to a rollout, in which state, and what it leads to. Pure. What is done already is done once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from provisioning.fleet.rollouts.rollout import Rollout, State, Wish
from telemetry.fleet.accounts.person import Act


class Doing(StrEnum):
    """What may be done; the word stands in the address of its form."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    ROLL_BACK = "roll-back"
    APPROVE = "approve"
    """Agree to what another person has asked for: all that follows the first ring, to go on after a stop, to go back."""
    DECLINE = "decline"
    """Take back, or refuse, what waits for a second person."""


class Refusal(StrEnum):
    """Why it cannot be done; a page has words for each."""

    WRONG_STATE = "wrong_state"
    SAME_PERSON = "same_person"
    """Two persons means two."""
    NOTHING_ASKED = "nothing_asked"
    ANOTHER_IS_OPEN = "another_is_open"
    """Of the same county: two at once would be each other's noise."""


class NotNowError(Exception):
    """The rollout's state, or who asks, does not allow it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """From which states, and what somebody must be allowed to."""

    states: frozenset[State]
    asks: Act


_OPEN = frozenset({State.RUNNING, State.PAUSED, State.STOPPED})

WAYS: Mapping[Doing, Way] = {
    Doing.PAUSE: Way(states=frozenset({State.RUNNING, State.PAUSED}), asks=Act.ROLL_OUT),
    Doing.RESUME: Way(states=_OPEN, asks=Act.ROLL_OUT),
    Doing.CANCEL: Way(states=_OPEN | {State.CANCELLED}, asks=Act.ROLL_OUT),
    Doing.ROLL_BACK: Way(
        states=_OPEN | {State.FINISHED, State.CANCELLED, State.ROLLING_BACK, State.ROLLED_BACK}, asks=Act.ROLL_OUT
    ),
    Doing.APPROVE: Way(states=_OPEN | {State.FINISHED, State.CANCELLED}, asks=Act.APPROVE_ROLLOUT),
    Doing.DECLINE: Way(states=_OPEN | {State.FINISHED, State.CANCELLED}, asks=Act.ROLL_OUT),
}


def take(rollout: Rollout, doing: Doing, *, by: str, now: datetime) -> Rollout:
    """Return the rollout after somebody did this; the same object where it is so already.

    To pause and to cancel is one person's, at once: to do less is always safe. To go back, and to go on after the rollout stopped
    itself, is asked by one and confirmed by another; a running rollout pauses while it waits for that.

    Args:
        rollout: As it stands.
        doing: What.
        by: Who, by name.
        now: Server's clock.

    Raises:
        NotNowError: Its state does not allow it, or it takes somebody else.
    """
    if rollout.state not in WAYS[doing].states:
        raise NotNowError(Refusal.WRONG_STATE)
    match doing:
        case Doing.PAUSE:
            return _to(rollout, State.PAUSED, now) if rollout.state is State.RUNNING else rollout
        case Doing.RESUME:
            return _resumed(rollout, by, now)
        case Doing.CANCEL:
            return rollout if rollout.state is State.CANCELLED else _to(_settled(rollout), State.CANCELLED, now)
        case Doing.ROLL_BACK:
            if rollout.state in {State.ROLLING_BACK, State.ROLLED_BACK} or rollout.wish is Wish.ROLL_BACK:
                return rollout
            held = _to(rollout, State.PAUSED, now) if rollout.state is State.RUNNING else rollout
            return _wished(held, Wish.ROLL_BACK, by, now)
        case Doing.APPROVE:
            return _approved(rollout, by, now)
        case Doing.DECLINE:
            return _settled(rollout)


def _resumed(rollout: Rollout, by: str, now: datetime) -> Rollout:
    if rollout.state is State.RUNNING or rollout.wish is Wish.RESUME:
        return rollout
    if rollout.state is State.STOPPED:
        return _wished(rollout, Wish.RESUME, by, now)
    return _going_on(_settled(rollout), now)


def _approved(rollout: Rollout, by: str, now: datetime) -> Rollout:
    if rollout.wish is not Wish.NOTHING:
        if by == rollout.wished_by:
            raise NotNowError(Refusal.SAME_PERSON)
        settled = _settled(rollout)
        if rollout.wish is Wish.ROLL_BACK:
            return _to(settled, State.ROLLING_BACK, now)
        return replace(_going_on(settled, now), health_since=now)
    if rollout.approved_by:
        raise NotNowError(Refusal.NOTHING_ASKED)
    if by == rollout.started_by:
        raise NotNowError(Refusal.SAME_PERSON)
    if rollout.state.is_over:
        raise NotNowError(Refusal.WRONG_STATE)
    return replace(rollout, approved_by=by, approved_at=now)


def _going_on(rollout: Rollout, now: datetime) -> Rollout:
    """Go on; the waves of the ring begin anew, so that nobody who waited meanwhile is told all at once."""
    return replace(_to(rollout, State.RUNNING, now), ring_began_at=now, why="")


def _to(rollout: Rollout, state: State, now: datetime) -> Rollout:
    return replace(rollout, state=state, state_since=now)


def _wished(rollout: Rollout, wish: Wish, by: str, now: datetime) -> Rollout:
    return replace(rollout, wish=wish, wished_by=by, wished_at=now)


def _settled(rollout: Rollout) -> Rollout:
    if rollout.wish is Wish.NOTHING:
        return rollout
    return replace(rollout, wish=Wish.NOTHING, wished_by="", wished_at=None)
