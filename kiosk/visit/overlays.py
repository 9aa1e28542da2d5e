"""Overlays: the pages that lie over a stage. Closing one leads back to exactly where one was."""

from dataclasses import replace
from typing import assert_never

from kiosk.visit.effect import Report
from kiosk.visit.event import (
    ClerkTaskOpened,
    Declined,
    HelpCalled,
    PagesFinished,
    PageTurned,
    PaperAnswered,
    Proceeded,
    Rated,
    RepairReported,
    RestAsked,
    ServiceChosen,
    Started,
    TextSizeSet,
    TextSizesOpened,
    Touch,
    VoiceOpened,
    VoiceSet,
    WayChosen,
    WentBack,
    WentHome,
)
from kiosk.visit.model import (
    ClerkTaskOpen,
    HelpOpen,
    LeaveAsked,
    Overlay,
    Settings,
    StillThereAsked,
    TextSizesOpen,
    Visit,
    VisitOutcome,
    VoiceOpen,
)
from kiosk.visit.stages.entrances import Step, go_home, stay
from kiosk.visit.steps import place_in_matter


def touched_band(visit: Visit, touch: Touch) -> Step | None:
    """What a touch means that means the same on every page; None when its meaning is the page's."""
    match touch:
        case HelpCalled():
            return _laid_over(visit, HelpOpen())
        case TextSizesOpened():
            return _laid_over(visit, TextSizesOpen())
        case VoiceOpened():
            return _laid_over(visit, VoiceOpen())
        case TextSizeSet():
            return _set(visit, replace(visit.settings, text_size=touch.size))
        case VoiceSet():
            return _set(visit, replace(visit.settings, voice_is_on=touch.is_on, volume=touch.volume))
        case RepairReported():
            return _report_repair(visit)
        case (
            Started()
            | ServiceChosen()
            | PageTurned()
            | Proceeded()
            | Declined()
            | WentBack()
            | WentHome()
            | WayChosen()
            | PagesFinished()
            | RestAsked()
            | PaperAnswered()
            | Rated()
            | ClerkTaskOpened()
        ):
            return None
        case _:
            assert_never(touch)


def touched_overlay(visit: Visit, overlay: Overlay, touch: Touch) -> Step:
    """What a touch means on a page laid over a stage."""
    match overlay:
        case HelpOpen() | TextSizesOpen() | VoiceOpen() | ClerkTaskOpen():
            is_closing = isinstance(touch, Proceeded | Declined | WentBack | WentHome)
            return (replace(visit, overlay=None), ()) if is_closing else stay(visit)
        case LeaveAsked() | StillThereAsked():
            match touch:
                case Proceeded() | WentBack():
                    return replace(visit, overlay=None), ()
                case Declined() | WentHome():
                    return go_home(visit, VisitOutcome.LEFT)
                case _:
                    return stay(visit)
        case _:
            assert_never(overlay)


def _laid_over(visit: Visit, overlay: Overlay) -> Step:
    return replace(visit, overlay=overlay), ()


def _set(visit: Visit, settings: Settings) -> Step:
    return replace(visit, settings=settings), ()


def _report_repair(visit: Visit) -> Step:
    if visit.repair_reported:
        return stay(visit)
    place = place_in_matter(visit.stage)
    facts = (("service", place[0].id), ("step", place[1].value)) if place else ()
    return replace(visit, repair_reported=True), (Report(name="repair.requested", facts=facts),)
