"""How much one kiosk may say: a token bucket each, so that a storm from one drowns nobody else. Pure."""

from collections import OrderedDict

from telemetry.wire.topics import KioskId

REMEMBERED = 100_000
"""Kiosks whose bucket is remembered; beyond it the one longest unheard begins with a full one again."""


class Allowance:
    """A bucket for every kiosk: ``burst`` tokens at most, ``rate`` more every second."""

    def __init__(self, *, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[KioskId, tuple[float, float]] = OrderedDict()

    def take(self, kiosk: KioskId, *, now_s: float) -> bool:
        """Take one token; False when there is none and the message should be dropped."""
        tokens, filled_s = self._buckets.pop(kiosk, (self._burst, now_s))
        tokens = min(self._burst, tokens + (now_s - filled_s) * self._rate)
        is_allowed = tokens >= 1.0
        self._buckets[kiosk] = (tokens - 1.0 if is_allowed else tokens, now_s)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return is_allowed
