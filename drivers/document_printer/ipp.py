"""Drives document printers that speak IPP."""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, TypeVarTuple

import structlog
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.device import DeviceKind, Identity
from drivers.contract.document_printer import DocumentPrinter, PagesReport
from drivers.contract.errors import DriverError
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.receipt_printer import Receipt
from drivers.contract.status import Condition, DeviceStatus, Measurement
from drivers.document_printer.document import from_page
from drivers.document_printer.exchange import Exchange
from drivers.document_printer.our_queue import OurQueue
from drivers.document_printer.printing import Order, Pace, Printing
from drivers.document_printer.reasons import DocumentPrinterCode
from drivers.document_printer.receipt_sheet import sheet_of
from drivers.document_printer.request_codec import OUR_NAME, Ticket
from drivers.document_printer.status_codec import PrinterReading
from drivers.transport.ipp import IppLink
from drivers.transport.worker import CallDeadlineError, Worker

Answer = TypeVar("Answer")
Args = TypeVarTuple("Args")

SHORTEST_DEADLINE_S = 5.0
LONGEST_DEADLINE_S = 600.0

CUT_DEADLINE_S = 20.0
"""Real seconds to read and cut a document; 50 pages take less than two."""

WITHDRAW_S = 3.0
"""Seconds that are waited for cancelled jobs to end before the printer is used, or left."""

log = structlog.get_logger()


