"""Answering kiosks: what they said is stored, what of it is missing, that somebody listens."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from random import Random
from typing import assert_never

from telemetry.fleet.metrics import Metrics
from telemetry.fleet.reception import Heard
from telemetry.fleet.record import Record
from telemetry.fleet.requests import Requests
from telemetry.fleet.steps import Taken
from telemetry.fleet.voices import Voice, Voices
from telemetry.mqtt import Listener
from telemetry.wire.beats import Beat
from telemetry.wire.codec import encode
from telemetry.wire.messages import Ack, Birth, Death, Event, FaultChanged, FleetState, Heartbeat, Resync, StatusChanged
from telemetry.wire.topics import Down, KioskId, fleet_state, topic


class Answering:
    """Belongs to one event loop. Without a connection nobody is told anything, and nothing is remembered to be told later."""

    def __init__(
        self,
        records: Mapping[KioskId, Record],
        *,
        line: Callable[[], Listener | None],
        voices: Voices,
        metrics: Metrics,
        random: Random,
        now: Callable[[], datetime],
        monotonic_s: Callable[[], float],
    ) -> None:
        """Prepare.

        Args:
            records: Every kiosk as last written; read only.
            line: The connection to the broker as it is now; None without one.
            voices: Everybody who has spoken.
            metrics: Where requests are counted.
            random: Of the moments of requests; a test's is seeded.
            now: Server's clock.
            monotonic_s: A clock that nobody sets.
        """
        self._records = records
        self._line = line
        self._voices = voices
        self._metrics = metrics
        self._now = now
        self._monotonic_s = monotonic_s
        self._requests = Requests(random=random)
        self._greeted: set[str] = set()

    def begin(self) -> None:
        """Tell every known county that somebody listens, through a new connection."""
        self._greeted.clear()
        for county in sorted({kiosk.county for kiosk in self._records}):
            self._greet(county)

    def take_leave(self) -> None:
        """Tell every county that nobody listens any more."""
        for county in sorted(self._greeted):
            self._say_state(county, is_online=False)

    def note_beat(self, voice: Voice, beat: Beat) -> None:
        """Note what a heartbeat without news announces."""
        if beat.seq > voice.stored_seq:
            self._requests.is_behind(voice.kiosk, stored_seq=voice.stored_seq, now_s=self._monotonic_s())
        elif self._requests.are_any:
            self._requests.gets_on(voice.kiosk)

    def after(self, outcomes: Sequence[tuple[Heard, Taken]]) -> None:
        """Tell kiosks what of theirs is stored now, and ask for what it showed to be missing."""
        stored = {item.kiosk for item, taken in outcomes if self._look_at(item, taken)}
        if (connection := self._line()) is None:
            return
        for kiosk in stored:
            if (record := self._records.get(kiosk)) is not None:
                connection.publish(topic(kiosk, Down.ACK), encode(Ack(seq=record.stored_seq)), qos=1)

    def ask_overdue(self) -> None:
        """Ask whoever has announced numbers and not sent them for too long."""
        for kiosk in self._requests.overdue(now_s=self._monotonic_s()):
            if self._voices.of(kiosk).unwritten:
                continue  # it has said something that is not written yet: perhaps just that
            self._ask(kiosk, self._records.get(kiosk), why="behind")

    def _look_at(self, heard: Heard, taken: Taken) -> bool:
        """Look at one outcome; returns whether the kiosk is to be told what is stored."""
        kiosk, record = heard.kiosk, self._records.get(heard.kiosk)
        match taken:
            case Taken.STRANGER:
                self._ask(kiosk, None, why="stranger")
            case Taken.GAP:
                self._ask(kiosk, record, why="gap")
            case Taken.NEW | Taken.DUPLICATE | Taken.STALE:
                pass
            case _:
                assert_never(taken)
        if record is None:
            return False
        if record.needs_birth:
            self._ask(kiosk, record, why="birth")
        match heard.message:
            case StatusChanged() | FaultChanged() | Event():
                if taken is Taken.NEW:
                    self._requests.gets_on(kiosk)
                return taken in {Taken.NEW, Taken.DUPLICATE, Taken.STALE}
            case Birth():
                self._greet(kiosk.county)
                self._note_distance(kiosk, record, heard.message.seq)
                return True
            case Heartbeat():
                self._note_distance(kiosk, record, heard.message.seq)
                return False
            case Death():
                return False
            case _:
                assert_never(heard.message)

    def _note_distance(self, kiosk: KioskId, record: Record, head: int) -> None:
        if head > record.stored_seq:
            self._requests.is_behind(kiosk, stored_seq=record.stored_seq, now_s=self._monotonic_s())
        else:
            self._requests.gets_on(kiosk)

    def _ask(self, kiosk: KioskId, record: Record | None, *, why: str) -> None:
        in_s = self._requests.ask(kiosk, now_s=self._monotonic_s())
        if in_s is None:
            return
        self._metrics.resyncs.labels(why=why).inc()
        wants_birth = record is None or record.needs_birth
        resync = Resync(after_seq=record.stored_seq if record is not None else 0, birth=wants_birth)
        asyncio.get_running_loop().call_later(in_s, self._say, topic(kiosk, Down.RESYNC), encode(resync))

    def _say(self, name: str, payload: bytes) -> None:
        if (connection := self._line()) is not None:
            connection.publish(name, payload, qos=1)

    def _greet(self, county: str) -> None:
        if county not in self._greeted:
            self._greeted.add(county)
            self._say_state(county, is_online=True)

    def _say_state(self, county: str, *, is_online: bool) -> None:
        """Tell a county's kiosks that somebody listens (again): those already connected send their birth anew."""
        if (connection := self._line()) is not None:
            state = FleetState(online=is_online, at=self._now())
            connection.publish(fleet_state(county), encode(state), qos=1, is_retained=True)
