"""One print, from handing the document over to an honest word on which pages came out."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from drivers.contract.clock import Clock
from drivers.contract.document_printer import PagesReport
from drivers.contract.errors import DeadlineError, DriverError, ProtocolError, UnreachableError
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.status import Symptom
from drivers.document_printer.exchange import Exchange
from drivers.document_printer.job_codec import JobReading, JobState
from drivers.document_printer.request_codec import Status, Ticket
from drivers.document_printer.status_codec import PrinterReading

HAND_OVER_S = 30.0
"""Seconds a printer may take to accept a document, beside the time its bytes need; it prepares its first page meanwhile."""

HAND_OVER_BYTES_S = 100_000
"""Bytes a second at which even slow printers take a document over their network port."""

MISSES = 2
"""Failed looks in a row after which the printer counts as lost: one answer may be late while a page is prepared."""

ENDS_WITHIN_S = 6.0
"""Seconds a cancelled job may take to end: the page underway comes out first."""

COUNTS_SETTLE_S = 3.0
"""Seconds a printer may be late in counting the last page."""

LATER = frozenset({Status.BUSY, Status.TEMPORARY_ERROR})
"""Answers to Print-Job after which it is tried again; printers with one place say BUSY until it is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a print is watched; see the driver's settings."""

    poll_s: float
    patience_s: float
    stall_s: float
    checks_counter: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be printed."""

    ticket: Ticket
    pdf: bytes
    pages: int


class Printing:
    """Hands one document over and watches its job to the end. Used once.

    What the printer says of a job, what it says of the job's pages and what its page counter says are three witnesses. They
    have to agree before a print is called done, as far as the printer has them.

    Attributes:
        job_number: Set once the printer has taken the job.
        counts_pages: Whether this printer counts the pages of a job while it prints; None as long as that is not known.
    """

    def __init__(
        self,
        *,
        exchange: Exchange,
        clock: Clock,
        order: Order,
        pace: Pace,
        counts_pages: bool | None,
        deadline_s: float,
        progress: Callable[[int, int], None],
    ) -> None:
        """Take everything; nothing is sent before ``go``."""
        self._exchange = exchange
        self._clock = clock
        self._order = order
        self._pace = pace
        self._until_s = clock.monotonic_s() + deadline_s
        self._progress = progress
        self._shown = -1
        self._counter_before: int | None = None
        self._has_worked = False
        self._last: PrinterReading | None = None
        self._evidence: list[str] = []
        self.counts_pages = counts_pages
        self.job_number: int | None = None

    @property
    def symptoms(self) -> tuple[Symptom, ...]:
        """What the last look showed to be wrong: a printer that stops is waited for, and somebody should know."""
        return () if self._last is None else self._last.symptoms

    async def go(self, before: PrinterReading) -> PagesReport:
        """Print. ``before`` is the reading that allowed it. Raises nothing but cancellation."""
        self._counter_before = before.page_counter
        self._note(f"before {before.evidence}")
        self._show(0)
        try:
            return await self._hand_over() or await self._follow()
        except UnreachableError as error:
            self._note(f"cable gone: {error}")
        except DeadlineError as error:
            self._note(f"silent: {error}")
        except ProtocolError as error:
            self._note(f"garbled: {error}")
        return self._report(PrintOutcome.UNKNOWN, None)

    # --- handing over -------------------------------------------------------------------------------------------

    async def _hand_over(self) -> PagesReport | None:
        while True:
            limit_s = HAND_OVER_S + len(self._order.pdf) / HAND_OVER_BYTES_S
            try:
                code, job = await self._exchange.print_job(
                    self._order.ticket, self._order.pdf, deadline_s=min(self._left_s, limit_s)
                )
            except DriverError as error:
                return await self._find(error)
            if job is not None:
                self._took(job)
                return None
            self._note(f"Print-Job answered {code:#06x}")
            if code not in LATER or self._left_s <= self._pace.poll_s:
                return self._report(PrintOutcome.NOT_STARTED, 0)
            await self._clock.sleep(self._pace.poll_s)

    async def _find(self, error: DriverError) -> PagesReport | None:
        """Nobody said whether the document was taken: look for its job by name."""
        self._note(f"Print-Job: {error}")
        jobs = await self._all_jobs()
        job = next((each for each in jobs if each.name == self._order.ticket.job_name), None)
        if job is not None:
            self._took(job)
            return None
        if await self._counted() == 0:
            self._note("the printer has no such job")
            return self._report(PrintOutcome.NOT_STARTED, 0)
        self._note("the printer has no such job, and no counter that says nothing was printed")
        return self._report(PrintOutcome.UNKNOWN, None)

    async def _all_jobs(self) -> tuple[JobReading, ...]:
        for _ in range(MISSES):
            with contextlib.suppress(DriverError):
                return await self._asked_jobs()
            await self._clock.sleep(self._pace.poll_s)
        return await self._asked_jobs()

    async def _asked_jobs(self) -> tuple[JobReading, ...]:
        return (*await self._exchange.our_jobs(are_over=False), *await self._exchange.our_jobs(are_over=True))

    def _took(self, job: JobReading) -> None:
        self.job_number = job.number
        self._note(f"took job {job.number}")

    # --- following ----------------------------------------------------------------------------------------------

    async def _follow(self) -> PagesReport:
        moved_s, blocked_s, misses = self._clock.monotonic_s(), None, 0
        while True:
            await self._clock.sleep(self._pace.poll_s)
            try:
                job, printer = await self._look()
            except DriverError:
                misses += 1
                if misses >= MISSES:
                    raise
                continue
            misses = 0
            if job is None:
                return await self._vanished()
            if job.is_over:
                return await (self._completed(job) if job.state is JobState.COMPLETED else self._broken_off(job))
            now_s = self._clock.monotonic_s()
            is_blocked = bool(printer.stops) or job.state in {JobState.STOPPED, JobState.HELD}
            if self._show(job.pages or 0) or is_blocked:
                moved_s = now_s
            if not is_blocked:
                blocked_s, self._has_worked = None, True
            elif blocked_s is None:
                blocked_s = now_s
                self._note(f"stopped: {', '.join(printer.stops) or 'no reason'}; {printer.evidence}; {job.evidence}")
            if blocked_s is not None and now_s - blocked_s >= self._pace.patience_s:
                return await self._give_up(f"still stopped after {now_s - blocked_s:.0f} s")
            if now_s - moved_s >= self._pace.stall_s:
                return await self._give_up(f"no page within {self._pace.stall_s:g} s, and no reason")
            if now_s >= self._until_s:
                return await self._give_up("the deadline passed")

    async def _look(self) -> tuple[JobReading | None, PrinterReading]:
        job = None if self.job_number is None else await self._exchange.job(self.job_number)
        printer = self._last = await self._exchange.printer()
        return job, printer

    async def _give_up(self, why: str) -> PagesReport:
        """Cancel the job, wait until it has ended, and say how far it came."""
        self._note(f"given up: {why}")
        number = self.job_number
        if number is None:
            return self._report(PrintOutcome.UNKNOWN, None)
        await self._exchange.cancel(number)
        until_s = self._clock.monotonic_s() + ENDS_WITHIN_S
        while (job := await self._exchange.job(number)) is not None and not job.is_over:
            if self._clock.monotonic_s() >= until_s:
                self._note(f"cancelled, yet it does not end: {job.evidence}")
                return self._report(PrintOutcome.UNKNOWN, None)
            await self._clock.sleep(self._pace.poll_s)
        if job is None:
            return await self._vanished()
        return await (self._completed(job) if job.state is JobState.COMPLETED else self._broken_off(job))

    # --- what came of it ----------------------------------------------------------------------------------------

    async def _vanished(self) -> PagesReport:
        counted = await self._counted()
        self._note(f"the printer does not know the job any more; its counter moved by {counted}")
        return self._report(PrintOutcome.UNKNOWN, None)

    async def _completed(self, job: JobReading) -> PagesReport:
        pages = self._order.pages
        job = await self._settled(job)
        self._note(job.evidence)
        counted = await self._counted(at_least=pages)
        if not job.pages:
            self.counts_pages = False
        elif job.pages < pages:
            return self._report(PrintOutcome.UNKNOWN, job.pages)
        if counted is not None and counted < pages:
            self._note(f"called completed, but the counter moved by {counted} of {pages}")
            return self._report(PrintOutcome.UNKNOWN, None)
        if "job-completed-with-errors" in job.reasons and not job.pages:
            return self._report(PrintOutcome.UNKNOWN, None)
        self._show(pages)
        return self._report(PrintOutcome.DONE, pages)

    async def _settled(self, job: JobReading) -> JobReading:
        """Let a printer that counts pages count the last ones."""
        until_s = self._clock.monotonic_s() + COUNTS_SETTLE_S
        while 0 < (job.pages or 0) < self._order.pages and self._clock.monotonic_s() < until_s:
            await self._clock.sleep(self._pace.poll_s)
            job = await self._exchange.job(job.number) or job
        return job

    async def _broken_off(self, job: JobReading) -> PagesReport:
        self._note(job.evidence)
        counted = await self._counted()
        told = job.pages
        if not told and counted is None and self.counts_pages is not True and self._has_worked:
            told = None  # 0 of a printer that may never count
        witnesses = [count for count in (told, counted) if count is not None]
        if not witnesses or min(witnesses) == 0 < max(witnesses):
            return self._report(PrintOutcome.UNKNOWN, None)
        pages = min(*witnesses, self._order.pages)
        self._show(pages)
        if pages == self._order.pages:
            return self._report(PrintOutcome.DONE, pages)
        return self._report(PrintOutcome.PARTIAL if pages else PrintOutcome.NOT_STARTED, pages)

    async def _counted(self, *, at_least: int = 0) -> int | None:
        """By how much the printer's own counter has moved, given time to reach ``at_least``; None without a counter."""
        if not self._pace.checks_counter or self._counter_before is None:
            return None
        until_s = self._clock.monotonic_s() + COUNTS_SETTLE_S
        while True:
            after = await self._exchange.printer()
            if after.page_counter is None or after.page_counter < self._counter_before:
                self._note(f"the counter was {self._counter_before}, and is {after.page_counter}")
                return None
            counted = after.page_counter - self._counter_before
            if counted >= at_least or self._clock.monotonic_s() >= until_s:
                self._note(f"after {after.evidence}")
                return counted
            await self._clock.sleep(self._pace.poll_s)

    # --- saying so ----------------------------------------------------------------------------------------------

    @property
    def _left_s(self) -> float:
        return self._until_s - self._clock.monotonic_s()

    def _show(self, pages: int) -> bool:
        """Tell the caller how many pages are out; whether that is news."""
        pages = min(pages, self._order.pages)
        if pages <= self._shown:
            return False
        self._shown = pages
        if pages and self.counts_pages is None:
            self.counts_pages = True
        self._progress(pages, self._order.pages)
        return True

    def _note(self, what: str) -> None:
        if not self._evidence or self._evidence[-1] != what:
            self._evidence.append(what)

    def _report(self, outcome: PrintOutcome, pages_done: int | None) -> PagesReport:
        return PagesReport(
            outcome=outcome, pages_done=pages_done, pages_total=self._order.pages, evidence="; ".join(self._evidence)
        )
