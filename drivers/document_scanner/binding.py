"""Sheets bound into one PDF that is small enough: as they are when they fit, coarser in steps when they do not.

Blocking: call it in a Worker.
"""

from collections.abc import Sequence

from drivers.document_scanner.pdf_codec import OVERHEAD, PageImage, pdf_of
from drivers.transport.jpeg_codec import components_of, is_whole, size_of
from drivers.transport.picture import NoPictureError, smaller

MOST_PAGES = 20

STEPS: tuple[tuple[int, int], ...] = ((1654, 75), (1654, 60), (1240, 60), (1240, 45), (992, 45), (827, 40))
"""Width in pixels and JPEG quality, from the finest to the coarsest in which print of eight points can still be read: A4 at
200, 150, 120 and 100 dots an inch."""


def bound(jpegs: Sequence[bytes | bytearray | memoryview], *, at_most_bytes: int) -> bytearray:
    """Bind JPEG files into one PDF.

    Raises:
        ValueError: None, more than 20, one is no picture, or they cannot be made small enough to be read.
    """
    if not 1 <= len(jpegs) <= MOST_PAGES:
        raise ValueError(f"{len(jpegs)} pages were to be bound; allowed are 1 to {MOST_PAGES}")
    pages = [_page(number, jpeg) for number, jpeg in enumerate(jpegs, start=1)]
    if _size(pages) <= at_most_bytes:
        return pdf_of(pages)
    for wide, quality in STEPS:
        coarser = [_coarser(page, wide=wide, quality=quality) for page in pages]
        try:
            if _size(coarser) <= at_most_bytes:
                return pdf_of(coarser)
        finally:
            for page in coarser:
                if isinstance(page.jpeg, bytearray):
                    page.jpeg[:] = bytes(len(page.jpeg))
    raise ValueError(f"{len(pages)} pages cannot be made smaller than {at_most_bytes} bytes and still be read")


def _size(pages: Sequence[PageImage]) -> int:
    return sum(len(page.jpeg) + OVERHEAD for page in pages)


def _page(number: int, jpeg: bytes | bytearray | memoryview) -> PageImage:
    size = size_of(jpeg)
    if size is None or not is_whole(jpeg):
        raise ValueError(f"page {number} is no picture, or was wiped")
    return PageImage(jpeg=jpeg, width_px=size[0], height_px=size[1], is_grey=components_of(jpeg) == 1)


def _coarser(page: PageImage, *, wide: int, quality: int) -> PageImage:
    at_most_wide = wide if page.height_px >= page.width_px else round(wide * 2**0.5)  # a page that lies is wider
    try:
        jpeg = smaller(page.jpeg, at_most_wide=at_most_wide, quality=quality)
    except NoPictureError:
        raise ValueError("a page cannot be decoded") from None
    width_px, height_px = size_of(jpeg) or (page.width_px, page.height_px)
    return PageImage(jpeg=jpeg, width_px=width_px, height_px=height_px, is_grey=False)
