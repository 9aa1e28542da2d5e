"""Visit: everything that is true of the visit now, and what it must know of the machine to go on."""

from dataclasses import dataclass

from kiosk.gateway.platform import KnownBy
from kiosk.services.offer import Offer
from kiosk.services.service import Capability, Service
from kiosk.visit.model.stage import AtRest, Look, Stage
from kiosk.visit.model.words import DEFAULT_SETTINGS, Settings

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
        usual: How the bureau wants every visit here to begin.
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
    settings: Settings = DEFAULT_SETTINGS
    usual: Settings = DEFAULT_SETTINGS
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
        """Whether at least one service can be begun now."""
        return any(offer.can_begin for offer in self.offers)


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
