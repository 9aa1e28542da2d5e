from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from drivers.contract.id_card_reader import CardRefusal
from drivers.contract.print_outcome import PrintOutcome
from kiosk.gateway.platform import Accepted, Answer, NotDone, OutcomeUnknown, Refused
from kiosk.journal import IntentOutcome
from kiosk.services.service import Capability
from kiosk.visit.effect import (
    AskPlatform,
    BeginVisit,
    Effect,
    EndVisit,
    HandInRating,
    Print,
    ReadCard,
    RecordAnswer,
    Report,
    SettleSubmission,
    StopReading,
    Submit,
)
from kiosk.visit.event import (
    CardFound,
    CardRefused,
    ClerkTaskOpened,
    Declined,
    Event,
    HelpCalled,
    NoCardCame,
    OffersChanged,
    PageTurned,
    PaperAnswered,
    PlatformAnswered,
    PrintBegan,
    PrintProgressed,
    PrintSettled,
    Proceeded,
    Rated,
    ReaderLost,
    RepairReported,
    RestartAnswered,
    RestartFound,
    ServiceChosen,
    Started,
    TextSizeSet,
    TextSizesOpened,
    TimePassed,
    VoiceOpened,
    VoiceSet,
    WentBack,
    WentHome,
)
from kiosk.visit.machine import advance, break_off
from kiosk.visit.model import (
    AskAgain,
    AskingAgain,
    AtRest,
    CardPrompt,
    Choosing,
    ClerkTaskOpen,
    Confirming,
    Farewell,
    GoOnAgain,
    Guiding,
    HelpOpen,
    LeaveAsked,
    MatterState,
    PaperAsked,
    PaperSeen,
    PreparingPrint,
    PrinterAwaited,
    Printing,
    Rating,
    ReaderAway,
    Reading,
    Settings,
    Showing,
    Stage,
    StillThereAsked,
    Submitting,
    Taking,
    TextSizesOpen,
    Troubled,
    TroubleKind,
    Visit,
    VisitOutcome,
    VoiceOpen,
)
from tests.kiosk.visit.world import (
    FEW,
    PAPER_OUT,
    PENSION,
    PROOF,
    STATEMENT,
    a_document,
    a_person,
    accepted,
    after,
    all_well,
    answered,
    began,
    big_letters,
    but_looks,
    card_event,
    confirming,
    effects_of,
    found,
    guided,
    no_paper,
    no_reader,
    offline,
    preparing,
    printing,
    ready,
    settled,
    showing,
    submitting,
    taking,
    waiting_for_card,
)

DONE, PARTIAL, UNKNOWN, NOT_STARTED = (
    PrintOutcome.DONE,
    PrintOutcome.PARTIAL,
    PrintOutcome.UNKNOWN,
    PrintOutcome.NOT_STARTED,
)


def _refused(visit: Visit, reason: CardRefusal) -> Visit:
    assert isinstance(visit.stage, Reading)
    return after(visit, CardRefused(job=visit.stage.job, reason=reason))


def _asked_about_paper() -> Visit:
    return settled(printing(), UNKNOWN)


def _awaiting_printer() -> Visit:
    return after(_asked_about_paper(), PaperAnswered(seen=PaperSeen.PART))


def _rating() -> Visit:
    return after(taking(), Proceeded())


def _unknown_after_asking() -> Visit:
    visit = submitting()
    visit = after(visit, answered(visit, OutcomeUnknown(why="silence")))
    return after(visit, answered(visit, OutcomeUnknown(why="silence")))


def _not_done() -> Visit:
    visit = submitting()
    return after(visit, answered(visit, NotDone(why="no route")))


STAGES: dict[str, tuple[Callable[[], Visit], type[Stage]]] = {
    "ready": (ready, AtRest),
    "choosing": (lambda: after(ready(), Started()), Choosing),
    "guided": (guided, Guiding),
    "waiting_for_card": (waiting_for_card, Reading),
    "reading": (lambda: found(waiting_for_card()), Reading),
    "reader_away": (lambda: after(waiting_for_card(), no_reader()), ReaderAway),
    "confirming": (confirming, Confirming),
    "submitting": (submitting, Submitting),
    "asking": (lambda: after(visit := submitting(), answered(visit, OutcomeUnknown(why="?"))), AskingAgain),
    "showing": (showing, Showing),
    "preparing": (preparing, PreparingPrint),
    "printing": (printing, Printing),
    "paper_asked": (_asked_about_paper, PaperAsked),
    "printer_awaited": (_awaiting_printer, PrinterAwaited),
    "taking": (taking, Taking),
    "rating": (_rating, Rating),
    "farewell": (lambda: after(_rating(), Declined()), Farewell),
    "not_done": (_not_done, Troubled),
    "unknown": (_unknown_after_asking, Troubled),
}


