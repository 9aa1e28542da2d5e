"""Status answers of ESC/POS printers: DLE EOT 1-4, automatic status back (GS a), GS r, as pure functions.

Byte tables: hardware.md section 3, from makers' manuals. Silence is not decoded here: no byte means unknown, never out.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from drivers.contract.status import Condition, Supply, Symptom


class PrinterCode(StrEnum):
    """The fault codes a printer's own answers can show."""

    PAPER_OUT = "printer.paper_out"
    PAPER_LOW = "printer.paper_low"
    COVER_OPEN = "printer.cover_open"
    CUTTER_STUCK = "printer.cutter_stuck"
    MECHANICAL_ERROR = "printer.mechanical_error"
    HEAD_HOT = "printer.head_hot"
    UNRECOVERABLE = "printer.unrecoverable"
    OFFLINE = "printer.offline"
    PAPER_JAM = "printer.paper_jam"
    """A mechanical error that does not end by itself. No byte says so: ``PrinterHealth`` concludes it."""
    SILENT = "printer.silent"
    """Nothing is answered. Whoever keeps the printer finds that out; a print under way has found it out earlier."""
    PAPER_NOT_TAKEN = "printer.paper_not_taken"
    """A receipt that lies in the presenter for long; concluded, too."""


class Ask(IntEnum):
    """The ``n`` of ``DLE EOT n``."""

    PRINTER = 1
    OFFLINE_CAUSE = 2
    ERROR_CAUSE = 3
    PAPER = 4


ASK_ALL = b"".join(bytes((0x10, 0x04, ask)) for ask in Ask)
"""All four questions. Real-time: answered at once, in this order, even with a full buffer or an open cover."""

RECOVER_AND_CLEAR = b"\x10\x05\x02"
"""DLE ENQ 2: recover from an error, and clear the receive and print buffers. Real-time."""

CLEAR_BUFFERS = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
"""DLE DC4 8: clear all buffers, error or not. Real-time; only on models with ``realtime_clear``. (one source)"""

ASK_IN_ORDER = b"\x1d\x72\x01"
"""GS r 1: one byte of paper status, sent when everything before it has been worked off."""

AUTOMATIC_STATUS_ON = b"\x1d\x61\x0e"
"""GS a: tell of every change in being offline, in errors and in paper. Lost with ESC @ and with the power."""

BLOCKING_CODES = frozenset(PrinterCode) - {
    PrinterCode.PAPER_LOW,
    PrinterCode.CUTTER_STUCK,
    PrinterCode.HEAD_HOT,
    PrinterCode.PAPER_NOT_TAKEN,
}
"""Codes with which nothing can be printed now, and waiting a moment does not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Everything the printer said about itself at one moment."""

    is_offline: bool
    cover_is_open: bool
    feed_is_pressed: bool
    paper_is_out: bool
    paper_is_low: bool
    has_mechanical_error: bool
    cutter_is_stuck: bool
    is_unrecoverable: bool
    head_is_hot: bool
    evidence: str

    @property
    def codes(self) -> tuple[PrinterCode, ...]:
        """What is wrong, worst first."""
        shown = (
            (PrinterCode.UNRECOVERABLE, self.is_unrecoverable),
            (PrinterCode.MECHANICAL_ERROR, self.has_mechanical_error),
            (PrinterCode.COVER_OPEN, self.cover_is_open),
            (PrinterCode.PAPER_OUT, self.paper_is_out and not self.cover_is_open),
            (PrinterCode.CUTTER_STUCK, self.cutter_is_stuck),
            (PrinterCode.HEAD_HOT, self.head_is_hot),
            (PrinterCode.PAPER_LOW, self.paper_is_low and not self.paper_is_out and not self.cover_is_open),
        )
        codes = tuple(code for code, is_shown in shown if is_shown)
        explains_offline = set(codes) - {PrinterCode.PAPER_LOW}
        return codes if explains_offline or not self.is_offline or self.feed_is_pressed else (PrinterCode.OFFLINE, *codes)

    @property
    def symptoms(self) -> tuple[Symptom, ...]:
        """The codes with this reading as evidence."""
        return tuple(Symptom(code=code, detail=self.evidence) for code in self.codes)

    @property
    def stops(self) -> tuple[PrinterCode, ...]:
        """The codes with which nothing can be printed."""
        return tuple(code for code in self.codes if code in BLOCKING_CODES)

    @property
    def condition(self) -> Condition:
        """Where the printer stands by this reading."""
        if self.stops:
            return Condition.FAILED
        if self.codes:
            return Condition.DEGRADED
        return Condition.BUSY if self.is_offline else Condition.READY

    @property
    def supplies(self) -> tuple[Supply, ...]:
        """The roll. How much is left no printer can tell; only that it is near its end, or gone."""
        is_out = PrinterCode.PAPER_OUT in self.codes
        return (Supply(name="receipt_paper", remaining=0.0 if is_out else None, is_low=self.paper_is_low or is_out),)


