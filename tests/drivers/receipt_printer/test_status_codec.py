"""Status bytes as in makers' manuals (hardware.md, section 3)."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract.status import Condition
from drivers.receipt_printer import status_codec
from drivers.receipt_printer.status_codec import ReplyStream, reading_of, reading_of_automatic


def codes(*answers: int) -> tuple[str, ...]:
    return tuple(symptom.code for symptom in reading_of(*answers).symptoms)


def test_the_questions_are_those_of_the_manual() -> None:
    assert status_codec.ASK_ALL.hex(" ") == "10 04 01 10 04 02 10 04 03 10 04 04"
    assert status_codec.RECOVER_AND_CLEAR.hex(" ") == "10 05 02"
    assert status_codec.ASK_IN_ORDER.hex(" ") == "1d 72 01"


def test_idle_and_well_is_12_four_times() -> None:
    reading = reading_of(0x12, 0x12, 0x12, 0x12)
    assert (reading.condition, reading.symptoms) == (Condition.READY, ())
    assert reading.evidence == "DLE EOT 1=12 2=12 3=12 4=12"


def test_out_of_paper_reads_1a_32_7e() -> None:
    reading = reading_of(0x1A, 0x32, 0x12, 0x7E)
    assert [symptom.code for symptom in reading.symptoms] == ["printer.paper_out"]
    assert reading.symptoms[0].detail == "DLE EOT 1=1A 2=32 3=12 4=7E"
    assert (reading.condition, reading.supplies[0].remaining) == (Condition.FAILED, 0.0)


@pytest.mark.parametrize(
    ("answers", "expected", "condition"),
    [
        ((0x12, 0x12, 0x12, 0x1E), "printer.paper_low", Condition.DEGRADED),
        ((0x1A, 0x16, 0x12, 0x12), "printer.cover_open", Condition.FAILED),
        ((0x1A, 0x16, 0x12, 0x7E), "printer.cover_open", Condition.FAILED),
        ((0x1A, 0x52, 0x16, 0x12), "printer.mechanical_error", Condition.FAILED),
        ((0x1A, 0x52, 0x1A, 0x12), "printer.cutter_stuck", Condition.DEGRADED),
        ((0x1A, 0x52, 0x32, 0x12), "printer.unrecoverable", Condition.FAILED),
        ((0x1A, 0x52, 0x52, 0x12), "printer.head_hot", Condition.DEGRADED),
        ((0x1A, 0x52, 0x12, 0x12), "printer.mechanical_error", Condition.FAILED),
        ((0x1A, 0x12, 0x12, 0x12), "printer.offline", Condition.FAILED),
        ((0x32, 0x12, 0x12, 0x12), "printer.offline", Condition.FAILED),
    ],
)
def test_each_bit_has_its_word(answers: tuple[int, int, int, int], expected: str, condition: Condition) -> None:
    assert codes(*answers) == (expected,)
    assert reading_of(*answers).condition is condition


def test_a_hand_on_the_feed_button_is_busy_and_no_fault() -> None:
    assert (codes(0x1A, 0x1A, 0x12, 0x12), reading_of(0x1A, 0x1A, 0x12, 0x12).condition) == ((), Condition.BUSY)


def test_an_open_drawer_says_nothing_about_the_printer() -> None:
    assert reading_of(0x16, 0x12, 0x12, 0x12).condition is Condition.READY


@given(st.tuples(*[st.integers(0, 255)] * 4))
def test_whatever_is_not_of_the_pattern_is_no_reading(answers: tuple[int, int, int, int]) -> None:
    if all(byte & 0x93 == 0x12 for byte in answers):
        assert reading_of(*answers).condition is not Condition.UNKNOWN
    else:
        with pytest.raises(ValueError, match="pattern"):
            reading_of(*answers)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (0x000010, ()),
        (0x000018, ("printer.offline",)),
        (0x000038, ("printer.cover_open",)),
        (0x000418, ("printer.mechanical_error",)),
        (0x000818, ("printer.cutter_stuck",)),
        (0x002018, ("printer.unrecoverable",)),
        (0x004018, ("printer.head_hot",)),
        (0x020010, ("printer.paper_low",)),
        (0x0A0018, ("printer.paper_out",)),
    ],
)
def test_automatic_status_is_one_little_endian_word(word: int, expected: tuple[str, ...]) -> None:
    assert tuple(symptom.code for symptom in reading_of_automatic(word.to_bytes(4, "little")).symptoms) == expected


@pytest.mark.parametrize("four", [b"", b"\x10\x00\x00", b"\x12\x00\x00\x00", b"\x10\x90\x00\x00"])
def test_what_is_no_automatic_status_is_refused(four: bytes) -> None:
    with pytest.raises(ValueError, match="automatic"):
        reading_of_automatic(four)


def test_answers_of_every_kind_are_told_apart_wherever_they_stand() -> None:
    stream = ReplyStream()
    stream.feed(b"\x12\x00\x11\x1a\x18\x20\x00\x13\x0f\x37\x25\x00\x12\x0c\x99\x7e")
    assert stream.answers == [0x12, 0x1A, 0x12, 0x7E]
    assert stream.in_order == 2
    assert stream.automatic is not None
    assert stream.automatic.is_offline
    assert bytes(stream.noise) == b"\x99"


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=8))
def test_any_bytes_in_any_pieces_are_sorted_the_same_way_and_never_raise(payload: bytes, cuts: list[int]) -> None:
    whole, pieces = ReplyStream(), ReplyStream()
    whole.feed(payload)
    edges = [0, *sorted(min(cut, len(payload)) for cut in cuts), len(payload)]
    for begin, end in itertools.pairwise(edges):
        pieces.feed(payload[begin:end])
    assert (whole.answers, whole.in_order, whole.noise) == (pieces.answers, pieces.in_order, pieces.noise)
    assert len(whole.noise) <= status_codec.NOISE_KEPT
