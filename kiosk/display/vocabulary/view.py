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
    """Why a service cannot be finished now, and what to do instead.

    Attributes:
        reason: Villager's words of the fault catalogue, e.g. ``打印机缺纸``.
        clerk_knows: Whether the clerk is being shown what to do.
    """

    reason: str
    elsewhere: Elsewhere
    clerk_knows: bool


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
    """The idle page. ``clerk_task`` is the one card for the clerk, when something needs hands."""

    kind: Literal["attract"] = "attract"
    frame: Frame
    address: str
    topics: tuple[str, ...]
    standing: Standing
    clerk_task: ClerkTask | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTile:
    """One service in the catalogue.

    Attributes:
        icon: Key of the drawing.
        minutes: How long it usually takes.
        cost_fen: 0 is free.
        withdrawn: Set when it cannot be finished now: the tile is grey, with its reason.
    """

    service: str
    title: str
    icon: str
    minutes: int
    cost_fen: int
    withdrawn: Withdrawn | None


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


class CardPrompt(StrEnum):
    """What the card page says."""

    PUT_CARD = "put_card"
    READING = "reading"
    PRESENT_AGAIN = "present_again"
    WRONG_CARD = "wrong_card"
    NOT_AUTHENTIC = "not_authentic"
    READER_AWAY = "reader_away"
    """The reader does not answer; it is being brought back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PutCard:
    """Lay the card on place 1."""

    kind: Literal["put_card"] = "put_card"
    frame: Frame
    prompt: CardPrompt
    help_phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Is it you? Everything masked by the core: the display never holds more."""

    kind: Literal["confirm"] = "confirm"
    frame: Frame
    name: str = field(repr=False)
    number: str = field(repr=False)
    area: str = field(repr=False)


class Doing(StrEnum):
    """What the machine is doing while the villager waits."""

    SUBMITTING = "submitting"
    ASKING_PLATFORM = "asking_platform"
    """The outcome of a submission is being asked for again."""
    PREPARING_PRINT = "preparing_print"


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
    """Paper moves. ``progress`` 0.0 to 1.0."""

    kind: Literal["printing"] = "printing"
    frame: Frame
    title: str
    progress: float
    remaining_s: int
    reprint: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintQuestion:
    """The printer stopped or fell silent: the villager says what came out. ``code`` has at most four characters."""

    kind: Literal["print_question"] = "print_question"
    frame: Frame
    title: str
    help_phone: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterWaits:
    """The receipt is still owed, and the printer needs something first.

    Attributes:
        task: What the clerk is asked to do, or None when the printer mends itself.
        is_ready: The printer is well again: 再打一次 can be pressed.
    """

    kind: Literal["printer_waits"] = "printer_waits"
    frame: Frame
    title: str
    reason: str
    task: ClerkTask | None
    is_ready: bool
    help_phone: str
    code: str


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
    """Take your card and your receipt. ``tear_by_hand`` when the cutter failed."""

    kind: Literal["take_receipt"] = "take_receipt"
    frame: Frame
    tear_by_hand: bool


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


View = (
    Attract
    | Catalogue
    | Guide
    | PutCard
    | Confirm
    | Working
    | Printing
    | PrintQuestion
    | PrinterWaits
    | ShowResult
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
)
