"""The world that outlives the core: who was asked for what, what came of it, and what the core was told is safe."""

import copy
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from telemetry.fleet.record import Record
from telemetry.fleet.steps import Taken, advance
from telemetry.wire.codec import decode_up
from telemetry.wire.messages import Event
from telemetry.wire.topics import KioskId, Up

NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
KIOSK = KioskId(county="demo", kiosk="CRASH-1")

Message = Mapping[str, Any]
"""As it crosses the socket: ``do`` asks for something, ``did`` says what is done."""

ANSWERS = (("accepted", 75), ("refused", 5), ("not_done", 6), ("unknown_done", 8), ("unknown_not_done", 6))
PRINTS = (("done", 80), ("partial", 7), ("unknown", 7), ("not_started", 6))
ACK_LOST = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An intent the core was told is on the disk."""

    visit: int
    kind: str
    key: str
    reprint: int


@dataclass(kw_only=True)
class World:
    """Platform, printers and fleet, none of which forgets or forgives: whoever asks twice is served twice, and counted."""

    done: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often (submit or pay, key) had its effect."""
    refused: set[tuple[str, str]] = field(default_factory=set)
    papers: Counter[tuple[str, int]] = field(default_factory=Counter)
    """How often (key, reprint) came out, whole or not."""
    asked: set[tuple[str, str, int]] = field(default_factory=set)
    """Every (kind, key, reprint) that was begun."""
    visits: set[int] = field(default_factory=set)
    ended: set[int] = field(default_factory=set)
    rows: dict[int, Row] = field(default_factory=dict)
    sent: set[int] = field(default_factory=set)
    settled: dict[int, str] = field(default_factory=dict)
    queued: dict[int, str] = field(default_factory=dict)
    """Number in the outbox -> what was kept under it."""
    life: int = 0
    record: Record | None = None
    stored: dict[int, str] = field(default_factory=dict)
    """Number -> what the fleet has under it."""
    acked: int = 0
    problems: list[str] = field(default_factory=list)

    def copied(self) -> "World":
        """A world of its own, as it is now."""
        return World(**{name: copy.copy(getattr(self, name)) for name in self.__dataclass_fields__})

    def decide(self, message: Message, luck: Random) -> dict[str, Any]:
        """How the world will answer."""
        match message["do"]:
            case "submit" | "pay":
                return {"answer": _drawn(ANSWERS, luck)}
            case "print":
                return {"answer": _drawn(PRINTS, luck)}
            case "find":
                return {"answer": "unknown" if luck.random() < 0.15 else self.truth(message["kind"], message["key"])}
            case _:
                return {"is_ack_lost": luck.random() < ACK_LOST}

    def take(self, message: Message, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Let what was asked for happen; returns what the core hears of it, if it still lives."""
        match message["do"]:
            case "submit" | "pay":
                self._act(message["do"], message["key"], answer["answer"])
            case "print":
                self.asked.add(("print", message["key"], message["reprint"]))
                self.papers[message["key"], message["reprint"]] += answer["answer"] != "not_started"
            case "publish":
                return self._hear(message, is_ack_lost=answer["is_ack_lost"])
            case _:
                pass
        return dict(answer)

    def note(self, message: Message) -> None:
        """Remember what the core was told is safe."""
        match message["did"]:
            case "begin_visit":
                self.visits.add(message["visit"])
            case "end_visit":
                self.ended.add(message["visit"])
            case "intend":
                row = Row(visit=message["visit"], kind=message["kind"], key=message["key"], reprint=message["reprint"])
                self._once(message["row"] not in self.rows, f"row {message['row']} was given twice")
                self.rows[message["row"]] = row
            case "mark_sent":
                self.sent.add(message["row"])
            case "settle":
                self._once(message["row"] not in self.settled, f"row {message['row']} was settled twice")
                self.settled[message["row"]] = message["outcome"]
            case "put":
                for seq, kept in message["kept"].items():
                    self._once(int(seq) not in self.queued, f"number {seq} was given twice")
                    self.queued[int(seq)] = kept
            case "life":
                self._once(message["life"] > self.life, f"life {message['life']} came again after {self.life}")
                self.life = message["life"]
            case _:
                self.problems.append(f"the core said: {dict(message)}")

    def truth(self, kind: str, key: str) -> str:
        """What the platform knows of an act."""
        if self.done[kind, key]:
            return "accepted"
        return "refused" if (kind, key) in self.refused else "not_done"

    def _act(self, kind: str, key: str, answer: str) -> None:
        self.asked.add((kind, key, 0))
        self.done[kind, key] += answer in ("accepted", "unknown_done")
        self.refused |= {(kind, key)} if answer == "refused" else set()
        self._once(self.done[kind, key] <= 1, f"{kind} was done twice")

    def _hear(self, message: Message, *, is_ack_lost: bool) -> dict[str, Any]:
        kind = Up(message["topic"].rpartition("/")[2])
        step = advance(self.record, KIOSK, decode_up(kind, message["body"].encode(), sender=KIOSK), now=NOW)
        self.record = step.record or self.record
        if step.numbered is not None or step.taken is Taken.DUPLICATE:
            heard = step.numbered or decode_up(kind, message["body"].encode(), sender=KIOSK)
            self._store(heard)
        if self.record is None or step.taken is Taken.STRANGER:
            return {"resync": 0, "birth": True}
        if step.taken is Taken.GAP:
            return {"resync": self.record.stored_seq, "birth": False}
        if is_ack_lost or kind in (Up.HB, Up.DEATH):
            return {}
        self.acked = max(self.acked, self.record.stored_seq)
        return {"ack": self.record.stored_seq}

    def _store(self, heard: object) -> None:
        assert isinstance(heard, Event)
        kept = _told(heard)
        self._once(self.stored.setdefault(heard.seq, kept) == kept, f"number {heard.seq} came with another message")

    def _once(self, is_so: bool, otherwise: str) -> None:
        if not is_so:
            self.problems.append(otherwise)


def told(body: bytes) -> str:
    """What a message says, but for when and as which it is sent."""
    message = decode_up(Up.EVENT, body, sender=KIOSK)
    assert isinstance(message, Event)
    return _told(message)


def _told(event: Event) -> str:
    said = f"{event.at.isoformat()} {event.name} {sorted(event.fields.items())}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def _drawn(choices: tuple[tuple[str, int], ...], luck: Random) -> str:
    return luck.choices([word for word, _ in choices], [weight for _, weight in choices])[0]
