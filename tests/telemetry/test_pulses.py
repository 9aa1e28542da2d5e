"""A heartbeat without news moves its pulse alone, in order with everything else its kiosk says; what is stored is the same."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from telemetry.fleet.batches import Batches, Written
from telemetry.fleet.floods import Floods
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.queue import TimePassed, WentQuiet
from telemetry.fleet.rate import Allowance
from telemetry.fleet.reception import Heard, Reception
from telemetry.fleet.record import Record
from telemetry.fleet.steps import advance
from telemetry.fleet.store.engine import open_engine, sqlite_url
from telemetry.fleet.store.reader import Reader
from telemetry.fleet.store.stored import StoredKiosk
from telemetry.fleet.store.writer import Writer
from telemetry.fleet.voices import Voices
from telemetry.mqtt import Published
from telemetry.wire.codec import encode
from telemetry.wire.messages import Birth, Death, Event, FaultChanged, Heartbeat, StatusChanged, Upward
from telemetry.wire.topics import KioskId, Up, topic
from tests.telemetry.pulse_store import Beside
from tests.telemetry.said import K1, NOW, birth, death, event, fault, heartbeat, status

K2 = KioskId(county="demo", kiosk="K2")
KIND = {Birth: Up.BIRTH, Death: Up.DEATH, Heartbeat: Up.HB, StatusChanged: Up.STATUS, FaultChanged: Up.FAULT, Event: Up.EVENT}


@dataclass
class House:
    """Reception and batches of a server, without a broker; the clock stands until it is turned."""

    engine: Engine
    seconds: float = 0.0
    written: list[Written] = field(default_factory=list)
    pulsed: list[KioskId] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.metrics = Metrics()
        self.voices = Voices(Allowance(rate=1e6, burst=1e6))
        self.reception = Reception(metrics=self.metrics, voices=self.voices, floods=Floods())
        self.batches = Batches(
            writer=Writer(self.engine),
            pulse_store=Beside(self.engine),
            metrics=self.metrics,
            voices=self.voices,
            on_written=self.written.append,
            on_pulses=self.pulsed.extend,
            now=lambda: NOW + timedelta(seconds=self.seconds),
            monotonic_s=lambda: self.seconds,
        )

    def say(self, message: Upward, kiosk: KioskId = K1) -> bool:
        """Let a message in; returns whether it had news."""
        self.seconds += 0.5
        body = encode(message.model_copy(update={"at": NOW + timedelta(seconds=self.seconds, microseconds=1)}))
        published = Published(topic(kiosk, KIND[type(message)]).encode(), body, 0, is_retained=False)
        now = NOW + timedelta(seconds=self.seconds)
        taken = self.reception.take(published, None, now=now, now_s=self.seconds)
        assert taken is not None
        if isinstance(taken, Heard):
            self.batches.put(taken)
            return True
        self.batches.put_beat(*taken, now=now)
        return False

    async def settled(self) -> StoredKiosk:
        await self.batches.drained()
        self.batches.put(TimePassed(at=NOW))
        known = Reader(self.engine).kiosk("K1")
        assert known is not None
        return known


@contextlib.asynccontextmanager
async def house(engine: Engine) -> AsyncIterator[House]:
    built = House(engine)
    await built.batches.load()
    running = asyncio.create_task(built.batches.run())
    try:
        yield built
    finally:
        running.cancel()
        await asyncio.wait({running})


def beat(*, paper_is: str = "READY", queued: int = 0) -> Heartbeat:
    said = heartbeat()
    devices = tuple(
        device.model_copy(update={"condition": paper_is, "read_at": NOW.replace(microsecond=5)}) for device in said.devices
    )
    return said.model_copy(update={"devices": devices, "queued": queued})


async def test_a_heartbeat_without_news_is_stored_as_one_with_news(store: Engine) -> None:
    async with house(store) as ours:
        ours.say(birth())
        assert ours.say(beat())
        await ours.settled()
        assert not ours.say(beat(queued=4))
        known = await ours.settled()
        at = NOW + timedelta(seconds=1.5)
        assert (known.last_seen_at, known.queued) == (at, 4)
        assert known.screen.at == at + timedelta(microseconds=1)
        assert {device.read_at for device in known.devices} == {NOW.replace(microsecond=5)}
        assert ours.metrics.registry.get_sample_value("zhizhu_heartbeats_stored_total") == 2


@pytest.mark.parametrize(
    "news",
    [birth(life=4), status(seq=11, condition="FAILED"), beat(paper_is="DEGRADED"), death()],
    ids=["birth", "status", "heartbeat", "death"],
)
async def test_after_news_the_next_heartbeat_is_looked_at(store: Engine, news: Upward) -> None:
    async with house(store) as ours:
        ours.say(birth())
        ours.say(beat())
        await ours.settled()
        assert not ours.say(beat())
        ours.say(news)
        assert ours.say(beat().model_copy(update={"life": 4 if isinstance(news, Birth) else 3}))
        known = await ours.settled()
        assert [device.condition for device in known.devices] == ["READY", "READY"]
        assert (known.condition, known.last_seen_at) == ("READY", NOW + timedelta(seconds=ours.seconds))


async def test_a_fault_does_not_wait_behind_other_kiosks_heartbeats(store: Engine) -> None:
    async with house(store) as ours:
        for kiosk in (K1, K2):
            ours.say(birth(), kiosk)
        await ours.settled()
        ours.written.clear()
        for kiosk in (K1, K2):
            ours.say(beat(), kiosk)
        ours.say(fault(seq=11))
        await ours.settled()
        first = [type(item.message).__name__ for item, _ in ours.written[0].outcomes if isinstance(item, Heard)]
        assert first == ["Heartbeat", "FaultChanged", "Heartbeat"], "its own heartbeat before it, the other's behind"


async def test_a_voice_that_was_heard_meanwhile_is_not_silent(store: Engine) -> None:
    async with house(store) as ours:
        ours.say(birth())
        await ours.settled()
        voice = ours.voices.of(K1)
        voice.heard_s = 7.0
        ours.batches.put(WentQuiet(voice=voice, is_alarming=True, heard_s=6.0, at=NOW))
        assert not (await ours.settled()).is_silent
        ours.batches.put(WentQuiet(voice=voice, is_alarming=True, heard_s=7.0, at=NOW))
        assert (await ours.settled()).is_silent
        assert ours.say(beat())
        assert not (await ours.settled()).is_silent


async def test_a_restart_knows_when_each_kiosk_and_device_was_last_heard(store: Engine) -> None:
    async with house(store) as ours:
        ours.say(birth())
        ours.say(beat())
        await ours.settled()
        ours.say(beat())
        before = await ours.settled()
    async with house(store) as again:
        record = again.batches.records[K1]
        assert (record.last_seen_at, record.screen_at) == (before.last_seen_at, before.screen.at)
        again.seconds = 10.0
        again.say(event(seq=11))
        after = await again.settled()
    assert after.devices == before.devices


STORY = st.lists(
    st.one_of(
        st.just(("beat", "READY")),
        st.just(("beat", "READY")),
        st.just(("beat", "DEGRADED")),
        st.just(("status", "FAILED")),
        st.just(("event", "")),
        st.just(("birth", "")),
        st.just(("death", "")),
        st.just(("settle", "")),
    ),
    max_size=14,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STORY)
def test_whatever_is_said_the_store_ends_as_the_pure_record_says(
    upgraded_sqlite: Path, tmp_path_factory: pytest.TempPathFactory, story: list[tuple[str, str]]
) -> None:
    """The same story told to the whole house and, message by message, to the pure record."""

    async def live() -> None:
        path = tmp_path_factory.mktemp("pulses") / "fleet.sqlite3"
        shutil.copy(upgraded_sqlite, path)
        engine = open_engine(sqlite_url(path))
        async with house(engine) as ours:
            ours.say(birth(floor=10))
            await ours.settled()
            truth = _heard(None, birth(floor=10), 0.5)
            seq = 10
            for what, word in story:
                if what == "settle":
                    await ours.settled()
                    continue
                seq += what in {"status", "event"}
                message = _message(what, word, seq)
                ours.say(message)
                truth = _heard(truth, message, ours.seconds)
            stored = await ours.settled()
            assert stored.last_seen_at == truth.last_seen_at
            assert (stored.is_silent, stored.condition, stored.stored_seq) == (
                truth.is_silent,
                truth.condition,
                truth.stored_seq,
            )
            assert {device.device: device.condition for device in stored.devices} == {
                name: device.condition for name, device in truth.devices.items()
            }
        engine.dispose()

    asyncio.run(live())


def _message(what: str, word: str, seq: int) -> Upward:
    match what:
        case "beat":
            return beat(paper_is=word)
        case "status":
            return status(seq=seq, condition=word)
        case "event":
            return event(seq=seq)
        case "birth":
            return birth(seq=seq, floor=seq)
        case _:
            return death()


def _heard(record: Record | None, message: Upward, seconds: float) -> Record:
    moved = message.model_copy(update={"at": NOW + timedelta(seconds=seconds, microseconds=1)})
    step = advance(record, K1, moved, now=NOW + timedelta(seconds=seconds))
    assert step.record is not None
    return step.record
