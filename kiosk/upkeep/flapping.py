"""Flapping: a device, or a USB socket, that is lost again and again though it comes back each time. Pure."""

from dataclasses import dataclass

PORT_FLAPPING = "core.port_flapping"

HALF_LIFE_S = 1800.0
"""Seconds after which a loss counts half."""

FLAPS_FROM = 6.0
"""Score from which something flaps: seven losses within an hour or so."""

STEADY_BELOW = 2.0
"""Score below which it is steady again: about an hour and a half without a loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flapping:
    """One score. ``is_flapping`` has a memory: it begins high and ends low."""

    score: float = 0.0
    at_s: float = 0.0
    is_flapping: bool = False

    def later(self, now_s: float) -> "Flapping":
        """The same a while later."""
        score = self.score * 0.5 ** (max(now_s - self.at_s, 0.0) / HALF_LIFE_S)
        return Flapping(score=score, at_s=now_s, is_flapping=self.is_flapping and score >= STEADY_BELOW)

    def lost(self, now_s: float) -> "Flapping":
        """After one more loss."""
        score = self.later(now_s).score + 1.0
        return Flapping(score=score, at_s=now_s, is_flapping=self.is_flapping or score >= FLAPS_FROM)
