"""What is let in: a message from a kiosk's own topic, readable, within its allowance. Everything else is counted and dropped."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

import structlog

from telemetry.fleet.metrics import Metrics
from telemetry.fleet.rate import Allowance
from telemetry.mqtt import Received
from telemetry.wire.codec import UnreadableError, decode_up
from telemetry.wire.messages import Upward
from telemetry.wire.topics import KioskId, Up, parse

log = structlog.get_logger()

SAY_AGAIN_S = 60.0
"""A kiosk that sends nonsense, or too much, is named in the log this often, not once a message."""
NAMED = 1_000
"""Kiosks remembered as lately named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message let in: who said it, what, when by our clock, and how to acknowledge it."""

    kiosk: KioskId
    message: Upward
    at: datetime
    received: Received


class Reception:
    """Lets messages in, or not."""

    def __init__(self, *, metrics: Metrics, allowance: Allowance) -> None:
        self._metrics = metrics
        self._allowance = allowance
        self._named: OrderedDict[tuple[str, str], float] = OrderedDict()

    def take(self, received: Received, *, now: datetime, now_s: float) -> Heard | None:
        """Let a message in, or count why not and return None.

        Args:
            received: As the broker gave it.
            now: Server's clock.
            now_s: A monotonic clock, for the allowance.
        """
        try:
            kiosk, kind = parse(received.topic)
        except ValueError:
            self._drop("foreign_topic", received.topic[:64], now_s)
            return None
        if not isinstance(kind, Up):
            self._drop("foreign_topic", received.topic[:64], now_s)
            return None
        self._metrics.received.labels(kind=kind.value).inc()
        if not self._allowance.take(kiosk, now_s=now_s):
            self._drop("too_many", f"{kiosk.county}/{kiosk.kiosk}", now_s)
            return None
        try:
            message = decode_up(kind, received.payload, sender=kiosk)
        except UnreadableError as error:
            self._drop(error.reason, f"{kiosk.county}/{kiosk.kiosk}", now_s)
            return None
        return Heard(kiosk=kiosk, message=message, at=now, received=received)

    def _drop(self, reason: str, who: str, now_s: float) -> None:
        self._metrics.dropped.labels(reason=reason).inc()
        key = (reason, who)
        if now_s - self._named.get(key, -SAY_AGAIN_S) < SAY_AGAIN_S:
            return
        self._named[key] = now_s
        self._named.move_to_end(key)
        if len(self._named) > NAMED:
            self._named.popitem(last=False)
        log.warning("message dropped", reason=reason, who=who)
