"""The pages of a matter while the machine works and when it is done: working, the result, rating, goodbye."""

from kiosk.display.vocabulary import intent, view
from screens import models
from screens.models import Button, Mood, Notice
from screens.presenting import parts
from screens.wording import Wording

PICTURES = {
    view.Doing.SUBMITTING: "scene/asking_office",
    view.Doing.ASKING_PLATFORM: "scene/asking_office",
    view.Doing.PREPARING_PRINT: "scene/goes_home",
    view.Doing.SENDING_PAPERS: "scene/papers_travel",
}
MOST_PART = 0.98
"""A bar never looks finished while the machine still works."""


def working(shown: view.Working, wording: Wording) -> models.Page:
    """The machine works: what it does, how long it usually takes."""
    doing = shown.doing.value
    left = shown.usual_s - shown.elapsed_s
    matter = models.WorkingMatter(
        picture=PICTURES[shown.doing],
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
