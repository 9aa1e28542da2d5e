"""What may be shown as it was, and what nobody knows any more."""

from datetime import timedelta

import pytest

from telemetry.fleet.web.freshness import Standing, age_of, limit_s, standing
from tests.telemetry.web.county import NOW


@pytest.mark.parametrize(("heartbeat_s", "limit"), [(0.5, 60.0), (10.0, 60.0), (30.0, 75.0), (300.0, 750.0)])
def test_a_value_may_be_a_minute_or_two_and_a_half_heartbeats_old(heartbeat_s: float, limit: float) -> None:
    assert limit_s(heartbeat_s) == limit


@pytest.mark.parametrize(("seconds", "is_fresh"), [(0, True), (75, True), (75.1, False), (3600, False)])
def test_a_reading_past_its_limit_is_not_fresh(seconds: float, is_fresh: bool) -> None:
    age = age_of(NOW - timedelta(seconds=seconds), now=NOW, heartbeat_s=30)
    assert age.is_fresh is is_fresh


def test_a_kiosk_whose_clock_is_an_hour_ahead_is_not_fresh_for_an_hour_longer() -> None:
    read_at = NOW + timedelta(hours=1) - timedelta(seconds=300)
    age = age_of(read_at, now=NOW, heartbeat_s=30, skew_s=3600)
    assert age.s == pytest.approx(300)
    assert not age.is_fresh


def test_a_value_from_the_future_is_new_not_negative() -> None:
    assert age_of(NOW + timedelta(seconds=9), now=NOW, heartbeat_s=30).s == 0


@pytest.mark.parametrize(
    ("condition", "is_known", "offered", "total", "expected"),
    [
        ("READY", True, 42, 42, Standing.FULL),
        ("DEGRADED", True, 42, 42, Standing.FULL),
        ("DEGRADED", True, 31, 42, Standing.PARTLY),
        ("FAILED", True, 0, 42, Standing.NONE),
        ("READY", False, 42, 42, Standing.UNKNOWN),
        ("UNKNOWN", True, 42, 42, Standing.UNKNOWN),
        ("READY", True, 0, 0, Standing.FULL),
        ("FAILED", True, 0, 0, Standing.NONE),
    ],
)
def test_what_a_villager_can_do_is_counted_in_services(
    condition: str, is_known: bool, offered: int, total: int, expected: Standing
) -> None:
    assert standing(condition=condition, is_known=is_known, offered=offered, total=total) is expected
