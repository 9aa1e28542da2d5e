"""The field-health gate and the mathematics under it."""

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.fleet.rollouts.betting import log_evidence_above, log_evidence_below, lower_bound, upper_bound
from provisioning.fleet.rollouts.gate import Evidence, Health, Measure, Verdict, judge, line_of
from provisioning.fleet.rollouts.matching import MOST_CONTROLS, Contrast, Watched, contrasts
from tests.provisioning.rollouts.made import DAY, T0, kiosk

LN_20 = 2.9957


def _walk(chance: Random, *, excess: float, length: int) -> Iterator[Counter[float]]:
    """Yield what was seen after every observation: rare trouble on both sides, more of it on one."""
    seen: Counter[float] = Counter()
    for _ in range(length):
        treated = float(chance.random() < 0.03 + excess)
        control = sum(chance.random() < 0.03 for _ in range(3)) / 3
        seen[round(treated - control, 5)] += 1
        yield seen


@pytest.mark.parametrize("seed", range(5))
def test_noise_looked_at_after_every_observation_is_seldom_taken_for_harm(seed: int) -> None:
    chance = Random(seed)
    false = sum(any(log_evidence_above(seen, 0.0) >= LN_20 for seen in _walk(chance, excess=0, length=150)) for _ in range(20))
    assert false <= 2  # of 20, each looked at 150 times, at 5 %


def test_harm_is_found() -> None:
    chance = Random(1)
    walks = [list(_walk(chance, excess=0.1, length=400))[-1] for _ in range(20)]
    assert all(log_evidence_above(seen, 0.0) >= LN_20 for seen in walks)


def test_no_harm_is_found_to_be_below_a_line() -> None:
    chance = Random(2)
    walks = [list(_walk(chance, excess=0.0, length=500))[-1] for _ in range(20)]
    assert sum(log_evidence_below(seen, 0.05) >= LN_20 for seen in walks) >= 19


def test_trouble_that_never_comes_is_ruled_out_by_a_number_one_can_count() -> None:
    assert upper_bound({0.0: 100}, 0.05) == pytest.approx(0.055, abs=0.01)
    assert upper_bound({0.0: 1000}, 0.05) < 0.006


def test_where_nothing_is_known_everything_is_possible() -> None:
    assert (lower_bound({}, 0.05), upper_bound({}, 0.05)) == (-1.0, 1.0)


_SEEN = st.dictionaries(st.sampled_from([-1.0, -1 / 3, 0.0, 0.5, 1.0]), st.integers(1, 300), min_size=1)


@given(_SEEN)
def test_an_interval_holds_the_mean_and_says_the_same_as_the_evidence(seen: dict[float, int]) -> None:
    mean = sum(value * times for value, times in seen.items()) / sum(seen.values())
    low, high = lower_bound(seen, 0.05), upper_bound(seen, 0.05)
    assert low <= mean + 1e-5
    assert high >= mean - 1e-5
    assert (low > 1e-5) <= (log_evidence_above(seen, 0.0) >= LN_20)
    assert (high < 0.1 - 1e-5) <= (log_evidence_below(seen, 0.1) >= LN_20)


def _watched(number: int, *likeness: str, is_treated: bool, value: float = 0.0) -> Watched:
    return Watched(kiosk=kiosk(number), likeness=likeness, is_treated=is_treated, value=value)


def test_a_kiosk_is_held_against_its_own_town_and_model() -> None:
    ours = _watched(1, "R58", "east", is_treated=True, value=1.0)
    like = _watched(2, "R58", "east", is_treated=False, value=0.0)
    other = _watched(3, "R59", "west", is_treated=False, value=1.0)
    assert contrasts([ours, like, other], slot="1") == (Contrast(treated=1.0, control=0.0),)


def test_where_a_town_has_no_untreated_kiosk_left_the_model_elsewhere_does() -> None:
    ours = _watched(1, "R58", "east", is_treated=True)
    far = _watched(2, "R58", "west", is_treated=False, value=1.0)
    assert contrasts([ours, far], slot="1") == (Contrast(treated=0.0, control=1.0),)


def test_nobody_is_in_two_sets_of_a_slot() -> None:
    treated = [_watched(number, "R58", is_treated=True) for number in range(3)]
    untreated = [_watched(10 + number, "R58", is_treated=False, value=1.0) for number in range(2)]
    assert len(contrasts([*treated, *untreated], slot="1")) == 2
    many = [_watched(10 + number, "R58", is_treated=False) for number in range(99)]
    assert MOST_CONTROLS * len(treated) <= len(many)
    assert len(contrasts([*treated, *many], slot="1")) == 3


def test_without_an_untreated_kiosk_nothing_is_learnt() -> None:
    assert contrasts([_watched(1, "R58", is_treated=True)], slot="1") == ()


EVEN = Contrast(treated=0.0, control=0.0)
WORSE = Contrast(treated=1.0, control=0.0)


def _judged(found: dict[Measure, list[Contrast]], *, next_kiosks: int = 40) -> Health:
    evidence = {measure: Evidence().plus(found.get(measure, [])) for measure in Measure}
    return judge(evidence, next_kiosks=next_kiosks, tolerated=5, since=T0, as_of=T0 + 3 * DAY)


def test_a_gate_that_has_seen_nothing_waits() -> None:
    assert _judged({}).verdict is Verdict.WAIT


def test_every_measure_has_to_agree() -> None:
    enough = {measure: [EVEN] * 400 for measure in Measure}
    assert _judged(enough).verdict is Verdict.GO_ON
    missing = _judged(enough | {Measure.RESTARTS: [EVEN] * 20})
    assert missing.verdict is Verdict.WAIT
    assert [reading.measure for reading in missing.open] == [Measure.RESTARTS]


def test_one_measure_is_enough_to_stop_and_names_its_interval() -> None:
    health = _judged({measure: [EVEN] * 400 for measure in Measure} | {Measure.RESTARTS: [WORSE] * 14 + [EVEN] * 300})
    assert health.verdict is Verdict.STOP
    (worse,) = health.worse
    assert worse.measure is Measure.RESTARTS
    assert 0 < worse.low < worse.excess < worse.high


def test_what_is_missing_is_said_in_kiosk_days_and_as_a_date() -> None:
    health = _judged({measure: [EVEN] * 60 for measure in Measure})
    slow = next(reading for reading in health.open if reading.measure is Measure.RESTARTS)
    assert slow.missing is not None
    assert slow.missing > 5
    assert health.expected_at is not None
    assert health.expected_at > T0 + 3 * DAY


def test_before_a_larger_ring_less_is_borne() -> None:
    lines = [line_of(Measure.RESTARTS, next_kiosks=size, tolerated=5) for size in (2, 40, 200, 750)]
    assert lines == [2.5, 0.125, 0.025, 0.02]


def test_the_order_of_what_was_seen_makes_no_difference() -> None:
    parts = [[EVEN] * 3 + [WORSE], [WORSE] * 2, [EVEN] * 9]
    forward, back = Evidence(), Evidence()
    for part in parts:
        forward = forward.plus(part)
    for part in reversed(parts):
        back = back.plus(part)
    assert dict(forward.seen) == dict(back.seen)
