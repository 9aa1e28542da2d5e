"""How much one kiosk may say: a token bucket each, so that a storm from one drowns nobody else. Pure."""

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Bucket:
    """One kiosk's tokens, as of ``filled_s``."""

    tokens: float
    filled_s: float


class Allowance:
    """What a bucket holds and how fast it fills: ``burst`` tokens at most, ``rate`` more every second."""

    def __init__(self, *, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst

    def bucket(self) -> Bucket:
        """Return a full bucket."""
        return Bucket(tokens=self._burst, filled_s=float("-inf"))

    def take(self, bucket: Bucket, *, now_s: float) -> bool:
        """Take one token; False when there is none and the message should be dropped."""
        tokens = min(self._burst, bucket.tokens + (now_s - bucket.filled_s) * self._rate)
        bucket.filled_s = now_s
        bucket.tokens = tokens - 1.0 if tokens >= 1.0 else tokens
        return tokens >= 1.0
