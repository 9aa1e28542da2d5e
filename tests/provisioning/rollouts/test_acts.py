"""What a person may do to a rollout."""

from dataclasses import replace

import pytest

from provisioning.fleet.rollouts.acts import Doing, NotNowError, Refusal, take
from provisioning.fleet.rollouts.rollout import Rollout, State, Wish
from tests.provisioning.rollouts.made import DAY, T0, rollout

NOW = T0 + DAY


def _refusal(of: Rollout, doing: Doing, by: str) -> Refusal:
    with pytest.raises(NotNowError) as caught:
        take(of, doing, by=by, now=NOW)
    return caught.value.refusal


@pytest.mark.parametrize("doing", [Doing.PAUSE, Doing.CANCEL, Doing.ROLL_BACK])
def test_a_double_click_changes_nothing_twice(doing: Doing) -> None:
    once = take(rollout(), doing, by="wang", now=NOW)
    assert once.row == rollout().row
    assert take(once, doing, by="wang", now=NOW) is once


def test_who_started_it_cannot_approve_it() -> None:
    fresh = replace(rollout(), approved_by="", approved_at=None)
    assert _refusal(fresh, Doing.APPROVE, "wang") is Refusal.SAME_PERSON
    assert take(fresh, Doing.APPROVE, by="li", now=NOW).approved_by == "li"


def test_to_go_back_takes_two_persons_and_holds_the_rollout_meanwhile() -> None:
    asked = take(rollout(), Doing.ROLL_BACK, by="li", now=NOW)
    assert (asked.state, asked.wish) == (State.PAUSED, Wish.ROLL_BACK)
    assert _refusal(asked, Doing.APPROVE, "li") is Refusal.SAME_PERSON
    assert take(asked, Doing.APPROVE, by="wang", now=NOW).state is State.ROLLING_BACK


def test_what_waits_for_a_second_person_can_be_declined() -> None:
    asked = take(rollout(), Doing.ROLL_BACK, by="li", now=NOW)
    assert take(asked, Doing.DECLINE, by="wang", now=NOW).wish is Wish.NOTHING


def test_after_a_pause_one_person_goes_on_and_the_waves_begin_anew() -> None:
    paused = take(rollout(), Doing.PAUSE, by="wang", now=NOW)
    resumed = take(paused, Doing.RESUME, by="wang", now=NOW + DAY)
    assert (resumed.state, resumed.ring_began_at, resumed.health_since) == (State.RUNNING, NOW + DAY, T0)


def test_after_a_stop_it_takes_two_and_the_gate_counts_from_there() -> None:
    asked = take(replace(rollout(), state=State.STOPPED), Doing.RESUME, by="wang", now=NOW)
    assert (asked.state, asked.wish) == (State.STOPPED, Wish.RESUME)
    resumed = take(asked, Doing.APPROVE, by="li", now=NOW)
    assert (resumed.state, resumed.health_since) == (State.RUNNING, NOW)


@pytest.mark.parametrize("state", [State.FINISHED, State.ROLLED_BACK, State.ROLLING_BACK])
def test_what_is_over_is_not_paused(state: State) -> None:
    assert _refusal(replace(rollout(), state=state), Doing.PAUSE, "wang") is Refusal.WRONG_STATE


def test_nothing_is_approved_twice() -> None:
    assert _refusal(rollout(), Doing.APPROVE, "zhao") is Refusal.NOTHING_ASKED
