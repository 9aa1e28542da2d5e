"""A card that somebody left on the reader: seen by readers that can, and never denied by those that cannot."""

import asyncio

import pytest
from typing_extensions import override

from drivers.contract.errors import DeadlineError, ProtocolError, UnreachableError
from drivers.id_card_reader.sam import SamSettings
from drivers.id_card_reader.sam_codec import Dialect
from drivers.id_card_reader.simulated import SimulatedReader
from tests.drivers.id_card_reader.bench import Bench

KINDS = (None, "finds-again", "never-finds-again")
"""Faults that make a reader one of the three kinds; None is the usual one."""


async def bench_of(kind: str | None) -> Bench:
    bench = Bench()
    if kind:
        bench.give(kind)
    await bench.reader.open()
    return bench


@pytest.mark.parametrize("kind", KINDS)
async def test_a_card_that_was_not_read_is_seen_by_every_reader(kind: str | None) -> None:
    bench = await bench_of(kind)
    bench.insert()
    assert await bench.reader.has_card() is True


@pytest.mark.parametrize(("kind", "answer"), [(None, True), ("finds-again", True), ("never-finds-again", None)])
async def test_a_card_that_was_read_and_stays_is_seen_or_not_denied(kind: str | None, answer: bool | None) -> None:
    bench = await bench_of(kind)
    bench.insert()
    await bench.read()
    await bench.clock.sleep(60)
    assert await bench.reader.has_card() is answer
    assert await bench.reader.has_card() is answer


async def test_a_reader_that_has_never_shown_a_read_card_does_not_say_no() -> None:
    bench = await bench_of(None)
    bench.insert()
    await bench.read()
    bench.remove()
    assert await bench.reader.has_card() is None


async def test_once_it_has_shown_one_its_no_is_a_no() -> None:
    bench = await bench_of(None)
    bench.insert()
    await bench.read()
    assert await bench.reader.has_card() is True
    bench.remove()
    assert await bench.reader.has_card() is False
    bench.insert("resident-2")
    await bench.read()
    bench.remove()
    assert await bench.reader.has_card() is False


async def test_a_reader_that_goes_on_finding_a_card_is_known_for_it_from_its_first_card_on() -> None:
    bench = await bench_of("finds-again")
    bench.insert()
    await bench.read()
    bench.remove()
    assert await bench.reader.has_card() is False


async def test_a_card_left_from_before_the_kiosk_was_started_is_seen() -> None:
    bench = await bench_of(None)
    bench.insert()
    await bench.read()
    await bench.reader.close()
    restarted = Bench(far_end=bench.far_end, clock=bench.clock)
    await restarted.reader.open()
    assert await restarted.reader.has_card() is True


async def test_a_left_card_that_was_seen_is_found_by_the_next_reading_so_that_whoever_is_asked_can_take_it() -> None:
    bench = await bench_of(None)
    bench.insert()
    await bench.read()
    assert await bench.reader.has_card() is True
    assert (await bench.read(deadline_s=1)).number == "440804195803120027"


async def test_looking_does_not_disturb_a_reading() -> None:
    bench = await bench_of(None)
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(bench.read(deadline_s=60))
        await bench.clock.sleep(1)
        before_s = bench.clock.monotonic_s()
        assert await bench.reader.has_card() is None
        assert bench.clock.monotonic_s() == before_s
        bench.insert()
    assert reading.result().number == "440804195803120027"


async def test_looking_takes_less_than_a_second_on_a_healthy_reader() -> None:
    bench = await bench_of("never-finds-again")
    bench.insert()
    await bench.read()
    began_s = bench.clock.monotonic_s()
    await bench.reader.has_card()
    assert bench.clock.monotonic_s() - began_s < 1


async def test_a_reader_that_is_gone_silent_or_talks_nonsense_is_an_error_and_no_answer() -> None:
    bench = await bench_of(None)
    bench.give("silent")
    with pytest.raises(DeadlineError):
        await bench.reader.has_card()
    bench.clear()
    bench.give("wrong-checksum")
    with pytest.raises(ProtocolError):
        await bench.reader.has_card()
    bench.wire.unplug()
    with pytest.raises(UnreachableError):
        await bench.reader.has_card()


@pytest.mark.parametrize("fault", ["sam-failed", "sam-unauthorised"])
async def test_a_sam_that_cannot_serve_cannot_tell(fault: str) -> None:
    bench = await bench_of(None)
    bench.give(fault)
    assert await bench.reader.has_card() is None


async def test_a_left_card_is_no_symptom_of_the_reader() -> None:
    bench = await bench_of(None)
    bench.insert()
    await bench.read()
    await bench.reader.has_card()
    assert await bench.codes() == ()


async def test_the_look_behind_the_first_card_never_fails_its_reading() -> None:
    class DeafToFind(SimulatedReader):
        @override
        def receive(self, payload: bytes, *, now_s: float) -> None:
            if not (self._sam.was_read and b"\x20\x01" in payload):
                super().receive(payload, now_s=now_s)

    bench = Bench(SamSettings(read_newest_address=False), far_end=DeafToFind())
    await bench.reader.open()
    bench.insert()
    began_s = bench.clock.monotonic_s()
    assert (await bench.read()).number == "440804195803120027"
    assert bench.clock.monotonic_s() - began_s < 1.5


async def test_another_dialect_renews_its_field_in_its_own_way() -> None:
    bench = Bench(SamSettings.model_validate({"dialect": "vendor-00"}), far_end=SimulatedReader(dialect=Dialect.VENDOR_00))
    await bench.reader.open()
    bench.insert()
    await bench.read()
    assert await bench.reader.has_card() is True
