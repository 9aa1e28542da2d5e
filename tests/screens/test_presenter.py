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


WAYS = {
    view.IdentifyWay.ID_CARD: ("put-card", "1"),
    view.IdentifyWay.SOCIAL_SECURITY_CARD: ("put-card-social", "2"),
    view.IdentifyWay.PHONE_CODE: ("put-card-phone", "3"),
}


@pytest.mark.parametrize("way", list(view.IdentifyWay))
def test_every_way_to_say_who_one_is_names_its_place_on_the_cabinet(way: view.IdentifyWay) -> None:
    name, place = WAYS[way]
    page = present(name)
    assert isinstance(page.matter, models.PlaceMatter)
    assert page.matter.place == place
    assert f"{{{place}}}" in page.heading + page.lead


@pytest.mark.parametrize("way", list(view.IdentifyWay))
@pytest.mark.parametrize("prompt", list(view.CardPrompt))
def test_every_prompt_has_words_in_every_way(way: view.IdentifyWay, prompt: view.CardPrompt) -> None:
    page = present(WAYS[way][0])
    shown = samples.views(0)[WAYS[way][0]]
    assert isinstance(shown, view.PutCard)
    assert presenter.present(replace(shown, prompt=prompt), ZH, has_voice=True).foot == page.foot


def test_the_other_ways_stand_side_by_side_as_buttons_of_one_size() -> None:
    page = present("put-card-two-ways")
    assert page.second is not None
    assert page.also is not None
    assert [page.second.intent, page.also.intent] == [
        intent.ChooseWay(way=intent.Way.SOCIAL_SECURITY_CARD),
        intent.ChooseWay(way=intent.Way.PHONE_CODE),
    ]
    assert page.primary is None


def test_where_no_other_way_works_help_is_offered() -> None:
    page = present("put-card")
    assert page.second is not None
    assert page.second.intent == intent.CallHelp()
    assert page.also is None


def test_another_way_than_the_usual_says_why() -> None:
    matter = present("put-card-social-instead").matter
    assert isinstance(matter, models.PlaceMatter)
    assert matter.below is not None
    assert (matter.below.title, matter.below.line) == ("读身份证的机器坏了", "今天用社保卡，一样能办")


def test_nobody_is_asked_for_the_pin_of_her_card() -> None:
    page = present("put-card-social-needs-pin")
    assert page.heading == "这张卡要密码，换个办法吧"
    assert page.lead == "机器不问您的密码，请拔出卡"


@pytest.mark.parametrize(
    ("name", "whose"), [("take-card-first-own", "请先收好您的身份证"), ("take-card-first-left", "有人忘了一张身份证")]
)
def test_a_card_that_lies_there_is_hers_or_somebody_elses(name: str, whose: str) -> None:
    page = present(name)
    assert page.heading == whose
    assert page.primary is None


def test_somebody_who_leaves_her_own_card_hears_of_it_even_with_the_voice_off() -> None:
    assert present("take-card-first-own").is_urgent
    assert not present("take-card-first-left").is_urgent
    assert present("take-sheets-reminder").is_urgent
    assert not present("take-sheets").is_urgent


def test_only_a_card_is_to_be_put_away_after_it_was_read() -> None:
    goods = []
    for name in ("confirm", "confirm-social", "confirm-phone"):
        matter = present(name).matter
        assert isinstance(matter, models.ConfirmMatter)
        goods.append(matter.good.title)
    assert goods == ["身份证读好了，请收起来", "社保卡读好了，请拔出来", "手机上的码看好了"]


@pytest.mark.parametrize("prompt", list(view.FacePrompt))
def test_the_camera_page_always_offers_the_way_without_a_face(prompt: view.FacePrompt) -> None:
    name = "face" if prompt is view.FacePrompt.NO_FACE else f"face-{prompt.value.replace('_', '-')}"
    page = present(name)
    assert page.second is not None
    assert page.second.intent == intent.ChooseWay(way=intent.Way.WITHOUT_FACE)
    assert page.heading


