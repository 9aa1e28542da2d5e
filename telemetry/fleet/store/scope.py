"""Whose rows a reader may see: one condition that every question of the web carries."""

from typing import Any

from sqlalchemy import ColumnElement, true

EVERYWHERE: frozenset[str] = frozenset()
"""Narrows nothing, as in ``Person.counties``."""


def within(county: ColumnElement[Any], counties: frozenset[str]) -> ColumnElement[bool]:
    """Return the condition that a row is of one of these counties; empty is everywhere.

    Args:
        county: The column that says whose row it is.
        counties: ``person.counties`` or ``wanted.counties``.
    """
    return county.in_(sorted(counties)) if counties else true()
