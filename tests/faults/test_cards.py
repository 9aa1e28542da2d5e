"""Cards: lifted, damaged, strange, expired, left behind, and readers that go away."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import psutil
import pytest
from typing_extensions import override

from drivers.rig.equipment import Choice
from kiosk.clock import SystemClock
from kiosk.display.vocabulary.intent import ChooseService, ChooseWay, Decline, GiveRating, GoBack, GoHome, Proceed, Start, Way
from kiosk.display.vocabulary.view import (
    CardPrompt,
    Catalogue,
    Confirm,
    Guide,
    IdentifyWay,
    Pay,
    PayState,
    PutCard,
    TakeCardFirst,
    Trouble,
    TroubleKind,
    View,
)
from tests.faults.row import Row
from tests.faults.traces import assert_nothing_personal
from tests.whole.kiosk import A_PERSON_TAKES_S, WholeKiosk, whole_kiosk

pytestmark = [pytest.mark.usefixtures("clean_log"), pytest.mark.timeout(120)]

READER = "id-card-reader"
ANSWER_BYTES = 1295
"""A card's answer on the line, from the preamble to the check byte."""
SEEN_S, PAGE_S, READY_S = 2.0, 1.0, 3.0
"""R4: until the fleet knows, until the page says so after that, until it is ready after the cable is back."""
FLAT_MB = 24
"""What the process may grow by while something floods it; pages of the far ends, which live in it, count too."""


def asks(prompt: CardPrompt, way: IdentifyWay = IdentifyWay.ID_CARD) -> Callable[[View], bool]:
    return lambda view: isinstance(view, PutCard) and (view.prompt, view.way) == (prompt, way)


asks_again = asks(CardPrompt.PRESENT_AGAIN)


def resident_mb() -> float:
    return float(psutil.Process().memory_info().rss) / 2**20


async def put_card_anew(kiosk: WholeKiosk) -> None:
    """Back to the guide and on again: her patience, and the count of what failed, begin anew."""
    kiosk.touch(GoBack())
    await kiosk.page("guide")
    kiosk.touch(Proceed())
    await kiosk.page("put_card")


async def not_me(kiosk: WholeKiosk) -> None:
    """不是我, and the card is lifted."""
    kiosk.take(READER)
    kiosk.touch(Decline())
    await kiosk.page("put_card")


def faults_of(kiosk: WholeKiosk, device: str) -> list[str]:
    return [heard.code for heard in kiosk.ear.heard if heard.kind == "fault" and heard.device == device]


@pytest.mark.fault("F16")
async def test_a_card_lifted_in_the_middle_is_asked_for_again_and_nobody_is_half_a_person(kiosk: WholeKiosk, row: Row) -> None:
    places = (1, *sorted(Random(16).sample(range(2, ANSWER_BYTES - 1), 8)), ANSWER_BYTES - 1)
    await kiosk.walk_to("put_card")
    for place in places:
        row.injected(f"{READER} cut-frame after_bytes={places[0]}..{places[-1]}")
        kiosk.give(READER, "cut-frame", after_bytes=str(place))
        kiosk.lay(READER, "resident-1")
        await kiosk.view(asks_again, what=f"cut after byte {place}", within_s=8)
        row.seen()
        assert_nothing_personal(kiosk)
        await put_card_anew(kiosk)
    assert "confirm" not in [page for _, page in kiosk.glass.shown]
    row.page("put_card: 请重新放卡")
    row.note(f"{len(places)} places here, every one of {ANSWER_BYTES} in the unit suite; seen after includes 0.7 s of reading")

    row.mended()
    kiosk.lay(READER, "resident-1")
    await kiosk.page("confirm")
    row.healed()
    assert isinstance(kiosk.glass.view, Confirm)
    assert kiosk.glass.view.name == "李*珍"
    assert faults_of(kiosk, READER) == []  # a card that is lifted is no fault of the machine


