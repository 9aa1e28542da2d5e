"""What is particular to readers with a SAM: their faults, and the words for them."""

import asyncio
from contextlib import suppress
from itertools import pairwise

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from drivers.contract.errors import DeadlineError, ProtocolError, RefusedError, UnreachableError
from drivers.contract.id_card_reader import CardRefusal
from drivers.contract.status import Condition
from drivers.id_card_reader.card_text import FieldName
from drivers.id_card_reader.frame_codec import PREAMBLE
from drivers.id_card_reader.sam import SamReader, SamSettings
from drivers.id_card_reader.sam_codec import Ask, command
from drivers.id_card_reader.samples import SAMPLES
from drivers.id_card_reader.simulated import SimulatedReader
from tests.drivers.id_card_reader.bench import Bench, codes
from tests.fakes.wires import whole


@pytest.fixture
async def bench() -> Bench:
    bench = Bench()
    await bench.reader.open()
    return bench


@pytest.mark.parametrize("sample", SAMPLES)
async def test_every_sample_is_read_in_the_time_its_bytes_and_the_device_take(bench: Bench, sample: str) -> None:
    bench.insert("resident-1")  # behind the first card after opening the reader is asked once what it shows
    await bench.reader.read_card(deadline_s=5, found=lambda: None)
    bench.insert(sample)
    began_s = bench.clock.monotonic_s()
    card = await bench.reader.read_card(deadline_s=5, found=lambda: None)
    assert card.name == SAMPLES[sample][FieldName.NAME]
    asks_for_newest_address = FieldName.ADDRESS in SAMPLES[sample]
    device_s = 0.03 + 0.06 + 0.7 + 0.05 * asks_for_newest_address
    assert bench.clock.monotonic_s() - began_s == pytest.approx(device_s, abs=0.001)


async def test_the_field_is_searched_every_quarter_of_a_second() -> None:
    heard: list[float] = []

    class Listening(SimulatedReader):
        @override
        def receive(self, payload: bytes, *, now_s: float) -> None:
            if payload == command(Ask.FIND):
                heard.append(now_s)
            super().receive(payload, now_s=now_s)

    bench = Bench()
    bench.wire = whole(Listening(), clock=bench.clock)
    reader = SamReader(name="r", wire=bench.wire, settings=SamSettings(), clock=bench.clock)
    await reader.open()
    with pytest.raises(DeadlineError):
        await reader.read_card(deadline_s=10, found=lambda: None)
    gaps = [later - earlier for earlier, later in pairwise(heard)]
    assert len(heard) in (40, 41, 42)
    assert all(0.2 <= gap <= 0.3 for gap in gaps[:-1])


async def test_the_sam_s_number_is_printed_as_its_makers_do(bench: Bench) -> None:
    identity = await bench.reader.identify()
    assert (identity.serial, identity.firmware) == ("05.01-20110511-0123456789", "05.01")


async def test_a_reader_put_in_its_place_says_another_number(bench: Bench) -> None:
    bench.far_end.give("swapped", {"number": "42"}, now_s=bench.clock.monotonic_s())
    assert (await bench.reader.identify()).serial == "05.01-20110511-0000000042"


async def test_a_card_lifted_before_it_is_selected_is_asked_for_again(bench: Bench) -> None:
    bench.insert()
    async with asyncio.TaskGroup() as tasks:
        refusal = tasks.create_task(bench.refusal())
        await bench.clock.sleep(0.05)
        bench.far_end.remove(now_s=bench.clock.monotonic_s())
    assert refusal.result() == CardRefusal.PRESENT_AGAIN
    assert await bench.codes() == ()


async def test_a_card_that_has_to_be_found_anew_is_told_of_once(bench: Bench) -> None:
    bench.give("rf-failing")
    bench.insert()
    found: list[str] = []
    with pytest.raises(RefusedError, match="4 tries"):
        await bench.reader.read_card(deadline_s=5, found=lambda: found.append("a card"))
    assert found == ["a card"]


async def test_a_card_that_was_read_and_still_lies_there_is_not_found_again(bench: Bench) -> None:
    bench.insert()
    await bench.reader.read_card(deadline_s=5, found=lambda: None)
    with pytest.raises(DeadlineError, match="no card was laid down"):
        await bench.reader.read_card(deadline_s=5, found=lambda: None)
    bench.insert()
    await bench.reader.read_card(deadline_s=5, found=lambda: None)


@pytest.mark.parametrize("times", [1, 2, 3])
async def test_up_to_three_damaged_answers_are_asked_for_again_by_itself(bench: Bench, times: int) -> None:
    bench.insert()
    bench.give("wrong-checksum", times=times)
    await bench.reader.read_card(deadline_s=5, found=lambda: None)


