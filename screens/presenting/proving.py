"""The pages of what else is asked for: a living face, papers, a payment."""

from kiosk.display.vocabulary import intent, view
from screens import models
from screens.models import Button, Mood, Notice
from screens.presenting import parts
from screens.presenting.identifying import PLACES, way_button
from screens.wording import Wording

TABLE = "table"
TURNS = {view.FacePrompt.TURN_LEFT: "left", view.FacePrompt.TURN_RIGHT: "right"}
CONTENT_PROMPTS = (view.FacePrompt.GOOD, view.FacePrompt.HOLD_STILL, view.FacePrompt.COMPARING)
OVER = (view.FacePrompt.NOT_MATCHED, view.FacePrompt.NOT_POSSIBLE)
"""Nobody is looking any more: the person chooses how to go on."""
UNSEEN = (view.FacePrompt.COMPARING, *OVER)
"""The camera has done its part: what it sees is shown no longer."""


def face(shown: view.Face, wording: Wording) -> models.Page:
    """Look into the camera, or go on in another way of the same size (E10)."""
    prompt = shown.prompt
    turn = TURNS.get(prompt, "")
    is_over = prompt in OVER
    ways = [way_button(intent.Way(way.value), wording) for way in shown.other_ways[:2]]
    promise = f"face.promise_{shown.other_ways[-1].value}" if shown.other_ways else "face.promise"
    if prompt in UNSEEN:
        line = wording.say(f"face.{prompt.value}_line")
    else:
        line = wording.say("face.left", seconds=parts.seconds_left(shown.remaining_s))
    matter = models.LookMatter(
        picture="scene/face_found" if prompt is view.FacePrompt.COMPARING else "scene/face_here",
        is_live=prompt not in UNSEEN,
        is_good=prompt in CONTENT_PROMPTS,
        turn=turn,
        words=wording.say(f"face.{prompt.value}"),
        line=line,
        scene=f"scene/turn_{turn}" if turn else "scene/look_up",
        tips=()
        if turn
        else (
            models.TopicCard(icon="icon/no_hat", word=wording.say("face.tip_hat")),
            models.TopicCard(icon="icon/arm_length", word=wording.say("face.tip_distance")),
            models.TopicCard(icon="icon/face_frame", word=wording.say("face.tip_eyes")),
        ),
        notice=Notice(mood=Mood.INFO, icon="icon/shield", line=wording.say(promise)),
    )
    again = Button(word=wording.say("face.again"), icon="icon/camera_white", intent=intent.Proceed())
    guidance = wording.say(f"face.{prompt.value}")
    page = parts.page(
        shown.frame,
        wording,
        kind="face",
        heading=wording.say(f"face.{prompt.value}_heading" if is_over else "face.heading"),
        lead=wording.say(f"face.{prompt.value}_lead" if is_over else "face.lead"),
        matter=matter,
        second=ways[0] if ways else None,
        also=ways[1] if len(ways) > 1 else None,
        primary=again if prompt is view.FacePrompt.NOT_MATCHED else None,
        spoken=guidance,
    )
    if prompt is view.FacePrompt.NO_FACE or is_over:
        return page
    # whoever is already before the camera hears what to do, and not once more what the page is for
    return parts.only_spoken(page, guidance)


