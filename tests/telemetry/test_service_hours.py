"""Service hours: what people write in fleet.toml, and what follows for a moment and for a span. China time."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.wire.service_hours import CHINA, OFFICE_HOURS, ORDINARY, Calendars, ServiceHours

NATIONAL_DAY = date(2026, 10, 1)
WORKED_SATURDAY = date(2026, 10, 10)
OFFICE = ServiceHours.parse(OFFICE_HOURS, holidays=[NATIONAL_DAY], working_days=[WORKED_SATURDAY])
ALWAYS = ServiceHours.parse(["Mon-Hol 00:00-24:00"], holidays=[NATIONAL_DAY])
NEVER = ServiceHours.parse([])
WITH_A_BREAK = ServiceHours.parse(["Mon-Fri 08:30-12:00 14:00-17:30", "Sat 09:00-11:00"], holidays=[NATIONAL_DAY])

SOME_HOURS = st.sampled_from((OFFICE, ALWAYS, NEVER, WITH_A_BREAK))
MOMENTS = st.datetimes(datetime(2026, 9, 1), datetime(2026, 11, 30), timezones=st.just(UTC))  # noqa: DTZ001  hypothesis adds the zone


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=CHINA)


def test_an_office_is_open_from_half_past_eight_to_half_past_five_on_weekdays() -> None:
    monday = date(2026, 11, 23)
    assert not OFFICE.is_open(_at(monday, 8, 29))
    assert OFFICE.is_open(_at(monday, 8, 30))
    assert not OFFICE.is_open(_at(monday, 17, 30))
    assert not OFFICE.is_open(_at(date(2026, 11, 22), 10))


def test_hours_are_chinas_whatever_zone_the_moment_comes_in() -> None:
    assert OFFICE.is_open(datetime(2026, 11, 23, 0, 30, tzinfo=UTC))
    assert not OFFICE.is_open(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))


def test_a_holiday_is_closed_and_the_saturday_worked_for_it_is_open() -> None:
    assert not OFFICE.is_open(_at(NATIONAL_DAY, 10))
    assert OFFICE.is_open(_at(WORKED_SATURDAY, 10))
    assert ALWAYS.is_open(_at(NATIONAL_DAY, 3))


def test_closed_hours_say_when_they_open_next() -> None:
    assert OFFICE.opens_next(_at(date(2026, 11, 20), 18)) == _at(date(2026, 11, 23), 8, 30)
    assert OFFICE.opens_next(_at(date(2026, 9, 30), 18)) == _at(date(2026, 10, 2), 8, 30)
    assert WITH_A_BREAK.opens_next(_at(date(2026, 11, 20), 13)) == _at(date(2026, 11, 20), 14)
    assert NEVER.opens_next(_at(date(2026, 11, 20), 18)) is None


def test_time_served_skips_the_night_and_the_weekend() -> None:
    friday = date(2026, 11, 20)
    assert OFFICE.after(_at(friday, 17), timedelta(hours=1)) == _at(date(2026, 11, 23), 9)
    assert OFFICE.after(_at(friday, 9), timedelta(hours=1)) == _at(friday, 10)
    assert NEVER.after(_at(friday, 9), timedelta(hours=1)) is None


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("Mon-Fri", "'Mon-Fri' must be days and hours"),
        ("Mon-Fry 08:30-17:30", "'Mon-Fry' must be a day of Mon, Tue"),
        ("Fri-Mon 08:30-17:30", "'Fri-Mon' goes backwards"),
        ("Mon 8:30-17:30", "'8:30-17:30' must be hours, e.g. 08:30-17:30"),
        ("Mon 17:30-08:30", "'17:30-08:30' must begin before it ends"),
        ("Mon 08:30-24:01", "'08:30-24:01' must begin before it ends"),
        ("Mon 08:60-09:00", "'08:60-09:00' must begin before it ends"),
        ("", "must be days and hours"),
    ],
)
def test_hours_that_cannot_be_read_say_what_is_allowed(line: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        ServiceHours.parse([line])


def test_a_kiosk_keeps_its_own_calendar_or_its_countys_or_office_hours() -> None:
    calendars = Calendars(named={"office": OFFICE, "always": ALWAYS}, of_county={"demo": "always"})
    assert calendars.of("demo") is ALWAYS
    assert calendars.of("demo", "office") is OFFICE
    assert calendars.of("demo", "forgotten") is ALWAYS
    assert calendars.of("other") is OFFICE
    assert ORDINARY.of("demo").is_open(_at(date(2026, 11, 23), 10))


@given(SOME_HOURS, MOMENTS, MOMENTS, MOMENTS)
def test_service_of_a_span_is_the_sum_of_its_parts(hours: ServiceHours, a: datetime, b: datetime, c: datetime) -> None:
    first, middle, last = sorted((a, b, c))
    whole = hours.open_s(first, last)
    assert whole == pytest.approx(hours.open_s(first, middle) + hours.open_s(middle, last), abs=1e-3)
    assert 0 <= whole <= (last - first).total_seconds() + 1e-3
    assert hours.open_s(last, first) == 0


@given(SOME_HOURS, MOMENTS)
def test_where_it_opens_next_it_is_open_and_nothing_was_open_before(hours: ServiceHours, at: datetime) -> None:
    opens = hours.opens_next(at)
    if opens is None:
        assert hours is NEVER
        return
    assert hours.is_open(opens)
    assert hours.open_s(at, opens) == 0
    assert (opens == at) == hours.is_open(at)


@given(SOME_HOURS, MOMENTS, st.timedeltas(timedelta(seconds=1), timedelta(hours=80)))
def test_what_was_to_be_served_has_been_served_by_then(hours: ServiceHours, at: datetime, served: timedelta) -> None:
    end = hours.after(at, served)
    if end is None:
        assert hours is NEVER
        return
    assert hours.open_s(at, end) == pytest.approx(served.total_seconds(), abs=1e-3)


def test_always_open_is_every_second() -> None:
    begin = _at(date(2020, 1, 1), 0)
    assert ALWAYS.open_s(begin, begin + timedelta(days=3000)) == timedelta(days=3000).total_seconds()