# --- choosing ---


def test_a_touch_on_the_idle_page_opens_the_catalogue() -> None:
    assert after(ready(), Started()).stage == Choosing()


def test_nothing_begins_while_nothing_is_offered() -> None:
    out = after(ready(), offline())
    assert after(out, Started()) == out


def test_a_grey_service_is_not_to_be_chosen_and_the_others_are() -> None:
    catalogue = after(ready(), no_paper(), Started())
    assert after(catalogue, ServiceChosen(service=PROOF.id)).stage == Choosing()
    assert after(catalogue, ServiceChosen(service=PENSION.id)).stage == Guiding(service=PENSION)


def test_a_service_that_turns_grey_on_its_guide_is_not_begun() -> None:
    visit, effects = advance(after(guided(), no_paper()), Proceeded())
    assert (visit.stage, effects) == (Guiding(service=PROOF), ())


def test_the_pager_stops_at_both_ends() -> None:
    catalogue = after(ready(), Started())
    assert after(catalogue, PageTurned(by=1)).stage == Choosing(page=1)
    assert after(catalogue, PageTurned(by=-1)).stage == Choosing(page=1)


def test_the_catalogue_gives_way_when_the_last_service_goes() -> None:
    gone = offline()
    assert isinstance(after(ready(), Started(), gone).stage, AtRest)


# --- who is it ---


def test_beginning_the_matter_opens_a_visit_and_the_reader() -> None:
    visit, effects = advance(guided(), Proceeded())
    assert visit.stage == Reading(service=PROOF, job=1)
    assert effects == (
        BeginVisit(service=PROOF),
        Report(name="visit.started", facts=(("service", PROOF.id),)),
        ReadCard(job=1),
    )


@pytest.mark.parametrize(
    ("reason", "prompt"),
    [
        (CardRefusal.PRESENT_AGAIN, CardPrompt.PRESENT_AGAIN),
        (CardRefusal.WRONG_CARD, CardPrompt.WRONG_CARD),
        (CardRefusal.NOT_AUTHENTIC, CardPrompt.NOT_AUTHENTIC),
    ],
)
def test_a_refused_card_is_explained_and_waited_for_again(reason: CardRefusal, prompt: CardPrompt) -> None:
    visit = _refused(waiting_for_card(), reason)
    assert isinstance(visit.stage, Reading)
    assert (visit.stage.prompt, visit.stage.job) == (prompt, 2)


def test_a_card_that_was_found_is_said_to_be_read_until_it_is_refused() -> None:
    visit = found(waiting_for_card())
    assert visit.stage == Reading(service=PROOF, job=1, prompt=CardPrompt.READING)
    visit = _refused(visit, CardRefusal.WRONG_CARD)
    assert visit.stage == Reading(service=PROOF, job=2, prompt=CardPrompt.WRONG_CARD, asked=CardPrompt.WRONG_CARD)
    assert isinstance(after(found(visit), card_event(visit)).stage, Confirming)


def test_a_card_found_by_an_old_waiting_is_not_said_to_be_read() -> None:
    visit = after(waiting_for_card(), WentBack(), Proceeded())
    assert after(visit, CardFound(job=1)) == visit


@pytest.mark.parametrize("refusal", [None, CardRefusal.WRONG_CARD])
def test_a_reader_that_falls_silent_over_a_card_asks_for_what_it_asked_before(refusal: CardRefusal | None) -> None:
    before = waiting_for_card() if refusal is None else _refused(waiting_for_card(), refusal)
    assert isinstance(before.stage, Reading)
    visit = after(found(before), NoCardCame(job=before.stage.job))
    assert isinstance(visit.stage, Reading)
    assert visit.stage.prompt is before.stage.prompt


def test_the_third_failed_reading_offers_a_way_out() -> None:
    visit = waiting_for_card()
    for _ in range(3):
        visit = _refused(visit, CardRefusal.PRESENT_AGAIN)
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.kind, visit.stage.matter) == (TroubleKind.CARD_NOT_READ, MatterState.NOT_DONE)
    assert isinstance(after(visit, Proceeded()).stage, Reading)


def test_a_wrong_card_left_lying_does_not_keep_the_visit_alive() -> None:
    visit = waiting_for_card()
    for _ in range(89):
        visit = after(_refused(visit, CardRefusal.WRONG_CARD), TimePassed(seconds=1))
    assert isinstance(visit.overlay, StillThereAsked)
    visit = after(_refused(visit, CardRefusal.WRONG_CARD), TimePassed(seconds=1))
    assert isinstance(visit.stage, AtRest)


