"""Drives receipt printers that speak ESC/POS, over serial or TCP."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog
from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind, Identity
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.receipt_printer import PrintReport, Receipt, ReceiptPrinter
from drivers.contract.status import Condition, DeviceStatus, Symptom
from drivers.receipt_printer.escpos_settings import EscPosSettings
from drivers.receipt_printer.exchange import Exchange
from drivers.receipt_printer.font import DotFont
from drivers.receipt_printer.layout import Roll, Sheet, cut_step, lay_out
from drivers.receipt_printer.models import MODELS
from drivers.receipt_printer.printer_health import PrinterHealth
from drivers.receipt_printer.printing import CUT_S, Printing, not_started, reason
from drivers.receipt_printer.status_codec import ASK_IN_ORDER, PrinterCode, Reading
from drivers.transport.wire import Wire

__all__ = ["EscPosPrinter", "EscPosSettings"]

SHORTEST_DEADLINE_S = 1.0
LONGEST_DEADLINE_S = 120.0

EXIT_MISSES = 3
"""Questions about the exit that may go unanswered before a presenter is taken not to understand them."""

log = structlog.get_logger()


class EscPosPrinter(ReceiptPrinter):
    """One receipt printer on one wire.

    Before it prints, and between slices while it prints, it reads the printer's own status; what cannot be known is
    reported as unknown. After a print that broke off, the buffer is emptied at the first moment the printer can be
    reached, and paper that was begun is cut off, before anything else is done.

    What cannot be caught: a printer that does not answer in order (GS r) and loses power, or lies about its state,
    between two looks. Its print is taken for done after the time it should have taken. Nor a receipt that is torn off by hand
    while it is printed: no printer senses that.

    A process that was killed in the middle of a print leaves a begun receipt in the printer that the next process cannot
    see. Opening empties the buffer; whoever knows of the interrupted print (the ledger) calls ``reset``, which cuts off
    whatever hangs from the roll.
    """

    def __init__(self, *, name: str, wire: Wire, settings: EscPosSettings, clock: Clock) -> None:
        """Take the wire; nothing is opened yet."""
        model = MODELS[settings.model]
        self._model = replace(model, speed_mm_s=settings.speed_mm_s or model.speed_mm_s)
        self._name = name
        self._wire = wire
        self._clock = clock
        self._roll = Roll(model=self._model, width_mm=settings.width_mm, codepage=settings.codepage, font=DotFont(settings.font))
        self._exchange = Exchange(device=name, wire=wire, clock=clock, model=self._model, deadline_s=settings.status_deadline_s)
        self._health = PrinterHealth(not_taken_after_s=settings.not_taken_s)
        self._exit_misses = 0 if self._model.presenter is not None else EXIT_MISSES
        self._answers_in_order: bool | None = None
        self._is_dirty = False
        self._has_strip = False
        self._was_cut_in_vain = False
        self._printing: Printing | None = None
        self._lock = asyncio.Lock()  # guards the wire: one conversation at a time

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def kind(self) -> DeviceKind:
        return DeviceKind.RECEIPT_PRINTER

    @override
    async def open(self) -> None:
        async with self._lock:
            is_open = False
            try:
                await self._wire.open()
                self._answers_in_order = None if self._model.answers_in_order else False
                self._exit_misses = 0 if self._model.presenter is not None else EXIT_MISSES
                await self._clear()
                is_open = True
            finally:
                if not is_open:
                    await self._wire.close()

    @override
    async def close(self) -> None:
        await self._wire.close()

    @override
    async def status(self) -> DeviceStatus:
        if self._lock.locked():
            seen = () if self._printing is None else self._printing.symptoms
            now = self._clock.now()
            return DeviceStatus(device=self._name, condition=Condition.BUSY, read_at=now, symptoms=seen, evidence="in use")
        async with self._lock:
            reading = await self._exchange.ask()
            self._health.was_read(reading)
            has_strip = self._has_strip and not self._was_cut_in_vain
            if self._is_dirty or self._health.is_jammed or (has_strip and _may_print(reading)):
                reading = await self._clear()
            symptoms = await self._with_exit(reading)
            await self._exchange.have_it_tell()
        news = self._exchange.take_news()
        return DeviceStatus(
            device=self._name,
            condition=Condition.DEGRADED if symptoms and reading.condition is Condition.READY else reading.condition,
            read_at=self._clock.now(),
            symptoms=symptoms,
            supplies=reading.supplies,
            measurements=self._health.measurements,
            evidence=reading.evidence if news is None else f"{reading.evidence}; told by itself {news.evidence}",
        )

    @override
    async def reset(self) -> None:
        async with self._lock:
            self._has_strip = True  # as far as anyone knows: a white strip is a small price
            await self._clear()

    @override
    async def identify(self) -> Identity:
        async with self._lock:
            if not self._model.says_who:
                await self._exchange.ask()
                return Identity(model=self._model.title, serial="", firmware="")
            model, serial, firmware = [await self._exchange.ask_who(what) for what in (67, 68, 65)]
        return Identity(model=model, serial=serial, firmware=firmware)

    @override
    async def print_receipt(self, receipt: Receipt, *, deadline_s: float, progress: Callable[[float], None]) -> PrintReport:
        if not SHORTEST_DEADLINE_S <= deadline_s <= LONGEST_DEADLINE_S:
            raise ValueError(f"a deadline of {deadline_s:g} s is not within 1 to 120")
        sheet = lay_out(receipt, roll=self._roll)
        async with self._lock:
            is_over = False
            try:
                report = await self._print(sheet, deadline_s=deadline_s, progress=progress)
                is_over = True
            finally:
                self._printing = None
                if not is_over:  # cancelled: nothing of this may come out later
                    await self._clear_or_close()
        log.info(
            "print ended",
            device=self._name,
            outcome=report.outcome.value,
            sent_bytes=report.sent_bytes,
            total_bytes=report.total_bytes,
            printed_mm=report.printed_mm,
            is_cut=report.is_cut,
            evidence=report.evidence,
        )
        return report

    @override
    async def discard(self) -> None:
        async with self._lock:
            await self._clear()

    @override
    async def paper_is_waiting(self) -> bool | None:
        if self._lock.locked() or not self._has_exit_sensor:
            return None
        async with self._lock:
            return await self._look_at_exit()

    @override
    async def retract(self) -> bool:
        async with self._lock:
            return self._has_exit_sensor and bool(await self._look_at_exit()) and await self._draw_back()

    async def _print(self, sheet: Sheet, *, deadline_s: float, progress: Callable[[float], None]) -> PrintReport:
        try:
            before = await self._make_ready()
        except DriverError as error:
            return await self._with_clear_buffer(not_started(sheet, reason(error)))
        if not _may_print(before):
            return await self._with_clear_buffer(not_started(sheet, f"not ready: {', '.join(before.codes)}; {before.evidence}"))
        printing = Printing(
            exchange=self._exchange,
            model=self._model,
            clock=self._clock,
            sheet=sheet,
            answers_in_order=bool(self._answers_in_order),
            deadline_s=deadline_s,
            progress=progress,
        )
        self._is_dirty = True
        self._exchange.is_telling = False
        self._printing = printing
        report: PrintReport | None = None
        try:
            report = await printing.go(before)
        finally:
            self._has_strip, self._was_cut_in_vain = printing.may_have_left_a_strip, False
            self._health.paper_was_used(printing.used_mm if report is None else report.printed_mm)
        if report.outcome is PrintOutcome.DONE:
            self._is_dirty = self._has_strip = False
            return report
        return await self._with_clear_buffer(report)

    async def _make_ready(self) -> Reading:
        """Read the status; end a cutter error that may be over; clear what an earlier print left; try GS r once."""
        reading = await self._exchange.ask()
        if self._is_dirty or self._has_strip or reading.cutter_is_stuck:
            reading = await self._clear()
        if _may_print(reading) and not reading.head_is_hot and self._answers_in_order is None:
            self._answers_in_order = await self._exchange.answers_in_order()
        return reading

    async def _clear(self) -> Reading:
        """Empty the buffer and, as soon as the printer can, cut off what an earlier print began."""
        reading = await self._exchange.begin_anew()
        self._health.was_recovered()
        self._health.was_read(reading)
        self._is_dirty = False
        return await self._cut_off() if self._has_strip and _may_print(reading) else reading

    async def _cut_off(self) -> Reading:
        """Cut off what hangs from the roll; a cut that is not answered for is made once more before the next print."""
        cut, answered = cut_step(self._roll), self._exchange.in_order_answers
        await self._exchange.send(cut.payload + (ASK_IN_ORDER if self._answers_in_order else b""))
        self._has_strip = False
        self._health.paper_was_used(cut.mm)
        await self._clock.sleep(cut.mm / self._model.speed_mm_s + CUT_S / 2)
        reading = await self._exchange.ask()
        self._has_strip = self._was_cut_in_vain = bool(self._answers_in_order) and self._exchange.in_order_answers == answered
        return reading

    @property
    def _has_exit_sensor(self) -> bool:
        return self._exit_misses < EXIT_MISSES

    async def _with_exit(self, reading: Reading) -> tuple[Symptom, ...]:
        """Everything wrong, the exit included; what nobody takes is drawn back, so that the next person does not read it."""
        if self._has_exit_sensor and not reading.stops:
            await self._look_at_exit()
        symptoms = self._health.symptoms(reading, now_s=self._clock.monotonic_s())
        if PrinterCode.PAPER_NOT_TAKEN in {symptom.code for symptom in symptoms} and await self._draw_back():
            log.info("receipt was not taken and drawn back", device=self._name)
        return symptoms

    async def _look_at_exit(self) -> bool | None:
        """Whether paper lies in the exit; None where that is not answered, and not asked again after a few such."""
        try:
            is_waiting = await self._exchange.ask_exit()
        except (DeadlineError, ProtocolError) as error:
            self._exit_misses += 1
            if not self._has_exit_sensor:
                log.info("presenter cannot be asked", device=self._name, reason=str(error))
            return None
        self._exit_misses = 0
        self._health.exit_was_seen(paper_is_waiting=is_waiting, now_s=self._clock.monotonic_s())
        return is_waiting

    async def _draw_back(self) -> bool:
        """Have the receipt in the exit drawn back, where there is a retractor."""
        presenter = self._model.presenter
        if presenter is None or not presenter.retract:
            return False
        await self._exchange.send(presenter.retract)
        return True

    async def _with_clear_buffer(self, report: PrintReport) -> PrintReport:
        try:
            await self._clear()
        except DriverError:
            return replace(report, evidence=f"{report.evidence}; buffer not reached, cleared before anything else")
        return replace(report, evidence=f"{report.evidence}; buffer cleared")

    async def _clear_or_close(self) -> None:
        is_clear = False
        try:
            await self._clear()
            is_clear = True
        except DriverError as error:
            log.info("print given up, buffer not reached", device=self._name, error=type(error).__name__)
        finally:
            if not is_clear:
                await self._wire.close()


def _may_print(reading: Reading) -> bool:
    """Whether a print may be begun; a hot head or the feed button is waited for, an unmended cutter is not fought."""
    return not reading.stops and not (reading.cutter_is_stuck and reading.is_offline)
