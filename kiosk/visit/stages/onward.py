"""Onward: from 核对 to the one thing that cannot be undone, past every step the service asks for on the way."""

from dataclasses import replace

from kiosk.gateway.platform import FaceSeen, KnownBy
from kiosk.services.offer import Withdrawal
from kiosk.services.service import Capability, StepKind
from kiosk.visit.effect import AskPayment, AskPlatform, Effect, HandInPapers, Pay, ReadCard, ReadPayCode, Submit, TakeFace
from kiosk.visit.model import (
    AskAgain,
    AskingAgain,
    CardPrompt,
    FacePrompt,
    FaceWay,
    Facing,
    GoOnAgain,
    MatterState,
    PayAsked,
    Paying,
    PayState,
    ProvingByPhone,
    Scanning,
    ScanState,
    SendingPapers,
    Submission,
    Submitting,
    Troubled,
    TroubleKind,
    Visit,
)
from kiosk.visit.stages.entrances import Step, next_job, turn_to
from kiosk.visit.ways import face_ways, ways_now, withdrawal_of, works


def go_on(visit: Visit, submission: Submission, *effects: Effect) -> Step:
    """Look once more whether the matter can be finished, then go to the first step that is not behind her."""
    blocked, withdrawal = _blocked(visit, submission)
    if blocked:
        return turn_to(visit, _withdrawn(submission, withdrawal), *effects)
    steps = submission.service.steps
    ahead = [step for step in steps[steps.index(StepKind.CONFIRM) + 1 :] if not submission.is_done(step)]
    visit, more = _enter(visit, submission, ahead[0])
    return visit, (*effects, *more)


def enter_face(visit: Visit, submission: Submission, *, failures: int = 0) -> Step:
    """Look into the camera; where there is none, the other way at once."""
    if not works(visit, Capability.TAKE_FACE):
        return instead_of_face(visit, submission, is_asked=False)
    visit, job = next_job(visit)
    facing = Facing(submission=submission, job=job, failures=failures)
    return turn_to(visit, facing, TakeFace(job=job, person=submission.identified.person))


def instead_of_face(visit: Visit, submission: Submission, *, is_asked: bool = True, failures: int = 0) -> Step:
    """No face can be had now: take the only other way there is, or let her choose.

    ``is_asked`` when nobody knows whether she is still there: the matter then never goes on by itself.
    """
    ways = face_ways(visit, submission)
    if not ways:
        withdrawal = withdrawal_of(visit, Capability.TAKE_FACE)
        return turn_to(visit, _withdrawn(submission, withdrawal))
    if ways == (FaceWay.PHONE_CODE,) and failures == 0:
        return enter_proof_by_phone(visit, submission)
    if ways == (FaceWay.WITHOUT_FACE,) and not is_asked:
        return go_on(visit, replace(submission, face=FaceSeen.NOT_SHOWN))
    facing = Facing(submission=submission, job=0, prompt=FacePrompt.NOT_POSSIBLE, is_looking=False, failures=failures)
    return turn_to(visit, facing)


def enter_proof_by_phone(visit: Visit, submission: Submission, *effects: Effect) -> Step:
    """Her phone's code in place of her face."""
    visit, job = next_job(visit)
    proving = ProvingByPhone(submission=submission, job=job, prompt=CardPrompt.PUT_CARD)
    return turn_to(visit, proving, *effects, read_phone(job))


def enter_scan(visit: Visit, submission: Submission) -> Step:
    """Lay a sheet on the table; what was taken before she went back is still there."""
    state = ScanState.TAKEN if submission.sheets else ScanState.WAITING
    return turn_to(visit, Scanning(submission=submission, job=0, state=state))


def enter_sending(visit: Visit, submission: Submission) -> Step:
    """Bind the sheets and hand them in."""
    visit, job = next_job(visit)
    return turn_to(visit, SendingPapers(submission=submission, job=job), HandInPapers(job=job, key=submission.key))


def enter_pay(visit: Visit, submission: Submission) -> Step:
    """Wait for the code of her phone's purse."""
    visit, job = next_job(visit)
    return turn_to(visit, PayAsked(submission=submission, job=job, state=PayState.SHOW_CODE), ReadPayCode(job=job))


def enter_paying(visit: Visit, submission: Submission, code: str) -> Step:
    """Have the money taken, unless the ledger has gone meanwhile."""
    blocked, withdrawal = _blocked(visit, submission)
    if blocked:
        return turn_to(visit, _withdrawn(submission, withdrawal))
    visit, job = next_job(visit)
    service = submission.service
    paying = Pay(job=job, key=submission.payment_key, service=service.id, amount_fen=service.cost_fen, code=code)
    return turn_to(visit, Paying(submission=submission, job=job), paying)


def enter_asking_payment(visit: Visit, submission: Submission) -> Step:
    """Ask the platform whether it took the money; asking has no effect of its own."""
    visit, job = next_job(visit)
    stage = Paying(submission=submission, job=job, is_asking=True)
    return turn_to(visit, stage, AskPayment(job=job, key=submission.payment_key))


def enter_asking(visit: Visit, submission: Submission) -> Step:
    """Ask the platform what became of it; asking has no effect of its own."""
    visit, job = next_job(visit)
    return turn_to(visit, AskingAgain(submission=submission, job=job), AskPlatform(job=job, key=submission.key))


def ask(job: int, again: AskAgain) -> Effect:
    """The question that belongs to what nobody knows."""
    if again.is_payment:
        return AskPayment(job=job, key=again.submission.payment_key)
    return AskPlatform(job=job, key=again.submission.key)


def _enter(visit: Visit, submission: Submission, step: StepKind) -> Step:
    match step:
        case StepKind.FACE:
            return enter_face(visit, submission)
        case StepKind.SCAN:
            return enter_scan(visit, submission)
        case StepKind.PAY:
            return enter_pay(visit, submission)
        case _:
            return _hand_in(visit, submission)


def _hand_in(visit: Visit, submission: Submission) -> Step:
    visit, job = next_job(visit)
    return turn_to(visit, Submitting(submission=submission, job=job), Submit(job=job, application=submission.application))


def read_phone(job: int) -> ReadCard:
    """Wait for the code on a phone."""
    return ReadCard(job=job, way=KnownBy.PHONE_CODE)


def _blocked(visit: Visit, submission: Submission) -> tuple[bool, Withdrawal | None]:
    """Whether the steps still ahead cannot be finished. Who she is has been read: that reader does not count any more."""
    service = submission.service
    offer = visit.offer_of(service)
    if offer is None:
        return True, None
    steps = service.steps[service.steps.index(StepKind.CONFIRM) :]
    ahead = {need: None for step in steps if not submission.is_done(step) for need in service.needs_of(step)}
    if offer.withdrawal is not None and offer.withdrawal.capability in ahead:
        return True, offer.withdrawal
    for need in ahead:  # an offer names one withdrawal; behind the reader's the printer's may hide
        may_be_left_out = need is Capability.TAKE_FACE and bool(face_ways(visit, submission))
        if not ways_now(visit, service, need) and not may_be_left_out:
            return True, withdrawal_of(visit, need)
    return False, None


def _withdrawn(submission: Submission, withdrawal: Withdrawal | None) -> Troubled:
    return Troubled(
        kind=TroubleKind.SERVICE_WITHDRAWN,
        matter=MatterState.NOT_DONE,
        service=submission.service,
        retry=GoOnAgain(submission=submission),
        is_paid=bool(submission.payment),
        said=withdrawal.reason if withdrawal else "",
        withdrawal=withdrawal,
    )
