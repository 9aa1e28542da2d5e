"""The Beacon's frames, with the bytes of its manual (here: invented ones), and with arbitrary ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.code_scanner.beacon_codec import HEAD, AnswerError, Kind, MessageDecoder, message, who
from drivers.code_scanner.code_codec import MOST_BYTES

FROM_THE_MANUAL = bytes.fromhex("02 43 00 02 41 42 42")
"""The code ``AB``; a real test names edition and page."""


def test_a_code_is_framed_as_the_manual_shows_it() -> None:
    assert message(Kind.CODE, b"AB") == FROM_THE_MANUAL


def test_a_message_is_found_behind_noise_and_one_byte_at_a_time() -> None:
    decoder = MessageDecoder()
    found = [each for byte in b"\x02noise\x43\x00" + FROM_THE_MANUAL for each in decoder.feed(bytes((byte,)))]
    assert [each.content for each in (*found, *decoder.quiet())] == [b"AB"]
    assert decoder.held == 0


@pytest.mark.parametrize("at", range(len(FROM_THE_MANUAL)))
def test_no_flipped_byte_gives_another_code(at: int) -> None:
    spoiled = bytearray(FROM_THE_MANUAL)
    spoiled[at] ^= 0x01
    decoder = MessageDecoder()
    assert [each.content for each in (*decoder.feed(bytes(spoiled)), *decoder.quiet())] in ([], [b""])


def test_a_length_beyond_any_code_is_told_at_once() -> None:
    (found,) = MessageDecoder().feed(b"\x02\x43\xff\xff")
    assert found.is_too_long


def test_an_answer_is_four_words() -> None:
    assert who(b"Beacon 2D;SIM0001;1.0;ok").state == "ok"
    for content in (b"", b"a;b;c", b"a;b;c;d;e", b"a;b;c;\x1b[2J", b"a;b;c;" + b"d" * 41):
        with pytest.raises(AnswerError):
            who(content)


@given(st.lists(st.one_of(st.binary(max_size=80), st.sampled_from([FROM_THE_MANUAL, b"\x02\x43\x08\x00", b"\x02\x48"]))))
def test_no_bytes_whatever_raise_or_pile_up(chunks: list[bytes]) -> None:
    decoder = MessageDecoder()
    for chunk in chunks:
        for found in decoder.feed(chunk):
            assert len(found.content) <= MOST_BYTES
        assert decoder.held <= HEAD + MOST_BYTES + 1
    decoder.quiet()
    assert decoder.held == 0
