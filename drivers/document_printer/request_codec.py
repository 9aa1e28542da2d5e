"""What we ask a printer, as IPP messages: operations, job attributes and status codes of RFC 8011."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from drivers.document_printer.message_codec import Attribute, Delimiter, Group, Message, Tag, attribute

OUR_NAME = "zhizhu"
"""The requesting user of every job of ours: a printer shows and keeps it, so it names nobody."""

PDF = "application/pdf"

UNDETERMINED_SOURCE = 0x100
"""Statuses below it mean success, RFC 8011 appendix B.1.2: the attributes asked for may be fewer."""


class Operation(IntEnum):
    """RFC 8011 section 5.4.15, RFC 3998 section 2."""

    PRINT_JOB = 0x0002
    CANCEL_JOB = 0x0008
    GET_JOB_ATTRIBUTES = 0x0009
    GET_JOBS = 0x000A
    GET_PRINTER_ATTRIBUTES = 0x000B
    RESUME_PRINTER = 0x0011
    ENABLE_PRINTER = 0x0022


class Status(IntEnum):
    """RFC 8011 appendix B.1, those that are told apart here."""

    OK = 0x0000
    BAD_REQUEST = 0x0400
    NOT_POSSIBLE = 0x0404
    NOT_FOUND = 0x0406
    FORMAT_NOT_SUPPORTED = 0x040A
    OPERATION_NOT_SUPPORTED = 0x0501
    TEMPORARY_ERROR = 0x0505
    NOT_ACCEPTING_JOBS = 0x0506
    BUSY = 0x0507


PRINTER_ATTRIBUTES = (
    "document-format-supported",
    "marker-colors",
    "marker-levels",
    "marker-low-levels",
    "marker-names",
    "marker-types",
    "media-supported",
    "operations-supported",
    "printer-device-id",
    "printer-firmware-string-version",
    "printer-impressions-completed",
    "printer-input-tray",
    "printer-is-accepting-jobs",
    "printer-make-and-model",
    "printer-serial-number",
    "printer-state",
    "printer-state-reasons",
    "printer-supply",
    "printer-uuid",
    "queued-job-count",
    "sides-supported",
)
"""PWG 5100.13 and 5100.9 define those that RFC 8011 does not. A printer leaves out what it has not."""

JOB_ATTRIBUTES = (
    "job-id",
    "job-impressions-completed",
    "job-media-sheets-completed",
    "job-name",
    "job-originating-user-name",
    "job-state",
    "job-state-reasons",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """How a document is to be printed; only what the printer says it knows is asked for."""

    job_name: str
    media: str | None
    is_one_sided: bool


def printer_attributes() -> tuple[Operation, tuple[Group, ...]]:
    """How is the printer, and what can it do?"""
    return Operation.GET_PRINTER_ATTRIBUTES, _operation(_wanted(PRINTER_ATTRIBUTES))


def print_job(ticket: Ticket) -> tuple[Operation, tuple[Group, ...]]:
    """Print the PDF that follows the attributes."""
    job = [attribute("copies", Tag.INTEGER, 1)]
    if ticket.is_one_sided:
        job.append(attribute("sides", Tag.KEYWORD, "one-sided"))
    if ticket.media is not None:
        job.append(attribute("media", Tag.KEYWORD, ticket.media))
    named = (
        attribute("job-name", Tag.NAME, ticket.job_name),
        attribute("ipp-attribute-fidelity", Tag.BOOLEAN, False),
        attribute("document-format", Tag.MIME_TYPE, PDF),
    )
    return Operation.PRINT_JOB, (*_operation(*named), Group(Delimiter.JOB, tuple(job)))


def job_attributes(job: int) -> tuple[Operation, tuple[Group, ...]]:
    """How far is this job?"""
    return Operation.GET_JOB_ATTRIBUTES, _operation(attribute("job-id", Tag.INTEGER, job), _wanted(JOB_ATTRIBUTES))


def jobs(*, are_over: bool) -> tuple[Operation, tuple[Group, ...]]:
    """Which jobs of ours are there, over or not over?"""
    which = attribute("which-jobs", Tag.KEYWORD, "completed" if are_over else "not-completed")
    return Operation.GET_JOBS, _operation(which, attribute("my-jobs", Tag.BOOLEAN, True), _wanted(JOB_ATTRIBUTES))


def cancel_job(job: int) -> tuple[Operation, tuple[Group, ...]]:
    """Print no more of this job."""
    return Operation.CANCEL_JOB, _operation(attribute("job-id", Tag.INTEGER, job))


def without_more(operation: Operation) -> tuple[Operation, tuple[Group, ...]]:
    """An operation on the printer that says everything by itself."""
    return operation, _operation()


def request(asked: tuple[Operation, tuple[Group, ...]], *, uri: str, request_id: int, document: bytes = b"") -> Message:
    """Address what is asked to a printer.

    RFC 8011 section 4.1.4: charset and language come first, then the target, in this order.
    """
    operation, (first, *rest) = asked
    address = (
        attribute("attributes-charset", Tag.CHARSET, "utf-8"),
        attribute("attributes-natural-language", Tag.LANGUAGE, "en"),
        attribute("printer-uri", Tag.URI, uri),
    )
    # The job's number belongs directly behind the printer it is on (RFC 8011 section 4.1.5); the user behind both.
    ids = tuple(each for each in first.attributes if each.name == "job-id")
    others = tuple(each for each in first.attributes if each.name != "job-id")
    user = attribute("requesting-user-name", Tag.NAME, OUR_NAME)
    whole = Group(Delimiter.OPERATION, (*address, *ids, user, *others))
    return Message(code=operation, request_id=request_id, groups=(whole, *rest), document=document)


def _operation(*attributes: Attribute) -> tuple[Group, ...]:
    return (Group(Delimiter.OPERATION, attributes),)


def _wanted(names: Sequence[str]) -> Attribute:
    return attribute("requested-attributes", Tag.KEYWORD, *names)
