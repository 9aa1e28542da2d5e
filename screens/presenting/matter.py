"""The pages of a matter being done: card, confirm, working, printing, the result, taking things along, rating."""

from kiosk.display.vocabulary import intent, view
from screens import models
from screens.models import Button, Mood, Notice
from screens.presenting import parts
from screens.wording import Wording

CARD_PLACE = "1"
RECEIPT_PLACE = "4"
MOST_PART = 0.98
"""A bar never looks finished while the machine still works."""


def put_card(shown: view.PutCard, wording: Wording) -> models.Page:
    """Lay the card on place 1, or what is wrong with the one that lies there."""
    prompt = shown.prompt.value
    is_asked = shown.prompt not in (view.CardPrompt.READING, view.CardPrompt.READER_AWAY)
    matter = models.PlaceMatter(
        place=CARD_PLACE,
        picture="scene/card_on_place" if is_asked else "scene/card_lying",
        hint=wording.say(f"put_card.{prompt}_hint"),
        is_moving=is_asked,
        above=None,
        below=Notice(
            mood=Mood.INFO,
            icon="icon/people",
            title=wording.say("put_card.no_card_title"),
            line=wording.say("put_card.no_card_line", phone=shown.help_phone),
        ),
    )
    return parts.page(
        shown.frame,
        wording,
        kind="put_card",
        heading=wording.say(f"put_card.{prompt}_heading"),
        lead=wording.say(f"put_card.{prompt}_lead"),
        matter=matter,
        second=Button(word=wording.say("put_card.no_card"), icon="icon/people", intent=intent.CallHelp()),
        spoken=wording.say(f"put_card.{prompt}_spoken"),
    )


def confirm(shown: view.Confirm, wording: Wording) -> models.Page:
    """Is it you?"""
    matter = models.ConfirmMatter(
        facts=(
            models.Fact(label=wording.say("confirm.name"), value=shown.name),
            models.Fact(label=wording.say("confirm.number"), value=shown.number),
            models.Fact(label=wording.say("confirm.area"), value=shown.area, is_last=True),
        ),
        portrait_line=wording.say("confirm.portrait"),
        good=Notice(
            mood=Mood.GOOD, icon="icon/tick", title=wording.say("confirm.good_title"), line=wording.say("confirm.good_line")
        ),
        info=Notice(mood=Mood.INFO, icon="icon/shield", line=wording.say("confirm.info_line")),
    )
    return parts.page(
        shown.frame,
        wording,
        kind="confirm",
        heading=wording.say("confirm.heading"),
        lead=wording.say("confirm.lead"),
        matter=matter,
        second=Button(word=wording.say("confirm.no"), intent=intent.Decline()),
        primary=Button(word=wording.say("confirm.yes"), icon="icon/tick_white", intent=intent.Proceed()),
        spoken=wording.say("confirm.spoken"),
    )


def working(shown: view.Working, wording: Wording) -> models.Page:
    """The machine works: what it does, how long it usually takes."""
    doing = shown.doing.value
    left = shown.usual_s - shown.elapsed_s
    matter = models.WorkingMatter(
        picture="scene/asking_office" if shown.doing is not view.Doing.PREPARING_PRINT else "scene/goes_home",
        notice=Notice(
            mood=Mood.INFO,
            icon="icon/shield",
            title=wording.say("working.notice_title"),
            line=wording.say("working.notice_line"),
        ),
        progress=models.ProgressMatter(
            part=min(MOST_PART, shown.elapsed_s / max(1, shown.usual_s)),
            done=wording.say("working.progress"),
            left=wording.say("working.left", seconds=left) if left > 0 else wording.say("working.longer"),
        ),
    )
    return parts.page(
        shown.frame,
        wording,
        kind="working",
        heading=wording.say(f"working.{doing}_heading"),
        lead=wording.say(f"working.{doing}_lead"),
        matter=matter,
        spoken=wording.say("working.spoken"),
    )


