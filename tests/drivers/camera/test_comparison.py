"""Comparing faces on this machine: the arithmetic, the plain absence, and files that are no models.

What real models answer was not seen: there are none to be had here.
"""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.comparison import ComparisonSettings, comparer_for
from drivers.camera.likeness import SAME_PERSON_FROM, cosine

FINITE = st.floats(min_value=-1e6, max_value=1e6)


def test_the_same_feature_is_one_the_opposite_minus_one_and_a_right_angle_nothing() -> None:
    assert cosine([3, 4], [6, 8]) == pytest.approx(1)
    assert cosine([3, 4], [-3, -4]) == pytest.approx(-1)
    assert cosine([1, 0], [0, 5]) == 0


def test_a_feature_of_nothing_says_nothing() -> None:
    assert cosine([0, 0], [1, 2]) is None
    assert cosine([math.inf, 0], [1, 2]) is None


def test_features_of_two_models_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="2 and 3 numbers"):
        cosine([1, 2], [1, 2, 3])


@given(st.lists(st.tuples(FINITE, FINITE), min_size=1, max_size=128))
def test_a_similarity_stays_within_its_bounds(pairs: list[tuple[float, float]]) -> None:
    found = cosine([one for one, _ in pairs], [other for _, other in pairs])
    assert found is None or -1 <= found <= 1


def test_without_models_there_is_no_comparison_on_this_machine() -> None:
    assert comparer_for(ComparisonSettings()) is None
    assert ComparisonSettings().same_person_from == SAME_PERSON_FROM


def test_one_model_without_the_other_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"x")
    with pytest.raises(ValueError, match="recogniser is not configured"):
        comparer_for(ComparisonSettings(detector=path))
    with pytest.raises(ValueError, match="detector is not configured"):
        comparer_for(ComparisonSettings(recogniser=path))


def test_a_file_that_is_no_model_is_refused_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"this is no model")
    with pytest.raises(ValueError, match=r"model\.onnx is no face detection model"):
        comparer_for(ComparisonSettings(detector=path, recogniser=path))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="detector"):
        ComparisonSettings.model_validate({"detector": str(tmp_path / "nowhere.onnx")})
