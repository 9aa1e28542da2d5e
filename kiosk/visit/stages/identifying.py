"""Who is it: the card on a reader or the code on a phone, and 是您本人吗."""

from dataclasses import replace

from drivers.contract.code_scanner import CodeRefusal
from kiosk.gateway.platform import KnownBy
from kiosk.services.service import Service
from kiosk.visit.effect import DropSheets, Effect, ReadCard, StopReading
from kiosk.visit.event import CardRead, CardRefused, Declined, Proceeded, Touch, WayChosen, WentBack, WentHome
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
from kiosk.visit.stages.entrances import Step, ask_to_leave, begin, next_job, stay, turn_to
from kiosk.visit.stages.onward import go_on
from kiosk.visit.ways import HOLDS_CARDS, identify_ways

MAX_FAILURES = 3
"""Readings in a row that may fail before the page stops asking for the same again (F17)."""

_FAILED = {CardPrompt.PRESENT_AGAIN, CardPrompt.NEEDS_PIN, CardPrompt.NOT_ACCEPTED}
"""What the same card or code will hardly ever end by itself; a card of another kind may well be changed for the right one."""


def enter_identify(visit: Visit, service: Service, held: Identified | None, so_far: Submission | None = None) -> Step:
    """Begin the matter: wait for her card, unless she was identified before she went back."""
    visit, began = begin(visit, service)
    if held is not None:
        return turn_to(visit, Confirming(service=service, identified=held, so_far=so_far), *began)
    ways = identify_ways(visit, service)
    if not ways:
        return turn_to(visit, ReaderAway(service=service), *began)
    visit, effects = read_card(visit, Reading(service=service, job=0, way=ways[0]))
    return replace(visit, overlay=None, idle_s=0.0), (*began, *effects)


def read_card(visit: Visit, reading: Reading) -> Step:
    """Wait for a card as a job of its own, on the page as it stands."""
    visit, job = next_job(visit)
    if reading.way in HOLDS_CARDS and reading.way not in visit.readers_used:
        visit = replace(visit, readers_used=(*visit.readers_used, reading.way))
    return replace(visit, stage=replace(reading, job=job)), (ReadCard(job=job, way=reading.way),)


def read_card_again(visit: Visit, away: ReaderAway) -> Step:
    """The reader is back, or is asked once more; patience goes on where it was."""
    return read_card(visit, Reading(service=away.service, job=0, way=away.way))


def leave_reading(visit: Visit) -> tuple[Effect, ...]:
    """What stops the reader when the stage is about to change."""
    return (StopReading(),) if isinstance(visit.stage, Reading) else ()


def touched_identifying(visit: Visit, stage: Reading | ReaderAway, touch: Touch) -> Step:
    """Another way, or the way back; else the card is the answer here."""
    match touch:
        case WayChosen(way=KnownBy() as way) if way is not stage.way and way in identify_ways(visit, stage.service):
            visit, effects = read_card(visit, Reading(service=stage.service, job=0, way=way))
            return replace(visit, overlay=None, idle_s=0.0), effects
        case WentBack():
            return turn_to(visit, Guiding(service=stage.service), *leave_reading(visit))
        case WentHome():
            return ask_to_leave(visit)
        case _:
            return stay(visit)


def touched_confirming(visit: Visit, stage: Confirming, touch: Touch) -> Step:
    """是我, 不是我, or back without losing what was done."""
    match touch:
        case Proceeded():
            return go_on(visit, stage.so_far or Submission(service=stage.service, identified=stage.identified))
        case Declined():
            dropped = (DropSheets(),) if stage.so_far and stage.so_far.sheets else ()
            visit, effects = enter_identify(visit, stage.service, None)
            return visit, (*dropped, *effects)
        case WentBack():
            return turn_to(visit, Guiding(service=stage.service, held=stage.identified, so_far=stage.so_far))
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
    """Say what to do with the card and wait for it again; after too many failures go another way, or offer a way out."""
    prompt = prompt_after(finding)
    failures = stage.failures + (prompt in _FAILED)
    if failures >= MAX_FAILURES:
        return _another_way(visit, stage)
    if prompt is not stage.asked:  # a card left lying is refused for ever: only something new shows that somebody is there
        visit = replace(visit, overlay=None, idle_s=0.0)
    return read_card(visit, replace(stage, prompt=prompt, asked=prompt, failures=failures))


def not_recognised(visit: Visit, stage: Reading) -> Step:
    """The platform could not be asked whose phone it is: nothing has happened."""
    trouble = Troubled(
        kind=TroubleKind.PLATFORM_OFFLINE,
        matter=MatterState.NOT_DONE,
        service=stage.service,
        retry=ReadAgain(service=stage.service),
    )
    return turn_to(visit, trouble)


def prompt_after(finding: CardRefused) -> CardPrompt:
    """What is said of a card or a code that could not be read."""
    return CardPrompt.NOT_ACCEPTED if isinstance(finding.reason, CodeRefusal) else CardPrompt(finding.reason.value)


def _another_way(visit: Visit, stage: Reading) -> Step:
    others = [way for way in identify_ways(visit, stage.service) if way is not stage.way]
    if others:
        visit, effects = read_card(visit, Reading(service=stage.service, job=0, way=others[0]))
        return replace(visit, overlay=None, idle_s=0.0), effects
    trouble = Troubled(
        kind=TroubleKind.CARD_NOT_READ,
        matter=MatterState.NOT_DONE,
        service=stage.service,
        retry=ReadAgain(service=stage.service),
    )
    return turn_to(visit, trouble)
