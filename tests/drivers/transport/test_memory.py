import asyncio
from collections.abc import Mapping

import pytest
from typing_extensions import override

from drivers.contract.errors import DeadlineError, UnreachableError
from drivers.transport.far_end import FarEnd, GivableFault
from drivers.transport.memory import MemoryWire
from tests.fakes.clock import FakeClock
from tests.fakes.wires import delayed, lossy, one_byte_at_a_time, silent, unplugged_mid_frame, whole


class Echo(FarEnd):
    """Sends back what it was sent, half a second later."""

    def __init__(self) -> None:
        self._leaving: list[tuple[float, bytes]] = []
        self.cable: list[str] = []

    @property
    @override
    def name(self) -> str:
        return "echo"

    @property
    @override
    def title(self) -> str:
        return "回声"

    @property
    @override
    def baud(self) -> int | None:
        return None

    @override
    def receive(self, payload: bytes, *, now_s: float) -> None:
        self._leaving.append((now_s + 0.5, payload))

    @override
    def transmit(self, *, now_s: float) -> bytes:
        due = [payload for at_s, payload in self._leaving if at_s <= now_s]
        self._leaving = self._leaving[len(due) :]
        return b"".join(due)

    @override
    def next_due_s(self, *, now_s: float) -> float | None:
        return self._leaving[0][0] if self._leaving else None

    @override
    def plug(self, *, now_s: float) -> None:
        self.cable.append("in")

    @override
    def unplug(self, *, now_s: float) -> None:
        self.cable.append("out")

    @override
    def givable_faults(self) -> tuple[GivableFault, ...]:
        return ()

    @override
    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        raise ValueError(fault)

    @override
    def clear(self, fault: str | None, *, now_s: float) -> None: ...

    @override
    def holding(self) -> Mapping[str, str]:
        return {}


async def _sent_and_read(wire: MemoryWire, payload: bytes = b"abc") -> list[bytes]:
    await wire.open()
    await wire.write(payload, deadline_s=1)
    came: list[bytes] = []
    while len(b"".join(came)) < len(payload):
        came.append(await wire.read(at_most=100, deadline_s=5))
    return came


async def test_an_answer_comes_exactly_when_the_far_end_sends_it() -> None:
    clock = FakeClock()
    began_s = clock.monotonic_s()
    assert await _sent_and_read(whole(Echo(), clock=clock)) == [b"abc"]
    assert clock.monotonic_s() - began_s == pytest.approx(0.5, abs=0.001)


async def test_bytes_come_one_at_a_time() -> None:
    clock = FakeClock()
    began_s = clock.monotonic_s()
    assert await _sent_and_read(one_byte_at_a_time(Echo(), clock=clock, gap_s=0.1)) == [b"a", b"b", b"c"]
    assert clock.monotonic_s() - began_s == pytest.approx(0.7, abs=0.001)


async def test_bytes_come_late() -> None:
    clock = FakeClock()
    began_s = clock.monotonic_s()
    assert await _sent_and_read(delayed(Echo(), clock=clock, delay_s=2)) == [b"abc"]
    assert clock.monotonic_s() - began_s == pytest.approx(2.5, abs=0.001)


async def test_the_same_seed_loses_the_same_bytes() -> None:
    async def kept(seed: int) -> bytes:
        clock = FakeClock()
        wire = lossy(Echo(), clock=clock, seed=seed, share=0.5)
        await wire.open()
        await wire.write(bytes(range(100)), deadline_s=1)
        return await wire.read(at_most=1000, deadline_s=5)

    assert await kept(1) == await kept(1)
    assert await kept(1) != await kept(2)
    assert 20 < len(await kept(3)) < 80


async def test_silence_is_a_deadline() -> None:
    clock = FakeClock()
    wire = silent(Echo(), clock=clock)
    await wire.open()
    await wire.write(b"abc", deadline_s=1)
    with pytest.raises(DeadlineError):
        await wire.read(at_most=1, deadline_s=3)
    assert clock.monotonic_s() == pytest.approx(1003, abs=0.001)


async def test_a_cable_pulled_in_mid_frame_delivers_the_first_part_and_then_nothing() -> None:
    clock, far_end = FakeClock(), Echo()
    wire = unplugged_mid_frame(far_end, clock=clock, after_bytes=2)
    await wire.open()
    await wire.write(b"abc", deadline_s=1)
    assert await wire.read(at_most=10, deadline_s=5) == b"ab"
    with pytest.raises(UnreachableError, match="unplugged"):
        await wire.read(at_most=10, deadline_s=5)
    assert far_end.cable == ["out"]
    with pytest.raises(UnreachableError):
        await wire.open()
    wire.replug()
    assert far_end.cable == ["out", "in"]
    assert await _sent_and_read(wire) == [b"abc"]


async def test_unplugging_and_closing_end_a_waiting_read() -> None:
    clock = FakeClock()
    wire = whole(Echo(), clock=clock)
    for end in (wire.close, None):
        await wire.open()
        reading = asyncio.create_task(wire.read(at_most=1, deadline_s=60))
        await clock.sleep(1)
        if end is None:
            wire.unplug()
        else:
            await end()
        with pytest.raises(UnreachableError):
            await reading
    assert clock.monotonic_s() < 1003


async def test_what_arrived_can_be_forgotten() -> None:
    clock = FakeClock()
    wire = whole(Echo(), clock=clock)
    await wire.open()
    await wire.write(b"stale", deadline_s=1)
    await clock.sleep(1)
    await wire.discard_input()
    await wire.write(b"new", deadline_s=1)
    assert await wire.read(at_most=100, deadline_s=5) == b"new"
