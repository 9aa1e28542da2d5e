"""Whole days in China, and weeks as the calendar numbers them (ISO 8601: Monday to Sunday). Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from typing_extensions import override

from telemetry.wire.service_hours import CHINA

_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
EARLIEST, LATEST = date(2020, 1, 1), date(2098, 12, 31)
"""Days anybody may ask about; nothing of ours is older, and no arithmetic leaves the calendar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From the first day to the last, both of them whole."""

    first: date
    last: date

    @property
    def begin(self) -> datetime:
        """Midnight before the first day."""
        return midnight(self.first)

    @property
    def end(self) -> datetime:
        """Midnight after the last day."""
        return midnight(self.last + timedelta(days=1))

    @property
    def length(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def days(self) -> tuple[date, ...]:
        """Each of them."""
        return tuple(self.first + timedelta(days=day) for day in range(self.length))

    def before(self) -> "Period":
        """Return the period of the same length that ended the day before this one began."""
        return Period(first=self.first - timedelta(days=self.length), last=self.first - timedelta(days=1))

    @classmethod
    def ending(cls, last: date, *, days: int) -> "Period":
        """Return the so many days that end with one."""
        return cls(first=last - timedelta(days=days - 1), last=last)


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """A week of a year, as in ``2026-W47``."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Week":
        """Read it as people write it.

        Raises:
            ValueError: There is no such week, or none anybody may ask about; the message says what is allowed.
        """
        match = _WEEK.fullmatch(text)
        if match is not None:
            week = cls(int(match[1]), int(match[2]))
            try:
                if EARLIEST <= week.monday <= LATEST:
                    return week
            except ValueError:
                pass
        raise ValueError(f"{text!r} is not a week; write e.g. 2026-W47")

    @classmethod
    def of(cls, day: date) -> "Week":
        """Return the week of a day."""
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @property
    def monday(self) -> date:
        """Its first day."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def period(self) -> Period:
        """Its seven days."""
        return Period(first=self.monday, last=self.monday + timedelta(days=6))

    def back(self, weeks: int) -> "Week":
        """Return the week so many weeks earlier; a negative number goes forward."""
        return Week.of(self.monday - timedelta(weeks=weeks))

    def up_to_here(self, weeks: int) -> Iterator["Week"]:
        """Yield so many weeks, oldest first, this one last."""
        return (self.back(weeks - 1 - number) for number in range(weeks))

    @override
    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02}"


def midnight(day: date) -> datetime:
    """Return the moment a day begins in China."""
    return datetime.combine(day, time(), CHINA)


def china_day(moment: datetime) -> date:
    """Return the day on the wall calendar in China."""
    return moment.astimezone(CHINA).date()
