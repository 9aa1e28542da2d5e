"""The words of the ledger."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class IntentKind(StrEnum):
    """An act that must not be repeated by itself."""

    SUBMIT = "submit"
    PRINT = "print"
    PAY = "pay"


class IntentOutcome(StrEnum):
    """What came of an intent. Each has exactly one, for ever."""

    DONE = "done"
    NOT_STARTED = "not_started"
    """It certainly had no effect."""
    PARTIAL = "partial"
    UNKNOWN = "unknown"
    """It may have had its effect; nobody repeats it without a person's answer."""


class JournalError(Exception):
    """The ledger could not be written or read in time. Whoever wanted to act must not: nothing was begun."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledIntent:
    """One intent with its outcome.

    Attributes:
        key: The random key of the application or the payment; names the matter, says nothing of the person.
        reprint: 0 for an original, a submission or a payment, n for 补打 n.
        by_restart: Whether the outcome was given by ``settle_after_crash``: for want of a better, or because it never began.
    """

    kind: IntentKind
    key: str
    reprint: int
    outcome: IntentOutcome
    by_restart: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIntent:
    """A submission or a payment that was sent and has no outcome: the platform alone knows, and is asked by ``key``.

    Attributes:
        intent: The number that names it in later calls.
        visit: The number of its visit.
    """

    intent: int
    visit: int
    kind: IntentKind
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptedVisit:
    """A visit that had begun and never ended, with everything it had meant to do that has an outcome.

    Attributes:
        visit: Its number.
        last_seen_at: The last moment the ledger knows of it, UTC.
    """

    visit: int
    service: str
    began_at: datetime
    last_seen_at: datetime
    intents: tuple[SettledIntent, ...]

    def outcome_of(self, kind: IntentKind) -> IntentOutcome | None:
        """What came of its last intent of this kind; None when it never meant to."""
        return next((intent.outcome for intent in reversed(self.intents) if intent.kind is kind), None)
