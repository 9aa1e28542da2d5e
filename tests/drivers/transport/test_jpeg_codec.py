"""JPEG files from outside are measured without being decoded, whatever they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.transport.jpeg_codec import components_of, fingerprint, is_whole, size_of, trimmed
from drivers.transport.picture import encoded

HEAD = bytes.fromhex("FFD8 FFC0 0011 08 0120 00A0 03 012200 021101 031101".replace(" ", ""))
"""A baseline frame header of 160 x 288 pixels and three components; ITU-T T.81 B.2.2."""


def a_jpeg(seed: int = 0) -> bytearray:
    return encoded(np.random.default_rng(seed).integers(0, 255, (48, 64, 3), dtype=np.uint8), quality=80)


def test_the_size_stands_in_the_frame_header() -> None:
    assert size_of(HEAD) == (160, 288)
    assert components_of(HEAD) == 3
    assert size_of(a_jpeg()) == (64, 48)


def test_a_whole_file_begins_and_ends_with_its_markers() -> None:
    jpeg = a_jpeg()
    assert is_whole(jpeg)
    assert not is_whole(jpeg[:-1])
    assert not is_whole(jpeg[1:])
    assert not is_whole(b"")


def test_what_a_driver_leaves_behind_the_file_is_cut_off() -> None:
    jpeg = a_jpeg()
    assert trimmed(bytearray(jpeg + bytes(500))) == jpeg
    assert trimmed(bytearray(b"no end")) == b"no end"


def test_a_comment_in_the_head_does_not_make_another_picture() -> None:
    jpeg = a_jpeg()
    comment = b"\xff\xfe\x00\x08clock!"
    assert fingerprint(bytes(jpeg[:2]) + comment + bytes(jpeg[2:])) == fingerprint(jpeg)
    assert fingerprint(a_jpeg(1)) != fingerprint(jpeg)


@given(st.binary(max_size=600))
@pytest.mark.parametrize("head", [b"", b"\xff\xd8", b"\xff\xd8\xff\xc0", HEAD[:6]])
def test_no_bytes_whatever_raise(head: bytes, rest: bytes) -> None:
    hostile = head + rest
    size = size_of(hostile)
    assert size is None or min(size) > 0
    components_of(hostile)
    fingerprint(hostile)
    is_whole(hostile)
    trimmed(bytearray(hostile))
