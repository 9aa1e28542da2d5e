"""The pages beside the matter: still there, leaving, trouble, help, text sizes, voice, and waiting for the core."""

from kiosk.display.vocabulary import intent, view
from screens import models, theme
from screens.models import Button, Mood, Notice
from screens.presenting import parts
from screens.wording import Wording

LOUDEST = 3


def still_there(shown: view.StillThere, wording: Wording) -> models.Page:
    """Nobody touched anything for a while."""
    matter = models.CountdownMatter(
        question=wording.say("still_there.question"),
        line=wording.say("still_there.line"),
        number=str(shown.remaining_s),
        unit=wording.say("still_there.unit"),
        part=max(0.0, min(1.0, shown.remaining_s / max(1, shown.total_s))),
        notices=_before_leaving("still_there", wording),
    )
    return parts.page(
        shown.frame,
        wording,
        kind="still_there",
        matter=matter,
        second=Button(word=wording.say("still_there.stop"), intent=intent.Decline()),
        primary=Button(word=wording.say("still_there.go_on"), icon_after="icon/arrow_right_white", intent=intent.Proceed()),
        spoken=wording.say("still_there.spoken"),
    )


def leave_question(shown: view.LeaveQuestion, wording: Wording) -> models.Page:
    """回首页 asks once."""
    matter = models.QuestionMatter(
        question=wording.say("leave.question"),
        line=wording.say("leave.line"),
        picture="scene/leave",
        notices=_before_leaving("leave", wording),
    )
    return parts.page(
        shown.frame,
        wording,
        kind="leave_question",
        matter=matter,
        second=Button(word=wording.say("leave.home"), icon="icon/home", intent=intent.Decline()),
        primary=Button(word=wording.say("leave.go_on"), icon_after="icon/arrow_right_white", intent=intent.Proceed()),
        spoken=wording.say("leave.spoken"),
    )


def _before_leaving(page: str, wording: Wording) -> tuple[Notice, ...]:
    return (
        Notice(
            mood=Mood.INFO, icon="icon/shield", title=wording.say(f"{page}.wipe_title"), line=wording.say(f"{page}.wipe_line")
        ),
        Notice(mood=Mood.ATTENTION, icon="icon/id_card_attention", title=wording.say(f"{page}.card_title")),
    )


def trouble(shown: view.Trouble, wording: Wording) -> models.Page:
    """E9: what happened; did it go through; what to do now; whom to call."""
    happened, matter_state = shown.happened.value, shown.matter.value
    is_done = shown.matter is view.MatterState.DONE
    advice_key = f"trouble.{happened}_advice"
    if shown.happened is view.TroubleKind.RESTARTED and shown.matter is not view.MatterState.NOT_DONE:
        advice_key = f"trouble.restarted_{matter_state}_advice"
    title = wording.say("trouble.phone_title", code=shown.code) if shown.code else wording.say("trouble.phone_title_no_code")
    matter = models.TroubleMatter(
        verdict=models.Verdict(
            mood=Mood.GOOD if is_done else Mood.ATTENTION,
            icon="icon/tick" if is_done else "icon/attention",
            title=wording.say(f"trouble.{matter_state}_title"),
            line=wording.say(f"trouble.{matter_state}_line"),
            small=wording.say("trouble.said", said=shown.said) if shown.said else "",
        ),
        advice=Notice(mood=Mood.INFO, icon="icon/clock", title=wording.say(advice_key)),
        elsewhere=parts.elsewhere(shown.elsewhere, wording.say("trouble.elsewhere"), wording) if shown.elsewhere else None,
        phone=models.Phone(title=title, number=shown.help_phone, line=wording.say("trouble.phone_line")),
    )
    if shown.can_try_again:
        second = Button(word=wording.say("trouble.stop"), intent=intent.Decline())
        primary = Button(word=wording.say("trouble.try_again"), intent=intent.Proceed())
    else:
        second, primary = None, Button(word=wording.say("trouble.understood"), icon="icon/home_white", intent=intent.Decline())
    return parts.page(
        shown.frame,
        wording,
        kind="trouble",
        heading=wording.say(f"trouble.{happened}_heading"),
        lead=wording.say(f"trouble.{happened}_lead"),
        matter=matter,
        second=second,
        primary=primary,
        spoken=wording.say(f"trouble.{matter_state}_title") + "。" + wording.say("trouble.spoken"),
    )


