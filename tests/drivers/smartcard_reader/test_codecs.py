"""Commands, status words and items, with the bytes of hardware.md section 2, and whatever else may come."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.smartcard_reader import item_codec
from drivers.smartcard_reader.apdu_codec import (
    SOCIAL_SECURITY,
    AnswerError,
    Instruction,
    Verdict,
    asking_for,
    get_response,
    parse_answer,
    read_item,
    select_application,
    select_file,
)
from drivers.smartcard_reader.item_codec import ItemError, pack_item, parse_item


def test_commands_have_the_bytes_of_the_specification() -> None:
    assert select_application(SOCIAL_SECURITY) == bytes.fromhex("00A404000F7378312E73682EC9E7BBE1B1A3D5CF")
    assert SOCIAL_SECURITY.decode("gbk") == "sx1.sh.社会保障"
    assert select_file(0xEF05) == bytes.fromhex("00A4020002EF05")
    assert read_item(0x08, length=18) == bytes.fromhex("00B2080014")
    assert get_response(0x14) == bytes.fromhex("00C0000014")
    assert asking_for(read_item(0x08, length=18), 256) == bytes.fromhex("00B2080000")


def test_there_is_no_way_to_say_a_pin() -> None:
    assert {each.value for each in Instruction} == {0xA4, 0xB2, 0xC0}


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("9000", Verdict.OK),
        ("6283", Verdict.OK),
        ("611C", Verdict.MORE),
        ("6C14", Verdict.OTHER_LENGTH),
        ("6982", Verdict.NEEDS_PIN),
        ("6983", Verdict.NEEDS_PIN),
        ("6A82", Verdict.NOT_THERE),
        ("6A83", Verdict.NOT_THERE),
        ("6D00", Verdict.UNKNOWN_HERE),
        ("6F00", Verdict.FAILED),
        ("0000", Verdict.FAILED),
    ],
)
def test_status_words_mean_what_the_standard_says(status: str, verdict: Verdict) -> None:
    assert parse_answer(bytes.fromhex(status)).verdict is verdict


def test_nought_stands_for_256() -> None:
    assert parse_answer(bytes.fromhex("6100")).count == 256


@given(st.binary(max_size=300))
def test_no_answer_whatever_is_more_than_an_error(raw: bytes) -> None:
    try:
        answer = parse_answer(raw)
    except AnswerError:
        assert not 2 <= len(raw) <= 258
    else:
        assert answer.data + answer.status.to_bytes(2, "big") == raw
        assert answer.verdict in Verdict
        assert answer.data.hex() not in repr(answer) or not answer.data


@given(st.binary(max_size=100), st.integers(0, 255))
def test_no_item_whatever_is_more_than_an_error_and_none_is_half(raw: bytes, number: int) -> None:
    try:
        data = parse_item(raw, number=number)
    except ItemError:
        return
    assert pack_item(data, number=number) == raw


@given(st.binary(max_size=60))
def test_no_data_whatever_in_an_item_raises_anything_but_its_error(raw: bytes) -> None:
    for reading in (
        item_codec.digits,
        item_codec.day,
        item_codec.day_or_for_life,
        item_codec.text,
        item_codec.id_number,
        item_codec.sex,
    ):
        with contextlib.suppress(ItemError):
            reading(raw, item="name")


def test_data_is_written_as_the_specification_says() -> None:
    assert item_codec.day(bytes.fromhex("19580312"), item="birth") == date(1958, 3, 12)
    assert item_codec.day_or_for_life(bytes(4), item="expiry date") is None
    assert item_codec.text("李秀珍".encode("gbk").ljust(30, b"\x00"), item="name") == "李秀珍"
    assert item_codec.text("梁𬱖".encode("gb18030") + b"    ", item="name") == "梁𬱖"
    assert item_codec.sex(b"2", item="sex") == item_codec.sex(b"\x02", item="sex") == "女"
    assert item_codec.id_number(b"44082119860921031x", item="number") == "44082119860921031X"


@pytest.mark.parametrize("raw", ["19581301", "1958", "ABCDEF01", ""])
def test_no_date_is_made_of_what_is_none(raw: str) -> None:
    with pytest.raises(ItemError):
        item_codec.day(bytes.fromhex(raw), item="birth")


@pytest.mark.parametrize("raw", [b"\xff\xff", b"\x81", b"   ", b"440804195803120028", b""])
def test_no_message_repeats_what_stood_on_the_card(raw: bytes) -> None:
    with pytest.raises(ItemError) as complaint:
        item_codec.id_number(raw, item="number")
    assert "4408" not in str(complaint.value)
