"""Wording: every word of the screens, by key, in one language."""

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

WORDS = Path(__file__).parent / "words"
LANGUAGES = ("zh", "en")
ELDER = "_elder"

_GAP = re.compile(r"\{(\w{2,})\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of one language. ``is_elder`` prefers the shorter words where there are any."""

    words: dict[str, str]
    is_elder: bool = False

    def say(self, key: str, **values: object) -> str:
        """The words of a key with its gaps filled.

        Raises:
            KeyError: There is no such key, or a gap is not filled.
        """
        shorter = key + ELDER
        words = self.words[shorter if self.is_elder and shorter in self.words else key]
        return _GAP.sub(lambda gap: str(values[gap[1]]), words)

    def has(self, key: str) -> bool:
        """Whether there are words of that key."""
        return key in self.words

    def for_elders(self, is_elder: bool) -> "Wording":
        """The same language with or without the shorter words."""
        return replace(self, is_elder=is_elder)


def read_wording(language: str) -> Wording:
    """Read one language's words.

    Raises:
        ValueError: There is no such language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no words in {language!r}: expected one of {', '.join(LANGUAGES)}")
    tables = tomllib.loads((WORDS / f"{language}.toml").read_text(encoding="utf-8"))
    return Wording(words={f"{table}.{key}": words for table, entries in tables.items() for key, words in entries.items()})


def without_marks(text: str) -> str:
    """The text as it is spoken: place numbers and bold said plainly, no breaks."""
    return re.sub(r"\{(\w)\}", r"\1", text).replace("<", "").replace(">", "").replace("|", "").replace("\n", "")
