"""Paying: charged once, asked about for as long as nobody knows, and never again by itself."""

import pytest

from kiosk.gateway.platform import Accepted, NotDone, OutcomeUnknown, Paid, PaymentAnswer, Refused
from kiosk.journal import IntentOutcome
from kiosk.services.service import Capability
from kiosk.visit.effect import AskPayment, EndVisit, Pay, ReadPayCode, Report, SettlePayment, StopReading, Submit
from kiosk.visit.event import (
    CodeShown,
    Declined,
    NoCardCame,
    PaymentAnswered,
    PlatformAnswered,
    Proceeded,
    ReaderLost,
    TimePassed,
    WentBack,
    WentHome,
)
from kiosk.visit.machine import advance
from kiosk.visit.model import (
    AskAgain,
    Confirming,
    LeaveAsked,
    MatterState,
    PayAsked,
    Paying,
    PayState,
    StillThereAsked,
    Submitting,
    Troubled,
    TroubleKind,
    Visit,
    VisitOutcome,
)
from tests.kiosk.visit.world import PAYMENT, a_document, after, cannot, effects_of, identified

CODE = "134500000000000000"
UNKNOWN = OutcomeUnknown(why="silence")


def _asked() -> Visit:
    return after(identified(PAYMENT), Proceeded())


def _shown(visit: Visit) -> tuple[Visit, Pay]:
    visit, effects = advance(visit, CodeShown(job=visit.jobs, content=CODE))
    (pay,) = effects
    assert isinstance(pay, Pay)
    return visit, pay


def _paying() -> Visit:
    return _shown(_asked())[0]


def _answer(visit: Visit, answer: PaymentAnswer) -> PaymentAnswered:
    return PaymentAnswered(job=visit.jobs, answer=answer)


def _unknown() -> Visit:
    visit = _paying()
    visit = after(visit, _answer(visit, UNKNOWN))
    return after(visit, _answer(visit, UNKNOWN))


def _paid() -> Visit:
    visit = _paying()
    return after(visit, _answer(visit, Paid(receipt="ZF1")))


def test_the_code_of_her_purse_is_charged_what_the_tile_said() -> None:
    assert effects_of(identified(PAYMENT), Proceeded()) == (ReadPayCode(job=2),)
    visit, pay = _shown(_asked())
    assert isinstance(visit.stage, Paying)
    assert (pay.service, pay.amount_fen, pay.code) == (PAYMENT.id, PAYMENT.cost_fen, CODE)
    assert CODE not in repr((visit, pay))


def test_what_was_paid_is_handed_in_with_the_payments_key() -> None:
    visit, pay = _shown(_asked())
    visit, effects = advance(visit, _answer(visit, Paid(receipt="ZF1")))
    assert isinstance(visit.stage, Submitting)
    assert effects[:2] == (
        SettlePayment(outcome=IntentOutcome.DONE, evidence="paid"),
        Report(name="pay.settled", facts=(("outcome", "paid"),)),
    )
    assert isinstance(effects[2], Submit)
    assert effects[2].application.payment == pay.key
    assert pay.key != effects[2].application.key


def test_a_refusal_takes_nothing_and_another_attempt_has_a_key_of_its_own() -> None:
    visit, first = _shown(_asked())
    visit, effects = advance(visit, _answer(visit, Refused(reason="余额不够")))
    assert isinstance(visit.stage, PayAsked)
    assert (visit.stage.state, visit.stage.said) == (PayState.REFUSED, "余额不够")
    assert effects[0] == SettlePayment(outcome=IntentOutcome.NOT_STARTED, evidence="refused")
    _, second = _shown(after(visit, Proceeded()))
    assert second.key != first.key
    assert _shown(after(visit, WentBack(), Proceeded()))[1].key == second.key


def test_what_never_arrived_is_tried_again_under_the_same_key() -> None:
    visit, first = _shown(_asked())
    visit = after(visit, _answer(visit, NotDone(why="no route")))
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.kind, visit.stage.matter) == (TroubleKind.PLATFORM_OFFLINE, MatterState.NOT_DONE)
    assert _shown(after(visit, Proceeded()))[1].key == first.key


def test_what_may_have_been_taken_is_asked_for_and_never_charged_again() -> None:
    visit, pay = _shown(_asked())
    visit, effects = advance(visit, _answer(visit, UNKNOWN))
    assert effects == (AskPayment(job=visit.jobs, key=pay.key),)
    visit, effects = advance(visit, _answer(visit, UNKNOWN))
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.kind, visit.stage.matter, effects) == (TroubleKind.PAYMENT_UNKNOWN, MatterState.UNKNOWN, ())
    assert effects_of(visit, Proceeded()) == (AskPayment(job=visit.jobs + 1, key=pay.key),)
    assert after(visit, WentBack()) == visit