def test_a_card_refused_again_and_again_does_not_keep_the_visit_alive_by_being_read() -> None:
    visit = waiting_for_card()
    for _ in range(89):
        visit = after(_refused(found(visit), CardRefusal.WRONG_CARD), TimePassed(seconds=1))
    assert isinstance(visit.overlay, StillThereAsked)
    visit = found(visit)
    assert visit.overlay is None
    assert isinstance(after(_refused(visit, CardRefusal.WRONG_CARD), TimePassed(seconds=1)).stage, AtRest)


def test_nobody_laying_down_a_card_starts_the_reader_again() -> None:
    visit = waiting_for_card()
    assert effects_of(visit, NoCardCame(job=1)) == (ReadCard(job=2),)


def test_a_lost_reader_is_asked_again_by_itself_every_second() -> None:
    visit = after(waiting_for_card(), ReaderLost(job=1))
    assert visit.stage == ReaderAway(service=PROOF)
    assert effects_of(visit, TimePassed(seconds=0.4)) == ()
    visit, effects = advance(visit, TimePassed(seconds=1.0))
    assert isinstance(visit.stage, Reading)
    assert effects == (ReadCard(job=2),)


def test_an_unplugged_reader_waits_for_its_cable_and_goes_on_by_itself() -> None:
    visit, effects = advance(waiting_for_card(), no_reader())
    assert (visit.stage, effects) == (ReaderAway(service=PROOF), (StopReading(),))
    assert effects_of(visit, TimePassed(seconds=5)) == ()
    visit, effects = advance(visit, all_well())
    assert (visit.stage, effects) == (Reading(service=PROOF, job=2), (ReadCard(job=2),))


def test_a_card_read_by_an_old_waiting_is_not_taken() -> None:
    visit = waiting_for_card()
    event = card_event(visit)
    later = after(visit, WentBack(), Proceeded())
    assert after(later, event) == later


def test_an_expired_card_is_said_kindly_and_hands_nothing_in() -> None:
    visit = waiting_for_card()
    expired = a_person(valid_to=date(2026, 11, 21))
    visit, effects = advance(visit, card_event(visit, person=expired))
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.kind, visit.stage.matter, effects) == (TroubleKind.CARD_EXPIRED, MatterState.NOT_DONE, ())
    assert effects_of(visit, WentHome()) == (EndVisit(service=PROOF, outcome=VisitOutcome.REFUSED, steps=1),)


@pytest.mark.parametrize(
    ("valid_to", "today"),
    [(date(2026, 11, 22), date(2026, 11, 22)), (date(2026, 11, 21), None), (None, date(2026, 11, 22))],
    ids=["last day", "clock not trusted", "长期"],
)
def test_a_card_that_may_be_valid_is_left_to_the_platform(valid_to: date | None, today: date | None) -> None:
    visit = waiting_for_card()
    visit = after(visit, card_event(visit, person=a_person(valid_to=valid_to), today=today))
    assert isinstance(visit.stage, Confirming)


def test_another_persons_card_is_forgotten_at_once() -> None:
    visit, effects = advance(confirming(), Declined())
    assert visit.stage == Reading(service=PROOF, job=2)
    assert effects == (ReadCard(job=2),)


def test_going_back_does_not_lose_the_card_that_was_read() -> None:
    there = confirming()
    back = after(there, WentBack())
    assert isinstance(back.stage, Guiding)
    again, effects = advance(back, Proceeded())
    assert (again.stage, effects) == (there.stage, ())


def test_going_back_to_the_catalogue_keeps_the_card_for_another_service() -> None:
    visit = after(confirming(), WentBack(), WentBack(), ServiceChosen(service=PENSION.id))
    visit, effects = advance(visit, Proceeded())
    assert isinstance(visit.stage, Confirming)
    assert visit.stage.service == PENSION
    assert effects == (
        EndVisit(service=PROOF, outcome=VisitOutcome.LEFT, steps=0),
        BeginVisit(service=PENSION),
        Report(name="visit.started", facts=(("service", PENSION.id),)),
    )


def test_back_from_the_card_page_stops_the_reader() -> None:
    visit, effects = advance(waiting_for_card(), WentBack())
    assert (visit.stage, effects) == (Guiding(service=PROOF), (StopReading(),))


# --- the irreversible step ---


def test_yes_hands_in_once() -> None:
    visit, effects = advance(confirming(), Proceeded())
    assert isinstance(visit.stage, Submitting)
    assert len(effects) == 1
    assert isinstance(effects[0], Submit)
    assert advance(visit, Proceeded()) == (visit, ())


def test_the_same_person_and_service_have_the_same_key_for_ever() -> None:
    first = effects_of(confirming(), Proceeded())[0]
    second = effects_of(after(confirming(), WentBack(), Proceeded()), Proceeded())[0]
    other = effects_of(confirming(STATEMENT.id), Proceeded())[0]
    assert isinstance(first, Submit)
    assert isinstance(second, Submit)
    assert isinstance(other, Submit)
    assert first.application.key == second.application.key
    assert first.application.key != other.application.key
    assert len(first.application.key) == 32


