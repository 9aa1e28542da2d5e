from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from kiosk.display.vocabulary import intent, view
from screens import models, presenter, samples
from screens.presenting import parts
from screens.wording import read_wording

ZH = read_wording("zh")


def present(name: str, *, text_size: int = 0, has_voice: bool = True) -> models.Page:
    return presenter.present(samples.views(text_size)[name], ZH, has_voice=has_voice)


def intents(page: models.Page) -> set[object]:
    found: set[object] = set()

    def look(thing: object) -> None:
        if isinstance(thing, tuple):
            for part in thing:
                look(part)
        elif hasattr(thing, "__dataclass_fields__"):
            kind = getattr(thing, "kind", None)
            if type(thing).__module__ == intent.__name__:
                found.add(kind)
            for name in thing.__dataclass_fields__:
                look(getattr(thing, name))

    look(page)
    return found


@pytest.mark.parametrize("name", samples.views(0))
def test_every_view_becomes_a_page_of_its_kind(name: str) -> None:
    shown = samples.views(0)[name]
    assert presenter.present(shown, ZH, has_voice=True).kind == shown.kind


def test_every_kind_of_view_has_a_sample() -> None:
    assert {type(shown) for shown in samples.views(0).values()} == set(view.View.__args__)


def test_a_withdrawn_service_says_why_and_where_and_leads_nowhere() -> None:
    matter = present("catalogue").matter
    assert isinstance(matter, models.CatalogueMatter)
    grey = matter.tiles[-1]
    assert grey.intent is None
    assert (grey.reason, grey.where) == ("打印机缺纸，这会儿办不了", "可到镇便民中心，<2.3 公里>")
    assert grey.when == "或稍后再来，已告诉村助手"
    assert matter.tiles[0].intent == intent.ChooseService(service="social_security_enrolment")


def test_a_withdrawn_service_cannot_be_begun_from_its_guide() -> None:
    page = present("guide-withdrawn")
    assert page.primary is not None
    assert page.primary.intent is None
    assert isinstance(page.matter, models.GuideMatter)
    assert page.matter.withdrawn is not None
    assert page.matter.withdrawn.reason == "打印机缺纸"


def test_the_pager_turns_only_where_there_is_a_page() -> None:
    matter = present("catalogue").matter
    assert isinstance(matter, models.CatalogueMatter)
    assert matter.back.intent is None
    assert matter.on.intent == intent.TurnPage(by=1)
    alone = present("catalogue-all-well").matter
    assert isinstance(alone, models.CatalogueMatter)
    assert alone.place == ""


def test_grey_foot_buttons_are_there_but_mean_nothing() -> None:
    page = present("printing")
    assert [button.word for button in page.foot] == ["返回", "回首页", "大字", "语音"]
    assert [button.intent is None for button in page.foot] == [True, True, False, False]


def test_the_clerk_answers_on_the_idle_page_with_the_fault_it_is_about() -> None:
    matter = present("attract-clerk-card").matter
    assert isinstance(matter, models.AttractMatter)
    assert matter.clerk is not None
    assert matter.clerk.primary is not None
    assert matter.clerk.primary.intent == intent.ClerkMended(device="receipt-printer", code="printer.paper_out")
    assert matter.clerk.place == "4"


@pytest.mark.parametrize("state", [view.ClerkTaskState.TESTING, view.ClerkTaskState.ESCALATED])
def test_the_clerk_cannot_answer_twice(state: view.ClerkTaskState) -> None:
    page = present(f"clerk-page-{state.value}")
    assert not intents(page) & {"clerk_mended", "clerk_gave_up"}


def test_only_a_ready_printer_offers_to_print_again() -> None:
    for name, can in (("printer-waits", False), ("printer-waits-mending", False), ("printer-waits-ready", True)):
        page = present(name)
        assert page.primary is not None
        assert (page.primary.intent == intent.Proceed()) is can


def test_the_villager_says_what_came_out() -> None:
    matter = present("print-question").matter
    assert isinstance(matter, models.PrintQuestionMatter)
    assert [choice.intent for choice in matter.choices] == [intent.AnswerPaper(seen=seen) for seen in intent.PaperSeen]
    assert matter.verdict.title == "您的事已经办好"


@pytest.mark.parametrize("kind", list(view.TroubleKind))
def test_trouble_says_in_order_what_happened_whether_it_is_done_what_now_whom_to_call(kind: view.TroubleKind) -> None:
    page = present(f"trouble-{kind.value.replace('_', '-')}")
    assert isinstance(page.matter, models.TroubleMatter)
    assert page.heading
    assert page.matter.verdict.title in {"您的事已经办好", "这次没有办成", "办没办成，还不知道"}
    assert page.matter.advice.title
    assert page.matter.phone.number == samples.PHONE
    assert "N01" in page.matter.phone.title