@pytest.mark.parametrize(
    ("prompt", "turn"), [(view.FacePrompt.TURN_LEFT, "left"), (view.FacePrompt.TURN_RIGHT, "right"), (view.FacePrompt.GOOD, "")]
)
def test_a_turn_of_the_head_is_shown_and_said(prompt: view.FacePrompt, turn: str) -> None:
    page = present(f"face-{prompt.value.replace('_', '-')}")
    assert isinstance(page.matter, models.LookMatter)
    assert page.matter.turn == turn
    assert page.spoken == (page.matter.words,)


def test_no_picture_is_shown_once_the_camera_has_done_its_part() -> None:
    live = {}
    for prompt in view.FacePrompt:
        matter = present("face" if prompt is view.FacePrompt.NO_FACE else f"face-{prompt.value.replace('_', '-')}").matter
        assert isinstance(matter, models.LookMatter)
        live[prompt] = matter.is_live
    assert {prompt for prompt, is_live in live.items() if not is_live} == {
        view.FacePrompt.COMPARING,
        view.FacePrompt.NOT_MATCHED,
        view.FacePrompt.NOT_POSSIBLE,
    }


def test_only_a_face_that_was_not_recognised_can_be_taken_once_more() -> None:
    again = {prompt for prompt in view.FacePrompt if prompt is not view.FacePrompt.NO_FACE}
    offered = {prompt for prompt in again if present(f"face-{prompt.value.replace('_', '-')}").primary is not None}
    assert offered == {view.FacePrompt.NOT_MATCHED}


@pytest.mark.parametrize(
    ("name", "buttons"),
    [
        ("scan", (None, None, intent.Proceed())),
        ("scan-next", (intent.FinishPages(), None, intent.Proceed())),
        ("scan-taking", (None, None, None)),
        ("scan-taken", (intent.Decline(), intent.Proceed(), intent.FinishPages())),
        ("scan-full", (intent.Decline(), None, intent.FinishPages())),
        ("scan-refused", (None, None, intent.Proceed())),
        ("scan-glare", (intent.FinishPages(), None, intent.Proceed())),
    ],
)
def test_sheets_can_be_taken_taken_again_and_finished(name: str, buttons: tuple[object, ...]) -> None:
    page = present(name)
    assert tuple(button.intent if button else None for button in (page.second, page.also, page.primary)) == buttons


@pytest.mark.parametrize("problem", list(view.ScanProblem))
def test_a_sheet_that_was_refused_says_why_and_what_to_do(problem: view.ScanProblem) -> None:
    page = present(f"scan-{problem.value.replace('_', '-')}")
    assert isinstance(page.matter, models.ScanMatter)
    assert page.heading
    assert page.lead
    assert page.matter.picture == f"scene/sheet_{problem.value}"
    assert page.matter.notice.mood is models.Mood.ATTENTION


def test_what_is_paid_is_shown_in_yuan_before_the_phone_is_asked_for() -> None:
    page = present("pay")
    assert isinstance(page.matter, models.PayMatter)
    assert (page.matter.label, page.matter.amount) == ("2027 年城乡居民医保", "380 元")
    assert page.primary is None


def test_a_refused_payment_says_that_nothing_was_taken_and_in_whose_words() -> None:
    page = present("pay-refused")
    assert isinstance(page.matter, models.PayMatter)
    assert page.matter.notice is not None
    assert page.heading == "没有付成，钱没有扣"
    assert page.matter.notice.title == "余额不够"
    assert page.primary is not None
    assert page.primary.intent == intent.Proceed()


def test_while_the_payment_is_asked_for_nothing_can_be_pressed_twice() -> None:
    page = present("pay-asking")
    assert (page.second, page.also, page.primary) == (None, None, None)


def test_a_code_on_the_screen_says_why_it_is_not_paper() -> None:
    matter = present("show-code-instead").matter
    assert isinstance(matter, models.CodeMatter)
    assert matter.notice.title == "打印机缺纸"
    assert matter.content not in repr(present("show-code").spoken)


def test_sheets_are_counted_while_they_come_out() -> None:
    page = present("printing-sheets")
    assert isinstance(page.matter, models.PrintingMatter)
    assert page.matter.progress.done == "第 2 张，共 3 张"
    assert page.matter.place.place == "5"


