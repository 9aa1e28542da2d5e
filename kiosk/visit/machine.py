"""What happens next: one pure function from the visit and an event to the next visit and what is to be done."""

from dataclasses import replace
from typing import assert_never

from kiosk.visit.event import (
    CabinetOpened,
    Event,
    Finding,
    OffersChanged,
    RestartAnswered,
    RestartFound,
    TimePassed,
)
from kiosk.visit.found import found
from kiosk.visit.idle import time_passed
from kiosk.visit.model import (
    AtRest,
    Choosing,
    Guiding,
    MatterState,
    PrinterAwaited,
    ReaderAway,
    Reading,
    Troubled,
    TroubleKind,
    Visit,
    VisitOutcome,
)
from kiosk.visit.stages.entrances import Step, go_home, stay, turn_to
from kiosk.visit.stages.identifying import leave_reading, read_card_again
from kiosk.visit.steps import outcome_if_left
from kiosk.visit.touched import touched
from kiosk.visit.ways import identify_ways


def advance(visit: Visit, event: Event) -> Step:
    """Return the visit as it is after ``event``, and the effects to be carried out, in order.

    Total: any event in any state has an answer, if only that nothing changes. The answer to an old job changes nothing.
    """
    if isinstance(event, Finding):
        return found(visit, event)
    match event:
        case TimePassed():
            return time_passed(visit, event.seconds)
        case OffersChanged():
            return _offers_changed(visit, event)
        case CabinetOpened():
            return _cabinet_opened(visit)
        case RestartFound():
            return _restart_found(visit, event)
        case RestartAnswered():
            return _restart_answered(visit, event)
        case _:
            return touched(replace(visit, idle_s=0.0), event)


def break_off(visit: Visit) -> Step:
    """End the visit after a defect of this program, and say honestly what became of the matter."""
    return _broken_off(visit, TroubleKind.RESTARTED)


def _broken_off(visit: Visit, kind: TroubleKind) -> Step:
    match outcome_if_left(visit.stage, VisitOutcome.NOT_DONE):
        case VisitOutcome.DONE | VisitOutcome.WITHOUT_RECEIPT:
            matter = MatterState.DONE
        case VisitOutcome.UNKNOWN:
            matter = MatterState.UNKNOWN
        case VisitOutcome.REFUSED | VisitOutcome.NOT_DONE | VisitOutcome.LEFT | VisitOutcome.TIMED_OUT:
            matter = MatterState.NOT_DONE
        case _ as unreachable:
            assert_never(unreachable)
    was_begun = visit.begun is not None
    visit, effects = go_home(visit, VisitOutcome.NOT_DONE)
    if was_begun:
        visit = replace(visit, stage=Troubled(kind=kind, matter=matter, service=None))
    return visit, effects


def _cabinet_opened(visit: Visit) -> Step:
    """End the visit, whoever opened it (F72); but whoever waits for paper has just seen the clerk being called to that door."""
    if visit.begun is None or isinstance(visit.stage, PrinterAwaited):
        return stay(visit)
    return _broken_off(visit, TroubleKind.CABINET_OPEN)


def _offers_changed(visit: Visit, event: OffersChanged) -> Step:
    visit = replace(visit, offers=event.offers, ready=event.ready)
    match visit.stage:
        case Choosing() if visit.begun is None and not visit.is_any_offered:
            return go_home(visit, VisitOutcome.NOT_DONE)
        case Reading() as stage if stage.way not in identify_ways(visit, stage.service):
            return replace(visit, stage=ReaderAway(service=stage.service, way=stage.way)), leave_reading(visit)
        case ReaderAway() as stage if stage.way in identify_ways(visit, stage.service):
            return read_card_again(visit, stage)
        case _:
            return stay(visit)


def _restart_found(visit: Visit, event: RestartFound) -> Step:
    if visit.begun is not None or not isinstance(visit.stage, AtRest | Choosing | Guiding):
        return stay(visit)
    return turn_to(visit, Troubled(kind=TroubleKind.RESTARTED, matter=event.matter, service=None, is_being_asked=True))


def _restart_answered(visit: Visit, event: RestartAnswered) -> Step:
    match visit.stage:
        case Troubled(is_being_asked=True, matter=MatterState.UNKNOWN) as stage:
            return replace(visit, stage=replace(stage, matter=event.matter), idle_s=0.0), ()
        case _:
            return stay(visit)
