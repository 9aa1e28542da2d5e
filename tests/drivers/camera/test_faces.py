"""What the cascades find in drawn people, and what is judged of a picture. No real person's picture was used or seen."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.camera.faces import CascadeFinder, ModelFinder, Seen, light_and_sharpness, seen_in
from drivers.camera.pose import Pose
from drivers.camera.simulated_faces import SAMPLES
from drivers.transport.picture import NoPictureError, Pixels, encoded


@pytest.fixture(scope="module")
def finder() -> CascadeFinder:
    return CascadeFinder()


def pictures(sample: str, shot: int = 0) -> tuple[Pixels, ...]:
    return SAMPLES[sample]()[shot].pictures


def seen(picture: Pixels, finder: CascadeFinder) -> Seen:
    return seen_in(encoded(picture, quality=85), finder)


@pytest.mark.parametrize(("shot", "pose"), [(0, Pose.STRAIGHT), (1, Pose.PICTURE_LEFT), (3, Pose.PICTURE_RIGHT)])
@pytest.mark.parametrize("sample", ["face-1", "face-2"])
def test_a_head_straight_or_turned_is_found_so_in_most_of_its_pictures(
    finder: CascadeFinder, sample: str, shot: int, pose: Pose
) -> None:
    poses = [[face.pose for face in seen(picture, finder).faces] for picture in pictures(sample, shot)]
    assert poses.count([pose]) >= len(poses) / 2
    assert not any(face_pose not in (pose, Pose.BETWEEN) for found in poses for face_pose in found)


@pytest.mark.parametrize(("sample", "count"), [("nobody", 0), ("two-faces", 2), ("face-far", 1), ("face-near", 1)])
def test_as_many_faces_are_found_as_there_are(finder: CascadeFinder, sample: str, count: int) -> None:
    assert len(seen(pictures(sample)[0], finder).faces) == count


def test_far_is_small_and_near_is_large(finder: CascadeFinder) -> None:
    far, usual, near = (seen(pictures(sample)[0], finder).faces[0].width for sample in ("face-far", "face-1", "face-near"))
    assert far < 0.19 < usual < 0.52 < near


def test_a_picture_that_stands_on_its_head_is_told_by_the_face_in_it(finder: CascadeFinder) -> None:
    over = np.ascontiguousarray(pictures("face-1")[0][::-1, ::-1])
    assert seen(over, finder).is_upside_down
    assert not seen(pictures("face-1")[0], finder).is_upside_down
    assert not seen(np.ascontiguousarray(pictures("nobody")[0][::-1, ::-1]), finder).is_upside_down


def test_nothing_is_looked_for_in_the_dark_or_in_the_glare(finder: CascadeFinder) -> None:
    face = pictures("face-1")[0]
    for spoiled in (face // 80, np.maximum(face, 252)):
        found = seen(spoiled, finder)
        assert found.faces == ()
        assert found.light.is_black or found.light.is_overexposed


def test_a_face_out_of_focus_is_told_from_a_sharp_one(finder: CascadeFinder) -> None:
    face = pictures("face-1")[0]
    sharp, soft = seen(face, finder), seen(cv2.GaussianBlur(face, (0, 0), 6), finder)
    assert soft.face_sharpness < 45 < sharp.face_sharpness
    assert light_and_sharpness(encoded(face, quality=85))[1] > 100


def test_what_is_no_picture_is_refused(finder: CascadeFinder) -> None:
    with pytest.raises(NoPictureError):
        seen_in(b"\xff\xd8 no picture \xff\xd9", finder)


def test_a_file_that_is_no_model_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(ValueError, match=r"model\.onnx is no face detection model"):
        ModelFinder(path)
