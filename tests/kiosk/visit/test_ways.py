"""Three ways to say who one is: whatever works now is offered, and what fails leads to another."""

from datetime import date

import pytest

from drivers.contract.code_scanner import CodeRefusal
from drivers.contract.id_card_reader import CardRefusal
from drivers.contract.smartcard_reader import SocialSecurityRefusal
from kiosk.gateway.platform import FaceSeen, KnownBy
from kiosk.services.service import Capability
from kiosk.visit.effect import ReadCard, Submit
from kiosk.visit.event import (
    CardRefused,
    NobodyRecognised,
    Proceeded,
    ReaderLost,
    ServiceChosen,
    Started,
    TimePassed,
    WayChosen,
    WentBack,
)
from kiosk.visit.machine import advance
from kiosk.visit.model import (
    CardPrompt,
    Confirming,
    Guiding,
    ReadAgain,
    ReaderAway,
    Reading,
    Submitting,
    Troubled,
    TroubleKind,
    Visit,
)
from kiosk.visit.ways import identify_ways
from tests.kiosk.visit.world import ALL, FULL_PROOF, a_person, after, can, cannot, card_event, effects_of, everything

ID, CHIP, PHONE = KnownBy.ID_CARD, KnownBy.SOCIAL_SECURITY_CARD, KnownBy.PHONE_CODE
NO_ID, NO_CHIP, NO_PHONE = (
    Capability.READ_ID_CARD,
    Capability.READ_SOCIAL_SECURITY_CARD,
    Capability.READ_PHONE_CODE,
)


def _asked(*missing: Capability) -> Visit:
    return after(everything(), cannot(*missing), Started(), ServiceChosen(service=FULL_PROOF.id), Proceeded())


def _reading(visit: Visit) -> Reading:
    assert isinstance(visit.stage, Reading)
    return visit.stage


@pytest.mark.parametrize(
    ("missing", "way", "others"),
    [
        ((), ID, (CHIP, PHONE)),
        ((NO_ID,), CHIP, (PHONE,)),
        ((NO_ID, NO_CHIP), PHONE, ()),
        ((NO_CHIP,), ID, (PHONE,)),
    ],
)
def test_the_usual_way_comes_first_and_every_other_that_works_now_is_a_button(
    missing: tuple[Capability, ...], way: KnownBy, others: tuple[KnownBy, ...]
) -> None:
    visit = _asked(*missing)
    assert _reading(visit).way is way
    assert tuple(each for each in identify_ways(visit, FULL_PROOF) if each is not way) == others


def test_another_way_is_chosen_with_one_touch_and_its_reader_waits() -> None:
    visit, effects = advance(_asked(), WayChosen(way=PHONE))
    assert (_reading(visit).way, effects) == (PHONE, (ReadCard(job=2, way=PHONE),))


def test_a_way_that_does_not_work_now_is_no_way() -> None:
    visit = _asked(NO_PHONE)
    assert advance(visit, WayChosen(way=PHONE)) == (visit, ())


def test_a_reader_that_goes_away_keeps_its_page_and_offers_the_other_ways_there() -> None:
    visit = after(_asked(), cannot(NO_ID))
    assert visit.stage == ReaderAway(service=FULL_PROOF, way=ID)
    assert identify_ways(visit, FULL_PROOF) == (CHIP, PHONE)
    assert _reading(after(visit, WayChosen(way=CHIP))).way is CHIP


def test_a_reader_that_comes_back_goes_on_with_the_way_that_was_chosen() -> None:
    visit = after(_asked(), WayChosen(way=PHONE), cannot(NO_PHONE))
    assert visit.stage == ReaderAway(service=FULL_PROOF, way=PHONE)
    assert _reading(after(visit, cannot())).way is PHONE
    lost = after(_asked(), ReaderLost(job=1))
    assert _reading(after(lost, TimePassed(seconds=1))).way is ID


