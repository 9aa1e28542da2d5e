"""When it is certain that a device will not answer."""

import pytest

from kiosk.upkeep.vain import ENOUGH_S, ENOUGH_TRIES, Vain


@pytest.mark.parametrize(
    ("tries", "after_s", "is_enough"),
    [
        (ENOUGH_TRIES, ENOUGH_S, True),
        (ENOUGH_TRIES - 1, 10 * ENOUGH_S, False),  # each attempt takes long: it has not been asked enough
        (10 * ENOUGH_TRIES, ENOUGH_S - 0.1, False),  # refused at once again and again: a port may still come up
    ],
)
def test_it_takes_many_attempts_over_several_seconds(tries: int, after_s: float, is_enough: bool) -> None:
    vain = Vain(since_s=100.0)
    for _ in range(tries):
        vain = vain.once_more()
    assert vain.is_enough(100.0 + after_s) is is_enough
