"""PDFs counted and cut; files that are none are refused, whatever they are."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from drivers.document_printer.document import from_page, only_page, pages_in
from tests.fakes.pdf import pdf_of, words_of

WORDS = ["ONE", "TWO", "THREE", "FOUR"]
DOCUMENT = pdf_of(WORDS)


def locked() -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(DOCUMENT)))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_from_the_first_page_on_the_document_is_left_as_it_is() -> None:
    assert from_page(DOCUMENT, 1) == (DOCUMENT, 4)


@pytest.mark.parametrize("first", [2, 3, 4])
def test_what_stands_before_the_first_page_is_not_even_in_the_file(first: int) -> None:
    rest, pages = from_page(DOCUMENT, first)
    assert (words_of(rest), pages) == (WORDS[first - 1 :], 5 - first)
    assert pages_in(rest) == pages
    for word in WORDS[: first - 1]:
        assert f"({word})".encode() not in rest


def test_each_page_can_stand_alone() -> None:
    assert [words_of(only_page(DOCUMENT, page)) for page in range(1, 5)] == [[word] for word in WORDS]
    for page in (0, 5):
        with pytest.raises(ValueError, match="no page"):
            only_page(DOCUMENT, page)


def test_a_locked_document_is_refused() -> None:
    with pytest.raises(ValueError, match="locked"):
        pages_in(locked())


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5000), st.binary(max_size=6)), min_size=1, max_size=5), st.integers(1, 4))
def test_a_damaged_file_is_cut_or_refused(changes: list[tuple[int, bytes]], first: int) -> None:
    damaged = bytearray(DOCUMENT)
    for at, piece in changes:
        damaged[at % len(damaged) : at % len(damaged) + len(piece)] = piece
    try:
        from_page(bytes(damaged), first)
    except ValueError as error:
        assert not any(word in str(error) for word in WORDS)  # noqa: PT017  either is fine, nothing else is


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_words(payload: bytes) -> None:
    for attempt in (payload, b"%PDF-1.4\n" + payload):
        with pytest.raises(ValueError, match=r"."):
            pages_in(attempt)
