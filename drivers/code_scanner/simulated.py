"""The far end of a code scanner's cable: an engine with registers, an eye, and faults."""

import random
from collections import deque
from collections.abc import Mapping

from typing_extensions import override

from drivers.code_scanner import gm65_codec
from drivers.code_scanner.models import MODELS, Ending, Language
from drivers.code_scanner.samples import SAMPLES, SETUP_CODE, TYPED, sample_code
from drivers.code_scanner.simulated_eye import Eye
from drivers.code_scanner.simulated_faults import KINDS
from drivers.transport.far_end import Attended, FarEnd, GivableFault
from drivers.transport.fault_menu import GivenFaults

ANSWER_S = 0.004
"""Seconds until a command is answered. Plausible, not measured."""

BOOT_S = 0.3
"""Seconds after power-on during which it hears nothing. Plausible, not measured."""

NOISE_CHUNK = 16
"""Bytes of noise that stand together: with more, noise at 9600 baud would have gaps that end codes."""

HEARD_MOST = 512
"""Bytes of commands kept that are not understood yet."""

FACTORY: Mapping[int, int] = {0x0000: 0xD4, 0x0003: 0x01, gm65_codec.BAUD: 0x39, gm65_codec.BAUD + 1: 0x01}
"""Registers as delivered: reads by its button, obeys setup codes, 9600 baud. Every other one is 0."""

ON_COMMAND = 0x01
SETUP_IS_SHUT = 0x02


