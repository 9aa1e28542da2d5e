"""Visit: everything that is true of the visit now, one type a stage, so that a half-possible visit cannot be written down."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from drivers.contract.id_card_reader import IdCard
from kiosk.gateway.platform import Application, Document
from kiosk.services.offer import Offer, Withdrawal
from kiosk.services.service import Service

GOODBYE_S = 8.0
"""Seconds the goodbye stands before the page goes home by itself."""

MAX_REPRINTS = 2
"""补打 2 is the last: whoever needs a third copy needs a person, not a machine."""

ASKS_BY_ITSELF = 6
"""How often the platform is asked without a touch what became of a matter; a minute later a person is the quicker way."""


class CardPrompt(StrEnum):
    """What the person is asked to do with the card."""

    PUT_CARD = "put_card"
    READING = "reading"
    """Leave it there: it is being read."""
    PRESENT_AGAIN = "present_again"
    WRONG_CARD = "wrong_card"
    NOT_AUTHENTIC = "not_authentic"


class PaperSeen(StrEnum):
    """What the person says came out of the slot."""

    WHOLE = "whole"
    PART = "part"
    NOTHING = "nothing"


class MatterState(StrEnum):
    """Whether the matter went through."""

    DONE = "done"
    NOT_DONE = "not_done"
    UNKNOWN = "unknown"


class VisitOutcome(StrEnum):
    """How a visit ended; every visit that began has exactly one."""

    DONE = "done"
    WITHOUT_RECEIPT = "without_receipt"
    """The matter went through; the receipt did not come out whole, as far as anyone knows."""
    REFUSED = "refused"
    NOT_DONE = "not_done"
    UNKNOWN = "unknown"
    LEFT = "left"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the person chose for reading and hearing; back to this after each visit."""

    text_size: Literal[0, 1, 2, 3] = 0
    voice_is_on: bool = False
    volume: Literal[0, 1, 2, 3] = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """A person whose card was read. ``seed`` is random, made for this reading; every key of hers comes from it."""

    person: IdCard = field(repr=False)
    seed: str = field(repr=False)

    def application(self, service: Service) -> Application:
        """Her application for ``service``: asked for twice it is the same one, with the same key."""
        key = hashlib.sha256(f"{self.seed}/{service.id}".encode()).hexdigest()[:32]
        return Application(key=key, service=service.id, person=self.person)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A matter that went through: what was issued. The card's data are gone by now."""

    service: Service
    key: str
    document: Document


# --- before anything was begun ---


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRest:
    """Nobody is being served: the idle page, or out of service when nothing is offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """The catalogue. ``page`` counts from 1; ``held`` is who was identified before she went back."""

    page: int = 1
    held: Identified | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guiding:
    """办事指南 of one service."""

    service: Service
    held: Identified | None = None


# --- who is it ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The reader waits for a card, or reads it.

    Attributes:
        asked: What the page asks for whenever no card is being read: to lay one down, or what was wrong with the last one.
        failures: Readings in a row that had to be repeated.
    """

    service: Service
    job: int
    prompt: CardPrompt = CardPrompt.PUT_CARD
    asked: CardPrompt = CardPrompt.PUT_CARD
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderAway:
    """The reader does not answer; it is asked again by itself. ``waited_s`` since it was last asked."""

    service: Service
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirming:
    """Is it you?"""

    service: Service
    identified: Identified


# --- the irreversible step ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One person's one application for one service."""

    service: Service
    identified: Identified

    @property
    def application(self) -> Application:
        """The application; the same key every time."""
        return self.identified.application(self.service)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitting:
    """Handed in; waiting for the platform."""

    submission: Submission
    job: int
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingAgain:
    """It may have gone through: the platform is asked what became of it, by key."""

    submission: Submission
    job: int
    elapsed_s: float = 0.0


# --- what she goes home with ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """The answer on the screen."""

    case: Case


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparingPrint:
    """The print is being written down before it begins. ``reprint`` is what will stand on the paper."""

    case: Case
    job: int
    reprint: int
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """Paper moves. ``progress`` 0.0 to 1.0."""

    case: Case
    job: int
    reprint: int
    progress: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperAsked:
    """Nobody but the person knows what came out: she is asked."""

    case: Case
    reprint: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterAwaited:
    """The receipt is still owed; nothing is printed before she asks for it. ``reprint`` is what the next paper bears."""

    case: Case
    reprint: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """The receipt is out."""

    case: Case
    reprint: int
    must_tear: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """好差评. Of the matter only its random key and how it ended are left."""

    service: Service
    key: str
    outcome: VisitOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Farewell:
    """Thanks; everything has been wiped."""

    remaining_s: float = GOODBYE_S


