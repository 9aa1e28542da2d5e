"""What the tests of tickets share: a Tuesday morning in service hours, a few alarms, what follows from them. All made up."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from telemetry.fleet.tickets import Rules, Ticket
from telemetry.fleet.tickets.following import Situation, Standing, Written, follow
from telemetry.wire.service_hours import CHINA, ORDINARY
from telemetry.wire.topics import KioskId

RULES = Rules()
HOURS = ORDINARY.of("lanxi")
KIOSK = KioskId(county="lanxi", kiosk="LX-001")
MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=CHINA).astimezone(UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SILENT = Standing(
    device="id-card-reader", code="reader.silent", severity="BLOCKING", remedy="TECHNICIAN",
    raised_at=MORNING, needed_at=MORNING, needs_person=True,
)  # fmt: skip
PAPER_OUT = replace(SILENT, device="receipt-printer", code="printer.paper_out", remedy="CLERK")
PAPER_LOW = replace(PAPER_OUT, code="printer.paper_low", severity="DEGRADED")
SLOW = replace(SILENT, device="camera", code="camera.slow", severity="DEGRADED")


def over(alarm: Standing, *, at: datetime, by: str = "self") -> Standing:
    """The same alarm, ended."""
    return replace(alarm, cleared_at=at, cleared_by=by)


def after(*, alarms: Sequence[Standing] = (), now: datetime = MORNING, **others: object) -> tuple[Written, ...]:
    """What follows."""
    said = Situation(about=KIOSK, hours=HOURS, area="东片")
    return follow(replace(said, alarms=alarms, **others), rules=RULES, now=now)  # type: ignore[arg-type]  # of Situation


def opened(*alarms: Standing, now: datetime = MORNING) -> Ticket:
    """An open ticket about these alarms, as if it had been written."""
    [written] = after(alarms=alarms, now=now)
    return replace(written.ticket, id=7)
