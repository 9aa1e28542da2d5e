"""What happens next: one pure function from the visit and an event to the next visit and what is to be done."""

from dataclasses import replace
from typing import assert_never

from kiosk.visit import overlays
from kiosk.visit.event import (
    CardFound,
    CardRead,
    CardRefused,
    Event,
    Finding,
    NoCardCame,
    OffersChanged,
    PlatformAnswered,
    PrintBegan,
    PrintProgressed,
    PrintSettled,
    ReaderLost,
    RestartAnswered,
    RestartFound,
    TimePassed,
    Touch,
)
from kiosk.visit.idle import time_passed
from kiosk.visit.model import (
    AskAgain,
    AskingAgain,
    AtRest,
    Choosing,
    Confirming,
    Farewell,
    Guiding,
    MatterState,
    PaperAsked,
    PreparingPrint,
    PrinterAwaited,
    Printing,
    Rating,
    ReaderAway,
    Reading,
    Showing,
    Submitting,
    Taking,
    Troubled,
    TroubleKind,
    Visit,
    VisitOutcome,
)
from kiosk.visit.stages import choosing, closing, identifying, printing, submitting
from kiosk.visit.stages.entrances import Step, go_home, leave_reading, read_card, read_card_again, stay, turn_to
from kiosk.visit.steps import outcome_if_left


def advance(visit: Visit, event: Event) -> Step:
    """Return the visit as it is after ``event``, and the effects to be carried out, in order.

    Total: any event in any state has an answer, if only that nothing changes. The answer to an old job changes nothing.
    """
    match event:
        case TimePassed():
            return time_passed(visit, event.seconds)
        case OffersChanged():
            return _offers_changed(visit, event)
        case RestartFound():
            return _restart_found(visit, event)
        case RestartAnswered():
            return _restart_answered(visit, event)
        case (
            CardFound()
            | CardRead()
            | CardRefused()
            | NoCardCame()
            | ReaderLost()
            | PlatformAnswered()
            | PrintBegan()
            | PrintProgressed()
            | PrintSettled()
        ):
            return _found(visit, event)
        case _:
            return _touched(replace(visit, idle_s=0.0), event)


def break_off(visit: Visit) -> Step:
    """End the visit after a defect of this program, and say honestly what became of the matter."""
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
        visit = replace(visit, stage=Troubled(kind=TroubleKind.RESTARTED, matter=matter, service=None))
    return visit, effects


def _touched(visit: Visit, touch: Touch) -> Step:
    step = overlays.touched_band(visit, touch)
    if step is not None:
        return step
    if visit.overlay is not None:
        return overlays.touched_overlay(visit, visit.overlay, touch)
    match visit.stage:
        case AtRest() as stage:
            return choosing.touched_at_rest(visit, stage, touch)
        case Choosing() as stage:
            return choosing.touched_choosing(visit, stage, touch)
        case Guiding() as stage:
            return choosing.touched_guiding(visit, stage, touch)
        case Reading() | ReaderAway() as stage:
            return identifying.touched_identifying(visit, stage, touch)
        case Confirming() as stage:
            return identifying.touched_confirming(visit, stage, touch)
        case Submitting() | AskingAgain() | PreparingPrint() | Printing():
            return stay(visit)  # what is on its way cannot be called back
        case Showing() as stage:
            return closing.touched_showing(visit, stage, touch)
        case PaperAsked() as stage:
            return printing.touched_paper_asked(visit, stage, touch)
        case PrinterAwaited() as stage:
            return printing.touched_printer_awaited(visit, stage, touch)
        case Taking() as stage:
            return printing.touched_taking(visit, stage, touch)
        case Rating() as stage:
            return closing.touched_rating(visit, stage, touch)
        case Farewell() as stage:
            return closing.touched_farewell(visit, stage, touch)
        case Troubled() as stage:
            return submitting.touched_trouble(visit, stage, touch)
        case _ as unreachable:
            assert_never(unreachable)


def _found(visit: Visit, finding: Finding) -> Step:
    match visit.stage:
        case Reading(job=job) as stage if job == finding.job:
            return _found_reading(visit, stage, finding)
        case Submitting(job=job) | AskingAgain(job=job) as stage if job == finding.job:
            return submitting.answered(visit, stage, finding.answer) if isinstance(finding, PlatformAnswered) else stay(visit)
        case Troubled(retry=AskAgain(job=job) as again) as stage if job == finding.job and isinstance(finding, PlatformAnswered):
            return submitting.answered_by_itself(visit, stage, again, finding.answer)
        case PreparingPrint(job=job) | Printing(job=job) as stage if job == finding.job:
            return _found_printing(visit, stage, finding)
        case _:
            return stay(visit)  # a late answer to a job that nobody waits for


def _found_reading(visit: Visit, stage: Reading, finding: Finding) -> Step:
    match finding:
        case CardFound():
            return identifying.card_found(visit, stage)
        case CardRead():
            return identifying.card_read(visit, stage, finding)
        case CardRefused():
            return identifying.card_refused(visit, stage, finding)
        case NoCardCame():
            return read_card(visit, replace(stage, prompt=stage.asked))
        case ReaderLost():
            return replace(visit, stage=ReaderAway(service=stage.service)), ()
        case PlatformAnswered() | PrintBegan() | PrintProgressed() | PrintSettled():
            return stay(visit)
        case _:
            assert_never(finding)


def _found_printing(visit: Visit, stage: PreparingPrint | Printing, finding: Finding) -> Step:
    match finding:
        case PrintSettled():
            return printing.settled(visit, stage, finding)
        case PrintBegan() if isinstance(stage, PreparingPrint):
            return printing.began(visit, stage)
        case PrintProgressed() if isinstance(stage, Printing):
            return printing.progressed(visit, stage, finding.share)
        case _:
            return stay(visit)


def _offers_changed(visit: Visit, event: OffersChanged) -> Step:
    visit = replace(visit, offers=event.offers, reader_is_ready=event.reader_ready, printer_is_ready=event.printer_ready)
    match visit.stage:
        case Choosing() if visit.begun is None and not visit.is_any_offered:
            return go_home(visit, VisitOutcome.NOT_DONE)
        case Reading() as stage if not visit.reader_is_ready:
            return replace(visit, stage=ReaderAway(service=stage.service)), leave_reading(visit)
        case ReaderAway() as stage if visit.reader_is_ready:
            return read_card_again(visit, stage.service)
        case _:
            return stay(visit)


def _restart_found(visit: Visit, event: RestartFound) -> Step:
    if visit.begun is not None or not isinstance(visit.stage, AtRest | Choosing | Guiding):
        return stay(visit)
    return turn_to(visit, Troubled(kind=TroubleKind.RESTARTED, matter=event.matter, service=None))


def _restart_answered(visit: Visit, event: RestartAnswered) -> Step:
    match visit.stage:
        # No job was ever begun: this page is the restart's own, not that of a defect in a later visit.
        case Troubled(kind=TroubleKind.RESTARTED, matter=MatterState.UNKNOWN) as stage if not visit.jobs:
            return replace(visit, stage=replace(stage, matter=event.matter), idle_s=0.0), ()
        case _:
            return stay(visit)
