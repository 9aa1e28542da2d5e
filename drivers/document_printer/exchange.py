"""Questions to one printer and their answers: numbered, checked, and turned into readings."""

from drivers.contract.errors import DeadlineError, ProtocolError
from drivers.document_printer import ipp_codec, request_codec
from drivers.document_printer.job_codec import JobReading, our_jobs, read_job
from drivers.document_printer.message_codec import Delimiter, Group, Message
from drivers.document_printer.request_codec import Operation, Status, Ticket
from drivers.document_printer.status_codec import PrinterReading, read_printer
from drivers.transport.ipp import IppLink

MOST_EVIDENCE_BYTES = 512

HIGHEST_ID = 0x7FFF_FFFF


class Exchange:
    """Asks one printer. Raises as ``IppLink.exchange``, and ProtocolError for an answer that is none to the question."""

    def __init__(self, *, device: str, link: IppLink, deadline_s: float, ignores: frozenset[str]) -> None:
        """Take the link. ``deadline_s`` is what a printer may take for an answer; ``ignores`` goes to ``read_printer``."""
        self._device = device
        self._link = link
        self._deadline_s = deadline_s
        self._ignores = ignores
        self._asked = 0

    async def printer(self) -> PrinterReading:
        """Ask how the printer is."""
        answer = await self._well(request_codec.printer_attributes())
        reading = read_printer(answer.group(Delimiter.PRINTER), ignores=self._ignores)
        if reading is None:
            raise self._nonsense("Get-Printer-Attributes without a printer-state", answer)
        return reading

    async def print_job(self, ticket: Ticket, pdf: bytes, *, deadline_s: float) -> tuple[int, JobReading | None]:
        """Hand a document over. Returns the status as the printer gave it, and the job when it took it."""
        answer = await self._ask(request_codec.print_job(ticket), document=pdf, deadline_s=deadline_s)
        if answer.code >= request_codec.UNDETERMINED_SOURCE:
            return answer.code, None
        job = read_job(answer.group(Delimiter.JOB))
        if job is None:
            raise self._nonsense("Print-Job without a job-id", answer)
        return answer.code, job

    async def job(self, number: int) -> JobReading | None:
        """Ask how far a job is; None when the printer does not know it (any more)."""
        answer = await self._ask(request_codec.job_attributes(number))
        if answer.code == Status.NOT_FOUND:
            return None
        self._check(answer, Operation.GET_JOB_ATTRIBUTES)
        job = read_job(answer.group(Delimiter.JOB))
        if job is None or job.number != number:
            raise self._nonsense("Get-Job-Attributes with another job", answer)
        return job

    async def our_jobs(self, *, are_over: bool) -> tuple[JobReading, ...]:
        """Ask which jobs of ours the printer has."""
        answer = await self._ask(request_codec.jobs(are_over=are_over))
        if answer.code == Status.NOT_FOUND:  # so some printers say that there is none
            return ()
        self._check(answer, Operation.GET_JOBS)
        return our_jobs(answer)

    async def cancel(self, number: int) -> None:
        """Ask that no more of a job be printed. Whether it was over already, or is not known, makes no difference."""
        await self._ask(request_codec.cancel_job(number))

    async def do(self, operation: Operation) -> int:
        """Ask for an operation on the printer, and return the status it answers."""
        return (await self._ask(request_codec.without_more(operation))).code

    async def _well(self, asked: tuple[Operation, tuple[Group, ...]]) -> Message:
        answer = await self._ask(asked)
        self._check(answer, asked[0])
        return answer

    def _check(self, answer: Message, operation: Operation) -> None:
        if answer.code >= request_codec.UNDETERMINED_SOURCE:
            raise self._nonsense(f"{answer.code:#06x} to operation {operation:#06x}; expected successful-ok", answer)

    async def _ask(
        self, asked: tuple[Operation, tuple[Group, ...]], *, document: bytes = b"", deadline_s: float | None = None
    ) -> Message:
        self._asked = self._asked % HIGHEST_ID + 1
        request = request_codec.request(asked, uri=self._link.port, request_id=self._asked, document=document)
        wait_s = self._deadline_s if deadline_s is None else deadline_s
        if wait_s <= 0:
            raise DeadlineError(self._device, "no time left to ask", deadline_s=0.0)
        payload = await self._link.exchange(ipp_codec.encode(request), deadline_s=wait_s)
        try:
            answer = ipp_codec.decode(payload)
        except ipp_codec.IppSyntaxError as error:
            evidence = payload[:MOST_EVIDENCE_BYTES]
            raise ProtocolError(self._device, f"{self._link.port} answers no IPP: {error}", evidence=evidence) from error
        if answer.request_id != request.request_id or answer.version >> 8 not in (1, 2):
            raise self._nonsense("another question; expected the number of ours", answer)
        return answer

    def _nonsense(self, what: str, answer: Message) -> ProtocolError:
        evidence = f"{answer.version:04x} {answer.code:04x} {answer.request_id}".encode()
        return ProtocolError(self._device, f"{self._link.port} answers {what}", evidence=evidence)
