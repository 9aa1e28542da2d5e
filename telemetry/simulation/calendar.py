"""Days and hours of a village: when people come, when the clerk is there, when a technician works. Pure, simulated time.

Moments are seconds since midnight of a Monday in China, where no clock is ever put forward or back.
"""

from random import Random

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
WEEK_S = 7 * DAY_S
DAYS_A_YEAR = 365

PEOPLE_A_YEAR = 35_293
MATTERS_A_YEAR = 62_634
KIOSKS_OF_THE_DISTRICT = 71
"""The district the model is fitted to: one year, all its kiosks."""

VISITS_A_DAY = PEOPLE_A_YEAR / KIOSKS_OF_THE_DISTRICT / DAYS_A_YEAR
MATTERS_A_VISIT = MATTERS_A_YEAR / PEOPLE_A_YEAR

WEEKDAYS = (1.10, 1.05, 1.05, 1.05, 1.05, 0.95, 0.75)
"""People of a Monday ... Sunday, against the mean: a village has no weekend, but its clerk has Sundays."""
MARKET_DAY = 2.4
"""On market day a village's people are about anyway."""
MARKET_CYCLE_DAYS = 5
HOURS = {8: 0.09, 9: 0.18, 10: 0.19, 11: 0.12, 12: 0.04, 13: 0.04, 14: 0.10, 15: 0.12, 16: 0.09, 17: 0.03}
"""Share of a day's people by the hour; the rest of the day the door is locked."""

Spans = tuple[tuple[float, float], ...]
CLERK_HOURS: Spans = ((8.5 * HOUR_S, 12 * HOUR_S), (14.5 * HOUR_S, 17.5 * HOUR_S))
CLERK_DAYS = 6
TECHNICIAN_HOURS: Spans = ((8.5 * HOUR_S, 17.5 * HOUR_S),)
TECHNICIAN_DAYS = 5


def _normal_day() -> float:
    market = (MARKET_CYCLE_DAYS - 1 + MARKET_DAY) / MARKET_CYCLE_DAYS
    return VISITS_A_DAY / market / (sum(WEEKDAYS) / len(WEEKDAYS))


NORMAL_DAY = _normal_day()
"""Visits of a mean kiosk on a day of weight one, such that a year of them is the district's."""


def visits_expected(day: int, *, market: int, popularity: float) -> float:
    """Return how many people are expected at a kiosk on a day.

    Args:
        day: Counted from the Monday, 0.
        market: Which day of the market cycle is its town's.
        popularity: Its people against the mean kiosk's.
    """
    weight = WEEKDAYS[day % 7] * (MARKET_DAY if day % MARKET_CYCLE_DAYS == market else 1.0)
    return NORMAL_DAY * weight * popularity


def moment_of_visit(day: int, random: Random) -> float:
    """Return when on that day somebody comes."""
    hour = random.choices(tuple(HOURS), weights=tuple(HOURS.values()))[0]
    return day * DAY_S + (hour + random.random()) * HOUR_S


def clerk_done_at(begin_s: float, work_s: float) -> float:
    """Return when a clerk who hears of something at ``begin_s`` has done work of so many seconds."""
    return _after_work(begin_s, work_s, CLERK_HOURS, CLERK_DAYS)


def technician_done_at(begin_s: float, work_s: float) -> float:
    """Return when a technician, told at ``begin_s``, has done work of so many working seconds: waiting, the road, the repair."""
    return _after_work(begin_s, work_s, TECHNICIAN_HOURS, TECHNICIAN_DAYS)


def clerk_is_there(at_s: float) -> bool:
    """Say whether the village clerk is at work."""
    return int(at_s // DAY_S) % 7 < CLERK_DAYS and any(begin <= at_s % DAY_S < end for begin, end in CLERK_HOURS)


def _after_work(begin_s: float, work_s: float, hours: Spans, days: int) -> float:
    day, left_s = int(begin_s // DAY_S), work_s
    while True:
        if day % 7 < days:
            for opens, closes in hours:
                starts_s = max(begin_s, day * DAY_S + opens)
                room_s = day * DAY_S + closes - starts_s
                if room_s >= left_s:
                    return starts_s + left_s
                left_s -= max(0.0, room_s)
        day += 1
