"""A card left on the machine (F27): hers after her matter, or somebody's before the next one begins."""

from dataclasses import replace

from kiosk.visit.effect import Effect, Report, StopReading
from kiosk.visit.event import CardsSeen, Proceeded, Touch, WentBack, WentHome
from kiosk.visit.model import (
    AtRest,
    CardLying,
    Choosing,
    Farewell,
    Guiding,
    Look,
    ReaderAway,
    Reading,
    Visit,
    VisitOutcome,
)
from kiosk.visit.stages.entrances import Step, go_home, look_for_cards, stay, turn_to

LOOK_EVERY_S = 1.0
"""Seconds between two looks while the page stands: she has just lifted it, or is about to."""

OWN_CARD_S = 30.0
"""Seconds her page waits for her card before the machine goes on: she has left without it."""


def seen(visit: Visit, look: Look, finding: CardsSeen) -> Step:
    """Take the answer to the look that was on its way; a reader that cannot tell holds nobody up."""
    visit = replace(visit, look=None)
    if isinstance(visit.stage, CardLying) and visit.stage.is_own == look.is_own:
        if finding.ways:
            return replace(visit, stage=replace(visit.stage, ways=finding.ways)), ()
        return turn_to(visit, Farewell() if look.is_own else Choosing())
    if not finding.ways or not _concerns(visit, look):
        return stay(visit)
    stopped: tuple[Effect, ...] = (StopReading(),) if isinstance(visit.stage, Reading) else ()
    return turn_to(visit, CardLying(ways=finding.ways, is_own=look.is_own), *stopped)


def time_stands(visit: Visit, stage: CardLying, seconds: float) -> Step:
    """Look again and again; go on without her when she does not come back for it."""
    stage = replace(stage, stands_s=stage.stands_s + seconds, waited_s=stage.waited_s + seconds)
    visit = replace(visit, stage=stage)
    if stage.is_own and stage.stands_s >= OWN_CARD_S:
        return _left_behind(visit, stage)
    if stage.waited_s < LOOK_EVERY_S or visit.look is not None:
        return visit, ()
    visit = replace(visit, stage=replace(stage, waited_s=0.0), readers_used=stage.ways)
    visit, effects = look_for_cards(visit, is_own=stage.is_own)
    return replace(visit, readers_used=()), effects


def touched_lying(visit: Visit, stage: CardLying, touch: Touch) -> Step:
    """The card is the answer here; home is home."""
    match touch:
        case WentHome() if stage.is_own:
            return _left_behind(visit, stage)
        case WentBack() | WentHome() if not stage.is_own:
            return go_home(visit, VisitOutcome.LEFT)
        case Proceeded() if visit.look is None:
            return time_stands(visit, replace(stage, waited_s=LOOK_EVERY_S), 0.0)
        case _:
            return stay(visit)


def _concerns(visit: Visit, look: Look) -> bool:
    if look.is_own:
        return isinstance(visit.stage, AtRest | Farewell)
    match visit.stage:
        case Choosing(held=None) | Guiding(held=None) | Reading() | ReaderAway():
            return True
        case _:
            return False


def _left_behind(visit: Visit, stage: CardLying) -> Step:
    report = Report(name="card.left", facts=(("reader", stage.ways[0].value),))
    visit, effects = go_home(visit, VisitOutcome.DONE)
    return visit, (report, *effects)
