"""The works of a simulated printer: a buffer that is printed off at the printer's own speed onto a roll that gets shorter."""

from collections.abc import Callable

from drivers.receipt_printer.command_codec import Command, next_command
from drivers.receipt_printer.paper import Paper, PaperEnd
from drivers.receipt_printer.simulated_faults import STOPPING, FaultsGiven
from drivers.receipt_printer.simulated_mechanism import Mechanism

CUT_S = 0.2
"""Seconds a cut takes."""

LOW_M = 3.0
"""Metres of paper left at which the near-end sensor of common printers answers."""

LOOKED_AT = 70_000
"""Bytes of the buffer in which a command's end is looked for: the longest raster a printer of this kind takes."""


class Works:
    """Buffer, speed, roll, cutter and presenter. Stops for faults; what it answers is not its business."""

    def __init__(
        self,
        *,
        mechanism: Mechanism,
        faults: FaultsGiven,
        on_paper: Callable[[Paper], None],
        answer: Callable[[Command], None],
        buffer_bytes: int,
        speed_mm_s: float,
        roll_mm: float,
        presenter_s: float | None,
    ) -> None:
        """Load a fresh roll.

        Args:
            mechanism: The head and the strip.
            faults: What is wrong with it; shared with the printer it belongs to.
            on_paper: Called with each piece of paper that comes off.
            answer: Called in order with each command that is to be answered.
            buffer_bytes: Receive buffer.
            speed_mm_s: Speed of the paper while printing.
            roll_mm: Length of a fresh roll.
            presenter_s: Seconds after which somebody takes the receipt out of the presenter; None where there is none.
        """
        self.mechanism = mechanism
        self.cutter_error = False
        self.left_mm = roll_mm
        self.papers = 0
        self.retracted = 0
        self.lost_bytes = 0
        self.worked_off_bytes = 0
        self.pushed = b""
        """The last of what was put into the buffer while nothing could move."""
        self.power_losses = 0
        self._faults = faults
        self._on_paper = on_paper
        self._answer = answer
        self._buffer = bytearray()
        self._buffer_bytes = buffer_bytes
        self._speed_mm_s = speed_mm_s
        self._roll_mm = roll_mm
        self._presenter_s = presenter_s
        self._taken_at_s: float | None = None
        self._free_at_s = 0.0

    @property
    def waiting_bytes(self) -> int:
        """Bytes in the buffer."""
        return len(self._buffer)

    @property
    def states(self) -> tuple[str, ...]:
        """What follows from what has happened, in the words of ``BITS``."""
        shown = (
            ("cutter-error", self.cutter_error),
            ("paper-out", self.left_mm <= 0),
            ("paper-low", self.left_mm < LOW_M * 1000),
        )
        return tuple(state for state, is_so in shown if is_so)

    @property
    def is_stopped(self) -> bool:
        """Whether nothing moves."""
        return self.left_mm <= 0 or self.cutter_error or self._faults.is_on(*STOPPING)

    def paper_is_in_exit(self, *, now_s: float) -> bool:
        """Whether a receipt lies in the presenter."""
        if self._taken_at_s is None:
            return False
        return self._faults.is_on("left-lying") or now_s < self._taken_at_s

    def due_s(self, *, now_s: float) -> float | None:
        """When it will next do something."""
        dues = [] if self._faults.due_s is None else [self._faults.due_s]
        if not self.is_stopped and self._next() is not None:
            dues.append(max(self._free_at_s, now_s))
        return min(dues, default=None)

    def store(self, payload: bytes) -> None:
        """Take bytes into the buffer; what does not fit is lost."""
        fits = max(self._buffer_bytes - len(self._buffer), 0)
        self._buffer += payload[:fits]
        if self.is_stopped:
            self.pushed = (self.pushed + payload)[-self._buffer_bytes :]
        self.lost_bytes += len(payload[fits:])

    def begin_by(self, now_s: float) -> None:
        """Nothing that is stored from now on is printed before now."""
        self._free_at_s = max(self._free_at_s, now_s)

    def recover(self, *, does_clear: bool) -> None:
        """End an error that can be ended, and forget what has not been printed."""
        self.cutter_error = False
        if does_clear:
            self._buffer.clear()
            self.mechanism.forget_line()

    def lose_power(self) -> None:
        """Forget everything but the strip."""
        self.power_losses += 1
        self.recover(does_clear=True)
        self.mechanism.power_on()

    def refill(self) -> None:
        """Put a fresh roll in, if the old one is about to end."""
        if self.left_mm < LOW_M * 1000:
            self.left_mm = self._roll_mm

    def run(self, now_s: float) -> None:
        """Do everything that happens until ``now_s``."""
        while True:
            self.begin_what_is_due(now_s)
            self._work_until(now_s)
            ended_s = self._faults.over(now_s=now_s)
            if ended_s is None:
                return
            self.begin_by(ended_s)

    def begin_what_is_due(self, at_s: float) -> None:
        """Begin the faults whose time, bytes or millimetres have come."""
        for name in self._faults.begun(at_s=at_s):
            match name:
                case "power-cycle":
                    self.lose_power()
                case "paper-out":
                    self.left_mm = 0.0
                case "paper-low":
                    self.left_mm = min(self.left_mm, LOW_M * 1000 - 1)
                case "pulled-early":
                    self._faults.end(name)
                    if self.mechanism.strip.is_printed:
                        self._come_off(PaperEnd.TORN)
                case _:
                    pass
        if self.left_mm <= 0 and self.mechanism.strip.is_printed:
            self._come_off(PaperEnd.OUT)

    def _work_until(self, now_s: float) -> None:
        while not self.is_stopped and self._free_at_s <= now_s and (command := self._next()) is not None:
            del self._buffer[: command.size]
            self.worked_off_bytes += command.size
            moved_mm = self._work_off(command)
            self.left_mm -= moved_mm
            self._free_at_s += moved_mm / self._speed_mm_s
            self._faults.worked_off(size=command.size, moved_mm=moved_mm)
            self.begin_what_is_due(self._free_at_s)
        if not self.is_stopped and self._next() is None:
            self.begin_by(now_s)

    def _next(self) -> Command | None:
        return next_command(bytes(self._buffer[:LOOKED_AT]), is_chinese=self.mechanism.modes.is_chinese)

    def _work_off(self, command: Command) -> float:
        silent = self._faults.find("silent")
        if self._faults.is_on("status-lies") or (silent is not None and silent.is_on and not silent.prints):
            return 0.0
        match command.word:
            case "GSV":
                return self._cut()
            case "GSr" | "GSI" | "GSa":
                self._answer(command)
                return 0.0
            case "ESC@":
                self._answer(command)
                return self.mechanism.work_off(command)
            case "GSe":
                self._move_exit(command.arguments[0])
                return 0.0
            case _:
                return self.mechanism.work_off(command)

    def _cut(self) -> float:
        moved_mm = self.mechanism.feed_to_cutter()
        self._free_at_s += CUT_S
        if self._faults.is_on("cutter-stuck"):
            self.cutter_error = True
            self._come_off(PaperEnd.TORN)
            return moved_mm
        self._come_off(PaperEnd.CUT)
        if self._presenter_s is not None:
            self._taken_at_s = self._free_at_s + moved_mm / self._speed_mm_s + self._presenter_s
        return moved_mm

    def _move_exit(self, function: int) -> None:
        """GS e: 2 draws the receipt back, 3, 5 and 32 push it out."""
        if self._presenter_s is None:
            self.mechanism.unknown_commands += 1
        elif function == 2 and self.paper_is_in_exit(now_s=self._free_at_s):
            self._taken_at_s = None
            self.retracted += 1

    def _come_off(self, ended: PaperEnd) -> None:
        self.papers += 1
        self._on_paper(self.mechanism.come_off(number=self.papers, ended=ended))
