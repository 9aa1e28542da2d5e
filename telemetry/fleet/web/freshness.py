"""How old a value may be before it says nothing any more. Green without an age is impossible, because both are made here."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SHORTEST_LIMIT_S = 60.0
"""A reading up to this old may still be shown as it was; the product's rule for every page."""
HEARTBEATS_MISSED = 2.5
"""Two lost heartbeats and half the jitter of a third: the server's deadline for silence."""

UNKNOWN = "UNKNOWN"
NOT_FITTED = "NOT_FITTED"


class Standing(StrEnum):
    """What a villager can do at a kiosk now."""

    FULL = "full"
    """Every service that should be offered is."""
    PARTLY = "partly"
    NONE = "none"
    UNKNOWN = "unknown"
    """Nobody knows: silent, or not heard yet. Never drawn green."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """How long ago a value was true.

    Attributes:
        s: Seconds, never below zero.
        limit_s: From this age on the value is unknown.
    """

    s: float
    limit_s: float

    @property
    def is_fresh(self) -> bool:
        """Whether the value may still be shown as it was."""
        return self.s <= self.limit_s


def limit_s(heartbeat_s: float) -> float:
    """Return how old a value of a kiosk with this heartbeat may be: 60 s, or 2.5 heartbeats where those are slower."""
    return max(SHORTEST_LIMIT_S, HEARTBEATS_MISSED * heartbeat_s)


def age_of(moment: datetime, *, now: datetime, heartbeat_s: float, skew_s: float = 0.0) -> Age:
    """Return the age of something a kiosk said.

    Args:
        moment: When it was true by the kiosk's clock (or by ours, with ``skew_s`` 0).
        now: Our clock.
        heartbeat_s: The kiosk's heartbeat.
        skew_s: Kiosk's clock minus ours.
    """
    passed = (now - moment + timedelta(seconds=skew_s)).total_seconds()
    return Age(s=max(0.0, passed), limit_s=limit_s(heartbeat_s))


def standing(*, condition: str, is_known: bool, offered: int, total: int) -> Standing:
    """Say what a villager can do, from the services counted at the kiosk; silence is never an answer."""
    if not is_known or condition == UNKNOWN:
        return Standing.UNKNOWN
    if total == 0:
        return {"READY": Standing.FULL, "BUSY": Standing.FULL, "DEGRADED": Standing.PARTLY}.get(condition, Standing.NONE)
    if offered >= total:
        return Standing.FULL
    return Standing.PARTLY if offered > 0 else Standing.NONE
