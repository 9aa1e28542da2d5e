"""Ramp: when each of many kiosks is told, and when it is told again. Pure.

The first few are told at once, twice as many by every doubling, never more than a rate: a mistake meets few, and a province does
not start anew in one minute.
"""

import hashlib
import math
from dataclasses import dataclass

from telemetry.wire.topics import KioskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """How fast.

    Attributes:
        first: Kiosks told at once.
        doubling_s: Seconds in which the number of those told doubles.
        rate: Kiosks a second at most.
    """

    first: int = 5
    doubling_s: float = 20.0
    rate: float = 100.0

    def after_s(self, position: int) -> float:
        """Seconds until the kiosk at a position, from 0, is told."""
        if position < self.first:
            return 0.0
        steep = max(float(self.first), self.rate * self.doubling_s / math.log(2))  # from here doubling would exceed the rate
        doubled = math.log2(min(position + 1, steep) / self.first) * self.doubling_s
        return doubled + max(0.0, position + 1 - steep) / self.rate


FIRST_AGAIN_S = 30.0
LAST_AGAIN_S = 3600.0
SOONEST, LATEST = 0.8, 1.2
"""Kiosks that were told together are not told again together."""

FEWEST_BAD = 3
MOST_BAD_SHARE = 0.1
"""A change is held once so many of the kiosks that have answered went back or refused, and at least that many."""


def again_s(told: int, luck: float) -> float:
    """Seconds until a kiosk that was told so often and did not settle is told again; ``luck`` is 0 to 1."""
    usual = min(FIRST_AGAIN_S * 2.0 ** min(max(told - 1, 0), 20), LAST_AGAIN_S)
    return usual * (SOONEST + (LATEST - SOONEST) * luck)


def position_key(change: int, kiosk: KioskId) -> bytes:
    """What kiosks are sorted by for a change: another order every time, so that no village is always the first."""
    return hashlib.blake2b(f"{change}/{kiosk.county}/{kiosk.kiosk}".encode(), digest_size=8).digest()


def is_to_be_held(*, bad: int, good: int) -> bool:
    """Say whether a change goes wrong on too many of those that have answered."""
    return bad >= FEWEST_BAD and bad > MOST_BAD_SHARE * (bad + good)
