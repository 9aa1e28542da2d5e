"""The pages before a matter begins: idle, catalogue, guide; the clerk's page; out of service."""

import re
from datetime import datetime

from kiosk.display.vocabulary import intent, view
from screens import models
from screens.models import Button, Mood, Notice
from screens.presenting import parts
from screens.wording import Wording

MOST_TOPICS = 4


NOTICE_SIGNS = 16
"""Signs of a line of a notice."""
NOTICE_LINES = 4
_CLAUSE = re.compile(r"[^，。；！？,;!?]+[，。；！？,;!?]*|[，。；！？,;!?]+")


def attract(shown: view.Attract, wording: Wording) -> models.Page:
    """The idle page, with the clerk's card when something needs hands."""
    is_partly = shown.standing is view.Standing.PARTLY
    local = shown.frame.local_time
    matter = models.AttractMatter(
        address=shown.address,
        name=wording.say("attract.name"),
        slogan=wording.say("attract.slogan"),
        date=wording.say("time.date", month=local.month, day=local.day, weekday=wording.say(f"time.weekday_{local.weekday()}")),
        clock=parts.clock(local),
        topics_title=wording.say("attract.topics"),
        topics=tuple(models.TopicCard(icon=topic_icon(topic, wording), word=topic) for topic in shown.topics[:MOST_TOPICS]),
        standing=Notice(
            mood=Mood.ATTENTION if is_partly else Mood.GOOD,
            icon="icon/attention" if is_partly else "icon/tick",
            title=wording.say(f"attract.{shown.standing.value}"),
        ),
        reassurance=wording.say("attract.reassurance"),
        start=Button(word=wording.say("attract.start"), icon="icon/touch", intent=intent.Start()),
        start_line=wording.say("attract.start_line"),
        clerk=parts.clerk_card(shown.clerk_task, wording) if shown.clerk_task else None,
        notice=in_lines(shown.notice),
        notice_title=wording.say("attract.notice"),
    )
    foot = (
        Button(word=wording.say("place.help_short"), icon="icon/people", intent=intent.CallHelp()),
        # the page behind it says what happens then and has the button that does it
        Button(word=wording.say("place.repair"), icon="icon/wrench", intent=intent.CallHelp()),
        *parts.settings_foot(shown.frame, wording),
    )
    return parts.page(shown.frame, wording, kind="attract", matter=matter, foot=foot, spoken=wording.say("attract.spoken"))


def in_lines(text: str) -> str:
    """Break what somebody wrote elsewhere into lines that large letters have room for, behind its own commas if it can be."""
    lines: list[str] = []
    for clause in _CLAUSE.findall(text):
        if lines and len(lines[-1]) + len(clause) <= NOTICE_SIGNS:
            lines[-1] += clause
        else:
            lines += [clause[start : start + NOTICE_SIGNS] for start in range(0, len(clause), NOTICE_SIGNS)]
    if len(lines) > NOTICE_LINES:
        lines = [text[start : start + NOTICE_SIGNS] for start in range(0, len(text), NOTICE_SIGNS)]
    return "\n".join(lines)


def topic_icon(topic: str, wording: Wording) -> str:
    """The drawing of a topic; a document for one that has none of its own."""
    key = f"topic_icon.{topic}"
    return f"icon/{wording.say(key) if wording.has(key) else 'certificate'}"


def catalogue(shown: view.Catalogue, wording: Wording) -> models.Page:
    """The services, the withdrawn ones grey with their reason and where to go instead."""
    matter = models.CatalogueMatter(
        tiles=tuple(tile(entry, shown.frame.local_time, wording) for entry in shown.tiles),
        back=Button(
            word=wording.say("catalogue.previous"),
            icon="icon/arrow_left",
            intent=intent.TurnPage(by=-1) if shown.page > 1 else None,
        ),
        on=Button(
            word=wording.say("catalogue.next"),
            icon_after="icon/arrow_right",
            intent=intent.TurnPage(by=1) if shown.page < shown.pages else None,
        ),
        place=wording.say("catalogue.place", page=shown.page, pages=shown.pages) if shown.pages > 1 else "",
    )
    return parts.page(
        shown.frame,
        wording,
        kind="catalogue",
        heading=wording.say("catalogue.heading"),
        lead=wording.say("catalogue.lead"),
        matter=matter,
        spoken=wording.say("catalogue.spoken"),
    )


