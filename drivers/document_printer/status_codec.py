"""What a printer answers about itself, as a reading: RFC 8011 section 5.4, PWG 5100.9 and 5100.13."""

from dataclasses import dataclass
from enum import IntEnum

from drivers.contract.device import Identity
from drivers.contract.status import Condition, Supply, Symptom
from drivers.document_printer.message_codec import Group
from drivers.document_printer.reasons import DEGRADED_CODES, DocumentPrinterCode, code_of_reason
from drivers.document_printer.request_codec import PDF, Operation
from drivers.document_printer.supplies_codec import supplies_of

MOST_WORDS = 32
"""Reasons of a printer that are read; no printer has that many troubles."""

LONGEST_WORD = 80


class PrinterState(IntEnum):
    """RFC 8011 section 5.4.11."""

    UNKNOWN = 0
    IDLE = 3
    PROCESSING = 4
    STOPPED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterReading:
    """Everything the printer said about itself at one moment.

    Attributes:
        reasons: As it says them, ``none`` left out.
        codes: The faults they are, worst first.
        supplies: Paper and what marks it.
        page_counter: Impressions in its whole life; None when it has no counter.
        can_resume: Operations with which a paused printer can be woken.
        knows_one_sided: Whether it lets us ask for one-sided printing.
        media: Papers it knows, by name.
    """

    state: PrinterState
    reasons: tuple[str, ...]
    codes: tuple[DocumentPrinterCode, ...]
    supplies: tuple[Supply, ...]
    page_counter: int | None
    can_resume: tuple[Operation, ...]
    knows_one_sided: bool
    media: tuple[str, ...]
    identity: Identity

    @property
    def stops(self) -> tuple[DocumentPrinterCode, ...]:
        """Why nothing can be printed now."""
        return tuple(code for code in self.codes if code not in DEGRADED_CODES)

    @property
    def condition(self) -> Condition:
        """How it is, in the house's words. A printer at work on somebody else's job is ready for ours."""
        if self.stops:
            return Condition.FAILED
        return Condition.DEGRADED if self.codes else Condition.READY

    @property
    def symptoms(self) -> tuple[Symptom, ...]:
        """Everything wrong, with its evidence."""
        return tuple(Symptom(code=code, detail=self.evidence) for code in self.codes)

    @property
    def evidence(self) -> str:
        """For a technician: ``printer stopped media-empty-error, counter 1204``."""
        counter = "" if self.page_counter is None else f", counter {self.page_counter}"
        return f"printer {self.state.name.lower()} {' '.join(self.reasons) or 'none'}{counter}"


def read_printer(group: Group, *, ignores: frozenset[str] = frozenset()) -> PrinterReading | None:
    """Read the printer's attributes; None when they do not even tell a state.

    Args:
        group: The printer's attributes in an answer to Get-Printer-Attributes.
        ignores: Reasons without meaning on this printer, as it says them without their severity.
    """
    number = group.integer("printer-state")
    if number is None:
        return None
    state = PrinterState(number) if number in set(PrinterState) else PrinterState.UNKNOWN
    reasons = tuple(_printable(word) for word in group.words("printer-state-reasons")[:MOST_WORDS] if word != "none")
    formats = group.words("document-format-supported")
    found = {code for word in reasons if not _is_ignored(word, ignores) and (code := code_of_reason(word)) is not None}
    if formats and PDF not in formats:
        found.add(DocumentPrinterCode.NO_PDF)
    if group.boolean("printer-is-accepting-jobs") is False:
        found.add(DocumentPrinterCode.PAUSED)
    if state is PrinterState.STOPPED and found <= DEGRADED_CODES:
        found.add(DocumentPrinterCode.STOPPED)
    codes = tuple(code for code in DocumentPrinterCode if code in found)
    offered = set(group.integers("operations-supported"))
    return PrinterReading(
        state=state,
        reasons=reasons,
        codes=codes,
        supplies=supplies_of(
            group,
            paper_is_low=bool(found & {DocumentPrinterCode.PAPER_LOW, DocumentPrinterCode.PAPER_OUT}),
            toner_is_low=bool(found & {DocumentPrinterCode.TONER_LOW, DocumentPrinterCode.TONER_EMPTY}),
        ),
        page_counter=_at_least_none(group.integer("printer-impressions-completed")),
        can_resume=tuple(each for each in (Operation.ENABLE_PRINTER, Operation.RESUME_PRINTER) if each in offered),
        knows_one_sided="one-sided" in group.words("sides-supported"),
        media=group.words("media-supported"),
        identity=_identity(group),
    )


def _is_ignored(word: str, ignores: frozenset[str]) -> bool:
    return word in ignores or any(word.removesuffix(f"-{severity}") in ignores for severity in ("report", "warning", "error"))


def _identity(group: Group) -> Identity:
    named = dict(part.partition(":")[::2] for part in group.word("printer-device-id").split(";") if ":" in part)
    fields = {key.strip().upper(): value.strip() for key, value in named.items()}
    model = group.word("printer-make-and-model") or " ".join(
        part for part in (fields.get("MFG", fields.get("MANUFACTURER", "")), fields.get("MDL", fields.get("MODEL", ""))) if part
    )
    serial = group.word("printer-serial-number") or fields.get("SN", fields.get("SERN", "")) or group.word("printer-uuid")
    firmware = group.word("printer-firmware-string-version")
    return Identity(model=_printable(model), serial=_printable(serial), firmware=_printable(firmware))


def _at_least_none(counter: int | None) -> int | None:
    return counter if counter is not None and counter >= 0 else None


def _printable(word: str) -> str:
    """Cut to what may stand in a log line and on a screen."""
    return "".join(letter if letter.isprintable() else "?" for letter in word[:LONGEST_WORD])