def scan(shown: view.Scan, wording: Wording) -> models.Page:
    """Papers under the overhead camera, sheet by sheet."""
    state = shown.state
    problem = shown.problem or view.ScanProblem.BLURRED
    is_full = shown.pages >= shown.at_most
    key = {
        view.ScanState.WAITING: "scan.next" if shown.pages else "scan.first",
        view.ScanState.TAKING: "scan.taking",
        view.ScanState.TAKEN: "scan.full" if is_full else "scan.taken",
        view.ScanState.REFUSED: f"scan.{problem.value}",
    }[state]
    is_refused = state is view.ScanState.REFUSED
    matter = models.ScanMatter(
        place=TABLE,
        is_moving=state in (view.ScanState.WAITING, view.ScanState.REFUSED),
        picture={
            view.ScanState.WAITING: "scene/sheet_on_table",
            view.ScanState.TAKING: "scene/sheet_being_taken",
            view.ScanState.TAKEN: "scene/sheet_taken",
            view.ScanState.REFUSED: f"scene/sheet_{problem.value}",
        }[state],
        is_live=state is view.ScanState.TAKING,
        count=wording.say("scan.count" if shown.pages else "scan.none", pages=shown.pages, at_most=shown.at_most),
        notice=Notice(mood=Mood.ATTENTION, icon="icon/attention", line=wording.say("scan.problem_line"))
        if is_refused
        else Notice(mood=Mood.INFO, icon="icon/shield", line=wording.say("scan.promise")),
    )
    second, also, primary = _scan_buttons(shown, wording, is_full=is_full)
    return parts.page(
        shown.frame,
        wording,
        kind="scan",
        heading=wording.say(f"{key}_heading", hint=shown.hint, pages=shown.pages),
        lead=wording.say(f"{key}_lead"),
        matter=matter,
        second=second,
        also=also,
        primary=primary,
        spoken=wording.say(f"scan.spoken_{state.value}"),
    )


def _scan_buttons(shown: view.Scan, wording: Wording, *, is_full: bool) -> tuple[Button | None, Button | None, Button | None]:
    """Second choice, another, and the one that goes on."""
    take = Button(
        word=wording.say("scan.retake" if shown.state is view.ScanState.REFUSED else "scan.take"),
        icon="icon/camera_white",
        intent=intent.Proceed(),
    )
    finish = intent.FinishPages()
    match shown.state:
        case view.ScanState.WAITING | view.ScanState.REFUSED:
            done = Button(word=wording.say("scan.finish"), icon="icon/tick", intent=finish) if shown.pages else None
            return done, None, take
        case view.ScanState.TAKING:
            return None, None, Button(word=wording.say("scan.taking_button"), intent=None)
        case view.ScanState.TAKEN:
            again = Button(word=wording.say("scan.again"), icon="icon/again", intent=intent.Decline())
            more = None if is_full else Button(word=wording.say("scan.more"), icon="icon/sheets", intent=intent.Proceed())
            return again, more, Button(word=wording.say("scan.finish"), icon="icon/tick_white", intent=finish)


def pay(shown: view.Pay, wording: Wording) -> models.Page:
    """Pay by the phone's code: how much, and where the phone goes."""
    state = shown.state
    is_asked = state is view.PayState.SHOW_CODE
    is_refused = state is view.PayState.REFUSED
    stop = Button(word=wording.say("pay.stop"), intent=intent.Decline())
    again = Button(word=wording.say("pay.again"), icon="icon/again_white", intent=intent.Proceed())
    if is_refused:
        notice = Notice(
            mood=Mood.ATTENTION,
            icon="icon/attention",
            title=shown.said or wording.say("pay.refused_title"),
            line=wording.say("pay.refused_line"),
        )
    else:
        notice = Notice(
            mood=Mood.INFO,
            icon="icon/shield",
            title=wording.say("pay.once_title"),
            line=wording.say("pay.left", seconds=parts.seconds_left(shown.remaining_s))
            if is_asked
            else wording.say("pay.once_line"),
        )
    matter = models.PayMatter(
        label=shown.title,
        amount=parts.cost(shown.amount_fen, wording),
        place=models.PlaceMatter(
            place=PLACES[view.IdentifyWay.PHONE_CODE],
            picture="scene/pay_by_phone" if is_asked or is_refused else "scene/phone_read",
            hint=wording.say(f"pay.{state.value}_hint"),
            is_moving=is_asked,
            above=None,
            below=None,
        ),
        notice=notice,
    )
    return parts.page(
        shown.frame,
        wording,
        kind="pay",
        heading=wording.say(f"pay.{state.value}_heading"),
        lead=wording.say(f"pay.{state.value}_lead"),
        matter=matter,
        second=None if state is view.PayState.ASKING else stop,
        primary=again if is_refused else None,
        spoken=wording.say(f"pay.{state.value}_spoken"),
    )
