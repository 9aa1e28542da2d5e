import json
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from drivers.contract.camera import Guidance
from drivers.contract.document_scanner import ScanRefusal
from drivers.contract.print_outcome import PrintOutcome
from kiosk.display.portrait import STARTING_REASON, TROUBLE_CODES, Surroundings, view_of
from kiosk.display.vocabulary import view
from kiosk.display.vocabulary.frames import Show, decode_from_core, encode
from kiosk.display.vocabulary.view import View
from kiosk.gateway.platform import Accepted, KnownBy, NotDone, OutcomeUnknown, Paid, Refused
from kiosk.services.service import Capability
from kiosk.upkeep.fault_catalogue import load_catalogue
from kiosk.visit import model
from kiosk.visit.event import (
    CabinetOpened,
    CardFound,
    CardsSeen,
    ClerkTaskOpened,
    CodeShown,
    Event,
    HelpCalled,
    OffersChanged,
    PagesFinished,
    PaperAnswered,
    PaymentAnswered,
    PlatformAnswered,
    PrintBegan,
    PrintProgressed,
    PrintSettled,
    Proceeded,
    Rated,
    RepairReported,
    RestartFound,
    ServiceChosen,
    SheetRefused,
    SheetTaken,
    Started,
    TextSizeSet,
    TextSizesOpened,
    TimePassed,
    VoiceOpened,
    VoiceSet,
    WayChosen,
    WentBack,
    WentHome,
)
from kiosk.visit.machine import advance
from kiosk.visit.model import AT_REST, FaceWay, MatterState, PaperSeen, Printing, Visit
from tests.kiosk.visit.world import (
    CERTIFICATE,
    FEW,
    FULL_PROOF,
    PAPERS,
    PAYMENT,
    PLACE,
    PROOF,
    QUALIFICATION,
    a_person,
    after,
    all_well,
    answered,
    cannot,
    card_event,
    confirming,
    everything,
    guided,
    identified,
    no_paper,
    no_reader,
    offers,
    offline,
    preparing,
    printing,
    ready,
    sealed,
    settled,
    showing,
    submitting,
    taking,
    waiting_for_card,
)

TASK = view.ClerkTask(
    device="receipt-printer",
    code="printer.paper_out",
    picture="change_receipt_roll",
    appeal="换一卷凭条纸",
    lines=("掀开 {4} 号盖",),
    hint="新纸在抽屉里",
    state=view.ClerkTaskState.WAITING,
)
AROUND = Surroundings(place=PLACE, now=datetime(2026, 11, 22, 2, 25, tzinfo=UTC), clerk_task=None, paper_is_low=False)
NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WITH_TASK = replace(AROUND, clerk_task=TASK)


def _answer(visit: Visit, answer: object) -> Visit:
    return after(visit, answered(visit, answer))


def _asked() -> Visit:
    return settled(printing(), PrintOutcome.UNKNOWN)


def _unknown() -> Visit:
    return _answer(_answer(submitting(), OutcomeUnknown(why="?")), OutcomeUnknown(why="?"))


def _found(visit: Visit, make: Callable[[int], Event]) -> Visit:
    return after(visit, make(visit.jobs))


def _asked_who(*events: Event) -> Visit:
    return after(everything(), Started(), ServiceChosen(service=FULL_PROOF.id), Proceeded(), *events)


def _cards_seen(visit: Visit) -> Visit:
    return after(visit, CardsSeen(job=visit.looks, ways=(KnownBy.ID_CARD,)))


def _a4() -> Visit:
    visit = after(identified(CERTIFICATE), Proceeded())
    visit = after(visit, PlatformAnswered(job=visit.jobs, answer=Accepted(document=sealed())))
    return after(visit, PrintBegan(job=visit.jobs))


def _a4_stopped() -> Visit:
    visit = _a4()
    return after(visit, PrintSettled(job=visit.jobs, outcome=PrintOutcome.PARTIAL, pages_done=1))


def _code() -> Visit:
    visit = after(identified(CERTIFICATE, event=cannot(Capability.PRINT_DOCUMENT)), Proceeded())
    return after(visit, PlatformAnswered(job=visit.jobs, answer=Accepted(document=sealed())))


def closed_until(*opens: datetime | None) -> OffersChanged:
    told = all_well()
    offers = tuple(replace(offer, opens_at=at) for offer, at in zip(told.offers, opens, strict=True))
    return replace(told, offers=offers)