@pytest.mark.fault("F17")
async def test_a_damaged_answer_is_asked_for_again_at_most_three_times_before_the_page_asks(kiosk: WholeKiosk, row: Row) -> None:
    places = (6, Random(17).randrange(7, ANSWER_BYTES - 1), ANSWER_BYTES - 1)
    await kiosk.walk_to("put_card")
    for place in places:
        row.injected(f"{READER} flip-byte at={places[0]}..{places[-1]}, wrong-checksum")
        kiosk.give(READER, "flip-byte", at=str(place), times="1")
        kiosk.lay(READER, "resident-1")
        await kiosk.page("confirm", within_s=6)
        row.seen()
        assert isinstance(kiosk.glass.view, Confirm)
        assert (kiosk.glass.view.name, kiosk.glass.view.number) == ("李*珍", "4408**********0027")
        await not_me(kiosk)
    row.note(f"{len(places)} flipped bytes here, each of {ANSWER_BYTES} in the unit suite")

    kiosk.give(READER, "flip-byte", at="700", times="3")  # the fourth answer is good
    kiosk.lay(READER, "resident-1")
    await kiosk.view(lambda view: isinstance(view, Confirm) or asks_again(view), what="the fourth answer", within_s=10)
    assert isinstance(kiosk.glass.view, Confirm)
    await not_me(kiosk)

    kiosk.give(READER, "flip-byte", at="700", times="0")  # none is: the page asks, and after the third time goes another way
    another_way = asks(CardPrompt.PUT_CARD, IdentifyWay.SOCIAL_SECURITY_CARD)
    for said in (asks_again, asks_again, another_way):
        kiosk.lay(READER, "resident-1")
        await kiosk.view(asks(CardPrompt.READING), what="it is being read", within_s=3)
        await kiosk.view(said, what="four bad answers", within_s=10)
        kiosk.take(READER)
        assert_nothing_personal(kiosk)
        await asyncio.sleep(A_PERSON_TAKES_S)  # sooner than that nobody can have lifted it and laid it down again
    row.page("put_card: 请重新放卡, then another way")

    row.mended()
    kiosk.clear(READER)
    kiosk.touch(ChooseWay(way=Way.ID_CARD))
    await kiosk.view(asks(CardPrompt.PUT_CARD), what="the reader again", within_s=2)
    kiosk.lay(READER, "resident-1")
    await kiosk.page("confirm", within_s=5)
    row.healed()


@pytest.mark.fault("F19")
async def test_a_giant_length_is_dropped_and_the_next_frame_is_read(kiosk: WholeKiosk, row: Row) -> None:
    before_mb = resident_mb()
    await kiosk.walk_to("put_card")
    kiosk.give(READER, "giant-length", times="3")
    kiosk.lay(READER, "resident-1")
    await kiosk.page("confirm", within_s=10)
    await not_me(kiosk)

    row.injected(f"{READER} giant-length, thrice and without an end")
    kiosk.give(READER, "giant-length")
    fault = await kiosk.ear.fault("reader.garbled")
    assert row.seen(fault.at_s) <= SEEN_S
    await kiosk.view(asks(CardPrompt.READER_AWAY), what="the reader is away", within_s=1)
    row.page("put_card: 读卡器没反应，请稍等")
    row.mended()
    kiosk.clear(READER)
    await kiosk.ear.cleared("reader.garbled")
    await kiosk.view(asks(CardPrompt.PUT_CARD), what="the reader is back", within_s=3)
    row.healed()
    kiosk.lay(READER, "resident-1")
    await kiosk.page("confirm", within_s=5)
    assert resident_mb() - before_mb < FLAT_MB
    assert_nothing_personal(kiosk)


@pytest.mark.fault("F20")
async def test_frames_that_come_byte_by_byte_or_stuck_together_are_the_same_card(kiosk: WholeKiosk, row: Row) -> None:
    await kiosk.walk_to("confirm")
    whole = kiosk.glass.view
    assert isinstance(whole, Confirm)
    for fault, options in (("one-byte", {"gap_s": "0.002"}), ("merged", {}), ("one-byte", {"gap_s": "0"})):
        await not_me(kiosk)
        row.injected(f"{READER} one-byte gap_s=0.002, merged")
        kiosk.give(READER, fault, **options)
        kiosk.lay(READER, "resident-1")
        await kiosk.page("confirm", within_s=15)
        row.seen()
        assert isinstance(kiosk.glass.view, Confirm)
        assert (kiosk.glass.view.name, kiosk.glass.view.number) == (whole.name, whole.number)
        kiosk.clear(READER, fault)
    row.healed()
    row.page("confirm, the same as of a whole frame")
    row.note("2 ms between bytes here; 50 ms, which takes 65 s, under a fake clock in the unit suite")
    assert faults_of(kiosk, READER) == []


