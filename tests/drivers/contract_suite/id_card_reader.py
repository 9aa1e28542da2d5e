"""What every ID-card reader's driver must do, over its own far end and every wire.

A driver's test module derives from ``IdCardReaderContract`` and says how to make the driver and its far end; pytest
collects the rest.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Awaitable
from typing import Protocol

import pytest

from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, RefusedError, UnreachableError
from drivers.contract.id_card_reader import CardLayout, CardRefusal, IdCard, IdCardReader
from drivers.contract.status import Condition
from drivers.transport.far_end import Attended, FarEnd
from drivers.transport.memory import MemoryWire
from drivers.transport.wire import Wire
from tests.fakes.clock import FakeClock
from tests.fakes.wires import WIRES, lossy, silent, unplugged_mid_frame

SEEDS = range(12)
CUTS = (0, 1, 10, 11, 12, 25, 26, 44, 45, 46, 60, 300, 1000, 1338, 1339)
"""Bytes after which the cable comes out: inside and between the answers to status, find, select and read."""


PEOPLE = {
    "resident-1": (CardLayout.RESIDENT, "李秀珍", "440804195803120027"),
    "foreigner-1": (CardLayout.FOREIGNER_2017, "马佳然", "CAN440079061802"),
    "hkmt-1": (CardLayout.HONGKONG_MACAU_TAIWAN, "何志明", "810000198408080014"),
    "foreigner-2023-1": (CardLayout.FOREIGNER_2023, "夏乐然", "944124197906180020"),
}
"""A sample of every layout, and what must be read from it whatever the wire does to it."""


class CardFarEnd(FarEnd, Attended, Protocol):
    """A far end on which cards can be laid."""


class IdCardReaderContract(ABC):
    @abstractmethod
    def far_end(self) -> CardFarEnd: ...

    @abstractmethod
    def driver(self, wire: Wire, clock: Clock) -> IdCardReader: ...

    def bench(self, wire_name: str = "whole") -> "Bench":
        clock, far_end = FakeClock(), self.far_end()
        wire = WIRES[wire_name](far_end, clock)
        return Bench(clock=clock, far_end=far_end, wire=wire, reader=self.driver(wire, clock))

    def bench_over(self, wire: MemoryWire, far_end: CardFarEnd, clock: FakeClock) -> "Bench":
        return Bench(clock=clock, far_end=far_end, wire=wire, reader=self.driver(wire, clock))

    @pytest.mark.parametrize("wire_name", WIRES)
    async def test_a_card_laid_down_while_waiting_is_read_whole(self, wire_name: str) -> None:
        bench = self.bench(wire_name)
        await bench.reader.open()
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(bench.reader.read_card(deadline_s=60, found=lambda: None))
            await bench.clock.sleep(5)
            assert not reading.done()
            bench.insert("resident-1")
        assert is_resident_1(reading.result())
        await bench.reader.close()

    @pytest.mark.parametrize("sample", PEOPLE)
    @pytest.mark.parametrize("wire_name", WIRES)
    async def test_a_card_of_every_layout_is_read_whole(self, wire_name: str, sample: str) -> None:
        bench = self.bench(wire_name)
        await bench.reader.open()
        bench.insert(sample)
        assert is_whole(await bench.reader.read_card(deadline_s=5, found=lambda: None), sample)
        await bench.reader.close()

    async def test_every_sample_of_the_far_end_is_a_card_that_can_be_read(self) -> None:
        bench = self.bench()
        await bench.reader.open()
        for sample in bench.far_end.samples():
            bench.insert(sample)
            card = await bench.reader.read_card(deadline_s=5, found=lambda: None)
            assert all((card.name, card.number, card.photo)), sample
            assert card.name not in repr(card)

    @pytest.mark.parametrize("wire_name", WIRES)
    async def test_a_card_that_lies_there_unread_is_seen(self, wire_name: str) -> None:
        bench = self.bench(wire_name)
        await bench.reader.open()
        assert await bench.reader.has_card() is not True
        bench.insert("resident-1")
        assert await bench.reader.has_card() is True

    @pytest.mark.parametrize("wire_name", WIRES)
    async def test_a_card_that_was_read_and_stays_is_never_denied(self, wire_name: str) -> None:
        bench = self.bench(wire_name)
        await bench.reader.open()
        bench.insert("resident-1")
        await bench.reader.read_card(deadline_s=5, found=lambda: None)
        assert await bench.reader.has_card() is not False
        bench.far_end.remove(now_s=bench.clock.monotonic_s())
        assert await bench.reader.has_card() is not True

    async def test_looking_for_a_card_raises_as_status_does(self) -> None:
        bench = self.bench()
        with pytest.raises(UnreachableError):
            await bench.reader.has_card()
        await bench.reader.open()
        bench.far_end.give("silent", {}, now_s=bench.clock.monotonic_s())
        with pytest.raises(DeadlineError):
            await bench.reader.has_card()
        bench.wire.unplug()
        with pytest.raises(UnreachableError):
            await bench.reader.has_card()

    async def test_looking_for_a_card_while_the_reader_is_in_use_says_at_once_that_it_cannot_tell(self) -> None:
        bench = self.bench()
        await bench.reader.open()
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(bench.reader.read_card(deadline_s=60, found=lambda: None))
            await bench.clock.sleep(1)
            before_s = bench.clock.monotonic_s()
            assert await bench.reader.has_card() is None
            assert bench.clock.monotonic_s() == before_s
            bench.insert("resident-1")
        assert is_resident_1(reading.result())

    @pytest.mark.parametrize("after_s", [0.0, 0.01, 0.1, 0.25])
    async def test_a_cancelled_look_leaves_the_reader_usable(self, after_s: float) -> None:
        bench = self.bench("one_byte_at_a_time")
        await bench.reader.open()
        bench.insert("resident-1")
        await bench.reader.read_card(deadline_s=5, found=lambda: None)
        looking = asyncio.create_task(bench.reader.has_card())
        await bench.clock.sleep(after_s)
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
        await bench.clock.sleep(1)
        bench.insert("resident-1")
        assert is_resident_1(await bench.reader.read_card(deadline_s=5, found=lambda: None))

    @pytest.mark.parametrize("wire_name", WIRES)
    async def test_an_idle_reader_is_ready_and_says_who_it_is(self, wire_name: str) -> None:
        bench = self.bench(wire_name)
        await bench.reader.open()
        status = await bench.reader.status()
        assert (status.condition, status.device, status.symptoms) == (Condition.READY, bench.reader.name, ())
        assert (await bench.reader.identify()).serial
        assert bench.reader.kind is DeviceKind.ID_CARD_READER

    async def test_nobody_laying_down_a_card_is_a_deadline_and_no_fault(self) -> None:
        bench = self.bench()
        await bench.reader.open()
        began_s = bench.clock.monotonic_s()
        with pytest.raises(DeadlineError):
            await bench.reader.read_card(deadline_s=30, found=lambda: None)
        assert 30 <= bench.clock.monotonic_s() - began_s < 31
        assert (await bench.reader.status()).condition is Condition.READY

    @pytest.mark.parametrize("wire_name", WIRES)
    async def test_a_card_is_told_of_once_when_it_is_found_and_before_it_is_read(self, wire_name: str) -> None:
        bench = self.bench(wire_name)
        await bench.reader.open()
        found: list[float] = []
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(
                bench.reader.read_card(deadline_s=60, found=lambda: found.append(bench.clock.monotonic_s()))
            )
            await bench.clock.sleep(5)
            assert found == []
            bench.insert("resident-1")
            laid_down_s = bench.clock.monotonic_s()
            while not found:
                assert not reading.done()
                await bench.clock.sleep(0.01)
            assert found[0] - laid_down_s < 0.6
            assert not reading.done()
        assert is_resident_1(reading.result())
        assert len(found) == 1

    async def test_nothing_is_told_of_a_card_that_never_came(self) -> None:
        bench = self.bench()
        await bench.reader.open()
        found: list[str] = []
        with pytest.raises(DeadlineError):
            await bench.reader.read_card(deadline_s=3, found=lambda: found.append("a card"))
        assert found == []

    async def test_a_reader_in_use_is_busy_at_once_and_is_not_disturbed(self) -> None:
        bench = self.bench()
        await bench.reader.open()
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(bench.reader.read_card(deadline_s=60, found=lambda: None))
            await bench.clock.sleep(1)
            before_s = bench.clock.monotonic_s()
            status = await bench.reader.status()
            assert (status.condition, status.symptoms) == (Condition.BUSY, ())
            assert bench.clock.monotonic_s() == before_s
            bench.insert("resident-1")
        assert is_resident_1(reading.result())

    @pytest.mark.parametrize("after_s", [0.0, 0.01, 0.2, 0.26, 0.31, 0.35, 0.4, 0.8, 1.04, 1.1])
    async def test_a_cancelled_reading_leaves_the_reader_usable(self, after_s: float) -> None:
        bench = self.bench("one_byte_at_a_time")
        await bench.reader.open()
        bench.insert("resident-2")
        reading = asyncio.create_task(bench.reader.read_card(deadline_s=60, found=lambda: None))
        await bench.clock.sleep(after_s)
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        first = await bench.reader.status()
        assert first.condition in (Condition.READY, Condition.BUSY)  # it may be at work on what was cancelled
        bench.insert("resident-1")
        assert is_resident_1(await bench.reader.read_card(deadline_s=5, found=lambda: None))
        assert (await bench.reader.status()).condition is Condition.READY

    async def test_a_cancelled_reading_polls_no_more(self) -> None:
        bench = self.bench()
        await bench.reader.open()
        reading = asyncio.create_task(bench.reader.read_card(deadline_s=60, found=lambda: None))
        await bench.clock.sleep(1)
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        await bench.clock.sleep(1)
        assert bench.far_end.next_due_s(now_s=bench.clock.monotonic_s()) is None

    async def test_two_callers_are_served_one_after_the_other(self) -> None:
        bench = self.bench()
        await bench.reader.open()
        bench.insert("resident-1")
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(bench.reader.read_card(deadline_s=5, found=lambda: None))
            asking = tasks.create_task(bench.reader.identify())
        assert is_resident_1(reading.result())
        assert asking.result().serial

    async def test_a_silent_wire_is_a_deadline_soon(self) -> None:
        clock, far_end = FakeClock(), self.far_end()
        bench = self.bench_over(silent(far_end, clock=clock), far_end, clock)
        with pytest.raises(DeadlineError):
            await bench.reader.open()
        with pytest.raises(UnreachableError):  # an open that failed holds nothing
            await bench.reader.status()

    async def test_a_reader_that_falls_silent_while_waiting_is_noticed_within_three_seconds(self) -> None:
        bench = self.bench()
        await bench.reader.open()
        bench.far_end.give("silent", {}, now_s=bench.clock.monotonic_s())
        began_s = bench.clock.monotonic_s()
        with pytest.raises(DeadlineError):
            await bench.reader.read_card(deadline_s=60, found=lambda: None)
        assert bench.clock.monotonic_s() - began_s < 3
        began_s = bench.clock.monotonic_s()
        with pytest.raises(DeadlineError):
            await bench.reader.status()
        assert bench.clock.monotonic_s() - began_s < 1
        bench.far_end.clear(None, now_s=bench.clock.monotonic_s())
        assert (await bench.reader.status()).condition is Condition.READY

    @pytest.mark.parametrize("sample", PEOPLE)
    @pytest.mark.parametrize("seed", SEEDS)
    async def test_over_a_lossy_wire_a_card_is_read_whole_or_not_at_all(self, seed: int, sample: str) -> None:
        clock, far_end = FakeClock(), self.far_end()
        bench = self.bench_over(lossy(far_end, clock=clock, seed=seed), far_end, clock)
        await opened(bench)
        for _ in range(4):
            bench.insert(sample)
            outcome = await outcome_of(bench.reader.read_card(deadline_s=10, found=lambda: None))
            match outcome:
                case IdCard():
                    assert is_whole(outcome, sample)
                case RefusedError():
                    assert outcome.reason == CardRefusal.PRESENT_AGAIN
                case _:
                    assert isinstance(outcome, DeadlineError | ProtocolError)

    @pytest.mark.parametrize("sample", PEOPLE)
    @pytest.mark.parametrize("after_bytes", CUTS)
    async def test_unplugged_anywhere_it_is_unreachable_and_works_again_once_reopened(
        self, after_bytes: int, sample: str
    ) -> None:
        clock, far_end = FakeClock(), self.far_end()
        bench = self.bench_over(unplugged_mid_frame(far_end, clock=clock, after_bytes=after_bytes), far_end, clock)
        bench.insert(sample)
        began_s = clock.monotonic_s()
        with pytest.raises(UnreachableError):
            await bench.open_and_read()
        assert clock.monotonic_s() - began_s < 2
        await bench.reader.close()
        with pytest.raises(UnreachableError):
            await bench.reader.open()
        bench.wire.replug()
        replugged_s = clock.monotonic_s()
        await opened(bench)
        assert clock.monotonic_s() - replugged_s < 3
        bench.insert(sample)
        assert is_whole(await bench.reader.read_card(deadline_s=5, found=lambda: None), sample)

    async def test_closing_ends_a_reading_and_twice_is_fine(self) -> None:
        bench = self.bench()
        await bench.reader.open()
        reading = asyncio.create_task(bench.reader.read_card(deadline_s=60, found=lambda: None))
        await bench.clock.sleep(1)
        await bench.reader.close()
        await bench.reader.close()
        with pytest.raises(UnreachableError):
            await reading
        with pytest.raises(UnreachableError):
            await bench.reader.status()
        await bench.reader.open()
        assert (await bench.reader.status()).condition is Condition.READY

    @pytest.mark.parametrize("deadline_s", [0, -1, 301])
    async def test_a_deadline_out_of_range_is_a_bug_of_the_caller(self, deadline_s: float) -> None:
        bench = self.bench()
        await bench.reader.open()
        with pytest.raises(ValueError, match=r"0\.1 to 300"):
            await bench.reader.read_card(deadline_s=deadline_s, found=lambda: None)

    async def test_every_fault_of_the_far_end_ends_in_a_driver_error_or_a_whole_card(self) -> None:
        for fault in self.far_end().givable_faults():
            bench = self.bench()
            await bench.reader.open()
            bench.insert("resident-1")
            bench.far_end.give(fault.name, {}, now_s=bench.clock.monotonic_s())
            for _ in range(3):
                with contextlib.suppress(DriverError):
                    assert is_resident_1(await bench.reader.read_card(deadline_s=5, found=lambda: None))
                with contextlib.suppress(DriverError):
                    await bench.reader.status()
            bench.far_end.clear(fault.name, now_s=bench.clock.monotonic_s())
            bench.insert("resident-1")
            assert is_resident_1(await bench.reader.read_card(deadline_s=5, found=lambda: None)), fault.name

    async def test_nothing_of_the_card_shows_in_its_repr(self) -> None:
        bench = self.bench()
        await bench.reader.open()
        bench.insert("resident-1")
        card = await bench.reader.read_card(deadline_s=5, found=lambda: None)
        assert card.name not in repr(card)
        assert card.number not in repr(card)
        assert card.address not in repr(card)


class Bench:
    """A driver, its wire, its far end and their time."""

    def __init__(self, *, clock: FakeClock, far_end: CardFarEnd, wire: MemoryWire, reader: IdCardReader) -> None:
        self.clock = clock
        self.far_end = far_end
        self.wire = wire
        self.reader = reader

    def insert(self, sample: str) -> None:
        self.far_end.insert(sample, now_s=self.clock.monotonic_s())

    async def open_and_read(self) -> IdCard:
        await self.reader.open()
        card = await self.reader.read_card(deadline_s=30, found=lambda: None)
        await self.reader.status()
        return card


async def outcome_of(reading: Awaitable[IdCard]) -> IdCard | DriverError:
    """What came of it, whichever way it went."""
    try:
        return await reading
    except DriverError as error:
        return error


async def opened(bench: Bench) -> None:
    """Open as a Keeper does: again and again, for a while."""
    for _ in range(5):
        try:
            await bench.reader.open()
        except DriverError:
            await bench.clock.sleep(0.3)
        else:
            return
    raise AssertionError("the reader did not open")


def is_whole(card: IdCard, sample: str) -> bool:
    return (card.layout, card.name, card.number, len(card.photo)) == (*PEOPLE[sample], 1024)


def is_resident_1(card: IdCard) -> bool:
    return is_whole(card, "resident-1")
