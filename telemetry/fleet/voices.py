"""Everybody who has spoken: what has to be at hand for each message, found by the bytes of its topic."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from telemetry.fleet.pulse import PulseRow, is_steady
from telemetry.fleet.rate import Allowance, Bucket
from telemetry.fleet.record import Record
from telemetry.wire.beats import Beat, Shape
from telemetry.wire.topics import KioskId, Up, parse

STRANGERS = 100_000
"""Kiosks remembered that nothing is stored of; beyond it the one longest known begins anew."""
NEVER = float("-inf")


@dataclass(slots=True, eq=False)
class Voice:
    """One kiosk, as far as the next message needs it.

    Attributes:
        heard_s: When it last said something readable, by a monotonic clock.
        unwritten: Messages of it that wait to be written; until they are, nothing of it may pass them.
        pulse: What its last heartbeat without news has moved; None while there was none since the start.
        shape: What a heartbeat has to look like to be without news; None while every heartbeat is to be looked at.
    """

    kiosk: KioskId
    bucket: Bucket
    heard_s: float = NEVER
    unwritten: int = 0
    pulse: PulseRow | None = None
    shape: Shape | None = None
    heartbeat_s: float = 0.0
    life: int = 0
    stored_seq: int = 0
    is_known: bool = False

    def has_no_news(self, beat: Beat) -> bool:
        """Say whether a heartbeat repeats what is stored, so that there is nothing in it to judge again."""
        return beat.shape is self.shape and not self.unwritten and beat.life == self.life

    def settle(self, record: Record, shape: Shape | None) -> None:
        """Note what is stored now, and the shape of the heartbeat that said so."""
        self.is_known = True
        self.shape = shape if is_steady(record) else None
        self.heartbeat_s = record.heartbeat_s
        self.life, self.stored_seq = record.life, record.stored_seq


@dataclass(slots=True)
class Voices:
    """All of them. Belongs to one event loop."""

    allowance: Allowance
    _voices: dict[KioskId, Voice] = field(default_factory=dict)
    _lines: dict[bytes, tuple[Voice, Up]] = field(default_factory=dict)
    _strangers: dict[KioskId, list[bytes]] = field(default_factory=dict)

    def of(self, kiosk: KioskId) -> Voice:
        """Return a kiosk's voice; a new one when it never spoke."""
        voice = self._voices.get(kiosk)
        if voice is None:
            voice = self._voices[kiosk] = Voice(kiosk=kiosk, bucket=self.allowance.bucket())
            self._strangers[kiosk] = []
            if len(self._strangers) > STRANGERS:
                self._forget_one()
        return voice

    def known(self) -> Iterable[Voice]:
        """Return every voice something is stored of."""
        return (voice for voice in self._voices.values() if voice.is_known)

    def line(self, topic: bytes) -> tuple[Voice, Up] | None:
        """Return whose a topic is and what for; None when it is none of ours."""
        known = self._lines.get(topic)
        if known is not None:
            return known
        try:
            kiosk, kind = parse(topic.decode())
        except ValueError:
            return None
        if not isinstance(kind, Up):
            return None
        line = self._lines[topic] = (self.of(kiosk), kind)
        if (topics := self._strangers.get(kiosk)) is not None:
            topics.append(topic)
        return line

    def _forget_one(self) -> None:
        """Forget the stranger longest known, unless something is stored of it by now or about to be."""
        kiosk, topics = next(iter(self._strangers.items()))
        del self._strangers[kiosk]
        voice = self._voices[kiosk]
        if not voice.is_known and not voice.unwritten:
            del self._voices[kiosk]
            for topic in topics:
                del self._lines[topic]
