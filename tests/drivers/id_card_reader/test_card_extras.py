"""What may stand on a card besides, and that a good reading stays good whatever becomes of it."""

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from drivers.contract.id_card_reader import CardRefusal, IdCard
from drivers.id_card_reader.card_text import FieldName
from drivers.id_card_reader.sam import SamSettings
from drivers.id_card_reader.sam_codec import Ask, command
from drivers.id_card_reader.samples import NEWEST_ADDRESSES, SAMPLES, sample_body_number, sample_fingerprint
from drivers.id_card_reader.simulated import SimulatedReader
from tests.drivers.id_card_reader.bench import Bench

EVERYTHING = SamSettings(read_body_number=True, read_fingerprint=True)
FIRST = SAMPLES["resident-2"][FieldName.ADDRESS]
NEWEST = NEWEST_ADDRESSES["resident-2"][-1]


async def card_of(sample: str, settings: SamSettings | None = None, *, fault: str = "", **options: int) -> IdCard:
    bench = Bench(settings)
    await bench.reader.open()
    if fault:
        bench.give(fault, **options)
    bench.insert(sample)
    return await bench.read()


async def test_an_address_that_was_added_is_where_the_person_lives_and_the_first_is_kept() -> None:
    card = await card_of("resident-2")
    assert (card.address, card.first_address) == (NEWEST, FIRST)


async def test_a_card_without_a_newer_address_has_its_first_one() -> None:
    card = await card_of("resident-1")
    assert (card.address, card.first_address) == (SAMPLES["resident-1"][FieldName.ADDRESS], "")


async def test_it_is_not_asked_for_where_the_configuration_says_no() -> None:
    assert (await card_of("resident-2", SamSettings(read_newest_address=False))).address == FIRST


@pytest.mark.parametrize("sample", SAMPLES)
async def test_the_number_of_the_plastic_and_fingerprints_come_only_when_asked_for(sample: str) -> None:
    plain, full = await card_of(sample), await card_of(sample, EVERYTHING)
    assert (plain.body_number, plain.fingerprint) == ("", b"")
    assert full.body_number == sample_body_number(sample).hex().upper()
    assert full.fingerprint == sample_fingerprint(sample)
    assert (full.name, full.photo) == (plain.name, plain.photo)


@pytest.mark.parametrize("silent", [0, 1])
@pytest.mark.parametrize("sample", SAMPLES)
async def test_an_old_reader_that_knows_none_of_it_reads_every_card_all_the_same(sample: str, silent: int) -> None:
    settings = EVERYTHING if not silent else SamSettings(read_body_number=True)
    card = await card_of(sample, settings, fault="old-firmware", silent=silent)
    assert card.number == SAMPLES[sample][FieldName.NUMBER].upper()
    assert (card.address, card.body_number, card.fingerprint) == (SAMPLES[sample].get(FieldName.ADDRESS, ""), "", b"")


@pytest.mark.parametrize("silent", [0, 1])
async def test_a_reader_that_knows_none_of_it_is_soon_spared_the_questions(silent: int) -> None:
    bench = Bench(SamSettings(read_body_number=True))
    await bench.reader.open()
    bench.give("old-firmware", silent=silent)
    took_s = []
    for _ in range(4):
        bench.insert()
        began_s = bench.clock.monotonic_s()
        await bench.read()
        took_s.append(bench.clock.monotonic_s() - began_s)
    assert took_s[0] > took_s[3] == pytest.approx(0.03 + 0.06 + 0.7, abs=0.001)
    assert took_s[0] < 3
    assert await bench.codes() == ()


async def test_a_reader_that_is_opened_anew_is_asked_again() -> None:
    bench = Bench()
    await bench.reader.open()
    bench.give("old-firmware")
    for _ in range(3):
        bench.insert("resident-2")
        await bench.read()
    bench.clear()
    bench.insert("resident-2")
    assert (await bench.read()).address == FIRST
    await bench.reader.open()
    bench.insert("resident-2")
    assert (await bench.read()).address == NEWEST


class AddressGoneWrong(SimulatedReader):
    """Answers "read newest address" with whatever the test wants; None pulls the cable."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self._wrong = answer

    @override
    def transmit(self, *, now_s: float) -> bytes:
        sent = super().transmit(now_s=now_s)
        return self._wrong if sent and self._is_answer_to_newest_address else sent

    _is_answer_to_newest_address = False

    @override
    def receive(self, payload: bytes, *, now_s: float) -> None:
        self._is_answer_to_newest_address = payload == command(Ask.NEWEST_ADDRESS)
        super().receive(payload, now_s=now_s)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x55" * 300,
        bytes.fromhex("AA AA AA 96 69 FF FF"),
        bytes.fromhex("AA AA AA 96 69 00 06 00 00 90 00"),
        bytes.fromhex("AA AA AA 96 69 00 04 00 00 77 73"),
        bytes.fromhex("AA AA AA 96 69 00 05 00 00 90 44 D1"),
        bytes.fromhex("AA AA AA 96 69 00 04 00 00 41 45"),
    ],
    ids=["nothing", "noise", "giant", "cut", "unknown word", "half a character", "read failed"],
)
async def test_whatever_comes_instead_of_an_address_a_good_reading_stays_good(answer: bytes) -> None:
    bench = Bench(far_end=AddressGoneWrong(answer))
    await bench.reader.open()
    bench.insert("resident-2")
    began_s = bench.clock.monotonic_s()
    card = await bench.read()
    assert (card.number, card.address, card.first_address) == (SAMPLES["resident-2"][FieldName.NUMBER], FIRST, "")
    assert bench.clock.monotonic_s() - began_s < 4


async def test_a_cable_pulled_behind_a_good_reading_does_not_take_it_back() -> None:
    class PulledThen(SimulatedReader):
        bench: Bench

        @override
        def receive(self, payload: bytes, *, now_s: float) -> None:
            super().receive(payload, now_s=now_s)
            if payload == command(Ask.NEWEST_ADDRESS):
                self.bench.wire.unplug()

    far_end = PulledThen()
    far_end.bench = bench = Bench(far_end=far_end)
    await bench.reader.open()
    bench.insert("resident-2")
    with capture_logs() as logs:
        assert (await bench.read()).address == FIRST
    assert [entry["event"] for entry in logs] == ["id_card_reader_lost", "card_read"]


async def test_cards_in_a_layout_we_do_not_know_are_the_person_s_and_no_fault() -> None:
    for text_bytes in (0, 8, 255, 256, 257, 512, 1280):
        bench = Bench()
        await bench.reader.open()
        bench.insert("resident-1")
        bench.give("strange-card", text_bytes=text_bytes)
        assert await bench.refusal() == CardRefusal.WRONG_CARD, text_bytes
        assert await bench.codes() == ()
        bench.clear()
        bench.insert("resident-1")
        await bench.read()


async def test_two_cards_on_the_antenna_are_asked_for_one_at_a_time() -> None:
    bench = Bench()
    await bench.reader.open()
    bench.insert()
    bench.give("two-cards")
    assert await bench.refusal() == CardRefusal.PRESENT_AGAIN
    assert await bench.codes() == ()


async def test_nothing_of_what_stands_besides_shows_in_a_log_or_a_repr() -> None:
    with capture_logs() as logs:
        card = await card_of("resident-2", EVERYTHING)
    for secret in (NEWEST, FIRST, card.body_number, card.fingerprint.hex()):
        assert secret not in repr(card) + repr(logs)
