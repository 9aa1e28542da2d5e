"""The far end of a receipt printer's cable: an ESC/POS printer with a buffer, a speed, paper and faults."""

import random
from collections.abc import Callable, Iterable, Mapping

from typing_extensions import override

from drivers.receipt_printer.command_codec import Command, next_command
from drivers.receipt_printer.paper import Paper, PaperEnd
from drivers.receipt_printer.simulated_faults import BITS, GIVABLE, STOPPING, Given, StatusBits, given
from drivers.receipt_printer.simulated_mechanism import Mechanism
from drivers.transport.far_end import FarEnd, GivableFault

DOTS_PER_MM = 8
PRINTED_MM = {58: 48, 80: 72}
CUT_S = 0.2
"""Seconds a cut takes."""

LOW_M = 3.0
"""Metres of paper left at which the near-end sensor of common printers answers."""

NEAR_END = 0x03
IDENTITY = {65: b"1.02", 66: b"ZHIZHU", 67: b"SIM-80", 68: b"SIM0001"}


class SimulatedPrinter(FarEnd):
    """Prints what it is sent, at its own speed, onto paper one can look at.

    Real-time commands (DLE EOT, ENQ, DC4) are obeyed on arrival, wherever they stand, even with a full buffer. What
    does not fit into the buffer is lost, as on a real printer without flow control. It has a power cord of its own:
    pulling the data cable does not stop it, and what it had received it prints.
    """

    def __init__(
        self,
        *,
        name: str = "receipt-printer",
        baud: int | None = 115200,
        on_paper: Callable[[Paper], None],
        width_mm: int = 80,
        buffer_bytes: int = 4096,
        speed_mm_s: float = 150.0,
        roll_m: float = 50.0,
        answers_in_order: bool = True,
    ) -> None:
        """Load a fresh roll and switch on.

        Args:
            name: Its name in the rig.
            baud: Line speed, or None for TCP.
            on_paper: Called with each piece of paper that comes off.
            width_mm: Of the paper, 58 or 80.
            buffer_bytes: Receive buffer.
            speed_mm_s: Speed of the paper while printing.
            roll_m: Length of a fresh roll.
            answers_in_order: Whether GS r is answered; many clones do not.
        """
        self._name = name
        self._baud = baud
        self._on_paper = on_paper
        self._buffer_bytes = buffer_bytes
        self._speed_mm_s = speed_mm_s
        self._roll_mm = roll_m * 1000
        self._answers_in_order = answers_in_order
        self._mechanism = Mechanism(
            printed_dots=PRINTED_MM[width_mm] * DOTS_PER_MM,
            paper_dots=width_mm * DOTS_PER_MM,
            dots_per_mm=DOTS_PER_MM,
            cut_feed_mm=14.0,
        )
        self._buffer = bytearray()
        self._real_time = bytearray()
        self._outgoing = bytearray()
        self._given: dict[str, Given] = {}
        self._cutter_error = False
        self._left_mm = self._roll_mm
        self._free_at_s = 0.0
        self._papers = 0
        self._is_plugged = True
        self._noise = random.Random(7)
        self.lost_bytes = 0

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def title(self) -> str:
        return "凭条打印机"

    @property
    @override
    def baud(self) -> int | None:
        return self._baud

    @property
    def wrapped_lines(self) -> int:
        """Lines that were longer than the paper is wide and went on below."""
        return self._mechanism.wrapped_lines

    @property
    def unknown_commands(self) -> int:
        """Commands this printer does not know; a driver that knows its printer causes none."""
        return self._mechanism.unknown_commands

    @property
    def waiting_bytes(self) -> int:
        """Bytes in the receive buffer."""
        return len(self._buffer)

    @override
    def receive(self, payload: bytes, *, now_s: float) -> None:
        self._run(now_s)
        if not self._is_on("power-cycle"):  # without power it hears nothing
            if self._real_time or b"\x10" in payload:
                for byte in payload:
                    self._take(byte)
            else:
                self._store(payload)
        self._free_at_s = max(self._free_at_s, now_s)
        self._run(now_s)

    @override
    def transmit(self, *, now_s: float) -> bytes:
        self._run(now_s)
        sent = bytes(self._outgoing)
        self._outgoing.clear()
        return sent

    @override
    def next_due_s(self, *, now_s: float) -> float | None:
        self._run(now_s)
        if self._outgoing:
            return now_s
        dues = [fault.until_s for fault in self._given.values() if fault.until_s is not None]
        if not self._is_stopped and self._next() is not None:
            dues.append(max(self._free_at_s, now_s))
        return min(dues, default=None)

    @override
    def plug(self, *, now_s: float) -> None:
        self._run(now_s)
        self._is_plugged = True

    @override
    def unplug(self, *, now_s: float) -> None:
        self._run(now_s)
        self._is_plugged = False
        self._outgoing.clear()
        self._real_time.clear()

    @override
    def givable_faults(self) -> tuple[GivableFault, ...]:
        return tuple(GIVABLE.values())

    @override
    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        self._run(now_s)
        self._given[fault] = given(fault, options)
        self._begin_what_is_due(now_s)

    @override
    def clear(self, fault: str | None, *, now_s: float) -> None:
        self._run(now_s)
        if fault is not None and fault not in GIVABLE:
            raise ValueError(f"没有故障 {fault!r}；可选：{'、'.join(GIVABLE)}")
        for name in GIVABLE if fault is None else (fault,):
            self._given.pop(name, None)
            if name == "cutter-stuck":
                self._cutter_error = False
            if name in {"paper-out", "paper-low"} and self._left_mm < LOW_M * 1000:
                self._left_mm = self._roll_mm
        self._free_at_s = max(self._free_at_s, now_s)
        self._run(now_s)

    @override
    def holding(self) -> Mapping[str, str]:
        faults = [GIVABLE[fault.name].title + ("" if fault.is_on else "（待发生）") for fault in self._given.values()]
        if self._left_mm <= 0 and "paper-out" not in self._given:
            faults.append("缺纸")
        return {
            "剩余纸张": f"{max(self._left_mm, 0) / 1000:.2f} 米",
            "缓冲区": f"{len(self._buffer)} / {self._buffer_bytes} 字节",
            "出纸口": f"{self._mechanism.strip.length_mm:.0f} 毫米未切" if self._mechanism.strip.is_printed else "空",
            "已出凭条": f"{self._papers} 张",
            "故障": "、".join(faults) or "无",
        }

    # --- the wire -----------------------------------------------------------------------------------------------

    def _take(self, byte: int) -> None:
        self._real_time.append(byte)
        taken = bytes(self._real_time)
        if taken[0] != 0x10 or (len(taken) == 2 and taken[1] not in {0x04, 0x05, 0x14}):
            self._real_time.clear()
            if taken[0] == 0x10 and byte == 0x10:
                self._real_time.append(byte)
                taken = taken[:1]
            self._store(taken)
        elif len(taken) == 3 and taken[1] == 0x04:
            self._real_time.clear()
            self._answer_status(byte)
        elif len(taken) == 3 and taken[1] == 0x05:
            self._real_time.clear()
            self._recover(does_clear=byte == 2)
        elif len(taken) >= 3 and taken[1] == 0x14 and len(taken) == (10 if taken[2] == 8 else 5):
            self._real_time.clear()
            if taken[2] == 8:
                self._recover(does_clear=True)
                self._send(b"\x37\x25\x00")

    def _store(self, payload: bytes) -> None:
        fits = max(self._buffer_bytes - len(self._buffer), 0)
        self._buffer += payload[:fits]
        self.lost_bytes += len(payload[fits:])

    def _answer_status(self, question: int) -> None:
        if self._is_on("garbage"):
            self._send(bytes(self._noise.randrange(0x80, 0x100) for _ in range(3)))
            return
        shown = self._shown()
        answers = {
            1: 0x08 if any(bits.offline for bits in shown) else 0,
            2: _any(bits.cause for bits in shown),
            3: _any(bits.error for bits in shown),
            4: _any(bits.paper for bits in shown),
        }
        if question in answers:
            self._send(bytes((0x12 | answers[question],)))

    def _shown(self) -> list[StatusBits]:
        if self._is_on("status-lies"):
            return []
        states = {name for name in BITS if self._is_on(name)}
        states |= {"cutter-error"} if self._cutter_error else set()
        states |= {"paper-out"} if self._left_mm <= 0 else set()
        states |= {"paper-low"} if self._left_mm < LOW_M * 1000 else set()
        return [BITS[state] for state in sorted(states)]

    def _recover(self, *, does_clear: bool) -> None:
        self._cutter_error = False
        if does_clear:
            self._buffer.clear()
            self._mechanism.forget_line()

    def _send(self, payload: bytes) -> None:
        if self._is_plugged and not self._is_on("silent") and not self._is_on("power-cycle"):
            self._outgoing += payload

    # --- the works ----------------------------------------------------------------------------------------------

    def _run(self, now_s: float) -> None:
        while True:
            self._begin_what_is_due(now_s)
            self._work_until(now_s)
            if not self._end_what_is_over(now_s):
                return

    def _work_until(self, now_s: float) -> None:
        while not self._is_stopped and self._free_at_s <= now_s and (command := self._next()) is not None:
            del self._buffer[: command.size]
            moved_mm = self._work_off(command)
            self._left_mm -= moved_mm
            self._free_at_s += moved_mm / self._speed_mm_s
            for fault in self._given.values():
                fault.after_bytes -= command.size
                fault.after_mm -= moved_mm
            self._begin_what_is_due(self._free_at_s)
        if not self._is_stopped and self._next() is None:
            self._free_at_s = max(self._free_at_s, now_s)

    def _next(self) -> Command | None:
        return next_command(bytes(self._buffer[:70_000]), is_chinese=self._mechanism.modes.is_chinese)

    def _work_off(self, command: Command) -> float:
        if self._swallows:
            return 0.0
        match command.word:
            case "GSV":
                return self._cut()
            case "GSr":
                if self._answers_in_order:
                    self._send(
                        bytes((_any(0x0C if bits.paper & 0x60 else NEAR_END if bits.paper else 0 for bits in self._shown()),))
                    )
                return 0.0
            case "GSI":
                self._send(b"\x5f" + IDENTITY.get(command.arguments[0], b"") + b"\x00")
                return 0.0
            case _:
                return self._mechanism.work_off(command)

    def _cut(self) -> float:
        moved_mm = self._mechanism.feed_to_cutter()
        self._free_at_s += CUT_S
        if self._is_on("cutter-stuck"):
            self._cutter_error = True
            self._come_off(PaperEnd.TORN)
        else:
            self._come_off(PaperEnd.CUT)
        return moved_mm

    def _come_off(self, ended: PaperEnd) -> None:
        self._papers += 1
        self._on_paper(self._mechanism.come_off(number=self._papers, ended=ended))

    @property
    def _is_stopped(self) -> bool:
        return self._left_mm <= 0 or self._cutter_error or any(self._is_on(name) for name in STOPPING)

    @property
    def _swallows(self) -> bool:
        return self._is_on("status-lies") or (self._is_on("silent") and not self._given["silent"].prints)

    def _is_on(self, fault: str) -> bool:
        return fault in self._given and self._given[fault].is_on

    def _begin_what_is_due(self, at_s: float) -> None:
        for fault in self._given.values():
            if fault.is_due:
                fault.is_on = True
                self._begin(fault, at_s)
        if self._left_mm <= 0 and self._mechanism.strip.is_printed:
            self._come_off(PaperEnd.OUT)

    def _begin(self, fault: Given, at_s: float) -> None:
        if fault.name in {"head-hot", "power-cycle"}:
            fault.until_s = at_s + fault.seconds
        if fault.name == "power-cycle":
            self._buffer.clear()
            self._real_time.clear()
            self._outgoing.clear()
            self._cutter_error = False
            self._mechanism.power_on()
        if fault.name == "paper-out":
            self._left_mm = 0.0
        if fault.name == "paper-low":
            self._left_mm = min(self._left_mm, LOW_M * 1000 - 1)

    def _end_what_is_over(self, now_s: float) -> bool:
        over = [fault for fault in self._given.values() if fault.until_s is not None and fault.until_s <= now_s]
        for fault in over:
            del self._given[fault.name]
            self._free_at_s = max(self._free_at_s, fault.until_s or now_s)
        return bool(over)


def _any(flags: Iterable[int]) -> int:
    together = 0
    for flag in flags:
        together |= flag
    return together
