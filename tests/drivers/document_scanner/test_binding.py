"""Sheets become one PDF that other readers read, as they are where they fit and coarser where they do not."""

import io

import numpy as np
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.document_scanner.binding import bound
from drivers.document_scanner.pdf_codec import OVERHEAD, PageImage, pdf_of
from drivers.document_scanner.simulated_sheets import page
from drivers.transport.picture import Pixels, encoded


def a_sheet(seed: int = 1) -> bytearray:
    return encoded(page("SYNTHETIC", lines=17, seed=seed), quality=90)


def read(pdf: bytes | bytearray) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(bytes(pdf)), strict=True)


def test_sheets_that_fit_are_embedded_as_they_are() -> None:
    sheets = [a_sheet(1), a_sheet(2)]
    pdf = bound(sheets, at_most_bytes=10_000_000)
    assert all(bytes(sheet) in pdf for sheet in sheets)
    pages = read(pdf).pages
    assert len(pages) == 2
    for each in pages:
        assert (float(each.mediabox.width), float(each.mediabox.height)) == (595.28, 841.89)
        assert each.images[0].image is not None
        assert each.images[0].image.size == (744, 1052)


def test_a_sheet_that_lies_lies_in_the_file_too_and_grey_stays_grey() -> None:
    grey: Pixels = np.random.default_rng(1).integers(0, 255, (400, 600), dtype=np.uint8)
    (each,) = read(bound([encoded(grey, quality=80)], at_most_bytes=10_000_000)).pages
    assert (float(each.mediabox.width), float(each.mediabox.height)) == (841.89, 595.28)
    assert each.images[0].image is not None
    assert each.images[0].image.mode == "L"


def test_too_large_a_file_is_made_coarser_and_no_larger_than_told() -> None:
    sheets = [a_sheet(seed) for seed in range(3)]
    whole = bound(sheets, at_most_bytes=10_000_000)
    for share in (0.8, 0.6):
        limit = int(len(whole) * share)
        smaller = bound(sheets, at_most_bytes=limit)
        assert len(smaller) <= limit
        assert len(read(smaller).pages) == 3


def test_what_cannot_be_made_small_enough_to_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="still be read"):
        bound([a_sheet()], at_most_bytes=20_000)


@pytest.mark.parametrize("count", [0, 21])
def test_no_page_or_too_many_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 20"):
        bound([a_sheet()] * count, at_most_bytes=10_000_000)


@given(st.binary(max_size=200))
def test_what_is_no_picture_is_refused_in_words(hostile: bytes) -> None:
    with pytest.raises(ValueError, match=r"page 2 is no picture|cannot be decoded"):
        bound([a_sheet(), b"\xff\xd8" + hostile + b"\xff\xd9"], at_most_bytes=1000)


def test_a_wiped_page_is_refused() -> None:
    with pytest.raises(ValueError, match="was wiped"):
        bound([bytes(5000)], at_most_bytes=10_000_000)


def test_the_file_says_nothing_but_what_is_on_the_sheets() -> None:
    reader = read(bound([a_sheet()], at_most_bytes=10_000_000))
    assert not reader.metadata
    assert reader.trailer.get("/ID") is None


@given(st.lists(st.tuples(st.integers(1, 9000), st.integers(1, 9000)), min_size=1, max_size=20))
def test_a_file_s_size_is_known_before_it_is_made(sizes: list[tuple[int, int]]) -> None:
    jpeg = b"\xff\xd8\xff\xd9"
    pages = [PageImage(jpeg=jpeg, width_px=wide, height_px=high, is_grey=False) for wide, high in sizes]
    pdf = pdf_of(pages)
    assert len(pdf) <= len(pages) * (len(jpeg) + OVERHEAD)
    assert pdf.endswith(b"%%EOF\n")
    assert pdf.count(b"/Type /Page ") == len(pages)
