"""Something new on trial: a configuration or a release that must prove itself, or it goes back by itself. Pure.

Whoever starts the machine counts the start *before* what is on trial can do anything, so that even what dies at its first line is
counted. The way back needs no network and nobody's leave.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

MOST_STARTS = 3
"""Starts of what is on trial; the next one goes back."""

PROBE_WITHIN_S = 60.0
"""Seconds within which the machine must have proven itself: devices answer, the display draws, the fleet hears.

What has certainly failed ends its trial at once; this is for what may still come, such as a fleet behind a slow line.
"""
BACK_WITHIN_S = 90.0
"""Seconds from the switch until what was good before serves again, whatever is on trial does."""
SERVING_S = 10.0
"""Of these a core takes, once it runs, until every device serves (``benchmarks/cold_start.py``)."""
LEAST_PROBE_S = 30.0
"""Even where the machine takes very long to end and start: less would send back what is good."""
NO_BOOT = frozenset({"", "unknown"})
"""Where nobody can say which switching on of the machine this is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When: the switching on of the machine, and seconds since then."""

    boot: str
    now_s: float

    def since_s(self, earlier: "Moment") -> float | None:
        """Return how long ago that was; None when the machine was off meanwhile, or nobody can say."""
        is_same = self.boot == earlier.boot and self.boot not in NO_BOOT and self.now_s >= earlier.now_s
        return self.now_s - earlier.now_s if is_same else None


class Verdict(StrEnum):
    """What to start now."""

    TRY = "try"
    """What is on trial."""
    GO_BACK = "go_back"
    """What was there before; the trial has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One trial as it is kept on disk.

    Attributes:
        candidate: What is on trial, e.g. ``release 2026.11.3`` or ``document 118``.
        starts: How often it was started.
        failure: Why it must go back; empty while nothing is held against it.
    """

    candidate: str
    starts: int = 0
    failure: str = ""


def begin_start(trial: Trial) -> tuple[Trial, Verdict]:
    """Decide what to start, and count it."""
    if trial.failure:
        return trial, Verdict.GO_BACK
    if trial.starts >= MOST_STARTS:
        return replace(trial, failure=f"died {trial.starts} times before it had proven itself"), Verdict.GO_BACK
    return replace(trial, starts=trial.starts + 1), Verdict.TRY


def prove_within_s(way_s: float | None, since_start_s: float = 0.0) -> float:
    """Return the seconds a start has left to prove itself.

    The way back is as long as the way here: ending one core and starting another. What ``BACK_WITHIN_S`` leaves between the
    two is for proving, and all starts of a trial share it.

    Args:
        way_s: From the switch to the first start of what is on trial; None when the machine was off meanwhile.
        since_start_s: From that first start until now.
    """
    whole_s = PROBE_WITHIN_S if way_s is None else BACK_WITHIN_S - SERVING_S - 2 * way_s
    return min(PROBE_WITHIN_S, max(LEAST_PROBE_S, whole_s)) - since_start_s


def fail(trial: Trial, why: str) -> Trial:
    """Hold something against what is on trial; the first reason stays."""
    return trial if trial.failure else replace(trial, failure=why)
