"""Where a kiosk of a rollout stands."""

from dataclasses import replace
from datetime import timedelta

import pytest

from provisioning.fleet.rollouts.members import Seen, follow
from provisioning.fleet.rollouts.rollout import Member, Stage, State
from tests.provisioning.rollouts.made import HOUR, NEW, OLD, T0, at, members, rollout

NOW = T0 + HOUR


def _said(state: str, **more: object) -> Seen:
    seen = Seen(version=NEW, state=state, said_at=T0 + HOUR / 2, running=OLD)
    return replace(seen, **more)  # type: ignore[arg-type]  # a field by its name


def _follow(member: Member, seen: Seen) -> Stage:
    return follow(member, seen, of=rollout(), now=NOW).stage


@pytest.mark.parametrize(
    ("word", "stage"),
    [
        ("waiting_for_night", Stage.TOLD),
        ("downloading", Stage.TOLD),
        ("waiting_for_villager", Stage.WAITING_FOR_VILLAGER),
        ("installing", Stage.INSTALLING),
        ("on_trial", Stage.ON_TRIAL),
        ("running", Stage.DONE),
        ("went_back", Stage.WENT_BACK),
        ("refused", Stage.WENT_BACK),
        ("a word of a newer kiosk", Stage.TOLD),
    ],
)
def test_what_a_kiosk_says_is_where_it_stands(word: str, stage: Stage) -> None:
    assert _follow(at(members(1)[0], Stage.TOLD), _said(word)) is stage


def test_a_kiosk_that_is_silent_before_it_took_anything_is_skipped_and_waits_again_once_it_is_back() -> None:
    waiting = members(1)[0]
    skipped = follow(waiting, Seen(running=OLD, silent_since=T0), of=rollout(), now=NOW)
    assert skipped.stage is Stage.SKIPPED
    assert _follow(skipped, Seen(running=OLD)) is Stage.WAITING


def test_silence_after_the_update_counts_as_failure_once_it_has_lasted() -> None:
    on_trial = at(members(1)[0], Stage.ON_TRIAL)
    assert _follow(on_trial, _said("on_trial", silent_since=NOW - timedelta(minutes=29))) is Stage.ON_TRIAL
    assert _follow(on_trial, _said("on_trial", silent_since=NOW - timedelta(minutes=31))) is Stage.SILENT


def test_an_ordinary_silence_long_after_the_update_is_the_gates_matter_until_it_lasts_a_day() -> None:
    done = at(members(1)[0], Stage.DONE, since=T0)
    began_at = T0 + 3 * HOUR
    seen = _said("running", silent_since=began_at)
    assert follow(done, seen, of=rollout(), now=began_at + 23 * HOUR).stage is Stage.DONE
    assert follow(done, seen, of=rollout(), now=began_at + 24 * HOUR).stage is Stage.SILENT


def test_silence_together_with_untouched_kiosks_is_not_held_against_the_release() -> None:
    done = at(members(1)[0], Stage.DONE)
    assert _follow(done, _said("running", silent_since=T0, is_excused=True)) is Stage.DONE


def test_a_kiosk_heard_again_is_what_it_last_said() -> None:
    silent = at(members(1)[0], Stage.SILENT)
    assert _follow(silent, _said("running")) is Stage.DONE


def test_a_word_from_before_it_was_told_is_about_another_rollout() -> None:
    told = at(members(1)[0], Stage.TOLD)
    assert _follow(told, _said("went_back", said_at=T0 - HOUR)) is Stage.TOLD


def test_a_kiosk_that_has_the_release_already_needs_nothing() -> None:
    assert _follow(members(1)[0], Seen(running=NEW)) is Stage.DONE


def test_a_kiosk_that_had_it_and_says_it_runs_another_has_gone_back() -> None:
    done = at(members(1)[0], Stage.DONE)
    later = Seen(version=OLD, state="running", said_at=T0 + HOUR / 2, running=OLD)
    assert _follow(done, later) is Stage.WENT_BACK
    assert _follow(at(members(1)[0], Stage.INSTALLING), later) is Stage.INSTALLING


def test_nothing_new_gives_back_the_very_same() -> None:
    told = at(members(1)[0], Stage.TOLD)
    assert follow(told, Seen(running=OLD), of=rollout(), now=NOW) is told


def test_on_the_way_back_a_kiosk_is_back_when_it_runs_what_it_ran_before() -> None:
    done = at(members(1)[0], Stage.DONE)
    back = replace(rollout(), state=State.ROLLING_BACK)
    assert follow(done, Seen(running=NEW), of=back, now=NOW).stage is Stage.TOLD
    assert follow(done, Seen(running=OLD), of=back, now=NOW).stage is Stage.WENT_BACK
