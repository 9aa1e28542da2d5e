"""Forecast, pure: from what was used on the days before, how many days a supply will last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

LOOK_BACK_DAYS = 28
"""Four weeks: market days and the pension day of the month are in it, last winter is not."""

LEAST_DAYS = 4
"""Whole days that must be known before anything is said."""

TRIMMED = 0.1
"""Share of the busiest and of the quietest days that is left out: one day of test prints is no habit."""

LONGEST_DAYS = 365.0
"""More than a year is said as a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """How long one supply of one device will last.

    Attributes:
        left: In ``unit``; a share of 0.0 to 1.0 when the unit is empty; None when nobody can tell.
        per_day: Used on an ordinary day; None when too little is known.
        days_left: None when too little is known.
    """

    device: str
    supply: str
    unit: str
    left: float | None
    per_day: float | None
    days_left: float | None


def per_day(used: Mapping[date, float], *, today: date, known_since: date) -> float | None:
    """What is used on an ordinary day; None when too few days are known or nothing was used.

    Args:
        used: What was used on each day; a day that is missing used nothing.
        today: Not yet over, so not counted.
        known_since: The first day that was watched; it began in the middle, so it is not counted either.
    """
    first = max(known_since + timedelta(days=1), today - timedelta(days=LOOK_BACK_DAYS))
    days = [first + timedelta(days=number) for number in range((today - first).days)]
    if len(days) < LEAST_DAYS:
        return None
    mean = _trimmed_mean([max(used.get(day, 0.0), 0.0) for day in days])
    return mean if mean > 0 else None


def days_left(*, left: float | None, rate: float | None) -> float | None:
    """How many ordinary days are left; None when either is not known."""
    if left is None or rate is None or rate <= 0:
        return None
    return min(max(left, 0.0) / rate, LONGEST_DAYS)


def _trimmed_mean(values: Sequence[float]) -> float:
    cut = int(len(values) * TRIMMED)
    kept = sorted(values)[cut : len(values) - cut]
    mean = sum(kept) / len(kept)
    # On a quiet kiosk the few days on which anything was used are the ones cut off: then all of them count.
    return mean if mean > 0 else sum(values) / len(values)
