"""What the reader of a page asked to see: lives in the URL, bounded, and filters rows by plain comparison."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query

Asked = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Empty strings filter nothing. ``q`` is looked for in every text of a row, letter case aside."""

    town: str = ""
    remedy: str = ""
    severity: str = ""
    standing: str = ""
    q: str = ""

    @property
    def words(self) -> tuple[str, ...]:
        """What is asked for, to be said back to the reader."""
        return tuple(value for value in (self.town, self.remedy, self.severity, self.standing, self.q) if value)

    def finds(self, texts: Iterable[str]) -> bool:
        """Whether ``q`` stands in one of the texts."""
        wanted = self.q.strip().casefold()
        return not wanted or any(wanted in text.casefold() for text in texts)


def asked(town: Asked = "", remedy: Asked = "", severity: Asked = "", standing: Asked = "", q: Asked = "") -> Filter:
    """Read the filter off the URL (a FastAPI dependency)."""
    return Filter(town=town, remedy=remedy, severity=severity, standing=standing, q=q)
