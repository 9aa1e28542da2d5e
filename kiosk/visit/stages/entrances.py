"""Entrances: the ways into a stage that several stages share, each with the effects that belong to entering it."""

from dataclasses import replace

from kiosk.journal import IntentOutcome
from kiosk.services.offer import Withdrawal
from kiosk.services.service import NEEDS, Capability, Service, StepKind
from kiosk.visit.effect import (
    AskPlatform,
    BeginVisit,
    Effect,
    EndVisit,
    Print,
    ReadCard,
    Report,
    SettleSubmission,
    StopReading,
    Submit,
)
from kiosk.visit.model import (
    AskAgain,
    AskingAgain,
    AtRest,
    Case,
    Confirming,
    Farewell,
    Identified,
    LeaveAsked,
    MatterState,
    PreparingPrint,
    Rating,
    ReaderAway,
    Reading,
    Showing,
    Stage,
    Submission,
    SubmitAgain,
    Submitting,
    Troubled,
    TroubleKind,
    Visit,
    VisitOutcome,
)
from kiosk.visit.steps import outcome_if_left, steps_done

Step = tuple[Visit, tuple[Effect, ...]]
"""What ``advance`` returns."""


def stay(visit: Visit) -> Step:
    """Change nothing."""
    return visit, ()


def turn_to(visit: Visit, stage: Stage, *effects: Effect) -> Step:
    """Go to another stage: whatever lay over the old one is gone, and patience begins anew."""
    return replace(visit, stage=stage, overlay=None, idle_s=0.0), effects


def ask_to_leave(visit: Visit) -> Step:
    """回首页 asks once in the middle of a matter."""
    return replace(visit, overlay=LeaveAsked()), ()


def go_home(visit: Visit, how: VisitOutcome) -> Step:
    """End whatever was going on and forget it; ``how`` counts where the stage itself does not tell the outcome."""
    return _at_rest(visit), _ending(visit, outcome_if_left(visit.stage, how), steps_done(visit.stage))


def say_goodbye(visit: Visit, outcome: VisitOutcome, *effects: Effect, steps: int | None = None) -> Step:
    """End the visit kindly. The settings stay for the one page she still reads."""
    ending = _ending(visit, outcome, steps_done(visit.stage) if steps is None else steps)
    return replace(_at_rest(visit), stage=Farewell(), settings=visit.settings), (*effects, *ending)


def enter_identify(visit: Visit, service: Service, held: Identified | None) -> Step:
    """Begin the matter: wait for her card, unless she was identified before she went back."""
    visit, began = _begin(visit, service)
    if held is not None:
        return turn_to(visit, Confirming(service=service, identified=held), *began)
    if not visit.reader_is_ready:
        return turn_to(visit, ReaderAway(service=service), *began)
    visit, effects = read_card(visit, Reading(service=service, job=0))
    return replace(visit, overlay=None, idle_s=0.0), (*began, *effects)


def read_card(visit: Visit, reading: Reading) -> Step:
    """Wait for a card as a job of its own, on the page as it stands."""
    visit, job = _next_job(visit)
    return replace(visit, stage=replace(reading, job=job)), (ReadCard(job=job),)


def read_card_again(visit: Visit, service: Service) -> Step:
    """The reader is back, or is asked once more; patience goes on where it was."""
    return read_card(visit, Reading(service=service, job=0))


def leave_reading(visit: Visit) -> tuple[Effect, ...]:
    """What stops the reader when the stage is about to change."""
    return (StopReading(),) if isinstance(visit.stage, Reading) else ()


def enter_submit(visit: Visit, submission: Submission) -> Step:
    """Look once more whether it can be finished, then hand in. Nothing has happened yet when it cannot."""
    blocked, withdrawal = _blocked(visit, submission.service)
    if blocked:
        trouble = Troubled(
            kind=TroubleKind.SERVICE_WITHDRAWN,
            matter=MatterState.NOT_DONE,
            service=submission.service,
            retry=SubmitAgain(submission=submission),
            said=withdrawal.reason if withdrawal else "",
            withdrawal=withdrawal,
        )
        return turn_to(visit, trouble)
    visit, job = _next_job(visit)
    return turn_to(visit, Submitting(submission=submission, job=job), Submit(job=job, application=submission.application))


def enter_asking(visit: Visit, submission: Submission) -> Step:
    """Ask the platform what became of it; asking has no effect of its own."""
    visit, job = _next_job(visit)
    return turn_to(visit, AskingAgain(submission=submission, job=job), AskPlatform(job=job, key=submission.application.key))