VISITS: dict[str, tuple[Callable[[], Visit], str]] = {
    "out of service": (lambda: AT_REST, "out_of_service"),
    "idle": (ready, "attract"),
    "closed": (lambda: after(ready(), closed_until(NOON, NOON, NOON)), "closed"),
    "catalogue": (lambda: after(ready(), Started()), "catalogue"),
    "guide": (guided, "guide"),
    "card": (waiting_for_card, "put_card"),
    "reader away": (lambda: after(waiting_for_card(), no_reader()), "put_card"),
    "confirm": (confirming, "confirm"),
    "submitting": (submitting, "working"),
    "asking": (lambda: _answer(submitting(), OutcomeUnknown(why="?")), "working"),
    "showing": (showing, "show_result"),
    "preparing": (preparing, "working"),
    "printing": (printing, "printing"),
    "paper asked": (_asked, "print_question"),
    "printer awaited": (lambda: after(_asked(), PaperAnswered(seen=PaperSeen.PART)), "printer_waits"),
    "taking": (taking, "take_receipt"),
    "rating": (lambda: after(taking(), Proceeded()), "rate"),
    "goodbye": (lambda: after(taking(), Proceeded(), Rated(level=5)), "goodbye"),
    "offline": (lambda: _answer(submitting(), NotDone(why="?")), "trouble"),
    "refused": (lambda: _answer(submitting(), Refused(reason="没有查到")), "trouble"),
    "unknown": (_unknown, "trouble"),
    "withdrawn": (lambda: after(confirming(), no_paper(), Proceeded()), "trouble"),
    "restarted": (lambda: after(ready(), RestartFound(matter=MatterState.DONE, service=PROOF.id)), "trouble"),
    "leaving": (lambda: after(confirming(), WentHome()), "leave_question"),
    "still there": (lambda: after(confirming(), TimePassed(seconds=60)), "still_there"),
    "help": (lambda: after(confirming(), HelpCalled()), "help"),
    "sizes": (lambda: after(confirming(), TextSizesOpened()), "text_sizes"),
    "voice": (lambda: after(confirming(), VoiceOpened()), "voice"),
    "clerk": (lambda: after(ready(), ClerkTaskOpened()), "clerk_page"),
    "another way": (lambda: _asked_who(WayChosen(way=KnownBy.PHONE_CODE)), "put_card"),
    "no id card reader": (lambda: after(_asked_who(), cannot(Capability.READ_ID_CARD)), "put_card"),
    "own card left": (lambda: _cards_seen(after(taking(), Proceeded(), Rated(level=5))), "take_card_first"),
    "stranger's card": (lambda: _cards_seen(after(ready(), Started())), "take_card_first"),
    "face": (lambda: after(identified(QUALIFICATION), Proceeded()), "face"),
    "no camera": (lambda: after(identified(QUALIFICATION, event=cannot(Capability.TAKE_FACE)), Proceeded()), "face"),
    "face by phone": (lambda: after(VISITS["face"][0](), WayChosen(way=FaceWay.PHONE_CODE)), "put_card"),
    "table": (lambda: after(identified(PAPERS), Proceeded()), "scan"),
    "sheet": (lambda: _found(after(VISITS["table"][0](), Proceeded()), lambda job: SheetTaken(job=job)), "scan"),
    "bad sheet": (
        lambda: _found(after(VISITS["table"][0](), Proceeded()), lambda job: SheetRefused(job=job, reason=ScanRefusal.GLARE)),
        "scan",
    ),
    "papers on their way": (lambda: after(VISITS["sheet"][0](), PagesFinished()), "working"),
    "purse": (lambda: after(identified(PAYMENT), Proceeded()), "pay"),
    "paying": (lambda: _found(VISITS["purse"][0](), lambda job: CodeShown(job=job, content="1345")), "pay"),
    "not paid": (
        lambda: _found(VISITS["paying"][0](), lambda job: PaymentAnswered(job=job, answer=Refused(reason="余额不够"))),
        "pay",
    ),
    "paid, not done": (
        lambda: _answer(
            _found(VISITS["paying"][0](), lambda job: PaymentAnswered(job=job, answer=Paid(receipt="ZF1"))), NotDone(why="?")
        ),
        "trouble",
    ),
    "a4": (_a4, "printing"),
    "a4 asked": (_a4_stopped, "print_question"),
    "a4 owed": (lambda: after(_a4_stopped(), PaperAnswered(seen=PaperSeen.PART)), "printer_waits"),
    "renewing": (lambda: after(VISITS["a4 owed"][0](), Proceeded()), "working"),
    "code": (_code, "show_code"),
    "cabinet": (lambda: after(confirming(), CabinetOpened()), "trouble"),
}


