"""A clock in 1970 or 2099 poisons no history: what is stored can have been, and every end finds its beginning."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from telemetry.fleet.clocks import AHEAD, EARLIEST
from telemetry.fleet.steps import advance
from telemetry.fleet.store.book import StoredNumber
from telemetry.fleet.store.schema import message
from telemetry.fleet.store.writer import Batch, Writer
from telemetry.wire.messages import Birth, FaultChanged
from tests.telemetry.said import K1, NOW, PAPER_OUT, birth, event, fault
from tests.telemetry.test_steps import Desk

UNSET = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
FUTURE = datetime(2099, 12, 31, tzinfo=UTC)
ANY_TIME = st.datetimes(timezones=st.just(UTC))


def _raised(since: datetime, at: datetime, *, seq: int = 11, is_trusted: bool = False) -> FaultChanged:
    state = PAPER_OUT.model_copy(update={"since": since})
    return fault(state, seq=seq).model_copy(update={"at": at, "clock_trusted": is_trusted})


def _cleared(since: datetime, at: datetime, *, seq: int = 12) -> FaultChanged:
    return _raised(since, at, seq=seq).model_copy(update={"cleared_at": at})


def _born(at: datetime, *since: datetime) -> Birth:
    faults = tuple(PAPER_OUT.model_copy(update={"since": moment}) for moment in since)
    return birth(faults=faults, at=at).model_copy(update={"clock_trusted": False})


@pytest.mark.parametrize("at", [UNSET, FUTURE])
def test_a_fault_of_a_wrong_clock_began_as_long_ago_as_the_kiosk_says(at: datetime) -> None:
    desk = Desk().hear(_born(at), _raised(at - timedelta(minutes=3), at))
    assert [row.occurrence.since for row in desk.rows.values()] == [NOW - timedelta(minutes=3)]


@pytest.mark.parametrize("at", [UNSET, FUTURE])
def test_the_end_of_a_fault_of_a_wrong_clock_finds_it(at: datetime) -> None:
    since = at - timedelta(minutes=3)
    desk = Desk().hear(_born(at), _raised(since, at))
    desk.hear(_cleared(since, at + timedelta(minutes=1)), now=NOW + timedelta(minutes=1))
    (row,) = desk.rows.values()
    assert (desk.open, row.cleared_at) == (set(), NOW + timedelta(minutes=1))


@pytest.mark.parametrize("at", [UNSET, FUTURE])
def test_two_that_come_in_one_breath_are_two_also_where_both_are_given_the_time_they_were_heard(at: datetime) -> None:
    again = at + timedelta(milliseconds=30)
    desk = Desk().hear(_born(at))
    for turn, since in enumerate((at, again)):
        desk.hear(_raised(since, since, seq=11 + 2 * turn), _cleared(since, since, seq=12 + 2 * turn))
    assert (desk.open, len(desk.rows)) == (set(), 2)
    desk.hear(_raised(again, again, seq=13))  # told once more, it is the same one
    assert len(desk.rows) == 2


def test_a_fault_raised_before_the_clock_was_set_is_one_alarm_and_ends_after_it_was() -> None:
    since = UNSET - timedelta(seconds=20)
    desk = Desk().hear(_born(UNSET), _raised(since, UNSET))
    desk.hear(
        _born(NOW, since).model_copy(update={"life": 4, "seq": 11, "floor": 11, "clock_trusted": True}),
        now=NOW + timedelta(seconds=9),
    )
    assert (desk.open, len(desk.rows)) == ({"printer.paper_out"}, 1)
    desk.hear(_cleared(since, NOW + timedelta(seconds=30)), now=NOW + timedelta(seconds=30))
    assert (desk.open, len(desk.rows)) == (set(), 1)


def test_a_clock_nobody_confirmed_that_is_a_year_slow_is_not_believed() -> None:
    at = NOW - timedelta(days=365)
    desk = Desk().hear(_born(at), _raised(at - timedelta(minutes=3), at))
    assert [row.occurrence.since for row in desk.rows.values()] == [NOW - timedelta(minutes=3)]


def test_the_end_of_a_fault_of_a_wrong_clock_finds_it_also_when_it_is_told_late() -> None:
    slow = timedelta(minutes=16)
    since = NOW - slow
    desk = Desk().hear(_born(since), _raised(since, since))
    back_at = NOW + timedelta(minutes=5)
    again = _born(back_at - slow).model_copy(update={"life": 4, "seq": 12, "floor": 11})
    ended = _cleared(since, back_at - slow).model_copy(update={"hist": True, "life": 4})
    desk.hear(again, ended, now=back_at)
    assert (desk.open, len(desk.rows)) == (set(), 1)


def test_a_moment_of_a_good_clock_is_kept_when_one_that_was_reset_repeats_it() -> None:
    desk = Desk().hear(birth(), _raised(NOW, NOW, is_trusted=True))
    back_at = NOW + timedelta(minutes=5)
    again = _born(UNSET).model_copy(update={"life": 4, "seq": 12, "floor": 11})
    ended = _cleared(NOW, UNSET).model_copy(update={"hist": True, "life": 4})
    desk.hear(again, ended, now=back_at)
    assert [(name.since, row.cleared_at is None) for name, row in desk.rows.items()] == [(NOW, False)]


def test_how_wrong_a_clock_is_is_still_shown() -> None:
    known = Desk().hear(_born(FUTURE)).known
    assert known.clock_skew_s == (FUTURE - NOW).total_seconds()
    assert known.birth_at == NOW


def test_a_birth_from_the_future_does_not_shut_out_the_ones_after_it() -> None:
    desk = Desk().hear(_born(FUTURE).model_copy(update={"life": 9}))
    desk.hear(_born(NOW + timedelta(hours=1)).model_copy(update={"life": 1}), now=NOW + timedelta(hours=1))
    assert desk.known.life == 1


def test_an_old_fault_of_a_good_clock_keeps_its_day() -> None:
    since = NOW - timedelta(days=200)
    desk = Desk().hear(birth(), _raised(since, NOW, is_trusted=True))
    assert [row.occurrence.since for row in desk.rows.values()] == [since]


@given(ANY_TIME, ANY_TIME, ANY_TIME, ANY_TIME, st.booleans())
def test_whatever_a_clock_says_nothing_stored_lies_in_the_future_or_before_the_first_kiosk(
    at: datetime, since: datetime, ended: datetime, born: datetime, is_trusted: bool
) -> None:
    desk = Desk().hear(_born(born, since), _raised(since, at, is_trusted=is_trusted))
    desk.hear(_cleared(since, ended), now=NOW + timedelta(minutes=1))
    for row in desk.rows.values():
        assert EARLIEST <= row.occurrence.since <= NOW + AHEAD
        assert row.cleared_at is not None
        assert row.occurrence.since <= row.cleared_at <= NOW + timedelta(minutes=1) + AHEAD
    assert len(desk.rows) == 1


@pytest.mark.parametrize("at", [UNSET, FUTURE])
def test_a_message_is_filed_under_our_time_and_keeps_its_own_in_its_body(store: Engine, at: datetime) -> None:
    record = advance(None, K1, birth(), now=NOW).record
    assert record is not None
    step = advance(record, K1, event(seq=11).model_copy(update={"at": at}), now=NOW)
    assert step.record is not None
    assert step.numbered is not None
    stored = StoredNumber(kiosk=K1, message=step.numbered, is_history=False, received_at=NOW)
    Writer(store).write(Batch(records={K1: step.record}, messages=[stored]), {}, now=NOW)
    with store.connect() as connection:
        row = connection.execute(select(message.c.at, message.c.body)).one()
    assert (row.at, datetime.fromisoformat(row.body["at"])) == (NOW, at)
