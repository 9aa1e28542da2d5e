"""Effect: everything a visit can ask for, in the imperative. The runner does it and answers with an event."""

from dataclasses import dataclass, field

from kiosk.gateway.platform import Application, Document
from kiosk.journal import IntentOutcome
from kiosk.services.service import Service
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
class ReadCard:
    """Wait for a card."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StopReading:
    """Nobody waits for a card any more."""


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
    """Print one receipt, after the ledger knows."""

    job: int
    key: str
    document: Document
    reprint: int


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
    | ReadCard
    | StopReading
    | Submit
    | AskPlatform
    | SettleSubmission
    | Print
    | RecordAnswer
    | HandInRating
    | Report
)
