"""What became of an act, told on the page one is sent back to: a word of ours and two numbers in the address, never text."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import Depends, Query
from fastapi.responses import RedirectResponse

from telemetry.fleet.web.local_paths import local
from telemetry.fleet.web.render import Taste, taste
from telemetry.fleet.web.words import Words


class Word(StrEnum):
    """What became of it."""

    DONE = "done"
    PARTLY = "partly"
    LOST = "lost"
    NOTHING_CHOSEN = "nothing_chosen"
    NO_COMMENT = "no_comment"
    BAD_TIME = "bad_time"
    BAD_SCOPE = "bad_scope"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The words for the reader; good news or not."""

    text: str
    is_good: bool


def said(
    reader: Annotated[Taste, Depends(taste)],
    word: Annotated[Word | None, Query(alias="said")] = None,
    n: Annotated[int, Query(ge=0, le=100_000)] = 0,
    left: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Said | None:
    """Read what became of the last act off the URL (a FastAPI dependency)."""
    if word is None:
        return None
    return Said(text=Words(reader.language)(f"act_{word.value}", n=n, left=left), is_good=word in {Word.DONE, Word.PARTLY})


def back_to(address: str, word: Word, *, home: str, n: int = 0, left: int = 0) -> RedirectResponse:
    """Send whoever acted back to where the form stood, with what became of it.

    Args:
        address: As the form said; only one of this server's own pages is believed.
        word: What became of it.
        home: Where to go otherwise.
        n: How many were changed.
        left: How many were not.
    """
    parts = urlsplit(local(address))
    path, query = (home, "") if parts.path == "/" and address != "/" else (parts.path, parts.query)
    kept = [(name, value) for name, value in parse_qsl(query) if name not in {"said", "n", "left"}]
    kept += [("said", word.value)] + [(name, str(number)) for name, number in (("n", n), ("left", left)) if number]
    return RedirectResponse(f"{path}?{urlencode(kept)}", status_code=303)
