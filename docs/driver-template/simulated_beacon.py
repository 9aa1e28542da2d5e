"""The far end of a Beacon's cable: an engine with an eye, and faults."""

import random
from collections import deque
from collections.abc import Mapping
from types import MappingProxyType

from typing_extensions import override

from drivers.code_scanner.beacon_codec import DARK, LIGHT_ON, WHO, WINDOW_DIRTY, Kind, message
from drivers.code_scanner.samples import SAMPLES, sample_code
from drivers.code_scanner.simulated_eye import Eye
from drivers.code_scanner.simulated_faults import KINDS as OF_EVERY_ENGINE
from drivers.transport.far_end import Attended, FarEnd, GivableFault
from drivers.transport.fault_menu import GivenFaults
from drivers.transport.fault_menu import Kind as FaultKind

ANSWER_S = 0.004
"""Seconds until a command is answered. Plausible, not measured."""

BOOT_S = 0.3
"""Seconds after power-on during which it hears nothing. Plausible, not measured."""

NOISE_CHUNK = 16

KINDS: Mapping[str, FaultKind] = MappingProxyType(
    {
        **{
            name: OF_EVERY_ENGINE[name]
            for name in ("silent", "garbage", "flood", "control-characters", "never-triggers", "stuck-light", "cut-code", "slow")
        },
        "window-dirty": FaultKind(title="扫码窗脏了", summary="照样读码，问它就说窗口脏了。"),
    }
)
"""Fault name -> what it is. The contract suite gives every one of them."""


