"""A reading cut, flipped, split, merged or drowned at any place: a whole person or none."""

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, RefusedError
from drivers.contract.id_card_reader import CardRefusal
from drivers.id_card_reader.card_text import FieldName
from drivers.id_card_reader.frame_codec import PREAMBLE, frame
from drivers.id_card_reader.samples import SAMPLES
from drivers.id_card_reader.simulated import SimulatedReader
from tests.drivers.id_card_reader.bench import Bench

FRAME_BYTES = 1295
SLICES = 5
"""The 1295 places are dealt to this many tests, so that they can run side by side."""


async def opened() -> Bench:
    bench = Bench()
    await bench.reader.open()
    return bench


@pytest.mark.parametrize("first", range(SLICES))
async def test_a_card_lifted_behind_any_byte_of_its_frame_is_asked_for_again_and_none_of_it_is_kept(first: int) -> None:
    bench = await opened()
    for after_bytes in range(first, FRAME_BYTES, SLICES):
        bench.insert()
        bench.give("cut-frame", after_bytes=after_bytes)
        began_s = bench.clock.monotonic_s()
        assert await bench.refusal() == CardRefusal.PRESENT_AGAIN, after_bytes
        assert bench.clock.monotonic_s() - began_s < 5, after_bytes
    bench.insert("resident-2")
    card = await bench.read()
    assert (card.name, card.number) == (SAMPLES["resident-2"][FieldName.NAME], SAMPLES["resident-2"][FieldName.NUMBER])
    assert await bench.codes() == ()


@pytest.mark.parametrize("first", range(SLICES))
async def test_any_byte_of_the_frame_flipped_is_noticed_and_read_again_by_itself(first: int) -> None:
    bench = await opened()
    for at in range(first, FRAME_BYTES, SLICES):
        bench.insert()
        bench.give("flip-byte", at=at, times=1)
        assert (await bench.read()).number == SAMPLES["resident-1"][FieldName.NUMBER], at
        assert bench.far_end.holding()["故障"] == "无"


async def test_a_byte_that_is_always_bad_ends_after_three_more_tries() -> None:
    bench = await opened()
    bench.insert()
    bench.give("flip-byte", at=700, times=0)
    assert await bench.refusal() == CardRefusal.PRESENT_AGAIN
    bench.clear()
    bench.insert()
    await bench.read()


@pytest.mark.parametrize("sample", SAMPLES)
async def test_answers_stuck_to_the_ones_before_are_told_apart(sample: str) -> None:
    bench = await opened()
    bench.give("merged")
    bench.insert(sample)
    assert (await bench.read()).number == SAMPLES[sample][FieldName.NUMBER]
    assert await bench.codes() == ()


@pytest.mark.parametrize("sample", SAMPLES)
async def test_a_byte_every_fifty_milliseconds_is_the_same_as_a_whole_frame_for_every_layout(sample: str) -> None:
    bench = await opened()
    bench.give("one-byte", gap_s=0.05)
    bench.insert(sample)
    card = await bench.read()
    bench.clear()
    bench.insert(sample)
    assert card == await bench.read()


async def test_a_giant_length_is_dropped_at_once_and_the_card_read() -> None:
    bench = await opened()
    for _ in range(20):
        bench.insert()
        bench.give("giant-length", times=1)
        await bench.read()


async def test_garbage_with_preambles_inside_never_becomes_a_person() -> None:
    bench = await opened()
    for seed in range(10):
        bench.give("garbage", bytes=20_000, seed=seed)
        bench.insert()
        with suppress(RefusedError, ProtocolError, DeadlineError):
            assert (await bench.read(deadline_s=0.5)).number == SAMPLES["resident-1"][FieldName.NUMBER]
        await bench.clock.sleep(5)
        bench.far_end.transmit(now_s=bench.clock.monotonic_s())


class Babbling(SimulatedReader):
    """Answers every question with the next of the pieces it was given, and then no more."""

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._says = b""

    @override
    def receive(self, payload: bytes, *, now_s: float) -> None:
        self._says = self._pieces.pop(0) if self._pieces else b""

    @override
    def transmit(self, *, now_s: float) -> bytes:
        says, self._says = self._says, b""
        return says


framed = st.builds(
    lambda sw3, data: frame(bytes((0, 0, sw3)) + data),
    st.sampled_from(b"\x90\x9f\x80\x41\x91\x24\x10\x00"),
    st.binary(max_size=60),
)
babble = st.lists(st.one_of(st.binary(max_size=60), framed, st.just(PREAMBLE + b"\xff\xff"), st.just(b"")), max_size=12)


@given(pieces=babble)
@settings(max_examples=60, deadline=None)
def test_whatever_bytes_a_reader_answers_nothing_but_driver_errors_leaves_the_driver(pieces: list[bytes]) -> None:
    async def visit() -> None:
        bench = Bench(far_end=Babbling(pieces))
        with suppress(DriverError):
            await bench.reader.open()
            await bench.read(deadline_s=1)
        for call in (bench.reader.has_card, bench.reader.status, bench.reader.identify, bench.reader.reset):
            with suppress(DriverError):
                await call()
        await bench.reader.close()

    asyncio.run(visit())
