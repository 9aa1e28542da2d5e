"""Visit: everything that is true of the visit now, one type a stage, so that a half-possible visit cannot be written down."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from kiosk.gateway.platform import Application, Document, FaceSeen, KnownBy, Person
from kiosk.services.offer import Offer, Withdrawal
from kiosk.services.service import Capability, Paper, Service, StepKind

GOODBYE_S = 8.0
"""Seconds the goodbye stands before the page goes home by itself."""

MAX_REPRINTS = 2
"""补打 2 is the last: whoever needs a third copy needs a person, not a machine."""

ASKS_BY_ITSELF = 6
"""How often the platform is asked without a touch what became of a matter; a minute later a person is the quicker way."""


MAX_SHEETS = 10
"""Sheets of paper one person may lay under the camera."""


class CardPrompt(StrEnum):
    """What the person is asked to do with the card, or with the code on her phone."""

    PUT_CARD = "put_card"
    READING = "reading"
    """Leave it there: it is being read."""
    PRESENT_AGAIN = "present_again"
    WRONG_CARD = "wrong_card"
    NOT_AUTHENTIC = "not_authentic"
    BANK_CARD = "bank_card"
    NEEDS_PIN = "needs_pin"
    NOT_ACCEPTED = "not_accepted"


class FacePrompt(StrEnum):
    """What the person before the camera is asked to do; the values of ``drivers.contract.camera.Guidance``, and the ends."""

    GOOD = "good"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    COME_CLOSER = "come_closer"
    STEP_BACK = "step_back"
    TO_THE_MIDDLE = "to_the_middle"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    HOLD_STILL = "hold_still"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_STRAIGHT = "look_straight"
    COMPARING = "comparing"
    NOT_MATCHED = "not_matched"
    NOT_POSSIBLE = "not_possible"
    """The camera, or whoever compares, does not answer now."""


class FaceWay(StrEnum):
    """A way on without the face."""

    PHONE_CODE = "phone_code"
    WITHOUT_FACE = "without_face"


class ScanState(StrEnum):
    """Where the scanning of papers stands."""

    WAITING = "waiting"
    TAKING = "taking"
    TAKEN = "taken"
    REFUSED = "refused"


class PayState(StrEnum):
    """Where the showing of the payment code stands."""

    SHOW_CODE = "show_code"
    REFUSED = "refused"
    SCANNER_AWAY = "scanner_away"


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
    """A person who said who she is. ``seed`` is random, made for this reading; every key of hers comes from it."""

    person: Person = field(repr=False)
    seed: str = field(repr=False)

    def key(self, service: Service, act: str = "") -> str:
        """The key of her application for ``service``, or of another act that belongs to it: the same one every time."""
        return hashlib.sha256(f"{self.seed}/{service.id}{act}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One person's one application for one service, as far as it has been made ready.

    Attributes:
        sheets: Sheets of hers that were taken and are kept by the runner, until they have been handed in.
        papers: The platform's name for the papers that were handed in, or empty.
        refused_payments: Attempts to pay that took nothing; the next has a key of its own.
        payment: The key of the payment that went through, or empty.
    """

    service: Service
    identified: Identified
    face: FaceSeen = FaceSeen.NOT_ASKED
    sheets: int = 0
    papers: str = ""
    refused_payments: int = 0
    payment: str = ""

    @property
    def key(self) -> str:
        """Names the application for ever."""
        return self.identified.key(self.service)

    @property
    def payment_key(self) -> str:
        """Names the attempt to pay that is on: the same key never takes money twice."""
        return self.identified.key(self.service, f"/pay/{self.refused_payments + 1}")

    @property
    def application(self) -> Application:
        """The application; the same key every time."""
        return Application(
            key=self.key,
            service=self.service.id,
            person=self.identified.person,
            face=self.face,
            papers=self.papers,
            payment=self.payment,
        )

    def is_done(self, step: StepKind) -> bool:
        """Whether one of the steps between 核对 and handing in is behind her."""
        match step:
            case StepKind.FACE:
                return self.face is not FaceSeen.NOT_ASKED
            case StepKind.SCAN:
                return bool(self.papers)
            case StepKind.PAY:
                return bool(self.payment)
            case _:
                return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A matter that went through: what was issued. The card's data are gone by now, but for which card it was."""

    service: Service
    key: str
    document: Document
    way: KnownBy = KnownBy.ID_CARD


