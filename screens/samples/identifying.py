"""Samples of the pages of saying who one is."""

from kiosk.display.vocabulary import view
from screens.samples.parts import CLERK_PHONE, PHONE, frame

Way = view.IdentifyWay
SHORT = {Way.ID_CARD: "", Way.SOCIAL_SECURITY_CARD: "-social", Way.PHONE_CODE: "-phone"}


def views(text_size: int) -> dict[str, view.View]:
    """By the name of the picture."""
    found: dict[str, view.View] = {}
    now = frame(text_size=text_size, at_step=1)
    for way in Way:
        for prompt in view.CardPrompt:
            state = "" if prompt is view.CardPrompt.PUT_CARD else f"-{prompt.value.replace('_', '-')}"
            found[f"put-card{SHORT[way]}{state}"] = view.PutCard(frame=now, prompt=prompt, help_phone=PHONE, way=way)
        others = tuple(other for other in Way if other is not way)
        for name, prompt, ways, why in (
            ("two-ways", view.CardPrompt.PUT_CARD, others, ""),
            ("one-way", view.CardPrompt.PRESENT_AGAIN, others[:1], ""),
            ("instead", view.CardPrompt.PUT_CARD, others[1:], "读身份证的机器坏了"),
        ):
            found[f"put-card{SHORT[way]}-{name}"] = view.PutCard(
                frame=now, prompt=prompt, help_phone=PHONE, way=way, other_ways=ways, instead_of=why
            )
        for is_own in (True, False):
            found[f"take-card-first{SHORT[way]}-{'own' if is_own else 'left'}"] = view.TakeCardFirst(
                frame=frame(text_size=text_size), way=way, is_own=is_own, clerk_phone=CLERK_PHONE
            )
        found[f"confirm{SHORT[way]}"] = view.Confirm(
            frame=frame(text_size=text_size, at_step=2), name="示*例", number="4408**********1234", area="坡头区南三镇", way=way
        )
    return found
