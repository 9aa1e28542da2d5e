"""What every part of the cabinet on a wire must do, over its own far end and every wire.

A driver's test module derives from ``CabinetPartContract`` and says how to make the driver and its far end; pytest collects the
rest.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod

import pytest

from drivers.contract.cabinet import CabinetPart
from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, UnreachableError
from drivers.contract.status import Condition, DeviceStatus
from drivers.transport.far_end import FarEnd
from drivers.transport.memory import MemoryWire
from drivers.transport.wire import Wire
from tests.fakes.clock import FakeClock
from tests.fakes.wires import WIRES, lossy, silent, unplugged_mid_frame

SEEDS = range(12)
CUTS = (0, 1, 2, 5, 9, 12, 20, 30, 47, 60)


class Bench:
    def __init__(self, *, part: CabinetPart, wire: MemoryWire, far_end: FarEnd, clock: FakeClock) -> None:
        self.part = part
        self.wire = wire
        self.far_end = far_end
        self.clock = clock

    def give(self, fault: str, **options: str) -> None:
        self.far_end.give(fault, options, now_s=self.clock.monotonic_s())

    def clear(self) -> None:
        self.far_end.clear(None, now_s=self.clock.monotonic_s())

    async def codes(self) -> list[str]:
        """The symptoms of a status that takes no longer than a second."""
        began_s = self.clock.monotonic_s()
        status = await self.part.status()
        assert self.clock.monotonic_s() - began_s <= 1
        return [symptom.code for symptom in status.symptoms]


class CabinetPartContract(ABC):
    @abstractmethod
    def far_end(self) -> FarEnd: ...

    @abstractmethod
    def driver(self, wire: Wire, clock: Clock) -> CabinetPart: ...

    def bench(self, wire_name: str = "whole") -> Bench:
        clock, far_end = FakeClock(), self.far_end()
        return self.bench_over(WIRES[wire_name](far_end, clock), far_end, clock)

    def bench_over(self, wire: MemoryWire, far_end: FarEnd, clock: FakeClock) -> Bench:
        return Bench(part=self.driver(wire, clock), wire=wire, far_end=far_end, clock=clock)

    @pytest.mark.parametrize("wire_name", WIRES)
    async def test_a_part_that_is_well_is_ready_within_a_second_and_says_what_it_is(self, wire_name: str) -> None:
        bench = self.bench(wire_name)
        await bench.part.open()
        assert await bench.codes() == []
        status = await bench.part.status()
        assert (status.condition, status.device) == (Condition.READY, bench.part.name)
        assert status.measurements
        assert status.evidence
        assert (await bench.part.identify()).model
        assert bench.part.kind is DeviceKind.CABINET

    async def test_a_silent_wire_is_a_deadline_soon_and_an_open_that_failed_holds_nothing(self) -> None:
        clock, far_end = FakeClock(), self.far_end()
        bench = self.bench_over(silent(far_end, clock=clock), far_end, clock)
        began_s = clock.monotonic_s()
        with pytest.raises(DeadlineError):
            await bench.part.open()
        assert clock.monotonic_s() - began_s <= 1
        with pytest.raises(UnreachableError):
            await bench.part.status()

    async def test_falling_silent_is_noticed_within_a_second_and_so_is_its_end(self) -> None:
        bench = self.bench()
        await bench.part.open()
        bench.give("silent")
        began_s = bench.clock.monotonic_s()
        with pytest.raises(DeadlineError):
            await bench.part.status()
        assert bench.clock.monotonic_s() - began_s <= 1
        bench.clear()
        assert await bench.codes() == []

    @pytest.mark.parametrize("seed", SEEDS)
    async def test_over_a_lossy_wire_a_status_is_true_or_an_error(self, seed: int) -> None:
        clock, far_end = FakeClock(), self.far_end()
        bench = self.bench_over(lossy(far_end, clock=clock, seed=seed, share=0.002), far_end, clock)
        await _opened(bench)
        good = 0
        for _ in range(20):
            with contextlib.suppress(DeadlineError, ProtocolError):
                assert await bench.codes() == []
                good += 1
        assert good >= 10

    @pytest.mark.parametrize("seed", SEEDS)
    async def test_in_the_middle_of_garbage_a_status_is_true_or_an_error_and_then_all_is_well(self, seed: int) -> None:
        bench = self.bench()
        await bench.part.open()
        bench.give("garbage", seed=str(seed), bytes="8192")
        for _ in range(5):
            with contextlib.suppress(DeadlineError, ProtocolError):
                assert await bench.codes() == []
        bench.clear()
        assert await bench.codes() == []

    @pytest.mark.parametrize("after_bytes", range(0, 60, 3))
    async def test_an_answer_that_stops_short_is_asked_for_again(self, after_bytes: int) -> None:
        bench = self.bench()
        await bench.part.open()
        bench.give("cut-answer", after_bytes=str(after_bytes), times="1")
        assert await bench.codes() == []

    @pytest.mark.parametrize("after_bytes", CUTS)
    async def test_unplugged_anywhere_it_is_unreachable_and_works_again_once_reopened(self, after_bytes: int) -> None:
        clock, far_end = FakeClock(), self.far_end()
        bench = self.bench_over(unplugged_mid_frame(far_end, clock=clock, after_bytes=after_bytes), far_end, clock)
        began_s = clock.monotonic_s()
        with pytest.raises(UnreachableError):
            await _ask_for_ever(bench)
        assert clock.monotonic_s() - began_s < 3
        await bench.part.close()
        with pytest.raises(UnreachableError):
            await bench.part.open()
        bench.wire.replug()
        replugged_s = clock.monotonic_s()
        await _opened(bench)
        assert clock.monotonic_s() - replugged_s < 3
        assert await bench.codes() == []

    async def test_every_fault_of_the_far_end_is_a_symptom_or_a_driver_error_and_ends_with_it(self) -> None:
        for fault in self.far_end().givable_faults():
            bench = self.bench()
            await bench.part.open()
            bench.give(fault.name)
            seen: list[str] = []
            for _ in range(3):
                try:
                    seen += await bench.codes()
                except DriverError as error:
                    seen.append(type(error).__name__)
            assert seen or fault.name in ("slow", "garbage"), fault.name
            assert all(code.startswith("cabinet.") or code.endswith("Error") for code in seen)
            bench.clear()
            assert await bench.codes() == [], fault.name

    async def test_a_part_that_is_asked_something_is_busy_at_once(self) -> None:
        bench = self.bench("delayed")
        await bench.part.open()
        async with asyncio.TaskGroup() as tasks:
            asking = tasks.create_task(bench.part.status())
            await bench.clock.sleep(0.05)
            before_s = bench.clock.monotonic_s()
            assert (await bench.part.status()).condition is Condition.BUSY
            assert bench.clock.monotonic_s() == before_s
        assert asking.result().condition is Condition.READY

    @pytest.mark.parametrize("after_s", [0.0, 0.05, 0.21, 0.3])
    async def test_a_cancelled_question_leaves_the_part_usable(self, after_s: float) -> None:
        bench = self.bench("delayed")
        await bench.part.open()
        asking = asyncio.create_task(bench.part.status())
        await bench.clock.sleep(after_s)
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        assert await bench.codes() == []

    async def test_closing_twice_is_fine_and_resetting_leaves_it_well(self) -> None:
        bench = self.bench()
        await bench.part.open()
        await bench.part.reset()
        assert await bench.codes() == []
        await bench.part.close()
        await bench.part.close()
        with pytest.raises(UnreachableError):
            await bench.part.status()


async def _ask_for_ever(bench: Bench) -> DeviceStatus:
    await bench.part.open()
    while True:
        await bench.part.status()


async def _opened(bench: Bench) -> None:
    """Open as a Keeper does: again and again, for a while."""
    for _ in range(5):
        try:
            await bench.part.open()
        except DriverError:
            await bench.clock.sleep(0.1)
        else:
            return
    raise AssertionError("it did not open")
