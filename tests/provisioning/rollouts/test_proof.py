"""A thousand made-up kiosks: a bad release is stopped early, a good one arrives, a harmless one is not stopped by noise."""

import pytest

from benchmarks.rollout_proof import BAD_BEFORE_SHARE, Character, Course, play
from provisioning.fleet.rollouts.rollout import State


def _is_right(course: Course, kiosks: int) -> bool:
    if course.character is Character.BAD:
        return course.state is State.STOPPED and course.reached < BAD_BEFORE_SHARE * kiosks
    return course.state is State.FINISHED and course.reached >= 0.98 * kiosks


@pytest.mark.parametrize("character", Character)
def test_one_rollout_ends_as_its_release_deserves(character: Character) -> None:
    assert _is_right(play(character, seed=2), 1000)


@pytest.mark.thorough
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("character", Character)
def test_a_hundred_rollouts_end_as_their_release_deserves(character: Character) -> None:
    wrong = [seed for seed in range(100) if not _is_right(play(character, seed), 1000)]
    assert len(wrong) <= 5, f"seeds {wrong}"
