"""Bytes of the SAM protocol, as in the makers' tables, and whatever a bad line makes of them."""

from contextlib import suppress
from functools import reduce
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.id_card_reader.dialects import HABITS, DialectChoice
from drivers.id_card_reader.frame_codec import LONGEST_REPLY, PREAMBLE, FrameDecoder, frame
from drivers.id_card_reader.sam_codec import (
    COMMANDS,
    MEANINGS,
    Ask,
    Dialect,
    Meaning,
    Reply,
    answers,
    command,
    parse_reply,
    sam_number,
    split_parts,
)

MOST_HELD = len(PREAMBLE) + 2 + LONGEST_REPLY

TABLE = {
    (Ask.RESET, b""): "00 03 10 FF EC",
    (Ask.STATUS, b""): "00 03 11 FF ED",
    (Ask.SAM_ID, b""): "00 03 12 FF EE",
    (Ask.FIND, b""): "00 03 20 01 22",
    (Ask.SELECT, b""): "00 03 20 02 21",
    (Ask.READ, b""): "00 03 30 01 32",
    (Ask.NEWEST_ADDRESS, b""): "00 03 30 03 30",
    (Ask.BODY_NUMBER, b""): "00 03 30 05 36",
    (Ask.READ_WITH_FINGER, b""): "00 03 30 10 23",
    (Ask.RF_FRAME_SIZE, b"\x50"): "00 04 61 FF 50 CA",
    (Ask.BAUD, b"\x00"): "00 03 60 00 63",
    (Ask.BAUD, b"\x01"): "00 03 60 01 62",
    (Ask.BAUD, b"\x02"): "00 03 60 02 61",
    (Ask.BAUD, b"\x03"): "00 03 60 03 60",
    (Ask.BAUD, b"\x04"): "00 03 60 04 67",
}

NO_CARD = frame(bytes.fromhex("00 00 80"))
CARD = frame(bytes.fromhex("00 00 90") + bytes.fromhex("01 00 04 00") + bytes(range(256)) * 5)


@pytest.mark.parametrize(("ask", "data"), TABLE)
def test_every_command_has_the_bytes_of_the_manual(ask: Ask, data: bytes) -> None:
    assert command(ask, data=data) == bytes.fromhex("AA AA AA 96 69") + bytes.fromhex(TABLE[ask, data])


def test_a_find_frame_with_checksum_21_is_the_field_s_bug_and_not_ours() -> None:
    assert command(Ask.FIND)[-1] == 0x22
    damaged = command(Ask.FIND)[:-1] + b"\x21"
    assert FrameDecoder(shortest=3).feed(damaged) == []


def test_another_dialect_is_another_row_of_the_table() -> None:
    assert command(Ask.FIND, dialect=Dialect.VENDOR_00)[7:9] == b"\x00\x81"
    assert set(COMMANDS[Dialect.VENDOR_00]) == set(COMMANDS[Dialect.STANDARD]) == set(Ask)


def test_the_dialect_of_one_vendor_has_bytes_of_its_own_for_four_questions() -> None:
    differing = {ask for ask in Ask if command(ask, dialect=Dialect.VENDOR_00) != command(ask)}
    assert differing == {Ask.RESET, Ask.FIND, Ask.SELECT, Ask.READ}
    assert command(Ask.SELECT, dialect=Dialect.VENDOR_00) == bytes.fromhex("AA AA AA 96 69 00 03 00 82 81")
    assert set(HABITS) == set(Dialect)
    assert {choice.value for choice in DialectChoice} == {"auto", *Dialect}


def test_a_length_is_both_its_bytes_whatever_the_precedence_of_shift_and_plus() -> None:
    reply = frame(b"\x00\x00\x90" + bytes(0x0501 - 4))
    assert reply[5:7] == b"\x05\x01"
    assert (0x05 << 8 + 0x01) != 0x0501  # what the field's code computes
    assert FrameDecoder().feed(reply) == [b"\x00\x00\x90" + bytes(0x0501 - 4)]
    decoder = FrameDecoder()
    assert decoder.feed(reply[: 5 + 2 + 0x01]) == []  # what one length byte would take for the end


