"""Before the matter: the idle page, the catalogue, the guide."""

from dataclasses import replace

from kiosk.visit.event import ClerkTaskOpened, PageTurned, Proceeded, ServiceChosen, Started, Touch, WentBack, WentHome
from kiosk.visit.model import AtRest, Choosing, ClerkTaskOpen, Guiding, Visit, VisitOutcome, page_of, pages_of
from kiosk.visit.stages.entrances import Step, ask_to_leave, go_home, look_for_cards, stay, turn_to
from kiosk.visit.stages.identifying import enter_identify


def touched_at_rest(visit: Visit, _stage: AtRest, touch: Touch) -> Step:
    """点这里开始, when there is anything to begin. A card that lies there already is somebody else's (F27)."""
    match touch:
        case Started() if visit.is_any_offered:
            visit, effects = look_for_cards(visit, is_own=False)
            return turn_to(visit, Choosing(), *effects)
        case ClerkTaskOpened():
            return replace(visit, overlay=ClerkTaskOpen()), ()
        case _:
            return stay(visit)


def touched_choosing(visit: Visit, stage: Choosing, touch: Touch) -> Step:
    """A tile, a page, or home. A grey tile is not to be chosen."""
    match touch:
        case ServiceChosen():
            offer = next((offer for offer in visit.offers if offer.service.id == touch.service), None)
            if offer is None or not offer.can_begin:
                return stay(visit)
            so_far = stage.so_far if stage.so_far and stage.so_far.service == offer.service else None
            return turn_to(visit, Guiding(service=offer.service, held=stage.held, so_far=so_far))
        case PageTurned():
            page = min(max(1, stage.page + touch.by), pages_of(visit))
            return turn_to(visit, replace(stage, page=page))
        case WentBack() | WentHome():
            return _leave(visit)
        case _:
            return stay(visit)


def touched_guiding(visit: Visit, stage: Guiding, touch: Touch) -> Step:
    """开始办理, when it can be finished now."""
    match touch:
        case Proceeded():
            offer = visit.offer_of(stage.service)
            if offer is None or not offer.can_begin:
                return stay(visit)
            return enter_identify(visit, stage.service, stage.held, stage.so_far)
        case WentBack():
            return turn_to(visit, Choosing(page=page_of(visit, stage.service), held=stage.held, so_far=stage.so_far))
        case WentHome():
            return _leave(visit)
        case _:
            return stay(visit)


def _leave(visit: Visit) -> Step:
    return go_home(visit, VisitOutcome.LEFT) if visit.begun is None else ask_to_leave(visit)
