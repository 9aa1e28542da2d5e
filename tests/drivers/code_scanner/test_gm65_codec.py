"""Frames of the GM65 family, as in its makers' tables (hardware.md, section 5), and whatever a bad line makes of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.code_scanner import gm65_codec
from drivers.code_scanner.gm65_codec import Command, baud_of, next_command, read, reply, reply_data, reply_size, save, write


def test_the_frames_are_those_of_the_manual() -> None:
    assert read(gm65_codec.BAUD, 2).hex(" ").upper() == "7E 00 07 01 00 2A 02 D8 0F"
    assert write(gm65_codec.BAUD, b"\x39\x01").hex(" ").upper() == "7E 00 08 02 00 2A 39 01 A7 EA"
    assert save().hex(" ").upper() == "7E 00 09 01 00 00 00 DE C8"
    assert write(gm65_codec.TRIGGER, b"\x01")[:7].hex(" ").upper() == "7E 00 08 01 00 02 01"
    assert reply(b"\x00").hex(" ").upper() == "02 00 00 01 00 33 31"
    assert reply(b"\x39\x01").hex(" ").upper() == "02 00 00 02 39 01 C1 4C"


def test_39_01_is_9600_baud() -> None:
    assert [baud_of(bytes.fromhex(data)) for data in ("39 01", "1A 00", "00 00")] == [9600, 115400, 0]


def test_the_engine_takes_a_right_crc_or_ab_cd_and_nothing_else() -> None:
    trigger = bytes.fromhex("7E 00 08 01 00 02 01")
    expected = Command(kind=gm65_codec.WRITE, address=gm65_codec.TRIGGER, data=b"\x01")
    assert next_command(trigger + b"\xab\xcd") == (expected, 9)
    assert next_command(trigger + b"\x02\xda") == (expected, 9)
    assert next_command(trigger + b"\x02\xdb")[0] is None
    assert next_command(b"\x7e\x7e" + trigger) == (None, 2)
    assert next_command(read(0, 1)) == (Command(kind=gm65_codec.READ, address=0, data=b"\x01"), 9)


def test_an_answer_says_how_long_it_is_as_soon_as_it_can() -> None:
    frame = reply(b"\x39\x01")
    assert [reply_size(frame[:count]) for count in range(6)] == [None, None, None, None, 8, 8]


@pytest.mark.parametrize("begun", ["03", "02 01", "02 00 01", "02 00 00 00", "02 00 00 11", "02 00 00 FF"])
def test_what_begins_like_no_answer_is_none(begun: str) -> None:
    with pytest.raises(ValueError, match="answer"):
        reply_size(bytes.fromhex(begun))


@pytest.mark.parametrize("at", range(3, 8))
@pytest.mark.parametrize("bit", range(8))
def test_a_flipped_bit_in_an_answer_is_noticed(at: int, bit: int) -> None:
    frame = bytearray(reply(b"\x39\x01"))
    frame[at] ^= 1 << bit
    with pytest.raises(ValueError, match=r"CRC"):
        reply_data(bytes(frame))


@given(st.binary(min_size=1, max_size=16))
def test_every_answer_comes_back_as_its_data(data: bytes) -> None:
    assert reply_data(reply(data)) == data
    assert reply_size(reply(data)) == len(reply(data))


@given(st.binary(max_size=300))
def test_any_bytes_can_be_sent_to_an_engine_and_it_always_gets_on(stream: bytes) -> None:
    while stream:
        command, done = next_command(stream)
        assert 0 <= done <= len(stream)
        if command is None and done == 0:
            return  # it waits for the rest
        stream = stream[done:]