class SimulatedScanner(FarEnd, Attended):
    """An engine, the code held before it, and the faults it was given. Nothing happens between calls: the host brings the time.

    A code is held until it is taken away, so each new trigger reads it again.
    """

    def __init__(self, *, name: str = "code-scanner", baud: int | None = 9600, model: str = "gm65") -> None:
        """Make an engine as delivered, plugged in and awake, with no code before it.

        Args:
            name: Its name in the rig.
            baud: Line speed, or None where there is none.
            model: A word of ``models.MODELS``: whose commands it obeys.
        """
        self._name = name
        self._baud = baud
        self._model = MODELS[model]
        self._eye = Eye(reads_all_the_time=not self._model.light_on)
        self._faults = GivenFaults(KINDS)
        self._kept: dict[int, int] = dict(FACTORY)
        self._registers: dict[int, int] = dict(FACTORY)
        self._heard = b""
        self._leaving: deque[tuple[float, bytes]] = deque()
        self._is_mute = False
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
        self._heard = (self._heard + payload)[-HEARD_MOST:]
        if self._model.language is Language.GM65:
            self._obey_frames(now_s)
        else:
            self._obey_words(now_s)

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
        if self._eye.due_s is not None:
            dues.append(self._eye.due_s)
        if self._noise_left:
            dues.append(self._noise_due_s)
        return min(dues, default=None)

    @override
    def plug(self, *, now_s: float) -> None:
        if not self._is_plugged:
            self._is_plugged = True
            self._awake_at_s = now_s + BOOT_S
            self._look(now_s)

    @override
    def unplug(self, *, now_s: float) -> None:
        self._is_plugged = False
        self._lose_power()

    @override
    def givable_faults(self) -> tuple[GivableFault, ...]:
        return self._faults.givable()

    @override
    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        self._catch_up(now_s)
        self._faults.give(fault, options)
        if fault == "forgets":
            self._faults.clear(fault)
            self._kept = dict(FACTORY)
            self._lose_power()
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
        held = self._eye.held or "无"
        return {
            "面前的码": f"自定内容（{len(held) - len(TYPED)} 字）" if held.startswith(TYPED) else held,
            "灯": "亮" if self.light_is_on else "灭",
            "输出": "被设置码关了" if self._is_mute else "串口",
            "故障": self._faults.titles(),
        }

    def _obey_frames(self, now_s: float) -> None:
        while self._heard:
            command, done = gm65_codec.next_command(self._heard)
            self._heard = self._heard[done:]
            if command is not None:
                self._obey(command, now_s)
            elif not done:
                return

    def _obey(self, command: gm65_codec.Command, now_s: float) -> None:
        match command.kind:
            case gm65_codec.READ:
                count = min(command.data[0], gm65_codec.LONGEST_REPLY)
                self._answer(bytes(self._registers.get(command.address + n, 0) for n in range(count)), now_s)
            case gm65_codec.WRITE:
                self._registers |= {command.address + n: byte for n, byte in enumerate(command.data)}
                self._answer(gm65_codec.DONE, now_s)
                if command.address == gm65_codec.TRIGGER:
                    self._trigger(is_on=command.data[:1] == b"\x01", now_s=now_s)
            case _:
                self._kept = {address: byte for address, byte in self._registers.items() if address != gm65_codec.TRIGGER}
                self._answer(gm65_codec.DONE, now_s)

    def _obey_words(self, now_s: float) -> None:
        answers = {b"$$$$": b"@@@@", b"%%%%": b"^^^^"} if self._model.language is Language.NEWLAND else {}
        answers |= {word: self._model.chatter[:1] for word in (self._model.light_on, self._model.light_off) if word}
        for word, answer in answers.items():
            if word not in self._heard:
                continue
            self._heard = b""
            self._send(answer, now_s + ANSWER_S + self._faults.option("late", "delay_s"))
            if word in (self._model.light_on, self._model.light_off):
                self._trigger(is_on=word == self._model.light_on, now_s=now_s)

    def _answer(self, data: bytes, now_s: float) -> None:
        frame = gm65_codec.reply(data)
        if self._faults.counted("wrong-crc"):
            frame = frame[:-1] + bytes((frame[-1] ^ 0xFF,))
        self._send(frame, now_s + ANSWER_S + self._faults.option("late", "delay_s"))

    def _send(self, payload: bytes, due_s: float) -> None:
        if payload and self._is_plugged and "silent" not in self._faults:
            self._leaving.append((max(due_s, self._leaving[-1][0] if self._leaving else due_s), payload))

    def _trigger(self, *, is_on: bool, now_s: float) -> None:
        obeys = self._model.language is not Language.GM65 or self._registers.get(0x0000, 0) & 0x03 == ON_COMMAND
        if is_on and obeys:
            self._eye.light_up(now_s=now_s)
        elif not is_on:
            self._eye.go_dark()

    def _code_was_read(self, held: str, at_s: float) -> None:
        self._registers[gm65_codec.TRIGGER] = 0
        obeys_setup = self._model.language is Language.GM65 and not self._registers.get(0x0003, 0) & SETUP_IS_SHUT
        if held == SETUP_CODE and obeys_setup:
            self._is_mute = True
        if self._is_mute:
            return
        sent = self._as_sent(sample_code(held).encode())
        if "slow" not in self._faults:
            self._send(sent, at_s)
            return
        gap_s = self._faults.option("slow", "gap_s")
        for n in range(len(sent)):
            self._send(sent[n : n + 1], at_s + n * gap_s)

    def _as_sent(self, content: bytes) -> bytes:
        """The code as its faults let it out, with what ends it."""
        if "flood" in self._faults:
            luck, size = (int(self._faults.option("flood", option)) for option in ("seed", "bytes"))
            content = bytes(random.Random(luck).choices(range(0x21, 0x7F), k=size))
            self._faults.clear("flood")
        if self._faults.counted("control-characters"):
            content = content[:3] + b"\x1b[2J\x00\x03" + content[3:]
        if "cut-code" in self._faults:
            cut = content[: int(self._faults.option("cut-code", "after_bytes"))]
            self._faults.counted("cut-code")
            return cut
        has_end = self._model.ending is Ending.TERMINATOR and "no-terminator" not in self._faults
        return content + (b"\r" if has_end else b"")

    def _look(self, now_s: float) -> None:
        self._eye.look(now_s=max(now_s, self._awake_at_s))

    def _see_faults(self, now_s: float) -> None:
        self._eye.is_blind = "never-triggers" in self._faults
        was_always_on = self._eye.is_always_on
        self._eye.is_always_on = "stuck-light" in self._faults or not self._model.light_on
        if was_always_on and not self._eye.is_always_on:
            self._eye.go_dark()
        self._look(now_s)

    def _lose_power(self) -> None:
        self._registers = dict(self._kept)
        self._heard = b""
        self._leaving.clear()
        self._is_mute = False
        self._eye.lit_until_s = self._eye.read_due_s = None

    def _catch_up(self, now_s: float) -> None:
        while self._noise_left and self._noise_due_s <= now_s:
            self._make_noise()
        if self._is_plugged:
            for at_s, held in self._eye.read_by(now_s):
                self._code_was_read(held, at_s)

    def _make_noise(self) -> None:
        count = min(NOISE_CHUNK, self._noise_left)
        self._send(self._noise.randbytes(count), self._noise_due_s)
        self._noise_left -= count
        self._noise_due_s += count * 10 / (self._baud or 9600)  # 8N1: ten bits a byte
        if not self._noise_left:
            self._faults.clear("garbage")
