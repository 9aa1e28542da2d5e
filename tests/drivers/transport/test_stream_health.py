"""A stream that repeats its last picture is known within a second; a slow sensor or a pause is no frozen camera."""

import pytest

from drivers.transport.stream_health import StreamHealth


def fed(*, fps: float, count: int, repeats: int = 1, stamps: bool = False) -> StreamHealth:
    health = StreamHealth()
    for n in range(count):
        health.saw(fingerprint=n // repeats, stamp_s=5.0 if stamps else None, came_s=100 + n / fps)
    return health


def test_the_very_same_picture_is_frozen_within_a_second() -> None:
    assert fed(fps=20, count=20, repeats=100).is_frozen
    assert not fed(fps=20, count=8, repeats=100).is_frozen


def test_a_camera_s_clock_that_stands_still_is_frozen_however_the_pictures_differ() -> None:
    assert fed(fps=20, count=20, stamps=True).is_frozen


def test_a_sensor_at_five_a_second_in_a_stream_of_thirty_is_not_frozen() -> None:
    health = StreamHealth()
    for n in range(90):
        health.saw(fingerprint=n // 6, stamp_s=None, came_s=n / 30)
        assert not health.is_frozen


def test_one_new_picture_ends_it() -> None:
    health = fed(fps=20, count=40, repeats=100)
    health.saw(fingerprint=9999, stamp_s=None, came_s=103)
    assert not health.is_frozen
    assert health.has_moved


def test_the_same_picture_in_two_glances_is_frozen_and_opening_anew_forgets_it() -> None:
    health = StreamHealth()
    for came_s in (0.0, 0.05, 3.0, 3.05):
        health.saw(fingerprint=1, stamp_s=None, came_s=came_s)
    assert health.is_frozen
    health.begin_anew()
    health.saw(fingerprint=1, stamp_s=None, came_s=3.1)
    assert (health.is_frozen, health.fps) == (False, None)


@pytest.mark.parametrize(("fps", "is_slow"), [(24, False), (10, False), (6, True), (2, True)])
def test_too_few_pictures_a_second_are_slow(fps: float, is_slow: bool) -> None:
    health = fed(fps=fps, count=12)
    assert health.fps == pytest.approx(fps)
    assert health.is_slow is is_slow


def test_a_pause_is_not_taken_for_slowness() -> None:
    health = fed(fps=24, count=12)
    health.rested()
    health.saw(fingerprint=77, stamp_s=None, came_s=200)
    assert health.fps == pytest.approx(24)
    health.saw(fingerprint=78, stamp_s=None, came_s=200.05)
    assert not health.is_slow
