"""Availability by service hours, against days counted by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert, select

from telemetry.fleet.analytics.availability import Served, Span, count
from telemetry.fleet.analytics.period import Period, Week, china_day, midnight
from telemetry.fleet.store.book import Happened
from telemetry.fleet.store.health_roll_up import SLICE, HealthRollUp
from telemetry.fleet.store.schema import condition_span, equipment, health_day, maintenance, watch_gap
from telemetry.wire.service_hours import CHINA, ORDINARY, Calendars, ServiceHours
from tests.telemetry.web.county import add_kiosk

OFFICE = ServiceHours.parse(("Mon-Fri 08:30-17:30",))
MONDAY = date(2026, 11, 16)
HOUR = 3600.0


def at(hour: int, minute: int = 0, *, day: date = MONDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=CHINA)


def span(begin: datetime, end: datetime | None, condition: str = "READY", offered: int = 4) -> Span:
    return Span(begins_at=begin, ends_at=end, condition=condition, offered=offered, total=4)


def of_monday(
    spans: Sequence[Span],
    planned: Sequence[tuple[datetime, datetime]] = (),
    unheard: Sequence[tuple[datetime, datetime]] = (),
) -> Served:
    return count(
        spans, begin=midnight(MONDAY), end=midnight(MONDAY + timedelta(days=1)), hours=OFFICE, planned=planned, unheard=unheard
    )


def test_a_day_counted_by_hand() -> None:
    # 08:30-17:30 is 9 h. 07:00-09:30 ready: 1 h full. 09:30-11:00 two of four: 1.5 h part. 11:00-12:00 none: 1 h.
    # 12:00-13:00 silent: 1 h unknown. 13:00-20:00 ready: 4.5 h full. Together 9 h; 5.5 full; available (5.5 + 1.5) / 9 = 7 / 9.
    day = of_monday(
        (
            span(at(7), at(9, 30)),
            span(at(9, 30), at(11), "DEGRADED", 2),
            span(at(11), at(12), "FAILED", 0),
            span(at(12), at(13), "UNKNOWN"),
            span(at(13), None),
        )
    )
    assert day == Served(open_s=9 * HOUR, full_s=5.5 * HOUR, part_s=1.5 * HOUR, none_s=HOUR, unknown_s=HOUR)
    assert day.share == pytest.approx(7 / 9)
    assert day.lost_s == 2 * HOUR


def test_planned_work_is_taken_out_of_the_hours_and_said() -> None:
    # Out from 09:00 to 11:30; planned 08:00-10:00 and, overlapping, 09:30-11:00: 08:30-11:00 is 2.5 h taken out.
    # Left: 6.5 h of which 11:00-11:30 is lost: 6 / 6.5.
    day = of_monday(
        (span(at(0), at(9)), span(at(9), at(11, 30), "FAILED", 0), span(at(11, 30), None)),
        planned=((at(8), at(10)), (at(9, 30), at(11))),
    )
    assert (day.open_s, day.planned_s, day.none_s) == (6.5 * HOUR, 2.5 * HOUR, 0.5 * HOUR)
    assert day.share == pytest.approx(6 / 6.5)


def test_a_time_in_which_this_service_did_not_run_is_unknown_whatever_the_span_says() -> None:
    day = of_monday((span(at(0), None),), unheard=((at(7), at(9)), (at(17), at(23))))
    assert (day.full_s, day.unknown_s) == (8 * HOUR, HOUR)


def test_outside_service_hours_nothing_is_lost() -> None:
    day = of_monday(
        (span(at(0), at(8)), span(at(8), at(8, 29), "UNKNOWN"), span(at(8, 29), at(17, 30)), span(at(17, 30), None, "FAILED", 0))
    )
    assert day.share == 1.0


def test_a_kiosk_that_was_not_there_yet_lost_nothing_before() -> None:
    assert of_monday((span(at(16, 30), None),)) == Served(open_s=HOUR, full_s=HOUR)
    assert of_monday(()).share is None


def test_a_day_without_service_hours_has_no_share() -> None:
    sunday = MONDAY - timedelta(days=1)
    day = count((span(at(0, day=sunday), None),), begin=midnight(sunday), end=midnight(MONDAY), hours=OFFICE)
    assert (day.open_s, day.share) == (0, None)


def test_a_week_is_the_calendars() -> None:
    week = Week.parse("2026-W47")
    assert week.period == Period(first=date(2026, 11, 16), last=date(2026, 11, 22))
    assert str(Week.of(date(2027, 1, 1))) == "2026-W53"
    assert week.back(47) == Week(2025, 52)
    assert [str(one) for one in Week.parse("2026-W01").up_to_here(2)] == ["2025-W52", "2026-W01"]
    for wrong in ("2026-47", "2026-W54", "2025-W53", "0000-W01", "9999-W52", "2026-W00", "week", "２０２６-W47"):
        with pytest.raises(ValueError, match="2026-W47"):
            Week.parse(wrong)


@pytest.mark.parametrize("month", [1, 4, 7, 10])
def test_midnight_in_china_is_four_in_the_afternoon_in_greenwich_all_year(month: int) -> None:
    day = date(2026, month, 10)
    assert midnight(day).astimezone(UTC) == datetime(2026, month, 9, 16, tzinfo=UTC)
    assert china_day(midnight(day) - timedelta(microseconds=1)) == day - timedelta(days=1)
    assert Period(first=day, last=day).end - Period(first=day, last=day).begin == timedelta(hours=24)


def _looks(engine: Engine, now: datetime, *, times: int = 1, calendars: Calendars = ORDINARY) -> None:
    book = HealthRollUp(engine, calendars=calendars)
    for _ in range(times):
        with engine.begin() as connection:
            book.write(connection, Happened(now=now))


def _stood(engine: Engine, kiosk: str, *spans: Span, town: str = "石桥镇") -> None:
    with engine.begin() as connection:
        add_kiosk(connection, kiosk, town=town)
        for one in spans:
            row = {"begins_at": one.begins_at, "ends_at": one.ends_at, "condition": one.condition}
            connection.execute(
                insert(condition_span).values(county="lanxi", kiosk=kiosk, offered=one.offered, total=one.total, **row)
            )


def _days(engine: Engine) -> list[tuple[str, date, float, float, float, float]]:
    with engine.connect() as connection:
        rows = connection.execute(select(health_day).order_by(health_day.c.kiosk, health_day.c.day))
        return [(row.kiosk, row.day, row.open_s, row.full_s, row.unknown_s, row.planned_s) for row in rows]


def test_a_day_is_counted_once_it_is_over_and_only_once(engine: Engine) -> None:
    _stood(engine, "A-1", span(at(12), None))
    _looks(engine, at(23, 59))
    assert _days(engine) == []
    _looks(engine, at(0, 11, day=MONDAY + timedelta(days=1)), times=5)
    assert _days(engine) == [("A-1", MONDAY, 5.5 * HOUR, 5.5 * HOUR, 0, 0)]


def test_after_a_stop_of_days_each_day_is_counted_on_its_own(engine: Engine) -> None:
    _stood(
        engine,
        "A-1",
        span(at(0), at(12, day=MONDAY + timedelta(days=2))),
        span(at(12, day=MONDAY + timedelta(days=2)), None, "UNKNOWN"),
    )
    with engine.begin() as connection:
        connection.execute(insert(watch_gap).values(begins_at=at(12), ends_at=at(9, day=MONDAY + timedelta(days=1))))
    _looks(engine, at(1, day=MONDAY + timedelta(days=4)), times=9)
    # Monday: 08:30-12:00 heard, then nobody listened: 5.5 h unknown. Tuesday: half an hour unheard. Wednesday: silent from noon.
    assert [(day, full / HOUR, unknown / HOUR) for _, day, _, full, unknown, _ in _days(engine)] == [
        (MONDAY, 3.5, 5.5),
        (MONDAY + timedelta(days=1), 8.5, 0.5),
        (MONDAY + timedelta(days=2), 3.5, 5.5),
        (MONDAY + timedelta(days=3), 0, 9),
    ]


def test_planned_work_of_a_town_or_a_link_is_taken_out_for_its_kiosks_alone(engine: Engine) -> None:
    for kiosk, town in (("A-1", "石桥镇"), ("A-2", "柳河镇"), ("A-3", "柳河镇")):
        _stood(engine, kiosk, span(at(0), None, "UNKNOWN"), town=town)
    with engine.begin() as connection:
        connection.execute(insert(equipment).values(county="lanxi", kiosk="A-3", link="node-2", hours="late"))
        for level, scope, begin in (("town", "柳河镇", at(8)), ("link", "node-2", at(17)), ("kiosk", "A-9", at(8))):
            row = {"level": level, "scope": scope, "begins_at": begin, "ends_at": begin + timedelta(hours=1, minutes=30)}
            connection.execute(insert(maintenance).values(county="lanxi", why="停电", by="li", created_at=at(0), **row))
    late = Calendars(named={"office": OFFICE, "late": ServiceHours.parse(("Mon-Sun 09:00-18:00",))}, of_county={})
    _looks(engine, at(1, day=MONDAY + timedelta(days=1)), calendars=late)
    assert [(kiosk, planned / HOUR, open_s / HOUR) for kiosk, _, open_s, _, _, planned in _days(engine)] == [
        ("A-1", 0, 9),
        ("A-2", 1, 8),
        ("A-3", 1.5, 7.5),
    ]


def test_many_kiosks_are_counted_a_slice_at_a_look_and_none_is_left_out(engine: Engine) -> None:
    many = SLICE * 2 + 7
    with engine.begin() as connection:
        for number in range(many):
            add_kiosk(connection, f"K-{number:05}")
        row = {"county": "lanxi", "begins_at": at(0), "condition": "READY", "offered": 4, "total": 4}
        connection.execute(insert(condition_span), [{**row, "kiosk": f"K-{number:05}"} for number in range(many)])
    _looks(engine, at(1, day=MONDAY + timedelta(days=1)))
    assert len(_days(engine)) == SLICE
    _looks(engine, at(1, day=MONDAY + timedelta(days=1)), times=4)
    assert [day[0] for day in _days(engine)] == [f"K-{number:05}" for number in range(many)]