@pytest.mark.parametrize("fault", ["wrong-checksum", "giant-length"])
async def test_a_card_s_data_damaged_on_the_line_is_asked_for_again_without_lifting_the_card(bench: Bench, fault: str) -> None:
    bench.insert()
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(bench.reader.read_card(deadline_s=5, found=lambda: None))
        await bench.clock.sleep(0.2)  # found and selected by now: to this reader the card will count as read
        bench.give(fault, times=1)
    assert reading.result().number == SAMPLES["resident-1"][FieldName.NUMBER]


@pytest.mark.parametrize("fault", ["wrong-checksum", "giant-length"])
async def test_damage_that_does_not_end_is_a_protocol_error_with_its_bytes(bench: Bench, fault: str) -> None:
    bench.insert()
    bench.give(fault)
    began_s = bench.clock.monotonic_s()
    with pytest.raises(ProtocolError) as caught:
        await bench.reader.read_card(deadline_s=5, found=lambda: None)
    assert caught.value.evidence.startswith(PREAMBLE)
    assert bench.clock.monotonic_s() - began_s < 3
    with pytest.raises(ProtocolError):
        await bench.reader.status()


async def test_a_line_that_damages_many_answers_shows_as_noisy_and_ends_by_itself(bench: Bench) -> None:
    bench.give("wrong-checksum", times=3)
    bench.insert()
    await bench.reader.read_card(deadline_s=5, found=lambda: None)
    status = await bench.reader.status()
    assert (status.condition, codes(status)) == (Condition.DEGRADED, ("reader.noisy",))
    for _ in range(10):
        await bench.reader.status()
    assert await bench.codes() == ()


async def test_a_megabyte_of_garbage_ends_and_the_reader_is_ready_within_a_second(bench: Bench) -> None:
    bench.give("garbage", bytes=1_000_000, seed=7)
    while bench.far_end.holding()["故障"] != "无":
        bench.insert()
        with suppress(RefusedError, ProtocolError, DeadlineError):
            await bench.reader.read_card(deadline_s=1, found=lambda: None)
        await bench.clock.sleep(5)
        bench.far_end.transmit(now_s=bench.clock.monotonic_s())
    began_s = bench.clock.monotonic_s()
    assert (await bench.reader.status()).condition in (Condition.READY, Condition.DEGRADED)
    assert bench.clock.monotonic_s() - began_s < 1
    bench.insert()
    await bench.reader.read_card(deadline_s=5, found=lambda: None)


async def test_a_byte_every_fifty_milliseconds_is_the_same_as_a_whole_frame(bench: Bench) -> None:
    bench.give("one-byte", gap_s=0.05)
    bench.insert()
    card = await bench.reader.read_card(deadline_s=5, found=lambda: None)
    assert card.number == SAMPLES["resident-1"][FieldName.NUMBER]
    assert await bench.codes() == ()


@pytest.mark.parametrize(
    ("fault", "options", "reason"),
    [
        ("not-authentic", {"sw": 31}, CardRefusal.NOT_AUTHENTIC),
        ("not-authentic", {"sw": 32}, CardRefusal.NOT_AUTHENTIC),
        ("not-authentic", {"sw": 33}, CardRefusal.NOT_AUTHENTIC),
        ("wrong-card", {}, CardRefusal.WRONG_CARD),
        ("rf-failing", {"sw": 41}, CardRefusal.PRESENT_AGAIN),
        ("rf-failing", {"sw": 81}, CardRefusal.PRESENT_AGAIN),
        ("damaged-number", {}, CardRefusal.PRESENT_AGAIN),
        ("sam-failed", {}, CardRefusal.PRESENT_AGAIN),
        ("sam-unauthorised", {}, CardRefusal.PRESENT_AGAIN),
    ],
)
async def test_every_refusal_has_its_reason(bench: Bench, fault: str, options: dict[str, int], reason: CardRefusal) -> None:
    bench.insert()
    bench.give(fault, **options)
    assert await bench.refusal() == reason


@pytest.mark.parametrize(
    ("fault", "code"), [("sam-failed", "reader.sam_failed"), ("sam-unauthorised", "reader.sam_unauthorised")]
)
async def test_a_sam_that_cannot_serve_is_a_failed_reader_until_it_can(bench: Bench, fault: str, code: str) -> None:
    bench.give(fault)
    status = await bench.reader.status()
    assert (status.condition, codes(status)) == (Condition.FAILED, (code,))
    assert "SAM status SW 00 00 6" in status.evidence
    await bench.reader.open()  # such a reader answers: it can be opened, and says what is wrong
    bench.clear()
    assert (await bench.reader.status()).condition is Condition.READY


