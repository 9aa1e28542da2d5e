"""What a simulated kiosk says of itself, as bytes, by its own clock."""

from datetime import UTC, datetime, timedelta
from typing import TypedDict

from telemetry.simulation.cabinet import Cabinet
from telemetry.simulation.county import Site
from telemetry.simulation.outbox import Outbox
from telemetry.simulation.services import SERVICES
from telemetry.wire.codec import encode
from telemetry.wire.messages import Birth, Death, Heartbeat, Screen

AT_REST = Screen(page="attract")
RELEASE = "simulated"
PLACEHOLDER = datetime(2001, 2, 3, 4, 5, 6, 789_012, tzinfo=UTC)
"""Stands in a kept heartbeat where its moment belongs."""


class Stamp(TypedDict):
    """What every message begins with."""

    life: int
    seq: int
    at: datetime
    clock_trusted: bool


class Speech:
    """One kiosk's words. ``screen`` is what its page shows."""

    def __init__(self, site: Site, cabinet: Cabinet, *, heartbeat_s: float) -> None:
        self.screen = AT_REST
        self._site = site
        self._cabinet = cabinet
        self._heartbeat_s = heartbeat_s
        self._skew = timedelta()
        self._is_trusted = True
        self._kept: tuple[tuple[object, ...], bytes] | None = None

    def now(self) -> datetime:
        """Return what this kiosk believes the time to be."""
        return datetime.now(UTC) + self._skew

    def set_clock(self, *, skew_s: float, is_trusted: bool, is_reset: bool) -> None:
        """Let the clock run beside the true time, or begin in 1970."""
        self._skew = timedelta(seconds=-datetime.now(UTC).timestamp() if is_reset else skew_s)
        self._is_trusted = is_trusted
        self._kept = None

    def stamp(self, at: datetime, *, life: int, head: int) -> Stamp:
        """Return how a message of that moment begins."""
        return {"life": life, "seq": head, "at": at, "clock_trusted": self._is_trusted}

    def birth(self, *, life: int, outbox: Outbox) -> bytes:
        """Say who it is, and the whole truth of its devices and faults."""
        now = self.now()
        birth = Birth(
            **self.stamp(now, life=life, head=outbox.head),
            place=self._site.place,
            model="ZK-2",
            release=RELEASE,
            heartbeat_s=self._heartbeat_s,
            devices=self._cabinet.devices(read_at=now),
            faults=self._cabinet.faults,
            services=self._cabinet.services,
            screen=self.screen,
            floor=outbox.floor,
            catalogue=tuple(service.title for service in SERVICES),
        )
        return encode(birth)

    def death(self, reason: str, *, life: int, outbox: Outbox) -> bytes:
        """Say that it is gone; also the last will."""
        return encode(Death(**self.stamp(self.now(), life=life, head=outbox.head), reason=reason))

    def heartbeat(self, *, life: int, outbox: Outbox) -> bytes:
        """Say how it is. While nothing changes only the moment is new: the rest is written once."""
        of = (self._cabinet.version, life, outbox.head, outbox.count, self.screen)
        if self._kept is None or self._kept[0] != of:
            beat = Heartbeat(
                **self.stamp(PLACEHOLDER, life=life, head=outbox.head),
                devices=self._cabinet.devices(read_at=PLACEHOLDER),
                services=self._cabinet.services,
                screen=self.screen,
                queued=outbox.count,
            )
            self._kept = (of, encode(beat))
        return self._kept[1].replace(_on_the_wire(PLACEHOLDER), _on_the_wire(self.now()))


def _on_the_wire(moment: datetime) -> bytes:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z").encode()