@pytest.mark.parametrize("name", VISITS)
def test_every_moment_of_a_visit_has_its_page_and_travels_to_the_display(name: str) -> None:
    build, kind = VISITS[name]
    shown = view_of(build(), WITH_TASK)
    assert shown.kind == kind
    frame = encode(Show(page=1, view=shown))
    assert decode_from_core(frame[4:]) == Show(page=1, view=shown)


def test_every_page_of_the_vocabulary_is_reached() -> None:
    assert {type(view_of(build(), WITH_TASK)) for build, _ in VISITS.values()} == set(View.__args__)


@pytest.mark.parametrize("name", VISITS)
def test_the_page_never_holds_more_of_the_card_than_its_mask(name: str) -> None:
    written = encode(Show(page=1, view=view_of(VISITS[name][0](), AROUND))).decode(errors="replace")
    for secret in ("440804196803051234", "光明村12号", "1968", "湛江市公安局"):
        assert secret not in written
    if name not in {"showing"}:  # the answer itself is hers to read
        assert "李小珍" not in json.dumps(written, ensure_ascii=False)


@pytest.mark.parametrize("name", VISITS)
@pytest.mark.parametrize(("touch", "button"), [(WentBack(), "can_go_back"), (WentHome(), "can_go_home")])
def test_a_button_that_leads_nowhere_is_grey_and_one_that_leads_somewhere_is_not(name: str, touch: Event, button: str) -> None:
    visit = VISITS[name][0]()
    leads_somewhere = advance(visit, touch)[0] != visit
    assert getattr(view_of(visit, WITH_TASK).frame, button) == leads_somewhere


def test_the_confirm_page_is_masked() -> None:
    shown = view_of(confirming(), AROUND)
    assert isinstance(shown, view.Confirm)
    assert (shown.name, shown.number, shown.area) == ("李*珍", "4408**********1234", "坡头区南三镇")


def test_the_band_tells_the_places_own_time_and_the_settings() -> None:
    frame = view_of(after(confirming(), TextSizeSet(size=3), VoiceSet(is_on=True, volume=1)), AROUND).frame
    assert (frame.place, f"{frame.local_time:%H:%M}", frame.text_size, frame.is_voice_on) == ("光明村", "10:25", 3, True)


def test_the_steps_done_and_to_come_are_those_of_the_service() -> None:
    steps = view_of(confirming(), AROUND).frame.steps
    assert [(dot.step, dot.state.value) for dot in steps] == [
        ("guide", "done"),
        ("identify", "done"),
        ("confirm", "now"),
        ("submit", "to_come"),
        ("print", "to_come"),
        ("rate", "to_come"),
    ]
    assert view_of(ready(), AROUND).frame.steps == ()


def test_a_grey_service_tells_why_and_where_to_go_instead() -> None:
    shown = view_of(after(ready(), no_paper(), Started()), AROUND)
    assert isinstance(shown, view.Catalogue)
    elsewhere = view.Elsewhere(name="镇便民中心", distance_km=2.3, hours="8:30 到 17:30")
    grey = view.Withdrawn(reason="打印机缺纸", elsewhere=elsewhere, clerk_knows=True)
    assert [tile.withdrawn for tile in shown.tiles] == [grey, None, grey]


@pytest.mark.parametrize(
    ("around", "event", "standing"),
    [
        (AROUND, all_well(), view.Standing.ALL_WELL),
        (replace(AROUND, paper_is_low=True), all_well(), view.Standing.PAPER_LOW),
        (AROUND, no_paper(), view.Standing.PARTLY),
    ],
)
def test_the_idle_page_says_how_the_machine_stands(around: Surroundings, event: Event, standing: view.Standing) -> None:
    shown = view_of(after(ready(), event), around)
    assert isinstance(shown, view.Attract)
    assert (shown.standing, shown.topics, shown.address) == (standing, ("养老社保",), PLACE.address)


def test_out_of_service_says_why_with_the_code_of_the_fault() -> None:
    nothing = offline()
    shown = view_of(after(ready(), nothing), AROUND)
    assert isinstance(shown, view.OutOfService)
    assert (shown.reason, shown.code, shown.help_phone) == ("网络断了", "N01", "12345")


