"""What the reader of a page asked to see: lives in the URL, bounded, and never more than the reader may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query
from sqlalchemy import ColumnElement, or_, true
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from telemetry.fleet.store.scope import within
from telemetry.fleet.web.who import Asking

Asked = Annotated[str, Query(max_length=64)]

NOWHERE = "?"
"""No county: a kiosk's name has no such letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Empty strings filter nothing. ``q`` is looked for in every text of a row, letter case aside.

    Attributes:
        counties: What the reader may see at all, whatever was asked; empty is every county.
    """

    county: str = ""
    town: str = ""
    remedy: str = ""
    severity: str = ""
    standing: str = ""
    q: str = ""
    counties: frozenset[str] = frozenset()

    @property
    def words(self) -> tuple[str, ...]:
        """What is asked for, to be said back to the reader."""
        asked = (self.county, self.town, self.remedy, self.severity, self.standing, self.q)
        return tuple(value for value in asked if value)

    @property
    def seen(self) -> frozenset[str]:
        """The counties whose kiosks are shown: the one asked for, if the reader may see it; empty is every county."""
        if not self.county:
            return self.counties
        return frozenset({self.county}) if not self.counties or self.county in self.counties else frozenset({NOWHERE})

    def finds(self, texts: Iterable[str]) -> bool:
        """Whether ``q`` stands in one of the texts."""
        wanted = self.q.strip().casefold()
        return not wanted or any(wanted in text.casefold() for text in texts)

    def lets_through(self, county: ColumnElement[str]) -> ColumnElement[bool]:
        """Return the condition that keeps rows of other counties out."""
        allowed = within(county, self.counties)
        return allowed & (county == self.county) if self.county else allowed

    def finds_kiosk(
        self, of: ReadOnlyColumnCollection[str, Any], more: Iterable[ColumnElement[bool]] = ()
    ) -> ColumnElement[bool]:
        """Return the condition that ``q`` stands in what names a kiosk, or that one of ``more`` holds."""
        wanted = self.q.strip()
        if not wanted:
            return true()
        names = ("kiosk", "site", "town", "address", "model", "release", "county")
        return or_(*(of[name].icontains(wanted, autoescape=True) for name in names), *more)


def asked(
    *,
    person: Asking,
    county: Asked = "",
    town: Asked = "",
    remedy: Asked = "",
    severity: Asked = "",
    standing: Asked = "",
    q: Asked = "",
) -> Filter:
    """Read the filter off the URL (a FastAPI dependency)."""
    return Filter(county=county, town=town, remedy=remedy, severity=severity, standing=standing, q=q, counties=person.counties)
