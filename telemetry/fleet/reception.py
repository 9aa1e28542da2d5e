"""What is let in: a message from a kiosk's own topic, readable, within its allowance. Everything else is counted and dropped.

Of a message that cannot be read but has a number, that is let in: see ``unreadable``.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

import structlog

from telemetry.fleet.floods import Floods
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.unreadable import instead_of
from telemetry.fleet.voices import Voice, Voices
from telemetry.mqtt import Listener, Published
from telemetry.wire.beats import Beat, Beats
from telemetry.wire.codec import UnreadableError, decode_up
from telemetry.wire.messages import Upward
from telemetry.wire.topics import KioskId, Up

log = structlog.get_logger()

SAY_AGAIN_S = 60.0
"""A kiosk that sends nonsense, or too much, is named in the log this often, not once a message."""
NAMED = 1_000
"""Kiosks remembered as lately named."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heard:
    """A message let in: who said it, what, when by our clock, and what to acknowledge where once it is safe.

    Attributes:
        beat: When it is a heartbeat read by its parts.
        number: The broker's, for the acknowledgement; 0 when none is wanted.
    """

    voice: Voice
    message: Upward
    at: datetime
    beat: Beat | None = None
    number: int = 0
    through: Listener | None = None

    @property
    def kiosk(self) -> KioskId:
        """Whose it is."""
        return self.voice.kiosk


class Reception:
    """Lets messages in, or not."""

    def __init__(self, *, metrics: Metrics, voices: Voices, floods: Floods) -> None:
        self._metrics = metrics
        self._voices = voices
        self._floods = floods
        self._beats = Beats()
        self._received = dict.fromkeys(Up, 0)
        self._beats_received = 0
        self._named: OrderedDict[tuple[str, str], float] = OrderedDict()

    def take(
        self, received: Published, through: Listener | None, *, now: datetime, now_s: float
    ) -> tuple[Voice, Beat] | Heard | None:
        """Let a message in, or count why not and return None. A heartbeat that has no news is only that: whose, and which.

        Args:
            received: As the broker gave it.
            through: What it came through.
            now: Server's clock.
            now_s: A monotonic clock, for the allowance.
        """
        line = self._voices.line(received.topic)
        if line is None:
            self._drop("foreign_topic", received.topic[:64].decode(errors="replace"), now_s)
            return None
        voice, kind = line
        kiosk = voice.kiosk
        is_beat = kind is Up.HB
        if is_beat:
            self._beats_received += 1
        else:
            self._received[kind] += 1
        if not self._voices.allowance.take(voice.bucket, now_s=now_s):
            self._floods.note(kiosk, now=now, now_s=now_s)
            self._drop("too_many", f"{kiosk.county}/{kiosk.kiosk}", now_s)
            return None
        try:
            if not is_beat:
                message = decode_up(kind, received.payload, sender=kiosk)
                return Heard(voice=voice, message=message, at=now, number=received.number, through=through)
            read = self._beats.read(received.payload, sender=kiosk, like=voice.shape)
        except UnreadableError as error:
            self._drop(error.reason, f"{kiosk.county}/{kiosk.kiosk}", now_s)
            kept = instead_of(kind, received.payload, error, now=now)
            if kept is None:
                return None
            return Heard(voice=voice, message=kept, at=now, number=received.number, through=through)
        if not isinstance(read, Beat):
            return Heard(voice=voice, message=read, at=now, number=received.number, through=through)
        if voice.has_no_news(read) and not received.number:
            return voice, read
        return Heard(voice=voice, message=read.heartbeat(), at=now, beat=read, number=received.number, through=through)

    def count(self) -> None:
        """Tell the metrics what was taken since the last time; a counter is too slow to be asked for every heartbeat."""
        self._received[Up.HB], self._beats_received = self._beats_received, 0
        for kind, number in self._received.items():
            if number:
                self._metrics.received.labels(kind=kind.value).inc(number)
                self._received[kind] = 0

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
