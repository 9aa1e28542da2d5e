"""A fleet of one: acknowledges what it has taken in, by the fleet's own rules, and counts what it was told."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
from typing_extensions import override

from telemetry.fleet.record import Record, Taken, advance
from telemetry.wire.codec import decode_up, encode
from telemetry.wire.messages import Ack, Birth, Event, Resync
from telemetry.wire.topics import Down, KioskId, Up, topic
from tests.whole.ear import Ear

KIOSK = KioskId(county="demo", kiosk="DEMO-001")


class Fleet(Ear):
    """Hears everything, answers as a fleet does, and keeps counts alone."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.events: Counter[str] = Counter()
        """How often each event was told, every number once."""
        self.outcomes: Counter[str] = Counter()
        """How visits ended, as told."""
        self.faults: Counter[str] = Counter()
        self.stored = 0
        self.heard_bytes = 0
        self._record: Record | None = None

    @override
    def _hear(self, message: mqtt.MQTTMessage) -> None:
        kind = message.topic.rpartition("/")[2]
        if kind not in set(Up) or not message.payload:
            return
        self.everything += message.payload
        self.heard_bytes += len(message.payload)
        body = decode_up(Up(kind), message.payload, sender=KIOSK)
        step = advance(self._record, KIOSK, body, now=datetime.now(UTC))
        self._record = step.record or self._record
        if step.taken is Taken.STRANGER or self._record is None:
            self._say(Down.RESYNC, encode(Resync(after_seq=0, birth=True)))
        elif step.taken is Taken.GAP:
            self._say(Down.RESYNC, encode(Resync(after_seq=self._record.stored_seq)))
        elif isinstance(body, Birth) or step.numbered is not None or step.taken is Taken.DUPLICATE:
            self.stored = self._record.stored_seq
            self._say(Down.ACK, encode(Ack(seq=self.stored)))
        if isinstance(step.numbered, Event):
            self.events[step.numbered.name] += 1
            if step.numbered.name == "visit.ended":
                self.outcomes[str(step.numbered.fields["outcome"])] += 1
        elif step.numbered is not None and kind == Up.FAULT:
            self.faults[json.loads(message.payload)["fault"]["code"]] += 1

    def _say(self, kind: Down, payload: bytes) -> None:
        self._client.publish(topic(KIOSK, kind), payload, qos=1)


def papers_in(folder: Path) -> list[str]:
    """The text of every receipt that came out."""
    return [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.txt"))]
