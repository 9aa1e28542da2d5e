"""The parts several pages share: the frame around the matter, the clerk's card, where else, which time it is."""

from dataclasses import replace
from datetime import datetime

from kiosk.display.vocabulary import intent, view
from screens import models
from screens.models import Button, Mood, Notice
from screens.wording import Wording, without_marks

KNOWN_STEPS = frozenset({"guide", "identify", "confirm", "face", "scan", "pay", "submit", "show", "print", "rate"})
LAST_SECONDS = 10
CALM_SECONDS = 5
MOST_LONG_STEPS = 6
"""With more steps each has a word of two signs, so that all have room side by side."""
CLERK_PLACES = {"wipe_camera": "camera", "clear_table": "table"}
"""Where a picture shows something that has no number on the cabinet."""


def page(
    frame: view.Frame,
    wording: Wording,
    *,
    kind: str,
    spoken: str,
    matter: object = None,
    heading: str = "",
    lead: str = "",
    second: Button | None = None,
    primary: Button | None = None,
    also: Button | None = None,
    foot: tuple[Button, ...] | None = None,
    is_urgent: bool = False,
) -> models.Page:
    """Put the frame of a View around the matter of a page."""
    return models.Page(
        kind=kind,
        kiosk_name=wording.say("place.kiosk_name", place=frame.place),
        time=clock(frame.local_time) if wording.is_elder else day_time(frame.local_time, wording),
        help=Button(word=wording.say("place.help"), icon="icon/people", intent=intent.CallHelp()),
        steps=steps(frame, wording),
        heading=heading,
        lead=lead,
        matter=matter,
        second=second,
        primary=primary,
        also=also,
        foot=foot or standard_foot(frame, wording),
        spoken=tuple(without_marks(words) for words in (heading, lead, spoken) if words),
        is_urgent=is_urgent,
    )


def only_spoken(page: models.Page, words: str) -> models.Page:
    """The same page, of which these words alone are said."""
    return replace(page, spoken=(without_marks(words),))


def steps(frame: view.Frame, wording: Wording) -> tuple[models.Step, ...]:
    """Steps done and to come, each with its word."""
    table = "step" if len(frame.steps) <= MOST_LONG_STEPS else "step_short"
    return tuple(
        models.Step(word=wording.say(f"{table}.{dot.step if dot.step in KNOWN_STEPS else 'other'}"), state=dot.state)
        for dot in frame.steps
    )


def standard_foot(frame: view.Frame, wording: Wording) -> tuple[Button, ...]:
    """返回, 回首页, 大字, 语音: always there, grey when they lead nowhere."""
    return (
        Button(word=wording.say("foot.back"), icon="icon/arrow_left", intent=intent.GoBack() if frame.can_go_back else None),
        Button(word=wording.say("foot.home"), icon="icon/home", intent=intent.GoHome() if frame.can_go_home else None),
        *settings_foot(frame, wording),
    )


def settings_foot(frame: view.Frame, wording: Wording) -> tuple[Button, ...]:
    """大字 and 语音, lit when they are not as they were."""
    return (
        Button(word=wording.say("foot.sizes"), icon="icon/text_size", intent=intent.OpenTextSizes(), is_on=frame.text_size > 0),
        Button(word=wording.say("foot.voice"), icon="icon/voice", intent=intent.OpenVoice(), is_on=frame.is_voice_on),
    )


def clock(time: datetime) -> str:
    """10:25."""
    return f"{time.hour}:{time.minute:02}"


def day_time(time: datetime, wording: Wording) -> str:
    """上午 10:25, with the hours as they are said."""
    bounds = ((6, "night"), (12, "morning"), (13, "noon"), (18, "afternoon"), (24, "evening"))
    part = next(name for end, name in bounds if time.hour < end)
    hour = time.hour if time.hour <= 12 else time.hour - 12
    return wording.say(f"time.{part}", time=f"{hour}:{time.minute:02}")


def cost(fen: int, wording: Wording) -> str:
    """免费, or how many yuan."""
    if fen == 0:
        return wording.say("amount.free")
    yuan = f"{fen // 100}" if fen % 100 == 0 else f"{fen / 100:.2f}"
    return wording.say("amount.yuan", yuan=yuan)


def kilometres(distance_km: float, wording: Wording) -> str:
    """2.3 公里."""
    return wording.say("amount.kilometres", km=f"{distance_km:g}")


