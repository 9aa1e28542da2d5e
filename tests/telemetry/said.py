"""What a kiosk of the tests says: whole messages with the few things a test cares about."""

from datetime import UTC, datetime, timedelta

from telemetry.wire.messages import (
    Birth,
    Death,
    DeviceState,
    Event,
    FaultChanged,
    FaultState,
    Heartbeat,
    Place,
    Screen,
    Services,
    ServiceTitle,
    StatusChanged,
)
from telemetry.wire.topics import KioskId

K1 = KioskId(county="demo", kiosk="K1")
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
PAPER_OUT = FaultState(
    device="receipt-printer", code="printer.paper_out", severity="BLOCKING", remedy="CLERK", since=NOW - timedelta(minutes=5)
)
HEAD_HOT = FaultState(
    device="receipt-printer", code="printer.head_hot", severity="DEGRADED", remedy="WAIT", since=NOW - timedelta(minutes=3)
)
ALL = Services(offered=4, total=4)


def device(name: str, condition: str = "READY") -> DeviceState:
    return DeviceState(device=name, kind=name.replace("-", "_"), condition=condition, read_at=NOW)


def birth(
    *,
    seq: int = 10,
    life: int = 3,
    faults: tuple[FaultState, ...] = (),
    devices: tuple[str, ...] = ("id-card-reader", "receipt-printer"),
    services: Services = ALL,
    floor: int = 10,
    at: datetime = NOW,
    catalogue: tuple[ServiceTitle, ...] = (),
) -> Birth:
    return Birth(
        life=life,
        seq=seq,
        at=at,
        clock_trusted=True,
        place=Place(site="光明村"),
        heartbeat_s=30,
        devices=tuple(device(name) for name in devices),
        faults=faults,
        services=services,
        screen=Screen(page="attract"),
        floor=floor,
        catalogue=catalogue,
    )


def heartbeat(*, seq: int = 10, life: int = 3, services: Services = ALL) -> Heartbeat:
    return Heartbeat(
        life=life,
        seq=seq,
        at=NOW,
        clock_trusted=True,
        devices=(device("id-card-reader"), device("receipt-printer")),
        services=services,
        screen=Screen(page="attract"),
    )


def fault(
    state: FaultState = PAPER_OUT, *, seq: int, prev: int | None = None, cleared_after_s: float | None = None, life: int = 3
) -> FaultChanged:
    cleared_at = None if cleared_after_s is None else state.since + timedelta(seconds=cleared_after_s)
    return FaultChanged(
        life=life,
        seq=seq,
        prev=prev,
        at=NOW,
        clock_trusted=True,
        fault=state,
        cleared_at=cleared_at,
        cleared_by="" if cleared_at is None else "clerk",
    )


def event(*, seq: int, prev: int | None = None, life: int = 3) -> Event:
    return Event(life=life, seq=seq, prev=prev, at=NOW, clock_trusted=True, name="visit.ended", fields={"outcome": "done"})


def status(*, seq: int, condition: str, services: Services = ALL) -> StatusChanged:
    return StatusChanged(
        life=3, seq=seq, at=NOW, clock_trusted=True, device=device("receipt-printer", condition), services=services
    )


def death(*, life: int = 3, reason: str = "lost") -> Death:
    return Death(life=life, seq=10, at=NOW, clock_trusted=True, reason=reason)