# --- what went wrong, and what may be tried again without repeating an effect ---


class TroubleKind(StrEnum):
    """What happened."""

    PLATFORM_OFFLINE = "platform_offline"
    PLATFORM_REFUSED = "platform_refused"
    OUTCOME_UNKNOWN = "outcome_unknown"
    SERVICE_WITHDRAWN = "service_withdrawn"
    CARD_NOT_READ = "card_not_read"
    CARD_EXPIRED = "card_expired"
    RESTARTED = "restarted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAgain:
    """Lay the card down once more."""

    service: Service


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitAgain:
    """It certainly has not gone through: hand it in, under the same key as before."""

    submission: Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAgain:
    """It may have gone through: ask again, never hand in again. While the page stands the machine asks by itself, too.

    Attributes:
        asks_left: How often it still asks by itself.
        waited_s: Seconds since the last answer.
        job: The asking that is on its way, or None.
    """

    submission: Submission
    asks_left: int = ASKS_BY_ITSELF
    waited_s: float = 0.0
    job: int | None = None


Retry = ReadAgain | SubmitAgain | AskAgain


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubled:
    """It went wrong, said honestly.

    Attributes:
        said: Words for the person from their one source (the platform, the fault catalogue), or empty.
        withdrawal: The fault behind it, when there is one: its code goes over the telephone.
        retry: What may be tried again, or None.
    """

    kind: TroubleKind
    matter: MatterState
    service: Service | None
    retry: Retry | None = None
    said: str = field(default="", repr=False)
    withdrawal: Withdrawal | None = None


Stage = (
    AtRest
    | Choosing
    | Guiding
    | Reading
    | ReaderAway
    | Confirming
    | Submitting
    | AskingAgain
    | Showing
    | PreparingPrint
    | Printing
    | PaperAsked
    | PrinterAwaited
    | Taking
    | Rating
    | Farewell
    | Troubled
)


# --- pages laid over a stage; closing one leads back to where one was ---


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpOpen:
    """Whom to call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSizesOpen:
    """大字."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceOpen:
    """语音."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClerkTaskOpen:
    """The clerk's task on a page of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveAsked:
    """回首页 in the middle of a matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillThereAsked:
    """Nobody touched anything for a while."""

    remaining_s: float
    total_s: float


Overlay = HelpOpen | TextSizesOpen | VoiceOpen | ClerkTaskOpen | LeaveAsked | StillThereAsked


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The visit, and what it must know of the machine to go on.

    Attributes:
        begun: The service whose steps she has begun, until the visit has ended.
        jobs: How many jobs (readings, submissions, prints) were ever begun; a late answer of an old one is not taken.
        idle_s: Seconds since anything happened.
        repair_reported: 报修 was pressed in this visit.
    """

    stage: Stage
    overlay: Overlay | None = None
    settings: Settings = Settings()
    begun: Service | None = None
    jobs: int = 0
    idle_s: float = 0.0
    repair_reported: bool = False
    offers: tuple[Offer, ...] = ()
    reader_is_ready: bool = False
    printer_is_ready: bool = False

    def offer_of(self, service: Service) -> Offer | None:
        """How ``service`` stands now; None when nothing is known of it."""
        return next((offer for offer in self.offers if offer.service.id == service.id), None)

    @property
    def is_any_offered(self) -> bool:
        """Whether at least one service can be finished now."""
        return any(offer.withdrawal is None for offer in self.offers)


AT_REST = Visit(stage=AtRest())
"""Before anything is known of the machine: nothing is offered."""


def tiles_a_page(settings: Settings) -> int:
    """How many services a page of the catalogue holds: five, four when the letters are big."""
    return 5 if settings.text_size < 2 else 4


def pages_of(visit: Visit) -> int:
    """How many pages the catalogue has, at least one."""
    return max(1, -(-len(visit.offers) // tiles_a_page(visit.settings)))


def page_of(visit: Visit, service: Service) -> int:
    """On which page of the catalogue ``service`` stands, from 1."""
    place = next((place for place, offer in enumerate(visit.offers) if offer.service.id == service.id), 0)
    return place // tiles_a_page(visit.settings) + 1