@pytest.mark.parametrize(("finger", "length"), [(0, "05 0A"), (1024, "09 0A")])
def test_text_photo_and_fingerprints_come_with_three_lengths(finger: int, length: str) -> None:
    data = bytes.fromhex("01 00 04 00") + finger.to_bytes(2, "big") + b"t" * 256 + b"p" * 1024 + b"f" * finger
    reply = frame(b"\x00\x00\x90" + data)
    assert reply[5:7] == bytes.fromhex(length)
    (body,) = FrameDecoder().feed(reply)
    assert answers(parse_reply(body), Ask.READ_WITH_FINGER)
    assert split_parts(parse_reply(body).data, 3) == (b"t" * 256, b"p" * 1024, b"f" * finger)


@given(data=st.binary(max_size=80), count=st.integers(2, 3))
def test_no_lengths_whatever_cut_more_than_came(data: bytes, count: int) -> None:
    with suppress(ValueError):
        parts = split_parts(data, count)
        assert b"".join(parts) == data[2 * count :]


@given(sw3=st.integers(0, 255), data=st.binary(max_size=40), ask=st.sampled_from(Ask))
def test_every_reply_is_or_is_not_an_answer_to_every_question(sw3: int, data: bytes, ask: Ask) -> None:
    reply = _reply(sw3, data)
    assert isinstance(answers(reply, ask), bool)
    assert reply.words.startswith("SW 00 00")


def test_a_card_s_frame_has_1295_bytes_and_both_length_bytes_count() -> None:
    assert len(CARD) == 1295
    assert CARD[5:7] == b"\x05\x08"
    (body,) = FrameDecoder().feed(CARD)
    text, photo = split_parts(parse_reply(body).data, 2)
    assert (len(text), len(photo)) == (256, 1024)


@pytest.mark.parametrize("lengths", ["00 00 04 00", "01 00 00 04", "FF FF FF FF", "01 01 04 00"])
def test_lengths_inside_a_frame_that_do_not_add_up_are_refused(lengths: str) -> None:
    with pytest.raises(ValueError, match="announced"):
        split_parts(bytes.fromhex(lengths) + bytes(1280), 2)


@pytest.mark.parametrize("at", range(5, 11))
@pytest.mark.parametrize("bit", range(8))
def test_an_answer_with_any_bit_flipped_is_not_accepted(at: int, bit: int) -> None:
    damaged = bytearray(NO_CARD)
    damaged[at] ^= 1 << bit
    decoder = FrameDecoder()
    assert decoder.feed(bytes(damaged)) + decoder.quiet() == []


def test_a_card_s_frame_with_any_byte_flipped_is_not_accepted() -> None:
    for at in range(len(CARD)):
        damaged = bytearray(CARD)
        damaged[at] ^= 0x5A
        decoder = FrameDecoder()
        assert decoder.feed(bytes(damaged)) + decoder.quiet() == [], at


def test_a_giant_length_is_dropped_and_the_next_frame_read() -> None:
    decoder = FrameDecoder()
    assert decoder.feed(PREAMBLE + b"\xff\xff" + bytes(100) + NO_CARD) == [b"\x00\x00\x80"]
    assert decoder.broken == 1
    assert decoder.held == 0


@pytest.mark.parametrize("length", ["00 00", "00 03", "09 0B", "7F FF"])
def test_impossible_lengths_hide_nothing(length: str) -> None:
    assert FrameDecoder().feed(PREAMBLE + bytes.fromhex(length) + NO_CARD) == [b"\x00\x00\x80"]


def test_preambles_inside_noise_do_not_confuse() -> None:
    noise = PREAMBLE[:3] + PREAMBLE + PREAMBLE[:4] + b"\xaa\xaa\xaa\xaa\xaa"
    decoder = FrameDecoder()
    assert decoder.feed(noise + NO_CARD) + decoder.quiet() == [b"\x00\x00\x80"]


def test_a_frame_behind_the_beginning_of_another_comes_out_when_the_line_falls_quiet() -> None:
    decoder = FrameDecoder()
    assert decoder.feed(CARD[:200] + NO_CARD) == []
    assert decoder.quiet() == [b"\x00\x00\x80"]
    assert decoder.held == 0


def test_two_frames_in_one_piece_are_two_frames() -> None:
    assert FrameDecoder().feed(NO_CARD + NO_CARD) == [b"\x00\x00\x80"] * 2


def test_a_megabyte_of_noise_leaves_memory_flat() -> None:
    decoder = FrameDecoder()
    piece = (b"\x55" * 50 + PREAMBLE + b"\x01\x00") * 18
    for _ in range(1_000_000 // len(piece)):
        decoder.feed(piece)
        assert decoder.held <= MOST_HELD
    decoder.quiet()
    assert decoder.feed(NO_CARD) == [b"\x00\x00\x80"]


pieces = st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([PREAMBLE, PREAMBLE + b"\x05\x08", NO_CARD[:7], CARD[:60]])))