def test_paper_that_ran_out_meanwhile_is_noticed_before_anything_is_handed_in() -> None:
    visit, effects = advance(after(confirming(), no_paper()), Proceeded())
    assert effects == ()
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.kind, visit.stage.matter) == (TroubleKind.SERVICE_WITHDRAWN, MatterState.NOT_DONE)
    assert (visit.stage.said, visit.stage.withdrawal) == ("打印机缺纸", PAPER_OUT)
    healed, effects = advance(after(visit, all_well()), Proceeded())
    assert isinstance(healed.stage, Submitting)
    assert len(effects) == 1


def test_a_reader_that_broke_after_the_card_was_read_does_not_matter() -> None:
    assert isinstance(after(confirming(), no_reader(), Proceeded()).stage, Submitting)


def test_an_empty_printer_hidden_behind_a_broken_reader_still_matters() -> None:
    both = OffersChanged(offers=no_reader().offers, ready=frozenset({Capability.REACH_PLATFORM, Capability.KEEP_RECORDS}))
    visit = after(confirming(), both, Proceeded())
    assert isinstance(visit.stage, Troubled)


def test_a_service_nobody_speaks_of_any_more_is_not_handed_in() -> None:
    visit = after(confirming(), OffersChanged(offers=(), ready=FEW), Proceeded())
    assert isinstance(visit.stage, Troubled)


def test_what_was_not_done_may_be_tried_again_under_the_same_key() -> None:
    visit = submitting()
    first = effects_of(confirming(), Proceeded())[0]
    visit, effects = advance(visit, answered(visit, NotDone(why="no route")))
    assert effects[0] == SettleSubmission(outcome=IntentOutcome.NOT_STARTED, evidence="not_done")
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.kind, visit.stage.matter) == (TroubleKind.PLATFORM_OFFLINE, MatterState.NOT_DONE)
    again = effects_of(visit, Proceeded())[0]
    assert isinstance(first, Submit)
    assert isinstance(again, Submit)
    assert again.application == first.application


def test_back_from_not_done_leads_to_the_question_before() -> None:
    assert after(_not_done(), WentBack()).stage == confirming().stage


def test_a_refusal_is_final_and_in_the_platforms_words() -> None:
    visit = submitting()
    visit, effects = advance(visit, answered(visit, Refused(reason="没有查到参保记录")))
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.kind, visit.stage.said, visit.stage.retry) == (TroubleKind.PLATFORM_REFUSED, "没有查到参保记录", None)
    assert effects == (
        SettleSubmission(outcome=IntentOutcome.NOT_STARTED, evidence="refused"),
        Report(name="submit.settled", facts=(("outcome", "refused"),)),
    )
    assert effects_of(visit, Proceeded()) == (EndVisit(service=PROOF, outcome=VisitOutcome.REFUSED, steps=3),)


def test_what_may_have_gone_through_is_asked_for_never_handed_in_again() -> None:
    visit = submitting()
    visit, effects = advance(visit, answered(visit, OutcomeUnknown(why="silence")))
    assert isinstance(visit.stage, AskingAgain)
    assert [type(effect) for effect in effects] == [AskPlatform]
    visit, effects = advance(visit, answered(visit, OutcomeUnknown(why="silence")))
    assert isinstance(visit.stage, Troubled)
    assert isinstance(visit.stage.retry, AskAgain)
    assert (visit.stage.kind, visit.stage.matter, effects) == (TroubleKind.OUTCOME_UNKNOWN, MatterState.UNKNOWN, ())
    assert [type(effect) for effect in effects_of(visit, Proceeded())] == [AskPlatform]
    assert after(visit, WentBack()) == visit


def test_leaving_with_an_unknown_outcome_settles_it_as_unknown_once() -> None:
    assert effects_of(_unknown_after_asking(), WentHome()) == (
        SettleSubmission(outcome=IntentOutcome.UNKNOWN, evidence="unknown"),
        Report(name="submit.settled", facts=(("outcome", "unknown"),)),
        EndVisit(service=PROOF, outcome=VisitOutcome.UNKNOWN, steps=3),
    )


def test_an_unknown_outcome_that_turns_out_done_goes_on_to_the_receipt() -> None:
    visit = after(_unknown_after_asking(), Proceeded())
    visit, effects = advance(visit, accepted(visit))
    assert isinstance(visit.stage, PreparingPrint)
    assert effects[0] == SettleSubmission(outcome=IntentOutcome.DONE, evidence="accepted")