def help_page(shown: view.Help, wording: Wording) -> models.Page:
    """Whom to call, and 报修."""
    is_sent = shown.repair_reported
    matter = models.HelpMatter(
        clerk=models.Phone(title=wording.say("help.clerk_title"), number=shown.clerk_phone, line=wording.say("help.clerk_line")),
        office=models.Phone(
            title=wording.say("help.office_title"), number=shown.help_phone, line=wording.say("help.office_line")
        ),
        notice=Notice(
            mood=Mood.GOOD if is_sent else Mood.INFO,
            icon="icon/tick" if is_sent else "icon/wrench",
            title=wording.say("help.reported_title" if is_sent else "help.repair_title"),
            line=wording.say("help.reported_line" if is_sent else "help.repair_line"),
        ),
    )
    return parts.page(
        shown.frame,
        wording,
        kind="help",
        heading=wording.say("help.heading"),
        lead=wording.say("help.lead"),
        matter=matter,
        second=Button(
            word=wording.say("help.repair_done" if is_sent else "help.repair"),
            icon="icon/wrench",
            intent=None if is_sent else intent.ReportRepair(),
        ),
        primary=Button(word=wording.say("help.go_on"), icon_after="icon/arrow_right_white", intent=intent.GoBack()),
        spoken=wording.say("help.spoken"),
    )


def text_sizes(shown: view.TextSizes, wording: Wording) -> models.Page:
    """The four sizes, each shown in itself."""
    sizes = ((0, intent.SetTextSize(size=0)), (1, intent.SetTextSize(size=1)), (2, intent.SetTextSize(size=2)))
    matter = models.SizesMatter(
        sizes=tuple(
            models.SizeChoice(
                word=wording.say(f"sizes.size_{size}"),
                sample=wording.say("sizes.sample"),
                em=theme.TILE * theme.TEXT_SCALES[size],
                is_on=shown.frame.text_size == size,
                intent=chosen,
            )
            for size, chosen in (*sizes, (3, intent.SetTextSize(size=3)))
        )
    )
    return parts.page(
        shown.frame,
        wording,
        kind="text_sizes",
        heading=wording.say("sizes.heading"),
        lead=wording.say("sizes.lead"),
        matter=matter,
        primary=Button(word=wording.say("sizes.done"), icon="icon/tick_white", intent=intent.GoBack()),
        spoken=wording.say("sizes.spoken"),
    )


def voice(shown: view.Voice, wording: Wording, *, has_voice: bool) -> models.Page:
    """Again, louder, softer, on or off."""
    is_on = shown.frame.is_voice_on
    can = has_voice and is_on
    volume = max(0, min(LOUDEST, shown.volume))
    choice = models.VoiceChoice
    matter = models.VoiceMatter(
        choices=(
            choice(
                icon="icon/voice",
                word=wording.say("voice.off" if is_on else "voice.on"),
                line=wording.say("voice.off_line" if is_on else "voice.on_line"),
                intent=_set_voice(is_on=not is_on, volume=volume) if has_voice or is_on else None,
                is_on=is_on,
            ),
            choice(
                icon="icon/again",
                word=wording.say("voice.again"),
                line=wording.say("voice.again_line"),
                intent=models.SayAgain() if can else None,
            ),
            choice(
                icon="icon/louder",
                word=wording.say("voice.louder"),
                line=wording.say(f"voice.loudness_{volume}"),
                intent=_set_voice(is_on=is_on, volume=volume + 1) if can and volume < LOUDEST else None,
            ),
            choice(
                icon="icon/softer",
                word=wording.say("voice.softer"),
                line=wording.say(f"voice.loudness_{volume}"),
                intent=_set_voice(is_on=is_on, volume=volume - 1) if can and volume > 0 else None,
            ),
        ),
        notice=Notice(mood=Mood.INFO, icon="icon/shield", line=wording.say("voice.notice_line"))
        if has_voice
        else Notice(mood=Mood.ATTENTION, icon="icon/attention", line=wording.say("voice.missing")),
    )
    return parts.page(
        shown.frame,
        wording,
        kind="voice",
        heading=wording.say("voice.heading"),
        lead=wording.say("voice.lead"),
        matter=matter,
        primary=Button(word=wording.say("voice.done"), icon="icon/tick_white", intent=intent.GoBack()),
        spoken=wording.say("voice.spoken"),
    )


def _set_voice(*, is_on: bool, volume: int) -> intent.SetVoice:
    match volume:
        case 0:
            return intent.SetVoice(is_on=is_on, volume=0)
        case 1:
            return intent.SetVoice(is_on=is_on, volume=1)
        case 2:
            return intent.SetVoice(is_on=is_on, volume=2)
        case _:
            return intent.SetVoice(is_on=is_on, volume=3)


def waiting_for_core(wording: Wording) -> models.Page:
    """The core is away: nothing can be asked of it, so nothing is offered."""
    return models.Page(
        kind="wait",
        kiosk_name="",
        time="",
        help=Button(word="", intent=None),
        steps=(),
        heading="",
        lead="",
        matter=models.WaitMatter(title=wording.say("wait.title"), line=wording.say("wait.line")),
        second=None,
        primary=None,
        foot=(),
        spoken=(wording.say("wait.spoken"),),
    )
