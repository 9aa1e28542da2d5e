"""Codes out of a byte stream: whole ones are handed on, everything else is refused, and nothing grows."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.code_scanner import gm65_codec
from drivers.code_scanner.code_codec import (
    ANSWERS_KEPT,
    MOST_BYTES,
    Charset,
    CodeCollector,
    CodeTextError,
    Collected,
    ScanStream,
    text_of,
)
from drivers.code_scanner.models import Ending
from drivers.contract.code_scanner import LONGEST_CODE

DONE = gm65_codec.reply(b"\x00")


def collector(ending: Ending = Ending.TERMINATOR) -> CodeCollector:
    return CodeCollector(ending=ending, gap_s=0.05, chatter=b"\x06")


def stream() -> ScanStream:
    return ScanStream(collector=collector(), has_answers=True)


def collected(payload: bytes, ending: Ending = Ending.TERMINATOR) -> Collected | None:
    gathering = collector(ending)
    gathering.feed(payload)
    return gathering.quiet()


def text(content: bytes, charset: Charset = Charset.AUTO) -> str:
    return text_of(Collected(content=content, is_finished=True, is_one=True), charset=charset)


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\n\r\n"])
@pytest.mark.parametrize("ending", Ending)
def test_a_carriage_return_or_line_feed_ends_a_code_and_is_no_part_of_it(end: bytes, ending: Ending) -> None:
    found = collected(b"\r\nABC" + end, ending)
    assert found is not None
    assert (found.content, found.is_finished, found.is_one) == (b"ABC", True, True)


def test_without_its_terminator_a_code_is_unfinished_unless_silence_ends_codes() -> None:
    for ending, is_finished in ((Ending.TERMINATOR, False), (Ending.SILENCE, True)):
        found = collected(b"ABC", ending)
        assert found is not None
        assert found.is_finished is is_finished
    with pytest.raises(CodeTextError, match="unfinished"):
        text_of(Collected(content=b"ABC", is_finished=False, is_one=True), charset=Charset.AUTO)


def test_a_gap_of_50_ms_ends_a_code_that_has_its_terminator_or_needs_none() -> None:
    waiting, silent, ended = collector(), collector(Ending.SILENCE), collector()
    for gathering, payload in ((waiting, b"A"), (silent, b"A"), (ended, b"A\r")):
        assert gathering.silence_s is None
        gathering.feed(payload)
    assert (waiting.silence_s, silent.silence_s, ended.silence_s) == (1.0, 0.05, 0.05)


def test_several_lines_are_no_code() -> None:
    found = collected(b"ABC\rDEF\r")
    assert found is not None
    with pytest.raises(CodeTextError, match="several lines"):
        text_of(found, charset=Charset.AUTO)


def test_an_acknowledgement_before_a_code_is_dropped_and_inside_one_it_is_no_text() -> None:
    found = collected(b"\x06ABC\r")
    assert found is not None
    assert found.content == b"ABC"
    found = collected(b"AB\x06C\r")
    assert found is not None
    with pytest.raises(CodeTextError, match="no text"):
        text_of(found, charset=Charset.AUTO)


def test_answers_are_told_from_codes_before_and_behind_them() -> None:
    sorting = stream()
    sorting.feed(DONE + b"ABC\r" + DONE)
    found = sorting.quiet()
    assert (sorting.answers, found is not None and found.content) == ([b"\x00", b"\x00"], b"ABC")


def test_a_damaged_answer_is_counted_and_is_no_code() -> None:
    sorting = stream()
    sorting.feed(DONE[:-1] + b"\xff")
    assert (sorting.answers, sorting.broken, sorting.quiet()) == ([], 1, None)


def test_an_answer_that_stops_in_its_midst_is_no_answer_and_no_text() -> None:
    sorting = stream()
    sorting.feed(DONE[:5])
    assert sorting.silence_s == 1.0
    found = sorting.quiet()
    assert found is not None
    assert not found.is_finished


def test_chinese_is_read_as_utf_8_or_as_gb18030() -> None:
    assert text("社保".encode()) == text("社保".encode("gb18030")) == "社保"
    assert text("社保".encode("gb18030"), Charset.GB18030) == "社保"
    with pytest.raises(CodeTextError, match="not utf-8"):
        text("社保".encode("gb18030"), Charset.UTF_8)


@pytest.mark.parametrize("length", [1, LONGEST_CODE])
def test_the_longest_code_is_counted_in_characters(length: int) -> None:
    assert text(("𬱖" * length).encode()) == "𬱖" * length
    with pytest.raises(CodeTextError, match="513 characters"):
        text(("A" * (LONGEST_CODE + 1)).encode())


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=8), st.sampled_from(Ending))
def test_any_bytes_in_any_pieces_give_the_same_and_never_raise(payload: bytes, cuts: list[int], ending: Ending) -> None:
    whole, pieces = (ScanStream(collector=collector(ending), has_answers=True) for _ in range(2))
    whole.feed(payload)
    edges = [0, *sorted(min(cut, len(payload)) for cut in cuts), len(payload)]
    for begin, end in pairwise(edges):
        pieces.feed(payload[begin:end])
    assert (whole.answers, whole.broken, whole.quiet()) == (pieces.answers, pieces.broken, pieces.quiet())


@given(st.binary(max_size=600), st.sampled_from(Charset))
def test_what_is_handed_on_is_always_1_to_512_printable_characters(content: bytes, charset: Charset) -> None:
    try:
        found = text(content, charset)
    except CodeTextError:
        return
    assert 1 <= len(found) <= LONGEST_CODE
    assert found.isprintable()


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=LONGEST_CODE))
def test_every_printable_text_passes_through_whole(original: str) -> None:
    found = collected(original.encode() + b"\r")
    assert found is not None
    assert text_of(found, charset=Charset.UTF_8) == original


def test_a_million_bytes_leave_no_more_than_one_code_s_worth_behind() -> None:
    sorting = stream()
    for _ in range(100):
        sorting.feed(b"9" * 10_000 + DONE)
        assert len(sorting.collector._content) <= MOST_BYTES
    assert sorting.collector.is_too_much
    found = sorting.quiet()
    assert found is not None
    assert not found.is_one
    for _ in range(1000):
        sorting.feed(DONE)
    assert len(sorting.answers) == ANSWERS_KEPT