def _asked_by_itself(visit: Visit) -> Visit:
    visit, effects = advance(after(visit, TimePassed(seconds=9.5)), TimePassed(seconds=0.5))
    assert [type(effect) for effect in effects] == [AskPlatform]
    return visit


def _answered_by_itself(visit: Visit, answer: Answer) -> tuple[Visit, tuple[Effect, ...]]:
    return advance(visit, PlatformAnswered(job=visit.jobs, answer=answer))


def test_while_an_outcome_is_unknown_the_machine_asks_every_ten_seconds_at_most_six_times() -> None:
    visit = after(_unknown_after_asking(), HelpCalled())  # a page that stands longer than the machine asks
    asked = 0
    for _ in range(200):
        visit, effects = advance(replace(visit, idle_s=0.0), TimePassed(seconds=1))
        asked += sum(isinstance(effect, AskPlatform) for effect in effects)
        if effects:
            visit, effects = _answered_by_itself(visit, OutcomeUnknown(why="silence"))
            assert effects == ()
    assert asked == 6
    assert isinstance(visit.stage, Troubled)
    assert visit.overlay == HelpOpen()


def test_the_machine_does_not_ask_again_before_it_has_an_answer() -> None:
    visit = _asked_by_itself(_unknown_after_asking())
    assert effects_of(visit, TimePassed(seconds=29)) == ()


def test_the_page_of_an_unknown_outcome_moves_on_by_itself_when_it_was_accepted() -> None:
    visit = after(_asked_by_itself(_unknown_after_asking()), HelpCalled())
    visit, effects = _answered_by_itself(visit, Accepted(document=a_document()))
    assert isinstance(visit.stage, PreparingPrint)
    assert visit.overlay is None
    assert effects[0] == SettleSubmission(outcome=IntentOutcome.DONE, evidence="accepted")


def test_the_page_of_an_unknown_outcome_says_by_itself_that_it_was_not_done() -> None:
    visit, effects = _answered_by_itself(_asked_by_itself(_unknown_after_asking()), NotDone(why="never seen"))
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.kind, visit.stage.matter) == (TroubleKind.PLATFORM_OFFLINE, MatterState.NOT_DONE)
    assert isinstance(visit.stage.retry, GoOnAgain)
    assert effects[0] == SettleSubmission(outcome=IntentOutcome.NOT_STARTED, evidence="not_done")


def test_asking_by_itself_neither_wakes_nor_drops_the_question_whether_she_is_there() -> None:
    visit = after(_asked_by_itself(_unknown_after_asking()), TimePassed(seconds=51))
    assert isinstance(visit.overlay, StillThereAsked)
    same, effects = _answered_by_itself(visit, OutcomeUnknown(why="silence"))
    assert (same.overlay, same.idle_s, effects) == (visit.overlay, visit.idle_s, ())


def test_an_answer_that_comes_after_she_asked_herself_is_not_taken() -> None:
    visit = _asked_by_itself(_unknown_after_asking())
    late = PlatformAnswered(job=visit.jobs, answer=Accepted(document=a_document()))
    asking = after(visit, Proceeded())
    assert isinstance(asking.stage, AskingAgain)
    assert after(asking, late) == asking


@pytest.mark.parametrize("touch", [WentHome(), WentBack(), Declined(), Proceeded(), Started()])
@pytest.mark.parametrize("stage", ["submitting", "asking", "preparing", "printing"])
def test_what_is_on_its_way_cannot_be_called_back(stage: str, touch: Event) -> None:
    visit = STAGES[stage][0]()
    assert advance(visit, touch) == (visit, ())


# --- the receipt ---


def test_an_accepted_matter_is_printed_at_once_and_once() -> None:
    visit = submitting()
    visit, effects = advance(visit, accepted(visit))
    prints = [effect for effect in effects if isinstance(effect, Print)]
    assert [effect.reprint for effect in prints] == [0]
    assert isinstance(visit.stage, PreparingPrint)


def test_a_matter_without_paper_shows_its_answer_and_never_prints() -> None:
    visit = showing()
    assert isinstance(visit.stage, Showing)
    visit, effects = advance(visit, Proceeded())
    assert isinstance(visit.stage, Rating)
    assert effects == ()


def test_progress_never_goes_back_nor_over_the_end() -> None:
    visit = printing()
    assert isinstance(visit.stage, Printing)
    job = visit.stage.job
    visit = after(visit, PrintProgressed(job=job, share=0.6), PrintProgressed(job=job, share=0.3))
    assert isinstance(visit.stage, Printing)
    assert visit.stage.progress == 0.6
    visit = after(visit, PrintProgressed(job=job, share=7.0))
    assert isinstance(visit.stage, Printing)
    assert visit.stage.progress == 1.0