def tile(entry: view.ServiceTile, now: datetime, wording: Wording) -> models.Tile:
    """One service; a withdrawn one leads nowhere but says why, where else and when."""
    price = parts.cost(entry.cost_fen, wording)
    line = wording.say("amount.minutes_and_cost", minutes=entry.minutes, cost=price)
    icon = f"icon/{entry.icon}"
    if entry.withdrawn is None:
        chosen = intent.ChooseService(service=entry.service)
        return models.Tile(icon=icon, title=entry.title, line=line, intent=chosen, instead=parts.instead(entry.instead, wording))
    reason, where, when = parts.reason_and_where(entry.withdrawn, now, wording)
    return models.Tile(icon=icon, title=entry.title, line=line, intent=None, reason=reason, where=where, when=when)


def guide(shown: view.Guide, wording: Wording) -> models.Page:
    """What it needs and what comes of it, before any effort is spent."""
    withdrawn = None
    if shown.withdrawn is not None:
        why, where, when = parts.reason_and_where(shown.withdrawn, shown.frame.local_time, wording)
        title, why = wording.say("guide.withdrawn"), shown.withdrawn.reason or why
        withdrawn = models.Tile(
            icon="icon/certificate",
            title=title,
            line="",
            intent=None,
            reason=shown.withdrawn.reason or why,
            where=where,
            when=when,
        )
    cell = models.GuideCell
    matter = models.GuideMatter(
        upper=(
            cell(picture=_bring_picture(shown), question=wording.say("guide.bring"), answer=_bring(shown, wording)),
            cell(
                picture="scene/takes_minutes",
                question=wording.say("guide.minutes"),
                answer=wording.say("guide.minutes_answer", minutes=shown.minutes),
            ),
        ),
        lower=(
            cell(
                picture="scene/costs" if shown.cost_fen == 0 else "scene/costs_some",
                question=wording.say("guide.cost"),
                answer=parts.cost(shown.cost_fen, wording),
            ),
            cell(picture="scene/goes_home", question=wording.say("guide.result"), answer=_result(shown, wording)),
        ),
        notice=Notice(
            mood=Mood.GOOD,
            icon="icon/tick",
            title=wording.say("guide.ready_title"),
            line=wording.say("guide.ready_line"),
        )
        if not shown.instead
        else Notice(
            mood=Mood.INFO,
            icon="icon/tick",
            title=wording.say("guide.instead_title"),
            line=parts.instead(shown.instead, wording),
        ),
        withdrawn=withdrawn,
    )
    return parts.page(
        shown.frame,
        wording,
        kind="guide",
        heading=shown.title,
        lead=shown.lead,
        matter=matter,
        primary=Button(
            word=wording.say("guide.start"),
            icon_after="icon/arrow_right_white",
            intent=None if shown.withdrawn else intent.Proceed(),
        ),
        spoken=wording.say("guide.spoken"),
    )


def _bring_picture(shown: view.Guide) -> str:
    by = {other.by for other in shown.instead}
    if view.StandIn.SOCIAL_SECURITY_CARD in by:
        return "scene/bring_social_card"
    return "scene/bring_phone" if view.StandIn.PHONE_CODE in by else "scene/bring_card"


def _bring(shown: view.Guide, wording: Wording) -> str:
    """What to bring, with the card that works now in place of the one that does not."""
    for other in shown.instead:
        if other.by in (view.StandIn.SOCIAL_SECURITY_CARD, view.StandIn.PHONE_CODE):
            return shown.bring.replace(wording.say("guide.usual_card"), wording.say(f"guide.bring_{other.by.value}"))
    return shown.bring


