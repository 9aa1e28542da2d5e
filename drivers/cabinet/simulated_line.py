"""What every far end on a cabinet's wire does alike: takes its time, falls silent, stops short, talks nonsense."""

import random
from abc import abstractmethod
from collections import deque
from collections.abc import Mapping
from types import MappingProxyType

from typing_extensions import override

from drivers.transport.far_end import FarEnd, GivableFault
from drivers.transport.fault_menu import TIMES, GivenFaults, Kind, Option

NOISE_CHUNK = 64
"""Bytes of noise that stand together."""

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "silent": Kind(title="无应答", summary="什么都不回答，像数据线断了一根。"),
        "slow": Kind(
            title="应答缓慢",
            summary="每次应答都更慢。",
            options={"delay_s": Option(meaning="多等的秒数", default=0.3, least=0, most=60, is_whole=False)},
        ),
        "cut-answer": Kind(
            title="应答中断",
            summary="应答只发一半。",
            options={"after_bytes": Option(meaning="还发出来的字节数", default=4, least=0, most=200), "times": TIMES},
        ),
        "garbage": Kind(
            title="乱码",
            summary="不停地发杂乱字节，应答夹在里面。",
            options={
                "bytes": Option(meaning="杂乱字节数", default=4096, least=1, most=10_000_000),
                "seed": Option(meaning="杂乱字节的种子", default=1, least=0, most=2_147_483_648),
            },
        ),
    }
)
"""Fault name -> what it is."""


class AnsweringFarEnd(FarEnd):
    """Answers each question after a while. A kind of device says what its questions are and what it answers."""

    thinks_s = 0.01
    """Seconds the device thinks before it answers."""

    def __init__(self, *, name: str, title: str, baud: int | None, kinds: Mapping[str, Kind]) -> None:
        """Make a device that is plugged in and well; ``kinds`` are the faults it has besides those of every line."""
        self._name = name
        self._title = title
        self._baud = baud
        self._faults = GivenFaults({**kinds, **KINDS})
        self._incoming = bytearray()
        self._leaving: deque[tuple[float, bytes]] = deque()
        self._is_plugged = True
        self._noise = random.Random(0)
        self._noise_left = 0
        self._noise_due_s = 0.0

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def title(self) -> str:
        return self._title

    @property
    @override
    def baud(self) -> int | None:
        return self._baud

    @abstractmethod
    def _questions(self, incoming: bytearray) -> list[bytes]:
        """Take whole questions out of what has come; what can be none is thrown away."""

    @abstractmethod
    def _answer(self, question: bytes) -> bytes:
        """What the device sends back; empty when it does not answer such a thing."""

    @override
    def receive(self, payload: bytes, *, now_s: float) -> None:
        self._make_noise(now_s)
        if not self._is_plugged:
            return
        self._incoming += payload
        for question in self._questions(self._incoming):
            answer = self._answer(question)
            if "cut-answer" in self._faults:
                answer = answer[: int(self._faults.option("cut-answer", "after_bytes"))]
                self._faults.counted("cut-answer")
            if answer and "silent" not in self._faults:
                self._leaving.append((now_s + self.thinks_s + self._faults.option("slow", "delay_s"), answer))

    @override
    def transmit(self, *, now_s: float) -> bytes:
        self._make_noise(now_s)
        sent = bytearray()
        while self._leaving and self._leaving[0][0] <= now_s:
            sent += self._leaving.popleft()[1]
        return bytes(sent)

    @override
    def next_due_s(self, *, now_s: float) -> float | None:
        dues = [self._leaving[0][0]] if self._leaving else []
        if self._noise_left:
            dues.append(self._noise_due_s)
        return min(dues, default=None)

    @override
    def plug(self, *, now_s: float) -> None:
        self._is_plugged = True

    @override
    def unplug(self, *, now_s: float) -> None:
        self._is_plugged = False
        self._incoming.clear()
        self._leaving.clear()

    @override
    def givable_faults(self) -> tuple[GivableFault, ...]:
        return self._faults.givable()

    @override
    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        self._faults.give(fault, options)
        if fault == "garbage":
            self._noise = random.Random(int(self._faults.option(fault, "seed")))
            self._noise_left = int(self._faults.option(fault, "bytes"))
            self._noise_due_s = now_s

    @override
    def clear(self, fault: str | None, *, now_s: float) -> None:
        self._faults.clear(fault)
        if "garbage" not in self._faults:
            self._noise_left = 0

    def _make_noise(self, now_s: float) -> None:
        while self._noise_left and self._noise_due_s <= now_s:
            count = min(NOISE_CHUNK, self._noise_left)
            if self._is_plugged and "silent" not in self._faults:
                self._leaving.append((self._noise_due_s, self._noise.randbytes(count)))
            self._noise_left -= count
            self._noise_due_s += count * 10 / (self._baud or 115200)  # 8N1: ten bits a byte
            if not self._noise_left:
                self._faults.clear("garbage")
