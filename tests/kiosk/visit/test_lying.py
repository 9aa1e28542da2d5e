"""A card that was left on the machine (F27): seen at the end, and again before the next matter begins."""

import pytest

from kiosk.gateway.platform import KnownBy
from kiosk.visit.effect import LookForCards, Report, StopReading
from kiosk.visit.event import (
    CardsSeen,
    Declined,
    Proceeded,
    Rated,
    ServiceChosen,
    Started,
    TextSizeSet,
    TimePassed,
    WentBack,
    WentHome,
)
from kiosk.visit.machine import advance
from kiosk.visit.model import AtRest, CardLying, Choosing, Farewell, Reading, Visit
from tests.kiosk.visit.world import PROOF, after, confirming, ready, taking

ID, CHIP = KnownBy.ID_CARD, KnownBy.SOCIAL_SECURITY_CARD


def _seen(visit: Visit, *ways: KnownBy) -> CardsSeen:
    assert visit.look is not None
    return CardsSeen(job=visit.look.job, ways=ways)


def _goodbye() -> Visit:
    return after(taking(), Proceeded(), Rated(level=5))


def _left() -> Visit:
    visit = _goodbye()
    return after(visit, _seen(visit, ID))


def test_at_the_end_the_readers_that_were_used_are_looked_at_and_no_others() -> None:
    visit, effects = advance(after(taking(), Proceeded()), Declined())
    assert isinstance(visit.stage, Farewell)
    assert effects[-1] == LookForCards(job=visit.looks, ways=(ID,))


@pytest.mark.parametrize("ending", ["left", "timed out"])
def test_however_the_visit_ends_her_card_is_looked_for(ending: str) -> None:
    visit = confirming()
    visit = after(visit, WentHome(), Declined()) if ending == "left" else after(visit, TimePassed(seconds=600))
    visit = after(visit, _seen(visit, ID))
    assert visit.stage == CardLying(ways=(ID,), is_own=True)


def test_a_card_that_is_still_there_comes_before_the_goodbye_until_it_is_lifted() -> None:
    visit = after(_goodbye(), TextSizeSet(size=3))
    visit = after(visit, _seen(visit, ID))
    assert (visit.stage, visit.settings.text_size) == (CardLying(ways=(ID,), is_own=True), 3)
    visit, effects = advance(visit, TimePassed(seconds=1))
    assert effects == (LookForCards(job=visit.looks, ways=(ID,)),)
    visit = after(visit, _seen(visit, ID))
    assert isinstance(visit.stage, CardLying)
    visit = after(visit, TimePassed(seconds=1))
    assert after(visit, _seen(visit)).stage == Farewell()


def test_a_lifted_card_needs_no_page() -> None:
    visit = _goodbye()
    assert isinstance(after(visit, _seen(visit)).stage, Farewell)


def test_a_card_that_nobody_comes_back_for_is_reported_without_a_word_about_her() -> None:
    visit = _left()
    reports = []
    for _ in range(30):
        visit, effects = advance(visit, TimePassed(seconds=1))
        reports += [effect for effect in effects if isinstance(effect, Report)]
        if visit.look is not None:
            visit = after(visit, _seen(visit, ID))
    assert visit.stage == AtRest()
    assert reports == [Report(name="card.left", facts=(("reader", "id_card"),))]


def test_home_on_the_page_of_ones_own_card_is_home() -> None:
    visit, effects = advance(_left(), WentHome())
    assert (type(visit.stage), [effect.name for effect in effects if isinstance(effect, Report)]) == (AtRest, ["card.left"])


def test_a_card_that_lies_there_before_anybody_touched_begins_nothing() -> None:
    visit, effects = advance(ready(), Started())
    assert effects == (LookForCards(job=1, ways=(ID, CHIP)),)
    assert isinstance(visit.stage, Choosing)
    visit = after(visit, _seen(visit, CHIP))
    assert visit.stage == CardLying(ways=(CHIP,), is_own=False)
    assert advance(visit, Started()) == (visit, ())
    visit = after(visit, TimePassed(seconds=1))
    assert after(visit, _seen(visit)).stage == Choosing()


def test_a_strangers_card_found_late_is_not_read_on() -> None:
    visit = after(ready(), Started(), ServiceChosen(service=PROOF.id), Proceeded())
    assert isinstance(visit.stage, Reading)
    visit, effects = advance(visit, _seen(visit, ID))
    assert (visit.stage, effects) == (CardLying(ways=(ID,), is_own=False), (StopReading(),))


def test_readers_that_cannot_tell_hold_nobody_up() -> None:
    visit = after(ready(), Started())
    assert after(visit, _seen(visit)).stage == Choosing()


def test_an_answer_about_her_own_reading_does_not_push_her_off_her_question() -> None:
    visit = after(ready(), Started())
    late = _seen(visit, ID)
    assert isinstance(after(confirming(), late).stage, type(confirming().stage))


def test_a_page_about_a_strangers_card_goes_home_silently() -> None:
    visit = after(ready(), Started())
    visit = after(visit, _seen(visit, ID))
    assert after(visit, TimePassed(seconds=60)).stage == AtRest()
    assert after(visit, WentBack()).stage == AtRest()


def test_the_next_person_is_not_held_up_by_the_answer_to_the_last_ones_look() -> None:
    visit = _goodbye()
    old = _seen(visit, ID)
    begun = after(visit, WentHome(), Started())
    assert after(begun, old) == begun