def reason_and_where(withdrawn: view.Withdrawn, now: datetime, wording: Wording) -> tuple[str, str, str]:
    """Why not, where instead, and when to come again (E8)."""
    elsewhere = withdrawn.elsewhere
    where = wording.say("catalogue.where", name=elsewhere.name, distance=kilometres(elsewhere.distance_km, wording))
    if withdrawn.opens is not None:
        return (
            wording.say("catalogue.not_open"),
            where,
            wording.say("catalogue.opens", when=opening(withdrawn.opens, now, wording)),
        )
    return (
        wording.say("catalogue.cannot_now", reason=withdrawn.reason),
        where,
        wording.say("catalogue.clerk_knows" if withdrawn.clerk_knows else "catalogue.come_later"),
    )


def opening(opens: datetime, now: datetime, wording: Wording) -> str:
    """今天下午 2:00, 明天上午 8:30, or the day of the week, or the date: when to come again, as it is said."""
    days = (opens.date() - now.date()).days
    near = {0: "time.today", 1: "time.tomorrow"}.get(days)
    if near is not None:
        day = wording.say(near)
    elif days < 7:
        day = wording.say(f"time.weekday_{opens.weekday()}")
    else:
        day = wording.say("time.day", month=opens.month, day=opens.day)
    return wording.say("time.moment", day=day, time=day_time(opens, wording))


def instead(found: tuple[view.Instead, ...], wording: Wording) -> str:
    """What does not work and what serves in its place, for the first of them."""
    if not found:
        return ""
    return wording.say("instead.line", reason=found[0].reason, by=wording.say(f"instead.{found[0].by.value}"))


def elsewhere(place: view.Elsewhere, title: str, wording: Wording) -> models.Elsewhere:
    """Where the same can be done now."""
    distance = kilometres(place.distance_km, wording)
    line = wording.say("amount.far_and_open", distance=distance, hours=place.hours) if place.hours else distance
    return models.Elsewhere(title=title, name=place.name, line=line)


def seconds_left(seconds: int) -> int:
    """How many seconds are said: every one of the last ten, before that in fives, so that no page is restless."""
    return max(1, seconds if seconds <= LAST_SECONDS else -(-seconds // CALM_SECONDS) * CALM_SECONDS)


def place_number(lines: tuple[str, ...]) -> str:
    """The first place number named in some lines, or nothing."""
    for line in lines:
        start = line.find("{")
        if start >= 0 and line[start + 2 : start + 3] == "}":
            return line[start + 1]
    return ""


def clerk_card(task: view.ClerkTask, wording: Wording) -> models.ClerkCard:
    """The clerk's task as it stands; buttons only while they would do something."""
    can_answer = task.state in (view.ClerkTaskState.WAITING, view.ClerkTaskState.STILL_WRONG)
    notice = None
    if task.state is not view.ClerkTaskState.WAITING:
        notice = Notice(
            mood={"testing": Mood.INFO, "still_wrong": Mood.ATTENTION, "escalated": Mood.GOOD}[task.state.value],
            icon={"testing": "icon/clock", "still_wrong": "icon/attention", "escalated": "icon/tick"}[task.state.value],
            title=wording.say(f"clerk.{task.state.value}_title"),
            line=wording.say(f"clerk.{task.state.value}_line"),
        )
    part = {"change_receipt_roll": "icon/receipt", "load_a4_paper": "icon/sheets"}.get(task.picture, "icon/wrench")
    hint = Notice(mood=Mood.INFO, icon=part, title=task.hint, line=wording.say("clerk.after")) if task.hint else None
    mended = intent.ClerkMended(device=task.device, code=task.code)
    gave_up = intent.ClerkGaveUp(device=task.device, code=task.code)
    return models.ClerkCard(
        picture=f"scene/{task.picture}",
        place=place_number(task.lines) or CLERK_PLACES.get(task.picture, ""),
        asks=wording.say("clerk.asks"),
        appeal=task.appeal,
        lines="\n".join(task.lines),
        notice=notice,
        hint=hint,
        second=Button(word=wording.say("clerk.gave_up"), intent=gave_up) if can_answer else None,
        primary=Button(word=wording.say("clerk.mended"), icon="icon/tick_white", intent=mended) if can_answer else None,
        opens=intent.OpenClerkTask(),
    )