@pytest.mark.fault("F21")
async def test_two_cards_and_cards_of_other_kinds_have_a_clear_page(kiosk: WholeKiosk, row: Row) -> None:
    """Every kind this kiosk reads is read as what it is; every other one is told so."""
    await kiosk.walk_to("put_card")
    for sample, name in (
        ("resident-1", "李*珍"),
        ("resident-2", "梁*"),
        ("foreigner-1", "马*然"),
        ("hkmt-1", "何*明"),
        ("foreigner-2023-1", "夏*然"),
    ):
        kiosk.lay(READER, sample)
        await kiosk.page("confirm", within_s=5)
        assert isinstance(kiosk.glass.view, Confirm)
        assert kiosk.glass.view.name == name
        await not_me(kiosk)

    refused: tuple[tuple[str, dict[str, str], CardPrompt], ...] = (
        ("two-cards", {}, CardPrompt.PRESENT_AGAIN),
        ("wrong-card", {}, CardPrompt.WRONG_CARD),
        ("strange-card", {"text_bytes": "1280"}, CardPrompt.WRONG_CARD),
        ("not-authentic", {}, CardPrompt.NOT_AUTHENTIC),
    )
    for fault, options, prompt in refused:
        row.injected(f"{READER} two-cards, wrong-card, strange-card text_bytes=1280, not-authentic")
        kiosk.give(READER, fault, **options)
        kiosk.lay(READER, "resident-1")
        await kiosk.view(asks(prompt), what=fault, within_s=6)
        row.seen()
        kiosk.take(READER)
        kiosk.clear(READER, fault)
        await put_card_anew(kiosk)
    row.page("put_card: 只放一张 / 不是这种卡 / 认不出这张卡")
    row.mended()
    kiosk.lay(READER, "resident-2")
    await kiosk.page("confirm", within_s=5)
    row.healed()
    assert faults_of(kiosk, READER) == []
    assert_nothing_personal(kiosk)


@pytest.mark.fault("F18")
async def test_a_million_bytes_of_garbage_are_borne_and_the_next_good_frame_is_understood(
    folder: Path, broker_port: int, row: Row
) -> None:
    """At 921600 baud, so that it takes eleven seconds and not eighty-seven."""
    async with whole_kiosk(folder, broker_port=broker_port, choice=Choice(reader_baud=921600)) as kiosk:
        await kiosk.walk_to("put_card")
        before_mb, most_mb = resident_mb(), 0.0
        row.injected(f"{READER} garbage bytes=1000000, with preambles inside")
        kiosk.give(READER, "garbage", bytes="1000000")
        while "garbage" in kiosk.bench.device(READER).holding()["故障"]:
            most_mb = max(most_mb, resident_mb())
            await asyncio.sleep(0.01)
        assert asks(CardPrompt.PUT_CARD)(kiosk.glass.view)  # answers are found in all the noise: she notices nothing
        row.page("put_card, as if nothing were")
        row.mended()
        kiosk.lay(READER, "resident-1")
        await kiosk.view(asks(CardPrompt.READING), what="the next good frame", within_s=1)
        row.healed()
        await kiosk.page("confirm", within_s=5)
        assert most_mb - before_mb < FLAT_MB
        row.note(f"grown by {most_mb - before_mb:.1f} MB")
        assert faults_of(kiosk, READER) == []
        assert_nothing_personal(kiosk)


class SettableClock(SystemClock):
    """The machine's clock, trusted or not, and set wrong by hand."""

    def __init__(self) -> None:
        self.is_believed = True
        self.is_fast_by = timedelta()

    @override
    def now(self) -> datetime:
        return super().now() + self.is_fast_by

    @property
    @override
    def is_trusted(self) -> bool:
        return self.is_believed


@pytest.mark.fault("F25")
async def test_an_expired_card_is_refused_only_by_a_clock_that_can_be_trusted(folder: Path, broker_port: int, row: Row) -> None:
    clock = SettableClock()
    async with whole_kiosk(folder, broker_port=broker_port, clock=clock) as kiosk:
        await kiosk.walk_to("put_card")
        row.injected("resident-expired; then no trusted clock, and one fifteen years fast")
        kiosk.lay(READER, "resident-expired")
        await kiosk.page("trouble", within_s=5)
        row.seen()
        assert isinstance(kiosk.glass.view, Trouble)
        assert kiosk.glass.view.happened is TroubleKind.CARD_EXPIRED
        row.page("trouble: 身份证过期了")
        assert_nothing_personal(kiosk)

        clock.is_believed = False
        row.mended()
        kiosk.take(READER)
        kiosk.touch(Proceed())
        await kiosk.page("put_card")
        kiosk.lay(READER, "resident-expired")
        await kiosk.page("confirm", within_s=5)
        row.healed()
        kiosk.touch(Proceed())
        await kiosk.page("take_receipt")  # the platform knows today's date
        kiosk.take(READER)
        kiosk.touch(GoHome())
        await kiosk.page("attract")
        assert (await kiosk.platform.get("/sandbox/effects")).json()

        clock.is_fast_by = timedelta(days=15 * 365)
        await kiosk.walk_to("confirm", sample="resident-2")  # valid to 2039; the clock says 2041, and nobody has confirmed it
        row.note("untrusted: the platform decides")


