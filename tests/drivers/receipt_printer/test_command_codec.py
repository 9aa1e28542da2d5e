"""What the far end cuts out of a byte stream: real-time commands at once, print commands in order, whatever the bytes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.receipt_printer.command_codec import RealTimeFilter, Urgent, UrgentCommand, next_command
from drivers.receipt_printer.print_codec import Codepage, is_native, text

ASK = UrgentCommand(urgent=Urgent.STATUS, n=1)
# Bytes of which escape sequences are made come more often than by chance.
hostile = st.lists(
    st.one_of(st.sampled_from(b"\x10\x04\x05\x14\x08\x1b\x1c\x1d@Vv(Leark0"), st.integers(0, 255)), max_size=80
).map(bytes)


def joined(parts: list[bytes | UrgentCommand]) -> list[bytes | UrgentCommand]:
    """Neighbouring runs as one."""
    found: list[bytes | UrgentCommand] = []
    for part in parts:
        if isinstance(part, bytes) and found and isinstance(last := found[-1], bytes):
            found[-1] = last + part
        else:
            found.append(part)
    return found


def test_a_real_time_command_is_taken_out_wherever_it_stands() -> None:
    assert RealTimeFilter().sort(b"AB\x10\x04\x01CD") == [b"AB", ASK, b"CD"]
    assert RealTimeFilter().sort(b"\x10\x05\x02") == [UrgentCommand(urgent=Urgent.RECOVER, n=2)]
    clear = b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08"
    assert RealTimeFilter().sort(clear + b"X") == [UrgentCommand(urgent=Urgent.CLEAR, n=8), b"X"]


def test_a_lone_dle_is_a_byte_like_any_other() -> None:
    assert joined(RealTimeFilter().sort(b"\x10\x10A\x10\x04\x01")) == [b"\x10\x10A", ASK]


def test_a_command_cut_by_the_cable_is_forgotten() -> None:
    sorting = RealTimeFilter()
    assert sorting.sort(b"\x10\x04") == []
    sorting.forget()
    assert sorting.sort(b"\x01") == [b"\x01"]


@given(hostile, st.lists(st.integers(0, 80), max_size=6))
def test_any_bytes_in_any_pieces_are_sorted_the_same_way_and_none_is_lost(payload: bytes, cuts: list[int]) -> None:
    whole, pieces = RealTimeFilter(), RealTimeFilter()
    edges = [0, *sorted(min(cut, len(payload)) for cut in cuts), len(payload)]
    parts = [part for begin, end in pairwise(edges) for part in pieces.sort(payload[begin:end])]
    sorted_out = whole.sort(payload)
    assert joined(parts) == joined(sorted_out)
    stored = sum(len(part) for part in sorted_out if isinstance(part, bytes))
    urgent = sum(isinstance(part, UrgentCommand) for part in sorted_out)
    assert stored + 3 * urgent <= len(payload)


@given(hostile, st.booleans())
def test_any_bytes_are_cut_into_commands_without_an_error_and_each_takes_at_least_one(stream: bytes, is_chinese: bool) -> None:
    while (command := next_command(stream, is_chinese=is_chinese)) is not None:
        assert 1 <= command.size <= len(stream)
        stream = stream[command.size :]


@pytest.mark.parametrize(("payload", "size"), [(b"\x1de\x02A", 3), (b"\x1de\x03\x0cA", 4), (b"\x1de\x20\x0c\x1eA", 5)])
def test_the_ejector_s_commands_have_as_many_arguments_as_their_function(payload: bytes, size: int) -> None:
    command = next_command(payload, is_chinese=False)
    assert command is not None
    assert (command.word, command.size) == ("GSe", size)


@given(st.text(max_size=40), st.sampled_from(Codepage))
def test_any_line_is_encoded_and_leaves_chinese_mode_or_is_refused(line: str, codepage: Codepage) -> None:
    try:
        encoded = text(line, codepage)
    except ValueError:
        assert not all(is_native(char, codepage) for char in line)
        return
    assert encoded.count(b"\x1c&") == encoded.count(b"\x1c.")
    assert b"\x1b" not in encoded
    assert b"\x10" not in encoded
