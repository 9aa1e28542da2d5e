"""The pages of what comes out: printing, what came out, the printer that waits, a code instead, taking it along."""

from kiosk.display.vocabulary import intent, view
from screens import models
from screens.models import Button, Mood, Notice
from screens.presenting import parts
from screens.wording import Wording

PAPER_PLACES = {view.PaperKind.RECEIPT: "4", view.PaperKind.DOCUMENT: "5"}
COMING = {view.PaperKind.RECEIPT: "scene/paper_coming", view.PaperKind.DOCUMENT: "scene/sheets_coming"}
SEEN = {view.PaperKind.RECEIPT: "scene/paper", view.PaperKind.DOCUMENT: "scene/sheets"}
TAKING = {view.PaperKind.RECEIPT: "scene/take_receipt", view.PaperKind.DOCUMENT: "scene/take_sheets"}
TAKING_CARD = {
    view.IdentifyWay.ID_CARD: "scene/take_card",
    view.IdentifyWay.SOCIAL_SECURITY_CARD: "scene/take_social_card",
    view.IdentifyWay.PHONE_CODE: "scene/take_phone",
}


def printing(shown: view.Printing, wording: Wording) -> models.Page:
    """Paper moves."""
    quarter = min(3, int(shown.progress * 4))
    paper = shown.paper.value
    is_counted = shown.pages > 1 and shown.page > 0
    matter = models.PrintingMatter(
        place=models.PlaceMatter(
            place=PAPER_PLACES[shown.paper],
            picture=COMING[shown.paper],
            hint="",
            is_moving=True,
            above=Notice(mood=Mood.GOOD, icon="icon/tick", title=shown.title, line=wording.say("printing.done_line")),
            below=Notice(
                mood=Mood.ATTENTION,
                icon="icon/attention",
                title=wording.say("printing.wait_title"),
                line=wording.say(f"printing.{paper}_wait_line"),
            ),
        ),
        progress=models.ProgressMatter(
            part=shown.progress,
            done=wording.say("printing.page", page=shown.page, pages=shown.pages)
            if is_counted
            else wording.say(f"printing.part_{quarter}"),
            left=wording.say("printing.left", seconds=max(1, shown.remaining_s)),
        ),
    )
    heading = (
        wording.say("printing.heading_again", reprint=shown.reprint)
        if shown.reprint
        else wording.say(f"printing.{paper}_heading")
    )
    return parts.page(
        shown.frame,
        wording,
        kind="printing",
        heading=heading,
        lead=wording.say(f"printing.{paper}_lead"),
        matter=matter,
        spoken=wording.say(f"printing.{paper}_spoken"),
    )


def print_question(shown: view.PrintQuestion, wording: Wording) -> models.Page:
    """The printer stopped: the matter is done, what came out?"""
    seen = intent.PaperSeen
    paper = shown.paper.value
    matter = models.PrintQuestionMatter(
        verdict=models.Verdict(
            mood=Mood.GOOD,
            icon="icon/tick",
            title=wording.say("print_question.done"),
            line=wording.say(f"print_question.{paper}_only"),
            small=wording.say("print_question.not_again", title=shown.title),
        ),
        question=wording.say("print_question.question"),
        question_line=_came_out(shown.pages_done, shown.pages, wording) or wording.say(f"print_question.{paper}_question_line"),
        choices=tuple(
            models.PictureChoice(
                picture=f"{SEEN[shown.paper]}_{answer.value}",
                word=wording.say(f"print_question.{paper}_{answer.value}"),
                intent=intent.AnswerPaper(seen=answer),
            )
            for answer in (seen.WHOLE, seen.PART, seen.NOTHING)
        ),
        phone=_phone(shown.help_phone, shown.code, shown.paper, wording),
    )
    spoken = wording.say(f"print_question.{paper}_spoken")
    return parts.page(shown.frame, wording, kind="print_question", matter=matter, spoken=spoken)


def _came_out(pages_done: int | None, pages: int, wording: Wording) -> str:
    """How many sheets are known to have come out, or nothing."""
    if not pages_done or pages <= 0:
        return ""
    return wording.say("print_question.came_out", done=pages_done, pages=pages)


def _phone(phone: str, code: str, paper: view.PaperKind, wording: Wording) -> Notice:
    return Notice(
        mood=Mood.INFO,
        icon="icon/telephone",
        title=wording.say("print_question.phone_title", phone=phone),
        line=wording.say(f"print_question.{paper.value}_phone_line", code=code),
    )


