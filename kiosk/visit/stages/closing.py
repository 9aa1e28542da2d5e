"""The end of the matter: the answer on the screen, 好差评, goodbye."""

from kiosk.services.service import StepKind
from kiosk.visit.effect import HandInRating, Report
from kiosk.visit.event import Declined, Proceeded, Rated, Started, Touch, WentBack, WentHome
from kiosk.visit.model import Farewell, Rating, Showing, ShowingCode, Visit, VisitOutcome
from kiosk.visit.stages.entrances import Step, go_home, say_goodbye, stay
from kiosk.visit.stages.handover import enter_after


def touched_showing(visit: Visit, stage: Showing, touch: Touch) -> Step:
    """看好了."""
    match touch:
        case Proceeded():
            return enter_after(visit, stage.case, StepKind.SHOW)
        case WentHome():
            return go_home(visit, VisitOutcome.DONE)
        case _:
            return stay(visit)


def touched_showing_code(visit: Visit, stage: ShowingCode, touch: Touch) -> Step:
    """已拍下来."""
    match touch:
        case Proceeded():
            return enter_after(visit, stage.case, StepKind.PRINT)
        case WentHome():
            return go_home(visit, VisitOutcome.DONE)
        case _:
            return stay(visit)


def touched_rating(visit: Visit, stage: Rating, touch: Touch) -> Step:
    """One touch is enough; none is fine too."""
    match touch:
        case Rated():
            handed_in = HandInRating(key=stage.key, level=touch.level)
            report = Report(name="rating.given", facts=(("level", touch.level),))
            return say_goodbye(visit, stage.outcome, handed_in, report, steps=len(stage.service.steps))
        case Declined():
            return say_goodbye(visit, stage.outcome)
        case WentHome():
            return go_home(visit, stage.outcome)
        case _:
            return stay(visit)


def touched_farewell(visit: Visit, _stage: Farewell, touch: Touch) -> Step:
    """Anything brings the idle page."""
    match touch:
        case Proceeded() | Declined() | WentBack() | WentHome() | Started():
            return go_home(visit, VisitOutcome.DONE)
        case _:
            return stay(visit)