def test_help_stays_open_when_paper_begins_to_move_and_closes_when_it_is_there() -> None:
    visit = began(after(preparing(), HelpCalled()))
    assert visit.overlay == HelpOpen()
    assert settled(visit, DONE).overlay is None


def test_a_receipt_that_was_not_cut_is_to_be_torn_off() -> None:
    visit = settled(printing(), DONE, is_cut=False)
    assert isinstance(visit.stage, Taking)
    assert visit.stage.must_tear


@pytest.mark.parametrize(
    ("outcome", "stage"), [(DONE, Taking), (PARTIAL, PaperAsked), (UNKNOWN, PaperAsked), (NOT_STARTED, PrinterAwaited)]
)
def test_every_end_of_a_print_has_its_page_and_prints_nothing(outcome: PrintOutcome, stage: type[Stage]) -> None:
    visit = printing()
    assert isinstance(visit.stage, Printing)
    visit, effects = advance(visit, PrintSettled(job=visit.stage.job, outcome=outcome))
    assert isinstance(visit.stage, stage)
    assert effects == (Report(name="print.settled", facts=(("outcome", outcome.value), ("reprint", 0))),)


def test_a_print_that_never_started_is_no_reprint() -> None:
    visit = settled(printing(), NOT_STARTED)
    again = effects_of(visit, Proceeded())[0]
    assert isinstance(again, Print)
    assert again.reprint == 0


def test_a_whole_receipt_that_nobody_was_sure_of_is_taken() -> None:
    visit, effects = advance(_asked_about_paper(), PaperAnswered(seen=PaperSeen.WHOLE))
    assert isinstance(visit.stage, Taking)
    assert effects == (RecordAnswer(seen=PaperSeen.WHOLE),)


@pytest.mark.parametrize("seen", [PaperSeen.PART, PaperSeen.NOTHING])
def test_half_a_receipt_is_printed_again_only_when_she_asks_and_marked(seen: PaperSeen) -> None:
    visit, effects = advance(_asked_about_paper(), PaperAnswered(seen=seen))
    assert isinstance(visit.stage, PrinterAwaited)
    assert effects == (RecordAnswer(seen=seen),)
    assert effects_of(visit, all_well()) == ()
    again = effects_of(visit, Proceeded())[0]
    assert isinstance(again, Print)
    assert again.reprint == 1


def test_nothing_is_printed_while_the_printer_is_not_ready() -> None:
    visit = after(_awaiting_printer(), no_paper())
    assert advance(visit, Proceeded()) == (visit, ())


def test_a_double_tap_on_print_again_is_one_print() -> None:
    visit, first = advance(_awaiting_printer(), Proceeded())
    _, second = advance(visit, Proceeded())
    assert (len(first), second) == (1, ())


def test_a_receipt_that_did_not_come_out_after_all_is_asked_about() -> None:
    assert isinstance(after(taking(), Declined()).stage, PaperAsked)


def test_after_the_second_reprint_a_person_is_needed() -> None:
    visit = _asked_about_paper()
    for _ in range(2):
        visit = after(visit, PaperAnswered(seen=PaperSeen.NOTHING), Proceeded())
        visit = settled(began(visit), UNKNOWN)
    visit = after(visit, PaperAnswered(seen=PaperSeen.NOTHING))
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.matter, visit.stage.retry) == (MatterState.DONE, None)
    assert effects_of(visit, Proceeded()) == (EndVisit(service=PROOF, outcome=VisitOutcome.WITHOUT_RECEIPT, steps=4),)


def test_doing_without_the_receipt_is_an_outcome_of_its_own() -> None:
    visit = after(_awaiting_printer(), Declined())
    assert isinstance(visit.stage, Rating)
    ending = effects_of(visit, Declined())
    assert ending == (EndVisit(service=PROOF, outcome=VisitOutcome.WITHOUT_RECEIPT, steps=5),)


# --- the end ---


def test_a_rating_is_handed_in_reported_and_ends_the_visit() -> None:
    visit, effects = advance(_rating(), Rated(level=5))
    assert isinstance(visit.stage, Farewell)
    assert [type(effect) for effect in but_looks(effects)] == [HandInRating, Report, EndVisit]
    assert effects[1] == Report(name="rating.given", facts=(("level", 5),))
    assert effects[2] == EndVisit(service=PROOF, outcome=VisitOutcome.DONE, steps=6)


def test_goodbye_goes_home_by_itself_after_eight_seconds() -> None:
    visit = after(_rating(), Declined())
    visit = after(visit, *[TimePassed(seconds=1)] * 7)
    assert visit.stage == Farewell(remaining_s=1.0)
    assert isinstance(after(visit, TimePassed(seconds=1)).stage, AtRest)


