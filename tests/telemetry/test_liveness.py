"""When silence begins to mean something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.fleet.liveness import deadline_s, ends_this_life, is_overdue
from telemetry.fleet.rate import Allowance

NEVER = float("-inf")


@pytest.mark.parametrize(
    ("heard_s", "listening_since_s", "now_s", "overdue"),
    [
        (100.0, 0.0, 130.0, False),
        (100.0, 0.0, 175.0, False),
        (100.0, 0.0, 175.1, True),
        (NEVER, 100.0, 175.0, False),
        (NEVER, 100.0, 175.1, True),
        (50.0, 100.0, 130.0, False),
    ],
)
def test_a_kiosk_is_silent_after_its_deadline_and_never_before_we_listened_for_one(
    heard_s: float, listening_since_s: float, now_s: float, overdue: bool
) -> None:
    told = is_overdue(heard_s=heard_s, listening_since_s=listening_since_s, heartbeat_s=30, factor=2.5, now_s=now_s)
    assert told is overdue


@given(st.floats(min_value=0.1, max_value=3600), st.floats(min_value=1.5, max_value=20))
def test_a_deadline_leaves_room_for_one_lost_heartbeat_with_jitter(heartbeat_s: float, factor: float) -> None:
    assert deadline_s(heartbeat_s, factor=factor) >= heartbeat_s * 1.1


def test_a_late_will_says_nothing_of_the_life_after_it() -> None:
    assert ends_this_life(life_of_death=7, current_life=7)
    assert not ends_this_life(life_of_death=6, current_life=7)


def test_a_storm_is_cut_to_the_allowance_and_drowns_nobody_else() -> None:
    allowance = Allowance(rate=10, burst=20)
    loud, quiet = allowance.bucket(), allowance.bucket()
    storm = [allowance.take(loud, now_s=second / 1000) for second in range(1000)]
    assert 29 <= sum(storm) <= 30
    assert allowance.take(quiet, now_s=1.0)


def test_an_allowance_comes_back_with_time_and_never_grows_above_its_burst() -> None:
    allowance = Allowance(rate=10, burst=20)
    bucket = allowance.bucket()
    assert sum(allowance.take(bucket, now_s=0.0) for _ in range(40)) == 20
    assert sum(allowance.take(bucket, now_s=1_000.0) for _ in range(40)) == 20