@given(pieces)
def test_no_bytes_whatever_crash_the_decoder_or_fill_its_buffer(chunks: list[bytes]) -> None:
    decoder = FrameDecoder()
    for chunk in chunks:
        decoder.feed(chunk)
        assert decoder.held <= MOST_HELD
    decoder.quiet()
    assert decoder.held == 0


@given(noise=pieces, body=st.binary(min_size=3, max_size=300))
def test_the_next_good_frame_is_always_decoded(noise: list[bytes], body: bytes) -> None:
    decoder = FrameDecoder()
    bodies = [found for chunk in [*noise, frame(body)] for found in decoder.feed(chunk)] + decoder.quiet()
    # Noise may end in a beginning that, by the luck of a byte, makes a frame of its own with ours inside it.
    assert bodies[-1:] == [body] or frame(body) in frame(bodies[-1])


@given(body=st.binary(min_size=3, max_size=1500), cuts=st.lists(st.integers(0, 1500), max_size=20))
def test_a_frame_in_any_pieces_is_the_same_frame(body: bytes, cuts: list[int]) -> None:
    whole = frame(body)
    edges = [0, *sorted(cut for cut in cuts if cut < len(whole)), len(whole)]
    decoder = FrameDecoder()
    assert [b for a, z in pairwise(edges) for b in decoder.feed(whole[a:z])] == [body]


@given(st.binary(min_size=3, max_size=600))
def test_the_checksum_is_the_xor_of_all_behind_the_preamble(body: bytes) -> None:
    built = frame(body)
    assert reduce(lambda a, b: a ^ b, built[5:]) == 0
    assert int.from_bytes(built[5:7], "big") == len(built) - 7


def test_the_sam_number_is_printed_as_its_makers_do() -> None:
    raw = bytes.fromhex("0500 0100 AFDC3201 15CD5B07 B168DE3A")
    assert sam_number(raw) == "05.01-20110511-0123456789"


@pytest.mark.parametrize(
    ("sw3", "meaning"),
    [
        (0x90, Meaning.OK),
        (0x9F, Meaning.OK),
        (0x80, Meaning.NO_CARD),
        (0x81, Meaning.FAILED),
        (0x41, Meaning.FAILED),
        (0x47, Meaning.FAILED),
        (0x31, Meaning.NOT_AUTHENTIC),
        (0x32, Meaning.NOT_AUTHENTIC),
        (0x33, Meaning.NOT_AUTHENTIC),
        (0x40, Meaning.WRONG_CARD),
        (0x10, Meaning.LINE_NOISE),
        (0x11, Meaning.LINE_NOISE),
        (0x21, Meaning.MISUSE),
        (0x24, Meaning.MISUSE),
        (0x60, Meaning.SAM_FAILED),
        (0x66, Meaning.SAM_UNAUTHORISED),
        (0x91, Meaning.NOTHING_THERE),
        (0x77, Meaning.UNKNOWN),
    ],
)
def test_every_status_word_means_what_the_table_says(sw3: int, meaning: Meaning) -> None:
    assert _reply(sw3).meaning is meaning
    assert (sw3 in MEANINGS) is (meaning is not Meaning.UNKNOWN)


@pytest.mark.parametrize(
    ("ask", "reply_sw3", "data_length"),
    [
        (Ask.STATUS, 0x9F, 4),
        (Ask.STATUS, 0x80, 0),
        (Ask.SELECT, 0x9F, 4),
        (Ask.FIND, 0x90, 0),
        (Ask.READ, 0x90, 0),
        (Ask.READ, 0x90, 8),
        (Ask.FIND, 0x91, 0),
        (Ask.BODY_NUMBER, 0x90, 27),
        (Ask.NEWEST_ADDRESS, 0x90, 281),
        (Ask.FIND, 0x90, 1284),
    ],
)
def test_a_late_answer_to_another_question_is_told_by_its_shape(ask: Ask, reply_sw3: int, data_length: int) -> None:
    assert not answers(_reply(reply_sw3, bytes(data_length)), ask)


def test_a_reply_shows_nothing_of_the_person() -> None:
    assert "440804" not in repr(_reply(0x90, "440804".encode("utf-16-le")))
    assert _reply(0x80).words == "SW 00 00 80 (no card)"


def _reply(sw3: int, data: bytes = b"") -> Reply:
    return Reply(sw1=0, sw2=0, sw3=sw3, data=data)