def test_the_settings_go_back_to_the_default_with_the_visit() -> None:
    visit = after(taking(), TextSizeSet(size=3), VoiceSet(is_on=True, volume=3))
    goodbye = after(visit, Proceeded(), Declined())
    assert goodbye.settings == Settings(text_size=3, voice_is_on=True, volume=3)
    assert after(goodbye, TimePassed(seconds=8)).settings == Settings()
    assert after(visit, WentHome()).settings == Settings()


def test_letters_made_big_on_the_idle_page_go_back_by_themselves() -> None:
    visit = after(ready(), TextSizesOpened(), TextSizeSet(size=2), WentBack())
    assert after(visit, TimePassed(seconds=119)).settings.text_size == 2
    assert after(visit, TimePassed(seconds=120)).settings.text_size == 0


@pytest.mark.parametrize("stage", ["waiting_for_card", "reading", "reader_away", "confirming", "paper_asked", "printer_awaited"])
def test_home_in_the_middle_of_a_matter_asks_once(stage: str) -> None:
    there = STAGES[stage][0]()
    asked = after(there, WentHome())
    assert asked.overlay == LeaveAsked()
    assert after(asked, Proceeded()) == there
    assert after(asked, WentBack()) == there
    home, effects = advance(asked, Declined())
    assert isinstance(home.stage, AtRest)
    assert isinstance(but_looks(effects)[-1], EndVisit)
    assert home.begun is None


@pytest.mark.parametrize("stage", ["choosing", "guided", "showing", "taking", "rating", "farewell", "not_done", "unknown"])
def test_home_does_not_ask_where_nothing_can_be_lost(stage: str) -> None:
    assert isinstance(after(STAGES[stage][0](), WentHome()).stage, AtRest)


# --- silence ---


ASKING = ["guided", "waiting_for_card", "confirming", "showing", "paper_asked", "printer_awaited", "not_done"]


@pytest.mark.parametrize("stage", ASKING)
def test_after_a_minute_it_asks_and_half_a_minute_later_it_wipes(stage: str) -> None:
    visit = STAGES[stage][0]()
    quiet = after(visit, *[TimePassed(seconds=1)] * 59)
    assert quiet.overlay is None
    asked = after(quiet, TimePassed(seconds=1))
    assert asked.overlay == StillThereAsked(remaining_s=30, total_s=30)
    assert after(asked, Proceeded()) == visit
    assert after(asked, *[TimePassed(seconds=1)] * 29).overlay == StillThereAsked(remaining_s=1, total_s=30)
    assert isinstance(after(asked, *[TimePassed(seconds=1)] * 30).stage, AtRest)


def test_big_letters_double_the_patience() -> None:
    visit = big_letters(confirming())
    assert after(visit, TimePassed(seconds=119)).overlay is None
    assert after(visit, TimePassed(seconds=120)).overlay == StillThereAsked(remaining_s=60, total_s=60)


@pytest.mark.parametrize("stage", ["reading", "submitting", "asking", "preparing", "printing"])
def test_it_never_asks_while_a_device_works_or_paper_moves(stage: str) -> None:
    visit = after(STAGES[stage][0](), TimePassed(seconds=3600))
    assert visit.overlay is None
    assert isinstance(visit.stage, STAGES[stage][1])


def test_patience_begins_anew_when_the_work_is_done() -> None:
    visit = settled(after(printing(), TimePassed(seconds=3600)), DONE)
    assert visit.idle_s == 0


@pytest.mark.parametrize("stage", ["choosing", "rating"])
def test_where_nothing_can_be_lost_it_goes_home_silently(stage: str) -> None:
    visit = STAGES[stage][0]()
    assert after(visit, TimePassed(seconds=59)).overlay is None
    assert isinstance(after(visit, TimePassed(seconds=60)).stage, AtRest)


def test_a_machine_that_slept_past_every_deadline_wipes_at_once() -> None:
    visit, effects = advance(confirming(), TimePassed(seconds=600))
    assert isinstance(visit.stage, AtRest)
    assert but_looks(effects) == (EndVisit(service=PROOF, outcome=VisitOutcome.TIMED_OUT, steps=2),)


def test_the_idle_page_does_not_change_with_time() -> None:
    visit = ready()
    assert after(visit, TimePassed(seconds=3600)) is visit


def test_a_card_laid_down_during_the_question_is_an_answer() -> None:
    visit = waiting_for_card()
    asked = after(visit, TimePassed(seconds=60))
    there = after(asked, card_event(visit))
    assert isinstance(there.stage, Confirming)
    assert there.overlay is None


# --- pages laid over ---


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    ("opening", "overlay"),
    [(HelpCalled(), HelpOpen()), (TextSizesOpened(), TextSizesOpen()), (VoiceOpened(), VoiceOpen())],
    ids=["help", "sizes", "voice"],
)
def test_every_overlay_leads_back_to_where_one_was(stage: str, opening: Event, overlay: object) -> None:
    there = STAGES[stage][0]()
    opened, effects = advance(there, opening)
    assert (opened.overlay, effects) == (overlay, ())
    for closing in (WentBack(), Proceeded(), WentHome()):
        assert after(opened, closing) == there