def test_outside_all_hours_the_idle_page_says_when_it_opens_and_what_the_bureau_announces() -> None:
    shown = view_of(
        after(ready(), closed_until(NOON + 3 * HOUR, NOON + HOUR, NOON + 2 * HOUR)), replace(AROUND, notice="周三停水")
    )
    assert isinstance(shown, view.Closed)
    assert (shown.opens, shown.opens.tzinfo, shown.notice) == (NOON + HOUR, PLACE.zone, "周三停水")


def test_a_fault_that_takes_everything_away_is_named_before_the_hour() -> None:
    nothing = offline()
    told = replace(nothing, offers=tuple(replace(offer, opens_at=NOON) for offer in nothing.offers))
    assert isinstance(view_of(after(ready(), told), AROUND), view.OutOfService)


def test_a_service_outside_its_hours_is_grey_with_its_hour_and_where_to_go_instead() -> None:
    shown = view_of(after(ready(), closed_until(None, NOON + HOUR, None), Started()), AROUND)
    assert isinstance(shown, view.Catalogue)
    first, second, third = shown.tiles
    assert (first.withdrawn, third.withdrawn) == (None, None)
    assert second.withdrawn is not None
    assert (second.withdrawn.reason, second.withdrawn.opens) == ("", NOON + HOUR)
    assert second.withdrawn.elsewhere.name == "镇便民中心"


def test_before_anything_is_known_the_machine_is_being_made_ready() -> None:
    shown = view_of(AT_REST, AROUND)
    assert isinstance(shown, view.OutOfService)
    assert shown.reason == STARTING_REASON


@pytest.mark.parametrize(
    ("name", "kind", "matter", "can_try_again", "code"),
    [
        ("offline", view.TroubleKind.PLATFORM_OFFLINE, view.MatterState.NOT_DONE, True, "S01"),
        ("refused", view.TroubleKind.PLATFORM_REFUSED, view.MatterState.NOT_DONE, False, "S02"),
        ("unknown", view.TroubleKind.OUTCOME_UNKNOWN, view.MatterState.UNKNOWN, True, "S03"),
        ("withdrawn", view.TroubleKind.SERVICE_WITHDRAWN, view.MatterState.NOT_DONE, True, "P01"),
        ("restarted", view.TroubleKind.RESTARTED, view.MatterState.DONE, False, "S07"),
    ],
)
def test_trouble_says_what_happened_whether_it_went_through_and_the_code(
    name: str, kind: view.TroubleKind, matter: view.MatterState, can_try_again: bool, code: str
) -> None:
    shown = view_of(VISITS[name][0](), AROUND)
    assert isinstance(shown, view.Trouble)
    assert (shown.happened, shown.matter, shown.can_try_again, shown.code) == (kind, matter, can_try_again, code)


def test_the_words_of_the_visit_and_of_the_screen_are_the_same_words() -> None:
    assert {kind.value for kind in model.TroubleKind} == {kind.value for kind in view.TroubleKind}
    assert {state.value for state in model.MatterState} == {state.value for state in view.MatterState}
    assert {prompt.value for prompt in model.CardPrompt} < {prompt.value for prompt in view.CardPrompt}
    assert {prompt.value for prompt in model.FacePrompt} == {prompt.value for prompt in view.FacePrompt}
    assert {prompt.value for prompt in Guidance} < {prompt.value for prompt in view.FacePrompt}
    assert {way.value for way in model.FaceWay} == {way.value for way in view.FaceWay}
    assert {way.value for way in KnownBy} == {way.value for way in view.IdentifyWay}
    assert {state.value for state in model.ScanState} == {state.value for state in view.ScanState}
    assert {reason.value for reason in ScanRefusal} == {problem.value for problem in view.ScanProblem}
    assert {state.value for state in model.PayState} < {state.value for state in view.PayState}
    assert {kind.value for kind in model.TroubleKind} == set(TROUBLE_CODES)


def test_every_stage_has_a_page_of_its_own() -> None:
    assert {type(build().stage) for build, _ in VISITS.values()} == set(get_args(model.Stage))


def test_the_card_page_offers_every_other_way_and_says_why_the_usual_one_is_not() -> None:
    card = view_of(_asked_who(), AROUND)
    assert isinstance(card, view.PutCard)
    assert (card.way, card.instead_of) == (view.IdentifyWay.ID_CARD, "")
    assert card.other_ways == (view.IdentifyWay.SOCIAL_SECURITY_CARD, view.IdentifyWay.PHONE_CODE)
    other = view_of(after(_asked_who(WayChosen(way=KnownBy.PHONE_CODE)), cannot(Capability.READ_ID_CARD)), AROUND)
    assert isinstance(other, view.PutCard)
    assert (other.way, other.instead_of) == (view.IdentifyWay.PHONE_CODE, "读卡的地方没接好")
    assert other.other_ways == (view.IdentifyWay.SOCIAL_SECURITY_CARD,)


