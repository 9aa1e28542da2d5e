"""How long things last: published and hand-worked examples, and what censoring may never do."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.fleet.analytics.faults import Fault
from telemetry.fleet.analytics.lifetimes import By, Fitted, lifetimes, repair_runs, running_runs
from telemetry.fleet.analytics.survival import Run, compare, endurance
from telemetry.wire.service_hours import ServiceHours
from telemetry.wire.topics import KioskId

ALWAYS = ServiceHours.parse(("Mon-Sun 00:00-24:00",))
T0 = datetime(2026, 9, 1, tzinfo=UTC)


def ended(*lasted: float) -> list[Run]:
    return [Run(lasted=one, has_ended=True) for one in lasted]


def running(*lasted: float) -> list[Run]:
    return [Run(lasted=one, has_ended=False) for one in lasted]


TREATED = ended(6, 6, 6, 7, 10, 13, 16, 22, 23) + running(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
UNTREATED = ended(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)
"""Weeks of remission, Freireich and others, Blood 21 (1963): in every textbook of survival analysis, with its answers."""


def test_the_textbooks_medians_come_out() -> None:
    treated, untreated = endurance(TREATED), endurance(UNTREATED)
    assert (treated.median.value, untreated.median.value) == (23, 8)
    assert (treated.runs, treated.ended, treated.total) == (21, 9, 359)
    assert untreated.restricted_mean == pytest.approx(sum(one.lasted for one in UNTREATED) / 21)


def test_the_textbooks_log_rank_comes_out() -> None:
    (difference,) = compare({"treated": TREATED, "untreated": UNTREATED})
    # chi-square 16.79 with one degree of freedom
    assert (difference.worse, difference.better) == ("untreated", "treated")
    assert difference.p == pytest.approx(4.17e-5, rel=0.01)


def test_time_per_failure_has_the_exact_interval_of_its_count() -> None:
    # 2,856 device-days with 21 failures: 136 days. A Poisson count of 21 has the exact interval 13.0 to 32.1 (Garwood's
    # table), so 2,856 / 32.1 = 89 to 2,856 / 13.0 = 220 days.
    mean = endurance(running(*[84.0] * 13) + ended(*[84.0] * 21)).mean
    assert mean.value == pytest.approx(136)
    assert (round(mean.low or 0), round(mean.high or 0)) == (89, 220)


def test_without_a_failure_there_is_no_rate_only_what_it_is_at_least() -> None:
    summary = endurance(running(84, 84, 84))
    # Nothing in 252 days: the rule of three in its exact two-sided form, 252 / 3.689.
    assert (summary.mean.value, summary.mean.high, summary.median.value) == (None, None, None)
    assert summary.mean.low == pytest.approx(252 / 3.6889, rel=1e-4)
    assert summary.restricted_mean == 84


def test_nothing_seen_is_nothing_said() -> None:
    nothing = endurance(())
    assert (nothing.runs, nothing.mean.value, nothing.mean.low, nothing.restricted_mean) == (0, None, None, None)


def test_a_curve_worked_by_hand() -> None:
    # 2 (end), 3 (censored), 4 (end), 5 (censored): S = 3/4 from 2, 3/4 x 1/2 = 3/8 from 4. Median 4, first quartile 2.
    # Area up to 5: 2 x 1 + 2 x 3/4 + 1 x 3/8 = 3.875.
    summary = endurance(ended(2, 4) + running(3, 5))
    assert (summary.median.value, summary.quartiles) == (4, (2, None))
    assert summary.restricted_mean == pytest.approx(3.875)


def test_too_few_failures_are_not_compared() -> None:
    assert compare({"a": ended(1, 2, 3, 4), "b": ended(*[100.0] * 50)}) == ()


def test_many_comparisons_must_be_clearer_each() -> None:
    groups = dict.fromkeys("abcd", UNTREATED[::2])
    assert all(difference.p == 1.0 for difference in compare(groups))
    both = compare({"treated": TREATED, "untreated": UNTREATED, "third": TREATED})
    assert both[0].p == pytest.approx(3 * 4.17e-5, rel=0.01)


durations = st.floats(min_value=0.01, max_value=2000)
some_runs = st.lists(st.builds(Run, lasted=durations, has_ended=st.booleans()), min_size=1, max_size=25)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(runs=some_runs, more=st.lists(durations, min_size=1, max_size=10))
def test_devices_that_still_run_never_shorten_the_time_between_failures(runs: list[Run], more: list[float]) -> None:
    few, many = endurance(runs), endurance(runs + running(*more))
    assert many.ended == few.ended
    assert many.mean.low is not None
    assert few.mean.low is not None
    assert many.mean.low >= few.mean.low
    if few.mean.value is not None:
        assert many.mean.value is not None
        assert many.mean.value >= few.mean.value


@settings(max_examples=40, deadline=None, derandomize=True)
@given(runs=some_runs, at=durations)
def test_a_device_that_still_runs_never_lowers_the_curve(runs: list[Run], at: float) -> None:
    longest = max(run.lasted for run in runs)
    few, many = endurance(runs), endurance([*runs, Run(lasted=longest, has_ended=False)])
    assert (many.restricted_mean or 0) >= (few.restricted_mean or 0) - 1e-9
    if few.median.value is None:
        assert many.median.value is None
    cut = [Run(lasted=min(run.lasted, at), has_ended=run.has_ended and run.lasted <= at) for run in runs]
    assert endurance(cut).total <= few.total + 1e-9


@settings(max_examples=40, deadline=None, derandomize=True)
@given(runs=some_runs)
def test_an_estimate_lies_in_its_interval(runs: list[Run]) -> None:
    summary = endurance(runs)
    for one in (summary.mean, summary.median):
        if one.value is not None:
            assert (one.low or 0) <= one.value
            assert one.high is None or one.value <= one.high


def fault(begin_day: float, hours: float | None, *, code: str = "printer.mechanical_error", kiosk: str = "K1") -> Fault:
    raised = T0 + timedelta(days=begin_day)
    return Fault(
        kiosk=KioskId(county="demo", kiosk=kiosk),
        device="receipt-printer",
        code=code,
        severity="BLOCKING",
        remedy="RESET",
        raised_at=raised,
        cleared_at=None if hours is None else raised + timedelta(hours=hours),
        cleared_by="" if hours is None else "reset",
        cause="kiosk",
    )


def test_a_devices_runs_lie_between_its_repairs() -> None:
    # Of 30 days: fails on day 10 for 24 h, on day 20 for 12 h with a second fault inside it, then runs: 10, 9, 9.5 censored.
    end = T0 + timedelta(days=30)
    runs = running_runs((fault(10, 24), fault(20, 12), fault(20.1, 2)), begin=T0, end=end)
    assert [(run.lasted, run.has_ended) for run in runs] == [(10, True), (9, True), (9.5, False)]


def test_a_device_that_is_down_at_the_end_has_no_run_to_censor() -> None:
    runs = running_runs((fault(-1, 48), fault(25, None)), begin=T0, end=T0 + timedelta(days=30))
    assert [(run.lasted, run.has_ended) for run in runs] == [(24, True)]


def test_a_repair_is_counted_in_hours_of_service_and_one_still_waiting_is_censored() -> None:
    # Tuesday 1 September 2026, 08:00 in China. Office hours: an outage from 17:00 to 09:00 next day costs half an hour twice.
    office = ServiceHours.parse(("Mon-Fri 08:30-17:30",))
    begin, end = T0, T0 + timedelta(days=2)
    faults = (fault(9 / 24, 16), fault(1.5, None))
    repairs = repair_runs(faults, hours_of=lambda _: office, begin=begin, end=end)
    assert [(round(run.lasted, 3), run.has_ended) for run in repairs] == [(1.0, True), (0.0, False)]


def test_devices_are_grouped_and_what_is_not_their_fault_is_left_out() -> None:
    def one(kiosk: str, model: str) -> Fitted:
        return Fitted(
            kiosk=KioskId(county="demo", kiosk=kiosk), device="receipt-printer", kind="receipt_printer", model=model,
            port="usb-1.3", site="光明村", town="青山镇", vendor="甲", batch="2025-1", since=T0 - timedelta(days=100),
        )  # fmt: skip

    fitted = [one("K1", "R58-C"), one("K2", "R80-A"), one("K3", "R80-A")]
    faults = [fault(10, 24), fault(12, 5, code="printer.paper_out"), fault(13, 5, code="printer.cover_open", kiosk="K2")]
    found = lifetimes(fitted, faults, by=By.MODEL, hours_of=lambda _: ALWAYS, begin=T0, end=T0 + timedelta(days=30))
    assert [(group.name, group.devices, group.running.ended, group.running.total) for group in found.groups] == [
        ("R58-C", 1, 1, 29),
        ("R80-A", 2, 0, 60),
    ]
    assert found.groups[0].repair.median.value == 24
    by_port = lifetimes(fitted, faults, by=By.PORT, hours_of=lambda _: ALWAYS, begin=T0, end=T0 + timedelta(days=30))
    assert [(group.name, group.devices) for group in by_port.groups] == [("usb-1.3", 3)]
