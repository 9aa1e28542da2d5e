import pytest

from drivers.camera.faces import faces_of_rows
from drivers.camera.pose import Pose, pose_of


@pytest.mark.parametrize(
    ("nose_x", "pose"),
    [(50, Pose.STRAIGHT), (55, Pose.STRAIGHT), (60, Pose.BETWEEN), (66, Pose.PICTURE_RIGHT), (34, Pose.PICTURE_LEFT)],
)
@pytest.mark.parametrize("eyes", [((30, 40), (70, 40)), ((70, 41), (30, 39))])
def test_a_nose_off_the_middle_of_the_eyes_is_a_turned_head(
    nose_x: float, pose: Pose, eyes: tuple[tuple[float, float], tuple[float, float]]
) -> None:
    assert pose_of(*eyes, (nose_x, 60)) is pose


def test_eyes_at_one_place_say_nothing() -> None:
    assert pose_of((50, 40), (50, 40), (55, 60)) is Pose.BETWEEN


def test_the_model_s_answer_is_read_with_the_largest_face_first() -> None:
    small = [10, 10, 20, 24, 14, 18, 26, 18, 20, 24, 15, 30, 25, 30, 0.9]
    large = [100, 60, 120, 140, 130, 110, 190, 110, 185, 140, 140, 170, 180, 170, 0.95]
    faces = faces_of_rows([small, large], width=320, height=240)
    assert [(face.width, face.pose) for face in faces] == [(0.375, Pose.PICTURE_RIGHT), (0.0625, Pose.STRAIGHT)]
    assert faces[0].middle_x == 0.5
    assert faces[0].middle_y == pytest.approx(130 / 240)