def _result(shown: view.Guide, wording: Wording) -> str:
    """What one goes home with, when it is not the usual."""
    for other in shown.instead:
        key = f"guide.result_{other.by.value}"
        if wording.has(key):
            return wording.say(key)
    return shown.result


def clerk_page(shown: view.ClerkPage, wording: Wording) -> models.Page:
    """The clerk's task on a page of its own."""
    card = parts.clerk_card(shown.task, wording)
    return parts.page(
        shown.frame,
        wording,
        kind="clerk_page",
        heading=wording.say("clerk.heading", appeal=shown.task.appeal),
        lead=wording.say("clerk.lead"),
        matter=card,
        second=card.second,
        primary=card.primary or _after_answer(shown.task.state, wording),
        spoken=wording.say("clerk.spoken"),
    )


def _after_answer(state: view.ClerkTaskState, wording: Wording) -> Button:
    """What stands in place of the two answers once one of them was given."""
    if state is view.ClerkTaskState.TESTING:
        return Button(word=wording.say("clerk.testing_button"), intent=None)
    return Button(word=wording.say("clerk.understood"), icon="icon/tick_white", intent=intent.GoBack())


def out_of_service(shown: view.OutOfService, wording: Wording) -> models.Page:
    """No service can be offered: what holds, where else, whom to call."""
    by_clerk = "clerk_" if shown.clerk_task else ""
    matter = models.OutOfServiceMatter(
        picture="scene/village_repair",
        good=_still_counts(wording),
        elsewhere=parts.elsewhere(shown.elsewhere, wording.say("out_of_service.elsewhere"), wording),
        phone=models.Phone(
            title=wording.say("out_of_service.phone_title", code=shown.code),
            number=shown.help_phone,
            line=wording.say("out_of_service.phone_line", clerk_phone=shown.clerk_phone),
        ),
    )
    call = Button(word=wording.say("out_of_service.call"), icon="icon/people", intent=intent.CallHelp())
    opens = Button(word=wording.say("out_of_service.clerk_opens"), icon="icon/wrench_white", intent=intent.OpenClerkTask())
    return parts.page(
        shown.frame,
        wording,
        kind="out_of_service",
        heading=wording.say(f"out_of_service.{by_clerk}heading"),
        lead=wording.say(f"out_of_service.{by_clerk}lead", reason=shown.reason),
        matter=matter,
        second=None if shown.clerk_task else call,
        primary=opens if shown.clerk_task else None,
        spoken=wording.say("out_of_service.spoken"),
    )


def _still_counts(wording: Wording) -> Notice:
    return Notice(
        mood=Mood.GOOD,
        icon="icon/tick",
        title=wording.say("out_of_service.good_title"),
        line=wording.say("out_of_service.good_line"),
    )


def closed(shown: view.Closed, wording: Wording) -> models.Page:
    """These are not its hours: when to come again, where else, whom to call."""
    when = parts.opening(shown.opens, shown.frame.local_time, wording)
    notice = in_lines(shown.notice)
    matter = models.OutOfServiceMatter(
        picture="scene/village",
        good=Notice(mood=Mood.INFO, icon="icon/voice", title=wording.say("attract.notice"), line=notice)
        if notice
        else _still_counts(wording),
        elsewhere=parts.elsewhere(shown.elsewhere, wording.say("out_of_service.elsewhere"), wording),
        phone=models.Phone(
            title=wording.say("closed.phone_title"),
            number=shown.help_phone,
            line=wording.say("out_of_service.phone_line", clerk_phone=shown.clerk_phone),
        ),
    )
    return parts.page(
        shown.frame,
        wording,
        kind="closed",
        heading=wording.say("closed.heading"),
        lead=wording.say("closed.lead", when=when),
        matter=matter,
        second=Button(word=wording.say("out_of_service.call"), icon="icon/people", intent=intent.CallHelp()),
        spoken=wording.say("closed.spoken", when=when),
    )
