"""What happened to a rollout, line by line: data for the page and for whoever asks later."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

THE_SERVICE = "zhizhu-fleet"
"""Who acts when nobody does: a gate has opened, or shut."""


class What(StrEnum):
    """What a line tells. ``detail`` is what else belongs to it, in data."""

    STARTED = "started"
    APPROVED = "approved"
    RING_BEGAN = "ring_began"
    PAUSED = "paused"
    RESUMED = "resumed"
    STOPPED = "stopped"
    """By the rollout itself; ``detail`` is the cause and what was worse."""
    ASKED_TO_RESUME = "asked_to_resume"
    ASKED_TO_GO_BACK = "asked_to_go_back"
    DECLINED = "declined"
    GOING_BACK = "going_back"
    ROLLED_BACK = "rolled_back"
    CANCELLED = "cancelled"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line."""

    at: datetime
    by: str
    what: What
    ring: int
    detail: str = ""
