"""Rung: one thing a kiosk can do about a fault by itself, and how often it may."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Rung(StrEnum):
    """What can be tried, the harmless first. Published words: the fleet counts them."""

    RETRY = "retry"
    """Look again."""
    RESET = "reset"
    """Ask the device to begin anew, as its protocol can."""
    REOPEN = "reopen"
    """Close the port and open it again."""
    POWER_CYCLE_PORT = "power_cycle_port"
    """Take the power from its USB socket and give it back, where the hub can."""
    RESTART_WORKER = "restart_worker"
    """Give the driver up with its threads and build a new one."""


class HealStep(BaseModel):
    """One step of a ladder.

    Attributes:
        tries: How often within ten minutes.
        after_s: Seconds the fault must have lasted before it is tried.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    rung: Rung
    tries: int = Field(default=1, ge=1, le=5)
    after_s: float = Field(default=0.0, ge=0, le=3600)