def is_answer(byte: int) -> bool:
    """Whether ``byte`` has the pattern 0xx1xx10 of an answer to DLE EOT."""
    return byte & 0x93 == 0x12


def reading_of(printer: int, offline_cause: int, error_cause: int, paper: int) -> Reading:
    """Combine the four answers to DLE EOT 1-4.

    Raises:
        ValueError: One of them is not an answer to DLE EOT; the message names it.
    """
    answers = (printer, offline_cause, error_cause, paper)
    evidence = "DLE EOT " + " ".join(f"{ask.value}={answer:02X}" for ask, answer in zip(Ask, answers, strict=True))
    if not all(is_answer(answer) for answer in answers):
        raise ValueError(f"not of the pattern 0xx1xx10: {evidence}")
    is_named_error = error_cause & 0x6C != 0
    return Reading(
        is_offline=printer & 0x28 != 0,
        cover_is_open=offline_cause & 0x04 != 0,
        feed_is_pressed=offline_cause & 0x08 != 0 or printer & 0x40 != 0,
        paper_is_out=paper & 0x60 != 0 or offline_cause & 0x20 != 0,
        paper_is_low=paper & 0x0C != 0,
        has_mechanical_error=error_cause & 0x04 != 0 or (offline_cause & 0x40 != 0 and not is_named_error),
        cutter_is_stuck=error_cause & 0x08 != 0,
        is_unrecoverable=error_cause & 0x20 != 0,
        head_is_hot=error_cause & 0x40 != 0,
        evidence=evidence,
    )


def reading_of_automatic(four: bytes) -> Reading:
    """Decode an automatic status (GS a): four bytes, read as one little-endian word.

    Raises:
        ValueError: These are not the four bytes of an automatic status.
    """
    if len(four) != 4 or not starts_automatic(four[0]) or any(byte & 0x90 for byte in four[1:]):
        raise ValueError(f"not an automatic status: {four.hex(' ')}")
    word = int.from_bytes(four, "little")
    return Reading(
        is_offline=word & 0x08 != 0,
        cover_is_open=word & 0x20 != 0,
        feed_is_pressed=word & 0x40 != 0,
        has_mechanical_error=word & 0x400 != 0,
        cutter_is_stuck=word & 0x800 != 0,
        is_unrecoverable=word & 0x2000 != 0,
        head_is_hot=word & 0x4000 != 0,
        paper_is_low=word & 0x20000 != 0,
        paper_is_out=word & 0x80000 != 0,
        evidence="ASB " + four.hex(" ").upper(),
    )


def starts_automatic(byte: int) -> bool:
    """Whether ``byte`` has the pattern 0xx1xx00 of the first byte of an automatic status."""
    return byte & 0x93 == 0x10


def is_in_order_answer(byte: int) -> bool:
    """Whether ``byte`` can be an answer to GS r 1: bits 4 and 7 clear."""
    return byte & 0x90 == 0


class ReplyStream:
    """Sorts what a printer sends into answers to DLE EOT, answers to GS r, automatic statuses and noise.

    The three kinds differ in their fixed bits, so an answer is known by itself, whatever it arrives between. XON and
    XOFF are flow control, not answers. The clear response 37 25 00 of ``DLE DC4 8`` is taken out.
    """

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.in_order: int = 0
        self.automatic: Reading | None = None
        self.noise = bytearray()
        self._group = bytearray()

    def forget(self) -> None:
        """Begin anew, as after the line was quiet or noisy; the count of GS r answers stays."""
        self.answers.clear()
        self.noise.clear()
        self._group.clear()

    def feed(self, payload: bytes) -> None:
        """Sort ``payload``; any cut between two calls gives the same result."""
        for byte in payload:
            if byte in FLOW_CONTROL:
                continue
            if self._group:
                self._continue_group(byte)
            elif is_answer(byte):
                self.answers.append(byte)
            elif starts_automatic(byte) or byte == CLEAR_RESPONSE[0]:
                self._group.append(byte)
            elif is_in_order_answer(byte):
                self.in_order += 1
            else:
                self.noise.append(byte)
        del self.noise[:-NOISE_KEPT]

    def _continue_group(self, byte: int) -> None:
        self._group.append(byte)
        if self._group[0] == CLEAR_RESPONSE[0]:
            if not CLEAR_RESPONSE.startswith(self._group):
                self._give_up_group()
            elif len(self._group) == len(CLEAR_RESPONSE):
                self._group.clear()
        elif byte & 0x90:
            self._give_up_group()
        elif len(self._group) == 4:
            self.automatic = reading_of_automatic(bytes(self._group))
            self._group.clear()

    def _give_up_group(self) -> None:
        group, self._group = bytes(self._group), bytearray()
        self.noise.append(group[0])
        self.feed(group[1:])


FLOW_CONTROL = frozenset((0x11, 0x13))
CLEAR_RESPONSE = b"\x37\x25\x00"
NOISE_KEPT = 64
"""Bytes of nonsense kept as evidence; a printer that talks nonsense for ever must not fill the memory."""
