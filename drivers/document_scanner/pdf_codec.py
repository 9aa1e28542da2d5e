"""A PDF of JPEG files, one a page of A4, nothing encoded anew.

Source: ISO 32000-1 (PDF 1.7), sections 7.5 (file structure), 7.4.8 (DCTDecode: a JPEG file is embedded as it is) and 8.9.5
(images). There is no date, no author and no title in it: it says nothing but what is on the sheets.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

A4_SHORT_PT = 595.28
A4_LONG_PT = 841.89
"""A4 in points, 72 to the inch."""

OVERHEAD = 2048
"""Bytes a page adds to its picture, at most, the file's head and end shared out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageImage:
    """One sheet: its JPEG file, and what its head says."""

    jpeg: bytes | bytearray | memoryview = field(repr=False)
    width_px: int
    height_px: int
    is_grey: bool


def pdf_of(pages: Sequence[PageImage]) -> bytearray:
    """Bind pages into one file, in order; each fills its sheet of A4, upright or lying, as far as its proportions allow."""
    pdf = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places: list[int] = []

    def begin(number: int) -> None:
        places.append(len(pdf))
        pdf.extend(f"{number} 0 obj\n".encode())

    begin(1)
    pdf += b"<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    begin(2)
    kids = " ".join(f"{3 + 3 * n} 0 R" for n in range(len(pages)))
    pdf += f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>\nendobj\n".encode()
    for n, page in enumerate(pages):
        number = 3 + 3 * n
        wide, high = (A4_LONG_PT, A4_SHORT_PT) if page.width_px > page.height_px else (A4_SHORT_PT, A4_LONG_PT)
        scale = min(wide / page.width_px, high / page.height_px)
        drawn_wide, drawn_high = page.width_px * scale, page.height_px * scale
        left, bottom = (wide - drawn_wide) / 2, (high - drawn_high) / 2
        content = f"q {drawn_wide:.2f} 0 0 {drawn_high:.2f} {left:.2f} {bottom:.2f} cm /Sheet Do Q".encode()
        begin(number)
        pdf += (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {wide} {high}] "
            f"/Resources << /XObject << /Sheet {number + 2} 0 R >> >> /Contents {number + 1} 0 R >>\nendobj\n"
        ).encode()
        begin(number + 1)
        pdf += f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream\nendobj\n"
        begin(number + 2)
        colours = "/DeviceGray" if page.is_grey else "/DeviceRGB"
        pdf += (
            f"<< /Type /XObject /Subtype /Image /Width {page.width_px} /Height {page.height_px} /ColorSpace {colours} "
            f"/BitsPerComponent 8 /Filter /DCTDecode /Length {len(page.jpeg)} >>\nstream\n"
        ).encode()
        pdf += page.jpeg
        pdf += b"\nendstream\nendobj\n"
    begins = len(pdf)
    pdf += f"xref\n0 {len(places) + 1}\n0000000000 65535 f \n".encode()
    for place in places:
        pdf += f"{place:010d} 00000 n \n".encode()
    pdf += f"trailer\n<< /Size {len(places) + 1} /Root 1 0 R >>\nstartxref\n{begins}\n%%EOF\n".encode()
    return pdf
