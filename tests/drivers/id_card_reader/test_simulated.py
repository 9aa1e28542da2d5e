"""The far end answers as a reader does, byte for byte; trainers' words are checked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.id_card_reader.frame_codec import FrameDecoder, frame
from drivers.id_card_reader.sam_codec import Ask, Dialect, command
from drivers.id_card_reader.simulated import BOOT_S, SimulatedReader
from drivers.id_card_reader.simulated_faults import KINDS
from drivers.transport.far_end import FarEnd


def _as_far_end(far_end: FarEnd) -> FarEnd:
    return far_end


def _answer(reader: SimulatedReader, payload: bytes, *, now_s: float) -> bytes:
    reader.receive(payload, now_s=now_s)
    return reader.transmit(now_s=now_s + 5)


def test_answers_have_the_bytes_of_the_manual() -> None:
    reader = SimulatedReader()
    assert _answer(reader, command(Ask.STATUS), now_s=0) == bytes.fromhex("AA AA AA 96 69 00 04 00 00 90 94")
    assert _answer(reader, command(Ask.FIND), now_s=10) == bytes.fromhex("AA AA AA 96 69 00 04 00 00 80 84")
    assert len(_answer(reader, command(Ask.SAM_ID), now_s=20)) == 7 + 0x14
    reader.insert("resident-1", now_s=29)
    assert _answer(reader, command(Ask.FIND), now_s=30) == bytes.fromhex("AA AA AA 96 69 00 08 00 00 9F 00 00 00 00 97")
    assert _answer(reader, command(Ask.SELECT), now_s=40)[5:10] == bytes.fromhex("00 0C 00 00 90")
    card = _answer(reader, command(Ask.READ), now_s=50)
    assert len(card) == 1295
    assert card[5:14] == bytes.fromhex("05 08 00 00 90 01 00 04 00")
    assert _answer(reader, command(Ask.NEWEST_ADDRESS), now_s=60)[9] == 0x91
    assert _answer(reader, command(Ask.BODY_NUMBER), now_s=70)[5:10] == bytes.fromhex("00 20 00 00 90")
    assert _answer(reader, command(Ask.READ_WITH_FINGER), now_s=80)[5:7] == bytes.fromhex("05 0A")
    assert _answer(reader, command(Ask.FIND), now_s=90)[9] == 0x80
    assert _answer(reader, frame(b"\x77\x77"), now_s=100)[9] == 0x24
    assert _answer(reader, command(Ask.RF_FRAME_SIZE, data=b"\x50"), now_s=110)[9] == 0x90
    assert _answer(reader, command(Ask.BAUD, data=b"\x09"), now_s=120)[9] == 0x24


def test_a_card_with_fingerprints_and_addresses_answers_as_long_as_the_manual_says() -> None:
    reader = SimulatedReader()
    reader.insert("resident-2", now_s=0)
    _answer(reader, command(Ask.FIND), now_s=1)
    _answer(reader, command(Ask.SELECT), now_s=10)
    assert _answer(reader, command(Ask.READ_WITH_FINGER), now_s=20)[5:16] == bytes.fromhex("09 0A 00 00 90 01 00 04 00 04 00")
    newest = _answer(reader, command(Ask.NEWEST_ADDRESS), now_s=30)
    assert newest[5:10] == bytes.fromhex("00 90 00 00 90")
    assert int.from_bytes(newest[5:7], "big") <= 284


def test_a_reader_told_to_speak_at_another_speed_answers_once_more_at_the_old_one() -> None:
    reader = SimulatedReader(baud=9600)
    reader.receive(command(Ask.BAUD, data=b"\x00"), now_s=0)
    assert reader.baud == 9600
    assert reader.transmit(now_s=1)[9] == 0x90
    assert reader.baud == 115200
    reader.unplug(now_s=2)
    reader.plug(now_s=3)
    assert reader.baud == 9600


def test_a_reader_of_another_dialect_does_not_know_the_standard_s_commands_and_wants_to_be_initialised() -> None:
    reader = SimulatedReader(dialect=Dialect.VENDOR_00)
    assert _answer(reader, command(Ask.FIND), now_s=0)[9] == 0x24
    assert _answer(reader, command(Ask.FIND, dialect=Dialect.VENDOR_00), now_s=10)[9] == 0x21
    assert _answer(reader, command(Ask.RESET, dialect=Dialect.VENDOR_00), now_s=20)[9] == 0x90
    assert _answer(reader, command(Ask.FIND, dialect=Dialect.VENDOR_00), now_s=30)[9] == 0x80
    assert _answer(SimulatedReader(), command(Ask.FIND, dialect=Dialect.VENDOR_00), now_s=0)[9] == 0x24


@pytest.mark.parametrize(
    ("fault", "after_read", "after_reset"),
    [(None, 0x80, 0x9F), ("finds-again", 0x9F, 0x9F), ("never-finds-again", 0x80, 0x80)],
)
def test_there_are_three_kinds_of_readers_when_a_card_that_was_read_stays(
    fault: str | None, after_read: int, after_reset: int
) -> None:
    reader = SimulatedReader()
    if fault:
        reader.give(fault, {}, now_s=0)
    reader.insert("resident-1", now_s=0)
    for at, ask in enumerate((Ask.FIND, Ask.SELECT, Ask.READ)):
        _answer(reader, command(ask), now_s=10 + 10 * at)
    assert _answer(reader, command(Ask.FIND), now_s=50)[9] == after_read
    _answer(reader, command(Ask.RESET), now_s=60)
    assert _answer(reader, command(Ask.FIND), now_s=70)[9] == after_reset
    reader.insert("resident-1", now_s=80)
    assert _answer(reader, command(Ask.FIND), now_s=90)[9] == 0x9F


def test_answers_that_stick_together_are_the_last_one_and_this_one() -> None:
    reader = SimulatedReader()
    status = _answer(reader, command(Ask.STATUS), now_s=0)
    reader.give("merged", {"times": "1"}, now_s=1)
    assert _answer(reader, command(Ask.STATUS), now_s=2) == status + status
    assert _answer(reader, command(Ask.STATUS), now_s=10) == status


def test_an_answer_takes_the_device_its_time() -> None:
    reader = SimulatedReader()
    reader.receive(command(Ask.FIND), now_s=100)
    assert reader.next_due_s(now_s=100) == pytest.approx(100.03)
    assert reader.transmit(now_s=100.02) == b""
    assert reader.transmit(now_s=100.031) != b""
    assert reader.next_due_s(now_s=101) is None


def test_a_card_is_what_lies_there_when_the_device_looks() -> None:
    reader = SimulatedReader()
    reader.insert("resident-1", now_s=0)
    _answer(reader, command(Ask.FIND), now_s=1)
    _answer(reader, command(Ask.SELECT), now_s=10)
    reader.receive(command(Ask.READ), now_s=20)
    reader.remove(now_s=20.3)
    assert reader.transmit(now_s=25)[9] == 0x41


def test_selecting_without_finding_and_reading_without_selecting_are_bad_order() -> None:
    reader = SimulatedReader()
    reader.insert("resident-1", now_s=0)
    assert _answer(reader, command(Ask.SELECT), now_s=1)[9] == 0x21
    assert _answer(reader, command(Ask.READ), now_s=10)[9] == 0x21


def test_a_reader_powered_over_its_cable_starts_anew() -> None:
    reader = SimulatedReader()
    reader.insert("resident-1", now_s=0)
    reader.receive(command(Ask.FIND), now_s=1)
    reader.unplug(now_s=1.01)
    assert _answer(reader, command(Ask.STATUS), now_s=2) == b""
    reader.plug(now_s=10)
    assert _answer(reader, command(Ask.STATUS), now_s=10 + BOOT_S / 2) == b""
    assert _answer(reader, command(Ask.STATUS), now_s=20) != b""
    assert reader.holding()["卡片"] == "resident-1"


def test_it_says_what_it_holds_without_the_person_s_data() -> None:
    reader = SimulatedReader()
    assert reader.holding() == {"卡片": "无卡", "故障": "无"}
    reader.insert("resident-1", now_s=0)
    reader.give("silent", {}, now_s=0)
    assert reader.holding() == {"卡片": "resident-1", "故障": "silent"}
    assert reader.samples() == (
        "resident-1",
        "resident-2",
        "resident-expired",
        "foreigner-1",
        "hkmt-1",
        "foreigner-2023-1",
    )


def test_a_card_for_another_reader_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="no sample 'social-security-1'; there are: resident-1, "):
        SimulatedReader().insert("social-security-1", now_s=0)


def test_every_fault_has_words_and_can_be_given_and_cleared() -> None:
    reader = SimulatedReader()
    for fault in _as_far_end(reader).givable_faults():
        assert fault.title
        assert fault.summary.endswith("。")
        reader.give(fault.name, {}, now_s=0)
        assert fault.name in reader.holding()["故障"]
        reader.clear(fault.name, now_s=0)
        assert reader.holding()["故障"] == "无"


def test_clearing_without_a_name_ends_every_fault() -> None:
    reader = SimulatedReader()
    for fault in KINDS:
        reader.give(fault, {}, now_s=0)
    reader.clear(None, now_s=0)
    assert reader.holding()["故障"] == "无"
    assert reader.next_due_s(now_s=0) is None


@pytest.mark.parametrize(
    ("fault", "options", "complaint"),
    [
        ("paper-out", {}, "没有故障 'paper-out'，有这些：silent、garbage"),
        ("silent", {"for_s": "3"}, "silent 没有选项 'for_s'，有这些：无"),
        ("garbage", {"bites": "3"}, "garbage 没有选项 'bites'，有这些：bytes、seed"),
        ("garbage", {"bytes": "many"}, "bytes 写的是 'many'，应该是整数，1 到 10000000"),
        ("cut-frame", {"after_bytes": "1295"}, "after_bytes 写的是 1295，应该是整数，0 到 1294"),
        ("slow", {"delay_s": "nan"}, "delay_s 写的是 nan，应该是数，0 到 60"),
    ],
)
def test_a_wrong_fault_or_option_is_answered_in_words_a_trainer_can_act_on(
    fault: str, options: dict[str, str], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        SimulatedReader().give(fault, options, now_s=0)


def test_clearing_an_unknown_fault_is_answered_in_words() -> None:
    with pytest.raises(ValueError, match="没有故障"):
        SimulatedReader().clear("paper-out", now_s=0)


def test_garbage_comes_at_line_speed_is_the_same_for_a_seed_and_ends_by_itself() -> None:
    def noise(seed: int) -> bytes:
        reader = SimulatedReader()
        reader.give("garbage", {"bytes": "11520", "seed": str(seed)}, now_s=0)
        early = reader.transmit(now_s=0.5)
        assert 5500 < len(early) < 6100
        rest = reader.transmit(now_s=1.1)
        assert reader.holding()["故障"] == "无"
        return early + rest

    assert len(noise(1)) == 11520
    assert noise(1) == noise(1) != noise(2)
    assert noise(1).count(bytes.fromhex("AAAAAA9669")) > 100


@given(st.lists(st.binary(max_size=30), max_size=20))
def test_no_bytes_whatever_from_the_kiosk_crash_it(chunks: list[bytes]) -> None:
    reader = SimulatedReader()
    for n, chunk in enumerate(chunks):
        reader.receive(chunk, now_s=n)
        reader.transmit(now_s=n + 0.5)
    decoder = FrameDecoder()
    assert decoder.feed(_answer(reader, bytes(64) + command(Ask.STATUS), now_s=1000)) == [b"\x00\x00\x90"]