async def test_one_person_s_bad_card_says_nothing_about_the_antenna(bench: Bench) -> None:
    bench.give("rf-failing")
    for _ in range(2):
        bench.insert()
        await bench.refusal()
    assert await bench.codes() == ()


async def test_many_unreadable_cards_in_a_row_point_at_the_antenna_until_one_is_read(bench: Bench) -> None:
    bench.give("rf-failing")
    for _ in range(3):
        bench.insert()
        await bench.refusal()
    status = await bench.reader.status()
    assert (status.condition, codes(status)) == (Condition.DEGRADED, ("reader.rf_failing",))
    bench.clear()
    bench.insert()
    await bench.reader.read_card(deadline_s=5, found=lambda: None)
    assert await bench.codes() == ()


async def test_a_reset_lets_the_antenna_prove_itself_anew(bench: Bench) -> None:
    bench.give("rf-failing")
    for _ in range(3):
        bench.insert()
        await bench.refusal()
    await bench.reader.reset()
    assert await bench.codes() == ()


async def test_cards_lifted_too_early_never_point_at_the_antenna(bench: Bench) -> None:
    for _ in range(10):
        bench.insert()
        bench.give("cut-frame", after_bytes=500)
        await bench.refusal()
    assert await bench.codes() == ()


async def test_what_we_send_arriving_damaged_is_sent_again(bench: Bench) -> None:
    bench.insert()
    bench.give("hears-badly", times=3)
    await bench.reader.read_card(deadline_s=5, found=lambda: None)
    assert await bench.codes() == ("reader.noisy",)


async def test_status_never_takes_more_than_a_second(bench: Bench) -> None:
    for fault in ("silent", "wrong-checksum", "giant-length", "garbage", "hears-badly"):
        bench.give(fault)
        began_s = bench.clock.monotonic_s()
        with suppress(DeadlineError, ProtocolError):
            await bench.reader.status()
        assert bench.clock.monotonic_s() - began_s <= 1, fault
        bench.clear()


async def test_after_a_cancelled_reading_a_busy_reader_says_busy_and_not_that_it_is_silent(bench: Bench) -> None:
    bench.insert()
    reading = asyncio.create_task(bench.reader.read_card(deadline_s=5, found=lambda: None))
    await bench.clock.sleep(0.2)
    reading.cancel()
    assert (await bench.reader.status()).condition is Condition.BUSY
    await bench.clock.sleep(1)
    assert (await bench.reader.status()).condition is Condition.READY


async def test_a_person_s_data_is_never_kept_as_evidence_of_noise(bench: Bench) -> None:
    bench.insert()
    bench.give("one-byte", gap_s=0.01)
    reading = asyncio.create_task(bench.reader.read_card(deadline_s=5, found=lambda: None))
    await bench.clock.sleep(2)
    reading.cancel()
    await asyncio.sleep(0)
    bench.clear()
    bench.give("wrong-checksum")
    with pytest.raises(ProtocolError) as caught:
        await bench.reader.read_card(deadline_s=1, found=lambda: None)
    assert caught.value.evidence == b""


async def test_a_lost_reader_is_logged_once_and_once_when_it_is_back(bench: Bench) -> None:
    with capture_logs() as logs:
        bench.wire.unplug()
        for _ in range(5):
            with pytest.raises(UnreachableError):
                await bench.reader.status()
            with pytest.raises(UnreachableError):
                await bench.reader.open()
        bench.wire.replug()
        await bench.clock.sleep(1)
        await bench.reader.open()
        await bench.reader.close()
        await bench.reader.open()
    assert [entry["event"] for entry in logs] == ["id_card_reader_lost", "id_card_reader_back"]


async def test_nothing_of_a_card_reaches_the_log(bench: Bench) -> None:
    with capture_logs() as logs:
        for fault in (None, "damaged-number", "wrong-card", "cut-frame", "wrong-checksum"):
            bench.insert()
            if fault:
                bench.give(fault)
            try:
                await bench.reader.read_card(deadline_s=1, found=lambda: None)
            except (RefusedError, ProtocolError) as error:
                logs.append({"event": repr(error), "log_level": "error"})
            bench.clear()
    written = repr(logs)
    assert "card_read" in written
    for secret in SAMPLES["resident-1"].values():
        if len(secret) > 2:
            assert secret not in written


@pytest.mark.parametrize("retries", [0, 1, 3])
async def test_tries_are_as_many_as_the_settings_allow(retries: int) -> None:
    bench = Bench(SamSettings(retries=retries))
    await bench.reader.open()
    bench.insert()
    bench.give("wrong-checksum", times=retries + 1)
    with pytest.raises(ProtocolError):
        await bench.reader.read_card(deadline_s=5, found=lambda: None)
    await bench.reader.read_card(deadline_s=5, found=lambda: None)
