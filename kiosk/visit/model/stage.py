"""Stages: everything a visit can be at, one type a stage, so that a half-possible visit cannot be written down."""

from dataclasses import dataclass, field

from kiosk.gateway.platform import KnownBy
from kiosk.services.offer import Withdrawal
from kiosk.services.service import Paper, Service
from kiosk.visit.model.matter import Case, Identified, Submission
from kiosk.visit.model.words import (
    ASKS_BY_ITSELF,
    GOODBYE_S,
    CardPrompt,
    FacePrompt,
    MatterState,
    PayState,
    ScanState,
    TroubleKind,
    VisitOutcome,
)

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
