"""When villagers may expect a kiosk to serve, in China time: weekly hours, holidays, and weekends that are worked. Pure."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import cached_property
from typing import Self

CHINA = timezone(timedelta(hours=8), "CST")
"""One zone for the whole country, without summer time."""

OFFICE = "office"
"""Name of the hours that hold where no others are named."""
OFFICE_HOURS = ("Mon-Fri 08:30-17:30",)

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOLIDAY = "Hol"
DAYS = (*WEEKDAYS, HOLIDAY)
"""Days that have hours of their own; a holiday is none of the other seven."""
A_WORKED_DAY = WEEKDAYS.index("Mon")
"""Whose hours a weekend day has that is worked in exchange for a holiday."""

MINUTES_A_DAY = 24 * 60
LOOKS_AHEAD_DAYS = 400
"""Hours that do not open within a year do not open."""

_SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")

Spans = tuple[tuple[int, int], ...]
"""Minutes of a day, from and up to, in order and apart from each other."""


@dataclass(frozen=True, kw_only=True)
class ServiceHours:
    """The hours of one calendar.

    Attributes:
        week: Spans of Monday to Sunday, then of a holiday.
        holidays: Days on which the holiday's hours hold instead of the weekday's.
        working_days: Days on which Monday's hours hold, whatever day it is.
    """

    week: tuple[Spans, ...]
    holidays: frozenset[date] = frozenset()
    working_days: frozenset[date] = frozenset()

    @classmethod
    def parse(cls, lines: Iterable[str], *, holidays: Iterable[date] = (), working_days: Iterable[date] = ()) -> Self:
        """Read hours as people write them.

        Args:
            lines: E.g. ``Mon-Fri 08:30-12:00 14:00-17:30`` or ``Sat,Sun,Hol 00:00-24:00``. What no line names is closed.
            holidays: See the class.
            working_days: See the class.

        Raises:
            ValueError: A line cannot be read; the message says what is allowed.
        """
        of_day: list[list[tuple[int, int]]] = [[] for _ in DAYS]
        for line in lines:
            days, *spans = line.split() or [""]
            if not spans:
                raise ValueError(f"{line!r} must be days and hours, e.g. 'Mon-Fri 08:30-17:30'")
            for day in _days(days):
                of_day[day].extend(_span(span) for span in spans)
        return cls(
            week=tuple(_joined(spans) for spans in of_day),
            holidays=frozenset(holidays),
            working_days=frozenset(working_days),
        )

    def is_open(self, at: datetime) -> bool:
        """Say whether a villager may expect service."""
        there = at.astimezone(CHINA)
        return any(begin <= there < end for begin, end in self._spans(there.date()))

    def open_s(self, begin: datetime, end: datetime) -> float:
        """Return how many seconds of service there are from one moment up to another; 0 when they are the wrong way round."""
        if end <= begin:
            return 0.0
        first, last = begin.astimezone(CHINA).date(), end.astimezone(CHINA).date()
        if (last - first).days < 2:
            return self._on_days(first, last, begin, end)
        whole = self._whole_days_s(first + timedelta(days=1), last)
        return self._on_days(first, first, begin, end) + whole + self._on_days(last, last, begin, end)

    def opens_next(self, at: datetime) -> datetime | None:
        """Return the first moment of service not before ``at`` (itself, when it is open), or None when there is none in sight."""
        there = at.astimezone(CHINA)
        for days in range(LOOKS_AHEAD_DAYS):
            for begin, end in self._spans(there.date() + timedelta(days=days)):
                if there < end:
                    return max(at, begin)
        return None

    def stretches(self, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield each stretch of service from one moment up to another, cut to them."""
        day, last = begin.astimezone(CHINA).date(), end.astimezone(CHINA).date()
        while day <= last:
            for opens, closes in self._spans(day):
                if max(opens, begin) < min(closes, end):
                    yield max(opens, begin), min(closes, end)
            day += timedelta(days=1)

    def after(self, begin: datetime, served: timedelta) -> datetime | None:
        """Return when so much service will have passed since ``begin``, or None when that is not in sight."""
        there, missing = begin.astimezone(CHINA), served
        for days in range(LOOKS_AHEAD_DAYS):
            for opens, closes in self._spans(there.date() + timedelta(days=days)):
                starts = max(there, opens)
                if starts >= closes:
                    continue
                if starts + missing <= closes:
                    return max(begin, starts + missing)
                missing -= closes - starts
        return None

    def _of(self, day: date) -> Spans:
        if day in self.working_days:
            return self.week[A_WORKED_DAY]
        return self.week[DAYS.index(HOLIDAY) if day in self.holidays else day.weekday()]

    def _spans(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        midnight = datetime.combine(day, time(), CHINA)
        for begin, end in self._of(day):
            yield midnight + timedelta(minutes=begin), midnight + timedelta(minutes=end)

    def _on_days(self, first: date, last: date, begin: datetime, end: datetime) -> float:
        days = {first, last}
        return sum(
            max(timedelta(), min(end, closes) - max(begin, opens)).total_seconds()
            for day in days
            for opens, closes in self._spans(day)
        )

    def _whole_days_s(self, first: date, end: date) -> float:
        """Return the service of whole days, counted by weeks: years take no longer than days."""
        weeks, rest = divmod((end - first).days, 7)
        ordinary = weeks * sum(self._minutes[:7]) + sum(self._minutes[(first.weekday() + day) % 7] for day in range(rest))
        special = self._special[bisect_left(self._special, first) : bisect_left(self._special, end)]
        changed = sum(_minutes(self._of(day)) - self._minutes[day.weekday()] for day in special)
        return (ordinary + changed) * 60.0

    @cached_property
    def _minutes(self) -> tuple[int, ...]:
        return tuple(_minutes(spans) for spans in self.week)

    @cached_property
    def _special(self) -> tuple[date, ...]:
        return tuple(sorted(self.holidays | self.working_days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendars:
    """Every calendar by name, and which county keeps which.

    Attributes:
        named: At least ``office``.
        of_county: Names, by county; a county not in it keeps ``office``.
    """

    named: Mapping[str, ServiceHours]
    of_county: Mapping[str, str]

    def of(self, county: str, name: str = "") -> ServiceHours:
        """Return a kiosk's hours: its own calendar's, or its county's when it names none that is known."""
        return self.named.get(name) or self.named.get(self.of_county.get(county, OFFICE)) or self.named[OFFICE]


def _days(text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ValueError(f"{part!r} must be a day of {', '.join(DAYS)}, or two with - between them")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        if end < begin:
            raise ValueError(f"{part!r} goes backwards")
        found.extend(range(begin, end + 1))
    return found


def _span(text: str) -> tuple[int, int]:
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} must be hours, e.g. 08:30-17:30")
    hour, minute, to_hour, to_minute = (int(number) for number in match.groups())
    begin, end = hour * 60 + minute, to_hour * 60 + to_minute
    if minute > 59 or to_minute > 59 or not begin < end <= MINUTES_A_DAY:
        raise ValueError(f"{text!r} must begin before it ends, between 00:00 and 24:00")
    return begin, end


def _joined(spans: Iterable[tuple[int, int]]) -> Spans:
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((begin, end))
    return tuple(joined)


def _minutes(spans: Spans) -> int:
    return sum(end - begin for begin, end in spans)


ORDINARY = Calendars(named={OFFICE: ServiceHours.parse(OFFICE_HOURS)}, of_county={})
"""Office hours for everybody, without holidays."""
