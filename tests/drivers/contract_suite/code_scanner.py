"""What every code scanner's driver must do, over its own far end and every wire.

A driver's test module derives from ``CodeScannerContract`` and says how to make the driver and its far end; pytest collects
the rest.
"""

import asyncio
import contextlib
import string
from abc import ABC, abstractmethod
from collections.abc import Awaitable
from typing import ClassVar, Protocol

import pytest

from drivers.code_scanner.samples import SAMPLES
from drivers.contract.clock import Clock
from drivers.contract.code_scanner import LONGEST_CODE, CodeRefusal, CodeScanner, ScannedCode
from drivers.contract.device import DeviceKind
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, RefusedError, UnreachableError
from drivers.contract.status import Condition
from drivers.transport.far_end import Attended, FarEnd
from drivers.transport.memory import MemoryWire
from drivers.transport.wire import Wire
from tests.fakes.clock import FakeClock
from tests.fakes.wires import WIRES, lossy, silent, unplugged_mid_frame

SEEDS = range(12)
IDENTITY = SAMPLES["phone-identity-1"]
PAYMENT = SAMPLES["phone-payment-1"]
ACCEPTABLE = [
    IDENTITY,
    PAYMENT,
    "1",
    "青山县白云镇石桥村",
    "㙓𬱖 with a blank",
    "x" * LONGEST_CODE,
    "社" * LONGEST_CODE,
    "'; DROP TABLE visits; --",
]
NOT_ACCEPTABLE = [
    "x" * (LONGEST_CODE + 1),
    "社" * (LONGEST_CODE + 1),
    "9" * 3000,
    "two\rlines",
    "two\nlines",
    "tab\there",
    "\x1b[2J",
    "\x7e\x00\x08\x01\x00\xd9\x50\xab\xcd",
    "\u202eright to left",
    "zero\u200bwidth",
    "null\x00",
]


class CodeFarEnd(FarEnd, Attended, Protocol):
    """A far end before which codes can be held."""

    @property
    def light_is_on(self) -> bool: ...


