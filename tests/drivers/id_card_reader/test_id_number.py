import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.id_card_reader.id_number import CHECK_CHARACTERS, check_character, is_valid, normalised

digits = st.text("0123456789", min_size=17, max_size=17)


@pytest.mark.parametrize("number", ["360426199101010071", "440804195803120027", "44082119860921031X"])
def test_valid_numbers_are_accepted(number: str) -> None:
    assert normalised(number) == number


def test_a_small_x_is_accepted_and_stored_as_a_large_one() -> None:
    assert normalised("44082119860921031x") == "44082119860921031X"


@pytest.mark.parametrize("region", ["440821", "810000", "820000", "830000", "999999", "000000", "911156"])
def test_abolished_foreign_and_unknown_regions_are_accepted(region: str) -> None:
    first = f"{region}19860921031"
    assert is_valid(first + check_character(first))


@pytest.mark.parametrize(
    "number", ["", "36042619910101007", "3604261991010100711", "36042619910101007Y", "36042619910101X071", "３60426199101010071"]
)
def test_what_is_no_number_is_refused(number: str) -> None:
    assert not is_valid(number)


@given(digits, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(first: str, at: int, by: int) -> None:
    number = first + check_character(first)
    wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    assert is_valid(number)
    assert not is_valid(wrong)


@given(digits, st.integers(0, 16))
def test_two_neighbours_exchanged_are_always_noticed(first: str, at: int) -> None:
    number = first + check_character(first)
    exchanged = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    assert is_valid(exchanged) is (exchanged == number)


@given(st.text(max_size=30))
def test_no_text_whatever_is_more_than_refused(text: str) -> None:
    if is_valid(text):
        assert normalised(text)[17] in CHECK_CHARACTERS


@pytest.mark.parametrize("number", ["440804195803120028", "4408041958031200271"])
def test_a_refusal_does_not_repeat_the_number(number: str) -> None:
    with pytest.raises(ValueError, match="ID number") as caught:
        normalised(number)
    assert "4408" not in str(caught.value)
