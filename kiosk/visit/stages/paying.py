"""Paying: the code of her phone's purse, and a charge that is made once and asked about for as long as nobody knows."""

from dataclasses import replace
from typing import assert_never

from kiosk.gateway.platform import NotDone, OutcomeUnknown, Paid, PaymentAnswer, Refused
from kiosk.journal import IntentOutcome
from kiosk.services.service import Capability
from kiosk.visit.effect import ReadPayCode, StopReading
from kiosk.visit.event import CodeShown, Declined, Proceeded, Touch, WentBack, WentHome
from kiosk.visit.model import (
    AskAgain,
    Confirming,
    GoOnAgain,
    MatterState,
    PayAsked,
    Paying,
    PayState,
    Submission,
    Troubled,
    TroubleKind,
    Visit,
)
from kiosk.visit.stages.entrances import Step, ask_to_leave, next_job, settle_payment, stay, turn_to
from kiosk.visit.stages.onward import enter_asking_payment, enter_pay, enter_paying, go_on
from kiosk.visit.ways import withdrawal_of


def touched_pay_asked(visit: Visit, stage: PayAsked, touch: Touch) -> Step:
    """Once more after a refusal, not at all, or back; else the phone is the answer here."""
    match touch:
        case Proceeded() if stage.state is PayState.REFUSED:
            return enter_pay(visit, stage.submission)
        case WentBack():
            submission = stage.submission
            confirming = Confirming(service=submission.service, identified=submission.identified, so_far=submission)
            return turn_to(visit, confirming, StopReading())
        case Declined() | WentHome():
            return ask_to_leave(visit)
        case _:
            return stay(visit)


def code_shown(visit: Visit, stage: PayAsked, finding: CodeShown) -> Step:
    """Have the money taken. The code goes on with the effect alone; nothing of it stays."""
    return enter_paying(visit, stage.submission, finding.content)


def code_not_taken(visit: Visit, stage: PayAsked) -> Step:
    """Wait for a code again, on the page as it stands."""
    visit, job = next_job(visit)
    return replace(visit, stage=replace(stage, job=job, state=PayState.SHOW_CODE, waited_s=0.0)), (ReadPayCode(job=job),)


def scanner_lost(visit: Visit, stage: PayAsked) -> Step:
    """It is asked again by itself."""
    return replace(visit, stage=replace(stage, state=PayState.SCANNER_AWAY, waited_s=0.0)), ()


def payment_answered(visit: Visit, stage: Paying, answer: PaymentAnswer) -> Step:
    """Take the platform's word. What may have gone through is asked for by key, never charged again."""
    if isinstance(answer, OutcomeUnknown):
        return _unknown(visit, stage)
    return _known(visit, stage.submission, answer)


def payment_answered_by_itself(visit: Visit, stage: Troubled, again: AskAgain, answer: PaymentAnswer) -> Step:
    """Take the answer to a question that nobody waited for: the page moves on, or stands as it was."""
    if isinstance(answer, OutcomeUnknown):
        return replace(visit, stage=replace(stage, retry=replace(again, job=None))), ()
    return _known(visit, again.submission, answer)


def _known(visit: Visit, submission: Submission, answer: Paid | Refused | NotDone) -> Step:
    match answer:
        case Paid():
            paid = replace(submission, payment=submission.payment_key)
            return go_on(visit, paid, *settle_payment(IntentOutcome.DONE, "paid"))
        case Refused():
            again = replace(submission, refused_payments=submission.refused_payments + 1)
            asked = PayAsked(submission=again, job=0, state=PayState.REFUSED, said=answer.reason)
            return turn_to(visit, asked, *settle_payment(IntentOutcome.NOT_STARTED, "refused"))
        case NotDone():
            trouble = Troubled(
                kind=TroubleKind.PLATFORM_OFFLINE,
                matter=MatterState.NOT_DONE,
                service=submission.service,
                retry=GoOnAgain(submission=submission),
                withdrawal=withdrawal_of(visit, Capability.REACH_PLATFORM),
            )
            return turn_to(visit, trouble, *settle_payment(IntentOutcome.NOT_STARTED, "not_done"))
        case _:
            assert_never(answer)


def _unknown(visit: Visit, stage: Paying) -> Step:
    if not stage.is_asking:
        return enter_asking_payment(visit, stage.submission)
    trouble = Troubled(
        kind=TroubleKind.PAYMENT_UNKNOWN,
        matter=MatterState.UNKNOWN,
        service=stage.submission.service,
        retry=AskAgain(submission=stage.submission, is_payment=True),
        withdrawal=withdrawal_of(visit, Capability.REACH_PLATFORM),
    )
    return turn_to(visit, trouble)
