"""What a simulated document printer answers to IPP requests."""

from collections.abc import Callable, Mapping

from drivers.document_printer.document import pages_in
from drivers.document_printer.job_codec import OVER
from drivers.document_printer.message_codec import Attribute, Delimiter, Group, Message, Tag, attribute
from drivers.document_printer.request_codec import PDF, Operation, Status
from drivers.document_printer.simulated_works import TRAY_SHEETS, SimulatedJob, Works

MODEL = "Zhizhu SIM-A4"
SERIAL, ANOTHER_SERIAL = "SIMA40001", "SIMA40002"
FIRMWARE = "1.02"


class Desk:
    """Reads requests and writes answers; the works do the rest."""

    def __init__(self, works: Works, *, counts_pages: bool, has_counter: bool) -> None:
        """Sit before the works.

        Args:
            works: What prints.
            counts_pages: Whether the pages of a job are told while it prints; cheap printers do not.
            has_counter: Whether there is a page counter that can be asked.
        """
        self._works = works
        self._counts_pages = counts_pages
        self._has_counter = has_counter
        self._answers: Mapping[int, Callable[[Group, Message, float], tuple[int, tuple[Group, ...]]]] = {
            Operation.PRINT_JOB: self._print_job,
            Operation.CANCEL_JOB: self._cancel_job,
            Operation.GET_JOB_ATTRIBUTES: self._job_attributes,
            Operation.GET_JOBS: self._jobs,
            Operation.GET_PRINTER_ATTRIBUTES: self._printer_attributes,
            Operation.RESUME_PRINTER: self._resume,
        }

    def answer(self, request: Message, *, now_s: float) -> Message:
        """Do what is asked and say what came of it."""
        self._works.run(now_s)
        if request.version >> 8 not in (1, 2) or request.request_id <= 0:
            return _said(request, Status.BAD_REQUEST)
        do = self._answers.get(request.code)
        if do is None:
            return _said(request, Status.OPERATION_NOT_SUPPORTED)
        code, groups = do(request.group(Delimiter.OPERATION), request, now_s)
        return _said(request, code, groups)

    def _printer_attributes(self, asked: Group, _: Message, __: float) -> tuple[int, tuple[Group, ...]]:
        works = self._works
        severity = "error" if works.says_stopped else "warning" if works.waiting else "report"
        reasons = [f"{reason}-{severity}" for reason in works.reasons] or ["none"]
        state = 5 if works.says_stopped else 4 if works.waiting else 3
        toner = 0 if works.is_on("toner-empty") else 6 if works.is_on("toner-low") else 80
        tray = f"type=sheetFeedAutoRemovableTray;maxcapacity={TRAY_SHEETS};level={max(works.sheets_left, 0)};status=0;name=main;"
        formats = ("image/pwg-raster", "image/urf") if works.is_on("no-pdf") else (PDF, "image/pwg-raster")
        everything = [
            attribute("document-format-supported", Tag.MIME_TYPE, *formats),
            attribute("marker-colors", Tag.NAME, "#000000", "none"),
            attribute("marker-levels", Tag.INTEGER, toner, 5 if works.is_on("waste-full") else 70),
            attribute("marker-low-levels", Tag.INTEGER, 10, 10),
            attribute("marker-names", Tag.NAME, "Black Toner", "Waste Toner"),
            attribute("marker-types", Tag.KEYWORD, "toner-cartridge", "waste-toner"),
            attribute("media-supported", Tag.KEYWORD, "iso_a4_210x297mm", "na_letter_8.5x11in"),
            attribute("operations-supported", Tag.ENUM, *sorted(self._answers)),
            attribute("printer-firmware-string-version", Tag.TEXT, FIRMWARE),
            attribute("printer-input-tray", Tag.OCTETS, tray.encode()),
            attribute("printer-is-accepting-jobs", Tag.BOOLEAN, True),
            attribute("printer-make-and-model", Tag.TEXT, MODEL),
            attribute("printer-serial-number", Tag.TEXT, ANOTHER_SERIAL if works.is_on("swapped") else SERIAL),
            attribute("printer-state", Tag.ENUM, state),
            attribute("printer-state-reasons", Tag.KEYWORD, *reasons),
            attribute("queued-job-count", Tag.INTEGER, len(works.waiting)),
            attribute("sides-supported", Tag.KEYWORD, "one-sided", "two-sided-long-edge"),
        ]
        if self._has_counter:
            everything.append(attribute("printer-impressions-completed", Tag.INTEGER, works.page_counter))
        return Status.OK, (Group(Delimiter.PRINTER, _wanted(everything, asked)),)

    def _print_job(self, asked: Group, request: Message, now_s: float) -> tuple[int, tuple[Group, ...]]:
        if asked.word("document-format") != PDF or self._works.is_on("no-pdf"):
            return Status.FORMAT_NOT_SUPPORTED, ()
        try:
            pages = pages_in(request.document)
        except ValueError:
            return Status.BAD_REQUEST, ()
        name, user = asked.word("job-name"), asked.word("requesting-user-name")
        job = self._works.take(name=name, user=user, pdf=request.document, pages=pages, now_s=now_s)
        return (Status.BUSY, ()) if job is None else (Status.OK, (self._told(job, asked),))

    def _cancel_job(self, asked: Group, _: Message, now_s: float) -> tuple[int, tuple[Group, ...]]:
        job = self._found(asked)
        if job is None:
            return Status.NOT_FOUND, ()
        if job.state in OVER:
            return Status.NOT_POSSIBLE, ()
        self._works.cancel(job, now_s=now_s)
        return Status.OK, ()

    def _job_attributes(self, asked: Group, _: Message, __: float) -> tuple[int, tuple[Group, ...]]:
        job = self._found(asked)
        return (Status.NOT_FOUND, ()) if job is None else (Status.OK, (self._told(job, asked),))

    def _jobs(self, asked: Group, _: Message, __: float) -> tuple[int, tuple[Group, ...]]:
        are_over = asked.word("which-jobs") == "completed"
        user = asked.word("requesting-user-name") if asked.boolean("my-jobs") else None
        jobs = [job for job in self._works.jobs if (job.state in OVER) is are_over and user in (None, job.user)]
        return Status.OK, tuple(self._told(job, asked) for job in jobs)

    def _resume(self, _: Group, __: Message, now_s: float) -> tuple[int, tuple[Group, ...]]:
        self._works.resume(now_s=now_s)
        return Status.OK, ()

    def _found(self, asked: Group) -> SimulatedJob | None:
        number = asked.integer("job-id")
        return next((job for job in self._works.jobs if job.number == number), None)

    def _told(self, job: SimulatedJob, asked: Group) -> Group:
        everything = [
            attribute("job-id", Tag.INTEGER, job.number),
            attribute("job-name", Tag.NAME, job.name),
            attribute("job-originating-user-name", Tag.NAME, job.user),
            attribute("job-state", Tag.ENUM, job.state),
            attribute("job-state-reasons", Tag.KEYWORD, *job.reasons),
        ]
        if self._counts_pages:
            everything.append(attribute("job-impressions-completed", Tag.INTEGER, job.counted))
            everything.append(attribute("job-media-sheets-completed", Tag.INTEGER, job.counted))
        return Group(Delimiter.JOB, _wanted(everything, asked))


def _wanted(everything: list[Attribute], asked: Group) -> tuple[Attribute, ...]:
    names = set(asked.words("requested-attributes")) or {"all"}
    return tuple(each for each in everything if each.name in names or "all" in names)


def _said(request: Message, code: int, groups: tuple[Group, ...] = ()) -> Message:
    spoken = (
        attribute("attributes-charset", Tag.CHARSET, "utf-8"),
        attribute("attributes-natural-language", Tag.LANGUAGE, "en"),
    )
    return Message(
        version=request.version, code=code, request_id=request.request_id, groups=(Group(Delimiter.OPERATION, spoken), *groups)
    )
