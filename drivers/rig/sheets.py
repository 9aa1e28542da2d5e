"""The A4 sheets that came out, as PDF files and pictures in the rig's folder."""

import io
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from drivers.document_printer.simulated_works import Sheet


class KeptSheet(BaseModel):
    """One line of the index.

    Attributes:
        number: 1 for the first that came out into this folder, over every restart of the rig.
        at: When it fell into the tray.
        job: The printer's number of its job.
        page: Which page of what was sent, from 1.
        pdf: Name of its file in the folder.
        png: Name of its picture, or empty when the page holds none that fills it.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    at: datetime
    job: int
    page: int
    pdf: str
    png: str


class Sheets:
    """The folder of sheets and its index, oldest first."""

    def __init__(self, folder: Path) -> None:
        """Go on where the folder's index ends; a line cut short by a crash is left out."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._index = folder / "index.jsonl"
        self.kept: list[KeptSheet] = []
        if self._index.exists():
            for line in self._index.read_text(encoding="utf-8").splitlines():
                try:
                    self.kept.append(KeptSheet.model_validate_json(line))
                except ValidationError:
                    continue

    def keep(self, sheet: Sheet, *, at: datetime) -> None:
        """Write a sheet down: its file and picture first, then the line that says they are there."""
        number = max((kept.number for kept in self.kept), default=0) + 1
        name = f"{number:04d}"
        (self.folder / f"{name}.pdf").write_bytes(sheet.pdf)
        has_picture = _picture(sheet.pdf, self.folder / f"{name}.png")
        kept = KeptSheet(
            number=number, at=at, job=sheet.job, page=sheet.page, pdf=f"{name}.pdf", png=f"{name}.png" if has_picture else ""
        )
        with self._index.open("a", encoding="utf-8") as index:
            index.write(kept.model_dump_json() + "\n")
        self.kept.append(kept)


def _picture(pdf: bytes, file: Path) -> bool:
    """Save the picture a page consists of. A page of letters has none: there is nothing here that could draw it."""
    try:
        images = [image.image for image in PdfReader(io.BytesIO(pdf)).pages[0].images if image.image is not None]
    except (PyPdfError, ValueError, KeyError, IndexError):
        return False
    if not images:
        return False
    max(images, key=lambda image: image.width * image.height).convert("RGB").save(file, compress_level=3)
    return True
