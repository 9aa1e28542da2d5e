"""``[tickets]`` of fleet.toml, and whom a ticket about many kiosks is addressed to."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from telemetry.fleet.alarms.root_cause import Kind
from telemetry.fleet.section import Section
from telemetry.fleet.tickets.contacts import Contact, Contacts
from telemetry.fleet.tickets.rules import Rules
from telemetry.fleet.tickets.ticket import State
from telemetry.wire.topics import NAME

MOST_CONTACTS = 500


class ContactSection(Section):
    """A desk outside that ends what many kiosks have lost at once; a duty number, never a person's."""

    ends: Literal["power", "network", "unknown"]
    """What is lost: `power`, `network`, or `unknown` for whoever finds out which of the two it is."""
    name: str = Field(min_length=1, max_length=64)
    """What the bureau calls them, e.g. `县供电公司抢修`."""
    phone: str = Field(default="", max_length=32, pattern=r"^[0-9+ -]*$")
    """Their duty number."""
    county: str = Field(default="", pattern=f"^({NAME.pattern})?$")
    """Whose kiosks; empty for every county."""
    area: str = Field(default="", max_length=64)
    """Whose round, as the register says; empty for all of them. The nearest desk is named."""


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

    contacts: list[ContactSection] = Field(default=[], max_length=MOST_CONTACTS)
    """Whom to call for what many kiosks have lost at once."""

    def as_contacts(self) -> Contacts:
        """Return them ready to be asked."""
        return Contacts(
            known=tuple(
                Contact(ends=Kind(one.ends), name=one.name, phone=one.phone, county=one.county, area=one.area)
                for one in self.contacts
            )
        )

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
