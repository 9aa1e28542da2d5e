"""Who says more than it may: named with how much, for people to look at. Pure."""

from dataclasses import dataclass
from datetime import datetime

from telemetry.wire.topics import KioskId

OVER_S = 60.0
"""A flood is over when nothing had to be dropped for so long."""
NAMED = 200
"""Floods remembered; more at once are one attack, and the oldest are told of no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood:
    """One kiosk that says too much.

    Attributes:
        since: Server's clock.
        dropped: Messages that were too many, so far.
        is_over: Whether it has been within its allowance for a minute.
    """

    kiosk: KioskId
    since: datetime
    dropped: int
    is_over: bool


@dataclass(slots=True)
class _Noted:
    since: datetime
    dropped: int
    last_s: float


class Floods:
    """Remembers who had to be cut."""

    def __init__(self) -> None:
        self._noted: dict[KioskId, _Noted] = {}

    def note(self, kiosk: KioskId, *, now: datetime, now_s: float) -> None:
        """Note that a message of a kiosk was one too many."""
        noted = self._noted.get(kiosk)
        if noted is not None and now_s - noted.last_s <= OVER_S:
            noted.dropped += 1
            noted.last_s = now_s
            return
        self._noted.pop(kiosk, None)
        if len(self._noted) >= NAMED:
            del self._noted[next(iter(self._noted))]
        self._noted[kiosk] = _Noted(since=now, dropped=1, last_s=now_s)

    def named(self, *, now_s: float) -> tuple[Flood, ...]:
        """Return the floods of this process, newest first, those that are over among them."""
        return tuple(
            Flood(kiosk=kiosk, since=noted.since, dropped=noted.dropped, is_over=now_s - noted.last_s > OVER_S)
            for kiosk, noted in reversed(self._noted.items())
        )
