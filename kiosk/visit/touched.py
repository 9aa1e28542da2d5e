"""Which stage a touch is for."""

from typing import assert_never

from kiosk.visit import overlays
from kiosk.visit.event import Touch
from kiosk.visit.model import (
    AskingAgain,
    AtRest,
    CardLying,
    Choosing,
    Confirming,
    Facing,
    Farewell,
    Guiding,
    PaperAsked,
    PayAsked,
    Paying,
    PreparingPrint,
    PrinterAwaited,
    Printing,
    ProvingByPhone,
    Rating,
    ReaderAway,
    Reading,
    Renewing,
    Scanning,
    SendingPapers,
    Showing,
    ShowingCode,
    Submitting,
    Taking,
    Troubled,
    Visit,
)
from kiosk.visit.stages import choosing, closing, facing, identifying, lying, paying, printing, scanning, submitting
from kiosk.visit.stages.entrances import Step, stay


def touched(visit: Visit, touch: Touch) -> Step:
    """Take a touch: on the band, on the page that lies over the stage, or on the stage itself."""
    step = overlays.touched_band(visit, touch)
    if step is not None:
        return step
    if visit.overlay is not None:
        return overlays.touched_overlay(visit, visit.overlay, touch)
    return _on_stage(visit, touch)


def _on_stage(visit: Visit, touch: Touch) -> Step:
    match visit.stage:
        case AtRest() as stage:
            return choosing.touched_at_rest(visit, stage, touch)
        case Choosing() as stage:
            return choosing.touched_choosing(visit, stage, touch)
        case Guiding() as stage:
            return choosing.touched_guiding(visit, stage, touch)
        case CardLying() as stage:
            return lying.touched_lying(visit, stage, touch)
        case Reading() | ReaderAway() as stage:
            return identifying.touched_identifying(visit, stage, touch)
        case Confirming() as stage:
            return identifying.touched_confirming(visit, stage, touch)
        case Facing() as stage:
            return facing.touched_facing(visit, stage, touch)
        case ProvingByPhone() as stage:
            return facing.touched_proving(visit, stage, touch)
        case Scanning() as stage:
            return scanning.touched_scanning(visit, stage, touch)
        case PayAsked() as stage:
            return paying.touched_pay_asked(visit, stage, touch)
        case SendingPapers() | Paying() | Submitting() | AskingAgain() | PreparingPrint() | Printing() | Renewing():
            return stay(visit)  # what is on its way cannot be called back
        case Showing() as stage:
            return closing.touched_showing(visit, stage, touch)
        case ShowingCode() as stage:
            return closing.touched_showing_code(visit, stage, touch)
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
