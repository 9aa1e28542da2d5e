"""The social-security driver keeps the contract of its class, and what is its own."""

from collections.abc import Mapping
from datetime import date

import pytest
import structlog
from typing_extensions import override

from drivers.contract.clock import Clock
from drivers.contract.errors import RefusedError, UnreachableError
from drivers.contract.smartcard_reader import SmartcardReader, SocialSecurityRefusal
from drivers.contract.status import Condition
from drivers.id_card_reader import id_number as of_the_id_card
from drivers.id_card_reader import nations as nations_of_the_id_card
from drivers.smartcard_reader import id_number, nations, samples
from drivers.smartcard_reader.item_codec import pack_item
from drivers.smartcard_reader.regions import REGIONS, REQUIRED, STANDARD, Item, region_of
from drivers.smartcard_reader.samples import Nature, Sample
from drivers.smartcard_reader.social_security import SocialSecurityReader, SocialSecuritySettings
from drivers.transport.card_slot import CardSlot
from tests.drivers.contract_suite.smartcard_reader import SmartcardReaderContract, is_li
from tests.drivers.smartcard_reader.memory_slot import MemorySlot
from tests.fakes.clock import FakeClock


class TestSocialSecurityReaderKeepsTheContract(SmartcardReaderContract):
    @override
    def driver(self, slot: CardSlot, clock: Clock) -> SmartcardReader:
        return SocialSecurityReader(name="smartcard-reader", slot=slot, settings=SocialSecuritySettings(), clock=clock)


@pytest.fixture
async def reader() -> SocialSecurityReader:
    clock = FakeClock()
    reader = SocialSecurityReader(name="reader", slot=MemorySlot(clock), settings=SocialSecuritySettings(), clock=clock)
    await reader.open()
    return reader


def _slot(reader: SocialSecurityReader) -> MemorySlot:
    slot = reader._slot
    assert isinstance(slot, MemorySlot)
    return slot


def _put_in(reader: SocialSecurityReader, files: Mapping[int, Mapping[int, bytes]]) -> None:
    slot = _slot(reader)
    slot.insert("social-security-1")
    assert slot._card is not None
    slot._card._sample = Sample(nature=Nature.SOCIAL_SECURITY, files=files)


async def test_every_item_of_a_card_is_read(reader: SocialSecurityReader) -> None:
    _slot(reader).insert("social-security-1")
    card = await reader.read_card(deadline_s=5, found=lambda: None)
    assert (card.sex, card.nation, card.birth, card.valid_to) == ("女", "汉", date(1958, 3, 12), date(2033, 12, 31))


async def test_a_region_that_stores_elsewhere_is_read_by_its_row_of_the_table(reader: SocialSecurityReader) -> None:
    _slot(reader).insert("social-security-2")
    card = await reader.read_card(deadline_s=5, found=lambda: None)
    assert (card.region, card.name, card.number) == ("990100", "梁𬱖", "44082119860921031X")
    assert (card.sex, card.nation) == ("男", "壮")
    assert card.birth is None  # behind the PIN in this region: not asked for
    assert card.valid_to is None


async def test_what_a_region_keeps_behind_the_pin_is_not_even_asked_for(reader: SocialSecurityReader) -> None:
    files = {0xEF05: {1: pack_item(bytes.fromhex("980000") + bytes(13), number=1), 7: pack_item(b"C00000033", number=7)}}
    _put_in(reader, files)
    with pytest.raises(RefusedError) as refused:
        await reader.read_card(deadline_s=5, found=lambda: None)
    assert refused.value.reason == SocialSecurityRefusal.NEEDS_PIN


async def test_a_card_without_sex_and_nation_is_a_person_all_the_same(reader: SocialSecurityReader) -> None:
    files = {number: dict(items) for number, items in samples.SAMPLES["social-security-1"].files.items()}
    for number in (0x0A, 0x0B, 0x0D):
        del files[0xEF06][number]
    _put_in(reader, files)
    card = await reader.read_card(deadline_s=5, found=lambda: None)
    assert is_li(card)
    assert (card.sex, card.nation, card.birth) == ("女", "", None)


@pytest.mark.parametrize("missing", [7, 8, 9])
async def test_a_card_that_lacks_what_must_be_there_is_refused_whole(reader: SocialSecurityReader, missing: int) -> None:
    files = {number: dict(items) for number, items in samples.SAMPLES["social-security-1"].files.items()}
    for items in files.values():
        items.pop(missing, None)
    _put_in(reader, files)
    with pytest.raises(RefusedError) as refused:
        await reader.read_card(deadline_s=5, found=lambda: None)
    assert refused.value.reason == SocialSecurityRefusal.WRONG_CARD


async def test_cards_that_fail_one_after_the_other_point_at_the_contacts(reader: SocialSecurityReader) -> None:
    _slot(reader).insert("mute-card")
    for _ in range(3):
        assert (await reader.status()).condition is Condition.READY
        with pytest.raises(RefusedError):
            await reader.read_card(deadline_s=5, found=lambda: None)
    status = await reader.status()
    assert (status.condition, [symptom.code for symptom in status.symptoms]) == (
        Condition.DEGRADED,
        ["smartcard.contacts_failing"],
    )
    _slot(reader).insert("social-security-1")
    await reader.read_card(deadline_s=5, found=lambda: None)
    assert (await reader.status()).condition is Condition.READY


async def test_lost_and_found_are_logged_once_each_and_nothing_personal_ever(reader: SocialSecurityReader) -> None:
    with structlog.testing.capture_logs() as logs:
        _slot(reader).insert("social-security-1")
        card = await reader.read_card(deadline_s=5, found=lambda: None)
        _slot(reader).is_plugged = False
        for _ in range(3):
            with pytest.raises(UnreachableError):
                await reader.status()
        _slot(reader).is_plugged = True
        await reader.open()
        await reader.status()
    assert [log["event"] for log in logs] == ["card_read", "smartcard_reader_lost", "smartcard_reader_back"]
    for secret in (card.name, card.number, card.card_number):
        assert secret not in repr(logs)


def test_every_region_says_where_everything_required_stands() -> None:
    for region in (STANDARD, *REGIONS):
        assert set(region.places) >= REQUIRED
        assert region.places[Item.IDENTIFICATION] == STANDARD.places[Item.IDENTIFICATION]
    assert region_of("440800") is STANDARD
    assert {region_of(code + "0000").name for region in REGIONS for code in region.codes} == {region.name for region in REGIONS}


def test_tables_that_stand_in_two_rooms_say_the_same() -> None:
    assert nations.NATIONS == nations_of_the_id_card.NATIONS
    assert (id_number.WEIGHTS, id_number.CHECK_CHARACTERS) == (of_the_id_card.WEIGHTS, of_the_id_card.CHECK_CHARACTERS)
