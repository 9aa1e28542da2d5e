"""The works of a simulated document printer: its queue, its paper, and pages that come out one by one, or do not."""

from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.document_printer.document import only_page
from drivers.document_printer.job_codec import OVER, JobState
from drivers.document_printer.simulated_faults import GIVABLE, SHOWN, Given

TRAY_SHEETS = 250

LOW_SHEETS = 20

REMEMBERED_JOBS = 20

SECONDS_LONG = frozenset({"busy", "power-cycle"})
"""Faults that end by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One page, as it lies in the output tray.

    Attributes:
        number: 1 for the first that ever came out of this printer.
        job: Its job's number.
        page: Which page of what was sent, from 1.
        pdf: The page as a PDF of its own.
    """

    number: int
    job: int
    page: int
    pdf: bytes = field(repr=False)


@dataclass(slots=True, kw_only=True)
class SimulatedJob:
    """One job in the printer's memory; ``pdf`` is forgotten when it is over."""

    number: int
    name: str
    user: str
    pages: int
    pdf: bytes = field(repr=False)
    state: JobState = JobState.PENDING
    reasons: tuple[str, ...] = ("none",)
    counted: int = 0
    is_cancelled: bool = False

    def end(self, state: JobState, reason: str) -> None:
        """Make it history."""
        self.state, self.reasons, self.pdf = state, (reason,), b""