def printing(shown: view.Printing, wording: Wording) -> models.Page:
    """Paper moves."""
    quarter = min(3, int(shown.progress * 4))
    matter = models.PrintingMatter(
        place=models.PlaceMatter(
            place=RECEIPT_PLACE,
            picture="scene/paper_coming",
            hint="",
            is_moving=True,
            above=Notice(mood=Mood.GOOD, icon="icon/tick", title=shown.title, line=wording.say("printing.done_line")),
            below=Notice(
                mood=Mood.ATTENTION,
                icon="icon/attention",
                title=wording.say("printing.wait_title"),
                line=wording.say("printing.wait_line"),
            ),
        ),
        progress=models.ProgressMatter(
            part=shown.progress,
            done=wording.say(f"printing.part_{quarter}"),
            left=wording.say("printing.left", seconds=max(1, shown.remaining_s)),
        ),
    )
    heading = wording.say("printing.heading_again", reprint=shown.reprint) if shown.reprint else wording.say("printing.heading")
    return parts.page(
        shown.frame,
        wording,
        kind="printing",
        heading=heading,
        lead=wording.say("printing.lead"),
        matter=matter,
        spoken=wording.say("printing.spoken"),
    )


def print_question(shown: view.PrintQuestion, wording: Wording) -> models.Page:
    """The printer stopped: the matter is done, what came out?"""
    seen = intent.PaperSeen
    matter = models.PrintQuestionMatter(
        verdict=models.Verdict(
            mood=Mood.GOOD,
            icon="icon/tick",
            title=wording.say("print_question.done"),
            line=wording.say("print_question.only"),
            small=wording.say("print_question.not_again", title=shown.title),
        ),
        question=wording.say("print_question.question"),
        question_line=wording.say("print_question.question_line"),
        choices=tuple(
            models.PictureChoice(
                picture=f"scene/paper_{answer.value}",
                word=wording.say(f"print_question.{answer.value}"),
                intent=intent.AnswerPaper(seen=answer),
            )
            for answer in (seen.WHOLE, seen.PART, seen.NOTHING)
        ),
        phone=Notice(
            mood=Mood.INFO,
            icon="icon/telephone",
            title=wording.say("print_question.phone_title", phone=shown.help_phone),
            line=wording.say("print_question.phone_line", code=shown.code),
        ),
    )
    return parts.page(shown.frame, wording, kind="print_question", matter=matter, spoken=wording.say("print_question.spoken"))


def printer_waits(shown: view.PrinterWaits, wording: Wording) -> models.Page:
    """The receipt is still owed; the printer needs something first."""
    state = "ready" if shown.is_ready else "waiting" if shown.task else "mending"
    matter = models.PrinterWaitsMatter(
        verdict=models.Verdict(
            mood=Mood.GOOD,
            icon="icon/tick",
            title=wording.say("printer_waits.done"),
            line=wording.say("printer_waits.only", reason=shown.reason),
            small=wording.say("printer_waits.not_again", title=shown.title),
        ),
        clerk=parts.clerk_card(shown.task, wording) if shown.task and not shown.is_ready else None,
        state=Notice(
            mood=Mood.GOOD if shown.is_ready else Mood.ATTENTION,
            icon="icon/tick" if shown.is_ready else "icon/attention",
            title=wording.say(f"printer_waits.{state}_title"),
            line=wording.say(f"printer_waits.{state}_line"),
        ),
        phone=Notice(
            mood=Mood.INFO,
            icon="icon/telephone",
            title=wording.say("printer_waits.phone_title", phone=shown.help_phone),
            line=wording.say("printer_waits.phone_line", code=shown.code),
        ),
    )
    return parts.page(
        shown.frame,
        wording,
        kind="printer_waits",
        matter=matter,
        second=Button(word=wording.say("printer_waits.no_receipt"), intent=intent.Decline()),
        primary=Button(word=wording.say("printer_waits.again"), intent=intent.Proceed() if shown.is_ready else None),
        spoken=wording.say("printer_waits.spoken_ready" if shown.is_ready else "printer_waits.spoken"),
    )


