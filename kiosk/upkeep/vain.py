"""Vain: attempts at a device that all failed, and when there have been so many that waiting longer changes nothing. Pure."""

from dataclasses import dataclass, replace

ENOUGH_TRIES = 6
"""Complete attempts, each opening the device and asking it. One or two fail while a line or a port comes up."""
ENOUGH_S = 15.0
"""Seconds they are spread over: several times what the slowest of our devices takes to come back from a reset or a
loss of power (a camera or a USB hub, about 5 s), so that what is merely slow is never taken for what is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vain:
    """Attempts without one answer between them.

    Attributes:
        since_s: Monotonic second at which the first of them had failed.
    """

    since_s: float
    tries: int = 0

    def once_more(self) -> "Vain":
        """Count one more."""
        return replace(self, tries=self.tries + 1)

    def is_enough(self, now_s: float) -> bool:
        """Whether this is certain by now. A device that takes long over each attempt is not: it has not been asked enough."""
        return self.tries >= ENOUGH_TRIES and now_s - self.since_s >= ENOUGH_S