class CodeScannerContract(ABC):
    can_be_asked: ClassVar[bool] = True
    """Whether this engine answers to anything."""
    has_light: ClassVar[bool] = True
    """Whether its light can be switched."""
    needs_terminator: ClassVar[bool] = True
    """Whether a code that stops in its midst is told from a whole one."""

    @abstractmethod
    def far_end(self) -> CodeFarEnd: ...

    @abstractmethod
    def driver(self, wire: Wire, clock: Clock) -> CodeScanner: ...

    def bench(self, wire_name: str = "whole") -> "Bench":
        clock, far_end = FakeClock(), self.far_end()
        return self.bench_over(WIRES[wire_name](far_end, clock), far_end, clock)

    def bench_over(self, wire: MemoryWire, far_end: CodeFarEnd, clock: FakeClock) -> "Bench":
        return Bench(clock=clock, far_end=far_end, wire=wire, scanner=self.driver(wire, clock))

    async def opened(self, wire_name: str = "whole") -> "Bench":
        bench = self.bench(wire_name)
        await bench.scanner.open()
        return bench

    @pytest.mark.parametrize("wire_name", WIRES)
    async def test_a_code_shown_while_waiting_is_read_as_it_is(self, wire_name: str) -> None:
        bench = await self.opened(wire_name)
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(bench.scanner.read_code(deadline_s=60))
            await bench.clock.sleep(17)
            assert not reading.done()
            bench.hold("phone-identity-1")
        assert reading.result().content == IDENTITY
        await bench.scanner.close()

    @pytest.mark.parametrize("text", ACCEPTABLE)
    async def test_every_short_plain_text_is_handed_on(self, text: str) -> None:
        bench = await self.opened()
        assert (await bench.shown(text)).content == text

    @pytest.mark.parametrize("text", NOT_ACCEPTABLE)
    async def test_what_is_no_short_plain_text_is_refused_once_and_the_next_code_is_read(self, text: str) -> None:
        bench = await self.opened()
        with pytest.raises(RefusedError) as caught:
            await bench.shown(text)
        assert caught.value.reason == CodeRefusal.NOT_ACCEPTABLE
        assert not any(word in str(caught.value) for word in ("xx", "9999", "社社", "lines\n", "right to"))
        bench.take_away()
        with pytest.raises(DeadlineError):
            await bench.scanner.read_code(deadline_s=2)
        assert (await bench.shown("phone-payment-1", is_sample=True)).content == PAYMENT

    @pytest.mark.parametrize("wire_name", WIRES)
    async def test_an_idle_scanner_is_ready_and_says_what_it_is(self, wire_name: str) -> None:
        bench = await self.opened(wire_name)
        status = await bench.scanner.status()
        assert (status.condition, status.device, status.symptoms) == (Condition.READY, bench.scanner.name, ())
        assert status.evidence
        assert (await bench.scanner.identify()).model
        assert bench.scanner.kind is DeviceKind.CODE_SCANNER

    async def test_nobody_showing_a_code_is_a_deadline_and_no_fault(self) -> None:
        bench = await self.opened()
        began_s = bench.clock.monotonic_s()
        with pytest.raises(DeadlineError):
            await bench.scanner.read_code(deadline_s=30)
        assert 29.999 <= bench.clock.monotonic_s() - began_s < 31  # a sum of floats
        assert (await bench.scanner.status()).condition is Condition.READY

    async def test_a_code_seen_before_the_call_is_discarded(self) -> None:
        bench = await self.opened()
        bench.give("stuck-light")  # it reads although nobody asked it to
        bench.hold("phone-identity-1")
        await bench.clock.sleep(3)
        bench.take_away()
        await bench.clock.sleep(0.5)
        bench.far_end.clear(None, now_s=bench.clock.monotonic_s())
        with pytest.raises(DeadlineError):
            await bench.scanner.read_code(deadline_s=3)
        assert (await bench.shown("phone-payment-1", is_sample=True)).content == PAYMENT

    @pytest.mark.parametrize("after_s", [0.15 + n * 0.002 for n in range(0, 45, 3)])
    async def test_half_a_code_that_was_on_its_way_at_the_call_is_never_taken_for_one(self, after_s: float) -> None:
        bench = await self.opened("one_byte_at_a_time")
        bench.give("stuck-light")
        bench.hold("phone-identity-1")
        await bench.clock.sleep(after_s)
        code = await bench.scanner.read_code(deadline_s=5)  # held still, so it is read again
        assert code.content == IDENTITY

    async def test_the_light_is_on_only_while_somebody_waits(self) -> None:
        if not self.has_light:
            pytest.skip("this engine's light cannot be switched")
        bench = await self.opened()
        assert not bench.far_end.light_is_on
        reading = asyncio.create_task(bench.scanner.read_code(deadline_s=20))
        for _ in range(36):
            await bench.clock.sleep(0.5)
            assert bench.far_end.light_is_on
        with pytest.raises(DeadlineError):
            await reading
        assert not bench.far_end.light_is_on
        await bench.shown("phone-payment-1", is_sample=True)
        assert not bench.far_end.light_is_on

    async def test_it_reads_again_after_every_code_the_same_one_too(self) -> None:
        bench = await self.opened()
        bench.hold("phone-payment-1")
        for _ in range(5):
            assert (await bench.scanner.read_code(deadline_s=5)).content == PAYMENT

    async def test_a_scanner_in_use_is_busy_at_once_and_is_not_disturbed(self) -> None:
        bench = await self.opened()
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(bench.scanner.read_code(deadline_s=60))
            await bench.clock.sleep(1)
            before_s = bench.clock.monotonic_s()
            status = await bench.scanner.status()
            assert (status.condition, status.symptoms) == (Condition.BUSY, ())
            assert bench.clock.monotonic_s() == before_s
            bench.hold("phone-identity-1")
        assert reading.result().content == IDENTITY

    @pytest.mark.parametrize("after_s", [0.0, 0.03, 0.052, 0.06, 0.1, 0.21, 0.22, 0.24, 1.0])
    async def test_a_cancelled_wait_leaves_the_scanner_usable_and_dark(self, after_s: float) -> None:
        bench = await self.opened("one_byte_at_a_time")
        bench.hold("phone-identity-1")
        reading = asyncio.create_task(bench.scanner.read_code(deadline_s=60))
        await bench.clock.sleep(after_s)
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        assert not (self.has_light and bench.far_end.light_is_on)
        assert (await bench.scanner.status()).condition is Condition.READY
        bench.take_away()
        assert (await bench.shown("phone-payment-1", is_sample=True)).content == PAYMENT

    async def test_a_cancelled_wait_asks_no_more(self) -> None:
        bench = await self.opened()
        reading = asyncio.create_task(bench.scanner.read_code(deadline_s=60))
        await bench.clock.sleep(1)
        reading.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        await bench.clock.sleep(6)
        bench.far_end.transmit(now_s=bench.clock.monotonic_s())
        assert bench.far_end.next_due_s(now_s=bench.clock.monotonic_s()) is None

    async def test_two_callers_are_served_one_after_the_other(self) -> None:
        bench = await self.opened()
        bench.hold("phone-identity-1")
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(bench.scanner.read_code(deadline_s=5))
            asking = tasks.create_task(bench.scanner.identify())
        assert reading.result().content == IDENTITY
        assert asking.result().model

    async def test_silence_is_a_deadline_unless_the_engine_cannot_be_asked(self) -> None:
        clock, far_end = FakeClock(), self.far_end()
        bench = self.bench_over(silent(far_end, clock=clock), far_end, clock)
        if not self.can_be_asked:
            await bench.scanner.open()
            status = await bench.scanner.status()
            assert status.condition is Condition.READY
            assert "cannot be asked" in status.evidence
            return
        with pytest.raises(DeadlineError):
            await bench.scanner.open()
        with pytest.raises(UnreachableError):  # an open that failed holds nothing
            await bench.scanner.status()

    async def test_an_engine_that_falls_silent_is_noticed_by_the_next_status_within_a_second(self) -> None:
        if not self.can_be_asked:
            pytest.skip("this engine cannot be asked")
        bench = await self.opened()
        bench.give("silent")
        began_s = bench.clock.monotonic_s()
        with pytest.raises(DeadlineError):
            await bench.scanner.status()
        assert bench.clock.monotonic_s() - began_s < 1
        bench.far_end.clear(None, now_s=bench.clock.monotonic_s())
        assert (await bench.scanner.status()).condition is Condition.READY

    @pytest.mark.parametrize("size", [600, 65_536])
    async def test_a_flood_is_refused_once_and_the_next_code_is_read(self, size: int) -> None:
        bench = await self.opened("one_byte_at_a_time")
        bench.give("flood", bytes=size)
        with pytest.raises(RefusedError):
            await bench.shown("phone-identity-1", is_sample=True)
        bench.take_away()
        with pytest.raises(DeadlineError):
            await bench.scanner.read_code(deadline_s=size * 0.001 + 5)  # the rest of the flood, and no second refusal
        assert (await bench.shown("phone-identity-1", is_sample=True)).content == IDENTITY

    async def test_control_characters_in_a_code_are_refused_and_are_no_command(self) -> None:
        bench = await self.opened()
        bench.give("control-characters")
        with pytest.raises(RefusedError) as caught:
            await bench.shown("phone-identity-1", is_sample=True)
        assert caught.value.reason == CodeRefusal.NOT_ACCEPTABLE
        bench.far_end.clear(None, now_s=bench.clock.monotonic_s())
        assert (await bench.scanner.read_code(deadline_s=5)).content == IDENTITY

    async def test_a_code_that_stops_in_its_midst_is_never_handed_on(self) -> None:
        if not self.needs_terminator:
            pytest.skip("this engine ends codes with silence: half a code looks whole")
        bench = await self.opened()
        bench.give("cut-code", after_bytes=20, times=2)
        bench.hold("phone-identity-1")
        assert (await bench.scanner.read_code(deadline_s=20)).content == IDENTITY

    async def test_a_code_that_comes_byte_by_byte_is_whole_all_the_same(self) -> None:
        if not self.needs_terminator:
            pytest.skip("this engine ends codes with silence")
        bench = await self.opened()
        bench.give("slow", gap_s=0.2)
        assert (await bench.shown("phone-identity-1", is_sample=True)).content == IDENTITY

    @pytest.mark.parametrize("seed", SEEDS)
    async def test_over_a_lossy_wire_nothing_is_handed_on_that_was_not_there(self, seed: int) -> None:
        clock, far_end = FakeClock(), self.far_end()
        bench = self.bench_over(lossy(far_end, clock=clock, seed=seed, share=0.01), far_end, clock)
        await opened(bench)
        bench.hold("phone-identity-1")
        for _ in range(6):
            match outcome := await outcome_of(bench.scanner.read_code(deadline_s=10)):
                case ScannedCode():
                    # No engine sends a checksum with a code: a letter lost on the line cannot be told, only what it means.
                    assert is_thinned_out(outcome.content, IDENTITY)
                case RefusedError():
                    assert outcome.reason == CodeRefusal.NOT_ACCEPTABLE
                case _:
                    assert isinstance(outcome, DeadlineError | ProtocolError)

    @pytest.mark.parametrize("after_bytes", [*range(24), 30, 38, 45, 60, 75, 90])
    async def test_unplugged_anywhere_it_is_unreachable_and_works_again_once_reopened(self, after_bytes: int) -> None:
        clock, far_end = FakeClock(), self.far_end()
        bench = self.bench_over(unplugged_mid_frame(far_end, clock=clock, after_bytes=after_bytes), far_end, clock)
        bench.hold("phone-identity-1")
        with pytest.raises(UnreachableError):
            await bench.open_and_read_for_ever()
        await bench.scanner.close()
        with pytest.raises(UnreachableError):
            await bench.scanner.open()
        bench.wire.replug()
        replugged_s = clock.monotonic_s()
        await opened(bench)
        assert clock.monotonic_s() - replugged_s < 3
        assert (await bench.scanner.read_code(deadline_s=5)).content == IDENTITY

    async def test_closing_ends_a_wait_and_twice_is_fine(self) -> None:
        bench = await self.opened()
        reading = asyncio.create_task(bench.scanner.read_code(deadline_s=60))
        await bench.clock.sleep(1)
        await bench.scanner.close()
        await bench.scanner.close()
        with pytest.raises(UnreachableError):
            await reading
        with pytest.raises(UnreachableError):
            await bench.scanner.status()
        await bench.scanner.open()
        assert (await bench.scanner.status()).condition is Condition.READY

    @pytest.mark.parametrize("deadline_s", [0, -1, 301])
    async def test_a_deadline_out_of_range_is_a_bug_of_the_caller(self, deadline_s: float) -> None:
        bench = await self.opened()
        with pytest.raises(ValueError, match=r"0\.1 to 300"):
            await bench.scanner.read_code(deadline_s=deadline_s)

    async def test_every_fault_of_the_far_end_ends_in_a_driver_error_or_in_no_more_than_was_shown(self) -> None:
        for fault in self.far_end().givable_faults():
            bench = await self.opened()
            bench.hold("phone-identity-1")
            bench.give(fault.name)
            for _ in range(3):
                with contextlib.suppress(DriverError):
                    assert (await bench.scanner.read_code(deadline_s=20)).content in IDENTITY
                with contextlib.suppress(DriverError):
                    await bench.scanner.status()
            bench.far_end.clear(fault.name, now_s=bench.clock.monotonic_s())
            await bench.clock.sleep(30)  # what is on its way of it arrives
            await bench.scanner.status()
            assert (await bench.scanner.read_code(deadline_s=20)).content == IDENTITY, fault.name

    async def test_a_reset_leaves_it_ready_and_dark(self) -> None:
        bench = await self.opened()
        await bench.scanner.reset()
        assert (await bench.scanner.status()).condition is Condition.READY
        assert not (self.has_light and bench.far_end.light_is_on)

    async def test_nothing_of_a_code_shows_in_its_repr(self) -> None:
        bench = await self.opened()
        code = await bench.shown("phone-identity-1", is_sample=True)
        assert not any(IDENTITY[n : n + 6] in repr(code) + repr(bench.scanner) for n in range(len(IDENTITY) - 6))