def test_a_tile_says_what_works_in_another_way_now_and_is_not_grey() -> None:
    shown = view_of(after(everything(), cannot(Capability.PRINT_RECEIPT), Started()), AROUND)
    assert isinstance(shown, view.Catalogue)
    first = shown.tiles[0]
    assert (first.withdrawn, first.instead) == (None, (view.Instead(by=view.StandIn.DOCUMENT, reason="打印机缺纸"),))


def test_the_face_page_counts_down_while_it_looks_and_has_every_other_way() -> None:
    looking = view_of(after(VISITS["face"][0](), TimePassed(seconds=9.5)), AROUND)
    assert isinstance(looking, view.Face)
    assert (looking.remaining_s, looking.other_ways) == (21, (view.FaceWay.PHONE_CODE, view.FaceWay.WITHOUT_FACE))
    away = view_of(VISITS["no camera"][0](), AROUND)
    assert isinstance(away, view.Face)
    assert (away.prompt, away.remaining_s) == (view.FacePrompt.NOT_POSSIBLE, 0)


def test_the_scan_page_counts_the_sheets_and_says_what_is_wrong() -> None:
    sheet, bad = (view_of(VISITS[name][0](), AROUND) for name in ("sheet", "bad sheet"))
    assert isinstance(sheet, view.Scan)
    assert isinstance(bad, view.Scan)
    assert (sheet.hint, sheet.pages, sheet.at_most, sheet.state) == ("医院发票、清单", 1, 10, view.ScanState.TAKEN)
    assert (bad.pages, bad.state, bad.problem) == (0, view.ScanState.REFUSED, view.ScanProblem.GLARE)


@pytest.mark.parametrize(
    ("name", "state", "said"),
    [
        ("purse", view.PayState.SHOW_CODE, ""),
        ("paying", view.PayState.ASKING, ""),
        ("not paid", view.PayState.REFUSED, "余额不够"),
    ],
)
def test_the_pay_page_says_how_much_and_how_it_stands(name: str, state: view.PayState, said: str) -> None:
    shown = view_of(VISITS[name][0](), AROUND)
    assert isinstance(shown, view.Pay)
    assert (shown.amount_fen, shown.state, shown.said) == (40000, state, said)


def test_the_pages_of_a_document_are_counted_and_its_rest_is_offered() -> None:
    moving, asked, owed = (view_of(VISITS[name][0](), AROUND) for name in ("a4", "a4 asked", "a4 owed"))
    assert isinstance(moving, view.Printing)
    assert (moving.paper, moving.page, moving.pages) == (view.PaperKind.DOCUMENT, 1, 3)
    assert isinstance(asked, view.PrintQuestion)
    assert (asked.paper, asked.pages_done, asked.pages) == (view.PaperKind.DOCUMENT, 1, 3)
    assert isinstance(owed, view.PrinterWaits)
    assert (owed.can_print_rest, owed.pages_done, owed.is_ready) == (True, 1, True)


def test_the_code_page_says_why_it_is_not_paper() -> None:
    shown = view_of(_code(), AROUND)
    assert isinstance(shown, view.ShowCode)
    assert (shown.content, shown.reason) == (sealed().verify_url, "这里坏了")


def test_paper_that_lies_for_half_a_minute_is_said_again() -> None:
    for seconds, is_reminder in ((29, False), (30, True)):
        shown = view_of(after(taking(), TimePassed(seconds=seconds)), AROUND)
        assert isinstance(shown, view.TakeReceipt)
        assert (shown.is_reminder, shown.way) == (is_reminder, view.IdentifyWay.ID_CARD)


def test_what_was_paid_cannot_be_gone_back_on_and_can_be_tried_again() -> None:
    shown = view_of(VISITS["paid, not done"][0](), AROUND)
    assert isinstance(shown, view.Trouble)
    assert (shown.can_try_again, shown.frame.can_go_back) == (True, False)


def test_while_a_card_is_read_the_page_says_so() -> None:
    waiting = waiting_for_card()
    assert isinstance(waiting.stage, model.Reading)
    shown = view_of(after(waiting, CardFound(job=waiting.stage.job)), AROUND)
    assert isinstance(shown, view.PutCard)
    assert shown.prompt is view.CardPrompt.READING