class IppSettings(BaseModel):
    """What differs from one IPP printer to another."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)

    media: str = Field(default="iso_a4_210x297mm", pattern=r"^[a-z0-9_.-]{1,64}$", description="Paper to ask for, by PWG name.")
    answer_deadline_s: float = Field(default=1.0, ge=0.2, le=5.0, description="Seconds an answer may take.")
    poll_s: float = Field(default=0.5, ge=0.1, le=5.0, description="Seconds between two looks at a job.")
    patience_s: float = Field(
        default=20.0, ge=1.0, le=300.0, description="Seconds a stopped printer is waited for in the middle of a job."
    )
    stall_s: float = Field(
        default=60.0, ge=5.0, le=300.0, description="Seconds without a page and without a reason before a job is given up."
    )
    checks_counter: bool = Field(
        default=True, description="Whether a print is done only if the page counter moved; no for printers that count wrong."
    )
    ignored_reasons: frozenset[str] = Field(
        default=frozenset(), max_length=16, description="Reasons without meaning on this printer, without their severity."
    )


class IppPrinter(DocumentPrinter):
    """One document printer.

    Pages before the first one asked for are cut off before anything is sent: a printer that says it knows page ranges and
    prints everything would hand out a villager's pages twice.

    Every job bears a random name and ``zhizhu`` as its user. After a print that broke off, and whenever the printer is
    opened, all jobs of that user are cancelled before anything else is done. A printer that does not end a job it has
    cancelled is a fault of its own, ``document_printer.job_stuck``: the reference printer of CUPS keeps a job that waits
    for paper, says it is cancelled, and prints it after the refill.

    What cannot be caught: a printer without a page counter that calls a job completed and has dropped it.
    """

    def __init__(self, *, name: str, ipp: IppLink, settings: IppSettings, clock: Clock) -> None:
        """Take the way to the printer; nothing is opened yet."""
        self._name = name
        self._link = ipp
        self._settings = settings
        self._clock = clock
        self._exchange = Exchange(device=name, link=ipp, deadline_s=settings.answer_deadline_s, ignores=settings.ignored_reasons)
        self._counts_pages: bool | None = None
        self._queue = OurQueue(exchange=self._exchange, clock=clock, device=name, poll_s=settings.poll_s)
        self._printing: Printing | None = None
        self._lock = asyncio.Lock()  # guards the printer's queue: one conversation at a time

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def kind(self) -> DeviceKind:
        return DeviceKind.DOCUMENT_PRINTER

    @override
    async def open(self) -> None:
        async with self._lock:
            is_open = False
            try:
                await self._link.open()
                await self._exchange.printer()
                self._queue.doubt()
                await self._queue.withdraw(wait_s=0.0)
                is_open = True
            finally:
                if not is_open:
                    await self._link.close()

    @override
    async def close(self) -> None:
        await self._link.close()

    @override
    async def status(self) -> DeviceStatus:
        if self._lock.locked():
            seen = () if self._printing is None else self._printing.symptoms
            now = self._clock.now()
            return DeviceStatus(device=self._name, condition=Condition.BUSY, read_at=now, symptoms=seen, evidence="in use")
        async with self._lock:
            if self._queue.is_doubtful:
                await self._queue.withdraw(wait_s=0.0)
            reading = await self._exchange.printer()
        stuck = self._queue.symptoms
        return DeviceStatus(
            device=self._name,
            condition=Condition.FAILED if stuck else reading.condition,
            read_at=self._clock.now(),
            symptoms=(*stuck, *reading.symptoms),
            supplies=reading.supplies,
            measurements=_counter(reading),
            evidence=reading.evidence,
        )

    @override
    async def reset(self) -> None:
        async with self._lock:
            self._queue.doubt()
            await self._queue.withdraw(wait_s=WITHDRAW_S)
            reading = await self._exchange.printer()
            if {DocumentPrinterCode.PAUSED, DocumentPrinterCode.STOPPED} & set(reading.codes):
                for operation in reading.can_resume:
                    answered = await self._exchange.do(operation)
                    log.info("printer woken", device=self._name, operation=operation.name, answered=f"{answered:#06x}")

    @override
    async def identify(self) -> Identity:
        async with self._lock:
            return (await self._exchange.printer()).identity

    @override
    async def print_pages(
        self, pdf: bytes, *, first_page: int = 1, deadline_s: float, progress: Callable[[int, int], None]
    ) -> PagesReport:
        if not SHORTEST_DEADLINE_S <= deadline_s <= LONGEST_DEADLINE_S:
            raise ValueError(f"a deadline of {deadline_s:g} s is not within 5 to 600")
        until_s = self._clock.monotonic_s() + deadline_s
        rest, pages = await self._shortened(pdf, first_page)
        async with self._lock:
            is_over = False
            try:
                report = await self._print(rest, pages, until_s=until_s, progress=progress)
                is_over = True
            finally:
                self._printing = None
                if not is_over:  # cancelled: nothing of this may come out later
                    await self._withdraw_if_reached()
        log.info(
            "print ended",
            device=self._name,
            outcome=report.outcome.value,
            pages_done=report.pages_done,
            pages_total=report.pages_total,
            evidence=report.evidence,
        )
        return report

    @override
    async def discard(self) -> None:
        async with self._lock:
            self._queue.doubt()
            await self._queue.withdraw(wait_s=WITHDRAW_S)

    @override
    async def sheet_of(self, receipt: Receipt) -> bytes:
        return await self._off_the_loop(sheet_of, receipt)

    async def _shortened(self, pdf: bytes, first_page: int) -> tuple[bytes, int]:
        return await self._off_the_loop(from_page, pdf, first_page)

    async def _off_the_loop(self, fn: Callable[[*Args], Answer], *args: *Args) -> Answer:
        worker = Worker(f"{self._name} pdf")
        try:
            return await worker.call(fn, *args, deadline_s=CUT_DEADLINE_S)
        except CallDeadlineError:
            raise ValueError(f"this document cannot be read or drawn within {CUT_DEADLINE_S:g} s") from None
        finally:
            worker.close()

    async def _print(self, pdf: bytes, pages: int, *, until_s: float, progress: Callable[[int, int], None]) -> PagesReport:
        try:
            before = await self._make_ready()
        except DriverError as error:
            return _not_started(pages, f"not asked: {error}")
        if self._queue.is_stuck:
            return _not_started(pages, f"an earlier job does not end; {before.evidence}")
        left_s = until_s - self._clock.monotonic_s()
        if left_s <= 0:
            return _not_started(pages, "the deadline passed before the printer was free")
        if before.stops:
            return _not_started(pages, f"not ready: {', '.join(before.stops)}; {before.evidence}")
        ticket = Ticket(
            job_name=f"{OUR_NAME}-{secrets.token_hex(6)}",
            media=self._settings.media if self._settings.media in before.media else None,
            is_one_sided=before.knows_one_sided,
        )
        printing = self._printing = Printing(
            exchange=self._exchange,
            clock=self._clock,
            order=Order(ticket=ticket, pdf=pdf, pages=pages),
            pace=Pace(
                poll_s=self._settings.poll_s,
                patience_s=self._settings.patience_s,
                stall_s=self._settings.stall_s,
                checks_counter=self._settings.checks_counter,
            ),
            counts_pages=self._counts_pages,
            deadline_s=left_s,
            progress=progress,
        )
        self._queue.doubt()
        try:
            report = await printing.go(before)
        finally:
            self._counts_pages = printing.counts_pages
            if printing.job_number is not None:
                self._queue.took(printing.job_number)
        if report.outcome is PrintOutcome.DONE:
            self._queue.is_done()
            return report
        return await self._with_empty_queue(report)

    async def _make_ready(self) -> PrinterReading:
        if self._queue.is_doubtful:
            await self._queue.withdraw(wait_s=WITHDRAW_S)
        return await self._exchange.printer()

    async def _with_empty_queue(self, report: PagesReport) -> PagesReport:
        try:
            await self._queue.withdraw(wait_s=WITHDRAW_S)
        except DriverError:
            return replace(report, evidence=f"{report.evidence}; printer not reached, cancelled before anything else")
        if not self._queue.is_stuck:
            return replace(report, evidence=f"{report.evidence}; nothing of ours is left in it")
        return replace(report, evidence=f"{report.evidence}; cancelled, but it does not end")

    async def _withdraw_if_reached(self) -> None:
        try:
            await self._queue.withdraw(wait_s=WITHDRAW_S)
        except DriverError as error:
            log.info("print given up, printer not reached", device=self._name, error=type(error).__name__)


def _counter(reading: PrinterReading) -> tuple[Measurement, ...]:
    if reading.page_counter is None:
        return ()
    return (Measurement(name="printed_pages", value=float(reading.page_counter), unit=""),)


def _not_started(pages: int, evidence: str) -> PagesReport:
    return PagesReport(outcome=PrintOutcome.NOT_STARTED, pages_done=0, pages_total=pages, evidence=evidence)