class Bench:
    """A driver, its wire, its far end and their time."""

    def __init__(self, *, clock: FakeClock, far_end: CodeFarEnd, wire: MemoryWire, scanner: CodeScanner) -> None:
        self.clock = clock
        self.far_end = far_end
        self.wire = wire
        self.scanner = scanner

    def hold(self, sample: str) -> None:
        self.far_end.insert(sample, now_s=self.clock.monotonic_s())

    def take_away(self) -> None:
        self.far_end.remove(now_s=self.clock.monotonic_s())

    def give(self, fault: str, **options: object) -> None:
        self.far_end.give(fault, {key: str(value) for key, value in options.items()}, now_s=self.clock.monotonic_s())

    async def shown(self, text: str, *, is_sample: bool = False) -> ScannedCode:
        """Wait for a code, and hold one there a second later."""
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(outcome_of(self.scanner.read_code(deadline_s=60)))
            await self.clock.sleep(1)
            self.hold(text if is_sample else f"code:{text}")
        outcome = reading.result()
        if isinstance(outcome, DriverError):
            raise outcome
        return outcome

    async def open_and_read_for_ever(self) -> None:
        await self.scanner.open()
        for _ in range(20):
            await self.scanner.read_code(deadline_s=5)
            await self.scanner.status()


async def outcome_of(reading: Awaitable[ScannedCode]) -> ScannedCode | DriverError:
    """What came of it, whichever way it went."""
    try:
        return await reading
    except DriverError as error:
        return error


async def opened(bench: Bench) -> None:
    """Open as a Keeper does: again and again, for a while."""
    for _ in range(8):
        try:
            await bench.scanner.open()
        except DriverError:
            await bench.clock.sleep(0.3)
        else:
            return
    raise AssertionError("the scanner did not open")


def is_thinned_out(content: str, original: str) -> bool:
    """Whether ``content`` is ``original`` with some characters left out."""
    rest = iter(original)
    return all(char in rest for char in content) and set(content) <= set(string.printable)
