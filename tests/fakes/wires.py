"""Cables with manners: each leads to any far end and carries what it sends in a way of its own."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.transport.far_end import FarEnd
from drivers.transport.memory import Arrival, Manner, MemoryWire


def whole(far_end: FarEnd, *, clock: Clock) -> MemoryWire:
    """Everything arrives at once."""
    return MemoryWire(far_end, device=far_end.name, clock=clock)


def one_byte_at_a_time(far_end: FarEnd, *, clock: Clock, gap_s: float = 0.001) -> MemoryWire:
    """Each byte arrives alone, ``gap_s`` after the one before it."""
    return MemoryWire(far_end, device=far_end.name, clock=clock, manner=OneByteAtATime(gap_s=gap_s))


def delayed(far_end: FarEnd, *, clock: Clock, delay_s: float = 0.2) -> MemoryWire:
    """Everything arrives late."""
    return MemoryWire(far_end, device=far_end.name, clock=clock, manner=Delayed(delay_s=delay_s))


def lossy(far_end: FarEnd, *, clock: Clock, seed: int, share: float = 0.0005) -> MemoryWire:
    """Of each byte, ``share`` is the chance that it never arrives."""
    return MemoryWire(far_end, device=far_end.name, clock=clock, manner=Lossy(seed=seed, share=share))


def unplugged_mid_frame(far_end: FarEnd, *, clock: Clock, after_bytes: int) -> MemoryWire:
    """The cable comes out once, when the kiosk has been sent ``after_bytes``; ``replug`` puts it back."""
    return MemoryWire(far_end, device=far_end.name, clock=clock, manner=UnpluggedMidFrame(after_bytes=after_bytes))


def silent(far_end: FarEnd, *, clock: Clock) -> MemoryWire:
    """Nothing the device sends arrives."""
    return MemoryWire(far_end, device=far_end.name, clock=clock, manner=Silent())


WIRES: Mapping[str, Callable[[FarEnd, Clock], MemoryWire]] = {
    "whole": lambda far_end, clock: whole(far_end, clock=clock),
    "one_byte_at_a_time": lambda far_end, clock: one_byte_at_a_time(far_end, clock=clock),
    "delayed": lambda far_end, clock: delayed(far_end, clock=clock),
}
"""The wires over which everything works, by name, for suites that run over all of them."""


@dataclass(kw_only=True)
class OneByteAtATime(Manner):
    gap_s: float
    _free_at_s: float = 0.0

    @override
    def carry(self, payload: bytes, *, now_s: float) -> tuple[Arrival, ...]:
        begin_s = max(now_s, self._free_at_s)
        self._free_at_s = begin_s + len(payload) * self.gap_s
        return tuple(Arrival(at_s=begin_s + n * self.gap_s, payload=payload[n : n + 1]) for n in range(len(payload)))


@dataclass(kw_only=True)
class Delayed(Manner):
    delay_s: float

    @override
    def carry(self, payload: bytes, *, now_s: float) -> tuple[Arrival, ...]:
        return (Arrival(at_s=now_s + self.delay_s, payload=payload),)


class Lossy(Manner):
    def __init__(self, *, seed: int, share: float) -> None:
        self._luck = random.Random(seed)
        self._share = share

    @override
    def carry(self, payload: bytes, *, now_s: float) -> tuple[Arrival, ...]:
        kept = bytes(byte for byte in payload if self._luck.random() >= self._share)
        return (Arrival(at_s=now_s, payload=kept),)


@dataclass(kw_only=True)
class UnpluggedMidFrame(Manner):
    after_bytes: int
    _carried: int = 0

    @override
    def carry(self, payload: bytes, *, now_s: float) -> tuple[Arrival, ...]:
        left = self.after_bytes - self._carried
        self._carried += len(payload)
        is_cut = 0 <= left < len(payload)
        return (Arrival(at_s=now_s, payload=payload[:left] if is_cut else payload, then_unplugged=is_cut),)


class Silent(Manner):
    @override
    def carry(self, payload: bytes, *, now_s: float) -> tuple[Arrival, ...]:
        return ()