def ask_by_itself(visit: Visit, stage: Troubled, again: AskAgain) -> Step:
    """Ask once more without a touch; the page stands as it is until there is an answer."""
    visit, job = _next_job(visit)
    again = replace(again, asks_left=again.asks_left - 1, waited_s=0.0, job=job)
    return replace(visit, stage=replace(stage, retry=again)), (AskPlatform(job=job, key=again.submission.application.key),)


def enter_after(visit: Visit, case: Case, done: StepKind, *effects: Effect) -> Step:
    """Go to the step that follows ``done``, or say goodbye when it was the last."""
    steps = case.service.steps
    following = steps[steps.index(done) + 1 :]
    match following[0] if following else None:
        case StepKind.SHOW:
            return turn_to(visit, Showing(case=case), *effects)
        case StepKind.PRINT:
            visit, more = enter_print(visit, case, 0)
            return visit, (*effects, *more)
        case _:
            return enter_rating(visit, case, VisitOutcome.DONE, *effects)


def enter_print(visit: Visit, case: Case, reprint: int) -> Step:
    """Print once. Called for the original by what came before it, for any other by the person's own touch alone."""
    visit, job = _next_job(visit)
    effect = Print(job=job, key=case.key, document=case.document, reprint=reprint)
    return turn_to(visit, PreparingPrint(case=case, job=job, reprint=reprint), effect)


def enter_rating(visit: Visit, case: Case, outcome: VisitOutcome, *effects: Effect) -> Step:
    """Let go of the document; ask how it was, where the service asks."""
    if StepKind.RATE not in case.service.steps:
        return say_goodbye(visit, outcome, *effects, steps=len(case.service.steps))
    return turn_to(visit, Rating(service=case.service, key=case.key, outcome=outcome), *effects)


def printer_withdrawal(visit: Visit) -> Withdrawal | None:
    """The fault that keeps the printer from printing, as far as the offers tell."""
    found = (offer.withdrawal for offer in visit.offers if offer.withdrawal)
    return next((withdrawal for withdrawal in found if withdrawal.capability is Capability.PRINT_RECEIPT), None)


def platform_withdrawal(visit: Visit) -> Withdrawal | None:
    """The fault that keeps the platform away, as far as the offers tell."""
    found = (offer.withdrawal for offer in visit.offers if offer.withdrawal)
    return next((withdrawal for withdrawal in found if withdrawal.capability is Capability.REACH_PLATFORM), None)


def _blocked(visit: Visit, service: Service) -> tuple[bool, Withdrawal | None]:
    """Whether the steps after 核对 cannot be finished. The card has been read: the reader does not count any more."""
    offer = visit.offer_of(service)
    if offer is None:
        return True, None
    if offer.withdrawal is None:
        return False, None
    ahead = {need for step in service.steps[service.steps.index(StepKind.CONFIRM) :] for need in NEEDS[step]}
    if offer.withdrawal.capability in ahead:
        return True, offer.withdrawal
    # An offer names one withdrawal; behind the reader's the printer's may hide.
    if Capability.PRINT_RECEIPT in ahead and not visit.printer_is_ready:
        return True, printer_withdrawal(visit)
    return False, None


def _begin(visit: Visit, service: Service) -> Step:
    if visit.begun == service:
        return visit, ()
    started = Report(name="visit.started", facts=(("service", service.id),))
    ending = _ending(visit, VisitOutcome.LEFT, steps_done(visit.stage))
    return replace(visit, begun=service), (*ending, BeginVisit(service=service), started)


def _ending(visit: Visit, outcome: VisitOutcome, steps: int) -> tuple[Effect, ...]:
    effects: list[Effect] = []
    if isinstance(visit.stage, Troubled) and isinstance(visit.stage.retry, AskAgain):
        effects += settle_submission(IntentOutcome.UNKNOWN, "unknown")
    if visit.begun is not None:
        effects.append(EndVisit(service=visit.begun, outcome=outcome, steps=steps))
    return tuple(effects)


def settle_submission(outcome: IntentOutcome, word: str) -> tuple[Effect, ...]:
    """Give the submission its one outcome, in the ledger and to the fleet."""
    return (
        SettleSubmission(outcome=outcome, evidence=word),
        Report(name="submit.settled", facts=(("outcome", word),)),
    )


def _next_job(visit: Visit) -> tuple[Visit, int]:
    return replace(visit, jobs=visit.jobs + 1), visit.jobs + 1


def _at_rest(visit: Visit) -> Visit:
    return Visit(
        stage=AtRest(),
        jobs=visit.jobs,
        offers=visit.offers,
        reader_is_ready=visit.reader_is_ready,
        printer_is_ready=visit.printer_is_ready,
    )
