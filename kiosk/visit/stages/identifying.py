"""Who is it: the card on the reader, and 是您本人吗."""

from dataclasses import replace
from typing import assert_never

from drivers.contract.id_card_reader import CardRefusal
from kiosk.visit.event import CardRead, CardRefused, Declined, Proceeded, Touch, WentBack, WentHome
from kiosk.visit.model import (
    CardPrompt,
    Confirming,
    Guiding,
    Identified,
    MatterState,
    ReadAgain,
    ReaderAway,
    Reading,
    StillThereAsked,
    Submission,
    Troubled,
    TroubleKind,
    Visit,
)
from kiosk.visit.stages.entrances import (
    Step,
    ask_to_leave,
    enter_identify,
    enter_submit,
    leave_reading,
    read_card,
    stay,
    turn_to,
)

MAX_FAILURES = 3
"""Readings in a row that may fail before the page stops asking for the same again (F17)."""


def touched_identifying(visit: Visit, stage: Reading | ReaderAway, touch: Touch) -> Step:
    """Only the way back: the card is the answer here."""
    match touch:
        case WentBack():
            return turn_to(visit, Guiding(service=stage.service), *leave_reading(visit))
        case WentHome():
            return ask_to_leave(visit)
        case _:
            return stay(visit)


def touched_confirming(visit: Visit, stage: Confirming, touch: Touch) -> Step:
    """是我, 不是我, or back without losing the card that was read."""
    match touch:
        case Proceeded():
            return enter_submit(visit, Submission(service=stage.service, identified=stage.identified))
        case Declined():
            return enter_identify(visit, stage.service, None)
        case WentBack():
            return turn_to(visit, Guiding(service=stage.service, held=stage.identified))
        case WentHome():
            return ask_to_leave(visit)
        case _:
            return stay(visit)


def card_found(visit: Visit, stage: Reading) -> Step:
    """Say that it is being read. Patience stands still meanwhile; what had passed of it counts when it has to go on."""
    overlay = None if isinstance(visit.overlay, StillThereAsked) else visit.overlay
    return replace(visit, stage=replace(stage, prompt=CardPrompt.READING), overlay=overlay), ()


def card_read(visit: Visit, stage: Reading, finding: CardRead) -> Step:
    """Go on to 是您本人吗, unless a clock that can be trusted says that the card has expired."""
    person = finding.person
    if finding.today is not None and person.valid_to is not None and person.valid_to < finding.today:
        trouble = Troubled(
            kind=TroubleKind.CARD_EXPIRED,
            matter=MatterState.NOT_DONE,
            service=stage.service,
            retry=ReadAgain(service=stage.service),
        )
        return turn_to(visit, trouble)
    identified = Identified(person=person, seed=finding.seed)
    return turn_to(visit, Confirming(service=stage.service, identified=identified))


def card_refused(visit: Visit, stage: Reading, finding: CardRefused) -> Step:
    """Say what to do with the card and wait for it again; after too many failures offer a way out."""
    failures = stage.failures
    match finding.reason:
        case CardRefusal.PRESENT_AGAIN:
            prompt = CardPrompt.PRESENT_AGAIN
            failures += 1
        case CardRefusal.WRONG_CARD:
            prompt = CardPrompt.WRONG_CARD
        case CardRefusal.NOT_AUTHENTIC:
            prompt = CardPrompt.NOT_AUTHENTIC
        case _:
            assert_never(finding.reason)
    if failures >= MAX_FAILURES:
        trouble = Troubled(
            kind=TroubleKind.CARD_NOT_READ,
            matter=MatterState.NOT_DONE,
            service=stage.service,
            retry=ReadAgain(service=stage.service),
        )
        return turn_to(visit, trouble)
    if prompt is not stage.asked:  # a card left lying is refused for ever: only something new shows that somebody is there
        visit = replace(visit, overlay=None, idle_s=0.0)
    return read_card(visit, replace(stage, prompt=prompt, asked=prompt, failures=failures))
