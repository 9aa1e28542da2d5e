"""Which step of a service a stage belongs to, and what leaving it there makes of the visit."""

from typing import assert_never

from kiosk.services.service import Service, StepKind
from kiosk.visit.model import (
    AskingAgain,
    AtRest,
    CardLying,
    Choosing,
    Confirming,
    Facing,
    Farewell,
    GoOnAgain,
    Guiding,
    MatterState,
    PaperAsked,
    PayAsked,
    Paying,
    PreparingPrint,
    PrinterAwaited,
    Printing,
    ProvingByPhone,
    Rating,
    ReadAgain,
    ReaderAway,
    Reading,
    Renewing,
    Scanning,
    SendingPapers,
    SendPapersAgain,
    Showing,
    ShowingCode,
    Stage,
    Submission,
    Submitting,
    Taking,
    Troubled,
    TroubleKind,
    VisitOutcome,
)


def place_in_matter(stage: Stage) -> tuple[Service, StepKind] | None:
    """The service being done and the step that is on; None while no matter is being done."""
    match stage:
        case AtRest() | Choosing() | CardLying() | Farewell():
            return None
        case Guiding():
            return stage.service, StepKind.GUIDE
        case Reading() | ReaderAway():
            return stage.service, StepKind.IDENTIFY
        case Confirming():
            return stage.service, StepKind.CONFIRM
        case Facing() | ProvingByPhone():
            return stage.submission.service, StepKind.FACE
        case Scanning() | SendingPapers():
            return stage.submission.service, StepKind.SCAN
        case PayAsked() | Paying():
            return stage.submission.service, StepKind.PAY
        case Submitting() | AskingAgain():
            return stage.submission.service, StepKind.SUBMIT
        case Showing():
            return stage.case.service, StepKind.SHOW
        case ShowingCode() | PreparingPrint() | Printing() | PaperAsked() | PrinterAwaited() | Renewing() | Taking():
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
        case AtRest() | Choosing() | Guiding() | CardLying() | Reading() | ReaderAway() | Confirming() | Farewell():
            return how
        case Facing() | ProvingByPhone() | Scanning() | SendingPapers() | PayAsked():
            return how
        case Paying() | Submitting() | AskingAgain():
            return VisitOutcome.UNKNOWN
        case Showing() | ShowingCode() | Taking():
            return VisitOutcome.DONE
        case PreparingPrint() | Printing() | PaperAsked() | PrinterAwaited() | Renewing():
            return VisitOutcome.WITHOUT_RECEIPT
        case Rating():
            return stage.outcome
        case Troubled():
            return _outcome_of_trouble(stage)
        case _:
            assert_never(stage)


def _step_of_trouble(stage: Troubled) -> StepKind:
    if isinstance(stage.retry, GoOnAgain | SendPapersAgain):
        return _step_ahead(stage.retry.submission)
    if stage.matter is MatterState.DONE:
        return StepKind.PRINT
    match stage.kind:
        case TroubleKind.CARD_NOT_READ | TroubleKind.CARD_EXPIRED:
            return StepKind.IDENTIFY
        case TroubleKind.PLATFORM_OFFLINE if isinstance(stage.retry, ReadAgain):
            return StepKind.IDENTIFY
        case TroubleKind.FACE_NOT_MATCHED:
            return StepKind.FACE
        case TroubleKind.PAYMENT_UNKNOWN:
            return StepKind.PAY
        case _:
            return StepKind.SUBMIT


def _step_ahead(submission: Submission) -> StepKind:
    steps = submission.service.steps
    ahead = steps[steps.index(StepKind.CONFIRM) + 1 :]
    return next(step for step in ahead if not submission.is_done(step))


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
