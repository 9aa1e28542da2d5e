"""Something new on trial: a configuration or a release that must prove itself, or it goes back by itself. Pure.

Whoever starts the machine counts the start *before* what is on trial can do anything, so that even what dies at its first line is
counted. The way back needs no network and nobody's leave.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

MOST_STARTS = 3
"""Starts of what is on trial; the next one goes back."""

PROBE_WITHIN_S = 60.0
"""Seconds of one start within which the machine must have proven itself: devices answer, the display draws, the fleet hears.

With 20 s to end and start again the way back takes less than 90 s.
"""


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


def fail(trial: Trial, why: str) -> Trial:
    """Hold something against what is on trial; the first reason stays."""
    return trial if trial.failure else replace(trial, failure=why)
