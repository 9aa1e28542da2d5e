"""What people complained of, and whether they knew before us: the number that is to become zero. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from telemetry.fleet.tickets.ticket import OpenedBy
from telemetry.wire.messages import Event
from telemetry.wire.topics import KioskId

REPAIR_REQUESTED = "repair.requested"
SELFTEST_DONE = "selftest.done"

ABOUT = ("screen", "print", "card", "scan", "camera", "network", "slow", "other")
"""What somebody who notes a complaint may choose from; never free text, so that nothing personal is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """Somebody could not do what they came for, and said so.

    Attributes:
        seq: Of the kiosk's event it came as; None when somebody noted it at the dashboard.
        about: The service a villager was in the middle of, or a word of ``ABOUT``; may be empty.
    """

    kiosk: KioskId
    at: datetime
    by: OpenedBy
    about: str = ""
    seq: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """An alarm of the kiosk: from when until when it stood."""

    raised_at: datetime
    cleared_at: datetime | None


def heard(kiosk: KioskId, event: Event, *, received_at: datetime) -> Complaint:
    """Return the complaint a kiosk's 报修 is.

    In the middle of a matter it was the villager who pressed it; before any, whoever looks after the kiosk. A clock that nobody
    has confirmed, or that is ahead of ours, says nothing about when.
    """
    service = event.fields.get("service", "")
    at = min(event.at, received_at) if event.clock_trusted else received_at
    return Complaint(
        kiosk=kiosk,
        at=at,
        by=OpenedBy.VILLAGER if service else OpenedBy.CLERK,
        about=str(service)[:64],
        seq=event.seq,
    )


def was_first(complaint: Complaint, alarms: Iterable[Stood], *, grace: timedelta) -> bool:
    """Say whether a complaint came before any alarm of ours on that kiosk: none stood then, nor had just ended."""
    return not any(
        alarm.raised_at <= complaint.at and (alarm.cleared_at is None or complaint.at - grace <= alarm.cleared_at)
        for alarm in alarms
    )


def passed(event: Event) -> str:
    """Return in a few words how a kiosk's self-test went, empty unless it found everything well."""
    checked, failed = (str(event.fields.get(name, "")) for name in ("checked", "failed"))
    return f"selftest = {checked}" if checked.isdecimal() and int(checked) > 0 and failed == "0" else ""