def test_the_stage_a_test_asks_for_is_the_stage_it_gets() -> None:
    for name, (build, stage) in STAGES.items():
        assert isinstance(build().stage, stage), name


def test_repair_is_reported_once_a_visit_without_saying_who() -> None:
    visit, effects = advance(after(confirming(), HelpCalled()), RepairReported())
    assert effects == (Report(name="repair.requested", facts=(("service", PROOF.id), ("step", "confirm"))),)
    assert effects_of(visit, RepairReported()) == ()
    assert not after(visit, WentBack(), Declined(), WentHome(), Declined()).repair_reported


def test_the_clerks_task_opens_from_the_idle_page_alone() -> None:
    assert after(ready(), ClerkTaskOpened()).overlay == ClerkTaskOpen()
    assert after(confirming(), ClerkTaskOpened()).overlay is None


# --- restarts and defects ---


def test_a_restart_in_the_middle_of_a_matter_is_said_honestly_and_goes_home_silently() -> None:
    visit = after(ready(), RestartFound(matter=MatterState.DONE, service=PROOF.id))
    assert visit.stage == Troubled(kind=TroubleKind.RESTARTED, matter=MatterState.DONE, service=None)
    assert advance(visit, Proceeded())[1] == ()
    gone, effects = advance(visit, TimePassed(seconds=60))
    assert (type(gone.stage), effects) == (AtRest, ())


@pytest.mark.parametrize(
    ("stage", "matter"),
    [
        ("confirming", MatterState.NOT_DONE),
        ("submitting", MatterState.UNKNOWN),
        ("unknown", MatterState.UNKNOWN),
        ("printing", MatterState.DONE),
        ("taking", MatterState.DONE),
        ("not_done", MatterState.NOT_DONE),
    ],
)
def test_a_defect_ends_the_visit_and_says_what_became_of_the_matter(stage: str, matter: MatterState) -> None:
    visit, effects = break_off(STAGES[stage][0]())
    assert visit.stage == Troubled(kind=TroubleKind.RESTARTED, matter=matter, service=None)
    assert isinstance(but_looks(effects)[-1], EndVisit)


def test_a_defect_without_a_visit_leads_to_the_idle_page() -> None:
    visit, effects = break_off(after(ready(), Started()))
    assert (visit.stage, visit.begun, effects) == (AtRest(), None, ())


def test_a_restart_page_does_not_push_a_visit_aside() -> None:
    there = confirming()
    assert after(there, RestartFound(matter=MatterState.DONE, service=PROOF.id)) == there


@pytest.mark.parametrize("events", [(Started(),), (Started(), ServiceChosen(service=PROOF.id))], ids=["catalogue", "guide"])
def test_a_restart_page_comes_before_she_begins_again(events: tuple[Event, ...]) -> None:
    visit = after(ready(), *events, RestartFound(matter=MatterState.UNKNOWN, service=PROOF.id))
    assert isinstance(visit.stage, Troubled)


@pytest.mark.parametrize("matter", [MatterState.DONE, MatterState.NOT_DONE])
def test_a_restart_page_that_could_not_tell_tells_as_soon_as_it_can(matter: MatterState) -> None:
    unknown = after(ready(), RestartFound(matter=MatterState.UNKNOWN, service=PROOF.id))
    visit, effects = advance(after(unknown, TimePassed(seconds=50)), RestartAnswered(matter=matter))
    assert visit.stage == Troubled(kind=TroubleKind.RESTARTED, matter=matter, service=None)
    assert (visit.idle_s, effects) == (0.0, ())


def test_what_became_of_an_earlier_matter_says_nothing_of_a_later_one() -> None:
    broken_off = break_off(submitting())[0]
    for there in (ready(), confirming(), broken_off):
        assert after(there, RestartAnswered(matter=MatterState.DONE)) == there


def test_the_steps_of_a_print_answer_to_their_own_job_only() -> None:
    visit = preparing()
    assert isinstance(visit.stage, PreparingPrint)
    old = visit.stage.job - 1
    for event in (PrintBegan(job=old), PrintProgressed(job=old, share=1), PrintSettled(job=old, outcome=DONE)):
        assert after(visit, event) == visit


def test_a_visit_lasts_as_long_as_it_takes() -> None:
    visit = confirming()
    for _ in range(20):
        visit = after(visit, TimePassed(seconds=timedelta(seconds=50).total_seconds()), HelpCalled(), WentBack())
    assert isinstance(visit.stage, Confirming)
