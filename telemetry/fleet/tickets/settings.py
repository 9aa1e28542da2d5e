"""``[tickets]`` of fleet.toml."""

from datetime import timedelta

from pydantic import Field

from telemetry.fleet.section import Section
from telemetry.fleet.tickets.rules import Rules
from telemetry.fleet.tickets.ticket import State


class Tickets(Section):
    """How long each step of a ticket may take, in minutes of service while villagers cannot do something."""

    acknowledge_min: int = Field(default=15, ge=1, le=10_000)
    """Until somebody has taken it."""
    dispatch_min: int = Field(default=30, ge=1, le=10_000)
    """Until somebody is on the way."""
    travel_min: int = Field(default=240, ge=1, le=10_000)
    """Until somebody is there."""
    fix_min: int = Field(default=60, ge=1, le=10_000)
    """Until it is mended."""
    verify_min: int = Field(default=60, ge=1, le=10_000)
    """Until the kiosk itself says so."""
    slight_factor: float = Field(default=4.0, ge=1, le=100)
    """So much longer where villagers can do everything, less well."""
    clerk_blocking_min: int = Field(default=60, ge=1, le=10_000)
    """Minutes of service a clerk has for what stops services, before a ticket is opened."""
    clerk_slight_min: int = Field(default=1_620, ge=1, le=20_000)
    """The same for what only makes them worse; 1,620 are three days."""
    reopen_days: int = Field(default=7, ge=0, le=90)
    """The same fault so soon after its ticket was closed is the same ticket again."""
    keep_verified_h: int = Field(default=24, ge=1, le=720)
    """Hours after which a ticket the kiosk has confirmed closes by itself."""
    first_grace_min: int = Field(default=10, ge=0, le=1_440)
    """Minutes after an alarm has ended in which a complaint still means what we knew."""

    def as_rules(self) -> Rules:
        """Return them ready to be asked."""
        minutes = {
            State.OPENED: self.acknowledge_min,
            State.ACKNOWLEDGED: self.dispatch_min,
            State.DISPATCHED: self.travel_min,
            State.ARRIVED: self.fix_min,
            State.FIXED: self.verify_min,
        }
        return Rules(
            steps={state: timedelta(minutes=number) for state, number in minutes.items()},
            slight_factor=self.slight_factor,
            clerk_blocking=timedelta(minutes=self.clerk_blocking_min),
            clerk_slight=timedelta(minutes=self.clerk_slight_min),
            reopen_within=timedelta(days=self.reopen_days),
            keep_verified=timedelta(hours=self.keep_verified_h),
            first_grace=timedelta(minutes=self.first_grace_min),
        )
