"""Which step of a service a stage belongs to, and what leaving it there makes of the visit."""

from typing import assert_never

from kiosk.services.service import Service, StepKind
from kiosk.visit.model import (
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
    Stage,
    Submitting,
    Taking,
    Troubled,
    TroubleKind,
    VisitOutcome,
)


def place_in_matter(stage: Stage) -> tuple[Service, StepKind] | None:
    """The service being done and the step that is on; None while no matter is being done."""
    match stage:
        case AtRest() | Choosing() | Farewell():
            return None
        case Guiding():
            return stage.service, StepKind.GUIDE
        case Reading() | ReaderAway():
            return stage.service, StepKind.IDENTIFY
        case Confirming():
            return stage.service, StepKind.CONFIRM
        case Submitting() | AskingAgain():
            return stage.submission.service, StepKind.SUBMIT
        case Showing():
            return stage.case.service, StepKind.SHOW
        case PreparingPrint() | Printing() | PaperAsked() | PrinterAwaited() | Taking():
            return stage.case.service, StepKind.PRINT
        case Rating():
            return stage.service, StepKind.RATE
        case Troubled():
            return None if stage.service is None else (stage.service, _step_of_trouble(stage))
        case _:
            assert_never(stage)


def steps_done(stage: Stage) -> int:
    """How many steps of the matter were done before this stage's."""
    place = place_in_matter(stage)
    return 0 if place is None else place[0].steps.index(place[1])


def outcome_if_left(stage: Stage, how: VisitOutcome) -> VisitOutcome:
    """What becomes of a visit that ends on this stage; ``how`` where nothing had been decided yet."""
    match stage:
        case AtRest() | Choosing() | Guiding() | Reading() | ReaderAway() | Confirming() | Farewell():
            return how
        case Submitting() | AskingAgain():
            return VisitOutcome.UNKNOWN
        case Showing() | Taking():
            return VisitOutcome.DONE
        case PreparingPrint() | Printing() | PaperAsked() | PrinterAwaited():
            return VisitOutcome.WITHOUT_RECEIPT
        case Rating():
            return stage.outcome
        case Troubled():
            return _outcome_of_trouble(stage)
        case _:
            assert_never(stage)


def _step_of_trouble(stage: Troubled) -> StepKind:
    match stage.kind:
        case TroubleKind.CARD_NOT_READ | TroubleKind.CARD_EXPIRED:
            return StepKind.IDENTIFY
        case TroubleKind.SERVICE_WITHDRAWN:
            return StepKind.PRINT if stage.matter is MatterState.DONE else StepKind.CONFIRM
        case TroubleKind.PLATFORM_OFFLINE | TroubleKind.PLATFORM_REFUSED | TroubleKind.OUTCOME_UNKNOWN | TroubleKind.RESTARTED:
            return StepKind.SUBMIT
        case _:
            assert_never(stage.kind)


def _outcome_of_trouble(stage: Troubled) -> VisitOutcome:
    match stage.matter:
        case MatterState.DONE:
            return VisitOutcome.WITHOUT_RECEIPT
        case MatterState.UNKNOWN:
            return VisitOutcome.UNKNOWN
        case MatterState.NOT_DONE:
            refused = stage.kind in (TroubleKind.PLATFORM_REFUSED, TroubleKind.CARD_EXPIRED)
            return VisitOutcome.REFUSED if refused else VisitOutcome.NOT_DONE
        case _:
            assert_never(stage.matter)
