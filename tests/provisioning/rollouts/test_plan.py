"""Which kiosk is in which ring."""

from collections import Counter
from datetime import timedelta

import pytest

from provisioning.fleet.rollouts.plan import Candidate, PlanError, Share, draw, pick
from provisioning.fleet.rollouts.rollout import Ring
from tests.provisioning.rollouts.made import DAY, kiosk


def _county(count: int) -> list[Candidate]:
    return [Candidate(kiosk=kiosk(number), likeness=(f"R{number % 2}", f"town-{number % 4}")) for number in range(count)]


@pytest.mark.parametrize(("count", "sizes"), [(71, (2, 2, 14, 53)), (1000, (10, 40, 200, 750)), (3, (2, 1)), (1, (1,))])
def test_a_ring_reaches_its_share_of_the_county(count: int, sizes: tuple[int, ...]) -> None:
    assert draw(_county(count), seed="1").sizes() == sizes


def test_the_same_seed_draws_the_same_rings_whatever_the_order() -> None:
    county = _county(71)
    assert draw(county, seed="7").ring_of == draw(county[::-1], seed="7").ring_of
    assert draw(county, seed="7").ring_of != draw(county, seed="8").ring_of


def test_every_ring_holds_each_town_and_model_in_proportion() -> None:
    county = _county(400)
    plan = draw(county, seed="3")
    likeness = {candidate.kiosk: candidate.likeness for candidate in county}
    quarter = Counter(likeness[one] for one, ring in plan.ring_of.items() if ring <= 2)
    assert max(quarter.values()) - min(quarter.values()) <= 1


@pytest.mark.parametrize("reached", [(0.5, 0.5, 1.0), (0.5,), (0.0, 1.0), (0.6, 0.5, 1.0), ()])
def test_shares_that_do_not_grow_to_the_whole_are_refused(reached: tuple[float, ...]) -> None:
    with pytest.raises(PlanError, match="shares"):
        draw(_county(9), seed="1", shares=[Share(name=str(share), reached=share, soak=timedelta()) for share in reached])


def test_rings_may_be_picked_by_hand() -> None:
    ring = Ring(name="first", soak=DAY)
    assert pick(_county(9), [(ring, [kiosk(3), kiosk(1)])]).sizes() == (2,)


@pytest.mark.parametrize(
    ("picked", "message"), [([3, 3], "two rings"), ([99], "could have it"), ([], "no kiosk")]
)  # fmt: skip
def test_a_pick_that_cannot_be_is_refused_in_words(picked: list[int], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        pick(_county(9), [(Ring(name="first", soak=DAY), [kiosk(number) for number in picked])])
