"""The irreversible step: what the platform answered, and what may be tried again."""

from dataclasses import replace
from typing import assert_never

from kiosk.gateway.platform import Accepted, Answer, NotDone, OutcomeUnknown, Refused
from kiosk.journal import IntentOutcome
from kiosk.services.service import Capability, StepKind
from kiosk.visit.event import Declined, Proceeded, Touch, WentBack, WentHome
from kiosk.visit.model import (
    AskAgain,
    AskingAgain,
    Case,
    Confirming,
    GoOnAgain,
    Guiding,
    MatterState,
    ReadAgain,
    RenewAgain,
    SendPapersAgain,
    Submission,
    Submitting,
    Troubled,
    TroubleKind,
    Visit,
    VisitOutcome,
)
from kiosk.visit.stages.entrances import Step, ask_to_leave, go_home, next_job, settle_submission, stay, turn_to
from kiosk.visit.stages.handover import enter_after, enter_renewing
from kiosk.visit.stages.identifying import enter_identify
from kiosk.visit.stages.onward import ask, enter_asking, enter_asking_payment, enter_sending, go_on
from kiosk.visit.ways import withdrawal_of


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


def ask_by_itself(visit: Visit, stage: Troubled, again: AskAgain) -> Step:
    """Ask once more without a touch; the page stands as it is until there is an answer."""
    visit, job = next_job(visit)
    again = replace(again, asks_left=again.asks_left - 1, waited_s=0.0, job=job)
    return replace(visit, stage=replace(stage, retry=again)), (ask(job, again),)


def touched_trouble(visit: Visit, stage: Troubled, touch: Touch) -> Step:
    """再试一次 repeats no effect; anything else goes back or home."""
    match touch:
        case Proceeded():
            return _try_again(visit, stage)
        case WentBack():
            return _back(visit, stage)
        case Declined() | WentHome():
            return ask_to_leave(visit) if stage.is_paid and stage.retry is not None else go_home(visit, VisitOutcome.LEFT)
        case _:
            return stay(visit)


def _known(visit: Visit, submission: Submission, answer: Accepted | Refused | NotDone) -> Step:
    match answer:
        case Accepted():
            way = submission.identified.person.known_by
            case = Case(service=submission.service, key=submission.key, document=answer.document, way=way)
            return enter_after(visit, case, StepKind.SUBMIT, *settle_submission(IntentOutcome.DONE, "accepted"))
        case Refused():
            trouble = Troubled(
                kind=TroubleKind.PLATFORM_REFUSED,
                matter=MatterState.NOT_DONE,
                service=submission.service,
                is_paid=bool(submission.payment),
                said=answer.reason,
            )
            return turn_to(visit, trouble, *settle_submission(IntentOutcome.NOT_STARTED, "refused"))
        case NotDone():
            trouble = Troubled(
                kind=TroubleKind.PLATFORM_OFFLINE,
                matter=MatterState.NOT_DONE,
                service=submission.service,
                retry=GoOnAgain(submission=submission),
                is_paid=bool(submission.payment),
                withdrawal=withdrawal_of(visit, Capability.REACH_PLATFORM),
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
        withdrawal=withdrawal_of(visit, Capability.REACH_PLATFORM),
    )
    return turn_to(visit, trouble)


def _try_again(visit: Visit, stage: Troubled) -> Step:
    match stage.retry:
        case ReadAgain():
            return enter_identify(visit, stage.retry.service, None)
        case GoOnAgain():
            return go_on(visit, stage.retry.submission)
        case SendPapersAgain():
            return enter_sending(visit, stage.retry.submission)
        case AskAgain(is_payment=True):
            return enter_asking_payment(visit, stage.retry.submission)
        case AskAgain():
            return enter_asking(visit, stage.retry.submission)
        case RenewAgain():
            return enter_renewing(visit, stage.retry.case, stage.retry.reprint)
        case None:
            return go_home(visit, VisitOutcome.LEFT)
        case _:
            assert_never(stage.retry)


def can_go_back(stage: Troubled) -> bool:
    """Whether 返回 leads anywhere: what may have gone through, and what was paid, cannot be taken back."""
    return not stage.is_paid and isinstance(stage.retry, ReadAgain | GoOnAgain | SendPapersAgain)


def _back(visit: Visit, stage: Troubled) -> Step:
    match stage.retry:
        case ReadAgain():
            return turn_to(visit, Guiding(service=stage.retry.service))
        case GoOnAgain(submission=submission) | SendPapersAgain(submission=submission) if not stage.is_paid:
            so_far = None if _is_untouched(submission) else submission
            return turn_to(visit, Confirming(service=submission.service, identified=submission.identified, so_far=so_far))
        case _:
            return stay(visit)


def _is_untouched(submission: Submission) -> bool:
    return submission == Submission(service=submission.service, identified=submission.identified)
