"""The pages of saying who one is: the card or the phone, is it you, and the card of the person before."""

from kiosk.display.vocabulary import intent, view
from screens import models
from screens.models import Button, Mood, Notice
from screens.presenting import parts
from screens.wording import Wording

PLACES = {
    view.IdentifyWay.ID_CARD: "1",
    view.IdentifyWay.SOCIAL_SECURITY_CARD: "2",
    view.IdentifyWay.PHONE_CODE: "3",
}
ASKING = {
    view.IdentifyWay.ID_CARD: "scene/card_on_place",
    view.IdentifyWay.SOCIAL_SECURITY_CARD: "scene/social_card_into_slot",
    view.IdentifyWay.PHONE_CODE: "scene/phone_before_scanner",
}
LYING = {
    view.IdentifyWay.ID_CARD: "scene/card_lying",
    view.IdentifyWay.SOCIAL_SECURITY_CARD: "scene/social_card_in_slot",
    view.IdentifyWay.PHONE_CODE: "scene/phone_read",
}
LEAVING = {
    view.IdentifyWay.ID_CARD: "scene/card_forgotten",
    view.IdentifyWay.SOCIAL_SECURITY_CARD: "scene/social_card_forgotten",
    view.IdentifyWay.PHONE_CODE: "scene/phone_read",
}
WAY_ICONS = {
    "id_card": "icon/id_card",
    "social_security_card": "icon/social_card",
    "phone_code": "icon/phone_code",
    "without_face": "icon/id_card",
}
RARE = {
    view.IdentifyWay.ID_CARD: view.CardPrompt.WRONG_CARD,
    view.IdentifyWay.SOCIAL_SECURITY_CARD: view.CardPrompt.WRONG_CARD,
    view.IdentifyWay.PHONE_CODE: view.CardPrompt.NOT_ACCEPTED,
}
"""What is said for a prompt that has no words for this way of saying who one is."""


def put_card(shown: view.PutCard, wording: Wording) -> models.Page:
    """Lay or put the card, or hold the phone, where it belongs; or what is wrong with what is there."""
    way = shown.way
    prompt = shown.prompt if wording.has(f"{way.value}.{shown.prompt.value}_heading") else RARE[way]
    key = f"{way.value}.{prompt.value}"
    is_asked = prompt not in (view.CardPrompt.READING, view.CardPrompt.READER_AWAY)
    matter = models.PlaceMatter(
        place=PLACES[way],
        picture=(ASKING if is_asked else LYING)[way],
        hint=wording.say(f"{key}_hint"),
        is_moving=is_asked,
        above=None,
        below=_without_it(shown, wording),
    )
    second, also = _ways(shown, wording)
    return parts.page(
        shown.frame,
        wording,
        kind="put_card",
        heading=wording.say(f"{key}_heading"),
        lead=wording.say(f"{key}_lead"),
        matter=matter,
        second=second,
        also=also,
        spoken=wording.say(f"{key}_spoken"),
    )


def _without_it(shown: view.PutCard, wording: Wording) -> Notice:
    """For whoever has not got it with her: why it is another than usual, what else there is, or whom to call."""
    if shown.instead_of:
        line = wording.say(f"put_card.instead_{shown.way.value}")
        return Notice(mood=Mood.ATTENTION, icon="icon/attention", title=shown.instead_of, line=line)
    line = wording.say("put_card.other_way") if shown.other_ways else wording.say("put_card.no_card_line", phone=shown.help_phone)
    return Notice(mood=Mood.INFO, icon="icon/people", title=wording.say(f"{shown.way.value}.missing_title"), line=line)


def _ways(shown: view.PutCard, wording: Wording) -> tuple[Button | None, Button | None]:
    """The other ways as buttons; help where there is none."""
    buttons = [way_button(intent.Way(way.value), wording) for way in shown.other_ways[:2]]
    if not buttons:
        buttons = [Button(word=wording.say("put_card.no_card"), icon="icon/people", intent=intent.CallHelp())]
    return buttons[0], buttons[1] if len(buttons) > 1 else None


def way_button(way: intent.Way, wording: Wording) -> Button:
    """Another way, to be pressed."""
    return Button(word=wording.say(f"way.{way.value}"), icon=WAY_ICONS[way.value], intent=intent.ChooseWay(way=way))


def take_card_first(shown: view.TakeCardFirst, wording: Wording) -> models.Page:
    """A card is still on the machine: nothing begins before it is gone."""
    way = shown.way.value
    whose = "own" if shown.is_own else "left"
    matter = models.PlaceMatter(
        place=PLACES[shown.way],
        picture=LEAVING[shown.way],
        hint=wording.say(f"take_card_first.{way}_hint"),
        is_moving=True,
        above=None,
        below=Notice(
            mood=Mood.INFO,
            icon="icon/shield" if shown.is_own else "icon/people",
            title=wording.say(f"take_card_first.{whose}_title"),
            line=wording.say(f"take_card_first.{whose}_line", phone=shown.clerk_phone),
        ),
    )
    return parts.page(
        shown.frame,
        wording,
        kind="take_card_first",
        heading=wording.say(f"take_card_first.{way}_{whose}_heading"),
        lead=wording.say(f"take_card_first.{whose}_lead"),
        matter=matter,
        second=Button(word=wording.say("take_card_first.help"), icon="icon/people", intent=intent.CallHelp()),
        spoken=wording.say(f"take_card_first.{way}_spoken"),
        is_urgent=shown.is_own,
    )


def confirm(shown: view.Confirm, wording: Wording) -> models.Page:
    """Is it you?"""
    way = shown.way.value
    matter = models.ConfirmMatter(
        facts=(
            models.Fact(label=wording.say("confirm.name"), value=shown.name),
            models.Fact(label=wording.say("confirm.number"), value=shown.number),
            models.Fact(label=wording.say("confirm.area"), value=shown.area, is_last=True),
        ),
        portrait_line=wording.say("confirm.portrait"),
        good=Notice(
            mood=Mood.GOOD,
            icon="icon/tick",
            title=wording.say(f"confirm.{way}_good_title"),
            line=wording.say(f"confirm.{way}_good_line"),
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
        spoken=wording.say("confirm.spoken") + wording.say(f"confirm.{way}_good_title"),
    )