@pytest.mark.fault("F27")
async def test_a_card_left_behind_is_seen_at_the_end_and_before_the_next_person(kiosk: WholeKiosk, row: Row) -> None:
    await kiosk.walk_to("take_receipt")
    kiosk.touch(Proceed())
    await kiosk.page("rate")
    row.injected(f"resident-1 stays on the {READER}")
    kiosk.touch(GiveRating(level=5))
    await kiosk.page("take_card_first", within_s=3)
    row.seen()
    assert card_lying(kiosk).is_own
    row.page("take_card_first: 请拿好您的身份证; to the next person: 上一位的卡没拿走")

    kiosk.touch(GoHome())  # she leaves without it
    await kiosk.page("attract")
    await kiosk.ear.event("card.left")
    begun = visits_begun(kiosk)
    row.injected(f"resident-1 stays on the {READER}")
    kiosk.touch(Start())
    await kiosk.page("take_card_first", within_s=3)
    row.seen()
    assert not card_lying(kiosk).is_own
    kiosk.touch(ChooseService(service="social_security_enrolment"))  # nothing begins with it
    kiosk.touch(Proceed())
    await asyncio.sleep(A_PERSON_TAKES_S)
    assert kiosk.glass.page == "take_card_first"
    assert visits_begun(kiosk) == begun
    assert_nothing_personal(kiosk)

    row.mended()
    kiosk.take(READER)
    await kiosk.page("catalogue", within_s=3)
    row.healed()
    kiosk.touch(GoHome())

    await kiosk.page("attract")
    kiosk.lay("smartcard-reader", "social-security-1")  # the other slot that can hold somebody's card
    await asyncio.sleep(A_PERSON_TAKES_S)
    kiosk.touch(Start())
    await kiosk.page("take_card_first", within_s=3)
    assert (card_lying(kiosk).way, card_lying(kiosk).is_own) == (IdentifyWay.SOCIAL_SECURITY_CARD, False)
    kiosk.take("smartcard-reader")
    await kiosk.page("catalogue", within_s=3)
    assert visits_begun(kiosk) == begun


def card_lying(kiosk: WholeKiosk) -> TakeCardFirst:
    view = kiosk.glass.view
    assert isinstance(view, TakeCardFirst)
    return view


def visits_begun(kiosk: WholeKiosk) -> int:
    return sum(heard.code == "visit.started" for heard in kiosk.ear.heard)


@pytest.mark.fault("F22")
async def test_the_id_card_reader_is_unplugged_in_every_state_that_uses_it(kiosk: WholeKiosk, row: Row) -> None:
    async def put_card_with_a_card_being_read() -> None:
        kiosk.lay(READER, "resident-1")
        await kiosk.view(asks(CardPrompt.READING), what="it is being read", within_s=3)

    away = asks(CardPrompt.READER_AWAY)
    await unplugged(kiosk, row, READER, "reader", shown=page_is("attract"))
    kiosk.touch(Start())
    await kiosk.page("catalogue")
    await unplugged(kiosk, row, READER, "reader", shown=another_way_is_offered)
    kiosk.touch(ChooseService(service="social_security_enrolment"))
    await kiosk.page("guide")
    await unplugged(kiosk, row, READER, "reader", shown=another_way_is_offered)
    kiosk.touch(Proceed())
    await kiosk.page("put_card")
    await unplugged(kiosk, row, READER, "reader", shown=away)
    await kiosk.view(asks(CardPrompt.PUT_CARD), what="it waits for a card again", within_s=1)
    await put_card_with_a_card_being_read()
    await unplugged(kiosk, row, READER, "reader", shown=away)
    await kiosk.page("confirm", within_s=5)  # the card still lies there
    await unplugged(kiosk, row, READER, "reader", shown=page_is("confirm"))
    kiosk.touch(Proceed())  # who she is has been read: her matter goes on
    await kiosk.page("take_receipt")
    row.page("put_card: 读卡器没反应，请稍等, with the other ways")
    assert_nothing_personal(kiosk)


