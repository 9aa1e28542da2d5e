import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.transport.line_speed import heard

QUESTION = bytes.fromhex("AA AA AA 96 69 00 03 11 FF ED")
SPEEDS = (9600, 19200, 38400, 57600, 115200)


@given(st.binary(max_size=50), st.sampled_from(SPEEDS))
def test_ends_that_agree_hear_each_other(payload: bytes, baud: int) -> None:
    assert heard(payload, sent_baud=baud, heard_baud=baud) == payload


@given(st.binary(max_size=50), st.integers(113000, 117000))
def test_a_speed_a_little_off_does_no_harm(payload: bytes, baud: int) -> None:
    assert heard(payload, sent_baud=baud, heard_baud=115200) == payload


@pytest.mark.parametrize("sent_baud", SPEEDS)
@pytest.mark.parametrize("heard_baud", SPEEDS)
def test_ends_that_do_not_agree_hear_something_else(sent_baud: int, heard_baud: int) -> None:
    got = heard(QUESTION, sent_baud=sent_baud, heard_baud=heard_baud)
    assert (got == QUESTION) is (sent_baud == heard_baud)
    assert got
    assert len(got) <= len(QUESTION) * max(1, heard_baud // sent_baud) * 5


@given(st.binary(max_size=60), st.sampled_from(SPEEDS), st.sampled_from(SPEEDS))
def test_any_bytes_at_any_speed_come_to_an_end(payload: bytes, sent_baud: int, heard_baud: int) -> None:
    got = heard(payload, sent_baud=sent_baud, heard_baud=heard_baud)
    assert bool(got) is bool(payload)