@pytest.mark.parametrize(
    ("reason", "prompt"),
    [
        (SocialSecurityRefusal.BANK_CARD, CardPrompt.BANK_CARD),
        (SocialSecurityRefusal.NEEDS_PIN, CardPrompt.NEEDS_PIN),
        (SocialSecurityRefusal.WRONG_CARD, CardPrompt.WRONG_CARD),
        (CodeRefusal.NOT_ACCEPTABLE, CardPrompt.NOT_ACCEPTED),
        (CardRefusal.NOT_AUTHENTIC, CardPrompt.NOT_AUTHENTIC),
    ],
)
def test_every_refusal_has_its_words_and_the_reader_waits_on(
    reason: CardRefusal | SocialSecurityRefusal | CodeRefusal, prompt: CardPrompt
) -> None:
    visit, effects = advance(_asked(), CardRefused(job=1, reason=reason))
    assert (_reading(visit).prompt, _reading(visit).way) == (prompt, ID)
    assert effects == (ReadCard(job=2, way=ID),)


@pytest.mark.parametrize("reason", [SocialSecurityRefusal.NEEDS_PIN, SocialSecurityRefusal.PRESENT_AGAIN])
def test_the_third_failure_goes_another_way_by_itself(reason: SocialSecurityRefusal) -> None:
    visit = after(_asked(), WayChosen(way=CHIP))
    for _ in range(3):
        visit = after(visit, CardRefused(job=visit.jobs, reason=reason))
    stage = _reading(visit)
    assert (stage.way, stage.prompt, stage.failures) == (ID, CardPrompt.PUT_CARD, 0)


def test_the_third_failure_of_the_only_way_offers_a_way_out() -> None:
    visit = _asked(NO_ID, NO_CHIP)
    for _ in range(3):
        visit = after(visit, CardRefused(job=visit.jobs, reason=CodeRefusal.NOT_ACCEPTABLE))
    assert isinstance(visit.stage, Troubled)
    assert visit.stage.kind is TroubleKind.CARD_NOT_READ


def test_a_bank_card_is_no_failure_of_the_reader_however_often_it_is_put_in() -> None:
    visit = after(_asked(), WayChosen(way=CHIP))
    for _ in range(10):
        visit = after(visit, CardRefused(job=visit.jobs, reason=SocialSecurityRefusal.BANK_CARD))
    assert _reading(visit).way is CHIP


def test_a_platform_that_cannot_be_asked_whose_phone_it_is_is_said_and_nothing_has_happened() -> None:
    visit = after(_asked(NO_ID, NO_CHIP), NobodyRecognised(job=1))
    assert visit.stage == Troubled(
        kind=TroubleKind.PLATFORM_OFFLINE,
        matter=visit.stage.matter if isinstance(visit.stage, Troubled) else None,  # type: ignore[arg-type]  # asserted next
        service=FULL_PROOF,
        retry=ReadAgain(service=FULL_PROOF),
    )
    assert isinstance(after(visit, Proceeded()).stage, Reading)
    assert isinstance(after(visit, WentBack()).stage, Guiding)


@pytest.mark.parametrize("way", [CHIP, PHONE])
def test_an_application_says_by_what_she_was_known(way: KnownBy) -> None:
    visit = after(_asked(), WayChosen(way=way))
    visit = after(visit, card_event(visit, person=a_person(known_by=way)))
    (handed_in,) = effects_of(visit, Proceeded())
    assert isinstance(handed_in, Submit)
    assert (handed_in.application.person.known_by, handed_in.application.face) == (way, FaceSeen.NOT_ASKED)


def test_an_expired_social_security_card_is_expired_too_and_only_when_the_clock_is_trusted() -> None:
    old = a_person(known_by=CHIP, valid_to=date(2026, 11, 21))
    visit = after(_asked(), WayChosen(way=CHIP))
    assert isinstance(after(visit, card_event(visit, person=old)).stage, Troubled)
    assert isinstance(after(visit, card_event(visit, person=old, today=None)).stage, Confirming)


def test_nothing_is_handed_in_any_more_once_the_disk_takes_no_records() -> None:
    visit = _asked()
    visit = after(visit, card_event(visit))
    full = after(visit, cannot(Capability.KEEP_RECORDS))
    stage = after(full, Proceeded()).stage
    assert isinstance(stage, Troubled)
    assert (stage.kind, effects_of(full, Proceeded())) == (TroubleKind.SERVICE_WITHDRAWN, ())
    healed = after(full, Proceeded(), can(*ALL), Proceeded())
    assert isinstance(healed.stage, Submitting)