def test_no_code_said_over_the_telephone_means_two_things() -> None:
    shorts = {entry.short for entry in load_catalogue()}
    codes = [*TROUBLE_CODES.values(), "S00", "S10"]
    assert not shorts & set(codes)
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[A-Z]\d\d", code) for code in codes)


def test_an_owed_receipt_shows_the_clerks_task_only_if_it_is_the_printers() -> None:
    owed = after(VISITS["printer awaited"][0](), no_paper())
    shown = view_of(owed, WITH_TASK)
    assert isinstance(shown, view.PrinterWaits)
    assert (shown.task, shown.reason, shown.code, shown.is_ready) == (TASK, "打印机缺纸", "P01", False)
    other = view_of(owed, replace(AROUND, clerk_task=replace(TASK, device="id-card-reader")))
    assert isinstance(other, view.PrinterWaits)
    assert other.task is None
    both = view_of(owed, replace(AROUND, clerk_task=replace(TASK, device="id-card-reader"), other_tasks=(TASK,)))
    assert isinstance(both, view.PrinterWaits)
    assert both.task == TASK
    well = view_of(after(owed, all_well()), AROUND)
    assert isinstance(well, view.PrinterWaits)
    assert well.is_ready


def test_a_clerks_task_that_was_mended_meanwhile_leads_back_to_the_idle_page() -> None:
    assert isinstance(view_of(after(ready(), ClerkTaskOpened()), AROUND), view.Attract)


def test_progress_and_the_time_that_is_left_go_together() -> None:
    visit = printing()
    assert isinstance(visit.stage, Printing)
    shown = view_of(after(visit, PrintProgressed(job=visit.stage.job, share=0.5)), AROUND)
    assert isinstance(shown, view.Printing)
    assert (shown.progress, shown.remaining_s, shown.title, shown.reprint) == (0.5, 6, "您的参保证明已经开好了", 0)


def test_the_work_shows_how_long_it_takes() -> None:
    shown = view_of(after(submitting(), TimePassed(seconds=3.7)), AROUND)
    assert isinstance(shown, view.Working)
    assert (shown.doing, shown.elapsed_s) == (view.Doing.SUBMITTING, 3)


def test_the_countdown_counts_down_in_whole_seconds() -> None:
    shown = view_of(after(confirming(), TimePassed(seconds=60), TimePassed(seconds=8.5)), AROUND)
    assert isinstance(shown, view.StillThere)
    assert (shown.remaining_s, shown.total_s) == (22, 30)


def test_a_sent_repair_is_acknowledged() -> None:
    shown = view_of(after(confirming(), HelpCalled(), RepairReported()), AROUND)
    assert isinstance(shown, view.Help)
    assert (shown.repair_reported, shown.clerk_phone) == (True, PLACE.clerk_phone)


def test_an_answer_on_the_screen_has_five_rows_at_most() -> None:
    shown = view_of(showing(), AROUND)
    assert isinstance(shown, view.ShowResult)
    assert [row.label for row in shown.rows] == ["姓名", "险种"]


def test_a_person_without_a_readable_address_shows_none() -> None:
    visit = waiting_for_card()
    visit = after(visit, card_event(visit, person=replace(a_person(), address="光明村12号")))
    shown = view_of(visit, AROUND)
    assert isinstance(shown, view.Confirm)
    assert shown.area == ""


def test_the_catalogue_falls_back_to_its_last_page_when_letters_shrink() -> None:
    many = OffersChanged(offers=offers() * 3, ready=FEW)
    visit = replace(after(ready(), many), stage=model.Choosing(page=3), settings=model.Settings(text_size=3))
    big = view_of(visit, AROUND)
    small = view_of(replace(visit, settings=model.Settings()), AROUND)
    assert isinstance(big, view.Catalogue)
    assert isinstance(small, view.Catalogue)
    assert (big.page, big.pages, len(big.tiles)) == (3, 3, 1)
    assert (small.page, small.pages, len(small.tiles)) == (2, 2, 4)


def test_no_view_is_made_of_anything_but_words_and_numbers() -> None:
    def leaves(thing: object) -> list[object]:
        if is_dataclass(thing):
            return [leaf for each in fields(thing) for leaf in leaves(getattr(thing, each.name))]
        if isinstance(thing, tuple):
            return [leaf for part in thing for leaf in leaves(part)]
        return [thing]

    for build, _ in VISITS.values():
        shown = view_of(build(), WITH_TASK)
        assert all(isinstance(leaf, str | int | float | bool | datetime | None) for leaf in leaves(shown))
