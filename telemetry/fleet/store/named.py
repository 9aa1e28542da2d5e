"""Kiosks named in a question, a county at a time, so that every database finds them by the index that begins with both columns.

Asked for pairs, ``(county, kiosk) IN (...)``, SQLite looks them up only where nothing else in the question has an index: beside
``ends_at IS NULL`` it reads whatever has not ended, of every kiosk there is.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, FromClause, and_, false, or_

from telemetry.wire.topics import KioskId

AT_ONCE = 1_000
"""Kiosks named in one question, far below the parameters any SQLite takes."""


class Named(NamedTuple):
    """Some kiosks of one county."""

    county: str
    kiosks: Sequence[str]

    def rows_of(self, table: FromClause) -> ColumnElement[bool]:
        """Return the condition that a row is one of these kiosks'."""
        return and_(table.c.county == self.county, table.c.kiosk.in_(self.kiosks))


def rows_of(table: FromClause, kiosks: Iterable[KioskId]) -> ColumnElement[bool]:
    """Return the condition that a row is one of these kiosks', who are few: one question must hold them all."""
    return or_(false(), *(named.rows_of(table) for named in by_county(kiosks)))


def by_county(kiosks: Iterable[KioskId]) -> Iterator[Named]:
    """Yield kiosks by county and name, each once, so many at a time as one question names.

    In order: who takes the rows of several for themselves takes them in the order everybody else does.
    """
    names: dict[str, set[str]] = {}
    for one in kiosks:
        names.setdefault(one.county, set()).add(one.kiosk)
    for county, of_county in sorted(names.items()):
        in_order = sorted(of_county)
        for begin in range(0, len(in_order), AT_ONCE):
            yield Named(county, in_order[begin : begin + AT_ONCE])