def show_result(shown: view.ShowResult, wording: Wording) -> models.Page:
    """The platform's answer, for matters that need no paper."""
    matter = models.ResultMatter(
        facts=tuple(models.Fact(label=row.label, value=row.value, is_last=row is shown.rows[-1]) for row in shown.rows),
        notice=Notice(mood=Mood.INFO, icon="icon/shield", line=wording.say("show_result.notice_line")),
    )
    return parts.page(
        shown.frame,
        wording,
        kind="show_result",
        heading=shown.title,
        lead=wording.say("show_result.lead"),
        matter=matter,
        primary=Button(word=wording.say("show_result.seen"), icon="icon/tick_white", intent=intent.Proceed()),
        spoken=wording.say("show_result.spoken"),
    )


def take_receipt(shown: view.TakeReceipt, wording: Wording) -> models.Page:
    """Take card and receipt along."""
    tear = "tear_" if shown.tear_by_hand else ""
    matter = models.TakeMatter(
        cards=(
            models.TakeCard(
                picture="scene/take_card",
                title=wording.say("take_receipt.card_title"),
                line=wording.say("take_receipt.card_line"),
            ),
            models.TakeCard(
                picture="scene/take_receipt",
                title=wording.say(f"take_receipt.receipt_{tear}title"),
                line=wording.say(f"take_receipt.receipt_{tear}line"),
            ),
        ),
        notice=Notice(mood=Mood.ATTENTION, icon="icon/attention", line=wording.say("take_receipt.tear_notice"))
        if shown.tear_by_hand
        else Notice(mood=Mood.INFO, icon="icon/glasses", line=wording.say("take_receipt.look_around")),
    )
    return parts.page(
        shown.frame,
        wording,
        kind="take_receipt",
        heading=wording.say("take_receipt.heading"),
        lead=wording.say("take_receipt.lead"),
        matter=matter,
        second=Button(word=wording.say("take_receipt.not_out"), intent=intent.Decline()),
        primary=Button(word=wording.say("take_receipt.taken"), icon="icon/tick_white", intent=intent.Proceed()),
        spoken=wording.say("take_receipt.spoken"),
    )


def rate(shown: view.Rate, wording: Wording) -> models.Page:
    """好差评, the best first."""
    matter = models.RateMatter(
        levels=(
            models.PictureChoice(picture="scene/rate_5", word=wording.say("rate.level_5"), intent=intent.GiveRating(level=5)),
            models.PictureChoice(picture="scene/rate_4", word=wording.say("rate.level_4"), intent=intent.GiveRating(level=4)),
            models.PictureChoice(picture="scene/rate_3", word=wording.say("rate.level_3"), intent=intent.GiveRating(level=3)),
            models.PictureChoice(picture="scene/rate_2", word=wording.say("rate.level_2"), intent=intent.GiveRating(level=2)),
            models.PictureChoice(picture="scene/rate_1", word=wording.say("rate.level_1"), intent=intent.GiveRating(level=1)),
        ),
        reassurance=wording.say("rate.reassurance"),
    )
    return parts.page(
        shown.frame,
        wording,
        kind="rate",
        heading=wording.say("rate.heading"),
        lead=wording.say("rate.lead"),
        matter=matter,
        second=Button(word=wording.say("rate.skip"), intent=intent.Decline()),
        spoken=wording.say("rate.spoken"),
    )


def goodbye(shown: view.Goodbye, wording: Wording) -> models.Page:
    """Thanks; everything has been wiped."""
    matter = models.FarewellMatter(
        picture="scene/village",
        title=wording.say("goodbye.title"),
        line=wording.say("goodbye.line"),
        notices=(
            Notice(
                mood=Mood.GOOD,
                icon="icon/shield",
                title=wording.say("goodbye.wiped_title"),
                line=wording.say("goodbye.wiped_line"),
            ),
            Notice(mood=Mood.ATTENTION, icon="icon/id_card_attention", title=wording.say("goodbye.taken_title")),
        ),
        countdown=wording.say("goodbye.countdown", seconds=shown.remaining_s),
    )
    return parts.page(
        shown.frame,
        wording,
        kind="goodbye",
        matter=matter,
        primary=Button(word=wording.say("goodbye.home"), icon="icon/home_white", intent=intent.GoHome()),
        spoken=wording.say("goodbye.spoken"),
    )