@pytest.mark.parametrize("state", list(view.MatterState))
@pytest.mark.parametrize("kind", list(view.TroubleKind))
def test_every_trouble_has_words_for_every_state_of_the_matter(kind: view.TroubleKind, state: view.MatterState) -> None:
    shown = samples.views(0)["trouble-restarted"]
    assert isinstance(shown, view.Trouble)
    assert presenter.present(replace(shown, happened=kind, matter=state, code=""), ZH, has_voice=True).heading


def test_trouble_offers_to_try_again_only_when_that_repeats_nothing() -> None:
    assert present("trouble-platform-offline").primary == models.Button(word="再试一次", intent=intent.Proceed())
    refused = present("trouble-platform-refused")
    assert refused.second is None
    assert refused.primary is not None
    assert refused.primary.intent == intent.Decline()


def test_a_matter_that_is_done_is_never_shown_as_trouble_in_orange() -> None:
    matter = present("trouble-restarted").matter
    assert isinstance(matter, models.TroubleMatter)
    assert matter.verdict.mood is models.Mood.GOOD


def test_both_answers_to_is_it_you_stand_side_by_side() -> None:
    page = present("confirm")
    assert page.second is not None
    assert page.primary is not None
    assert (page.second.intent, page.primary.intent) == (intent.Decline(), intent.Proceed())


def test_progress_never_looks_finished_while_the_machine_works() -> None:
    shown = samples.views(0)["working-submitting"]
    assert isinstance(shown, view.Working)
    matter = presenter.present(replace(shown, elapsed_s=60), ZH, has_voice=True).matter
    assert isinstance(matter, models.WorkingMatter)
    assert matter.progress.part < 1
    assert matter.progress.left == "比平时慢一点，还在办"


@pytest.mark.parametrize(("progress", "said"), [(0.0, "刚开始打"), (0.3, "打了一小半"), (0.62, "打了一大半"), (1.0, "快打完了")])
def test_printing_says_in_words_how_far_it_is(progress: float, said: str) -> None:
    shown = samples.views(0)["printing"]
    assert isinstance(shown, view.Printing)
    matter = presenter.present(replace(shown, progress=progress), ZH, has_voice=True).matter
    assert isinstance(matter, models.PrintingMatter)
    assert matter.progress.done == said


def test_a_reprint_says_so() -> None:
    assert present("printing-again").heading == "正在补打，第 1 次"


def test_a_receipt_that_was_not_cut_is_torn_off() -> None:
    matter = present("take-receipt-tear").matter
    assert isinstance(matter, models.TakeMatter)
    assert matter.cards[1].title == "撕下凭条"


def test_a_machine_without_a_voice_says_so_and_offers_none() -> None:
    page = present("voice", has_voice=False)
    assert isinstance(page.matter, models.VoiceMatter)
    assert all(choice.intent is None for choice in page.matter.choices)
    assert page.matter.notice.mood is models.Mood.ATTENTION


@pytest.mark.parametrize(("volume", "louder", "softer"), [(0, True, False), (2, True, True), (3, False, True)])
def test_the_voice_goes_no_louder_than_loudest(volume: int, louder: bool, softer: bool) -> None:
    shown = samples.views(0)["voice"]
    assert isinstance(shown, view.Voice)
    spoken = replace(shown, volume=volume, frame=replace(shown.frame, is_voice_on=True))
    matter = presenter.present(spoken, ZH, has_voice=True).matter
    assert isinstance(matter, models.VoiceMatter)
    assert [choice.intent is not None for choice in matter.choices] == [True, True, louder, softer]


def test_text_size_shows_which_one_is_chosen() -> None:
    matter = present("text-sizes", text_size=2).matter
    assert isinstance(matter, models.SizesMatter)
    assert [choice.is_on for choice in matter.sizes] == [False, False, True, False]


def test_a_step_of_a_newer_core_still_has_a_word() -> None:
    shown = samples.views(0)["guide"]
    assert isinstance(shown, view.Guide)
    newer = (view.StepDot(step="sign", state=view.StepState.NOW),)
    assert presenter.present(replace(shown, frame=replace(shown.frame, steps=newer)), ZH, has_voice=True).steps[0].word


@pytest.mark.parametrize(
    ("hour", "said"),
    [
        (0, "凌晨 0:05"),
        (5, "凌晨 5:05"),
        (6, "上午 6:05"),
        (12, "中午 12:05"),
        (13, "下午 1:05"),
        (18, "晚上 6:05"),
        (23, "晚上 11:05"),
    ],
)
def test_hours_are_said_as_people_say_them(hour: int, said: str) -> None:
    time = datetime(2026, 11, 23, hour, 5, tzinfo=timezone(timedelta(hours=8)))
    assert parts.day_time(time, ZH) == said


@pytest.mark.parametrize(("fen", "said"), [(0, "免费"), (500, "5 元"), (1250, "12.50 元")])
def test_cost_is_said_in_yuan(fen: int, said: str) -> None:
    assert parts.cost(fen, ZH) == said


def test_nothing_personal_is_spoken() -> None:
    page = present("confirm")
    assert not any("示*例" in words or "4408" in words for words in page.spoken)
