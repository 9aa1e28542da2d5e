"""Event: everything that can happen to a visit, in the past tense."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from drivers.contract.id_card_reader import CardRefusal, IdCard
from drivers.contract.print_outcome import PrintOutcome
from kiosk.gateway.platform import Answer
from kiosk.services.offer import Offer
from kiosk.visit.model import MatterState, PaperSeen

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
class CardFound:
    """A card was laid down; it is being read."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRead:
    """A card was read whole.

    Attributes:
        seed: Fresh 128-bit random hex from which this person's application keys are made.
        today: The local date, or None while the clock is not trusted.
    """

    job: int
    person: IdCard = field(repr=False)
    seed: str = field(repr=False)
    today: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRefused:
    """There was a card, and it could not be read."""

    job: int
    reason: CardRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCardCame:
    """The reader waited in vain."""

    job: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLost:
    """The reader went away, or talks nonsense."""

    job: int


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
    """Share of the receipt sent and printed so far, 0.0 to 1.0."""

    job: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintSettled:
    """What became of the print."""

    job: int
    outcome: PrintOutcome
    is_cut: bool = True


Finding = (
    CardFound | CardRead | CardRefused | NoCardCame | ReaderLost | PlatformAnswered | PrintBegan | PrintProgressed | PrintSettled
)


# --- what changed around the visit ---


@dataclass(frozen=True, slots=True, kw_only=True)
class OffersChanged:
    """How the machine stands now. BUSY is ready."""

    offers: tuple[Offer, ...]
    reader_ready: bool
    printer_ready: bool


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


Event = Touch | Finding | OffersChanged | TimePassed | RestartFound | RestartAnswered
