import json
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime

import pytest

from drivers.contract.print_outcome import PrintOutcome
from kiosk.display.portrait import STARTING_REASON, TROUBLE_CODES, Surroundings, view_of
from kiosk.display.vocabulary import view
from kiosk.display.vocabulary.frames import Show, decode_from_core, encode
from kiosk.display.vocabulary.view import View
from kiosk.gateway.platform import NotDone, OutcomeUnknown, Refused
from kiosk.upkeep.fault_catalogue import load_catalogue
from kiosk.visit import model
from kiosk.visit.event import (
    CardFound,
    ClerkTaskOpened,
    Event,
    HelpCalled,
    OffersChanged,
    PaperAnswered,
    PrintProgressed,
    Proceeded,
    Rated,
    RepairReported,
    RestartFound,
    Started,
    TextSizeSet,
    TextSizesOpened,
    TimePassed,
    VoiceOpened,
    VoiceSet,
    WentBack,
    WentHome,
)
from kiosk.visit.machine import advance
from kiosk.visit.model import AT_REST, MatterState, PaperSeen, Printing, Visit
from tests.kiosk.visit.world import (
    FEW,
    PLACE,
    PROOF,
    a_person,
    after,
    all_well,
    answered,
    card_event,
    confirming,
    guided,
    no_paper,
    no_reader,
    offers,
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
WITH_TASK = replace(AROUND, clerk_task=TASK)


def _answer(visit: Visit, answer: object) -> Visit:
    return after(visit, answered(visit, answer))


def _asked() -> Visit:
    return settled(printing(), PrintOutcome.UNKNOWN)


def _unknown() -> Visit:
    return _answer(_answer(submitting(), OutcomeUnknown(why="?")), OutcomeUnknown(why="?"))


VISITS: dict[str, tuple[Callable[[], Visit], str]] = {
    "out of service": (lambda: AT_REST, "out_of_service"),
    "idle": (ready, "attract"),
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
}


@pytest.mark.parametrize("name", VISITS)
def test_every_moment_of_a_visit_has_its_page_and_travels_to_the_display(name: str) -> None:
    build, kind = VISITS[name]
    shown = view_of(build(), WITH_TASK)
    assert shown.kind == kind
    frame = encode(Show(page=1, view=shown))
    assert decode_from_core(frame[4:]).view == shown


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
