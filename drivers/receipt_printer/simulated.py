"""The far end of a receipt printer's cable: what an ESC/POS printer hears and answers, and the faults it can be given."""

import random
from collections.abc import Callable, Mapping

from typing_extensions import override

from drivers.receipt_printer.command_codec import Command, RealTimeFilter, Urgent, UrgentCommand
from drivers.receipt_printer.paper import Paper
from drivers.receipt_printer.simulated_faults import GIVABLE, FaultsGiven, StatusBits
from drivers.receipt_printer.simulated_mechanism import Mechanism
from drivers.receipt_printer.simulated_works import Works
from drivers.receipt_printer.status_codec import CLEAR_RESPONSE
from drivers.transport.far_end import FarEnd, GivableFault

DOTS_PER_MM = 8
PRINTED_MM = {58: 48, 80: 72}
NEAR_END = 0x03
IN_EXIT = 0x0C
IDENTITY = {65: b"1.02", 66: b"ZHIZHU", 67: b"SIM-80", 68: b"SIM0001"}

TAKEN_AFTER_S = 3.0
"""Seconds after which the receipt is taken out of a presenter, unless nobody does."""


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
        tells_changes: bool = False,
        presents: bool = False,
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
            tells_changes: Whether GS a is known; many clones do not.
            presents: Whether it has a presenter that senses paper in the exit.
        """
        self._name = name
        self._baud = baud
        self._answers_in_order = answers_in_order
        self._tells_changes = tells_changes
        self._presents = presents
        self._faults = FaultsGiven()
        self._works = Works(
            mechanism=Mechanism(
                printed_dots=PRINTED_MM[width_mm] * DOTS_PER_MM,
                paper_dots=width_mm * DOTS_PER_MM,
                dots_per_mm=DOTS_PER_MM,
                cut_feed_mm=14.0,
            ),
            faults=self._faults,
            on_paper=on_paper,
            answer=self._answer_in_order,
            buffer_bytes=buffer_bytes,
            speed_mm_s=speed_mm_s,
            roll_mm=roll_m * 1000,
            presenter_s=TAKEN_AFTER_S if presents else None,
        )
        self._buffer_bytes = buffer_bytes
        self._real_time = RealTimeFilter()
        self._outgoing = bytearray()
        self._told: bytes | None = None
        self._is_plugged = True
        self._noise = random.Random(7)
        self._now_s = 0.0
        self._asked = 0

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
        return self._works.mechanism.wrapped_lines

    @property
    def unknown_commands(self) -> int:
        """Commands this printer does not know; a driver that knows its printer causes none."""
        return self._works.mechanism.unknown_commands

    @property
    def waiting_bytes(self) -> int:
        """Bytes in the receive buffer."""
        return self._works.waiting_bytes

    @property
    def lost_bytes(self) -> int:
        """Bytes that did not fit into the buffer."""
        return self._works.lost_bytes

    @property
    def worked_off_bytes(self) -> int:
        """Bytes of print commands done since it was switched on for the first time."""
        return self._works.worked_off_bytes

    @property
    def pushed(self) -> bytes:
        """The last of what was put into its buffer while nothing could move; real-time commands are not."""
        return self._works.pushed

    @property
    def asked(self) -> int:
        """How often it was asked for its state."""
        return self._asked

    @override
    def receive(self, payload: bytes, *, now_s: float) -> None:
        self._run(now_s)
        if not self._faults.is_on("power-cycle"):  # without power it hears nothing
            for part in self._real_time.sort(payload):
                if isinstance(part, UrgentCommand):
                    self._obey(part, now_s)
                else:
                    self._works.store(part)
        self._works.begin_by(now_s)
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
        return now_s if self._outgoing else self._works.due_s(now_s=now_s)

    @override
    def plug(self, *, now_s: float) -> None:
        self._run(now_s)
        self._is_plugged = True

    @override
    def unplug(self, *, now_s: float) -> None:
        self._run(now_s)
        self._is_plugged = False
        self._outgoing.clear()
        self._real_time.forget()

    @override
    def givable_faults(self) -> tuple[GivableFault, ...]:
        return tuple(GIVABLE.values())

    @override
    def give(self, fault: str, options: Mapping[str, str], *, now_s: float) -> None:
        self._run(now_s)
        self._faults.give(fault, options)
        self._run(now_s)

    @override
    def clear(self, fault: str | None, *, now_s: float) -> None:
        self._run(now_s)
        if fault is not None and fault not in GIVABLE:
            raise ValueError(f"没有故障 {fault!r}；可选：{'、'.join(GIVABLE)}")
        for name in GIVABLE if fault is None else (fault,):
            self._faults.end(name)
            if name == "cutter-stuck":
                self._works.cutter_error = False
            if name in {"paper-out", "paper-low"}:
                self._works.refill()
        self._works.begin_by(now_s)
        self._run(now_s)

    @override
    def holding(self) -> Mapping[str, str]:
        faults = self._faults.titles()
        if self._works.left_mm <= 0 and self._faults.find("paper-out") is None:
            faults.append("缺纸")
        strip = self._works.mechanism.strip
        lies_in_exit = self._works.paper_is_in_exit(now_s=self._now_s)
        retracted = f"，收回 {self._works.retracted} 张" if self._presents else ""
        return {
            "剩余纸张": f"{max(self._works.left_mm, 0) / 1000:.2f} 米",
            "缓冲区": f"{self._works.waiting_bytes} / {self._buffer_bytes} 字节",
            "出纸口": f"{strip.length_mm:.0f} 毫米未切" if strip.is_printed else "有凭条没取" if lies_in_exit else "空",
            "已出凭条": f"{self._works.papers} 张{retracted}",
            "故障": "、".join(faults) or "无",
        }

    def _run(self, now_s: float) -> None:
        self._now_s = now_s
        power_losses = self._works.power_losses
        self._works.run(now_s)
        if self._works.power_losses > power_losses:
            self._real_time.forget()
            self._outgoing.clear()
            self._told = None
        self._tell_changes()

    def _obey(self, command: UrgentCommand, now_s: float) -> None:
        match command.urgent:
            case Urgent.STATUS:
                self._asked += command.n == 1
                self._answer_status(command.n, now_s)
            case Urgent.RECOVER:
                self._works.recover(does_clear=command.n == 2)
            case Urgent.CLEAR if command.n == 8:
                self._works.recover(does_clear=True)
                self._send(CLEAR_RESPONSE)
            case Urgent.CLEAR:
                pass  # opens a drawer, and there is none

    def _answer_status(self, question: int, now_s: float) -> None:
        if self._faults.is_on("garbage"):
            self._send(bytes(self._noise.randrange(0x80, 0x100) for _ in range(3)))
            return
        shown = self._shown()
        answers = {1: 0x08 if shown.offline else 0, 2: shown.cause, 3: shown.error, 4: shown.paper}
        if self._presents:
            answers[5] = IN_EXIT if self._works.paper_is_in_exit(now_s=now_s) else 0
        if question in answers:
            self._send(bytes((0x12 | answers[question],)))

    def _answer_in_order(self, command: Command) -> None:
        match command.word:
            case "GSr" if self._answers_in_order:
                paper = self._shown().paper
                self._send(bytes((0x0C if paper & 0x60 else NEAR_END if paper else 0,)))
            case "GSI":
                self._send(b"\x5f" + IDENTITY.get(command.arguments[0], b"") + b"\x00")
            case "ESC@":
                self._told = None
            case "GSa" if self._tells_changes:
                self._told = b"" if command.arguments[0] else None
            case _:
                pass

    def _tell_changes(self) -> None:
        """Automatic status back: four bytes whenever they are others than last time."""
        if self._told is None or self._faults.is_on("garbage"):
            return
        shown = self._shown()
        word = 0x10 | (0x08 if shown.offline else 0) | (0x20 if shown.cause & 0x04 else 0)
        word |= sum(there for here, there in ((0x04, 0x400), (0x08, 0x800), (0x20, 0x2000), (0x40, 0x4000)) if shown.error & here)
        word |= (0x30000 if shown.paper & 0x0C else 0) | (0xC0000 if shown.paper & 0x60 else 0)
        told = word.to_bytes(4, "little")
        if told != self._told:
            self._told = told
            self._send(told)

    def _shown(self) -> StatusBits:
        if self._faults.is_on("status-lies"):
            return StatusBits()
        shown = StatusBits()
        for bits in self._faults.bits(*self._works.states):
            shown = shown.with_others(bits)
        return shown

    def _send(self, payload: bytes) -> None:
        if self._is_plugged and not self._faults.is_on("silent", "power-cycle"):
            self._outgoing += payload
