"""The paper that came out, as pictures and text files in the rig's folder."""

from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from drivers.receipt_printer.paper import Paper


class KeptPaper(BaseModel):
    """One line of the index.

    Attributes:
        number: 1 for the first that came out into this folder, over every restart of the rig.
        at: When it came off the printer.
        png: Name of its picture in the folder.
        txt: Name of its text in the folder.
        ended: How it came off: cut, torn, out.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    at: datetime
    png: str
    txt: str
    length_mm: float
    ended: str


class Papers:
    """The folder of papers and its index, oldest first."""

    def __init__(self, folder: Path) -> None:
        """Go on where the folder's index ends; a line cut short by a crash is left out."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._index = folder / "index.jsonl"
        self.kept: list[KeptPaper] = []
        if self._index.exists():
            for line in self._index.read_text(encoding="utf-8").splitlines():
                try:
                    self.kept.append(KeptPaper.model_validate_json(line))
                except ValidationError:
                    continue

    def keep(self, paper: Paper, *, at: datetime) -> None:
        """Write a paper down: picture and text first, then the line that says they are there."""
        number = max((kept.number for kept in self.kept), default=0) + 1
        kept = KeptPaper(
            number=number,
            at=at,
            png=f"{number:04d}.png",
            txt=f"{number:04d}.txt",
            length_mm=round(paper.length_mm, 1),
            ended=paper.ended.value,
        )
        paper.image.save(self.folder / kept.png, compress_level=3)
        (self.folder / kept.txt).write_text(paper.text, encoding="utf-8")
        with self._index.open("a", encoding="utf-8") as index:
            index.write(kept.model_dump_json() + "\n")
        self.kept.append(kept)