# --- before anything was begun ---


@dataclass(frozen=True, slots=True, kw_only=True)
class AtRest:
    """Nobody is being served: the idle page, or out of service when nothing is offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """The catalogue. ``page`` counts from 1; ``held`` and ``so_far`` are what she had done before she went back."""

    page: int = 1
    held: Identified | None = None
    so_far: Submission | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guiding:
    """办事指南 of one service."""

    service: Service
    held: Identified | None = None
    so_far: Submission | None = None


# --- a card that was left on the machine ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look at the readers that is on its way; ``job`` counts the looks."""

    job: int
    ways: tuple[KnownBy, ...]
    is_own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLying:
    """A card lies on a reader that should be empty. Nothing of anybody is held here.

    Attributes:
        is_own: It is the card of the visit that has just ended; otherwise somebody forgot hers before this one began.
        stands_s: How long the page has stood.
        waited_s: Since the readers were last looked at.
    """

    ways: tuple[KnownBy, ...]
    is_own: bool
    stands_s: float = 0.0
    waited_s: float = 0.0


# --- who is it ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A reader waits for a card or a phone, or reads it.

    Attributes:
        way: Which reader.
        asked: What the page asks for whenever no card is being read: to lay one down, or what was wrong with the last one.
        failures: Readings in a row that had to be repeated.
    """

    service: Service
    job: int
    way: KnownBy = KnownBy.ID_CARD
    prompt: CardPrompt = CardPrompt.PUT_CARD
    asked: CardPrompt = CardPrompt.PUT_CARD
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderAway:
    """The reader does not answer; it is asked again by itself. ``waited_s`` since it was last asked."""

    service: Service
    way: KnownBy = KnownBy.ID_CARD
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirming:
    """Is it you? ``so_far`` is what she had done of the matter before she came back to this question."""

    service: Service
    identified: Identified
    so_far: Submission | None = None


# --- what the matter asks for before it is handed in ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Facing:
    """Look into the camera.

    Attributes:
        is_looking: The camera works, or the picture is being compared; otherwise the page waits for her.
        failures: Pictures that were not taken for her.
    """

    submission: Submission
    job: int
    prompt: FacePrompt = FacePrompt.LOOK_STRAIGHT
    is_looking: bool = True
    failures: int = 0
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvingByPhone:
    """The code on her phone, in place of her face. ``prompt`` and ``asked`` as while ``Reading``."""

    submission: Submission
    job: int
    prompt: CardPrompt = CardPrompt.PUT_CARD
    asked: CardPrompt = CardPrompt.PUT_CARD
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanning:
    """Papers under the overhead camera. ``problem`` is why the last sheet could not be used, as ``ScanRefusal`` says it."""

    submission: Submission
    job: int
    state: ScanState = ScanState.WAITING
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingPapers:
    """The sheets are being bound and handed in."""

    submission: Submission
    job: int
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PayAsked:
    """The scanner waits for the code of the phone's purse.

    Attributes:
        said: Why nothing was taken the last time, in the platform's words.
        waited_s: Since a scanner that is away was last asked.
    """

    submission: Submission
    job: int
    state: PayState = PayState.SHOW_CODE
    said: str = field(default="", repr=False)
    waited_s: float = 0.0


# --- the irreversible steps ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Paying:
    """The platform takes the money, or is asked whether it has."""

    submission: Submission
    job: int
    is_asking: bool = False
    elapsed_s: float = 0.0


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
class ShowingCode:
    """The result as a code to be taken along with a phone, in place of the paper that should have been."""

    case: Case
    instead_of: Paper


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparingPrint:
    """The print is being written down before it begins. ``reprint`` is what will stand on the paper."""

    case: Case
    job: int
    reprint: int
    paper: Paper = Paper.RECEIPT
    first_page: int = 1
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """Paper moves.

    Attributes:
        first_page: Where this print begins; what lies before it has come out already.
        page: Pages of the document that are out by now.
        progress: 0.0 to 1.0.
    """

    case: Case
    job: int
    reprint: int
    paper: Paper = Paper.RECEIPT
    first_page: int = 1
    page: int = 0
    progress: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperAsked:
    """Nobody but the person knows what came out: she is asked. ``pages_done`` as far as the printer could tell."""

    case: Case
    reprint: int
    paper: Paper = Paper.RECEIPT
    pages_done: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterAwaited:
    """The paper is still owed; nothing is printed before she asks for it.

    Attributes:
        reprint: What the next paper bears.
        pages_done: Pages from the first that are known to have come out whole; None when nobody can tell.
    """

    case: Case
    reprint: int
    paper: Paper = Paper.RECEIPT
    pages_done: int | None = None

    @property
    def can_print_rest(self) -> bool:
        """Whether the missing pages alone may be printed."""
        if self.paper is not Paper.DOCUMENT or not self.case.service.may_continue_print or self.pages_done is None:
            return False
        return 0 < self.pages_done < self.case.document.pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewing:
    """A document of which only a part came out is declared void, and asked for anew under another number."""

    case: Case
    job: int
    reprint: int
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """The paper is out.

    Attributes:
        stands_s: How long it has been.
        job: The last look at the printer's exit.
        is_waiting: Whether the paper was still there; None when the printer cannot tell.
        is_reported: The fleet has been told that nobody took it.
    """

    case: Case
    reprint: int
    must_tear: bool
    paper: Paper = Paper.RECEIPT
    stands_s: float = 0.0
    job: int = 0
    is_waiting: bool | None = None
    is_reported: bool = False


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
    FACE_NOT_MATCHED = "face_not_matched"
    PAYMENT_UNKNOWN = "payment_unknown"
    CABINET_OPEN = "cabinet_open"
    DOCUMENT_VOIDED = "document_voided"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAgain:
    """Lay the card down once more."""

    service: Service


@dataclass(frozen=True, slots=True, kw_only=True)
class GoOnAgain:
    """It certainly has not gone through: go on with the first step that is not behind her, under the same key as before."""

    submission: Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPapersAgain:
    """The sheets are still here: bind them and hand them in under the same key."""

    submission: Submission


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAgain:
    """It may have gone through: ask again, never hand in again. While the page stands the machine asks by itself, too.

    Attributes:
        is_payment: The payment is asked for, and not the application.
        asks_left: How often it still asks by itself.
        waited_s: Seconds since the last answer.
        job: The asking that is on its way, or None.
    """

    submission: Submission
    is_payment: bool = False
    asks_left: int = ASKS_BY_ITSELF
    waited_s: float = 0.0
    job: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewAgain:
    """Declare the half-printed document void and ask for a new one; both may be repeated."""

    case: Case
    reprint: int


Retry = ReadAgain | GoOnAgain | SendPapersAgain | AskAgain | RenewAgain


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubled:
    """It went wrong, said honestly.

    Attributes:
        said: Words for the person from their one source (the platform, the fault catalogue), or empty.
        withdrawal: The fault behind it, when there is one: its code goes over the telephone.
        retry: What may be tried again, or None.
        is_paid: The money was taken, and the matter has certainly not been handed in.
        is_being_asked: The page of a restart: the platform may still tell what became of the matter.
    """

    kind: TroubleKind
    matter: MatterState
    service: Service | None
    retry: Retry | None = None
    is_paid: bool = False
    is_being_asked: bool = field(default=False, compare=False)
    said: str = field(default="", repr=False)
    withdrawal: Withdrawal | None = None


Stage = (
    AtRest
    | Choosing
    | Guiding
    | CardLying
    | Reading
    | ReaderAway
    | Confirming
    | Facing
    | ProvingByPhone
    | Scanning
    | SendingPapers
    | PayAsked
    | Paying
    | Submitting
    | AskingAgain
    | Showing
    | ShowingCode
    | PreparingPrint
    | Printing
    | PaperAsked
    | PrinterAwaited
    | Renewing
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
        looks: How often the readers were looked at; a late answer to an old look is not taken.
        readers_used: Readers into which a card of this visit may have been put.
        look: The look at the readers that is on its way.
        ready: Every capability that works now.
    """

    stage: Stage
    overlay: Overlay | None = None
    settings: Settings = Settings()
    begun: Service | None = None
    jobs: int = 0
    idle_s: float = 0.0
    repair_reported: bool = False
    looks: int = 0
    readers_used: tuple[KnownBy, ...] = ()
    look: Look | None = None
    offers: tuple[Offer, ...] = ()
    ready: frozenset[Capability] = frozenset()

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
