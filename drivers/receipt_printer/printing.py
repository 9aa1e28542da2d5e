"""One print, from the first look at the printer to an honest word on what became of it."""

from collections import deque
from collections.abc import Callable, Iterator

from drivers.contract.clock import Clock
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, UnreachableError
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.receipt_printer import PrintReport
from drivers.contract.status import Symptom
from drivers.receipt_printer import status_codec
from drivers.receipt_printer.exchange import Exchange
from drivers.receipt_printer.layout import Sheet, Step
from drivers.receipt_printer.models import PrinterModel
from drivers.receipt_printer.status_codec import PrinterCode, Reading

SLICE_BYTES = 512 - len(status_codec.ASK_IN_ORDER)
"""Bytes of print sent between two looks at the printer; 512 with the question behind them are 44 ms of wire at 115200."""

LOOK_EVERY_S = 0.1
"""Seconds between two looks while the printer works by itself; a cable pulled is then seen well within a second."""

OFFLINE_GRACE_S = 3.0
"""Seconds a printer may be offline without a reason, as while somebody holds the feed button."""

CUT_S = 1.0
"""Seconds a cut and the noise around it may take; manuals say under 0.5."""

LATE_S = 3.0
"""Seconds beyond the estimate after which an answer in order will not come any more."""


class Printing:
    """Sends one sheet and watches it come out. Used once."""

    def __init__(
        self,
        *,
        exchange: Exchange,
        model: PrinterModel,
        clock: Clock,
        sheet: Sheet,
        answers_in_order: bool,
        deadline_s: float,
        progress: Callable[[float], None],
    ) -> None:
        """Take everything; nothing is sent before ``go``."""
        self._exchange = exchange
        self._model = model
        self._clock = clock
        self._sheet = sheet
        self._in_order = status_codec.ASK_IN_ORDER if answers_in_order else b""
        self._asked_in_order = 0
        self._answered_before = exchange.in_order_answers
        self._until_s = clock.monotonic_s() + deadline_s
        self._progress = progress
        self._shown = 0.0
        self._sent_bytes = 0
        self._sent_mm = 0.0
        self._done_at_s = clock.monotonic_s()
        self._ahead: deque[tuple[float, int]] = deque()
        self._last: Reading | None = None
        self._silence: DeadlineError | None = None
        self._is_cut_sent = False
        self._cutter_is_stuck = False
        self._evidence: list[str] = []
        self.stopped_by: tuple[PrinterCode, ...] = ()

    @property
    def symptoms(self) -> tuple[Symptom, ...]:
        """What is wrong as far as this print has seen: a hot head is waited for, and somebody should know."""
        if self._silence is not None:
            return (Symptom(code=PrinterCode.SILENT, detail=str(self._silence)),)
        return () if self._last is None else self._last.symptoms

    @property
    def used_mm(self) -> float:
        """Paper used so far, as far as can be told."""
        return self._printed_mm

    @property
    def may_have_left_a_strip(self) -> bool:
        """Whether a begun receipt may still hang from the roll. Where the roll has ended, it ends with it."""
        is_known_cut = self._is_cut_sent and self._answered == self._asked_in_order > 0
        return self._has_moved_paper and not is_known_cut and PrinterCode.PAPER_OUT not in self.stopped_by

    async def go(self, before: Reading) -> PrintReport:
        """Print. ``before`` is the reading that allowed it. Raises nothing but cancellation."""
        self._evidence.append(f"before {before.evidence}")
        self._tell()
        try:
            outcome = await self._look_first(before) or await self._send() or await self._finish()
        except UnreachableError as error:
            self._evidence.append(f"cable gone: {error}")
            outcome = self._lost()
        except DeadlineError as error:
            self._silence = error
            self._evidence.append(f"silent: {error}")
            outcome = self._lost()
        except ProtocolError as error:
            self._evidence.append(f"garbled: {error}")
            outcome = self._lost()
        if self._last is not None:
            self._evidence.append(f"last {self._last.evidence}")
        if self._sheet.missing_glyphs:
            self._evidence.append(f"{self._sheet.missing_glyphs} characters no font has a picture of")
        if outcome is PrintOutcome.DONE:
            self._show(1.0)
        return self.report(outcome)

    def report(self, outcome: PrintOutcome) -> PrintReport:
        """What is known so far, with ``outcome`` as the word for it."""
        is_done = outcome is PrintOutcome.DONE
        return PrintReport(
            outcome=outcome,
            sent_bytes=self._sent_bytes,
            total_bytes=self._sheet.total_bytes,
            printed_mm=round(self._sheet.total_mm if is_done else self._printed_mm, 1),
            evidence="; ".join(self._evidence),
            is_cut=is_done and self._model.cutter and not self._cutter_is_stuck,
        )

    async def _look_first(self, before: Reading) -> PrintOutcome | None:
        return await self._look() if before.head_is_hot or before.is_offline else None

    async def _send(self) -> PrintOutcome | None:
        """Send the body, slice after slice, never far ahead of the head; None when all of it is out."""
        for payload, moved_mm in _slices(self._sheet.body):
            if self._clock.monotonic_s() >= self._until_s:
                self._evidence.append("the deadline passed while sending")
                return PrintOutcome.PARTIAL if self._has_moved_paper else PrintOutcome.NOT_STARTED
            while self._bytes_ahead + len(payload) > max(self._model.buffer_bytes // 2, SLICE_BYTES):
                await self._exchange.listen(LOOK_EVERY_S)
                if outcome := await self._look() or self._has_lost_track():
                    return outcome
            if outcome := await self._hand_over(payload, moved_mm) or await self._look():
                return outcome
        return None

    async def _finish(self) -> PrintOutcome:
        """Cut, and wait until the paper has stopped moving."""
        self._is_cut_sent = True
        if outcome := await self._hand_over(self._sheet.cut.payload, self._sheet.cut.mm):
            return outcome
        while True:
            if outcome := await self._look(while_cutting=True):
                return outcome
            if self._cutter_is_stuck:
                return PrintOutcome.DONE  # the cut stands behind the last line: what could not be cut was printed
            late_s = self._clock.monotonic_s() - self._done_at_s - CUT_S
            answered = self._answered
            if self._in_order and answered > self._asked_in_order:
                self._evidence.append(f"GS r {answered} of {self._asked_in_order}: bytes that look like answers and are none")
                return PrintOutcome.UNKNOWN
            if self._in_order and answered == self._asked_in_order:
                self._evidence.append(f"GS r {answered} of {self._asked_in_order}")
                return PrintOutcome.DONE
            if not self._in_order and late_s >= 0:
                self._evidence.append("GS r not answered by this printer")
                return PrintOutcome.DONE
            if outcome := self._has_lost_track():
                return outcome
            await self._exchange.listen(LOOK_EVERY_S)

    async def _hand_over(self, payload: bytes, moved_mm: float) -> PrintOutcome | None:
        # Each slice ends with a question answered in order. A slice lost in a moment without power leaves its answer out,
        # and the print is not taken for whole although everything looks well afterwards.
        self._sent_bytes += len(payload)
        self._sent_mm += moved_mm
        self._asked_in_order += 1 if self._in_order else 0
        try:
            await self._exchange.send(payload + self._in_order)
        except DeadlineError:  # held by flow control: the printer may say why
            if outcome := await self._look():
                return outcome
            raise
        self._done_at_s = max(self._done_at_s, self._clock.monotonic_s()) + moved_mm / self._model.speed_mm_s
        self._ahead.append((self._done_at_s, len(payload)))
        self._tell()
        return None

    async def _look(self, *, while_cutting: bool = False) -> PrintOutcome | None:
        """Read the status; wait while the head is hot or the printer is offline for a moment; None when all is well."""
        offline_since_s: float | None = None
        while True:
            reading = self._last = await self._ask()
            self._tell()
            if reading.cutter_is_stuck and while_cutting:
                self._cutter_is_stuck = True
                return None
            if stops := tuple(code for code in reading.stops if code is not PrinterCode.OFFLINE):
                return self._stopped(stops)
            if not (reading.is_offline or reading.head_is_hot):
                return None
            now_s = self._clock.monotonic_s()
            offline_since_s = now_s if offline_since_s is None or reading.head_is_hot else offline_since_s
            if now_s >= self._until_s or now_s - offline_since_s > OFFLINE_GRACE_S:
                return self._stopped(reading.codes or (PrinterCode.OFFLINE,))
            self._done_at_s = max(self._done_at_s, now_s) + LOOK_EVERY_S  # what has not been printed waits, too
            await self._clock.sleep(LOOK_EVERY_S)

    def _has_lost_track(self) -> PrintOutcome | None:
        """Whether the printer says all is well and yet does not get on: what it was sent is lost, or not printed."""
        late_s = self._clock.monotonic_s() - self._done_at_s - CUT_S
        if late_s < LATE_S and self._clock.monotonic_s() < self._until_s:
            return None
        self._evidence.append(f"GS r {self._answered} of {self._asked_in_order}, {late_s:.1f} s late")
        return PrintOutcome.UNKNOWN

    async def _ask(self) -> Reading:
        try:
            return await self._exchange.ask()
        except (DeadlineError, ProtocolError):
            return await self._exchange.ask()

    def _stopped(self, codes: tuple[PrinterCode, ...]) -> PrintOutcome:
        self.stopped_by = codes
        self._evidence.append(f"stopped by {', '.join(codes)} at {self._sent_bytes} of {self._sheet.total_bytes} bytes")
        if not self._has_moved_paper:
            return PrintOutcome.NOT_STARTED
        is_explained = codes[0] not in {PrinterCode.OFFLINE, PrinterCode.HEAD_HOT}
        is_all_out = self._sent_bytes >= self._sheet.total_bytes
        # Offline without a reason after the last byte: it may have come out whole, or not.
        return PrintOutcome.PARTIAL if is_explained or not is_all_out else PrintOutcome.UNKNOWN

    def _lost(self) -> PrintOutcome:
        return PrintOutcome.UNKNOWN if self._sent_bytes else PrintOutcome.NOT_STARTED

    @property
    def _has_moved_paper(self) -> bool:
        return self._sent_mm > 0

    @property
    def _answered(self) -> int:
        return self._exchange.in_order_answers - self._answered_before

    @property
    def _bytes_ahead(self) -> int:
        """Bytes the printer has not worked off: known where it answers in order, guessed from its speed elsewhere."""
        now_s = self._clock.monotonic_s()
        if self._in_order:
            while len(self._ahead) > max(self._asked_in_order - self._answered, 0):
                self._ahead.popleft()
        else:
            while self._ahead and self._ahead[0][0] <= now_s:
                self._ahead.popleft()
        return sum(size for _, size in self._ahead)

    @property
    def _printed_mm(self) -> float:
        waiting_s = max(self._done_at_s - self._clock.monotonic_s(), 0.0)
        return max(self._sent_mm - waiting_s * self._model.speed_mm_s, 0.0)

    def _tell(self) -> None:
        sent = self._sent_bytes / self._sheet.total_bytes
        self._show(min((sent + self._printed_mm / self._sheet.total_mm) / 2, 0.99))

    def _show(self, share: float) -> None:
        if share > self._shown or share == 0.0:
            self._shown = share
            self._progress(share)


def not_started(sheet: Sheet, evidence: str) -> PrintReport:
    """The report of a print that was not begun."""
    return PrintReport(
        outcome=PrintOutcome.NOT_STARTED,
        sent_bytes=0,
        total_bytes=sheet.total_bytes,
        printed_mm=0.0,
        evidence=evidence,
        is_cut=False,
    )


def reason(error: DriverError) -> str:
    """Why the printer could not be asked, in words for a report."""
    return f"not asked: {error}"


def _slices(steps: tuple[Step, ...]) -> Iterator[tuple[bytes, float]]:
    """Gather whole steps into slices: between two commands the printer may be asked, within one it may not."""
    payload, moved_mm = b"", 0.0
    for step in steps:
        if payload and len(payload) + len(step.payload) > SLICE_BYTES:
            yield payload, moved_mm
            payload, moved_mm = b"", 0.0
        payload += step.payload
        moved_mm += step.mm
    if payload:
        yield payload, moved_mm
