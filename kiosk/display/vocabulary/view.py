"""View: what a page shows, one frozen type a page."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal


class StepState(StrEnum):
    """Where a step of the matter stands."""

    DONE = "done"
    NOW = "now"
    TO_COME = "to_come"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDot:
    """One dot of the step line. ``step`` is a step kind (``guide``, ``identify`` ...); its word stands in the words files."""

    step: str
    state: StepState


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every page carries around its matter.

    Attributes:
        place: Short name of the village, e.g. ``光明村``.
        local_time: Wall clock at the kiosk, aware, in its own time zone.
        steps: Steps done and to come; empty while no matter is being done.
        can_go_back: Whether 返回 can be pressed (grey otherwise, never missing).
        can_go_home: Whether 回首页 can be pressed.
        text_size: 0 standard to 3 largest.
        is_voice_on: Whether pages speak by themselves.
    """

    place: str
    local_time: datetime
    steps: tuple[StepDot, ...] = ()
    can_go_back: bool = False
    can_go_home: bool = False
    text_size: int = 0
    is_voice_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Where the same matter can be done now, e.g. 镇便民中心, 2.3 km."""

    name: str
    distance_km: float
    hours: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """Why a service cannot be begun or finished now, and what to do instead.

    Attributes:
        reason: Villager's words of the fault catalogue, e.g. ``打印机缺纸``; empty when only the hour is wrong.
        clerk_knows: Whether the clerk is being shown what to do.
        opens: When its hours begin, in the kiosk's own time, when it is only the hour.
    """

    reason: str
    elsewhere: Elsewhere
    clerk_knows: bool
    opens: datetime | None = None


class ClerkTaskState(StrEnum):
    """Where the clerk's task stands."""

    WAITING = "waiting"
    TESTING = "testing"
    STILL_WRONG = "still_wrong"
    ESCALATED = "escalated"
    """没修好 was pressed: a technician has been told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClerkTask:
    """One thing that needs the clerk's hands; its words come from the fault catalogue.

    Attributes:
        picture: Key of the drawing, e.g. ``change_receipt_roll``.
        appeal: The one action as a headline, e.g. ``换一卷凭条纸``.
        lines: At most three short instruction lines. ``{4}`` stands for the place number sticker 4.
        hint: Where the spare part lies, or what happens next.
    """

    device: str
    code: str
    picture: str
    appeal: str
    lines: tuple[str, ...]
    hint: str
    state: ClerkTaskState


class Standing(StrEnum):
    """What the idle page says of the machine."""

    ALL_WELL = "all_well"
    PAPER_LOW = "paper_low"
    PARTLY = "partly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attract:
    """The idle page.

    Attributes:
        clerk_task: The one card for the clerk, when something needs hands.
        notice: What the bureau wants everybody to read; empty when nothing.
    """

    kind: Literal["attract"] = "attract"
    frame: Frame
    address: str
    topics: tuple[str, ...]
    standing: Standing
    clerk_task: ClerkTask | None
    notice: str = ""


class StandIn(StrEnum):
    """What takes the place of something that does not work now; its words stand in the words files."""

    SOCIAL_SECURITY_CARD = "read_social_security_card"
    PHONE_CODE = "read_phone_code"
    RECEIPT = "print_receipt"
    DOCUMENT = "print_document"
    SCREEN = "show_on_screen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """One substitute: what serves now, and why the usual way does not, in words of the fault catalogue."""

    by: StandIn
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTile:
    """One service in the catalogue.

    Attributes:
        icon: Key of the drawing.
        minutes: How long it usually takes.
        cost_fen: 0 is free.
        withdrawn: Set when it cannot be finished now: the tile is grey, with its reason.
        instead: What works in another way now; the tile is not grey.
    """

    service: str
    title: str
    icon: str
    minutes: int
    cost_fen: int
    withdrawn: Withdrawn | None
    instead: tuple[Instead, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The services, at most five a page. ``page`` counts from 1."""

    kind: Literal["catalogue"] = "catalogue"
    frame: Frame
    tiles: tuple[ServiceTile, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """办事指南 of one service, before any effort is spent. ``bring`` and ``result`` in the service's own words."""

    kind: Literal["guide"] = "guide"
    frame: Frame
    title: str
    lead: str
    bring: str
    minutes: int
    cost_fen: int
    result: str
    withdrawn: Withdrawn | None
    instead: tuple[Instead, ...] = ()


class IdentifyWay(StrEnum):
    """How a person can say who she is."""

    ID_CARD = "id_card"
    SOCIAL_SECURITY_CARD = "social_security_card"
    PHONE_CODE = "phone_code"


class CardPrompt(StrEnum):
    """What the card page says; PUT_CARD and READING are said of a phone's code too."""

    PUT_CARD = "put_card"
    READING = "reading"
    PRESENT_AGAIN = "present_again"
    WRONG_CARD = "wrong_card"
    NOT_AUTHENTIC = "not_authentic"
    READER_AWAY = "reader_away"
    """The reader does not answer; it is being brought back."""
    BANK_CARD = "bank_card"
    """A bank card was put in: nothing of it is read."""
    NEEDS_PIN = "needs_pin"
    """This region's social-security card wants its PIN: another way is offered."""
    NOT_ACCEPTED = "not_accepted"
    """The code on the phone is none, or has run out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PutCard:
    """Lay the ID card on place 1, put the social-security card into place 2, or hold the phone before place 3.

    Attributes:
        other_ways: Ways that work now besides ``way``, each a button.
        instead_of: Why the usual way is not offered, in words of the fault catalogue, or empty.
    """

    kind: Literal["put_card"] = "put_card"
    frame: Frame
    prompt: CardPrompt
    help_phone: str
    way: IdentifyWay = IdentifyWay.ID_CARD
    other_ways: tuple[IdentifyWay, ...] = ()
    instead_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeCardFirst:
    """The last person's card is still on the machine: nothing begins before it has been taken away.

    Attributes:
        is_own: It is the card of the visit that is just ending; otherwise somebody has forgotten hers.
    """

    kind: Literal["take_card_first"] = "take_card_first"
    frame: Frame
    way: IdentifyWay
    is_own: bool
    clerk_phone: str


class FacePrompt(StrEnum):
    """What the person before the camera is to do; the same words as ``drivers.contract.camera.Guidance``, and two more."""

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
    """The picture is taken and is being compared."""
    NOT_MATCHED = "not_matched"
    """It did not look like the card's person: once more, or another way."""
    NOT_POSSIBLE = "not_possible"
    """No face can be taken or compared now: another way. There is no picture beside this one."""


class FaceWay(StrEnum):
    """A way on without the face, same page, same size."""

    PHONE_CODE = "phone_code"
    WITHOUT_FACE = "without_face"
    """The matter goes on; the platform is told that no face was seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Look into the camera. Pictures come beside the View, as ``Preview`` frames, and are never kept."""

    kind: Literal["face"] = "face"
    frame: Frame
    prompt: FacePrompt
    other_ways: tuple[FaceWay, ...]
    remaining_s: int


class ScanState(StrEnum):
    """Where the scanning of papers stands."""

    WAITING = "waiting"
    """Lay a sheet on the table."""
    TAKING = "taking"
    TAKEN = "taken"
    """The sheet is in: next sheet, or finish."""
    REFUSED = "refused"
    """The sheet could not be used; ``problem`` says why."""


class ScanProblem(StrEnum):
    """Why a sheet could not be used; the same words as ``drivers.contract.document_scanner.ScanRefusal``."""

    NO_PAGE = "no_page"
    CUT_OFF = "cut_off"
    BLANK = "blank"
    BLURRED = "blurred"
    GLARE = "glare"
    FINGER = "finger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Papers under the overhead camera. Pictures come beside the View, as ``Preview`` frames, and are never kept.

    Attributes:
        hint: What is to be laid there, e.g. ``医院发票``.
        pages: Sheets already in, of at most ``at_most``.
    """

    kind: Literal["scan"] = "scan"
    frame: Frame
    hint: str
    pages: int
    at_most: int
    state: ScanState
    problem: ScanProblem | None = None


class PayState(StrEnum):
    """Where the payment stands."""

    SHOW_CODE = "show_code"
    """Hold the phone's payment code before place 3."""
    ASKING = "asking"
    """The platform is being asked."""
    REFUSED = "refused"
    """Not paid: nothing was taken. Again, or not at all."""
    SCANNER_AWAY = "scanner_away"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay:
    """Pay by the phone's code. ``said`` is the platform's reason in its own words, when it refused."""

    kind: Literal["pay"] = "pay"
    frame: Frame
    title: str
    amount_fen: int
    state: PayState
    said: str
    remaining_s: int


class PaperKind(StrEnum):
    """What comes out."""

    RECEIPT = "receipt"
    DOCUMENT = "document"
    """A4 sheets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Is it you? Everything masked by the core: the display never holds more.

    Attributes:
        way: How she said who she is: only a card is to be put away again.
    """

    kind: Literal["confirm"] = "confirm"
    frame: Frame
    name: str = field(repr=False)
    number: str = field(repr=False)
    area: str = field(repr=False)
    way: IdentifyWay = IdentifyWay.ID_CARD


class Doing(StrEnum):
    """What the machine is doing while the villager waits."""

    SUBMITTING = "submitting"
    ASKING_PLATFORM = "asking_platform"
    """The outcome of a submission is being asked for again."""
    PREPARING_PRINT = "preparing_print"
    SENDING_PAPERS = "sending_papers"
    """The scanned papers are being bound and handed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """Something takes its time. ``usual_s`` is how long it usually takes, ``elapsed_s`` how long it has."""

    kind: Literal["working"] = "working"
    frame: Frame
    doing: Doing
    usual_s: int
    elapsed_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """Paper moves. ``progress`` 0.0 to 1.0; ``page`` of ``pages`` for a document, 0 of 0 for a receipt."""

    kind: Literal["printing"] = "printing"
    frame: Frame
    title: str
    progress: float
    remaining_s: int
    reprint: int
    paper: PaperKind = PaperKind.RECEIPT
    page: int = 0
    pages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintQuestion:
    """The printer stopped or fell silent: the villager says what came out. ``code`` has at most four characters.

    Attributes:
        pages_done: Sheets known to have come out whole, of ``pages``; None when nobody can tell.
    """

    kind: Literal["print_question"] = "print_question"
    frame: Frame
    title: str
    help_phone: str
    code: str
    paper: PaperKind = PaperKind.RECEIPT
    pages_done: int | None = None
    pages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterWaits:
    """The receipt is still owed, and the printer needs something first.

    Attributes:
        task: What the clerk is asked to do, or None when the printer mends itself.
        is_ready: The printer is well again: 再打一次 can be pressed.
        pages_done: Sheets known to have come out whole, of ``pages``; None when nobody can tell.
        can_print_rest: Whether 只打剩下的 is offered: the sheets after ``pages_done`` alone.
    """

    kind: Literal["printer_waits"] = "printer_waits"
    frame: Frame
    title: str
    reason: str
    task: ClerkTask | None
    is_ready: bool
    help_phone: str
    code: str
    paper: PaperKind = PaperKind.RECEIPT
    pages_done: int | None = None
    pages: int = 0
    can_print_rest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCode:
    """The result as a code to be photographed with a phone, when no printer can print it.

    Attributes:
        content: What the QR code says: the document's verification address.
        reason: Why it is not printed, in words of the fault catalogue, or empty when that is the usual way.
    """

    kind: Literal["show_code"] = "show_code"
    frame: Frame
    title: str
    number: str
    content: str = field(repr=False)
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One line of an answer shown on the screen."""

    label: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowResult:
    """The platform's answer on the screen, for matters that need no paper. At most five rows."""

    kind: Literal["show_result"] = "show_result"
    frame: Frame
    title: str
    rows: tuple[ResultRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeReceipt:
    """Take your card and your receipt. ``tear_by_hand`` when the cutter failed.

    Attributes:
        is_reminder: It has been lying there for a while: said again, and louder.
        way: How she said who she is: which card she must not forget, and where it lies.
    """

    kind: Literal["take_receipt"] = "take_receipt"
    frame: Frame
    tear_by_hand: bool
    paper: PaperKind = PaperKind.RECEIPT
    pages: int = 0
    is_reminder: bool = False
    way: IdentifyWay = IdentifyWay.ID_CARD


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """好差评, five levels."""

    kind: Literal["rate"] = "rate"
    frame: Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Goodbye:
    """Thanks; everything has been wiped. Goes home by itself."""

    kind: Literal["goodbye"] = "goodbye"
    frame: Frame
    remaining_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StillThere:
    """Nobody touched anything for a while. ``remaining_s`` of ``total_s`` until the visit is wiped."""

    kind: Literal["still_there"] = "still_there"
    frame: Frame
    remaining_s: int
    total_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveQuestion:
    """回首页 was pressed in the middle of a matter: asks once."""

    kind: Literal["leave_question"] = "leave_question"
    frame: Frame


class MatterState(StrEnum):
    """Whether the villager's matter went through."""

    DONE = "done"
    NOT_DONE = "not_done"
    UNKNOWN = "unknown"


class TroubleKind(StrEnum):
    """What happened, where it is not a device's fault (those words come from the fault catalogue)."""

    PLATFORM_OFFLINE = "platform_offline"
    PLATFORM_REFUSED = "platform_refused"
    """The platform said no; ``said`` is its reason in its own words for the person."""
    OUTCOME_UNKNOWN = "outcome_unknown"
    SERVICE_WITHDRAWN = "service_withdrawn"
    """What the service needs broke during the matter; ``said`` is the fault's words."""
    CARD_NOT_READ = "card_not_read"
    CARD_EXPIRED = "card_expired"
    """The card's last day of validity has passed; decided here only when the clock is trusted."""
    RESTARTED = "restarted"
    """The machine restarted in the middle of a matter."""
    FACE_NOT_MATCHED = "face_not_matched"
    """The face was not recognised as the card's person, and no other way is left."""
    PAYMENT_UNKNOWN = "payment_unknown"
    """Nobody knows yet whether the payment went through; it is never asked for twice."""
    CABINET_OPEN = "cabinet_open"
    """The cabinet was opened in the middle of a matter: the visit was ended and wiped."""
    DOCUMENT_VOIDED = "document_voided"
    """A document came out in part and cannot be continued: it has been declared void."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """E9: what happened; did my matter go through; what to do now; whom to call.

    Attributes:
        can_try_again: Whether 再试一次 repeats no effect and can be offered.
    """

    kind: Literal["trouble"] = "trouble"
    frame: Frame
    happened: TroubleKind
    said: str
    matter: MatterState
    can_try_again: bool
    elsewhere: Elsewhere | None
    help_phone: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """叫人帮忙: whom to call, and 报修. ``repair_reported`` once it has been sent."""

    kind: Literal["help"] = "help"
    frame: Frame
    clerk_phone: str
    help_phone: str
    repair_reported: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSizes:
    """大字: choose one of four sizes."""

    kind: Literal["text_sizes"] = "text_sizes"
    frame: Frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """语音: again, louder, softer, on or off."""

    kind: Literal["voice"] = "voice"
    frame: Frame
    volume: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClerkPage:
    """The clerk's task on a page of its own."""

    kind: Literal["clerk_page"] = "clerk_page"
    frame: Frame
    task: ClerkTask


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfService:
    """No service can be offered.

    Attributes:
        reason: Villager's words, from the fault catalogue.
        clerk_task: Set when the clerk's hands would end it.
    """

    kind: Literal["out_of_service"] = "out_of_service"
    frame: Frame
    reason: str
    elsewhere: Elsewhere
    help_phone: str
    clerk_phone: str
    code: str
    clerk_task: ClerkTask | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """The machine is well, and these are not its hours.

    Attributes:
        opens: When the first matter may be begun again, in the kiosk's own time.
        notice: What the bureau wants everybody to read; empty when nothing.
    """

    kind: Literal["closed"] = "closed"
    frame: Frame
    opens: datetime
    elsewhere: Elsewhere
    help_phone: str
    clerk_phone: str
    notice: str = ""


View = (
    Attract
    | Catalogue
    | Guide
    | PutCard
    | TakeCardFirst
    | Confirm
    | Face
    | Scan
    | Pay
    | Working
    | Printing
    | PrintQuestion
    | PrinterWaits
    | ShowResult
    | ShowCode
    | TakeReceipt
    | Rate
    | Goodbye
    | StillThere
    | LeaveQuestion
    | Trouble
    | Help
    | TextSizes
    | Voice
    | ClerkPage
    | OutOfService
    | Closed
)
