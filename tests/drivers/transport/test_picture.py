"""Pictures are decoded no larger than wanted, hostile ones are refused, and light and sharpness are told."""

import contextlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.transport.jpeg_codec import size_of
from drivers.transport.picture import (
    NoPictureError,
    Pixels,
    decoded_colour,
    decoded_grey,
    encoded,
    light_of,
    sharpness_of,
    smaller,
)


def noise(wide: int = 320, high: int = 240, seed: int = 1) -> Pixels:
    return np.random.default_rng(seed).integers(0, 255, (high, wide, 3), dtype=np.uint8)


@pytest.mark.parametrize("wide", [100, 320, 640, 1279, 1280, 2600])
def test_a_picture_is_decoded_no_wider_than_told(wide: int) -> None:
    jpeg = encoded(noise(wide, 96), quality=70)
    assert decoded_grey(jpeg, at_most_wide=320).shape[1] == min(wide, 320)
    assert decoded_colour(jpeg, at_most_wide=320).shape[1:] == (min(wide, 320), 3)


def test_a_smaller_picture_is_a_picture() -> None:
    assert size_of(smaller(encoded(noise(1600, 1200), quality=80), at_most_wide=800, quality=70)) == (800, 600)


def test_a_file_that_claims_to_be_enormous_is_refused_before_it_is_decoded() -> None:
    jpeg = encoded(noise(), quality=70)
    at = jpeg.find(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(NoPictureError):
        decoded_grey(jpeg, at_most_wide=320)


@given(st.binary(max_size=300), st.integers(min_value=0, max_value=4000))
def test_no_bytes_whatever_raise_anything_else(hostile: bytes, at: int) -> None:
    jpeg = encoded(noise(64, 48), quality=50)
    at %= len(jpeg)
    jpeg[at : at + len(hostile)] = hostile
    with contextlib.suppress(NoPictureError):
        assert decoded_grey(jpeg, at_most_wide=32).shape[1] <= 32


def test_a_covered_lens_is_black_and_a_dim_room_is_not() -> None:
    room: Pixels = cv2.cvtColor(noise(), cv2.COLOR_BGR2GRAY)
    assert light_of(room // 60).is_black
    assert not light_of(room // 6).is_black
    assert light_of(np.maximum(room, 248)).is_overexposed
    assert not light_of(room).is_overexposed


def test_a_soft_picture_is_less_sharp() -> None:
    room: Pixels = cv2.cvtColor(noise(), cv2.COLOR_BGR2GRAY)
    assert sharpness_of(cv2.GaussianBlur(room, (0, 0), 4)) < sharpness_of(room) / 50
