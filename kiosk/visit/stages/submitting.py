"""The irreversible step: what the platform answered, and what may be tried again."""

from dataclasses import replace
from typing import assert_never

from kiosk.gateway.platform import Accepted, Answer, NotDone, OutcomeUnknown, Refused
from kiosk.journal import IntentOutcome
from kiosk.services.service import StepKind
from kiosk.visit.event import Declined, Proceeded, Touch, WentBack, WentHome
from kiosk.visit.model import (
    AskAgain,
    AskingAgain,
    Case,
    Confirming,
    Guiding,
    MatterState,
    ReadAgain,
    Submission,
    SubmitAgain,
    Submitting,
    Troubled,
    TroubleKind,
    Visit,
    VisitOutcome,
)
from kiosk.visit.stages.entrances import (
    Step,
    enter_after,
    enter_asking,
    enter_identify,
    enter_submit,
    go_home,
    platform_withdrawal,
    settle_submission,
    stay,
    turn_to,
)


def answered(visit: Visit, stage: Submitting | AskingAgain, answer: Answer) -> Step:
    """Take the platform's word. What may have gone through is asked for by key, never handed in again."""
    if isinstance(answer, OutcomeUnknown):
        return _unknown(visit, stage, stage.submission)
    return _known(visit, stage.submission, answer)


def answered_by_itself(visit: Visit, stage: Troubled, again: AskAgain, answer: Answer) -> Step:
    """Take the answer to a question that nobody waited for: the page moves on, or stands as it was."""
    if isinstance(answer, OutcomeUnknown):
        return replace(visit, stage=replace(stage, retry=replace(again, job=None))), ()
    return _known(visit, again.submission, answer)


def touched_trouble(visit: Visit, stage: Troubled, touch: Touch) -> Step:
    """再试一次 repeats no effect; anything else goes back or home."""
    match touch:
        case Proceeded():
            return _try_again(visit, stage)
        case WentBack():
            return _back(visit, stage)
        case Declined() | WentHome():
            return go_home(visit, VisitOutcome.LEFT)
        case _:
            return stay(visit)


def _known(visit: Visit, submission: Submission, answer: Accepted | Refused | NotDone) -> Step:
    match answer:
        case Accepted():
            case = Case(service=submission.service, key=submission.application.key, document=answer.document)
            return enter_after(visit, case, StepKind.SUBMIT, *settle_submission(IntentOutcome.DONE, "accepted"))
        case Refused():
            trouble = Troubled(
                kind=TroubleKind.PLATFORM_REFUSED, matter=MatterState.NOT_DONE, service=submission.service, said=answer.reason
            )
            return turn_to(visit, trouble, *settle_submission(IntentOutcome.NOT_STARTED, "refused"))
        case NotDone():
            trouble = Troubled(
                kind=TroubleKind.PLATFORM_OFFLINE,
                matter=MatterState.NOT_DONE,
                service=submission.service,
                retry=SubmitAgain(submission=submission),
                withdrawal=platform_withdrawal(visit),
            )
            return turn_to(visit, trouble, *settle_submission(IntentOutcome.NOT_STARTED, "not_done"))
        case _:
            assert_never(answer)


def _unknown(visit: Visit, stage: Submitting | AskingAgain, submission: Submission) -> Step:
    if isinstance(stage, Submitting):
        return enter_asking(visit, submission)
    trouble = Troubled(
        kind=TroubleKind.OUTCOME_UNKNOWN,
        matter=MatterState.UNKNOWN,
        service=submission.service,
        retry=AskAgain(submission=submission),
        withdrawal=platform_withdrawal(visit),
    )
    return turn_to(visit, trouble)


def _try_again(visit: Visit, stage: Troubled) -> Step:
    match stage.retry:
        case ReadAgain():
            return enter_identify(visit, stage.retry.service, None)
        case SubmitAgain():
            return enter_submit(visit, stage.retry.submission)
        case AskAgain():
            return enter_asking(visit, stage.retry.submission)
        case None:
            return go_home(visit, VisitOutcome.LEFT)
        case _:
            assert_never(stage.retry)


def _back(visit: Visit, stage: Troubled) -> Step:
    match stage.retry:
        case ReadAgain():
            return turn_to(visit, Guiding(service=stage.retry.service))
        case SubmitAgain():
            submission = stage.retry.submission
            return turn_to(visit, Confirming(service=submission.service, identified=submission.identified))
        case AskAgain() | None:  # what may have gone through cannot be taken back
            return stay(visit)
        case _:
            assert_never(stage.retry)