def test_the_machine_asks_by_itself_and_goes_on_when_it_was_paid() -> None:
    visit = _unknown()
    visit, effects = advance(visit, TimePassed(seconds=10))
    assert [type(effect) for effect in effects] == [AskPayment]
    same, effects = advance(visit, _answer(visit, UNKNOWN))
    assert (type(same.stage), effects) == (Troubled, ())
    visit, effects = advance(visit, _answer(visit, Paid(receipt="ZF1")))
    assert isinstance(visit.stage, Submitting)


def test_an_answer_about_the_matter_says_nothing_of_the_payment() -> None:
    visit = after(_unknown(), TimePassed(seconds=10))
    late = PlatformAnswered(job=visit.jobs, answer=Accepted(document=a_document()))
    assert after(visit, late) == visit


def test_leaving_with_an_unknown_payment_settles_it_as_unknown_once() -> None:
    assert effects_of(_unknown(), WentHome()) == (
        SettlePayment(outcome=IntentOutcome.UNKNOWN, evidence="unknown"),
        Report(name="pay.settled", facts=(("outcome", "unknown"),)),
        EndVisit(service=PAYMENT, outcome=VisitOutcome.UNKNOWN, steps=3),
    )


def test_paid_and_not_handed_in_is_tried_again_and_cannot_be_undone_by_going_back() -> None:
    visit = _paid()
    visit = after(visit, PlatformAnswered(job=visit.jobs, answer=NotDone(why="no route")))
    assert isinstance(visit.stage, Troubled)
    assert visit.stage.is_paid
    assert after(visit, WentBack()) == visit
    (again,) = effects_of(visit, Proceeded())
    assert isinstance(again, Submit)
    assert again.application.payment
    assert after(visit, WentHome()).overlay == LeaveAsked()


@pytest.mark.parametrize("answer", [NotDone(why="no route"), Refused(reason="已经参保")])
def test_money_that_was_taken_for_nothing_is_reported_for_the_bureau(answer: NotDone | Refused) -> None:
    visit = _paid()
    visit = after(visit, PlatformAnswered(job=visit.jobs, answer=answer))
    visit, effects = advance(visit, TimePassed(seconds=1000))
    assert [effect.name for effect in effects if isinstance(effect, Report)] == ["pay.unused"]


def test_without_a_ledger_no_money_is_taken_even_if_the_code_was_shown_already() -> None:
    full = after(_asked(), cannot(Capability.KEEP_RECORDS))
    visit, effects = advance(full, CodeShown(job=full.jobs, content=CODE))
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.kind, effects) == (TroubleKind.SERVICE_WITHDRAWN, ())


def test_a_scanner_that_goes_away_is_asked_again_every_second() -> None:
    visit = after(_asked(), ReaderLost(job=2))
    assert isinstance(visit.stage, PayAsked)
    assert visit.stage.state is PayState.SCANNER_AWAY
    assert effects_of(after(visit, cannot(Capability.READ_PHONE_CODE)), TimePassed(seconds=5)) == ()
    assert effects_of(visit, TimePassed(seconds=1)) == (ReadPayCode(job=3),)


def test_nobody_showing_a_code_starts_the_scanner_again_and_the_question_comes_all_the_same() -> None:
    visit = _asked()
    visit = after(visit, TimePassed(seconds=30), NoCardCame(job=visit.jobs))
    assert isinstance(after(visit, TimePassed(seconds=30)).overlay, StillThereAsked)


def test_what_is_being_paid_cannot_be_called_back_and_nobody_is_asked_meanwhile() -> None:
    visit = _paying()
    for touch in (WentBack(), WentHome(), Declined(), Proceeded()):
        assert advance(visit, touch) == (visit, ())
    assert after(visit, TimePassed(seconds=3600)).overlay is None


def test_back_from_paying_keeps_the_question_and_stops_the_scanner() -> None:
    visit, effects = advance(_asked(), WentBack())
    assert (type(visit.stage), effects) == (Confirming, (StopReading(),))


def test_asking_about_a_payment_holds_the_right_key() -> None:
    stage = _unknown().stage
    assert isinstance(stage, Troubled)
    assert isinstance(stage.retry, AskAgain)
    assert stage.retry.is_payment
