"""Effect: everything a visit can ask for, in the imperative. The runner does it and answers with an event."""

from dataclasses import dataclass, field

from kiosk.gateway.platform import Application, Document, KnownBy, Person
from kiosk.journal import IntentOutcome
from kiosk.services.service import Paper, Service
from kiosk.visit.model import PaperSeen, VisitOutcome

Fact = str | int | float | bool
"""What may be told to the fleet of one visit; never anything personal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginVisit:
    """Open a row in the ledger."""

    service: Service


@dataclass(frozen=True, slots=True, kw_only=True)
class EndVisit:
    """Wipe: end every job, empty the printer's buffer, close the row.

    Attributes:
        steps: How many steps of the service she had done.
    """

    service: Service
    outcome: VisitOutcome
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LookForCards:
    """Look whether a card lies on one of these readers."""

    job: int
    ways: tuple[KnownBy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCard:
    """Wait for a card, or for the code on a phone."""

    job: int
    way: KnownBy = KnownBy.ID_CARD


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPayCode:
    """Wait for the code of a phone's purse."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeFace:
    """Take one picture of a living face, have it compared with ``person``'s, and wipe it."""

    job: int
    person: Person = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSheet:
    """Take the sheet under the overhead camera and keep it with the other sheets of the application ``key``."""

    job: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReading:
    """Nobody waits for a card, a code, a face or a sheet any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropSheet:
    """Wipe the sheet that was taken last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DropSheets:
    """Wipe every sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandInPapers:
    """Bind the sheets and hand them in; what was handed in is wiped."""

    job: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay:
    """Have the money taken, after the ledger knows."""

    job: int
    key: str
    service: str
    amount_fen: int
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPayment:
    """Ask what became of a payment."""

    job: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlePayment:
    """Give the payment in the ledger its one outcome."""

    outcome: IntentOutcome
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submit:
    """Hand in, after the ledger knows."""

    job: int
    application: Application


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPlatform:
    """Ask what became of an application."""

    job: int
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleSubmission:
    """Give the submission in the ledger its one outcome."""

    outcome: IntentOutcome
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """Print one paper, after the ledger knows."""

    job: int
    key: str
    document: Document
    reprint: int
    paper: Paper = Paper.RECEIPT
    first_page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewDocument:
    """Declare the document ``number`` void and ask for the one that takes its place."""

    job: int
    key: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LookForPaper:
    """Look whether the receipt is still in the printer's exit."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawBackPaper:
    """Have a receipt that nobody took drawn back, where the printer can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAnswer:
    """Keep beside the last print what the person saw."""

    seen: PaperSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class HandInRating:
    """Hand in the rating; nobody waits for it."""

    key: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Tell the fleet. Nothing personal."""

    name: str
    facts: tuple[tuple[str, Fact], ...] = field(default=())


Effect = (
    BeginVisit
    | EndVisit
    | LookForCards
    | ReadCard
    | ReadPayCode
    | TakeFace
    | TakeSheet
    | StopReading
    | DropSheet
    | DropSheets
    | HandInPapers
    | Pay
    | AskPayment
    | SettlePayment
    | Submit
    | AskPlatform
    | SettleSubmission
    | Print
    | RenewDocument
    | LookForPaper
    | DrawBackPaper
    | RecordAnswer
    | HandInRating
    | Report
)