class Works:
    """Everything of the printer but its network. All times are monotonic seconds given by the host."""

    def __init__(self, *, page_s: float, on_sheet: Callable[[Sheet], None], places: int, page_counter: int) -> None:
        """Fill the tray and switch on; ``places`` jobs fit into the queue."""
        self._page_s = page_s
        self._on_sheet = on_sheet
        self._places = places
        self._given: dict[str, Given] = {}
        self._page_out_s: float | None = None
        self._taken = 0
        self.jobs: list[SimulatedJob] = []
        self.sheets_left = TRAY_SHEETS
        self.sheets_out = 0
        self.page_counter = page_counter

    # --- what the host and the trainer do -----------------------------------------------------------------------

    def give(self, fault: Given, *, now_s: float) -> None:
        """Begin a fault, now or after its pages."""
        self.run(now_s)
        self._given[fault.name] = fault
        self._begin_what_is_due(now_s)

    def clear(self, fault: str | None, *, now_s: float) -> None:
        """End one fault, or all of them; an empty tray is filled."""
        self.run(now_s)
        for name in GIVABLE if fault is None else (fault,):
            self._given.pop(name, None)
            if name in {"paper-out", "paper-low"} and self.sheets_left <= LOW_SHEETS:
                self.sheets_left = TRAY_SHEETS
        self.run(now_s)

    def resume(self, *, now_s: float) -> None:
        """Wake a paused printer."""
        self.clear("paused", now_s=now_s)

    def is_on(self, fault: str) -> bool:
        """Whether a fault has begun."""
        return fault in self._given and self._given[fault].is_on

    @property
    def faults(self) -> tuple[Given, ...]:
        """Everything that was given and has not ended."""
        return tuple(self._given.values())

    @property
    def garbage_layer(self) -> str | None:
        """What is garbled, if anything is."""
        return self._given["garbage"].layer if self.is_on("garbage") else None

    # --- what a client does -------------------------------------------------------------------------------------

    def take(self, *, name: str, user: str, pdf: bytes, pages: int, now_s: float) -> SimulatedJob | None:
        """Queue a document; None when there is no place for it."""
        self.run(now_s)
        if self.is_on("busy") or len(self.waiting) >= self._places:
            return None
        self._taken += 1
        job = SimulatedJob(number=self._taken, name=name, user=user, pages=pages, pdf=pdf)
        self.jobs = [*self.jobs[-REMEMBERED_JOBS:], job]
        self.run(now_s)
        return job

    def cancel(self, job: SimulatedJob, *, now_s: float) -> None:
        """Let no more of a job come out than the page underway."""
        self.run(now_s)
        if job.state in OVER:
            return
        job.is_cancelled = True
        job.reasons = ("processing-to-stop-point",)
        self.run(now_s)

    @property
    def waiting(self) -> tuple[SimulatedJob, ...]:
        """Jobs that are not over, the one being printed first."""
        return tuple(job for job in self.jobs if job.state not in OVER)

    # --- what it says of itself ---------------------------------------------------------------------------------

    @property
    def reasons(self) -> tuple[str, ...]:
        """Words for printer-state-reasons, without their severity."""
        found = [word for name, shown in SHOWN.items() if self.is_on(name) for word in shown.reasons]
        if self.sheets_left <= 0 and "media-empty" not in found:
            found += SHOWN["paper-out"].reasons
        elif 0 < self.sheets_left <= LOW_SHEETS and "media-low" not in found:
            found.append("media-low")
        return tuple(found)

    @property
    def is_stopped(self) -> bool:
        """Whether nothing moves."""
        return self.sheets_left <= 0 or any(self.is_on(name) and shown.is_stopping for name, shown in SHOWN.items())

    @property
    def says_stopped(self) -> bool:
        """Whether it says so."""
        return any(self.is_on(name) and shown.is_stopping and shown.is_stopped_state for name, shown in SHOWN.items())

    # --- time ---------------------------------------------------------------------------------------------------

    def next_due_s(self) -> float | None:
        """When it will next do something by itself."""
        dues = [fault.until_s for fault in self._given.values() if fault.until_s is not None]
        if self._page_out_s is not None:
            dues.append(self._page_out_s)
        return min(dues, default=None)

    def run(self, now_s: float) -> None:
        """Do everything that is due by ``now_s``."""
        while True:
            self._begin_what_is_due(now_s)
            self._settle_jobs(now_s)
            due_s = self.next_due_s()
            if due_s is None or due_s > now_s:
                return
            if self._page_out_s == due_s:
                self._page_out_s = None
                self._page_comes_out(due_s)
            else:
                self._end_what_is_over(due_s)

    def _settle_jobs(self, now_s: float) -> None:
        """End what was cancelled, and begin the next page of what was not."""
        if self.is_stopped:
            self._page_out_s = None  # what was underway is taken out by hand, and printed anew
        for job in self.waiting:
            if job.is_cancelled and not self.is_on("ignores-cancel") and (self._page_out_s is None or job is not self.waiting[0]):
                job.end(JobState.CANCELED, "job-canceled-by-user")
        if not self.waiting:
            return
        job = self.waiting[0]
        job.state = JobState.STOPPED if self.says_stopped else JobState.PROCESSING
        if not job.is_cancelled:
            job.reasons = ("printer-stopped",) if self.says_stopped else ("job-printing",)
        if not self.is_stopped and self._page_out_s is None:
            self._page_out_s = now_s + self._page_s

    def _page_comes_out(self, at_s: float) -> None:
        job = self.waiting[0]
        job.counted += 1
        if not self.is_on("says-done"):
            self.sheets_left -= 1
            self.sheets_out += 1
            if not self.is_on("counter-stands"):
                self.page_counter += 1
            sheet = Sheet(number=self.sheets_out, job=job.number, page=job.counted, pdf=only_page(job.pdf, job.counted))
            self._on_sheet(sheet)
        for fault in self._given.values():
            fault.after_pages -= 1
        if job.counted == job.pages:
            job.end(JobState.COMPLETED, "job-completed-successfully")
        self._begin_what_is_due(at_s)

    def _begin_what_is_due(self, at_s: float) -> None:
        for fault in tuple(self._given.values()):
            if not fault.is_on and fault.after_pages <= 0:
                fault.is_on = True
                if fault.name in SECONDS_LONG:
                    fault.until_s = at_s + fault.seconds
                if fault.name == "power-cycle":
                    self.jobs.clear()
                    self._page_out_s = None
        for name, state, reason in (
            ("aborts", JobState.ABORTED, "aborted-by-system"),
            ("cancelled-at-panel", JobState.CANCELED, "job-canceled-at-device"),
        ):
            if self.is_on(name) and self.waiting:
                del self._given[name]
                self._page_out_s = None
                self.waiting[0].end(state, reason)

    def _end_what_is_over(self, at_s: float) -> None:
        for fault in tuple(self._given.values()):
            if fault.until_s is not None and fault.until_s <= at_s:
                del self._given[fault.name]