def printer_waits(shown: view.PrinterWaits, wording: Wording) -> models.Page:
    """The paper is still owed; the printer needs something first."""
    state = "ready" if shown.is_ready else "waiting" if shown.task else "mending"
    paper = shown.paper.value
    left = shown.pages - shown.pages_done if shown.pages_done is not None and shown.pages else 0
    matter = models.PrinterWaitsMatter(
        verdict=models.Verdict(
            mood=Mood.GOOD,
            icon="icon/tick",
            title=wording.say("printer_waits.done"),
            line=_what_is_owed(shown, left, wording),
            small=wording.say("print_question.not_again", title=shown.title),
        ),
        clerk=parts.clerk_card(shown.task, wording) if shown.task and not shown.is_ready else None,
        picture=COMING[shown.paper],
        state=Notice(
            mood=Mood.GOOD if shown.is_ready else Mood.ATTENTION,
            icon="icon/tick" if shown.is_ready else "icon/attention",
            title=wording.say(f"printer_waits.{state}_title"),
            line=wording.say("printer_waits.ready_rest_line" if shown.can_print_rest else "printer_waits.ready_line")
            if shown.is_ready
            else wording.say(f"printer_waits.{state}_line"),
        ),
        phone=_phone(shown.help_phone, shown.code, shown.paper, wording),
    )
    again = Button(
        word=wording.say("printer_waits.all_again" if shown.can_print_rest else "printer_waits.again"),
        intent=intent.Proceed() if shown.is_ready else None,
    )
    rest = Button(word=wording.say("printer_waits.rest"), intent=intent.PrintRest() if shown.is_ready else None)
    return parts.page(
        shown.frame,
        wording,
        kind="printer_waits",
        matter=matter,
        second=Button(word=wording.say(f"printer_waits.{paper}_none"), intent=intent.Decline()),
        also=again if shown.can_print_rest else None,
        primary=rest if shown.can_print_rest else again,
        spoken=wording.say("printer_waits.spoken_ready" if shown.is_ready else f"printer_waits.{paper}_spoken"),
    )


def _what_is_owed(shown: view.PrinterWaits, left: int, wording: Wording) -> str:
    """How much is still to come, and why it has not, as long as that lasts."""
    owed = wording.say("printer_waits.sheets", left=left) if left else wording.say(f"printer_waits.{shown.paper.value}_owed")
    return owed if shown.is_ready else wording.say("printer_waits.owed_because", owed=owed, reason=shown.reason)


def show_code(shown: view.ShowCode, wording: Wording) -> models.Page:
    """The result as a code to be photographed."""
    reason = Notice(
        mood=Mood.ATTENTION,
        icon="icon/attention",
        title=shown.reason,
        line=wording.say("show_code.reason_line"),
    )
    promise = Notice(mood=Mood.INFO, icon="icon/phone_code", line=wording.say("show_code.promise"))
    matter = models.CodeMatter(
        content=shown.content,
        label=wording.say("show_code.number"),
        number=shown.number,
        notice=reason if shown.reason else promise,
    )
    return parts.page(
        shown.frame,
        wording,
        kind="show_code",
        heading=shown.title,
        lead=wording.say("show_code.lead"),
        matter=matter,
        second=Button(word=wording.say("show_code.no_phone"), icon="icon/people", intent=intent.CallHelp()),
        primary=Button(word=wording.say("show_code.taken"), icon="icon/tick_white", intent=intent.Proceed()),
        spoken=wording.say("show_code.spoken"),
    )


def take_receipt(shown: view.TakeReceipt, wording: Wording) -> models.Page:
    """Take card and paper along; said again, and louder, when something has been lying there for a while."""
    paper, way = shown.paper.value, shown.way.value
    tear = "_tear" if shown.tear_by_hand and shown.paper is view.PaperKind.RECEIPT else ""
    count = "_count" if shown.paper is view.PaperKind.DOCUMENT and shown.pages > 1 else ""
    again = "reminder_" if shown.is_reminder else ""
    matter = models.TakeMatter(
        cards=(
            models.TakeCard(
                picture=TAKING_CARD[shown.way],
                title=wording.say(f"take_receipt.{way}_title"),
                line=wording.say(f"take_receipt.{way}_line"),
            ),
            models.TakeCard(
                picture=TAKING[shown.paper],
                title=wording.say(f"take_receipt.{paper}{tear}_title"),
                line=wording.say(f"take_receipt.{paper}{tear}{count}_line", pages=shown.pages),
            ),
        ),
        notice=Notice(mood=Mood.ATTENTION, icon="icon/attention", line=wording.say("take_receipt.tear_notice"))
        if tear
        else Notice(mood=Mood.INFO, icon="icon/glasses", line=wording.say("take_receipt.look_around")),
    )
    return parts.page(
        shown.frame,
        wording,
        kind="take_receipt",
        heading=wording.say(f"take_receipt.{again}heading"),
        lead=wording.say(f"take_receipt.{again}lead"),
        matter=matter,
        second=Button(word=wording.say(f"take_receipt.{paper}_not_out"), intent=intent.Decline()),
        primary=Button(word=wording.say("take_receipt.taken"), icon="icon/tick_white", intent=intent.Proceed()),
        spoken=wording.say(f"take_receipt.{way}_title") + "，" + wording.say(f"take_receipt.{paper}_spoken"),
        is_urgent=shown.is_reminder,
    )
