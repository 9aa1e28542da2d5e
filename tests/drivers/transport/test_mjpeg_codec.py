"""Streams of pictures are taken apart however they are cut, and nothing that is no picture fills the memory."""

import contextlib
import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.transport.mjpeg_codec import JUNK_STEP, LONGEST_HEAD, MjpegDecoder, MjpegError, boundary_in

PICTURES = [b"\xff\xd8" + bytes([n]) * (40 + n) + b"\xff\xd9" for n in range(5)]


def part(jpeg: bytes, *, boundary: bytes = b"--b", length: int | None = -1, ends: bytes = b"\r\n", stamp: str = "") -> bytes:
    lines = [boundary, b"Content-Type: image/jpeg"]
    if length is not None:
        lines.append(f"Content-Length: {len(jpeg) if length < 0 else length}".encode())
    if stamp:
        lines.append(f"X-Timestamp: {stamp}".encode())
    return ends.join(lines) + ends * 2 + jpeg + ends


def decoded(stream: bytes, *, step: int = 1 << 20) -> list[bytes]:
    decoder = MjpegDecoder(b"b")
    return [bytes(got.jpeg) for at in range(0, len(stream), step) for got in decoder.feed(stream[at : at + step])]


@pytest.mark.parametrize("ends", [b"\r\n", b"\n"])
@pytest.mark.parametrize("has_length", [True, False])
@pytest.mark.parametrize("step", [1, 2, 7, 64, 1 << 20])
def test_pictures_come_whole_however_they_are_cut(ends: bytes, has_length: bool, step: int) -> None:
    stream = b"".join(part(each, ends=ends, length=-1 if has_length else None) for each in PICTURES) + b"--b"
    assert decoded(stream, step=step) == PICTURES


def test_the_camera_s_own_time_is_read_when_it_tells_one() -> None:
    decoder = MjpegDecoder(b"b")
    stream = part(PICTURES[0], stamp="1700000000.25") + part(PICTURES[1]) + part(PICTURES[2], stamp="nan")
    assert [got.stamp_s for got in decoder.feed(stream)] == [1700000000.25, None, None]


def test_a_damaged_picture_is_skipped_and_counted_and_the_next_one_comes() -> None:
    decoder = MjpegDecoder(b"b")
    cut = part(PICTURES[0][:20], length=len(PICTURES[0]))
    assert decoder.feed(cut + part(PICTURES[1])[:-4]) == []
    assert decoder.spoiled_in_a_row == 1
    assert [bytes(got.jpeg) for got in decoder.feed(b"\xff\xd9\r\n" + part(PICTURES[2]) + part(PICTURES[3]))][-1] == PICTURES[3]
    assert decoder.spoiled_in_a_row == 0


def test_a_picture_larger_than_allowed_is_never_held() -> None:
    decoder = MjpegDecoder(b"b", largest=10_000)
    for announced in (50_000_000, None):
        decoder.feed(part(b"", length=announced))
        for _ in range(200):
            assert decoder.feed(bytes(4096)) == []
            assert decoder.held_bytes <= 10_000 + JUNK_STEP + LONGEST_HEAD
    assert decoder.spoiled_in_a_row >= 2
    assert [bytes(got.jpeg) for got in decoder.feed(part(PICTURES[0]))] == [PICTURES[0]]


def test_a_head_without_end_is_given_up() -> None:
    decoder = MjpegDecoder(b"b")
    assert decoder.feed(b"--b\r\n" + b"X: y\r\n" * 4000) == []
    assert decoder.spoiled_in_a_row >= 1
    assert [bytes(got.jpeg) for got in decoder.feed(part(PICTURES[0]))] == [PICTURES[0]]


def test_a_megabyte_of_noise_is_counted_and_survived() -> None:
    decoder = MjpegDecoder(b"b")
    noise = random.Random(3).randbytes(1_000_000)
    assert decoder.feed(noise) == []
    assert decoder.held_bytes < 1000
    assert decoder.spoiled_in_a_row >= 10
    assert [bytes(got.jpeg) for got in decoder.feed(b"\r\n" + part(PICTURES[4]))] == [PICTURES[4]]


def test_what_is_held_can_be_wiped() -> None:
    decoder = MjpegDecoder(b"b")
    decoder.feed(part(PICTURES[0])[:60])
    decoder.wipe()
    assert decoder.held_bytes == 0
    assert [bytes(got.jpeg) for got in decoder.feed(part(PICTURES[1]))] == [PICTURES[1]]


@given(st.lists(st.one_of(st.binary(max_size=80), st.sampled_from([b"--b", b"\r\n\r\n", b"Content-Length: 3\r\n", *PICTURES]))))
def test_no_bytes_whatever_raise_or_pile_up(chunks: list[bytes]) -> None:
    decoder = MjpegDecoder(b"b", largest=500)
    for chunk in chunks:
        for got in decoder.feed(chunk):
            assert got.jpeg.startswith(b"\xff\xd8")
            assert got.jpeg.endswith(b"\xff\xd9")
        assert decoder.held_bytes <= 500 + LONGEST_HEAD + 100


def test_heads_that_lie_about_their_length_cost_no_copy_each() -> None:
    largest = 1_000_000
    decoder = MjpegDecoder(b"b", largest=largest)
    lies = b"--b\r\nContent-Length: 990000\r\n\r\n" * 34_000
    decoder.feed(lies[:990_000])
    tracemalloc.start()
    try:
        decoder.feed(lies[990_000:])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert decoder.spoiled_in_a_row > 1000
    assert peak < 1.6 * largest


@pytest.mark.parametrize(
    ("announced", "boundary"),
    [
        ("multipart/x-mixed-replace; boundary=frame", b"frame"),
        ('multipart/x-mixed-replace;boundary="--my frame"', b"my frame"),
        ("Multipart/X-Mixed-Replace; charset=x; Boundary=--b", b"b"),
    ],
)
def test_the_boundary_is_read_as_cameras_write_it(announced: str, boundary: bytes) -> None:
    assert boundary_in(announced) == boundary


@pytest.mark.parametrize("announced", ["", "image/jpeg", "multipart/x-mixed-replace", "multipart/x-mixed-replace; boundary=--"])
def test_what_is_no_stream_of_pictures_is_refused(announced: str) -> None:
    with pytest.raises(MjpegError):
        boundary_in(announced)


@given(st.text(max_size=100))
def test_no_announcement_whatever_raises_anything_else(text: str) -> None:
    for announced in (text, f"multipart/x-mixed-replace; boundary={text}"):
        with contextlib.suppress(MjpegError):
            assert 0 < len(boundary_in(announced)) <= 70
