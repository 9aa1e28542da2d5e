"""A PDF as pages: counted, and cut shorter. The one module that meets pypdf."""

import io
import struct
import zlib

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

MOST_PAGES = 50
MOST_BYTES = 20_000_000

_UNREADABLE = (
    PyPdfError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    NotImplementedError,
    OSError,
    zlib.error,
    struct.error,
)
"""What pypdf raises at a file that is no PDF: seldom its own errors (fuzzed in tests/drivers/document_printer)."""


def pages_in(pdf: bytes) -> int:
    """Count the pages.

    Raises:
        ValueError: This is no PDF that can be printed as it is, or too large a one.
    """
    return len(_read(pdf).pages)


def from_page(pdf: bytes, first_page: int) -> tuple[bytes, int]:
    """Leave out what stands before ``first_page``, counted from 1; return the rest and its number of pages.

    From page 1 on it is returned untouched. May take a second at 50 pages: not for the loop.

    Raises:
        ValueError: This is no PDF that can be printed as it is, or has no such page.
    """
    total = pages_in(pdf)
    if not 1 <= first_page <= total:
        raise ValueError(f"there is no page {first_page}; there are 1 to {total}")
    return (pdf if first_page == 1 else _cut(pdf, first_page, total)), total - first_page + 1


def only_page(pdf: bytes, page: int) -> bytes:
    """One page, counted from 1, as a PDF of its own. Raises as ``from_page`` does."""
    if not 1 <= page <= pages_in(pdf):
        raise ValueError(f"there is no page {page}")
    return _cut(pdf, page, page)


def _cut(pdf: bytes, first: int, last: int) -> bytes:
    try:
        writer = PdfWriter()
        writer.append(io.BytesIO(pdf), pages=(first - 1, last), import_outline=False)
        written = io.BytesIO()
        writer.write(written)
    except _UNREADABLE as error:
        raise _no_pdf(error) from error
    return written.getvalue()


def _read(pdf: bytes) -> PdfReader:
    if len(pdf) > MOST_BYTES:
        raise ValueError(f"a document of {len(pdf)} bytes; at most {MOST_BYTES} are printed")
    if b"%PDF-" not in pdf[:1024]:
        raise ValueError("this is no PDF: it does not begin like one")
    try:
        reader = PdfReader(io.BytesIO(pdf))
        is_locked, total = reader.is_encrypted, 0 if reader.is_encrypted else len(reader.pages)
    except _UNREADABLE as error:
        raise _no_pdf(error) from error
    if is_locked:
        raise ValueError("this PDF is locked with a password")
    if not 1 <= total <= MOST_PAGES:
        raise ValueError(f"a document of {total} pages; 1 to {MOST_PAGES} are printed")
    return reader


def _no_pdf(error: Exception) -> ValueError:
    # The kind alone: what a parser says may quote the document.
    return ValueError(f"this PDF cannot be read ({type(error).__name__})")
