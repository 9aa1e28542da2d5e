"""Synthetic PDFs whose pages can be told apart by the one word that stands on each."""

import io
from collections.abc import Sequence

from pypdf import PdfReader


def pdf_of(words: Sequence[str], *, filling: int = 0) -> bytes:
    """An A4 document of one page a word; ``filling`` bytes of nothing make it longer."""
    count = len(words)
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Count {count} /Kids [{kids}] >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for at, word in enumerate(words):
        drawn = f"BT /F1 24 Tf 72 720 Td ({word}) Tj ET".encode()
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * at} 0 R "
            f"/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n".encode() + drawn + b"\nendstream")
    out = bytearray(b"%PDF-1.7\n" + b"%" + b"-" * filling + b"\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010d} 00000 n \n".encode() for place in places)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


def words_of(pdf: bytes) -> list[str]:
    """The word on each page."""
    return [page.extract_text().strip() for page in PdfReader(io.BytesIO(pdf)).pages]
