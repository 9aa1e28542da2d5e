"""The next step of a rollout."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.fleet.rollouts.gate import Health
from provisioning.fleet.rollouts.rollout import Member, Rollout, Stage, State
from provisioning.fleet.rollouts.steps import Cause, Steps, Want, next_step, told_by_now
from tests.provisioning.rollouts.made import DAY, GO_ON, HOUR, STOP, T0, WAIT, at, members, rollout

LATER = T0 + 2 * DAY


def _wants(steps: Steps) -> set[Want]:
    return {wait.want for wait in steps.waits}


def _done(group: tuple[Member, ...], ring: int) -> tuple[Member, ...]:
    return tuple(at(one, Stage.DONE) if one.ring <= ring else one for one in group)


def test_a_ring_is_told_in_waves_that_grow() -> None:
    minutes = [timedelta(minutes=m) for m in (0, 9, 10, 20, 30)]
    assert [told_by_now(rollout(), T0 + wait) for wait in minutes] == [2, 2, 6, 14, 30]
    assert told_by_now(rollout(), T0 + 900 * DAY) > 10**6


def test_only_the_ring_under_way_is_told_and_nobody_twice() -> None:
    group = members(3, 5)
    told = next_step(rollout(), group, WAIT, T0).tell
    assert told == (group[0].kiosk, group[1].kiosk)
    after = tuple(at(one, Stage.TOLD) if one.kiosk in told else one for one in group)
    assert next_step(rollout(), after, WAIT, T0).tell == ()


def test_the_next_ring_begins_when_enough_are_well_long_enough_and_the_gate_agrees() -> None:
    group = _done(members(4, 5, 9), 0)
    assert _wants(next_step(rollout(), group, GO_ON, T0 + HOUR)) == {Want.SOAK}
    assert _wants(next_step(rollout(), group, WAIT, LATER)) == {Want.HEALTH}
    assert next_step(rollout(), group, GO_ON, LATER).begin_ring == 1


def test_beyond_the_first_ring_a_second_person_must_agree() -> None:
    alone = replace(rollout(), approved_by="")
    assert _wants(next_step(alone, _done(members(4, 5), 0), GO_ON, LATER)) == {Want.APPROVAL}


def test_a_large_first_ring_is_not_begun_by_one_person() -> None:
    alone = replace(rollout(), approved_by="")
    steps = next_step(alone, members(21), WAIT, T0)
    assert (steps.tell, _wants(steps)) == ((), {Want.APPROVAL})
    assert next_step(alone, members(20), WAIT, T0).tell


def test_silent_kiosks_are_passed_over_and_caught_up_once_they_are_back() -> None:
    group = _done(members(5, 5), 0)
    away = (at(group[0], Stage.SKIPPED), *group[1:])
    away = (replace(away[0], told_at=None, done_at=None), *away[1:])
    assert next_step(rollout(), away, GO_ON, LATER).begin_ring == 1
    second = replace(rollout(), ring=1, ring_began_at=LATER)
    back = (replace(away[0], stage=Stage.WAITING), *away[1:])
    assert next_step(second, back, WAIT, LATER).tell[0] == back[0].kiosk


def test_too_many_failures_stop_the_rollout_silence_among_them() -> None:
    group = members(20, 80)
    bad = tuple(at(one, Stage.SILENT if n % 2 else Stage.WENT_BACK) if n < 3 else one for n, one in enumerate(_done(group, 0)))
    steps = next_step(rollout(), bad, GO_ON, LATER)
    assert (steps.state, steps.cause) == (State.STOPPED, Cause.ERRORS)


def test_one_early_failure_is_no_verdict_yet() -> None:
    group = members(20, 80)
    early = (at(group[0], Stage.WENT_BACK), *(at(one, Stage.DONE) for one in group[1:5]), *group[5:])
    assert next_step(rollout(), early, WAIT, T0).state is None


def test_in_a_ring_of_two_one_failure_holds_and_two_stop() -> None:
    group = members(2, 9)
    half = (at(group[0], Stage.WENT_BACK), at(group[1], Stage.DONE), *group[2:])
    assert _wants(next_step(rollout(), half, GO_ON, LATER)) == {Want.SUCCESS}
    both = tuple(at(one, Stage.WENT_BACK) if one.ring == 0 else one for one in group)
    assert next_step(rollout(), both, GO_ON, LATER).cause is Cause.ERRORS


def test_the_gate_stops_a_rollout_in_any_ring() -> None:
    last = replace(rollout(), ring=2)
    steps = next_step(last, members(2, 2, 2), STOP, LATER)
    assert (steps.state, steps.cause, steps.tell) == (State.STOPPED, Cause.HEALTH, ())


def test_a_gate_that_cannot_decide_for_three_weeks_stops_so_that_somebody_looks() -> None:
    group = _done(members(4, 5), 0)
    assert next_step(rollout(), group, WAIT, T0 + 20 * DAY).state is None
    assert next_step(rollout(), group, WAIT, T0 + 21 * DAY).cause is Cause.UNDECIDED


@pytest.mark.parametrize("state", [State.PAUSED, State.STOPPED, State.CANCELLED])
def test_while_it_is_held_nobody_begins_who_has_not_begun(state: State) -> None:
    group = members(3)
    mixed = (at(group[0], Stage.TOLD), at(group[1], Stage.ON_TRIAL), group[2])
    steps = next_step(replace(rollout(), state=state), mixed, GO_ON, LATER)
    assert (steps.withdraw, steps.tell, steps.state) == ((group[0].kiosk,), (), None)


def test_the_end_of_the_last_ring_finishes_and_those_still_silent_get_it_when_they_are_back() -> None:
    group = _done(members(2, 3), 1)
    gone = (*group[:4], replace(at(group[4], Stage.SKIPPED), told_at=None, done_at=None))
    steps = next_step(replace(rollout(rings=("canary", "all")), ring=1), gone, WAIT, LATER)
    assert (steps.state, steps.tell) == (State.FINISHED, (group[4].kiosk,))


def test_going_back_reaches_everybody_who_was_told_and_ends_without_the_silent() -> None:
    group = _done(members(2, 3), 0)
    back = replace(rollout(), state=State.ROLLING_BACK)
    steps = next_step(back, group, STOP, LATER)
    assert set(steps.send_back) == {group[0].kiosk, group[1].kiosk}
    assert _wants(steps) == {Want.BACK}
    home = (at(group[0], Stage.WENT_BACK), at(group[1], Stage.SKIPPED), *group[2:])
    assert next_step(back, home, STOP, LATER).state is State.ROLLED_BACK


def _carried_out(rolled: Rollout, group: tuple[Member, ...], steps: Steps, now: datetime) -> tuple[Rollout, tuple[Member, ...]]:
    """What the rows say once a step has been written."""
    if steps.begin_ring is not None:
        rolled = replace(rolled, ring=steps.begin_ring, ring_began_at=now)
    if steps.state is not None:
        rolled = replace(rolled, state=steps.state)
    told = {*steps.tell}
    back = {*steps.withdraw}
    group = tuple(
        replace(one, told_at=now, stage=Stage.TOLD) if one.kiosk in told
        else replace(one, told_at=None, stage=Stage.WAITING) if one.kiosk in back
        else one
        for one in group
    )  # fmt: skip
    return rolled, group


@given(
    stages=st.lists(st.sampled_from(Stage), min_size=6, max_size=6),
    state=st.sampled_from([state for state in State if state is not State.ROLLING_BACK]),
    ring=st.integers(0, 2),
    health=st.sampled_from([GO_ON, WAIT, STOP]),
    hours=st.integers(0, 24 * 25),
)
def test_whatever_has_been_done_is_not_done_again(
    stages: list[Stage], state: State, ring: int, health: Health, hours: int
) -> None:  # fmt: skip
    """Asked again at the same moment, the step tells nobody twice, and it comes to rest."""
    now = T0 + hours * HOUR
    rolled = replace(rollout(), state=state, ring=ring)
    group = tuple(at(one, stage) for one, stage in zip(members(1, 2, 3), stages, strict=True))
    told: list[object] = []
    for _ in range(6):
        steps = next_step(rolled, group, health, now)
        told += steps.tell
        rolled, group = _carried_out(rolled, group, steps, now)
    assert len(told) == len(set(told))
    rest = next_step(rolled, group, health, now)
    assert (rest.tell, rest.withdraw, rest.begin_ring, rest.state) == ((), (), None, None)