@pytest.mark.fault("F22")
async def test_the_smart_card_reader_is_unplugged_in_every_state_that_uses_it(kiosk: WholeKiosk, row: Row) -> None:
    slot = "smartcard-reader"
    await unplugged(kiosk, row, slot, "smartcard", shown=page_is("attract"))
    await kiosk.walk_to("put_card")
    kiosk.touch(ChooseWay(way=Way.SOCIAL_SECURITY_CARD))
    waits = asks(CardPrompt.PUT_CARD, IdentifyWay.SOCIAL_SECURITY_CARD)
    await kiosk.view(waits, what="it waits for that card", within_s=2)
    await unplugged(kiosk, row, slot, "smartcard", shown=asks(CardPrompt.READER_AWAY, IdentifyWay.SOCIAL_SECURITY_CARD))
    await kiosk.view(waits, what="it waits for that card again", within_s=2)
    kiosk.give(slot, "slow", delay_s="0.3")
    kiosk.lay(slot, "social-security-1")
    await kiosk.view(asks(CardPrompt.READING, IdentifyWay.SOCIAL_SECURITY_CARD), what="it is being read", within_s=5)
    await unplugged(kiosk, row, slot, "smartcard", shown=asks(CardPrompt.READER_AWAY, IdentifyWay.SOCIAL_SECURITY_CARD))
    kiosk.clear(slot)
    await kiosk.page("confirm", within_s=8)
    row.page("put_card: 读卡器没反应，请稍等")
    assert_nothing_personal(kiosk)


@pytest.mark.fault("F22")
async def test_the_scanner_is_unplugged_in_every_state_that_uses_it(kiosk: WholeKiosk, row: Row) -> None:
    scanner = "code-scanner"
    await unplugged(kiosk, row, scanner, "scanner", shown=page_is("attract"))
    await kiosk.walk_to("put_card", service="medical_insurance_payment")
    kiosk.touch(ChooseWay(way=Way.PHONE_CODE))
    waits = asks(CardPrompt.PUT_CARD, IdentifyWay.PHONE_CODE)
    await kiosk.view(waits, what="it waits for a phone", within_s=2)
    await unplugged(kiosk, row, scanner, "scanner", shown=asks(CardPrompt.READER_AWAY, IdentifyWay.PHONE_CODE))
    await kiosk.view(waits, what="it waits for a phone again", within_s=2)
    kiosk.lay(scanner, "phone-identity-1")
    await kiosk.page("confirm", within_s=5)
    kiosk.take(scanner)
    kiosk.touch(Proceed())
    await kiosk.page("pay")
    await unplugged(kiosk, row, scanner, "scanner", shown=pay_is(PayState.SCANNER_AWAY))
    await kiosk.view(pay_is(PayState.SHOW_CODE), what="it waits for the purse again", within_s=2)
    kiosk.lay(scanner, "phone-payment-1")
    await kiosk.page("take_receipt")
    row.page("put_card / pay: 扫码器没反应，请稍等; in place of the face: back to the face")
    assert list((await kiosk.platform.get("/sandbox/payments")).json().values()) == [40000]  # once
    kiosk.take(scanner)
    kiosk.touch(GoHome())

    await kiosk.walk_to("face", service="pension_qualification")
    kiosk.touch(ChooseWay(way=Way.PHONE_CODE))
    await kiosk.view(waits, what="it waits for her phone in place of her face", within_s=2)
    await unplugged(kiosk, row, scanner, "scanner", shown=page_is("face"))
    assert_nothing_personal(kiosk)


async def unplugged(kiosk: WholeKiosk, row: Row, device: str, room: str, *, shown: Callable[[View], bool]) -> None:
    """Pull the cable and put it back: R4."""
    since = len(kiosk.ear.heard)
    row.injected(f"{device} unplugged")
    await kiosk.unplug(device)
    fault = await kiosk.ear.fault(f"{room}.unreachable", since=since)
    assert row.seen(fault.at_s) <= SEEN_S
    await kiosk.view(shown, what=f"the page after {device} was unplugged", within_s=PAGE_S)
    row.mended()
    await kiosk.replug(device)
    await kiosk.well(within_s=READY_S)
    ended = await kiosk.ear.cleared(f"{room}.unreachable", since=since)
    assert row.healed(ended.at_s) <= READY_S


def page_is(kind: str) -> Callable[[View], bool]:
    return lambda view: view.kind == kind


def pay_is(state: PayState) -> Callable[[View], bool]:
    return lambda view: isinstance(view, Pay) and view.state is state


def another_way_is_offered(view: View) -> bool:
    """Nothing is grey: her social-security card or her phone will do."""
    match view:
        case Guide():
            return bool(view.instead) and view.withdrawn is None
        case Catalogue():
            return all(tile.instead and tile.withdrawn is None for tile in view.tiles)
        case _:
            return False
