"""The book of what was: spans without gaps, visits counted once, days as the clock on a wall in China says them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from telemetry.fleet.record import Record
from telemetry.fleet.steps import advance
from telemetry.fleet.store.book import StoredNumber
from telemetry.fleet.store.history_book import HistoryBook
from telemetry.fleet.store.schema import condition_span, healing_day, visit_day, watch_gap
from telemetry.fleet.store.writer import Batch, Writer
from telemetry.wire.messages import Event, Services, Upward
from telemetry.wire.topics import KioskId
from tests.telemetry.said import ALL, K1, NOW, birth, heartbeat


@pytest.fixture
def engine(store: Engine) -> Engine:
    """An empty store; every test runs on SQLite and on PostgreSQL."""
    return store


class Fleet:
    """A writer with the book of history, told things at chosen moments."""

    def __init__(self, engine: Engine) -> None:
        self._writer = Writer(engine, books=(HistoryBook(engine),))
        self._known: dict[KioskId, Record] = dict(self._writer.load())

    def hears(self, *messages: Upward, at: datetime, kiosk: KioskId = K1) -> None:
        batch, record = Batch(), self._known.get(kiosk)
        for message in messages:
            step = advance(record, kiosk, message, now=at)
            record = step.record
            assert record is not None
            batch.records[kiosk] = record
            if step.numbered is not None:
                stored = StoredNumber(kiosk=kiosk, message=step.numbered, is_history=False, received_at=at)
                batch.messages.append(stored)
        self._writer.write(batch, self._known, now=at)
        self._known.update(batch.records)

    def looks_at_the_time(self, at: datetime) -> None:
        self._writer.write(Batch(is_due=True), self._known, now=at)


def _spans(engine: Engine) -> list[tuple[float, float | None, str, int, int]]:
    with engine.connect() as connection:
        return [
            (
                (row.begins_at - NOW).total_seconds(),
                None if row.ends_at is None else (row.ends_at - NOW).total_seconds(),
                row.condition,
                row.offered,
                row.total,
            )
            for row in connection.execute(select(condition_span).order_by(condition_span.c.begins_at))
        ]


def _s(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def ended(
    seq: int, *, at: datetime = NOW, trusted: bool = True, outcome: str = "done", service: str = "pension", seconds: float = 90.4
) -> Event:
    fields: dict[str, str | int | float | bool] = {"service": service, "outcome": outcome, "seconds": seconds, "steps": 4}
    return Event(life=3, seq=seq, at=at, clock_trusted=trusted, name="visit.ended", fields=fields)


def _visits(engine: Engine) -> list[tuple[date, int, str, str, int, int]]:
    with engine.connect() as connection:
        rows = connection.execute(select(visit_day).order_by(visit_day.c.day, visit_day.c.hour, visit_day.c.outcome))
        return [(row.day, row.hour, row.service, row.outcome, row.visits, row.seconds) for row in rows]


def test_each_turn_ends_a_span_and_begins_the_next_at_the_same_moment(engine: Engine) -> None:
    fleet = Fleet(engine)
    fleet.hears(birth(), at=_s(0))
    fleet.hears(heartbeat(services=Services(offered=2, total=4)), at=_s(60))
    fleet.hears(heartbeat(services=ALL), at=_s(90))
    assert _spans(engine) == [(0, 60, "READY", 4, 4), (60, 90, "DEGRADED", 2, 4), (90, None, "READY", 4, 4)]


def test_a_restart_changes_no_span(engine: Engine) -> None:
    Fleet(engine).hears(birth(), at=_s(0))
    before = _spans(engine)
    Fleet(engine).hears(birth(life=4), at=_s(500))
    assert _spans(engine) == before


def test_a_clock_set_back_makes_no_span_that_ends_before_it_begins(engine: Engine) -> None:
    fleet = Fleet(engine)
    fleet.hears(birth(), at=_s(0))
    fleet.hears(heartbeat(services=Services(offered=1, total=4)), at=_s(-300))
    fleet.hears(heartbeat(services=ALL), at=_s(30))
    assert _spans(engine) == [(0, 30, "DEGRADED", 1, 4), (30, None, "READY", 4, 4)]


def test_a_visit_is_counted_once_whatever_is_delivered_again(engine: Engine) -> None:
    fleet = Fleet(engine)
    fleet.hears(birth(), ended(11), at=_s(0))
    fleet.hears(ended(11), ended(12, outcome="left", seconds=31), at=_s(1))
    Fleet(engine).hears(ended(12, outcome="left"), ended(13), at=_s(2))
    assert _visits(engine) == [
        (date(2026, 11, 22), 9, "pension", "done", 2, 180),
        (date(2026, 11, 22), 9, "pension", "left", 1, 31),
    ]


def test_a_day_begins_at_midnight_in_china_summer_and_winter(engine: Engine) -> None:
    fleet = Fleet(engine)
    for seq, month in enumerate((1, 7), start=11):
        # 15:59:59 UTC is one second before midnight there, in both halves of the year: no summer time.
        before = datetime(2026, month, 10, 15, 59, 59, tzinfo=UTC)
        first = birth(seq=2 * seq, floor=2 * seq, at=before)
        kiosk = KioskId(county="demo", kiosk=f"M{month}")
        fleet.hears(first, ended(2 * seq + 1, at=before), at=before, kiosk=kiosk)
        fleet.hears(ended(2 * seq + 2, at=before + timedelta(seconds=1)), at=before + timedelta(seconds=1), kiosk=kiosk)
    assert [row[:2] for row in _visits(engine)] == [
        (date(2026, 1, 10), 23),
        (date(2026, 1, 11), 0),
        (date(2026, 7, 10), 23),
        (date(2026, 7, 11), 0),
    ]


@pytest.mark.parametrize(
    ("at", "trusted"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), True),
        (datetime(2099, 1, 1, tzinfo=UTC), True),
        (NOW - timedelta(days=9), False),
    ],
)
def test_a_clock_nobody_can_believe_counts_on_the_day_we_heard_it(engine: Engine, at: datetime, trusted: bool) -> None:
    Fleet(engine).hears(birth(), ended(11, at=at, trusted=trusted), at=NOW)
    assert [row[0] for row in _visits(engine)] == [date(2026, 11, 22)]


def test_what_waited_on_a_kiosk_for_days_counts_on_its_own_day(engine: Engine) -> None:
    Fleet(engine).hears(birth(), ended(11, at=NOW - timedelta(days=9)), at=NOW)
    assert [row[0] for row in _visits(engine)] == [date(2026, 11, 13)]


def test_a_visit_told_without_its_words_is_still_counted(engine: Engine) -> None:
    bare = Event(life=3, seq=11, at=NOW, clock_trusted=True, name="visit.ended", fields={"seconds": True, "service": 7})
    Fleet(engine).hears(birth(), bare, at=NOW)
    assert [row[2:5] for row in _visits(engine)] == [("", "", 1)]


def test_what_a_kiosk_healed_itself_is_counted_by_the_means_that_helped(engine: Engine) -> None:
    def healing(seq: int, outcome: str) -> Event:
        fields: dict[str, str | int | float | bool] = {"device": "camera", "code": "camera.frozen", "rung": "power_cycle"}
        return Event(life=3, seq=seq, at=NOW, clock_trusted=True, name=f"healing.{outcome}", fields=fields)

    Fleet(engine).hears(birth(), healing(11, "helped"), healing(12, "helped"), healing(13, "failed"), at=NOW)
    with engine.connect() as connection:
        rows = connection.execute(select(healing_day).order_by(healing_day.c.outcome))
        assert [(row.rung, row.outcome, row.times) for row in rows] == [
            ("power_cycle", "failed", 1),
            ("power_cycle", "helped", 2),
        ]


def test_a_time_in_which_the_service_did_not_run_is_remembered_as_such(engine: Engine) -> None:
    fleet = Fleet(engine)
    fleet.looks_at_the_time(_s(0))
    for second in range(1, 200):
        fleet.looks_at_the_time(_s(second))
    Fleet(engine).looks_at_the_time(_s(7_380))
    with engine.connect() as connection:
        gaps = connection.execute(select(watch_gap)).all()
    assert [((gap.begins_at - NOW).total_seconds(), (gap.ends_at - NOW).total_seconds()) for gap in gaps] == [(180, 7_380)]
