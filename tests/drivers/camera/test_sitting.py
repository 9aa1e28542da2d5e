"""From standing before the camera to one good picture, as a table of looks; a picture held up never passes."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.faces import Seen
from drivers.camera.pose import Face, Pose
from drivers.camera.sitting import Sitting, Verdict
from drivers.contract.camera import FaceRefusal, Guidance, LivenessPrompt
from drivers.transport.picture import Light

LIGHT = Light(mean=130, spread=40, bright=0.0)
FACE = Face(middle_x=0.5, middle_y=0.5, width=0.35, pose=Pose.STRAIGHT)
GOOD = Seen(light=LIGHT, sharpness=250, faces=(FACE,), face_sharpness=300, face_light=140)
NOBODY = Seen(light=LIGHT, sharpness=250)
TO_THE_RIGHT = replace(GOOD, faces=(replace(FACE, pose=Pose.PICTURE_RIGHT),))
TO_THE_LEFT = replace(GOOD, faces=(replace(FACE, pose=Pose.PICTURE_LEFT),))

STRAIGHT, LEFT, RIGHT = LivenessPrompt.LOOK_STRAIGHT, LivenessPrompt.TURN_LEFT, LivenessPrompt.TURN_RIGHT


@dataclass
class Bench:
    sitting: Sitting
    now_s: float = 100.0

    def look(self, *looks: Seen, times: int = 1) -> Verdict:
        verdict = Verdict(guidance=Guidance.GOOD)
        for seen in looks * times:
            self.now_s += 0.2
            verdict = self.sitting.saw(seen, now_s=self.now_s)
        return verdict


def bench(*prompts: LivenessPrompt, is_mirrored: bool = False) -> Bench:
    return Bench(Sitting(prompts, prompt_s=5.0, useless_s=3.0, is_mirrored=is_mirrored))


def moved(seen: Seen, *, middle_x: float = 0.5, middle_y: float = 0.5, width: float = 0.35) -> Seen:
    return replace(seen, faces=(replace(seen.faces[0], middle_x=middle_x, middle_y=middle_y, width=width), *seen.faces[1:]))


@pytest.mark.parametrize(
    ("seen", "guidance"),
    [
        (NOBODY, Guidance.NO_FACE),
        (replace(GOOD, faces=(FACE, replace(FACE, middle_x=0.8, width=0.3))), Guidance.SEVERAL_FACES),
        (moved(GOOD, width=0.12), Guidance.COME_CLOSER),
        (moved(GOOD, width=0.6), Guidance.STEP_BACK),
        (moved(GOOD, middle_x=0.25), Guidance.TO_THE_MIDDLE),
        (moved(GOOD, middle_y=0.8), Guidance.TO_THE_MIDDLE),
        (replace(GOOD, face_light=30), Guidance.TOO_DARK),
        (replace(GOOD, face_light=240), Guidance.TOO_BRIGHT),
        (replace(GOOD, face_sharpness=10), Guidance.HOLD_STILL),
        (replace(GOOD, light=Light(mean=2, spread=1, bright=0.0)), Guidance.TOO_DARK),
        (replace(GOOD, light=Light(mean=254, spread=1, bright=1.0)), Guidance.TOO_BRIGHT),
        (TO_THE_LEFT, Guidance.LOOK_STRAIGHT),
        (GOOD, Guidance.GOOD),
    ],
)
def test_the_person_is_told_what_to_do(seen: Seen, guidance: Guidance) -> None:
    verdict = bench().look(GOOD, seen)
    assert verdict.guidance is guidance if seen is not NOBODY else verdict.guidance in (guidance, Guidance.LOOK_STRAIGHT)


def test_a_good_face_held_still_is_taken_without_prompts() -> None:
    sitting = bench()
    assert not sitting.look(GOOD).is_taken
    assert not sitting.look(GOOD).is_taken
    assert sitting.look(GOOD).is_taken


def test_a_small_face_behind_does_not_count() -> None:
    behind = replace(GOOD, faces=(FACE, replace(FACE, middle_x=0.9, width=0.1)))
    assert bench().look(behind, times=3).is_taken


def test_prompts_are_asked_in_order_and_then_the_picture_is_taken_straight() -> None:
    sitting = bench(STRAIGHT, LEFT, RIGHT)
    assert sitting.look(GOOD).guidance is Guidance.LOOK_STRAIGHT
    assert sitting.look(GOOD).guidance is Guidance.TURN_LEFT
    assert sitting.look(TO_THE_RIGHT).guidance is Guidance.TURN_LEFT
    assert sitting.look(TO_THE_RIGHT).guidance is Guidance.TURN_RIGHT
    assert sitting.look(TO_THE_LEFT, times=2).guidance is Guidance.LOOK_STRAIGHT
    assert sitting.look(TO_THE_LEFT).guidance is Guidance.LOOK_STRAIGHT
    assert sitting.look(GOOD, times=3).is_taken


def test_a_mirror_picture_turns_the_other_way() -> None:
    assert bench(LEFT, is_mirrored=True).look(TO_THE_LEFT, times=2).guidance is Guidance.LOOK_STRAIGHT
    assert bench(LEFT, is_mirrored=True).look(TO_THE_RIGHT, times=4).guidance is Guidance.TURN_LEFT


def test_turning_the_wrong_way_is_not_following() -> None:
    assert bench(LEFT).look(TO_THE_LEFT, times=40).refusal is FaceRefusal.NOT_ALIVE


def test_a_picture_held_up_is_refused_once_its_time_is_over() -> None:
    sitting = bench(STRAIGHT, LEFT)
    assert sitting.look(GOOD, times=20).refusal is None
    assert sitting.sitting.was_in_vain
    assert sitting.look(GOOD, times=10).refusal is FaceRefusal.NOT_ALIVE


def test_one_chance_find_is_not_enough() -> None:
    sitting = bench(LEFT)
    assert sitting.look(TO_THE_RIGHT, GOOD, times=10).guidance is Guidance.TURN_LEFT


def test_a_head_lost_for_a_moment_while_it_turns_goes_on() -> None:
    sitting = bench(STRAIGHT, LEFT, RIGHT)
    sitting.look(GOOD, GOOD, TO_THE_RIGHT, TO_THE_RIGHT)
    assert sitting.look(NOBODY, times=4).guidance is Guidance.TURN_RIGHT
    assert sitting.look(TO_THE_LEFT, times=2).guidance is Guidance.LOOK_STRAIGHT


@pytest.mark.parametrize(
    "swap",
    [
        (NOBODY,) * 9,
        (moved(GOOD, middle_x=0.1),),
        (replace(GOOD, faces=(FACE, replace(FACE, middle_x=0.2))),),
        (replace(NOBODY, light=Light(mean=2, spread=1, bright=0.0)),),
    ],
)
def test_a_face_that_could_have_been_swapped_begins_anew(swap: tuple[Seen, ...]) -> None:
    sitting = bench(STRAIGHT, LEFT)
    assert sitting.look(GOOD, GOOD).guidance is Guidance.TURN_LEFT
    sitting.look(*swap)
    assert sitting.look(GOOD).guidance is Guidance.LOOK_STRAIGHT


@pytest.mark.parametrize(
    "useless",
    [
        replace(NOBODY, light=Light(mean=2, spread=1, bright=0.0)),
        replace(NOBODY, light=Light(mean=254, spread=1, bright=1.0)),
        replace(NOBODY, is_upside_down=True),
    ],
)
def test_a_useless_picture_is_guidance_first_and_a_refusal_when_it_lasts(useless: Seen) -> None:
    sitting = bench(STRAIGHT)
    assert sitting.look(useless, times=10).refusal is None
    assert sitting.look(useless, times=10).refusal is FaceRefusal.NOT_USABLE


def test_a_hand_before_the_lens_is_forgiven() -> None:
    sitting = bench()
    black = replace(NOBODY, light=Light(mean=2, spread=1, bright=0.0))
    for _ in range(5):
        assert sitting.look(*(black,) * 8, GOOD).refusal is None


def test_nobody_at_all_was_asked_nothing() -> None:
    sitting = bench(STRAIGHT, LEFT)
    assert sitting.look(NOBODY, times=100).guidance is Guidance.NO_FACE
    assert not sitting.sitting.was_in_vain


@given(
    st.lists(st.sampled_from([GOOD, NOBODY, moved(GOOD, width=0.4), moved(GOOD, middle_x=0.45), replace(GOOD, face_light=60)]))
)
def test_without_ever_turning_no_order_of_looks_is_taken(looks: list[Seen]) -> None:
    sitting = bench(STRAIGHT, LEFT, RIGHT)
    for seen in looks * 3:
        assert not sitting.look(seen).is_taken