def test_the_rest_is_printed_when_only_the_rest_is_owed() -> None:
    page = present("printer-waits-sheets-rest")
    assert page.primary is not None
    assert page.also is not None
    assert (page.primary.intent, page.also.intent) == (intent.PrintRest(), intent.Proceed())
    waiting = present("printer-waits-sheets")
    assert waiting.primary is not None
    assert waiting.primary.intent is None


def test_a_printer_that_is_well_again_is_no_longer_blamed() -> None:
    matter = present("printer-waits-ready").matter
    assert isinstance(matter, models.PrinterWaitsMatter)
    assert matter.verdict.line == "只差凭条"


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (view.StandIn.SOCIAL_SECURITY_CARD, "打印机缺纸，可用社保卡"),
        (view.StandIn.PHONE_CODE, "打印机缺纸，可用手机"),
        (view.StandIn.RECEIPT, "打印机缺纸，改打小凭条"),
        (view.StandIn.DOCUMENT, "打印机缺纸，改打大张纸"),
        (view.StandIn.SCREEN, "打印机缺纸，可用手机拍"),
    ],
)
def test_a_service_that_works_in_another_way_is_not_grey_and_says_which(by: view.StandIn, said: str) -> None:
    shown = samples.views(0)["catalogue-all-well"]
    assert isinstance(shown, view.Catalogue)
    tile = replace(shown.tiles[0], instead=(view.Instead(by=by, reason="打印机缺纸"),))
    matter = presenter.present(replace(shown, tiles=(tile,)), ZH, has_voice=True).matter
    assert isinstance(matter, models.CatalogueMatter)
    assert matter.tiles[0].instead == said
    assert matter.tiles[0].intent is not None


def test_the_guide_asks_for_the_card_that_works_now() -> None:
    page = present("guide-instead-read-social-security-card")
    assert isinstance(page.matter, models.GuideMatter)
    assert page.matter.upper[0].answer == "社保卡"
    assert page.matter.notice.title == "换个办法，一样能办"
    screen = present("guide-instead-show-on-screen")
    assert isinstance(screen.matter, models.GuideMatter)
    assert screen.matter.lower[1].answer == "拍到手机里"


def test_many_steps_have_short_words() -> None:
    assert [step.word for step in present("scan").steps] == [
        "说明",
        "证件",
        "核对",
        "拍照",
        "材料",
        "交钱",
        "办理",
        "打印",
        "评价",
    ]
    assert present("face").steps[3].word == "拍照"


@pytest.mark.parametrize(("picture", "place"), [("wipe_camera", "camera"), ("clear_table", "table"), ("load_a4_paper", "5")])
def test_the_clerk_is_shown_where_it_is_on_the_cabinet(picture: str, place: str) -> None:
    matter = present(f"clerk-page-{picture.replace('_', '-')}").matter
    assert isinstance(matter, models.ClerkCard)
    assert matter.place == place


@pytest.mark.parametrize(("left", "said"), [(30, 30), (26, 30), (25, 25), (11, 15), (10, 10), (9, 9), (1, 1), (0, 1)])
def test_seconds_are_counted_in_fives_until_the_last_ten(left: int, said: int) -> None:
    assert parts.seconds_left(left) == said


def test_a_page_whose_words_stay_is_the_same_page() -> None:
    shown = samples.views(0)["face"]
    assert isinstance(shown, view.Face)
    pages = {presenter.present(replace(shown, remaining_s=left), ZH, has_voice=True) for left in range(21, 26)}
    assert len(pages) == 1


def test_when_nothing_came_out_nobody_is_told_to_look_for_sheets() -> None:
    shown = samples.views(0)["print-question-sheets-counted"]
    assert isinstance(shown, view.PrintQuestion)
    matter = presenter.present(replace(shown, pages_done=0), ZH, has_voice=True).matter
    assert isinstance(matter, models.PrintQuestionMatter)
    assert matter.question_line == "请看下面{5}号口，照样子点一个"
