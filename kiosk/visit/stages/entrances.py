"""Entrances: how a visit turns to another page, begins and ends; every stage's way in is built on these."""

from dataclasses import replace

from kiosk.journal import IntentOutcome
from kiosk.services.service import Service
from kiosk.visit.effect import BeginVisit, Effect, EndVisit, LookForCards, Report, SettlePayment, SettleSubmission
from kiosk.visit.model import (
    AskAgain,
    AskingAgain,
    AtRest,
    Farewell,
    LeaveAsked,
    Look,
    Paying,
    Stage,
    Submitting,
    Troubled,
    Visit,
    VisitOutcome,
)
from kiosk.visit.steps import outcome_if_left, steps_done
from kiosk.visit.ways import HOLDS_CARDS

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


def next_job(visit: Visit) -> tuple[Visit, int]:
    """Number a job that is about to begin."""
    return replace(visit, jobs=visit.jobs + 1), visit.jobs + 1


def go_home(visit: Visit, how: VisitOutcome) -> Step:
    """End whatever was going on and forget it; ``how`` counts where the stage itself does not tell the outcome."""
    ending = _ending(visit, outcome_if_left(visit.stage, how), steps_done(visit.stage))
    return _emptied(visit, AtRest(), ending)


def say_goodbye(visit: Visit, outcome: VisitOutcome, *effects: Effect, steps: int | None = None) -> Step:
    """End the visit kindly. The settings stay for the one page she still reads."""
    ending = _ending(visit, outcome, steps_done(visit.stage) if steps is None else steps)
    after, ended = _emptied(visit, Farewell(), ending)
    return replace(after, settings=visit.settings), (*effects, *ended)


def begin(visit: Visit, service: Service) -> Step:
    """Begin the matter, unless it has begun; another one that had is left."""
    if visit.begun == service:
        return visit, ()
    started = Report(name="visit.started", facts=(("service", service.id),))
    ending = _ending(visit, VisitOutcome.LEFT, steps_done(visit.stage))
    return replace(visit, begun=service), (*ending, BeginVisit(service=service), started)


def look_for_cards(visit: Visit, *, is_own: bool) -> Step:
    """Look whether a card lies on a reader, on the page as it stands: hers at the end, somebody's at the beginning."""
    ways = visit.readers_used if is_own else HOLDS_CARDS
    if not ways:
        return visit, ()
    job = visit.looks + 1
    return replace(visit, looks=job, look=Look(job=job, ways=ways, is_own=is_own)), (LookForCards(job=job, ways=ways),)


def settle_submission(outcome: IntentOutcome, word: str) -> tuple[Effect, ...]:
    """Give the submission its one outcome, in the ledger and to the fleet."""
    return (
        SettleSubmission(outcome=outcome, evidence=word),
        Report(name="submit.settled", facts=(("outcome", word),)),
    )


def settle_payment(outcome: IntentOutcome, word: str) -> tuple[Effect, ...]:
    """Give the payment its one outcome, in the ledger and to the fleet."""
    return (
        SettlePayment(outcome=outcome, evidence=word),
        Report(name="pay.settled", facts=(("outcome", word),)),
    )


def _ending(visit: Visit, outcome: VisitOutcome, steps: int) -> tuple[Effect, ...]:
    effects: list[Effect] = []
    match visit.stage:
        case Troubled(retry=AskAgain(is_payment=True)) | Paying():
            effects += settle_payment(IntentOutcome.UNKNOWN, "unknown")
        case Troubled(retry=AskAgain()) | Submitting() | AskingAgain():
            effects += settle_submission(IntentOutcome.UNKNOWN, "unknown")
        case _:
            pass
    if isinstance(visit.stage, Troubled) and visit.stage.is_paid:
        effects.append(Report(name="pay.unused"))  # the bureau has to give it back
    if visit.begun is not None:
        effects.append(EndVisit(service=visit.begun, outcome=outcome, steps=steps))
    return tuple(effects)


def _emptied(visit: Visit, stage: AtRest | Farewell, ending: tuple[Effect, ...]) -> Step:
    """Keep of the visit what belongs to the machine; look whether her card was left."""
    empty = Visit(
        stage=stage,
        settings=visit.usual,
        usual=visit.usual,
        jobs=visit.jobs,
        looks=visit.looks,
        offers=visit.offers,
        ready=visit.ready,
    )
    if visit.readers_used:
        empty, look = look_for_cards(replace(empty, readers_used=visit.readers_used), is_own=True)
        return replace(empty, readers_used=()), (*ending, *look)
    return empty, ending
