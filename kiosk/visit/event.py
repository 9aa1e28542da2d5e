"""Event: everything that can happen to a visit, in the past tense."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from drivers.contract.camera import Guidance
from drivers.contract.code_scanner import CodeRefusal
from drivers.contract.document_scanner import ScanRefusal
from drivers.contract.id_card_reader import CardRefusal
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.smartcard_reader import SocialSecurityRefusal
from kiosk.gateway.platform import Answer, FaceVerdict, KnownBy, PapersAnswer, PaymentAnswer, Person
from kiosk.services.offer import Offer
from kiosk.services.service import Capability
from kiosk.visit.model import FaceWay, MatterState, PaperSeen

# --- what the person touched ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """点这里开始."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceChosen:
    """A tile of the catalogue."""

    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTurned:
    """上一页 or 下一页."""

    by: Literal[-1, 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proceeded:
    """The primary button."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """The second choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WentBack:
    """返回."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WentHome:
    """回首页."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WayChosen:
    """Another way to say who one is, or to go on without the face."""

    way: KnownBy | FaceWay


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesFinished:
    """放完了."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestAsked:
    """只打剩下的."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperAnswered:
    """The answer to 纸出来了吗."""

    seen: PaperSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """非常满意 is 5, 非常不满意 is 1."""

    level: Literal[1, 2, 3, 4, 5]


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpCalled:
    """叫人帮忙."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReported:
    """报修."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClerkTaskOpened:
    """The clerk's card on the idle page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSizesOpened:
    """大字."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSizeSet:
    """One of four sizes."""

    size: Literal[0, 1, 2, 3]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceOpened:
    """语音."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceSet:
    """On or off, and how loud."""

    is_on: bool
    volume: Literal[0, 1, 2, 3]


Touch = (
    Started
    | ServiceChosen
    | PageTurned
    | Proceeded
    | Declined
    | WentBack
    | WentHome
    | WayChosen
    | PagesFinished
    | RestAsked
    | PaperAnswered
    | Rated
    | HelpCalled
    | RepairReported
    | ClerkTaskOpened
    | TextSizesOpened
    | TextSizeSet
    | VoiceOpened
    | VoiceSet
)


# --- what came of a job; ``job`` names which, so that a late answer is told from a fresh one ---


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsSeen:
    """What lies on the readers that were looked at, as far as they can tell."""

    job: int
    ways: tuple[KnownBy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFound:
    """A card was laid down, or a phone held up; it is being read."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRead:
    """A card was read whole, or a phone's code recognised.

    Attributes:
        seed: Fresh 128-bit random hex from which this person's application keys are made.
        today: The local date, or None while the clock is not trusted.
    """

    job: int
    person: Person = field(repr=False)
    seed: str = field(repr=False)
    today: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRefused:
    """There was a card or a code, and it could not be read, or says nothing to the platform."""

    job: int
    reason: CardRefusal | SocialSecurityRefusal | CodeRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyRecognised:
    """The platform could not be asked whose code it is."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCardCame:
    """The reader waited in vain."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeShown:
    """A code for paying was held before the scanner."""

    job: int
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLost:
    """The reader went away, or talks nonsense."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceGuided:
    """What the person is to do for a good picture has changed."""

    job: int
    guidance: Guidance


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceTaken:
    """The picture is taken; it is being compared."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceJudged:
    """What came of comparing the face."""

    job: int
    verdict: FaceVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFaceCame:
    """There was no good picture within the time."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceNotAlive:
    """What was before the camera did not follow as a living face does."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraLost:
    """The camera went away, or shows nothing that is a picture."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetTaken:
    """A sheet is in, and kept by the runner."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRefused:
    """The sheet could not be used."""

    job: int
    reason: ScanRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentScannerLost:
    """The overhead camera went away, or shows nothing that is a picture."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PapersAnswered:
    """What became of the papers."""

    job: int
    answer: PapersAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAnswered:
    """What became of the payment, as far as the platform says."""

    job: int
    answer: PaymentAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformAnswered:
    """What became of the application, as far as the platform says."""

    job: int
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintBegan:
    """The print is in the ledger as sent; from now on paper may move."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintProgressed:
    """Share of the paper sent and printed so far, 0.0 to 1.0; of a document, the pages that are out, too."""

    job: int
    share: float
    page: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintSettled:
    """What became of the print. ``pages_done`` counts from the first page asked for; None when nobody can tell."""

    job: int
    outcome: PrintOutcome
    is_cut: bool = True
    pages_done: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperLooked:
    """Whether the receipt is still in the printer's exit; None when the printer cannot tell."""

    job: int
    is_waiting: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRenewed:
    """What came of declaring a document void.

    Attributes:
        is_void: Whether the platform took it back.
        answer: What it then said of the application; None when it was not asked.
    """

    job: int
    is_void: bool
    answer: Answer | None


Finding = (
    CardsSeen
    | CardFound
    | CardRead
    | CardRefused
    | NobodyRecognised
    | NoCardCame
    | CodeShown
    | ReaderLost
    | FaceGuided
    | FaceTaken
    | FaceJudged
    | NoFaceCame
    | FaceNotAlive
    | CameraLost
    | SheetTaken
    | SheetRefused
    | DocumentScannerLost
    | PapersAnswered
    | PaymentAnswered
    | PlatformAnswered
    | PrintBegan
    | PrintProgressed
    | PrintSettled
    | PaperLooked
    | DocumentRenewed
)


# --- what changed around the visit ---


@dataclass(frozen=True, slots=True, kw_only=True)
class OffersChanged:
    """How the machine stands now. ``ready`` names every capability that works; a device that is BUSY works."""

    offers: tuple[Offer, ...]
    ready: frozenset[Capability]


@dataclass(frozen=True, slots=True, kw_only=True)
class CabinetOpened:
    """Somebody opened the cabinet's door."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePassed:
    """Seconds of monotonic time since the last of these."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartFound:
    """The machine restarted in the middle of somebody's matter, minutes ago. Settled from the ledger, and by the platform."""

    matter: MatterState
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartAnswered:
    """The platform said what became of a matter of which the page after a restart could not tell."""

    matter: MatterState


Event = Touch | Finding | OffersChanged | CabinetOpened | TimePassed | RestartFound | RestartAnswered
