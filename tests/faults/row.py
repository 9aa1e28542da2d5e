"""Row: one fault of the list as it was seen happening; the table of ``make faults`` is made of these."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(kw_only=True)
class Row:
    """What a test tells about its fault. Seconds are counted from ``injected``, and from ``mended`` for the healing.

    Attributes:
        number: As in the list, e.g. ``F02``.
        title: What happens, in a few words.
    """

    number: str
    title: str
    injection: str = ""
    seen_s: float | None = None
    page_shown: str = ""
    healed_s: float | None = None
    notes: list[str] = field(default_factory=list)
    _from_s: float = 0.0
    _mended_s: float = 0.0

    def injected(self, how: str) -> None:
        """Now it happens, and how it was made to: a word of the rig, a signal, a proxy."""
        self.injection = how
        self._from_s = time.monotonic()

    @property
    def injected_s(self) -> float:
        """The monotonic second it happened at."""
        return self._from_s

    def seen(self, at_s: float | None = None) -> float:
        """The kiosk knows (at a monotonic second, or now); returns the seconds it took. The slowest of several is kept."""
        took_s = (time.monotonic() if at_s is None else at_s) - self._from_s
        self.seen_s = max(took_s, self.seen_s or 0.0)
        return took_s

    def page(self, words: str) -> None:
        """What the villager sees, e.g. ``catalogue: 打印机缺纸``."""
        self.page_shown = words

    def mended(self) -> None:
        """Now the cause ends."""
        self._mended_s = time.monotonic()

    def healed(self, at_s: float | None = None) -> float:
        """The kiosk serves again; returns the seconds since ``mended`` (since ``injected`` when nothing had to be mended)."""
        took_s = (time.monotonic() if at_s is None else at_s) - (self._mended_s or self._from_s)
        self.healed_s = max(took_s, self.healed_s or 0.0)
        return took_s

    def note(self, words: str) -> None:
        """Something the table should say besides."""
        self.notes.append(words)

    def keep(self, folder: Path, verdict: str) -> None:
        """Write the row down for the table."""
        folder.mkdir(parents=True, exist_ok=True)
        said = {
            "number": self.number,
            "title": self.title,
            "injection": self.injection,
            "seen_s": self.seen_s,
            "page": self.page_shown,
            "healed_s": self.healed_s,
            "notes": self.notes,
            "verdict": verdict,
        }
        name = f"{self.number}-{abs(hash((self.title, self.injection))):x}.json"
        (folder / name).write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