class SimulatedBeacon(FarEnd, Attended):
    """An engine, the code before it, and the faults it was given. Nothing happens between calls: the host brings the time."""

    def __init__(self, *, name: str = "code-scanner", baud: int | None = 9600) -> None:
        """Make an engine that is plugged in and awake, with no code before it."""
        self._name = name
        self._baud = baud
        self._eye = Eye(reads_all_the_time=False)
        self._faults = GivenFaults(KINDS)
        self._heard = b""
        self._leaving: deque[tuple[float, bytes]] = deque()
        self._noise = random.Random(0)
        self._noise_left = 0
        self._noise_due_s = 0.0
        self._is_plugged = True
        self._awake_at_s = float("-inf")

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def title(self) -> str:
        return "扫码器"

    @property
    @override
    def baud(self) -> int | None:
        return self._baud

    @property
    def light_is_on(self) -> bool:
        """Whether it looks for a code now."""
        return self._is_plugged and self._eye.light_is_on

    @override
    def samples(self) -> tuple[str, ...]:
        return tuple(SAMPLES)

    @override
    def insert(self, sample: str, *, now_s: float) -> None:
        sample_code(sample)
        self._catch_up(now_s)
        self._eye.held = sample
        self._look(now_s)

    @override
    def remove(self, *, now_s: float) -> None:
        self._catch_up(now_s)
        self._eye.held = None
        self._look(now_s)

    @override
    def receive(self, payload: bytes, *, now_s: float) -> None:
        self._catch_up(now_s)
        if not self._is_plugged or now_s < self._awake_at_s:
            return
        self._heard = (self._heard + payload)[-64:]
        while (at := self._heard.find(b"\x1b")) >= 0 and len(self._heard) >= at + 2:
            command, self._heard = self._heard[at : at + 2], self._heard[at + 2 :]
            self._obey(command, now_s)

    @override
    def transmit(self, *, now_s: float) -> bytes:
        self._catch_up(now_s)
        sent = bytearray()
        while self._leaving and self._leaving[0][0] <= now_s:
            sent += self._leaving.popleft()[1]
        return bytes(sent)

    @override
    def next_due_s(self, *, now_s: float) -> float | None:
        dues = [self._leaving[0][0]] if self._leaving else []
        dues += [self._eye.due_s] if self._eye.due_s is not None else []
        dues += [self._noise_due_s] if self._noise_left else []
        return min(dues, default=None)

    @override
    def plug(self, *, now_s: float) -> None:
        if not self._is_plugged:
            self._is_plugged = True
            self._awake_at_s = now_s + BOOT_S

    @override
    def unplug(self, *, now_s: float) -> None:
        self._is_plugged = False
        self._heard = b""
        self._leaving.clear()
        self._eye.lit_until_s = self._eye.read_due_s = None

    @override
    def givable_faults(self) -> tuple[GivableFault, ...]:
        return self._faults.givable()

    @override
    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        self._catch_up(now_s)
        self._faults.give(fault, options)
        if fault == "garbage":
            self._noise = random.Random(int(self._faults.option(fault, "seed")))
            self._noise_left = int(self._faults.option(fault, "bytes"))
            self._noise_due_s = now_s
        self._see_faults(now_s)

    @override
    def clear(self, fault: str | None, *, now_s: float) -> None:
        self._catch_up(now_s)
        self._faults.clear(fault)
        if "garbage" not in self._faults:
            self._noise_left = 0
        self._see_faults(now_s)

    @override
    def holding(self) -> Mapping[str, str]:
        return {"面前的码": self._eye.held or "无", "灯": "亮" if self.light_is_on else "灭", "故障": self._faults.titles()}

    def _obey(self, command: bytes, now_s: float) -> None:
        match command:
            case _ if command == WHO:
                state = WINDOW_DIRTY if "window-dirty" in self._faults else "ok"
                self._send(message(Kind.ANSWER, f"Beacon 2D;SIM0001;1.0;{state}".encode("ascii")), now_s + ANSWER_S)
            case _ if command == LIGHT_ON:
                self._eye.light_up(now_s=now_s)
            case _ if command == DARK:
                self._eye.go_dark()
            case _:
                pass

    def _code_was_read(self, held: str, at_s: float) -> None:
        framed = message(Kind.CODE, self._content(held))
        if "cut-code" in self._faults:
            framed = framed[: int(self._faults.option("cut-code", "after_bytes"))]
            self._faults.counted("cut-code")
        if "slow" not in self._faults:
            self._send(framed, at_s)
            return
        gap_s = self._faults.option("slow", "gap_s")
        for n in range(len(framed)):
            self._send(framed[n : n + 1], at_s + n * gap_s)

    def _content(self, held: str) -> bytes:
        content = sample_code(held).encode()
        if "flood" in self._faults:
            luck, size = (int(self._faults.option("flood", option)) for option in ("seed", "bytes"))
            content = bytes(random.Random(luck).choices(range(0x21, 0x7F), k=size))
            self._faults.clear("flood")
        if self._faults.counted("control-characters"):
            content = content[:3] + b"\x1b[2J\x00\x03" + content[3:]
        return content

    def _send(self, payload: bytes, due_s: float) -> None:
        if self._is_plugged and "silent" not in self._faults:
            self._leaving.append((max(due_s, self._leaving[-1][0] if self._leaving else due_s), payload))

    def _look(self, now_s: float) -> None:
        self._eye.look(now_s=max(now_s, self._awake_at_s))

    def _see_faults(self, now_s: float) -> None:
        self._eye.is_blind = "never-triggers" in self._faults
        was_always_on, self._eye.is_always_on = self._eye.is_always_on, "stuck-light" in self._faults
        if was_always_on and not self._eye.is_always_on:
            self._eye.go_dark()
        self._look(now_s)

    def _catch_up(self, now_s: float) -> None:
        while self._noise_left and self._noise_due_s <= now_s:
            count = min(NOISE_CHUNK, self._noise_left)
            self._send(self._noise.randbytes(count), self._noise_due_s)
            self._noise_left -= count
            self._noise_due_s += count * 10 / (self._baud or 9600)  # 8N1: ten bits a byte
        if self._is_plugged:
            for at_s, held in self._eye.read_by(now_s):
                self._code_was_read(held, at_s)
