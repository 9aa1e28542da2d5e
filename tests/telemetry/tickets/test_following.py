"""What follows for a ticket from alarms, complaints, the kiosk's own words and time."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from telemetry.fleet.tickets import Deed, OpenedBy, State, Ticket
from telemetry.fleet.tickets.complaints import Complaint
from telemetry.fleet.tickets.following import Standing, Written
from tests.telemetry.tickets.cases import (
    DAY,
    KIOSK,
    MINUTE,
    MORNING,
    PAPER_LOW,
    PAPER_OUT,
    SILENT,
    SLOW,
    after,
    opened,
    over,
)

VILLAGER = Complaint(kiosk=KIOSK, at=MORNING, by=OpenedBy.VILLAGER, about="pension_arrival", seq=5)


def _deeds(written: Written) -> list[Deed]:
    return [line.deed for line in written.lines]


def _closed(ticket: Ticket, *, verified: bool = True) -> Ticket:
    return replace(
        ticket, state=State.CLOSED, closed_at=MORNING + DAY, verified_at=MORNING if verified else None, due_at=None
    )  # fmt: skip


def test_what_needs_a_technician_is_a_ticket_at_once() -> None:
    [written] = after(alarms=[SILENT])
    ticket = written.ticket
    assert (ticket.state, ticket.opened_by, ticket.area, ticket.version) == (State.OPENED, OpenedBy.ALARM, "东片", 1)
    assert (ticket.is_blocking, ticket.due_at) == (True, MORNING + 15 * MINUTE)
    assert [line.note for line in written.lines] == ["id-card-reader/reader.silent"]


def test_asked_again_nothing_follows() -> None:
    assert after(alarms=[SILENT], ticket=opened(SILENT)) == ()


def test_what_is_hushed_or_ends_by_itself_is_no_ticket() -> None:
    assert after(alarms=[replace(SILENT, needs_person=False)]) == ()
    assert after(alarms=[over(SILENT, at=MORNING)]) == ()


def test_the_clerk_mends_paper_without_a_ticket_until_an_hour_of_service_is_over() -> None:
    assert after(alarms=[PAPER_OUT], now=MORNING + 59 * MINUTE) == ()
    [written] = after(alarms=[PAPER_OUT], now=MORNING + 60 * MINUTE)
    assert written.ticket.is_blocking


def test_a_night_is_no_time_for_a_clerk() -> None:
    evening = MORNING + timedelta(hours=8, minutes=15)  # a quarter of an hour before the office closes
    late = replace(PAPER_OUT, raised_at=evening, needed_at=evening)
    assert after(alarms=[late], now=evening + timedelta(hours=15)) == ()
    assert after(alarms=[late], now=evening + timedelta(hours=16)) != ()


def test_paper_that_only_runs_low_waits_for_the_round() -> None:
    assert after(alarms=[PAPER_LOW], now=MORNING + 2 * DAY) == ()
    assert after(alarms=[PAPER_LOW], now=MORNING + 3 * DAY) != ()


def test_when_the_clerk_gives_up_it_is_a_technicians_at_once() -> None:
    [written] = after(alarms=[replace(PAPER_OUT, remedy="TECHNICIAN")], now=MORNING + MINUTE)
    assert written.ticket.causes[0].remedy == "TECHNICIAN"


def test_further_alarms_join_the_open_ticket_and_make_it_urgent() -> None:
    slight = opened(SLOW)
    assert slight.due_at == MORNING + 60 * MINUTE
    [written] = after(alarms=[SLOW, SILENT], ticket=slight, now=MORNING + MINUTE)
    assert _deeds(written) == [Deed.JOINED]
    assert (written.ticket.id, written.ticket.is_blocking, written.ticket.due_at) == (7, True, MORNING + 16 * MINUTE)


def test_only_the_kiosks_own_words_verify_and_they_stand_in_the_line() -> None:
    both = opened(SILENT, SLOW)
    [one] = after(alarms=[over(SILENT, at=MORNING), SLOW], ticket=both)
    assert _deeds(one) == [Deed.ENDED]
    [all_of_it] = after(alarms=[over(SLOW, at=MORNING, by="technician")], ticket=replace(one.ticket), now=MORNING + MINUTE)
    assert _deeds(all_of_it) == [Deed.VERIFIED]
    assert all_of_it.lines[-1].by == "kiosk"
    assert "camera/camera.slow = technician" in all_of_it.lines[-1].note
    assert all_of_it.ticket.verified_at == MORNING + MINUTE


def test_a_person_saying_fixed_does_not_verify_while_the_alarm_stands() -> None:
    fixed = replace(opened(SILENT), state=State.FIXED, fixed_at=MORNING, due_at=MORNING + 60 * MINUTE)
    assert after(alarms=[SILENT], ticket=fixed, passed="selftest = 9") == ()


def test_a_mere_complaint_is_verified_by_the_kiosks_own_test_after_somebody_looked() -> None:
    [told] = after(complaints=[VILLAGER])
    assert (told.ticket.opened_by, told.ticket.is_blocking, told.ticket.complaints) == (OpenedBy.VILLAGER, True, 1)
    assert after(ticket=told.ticket, passed="selftest = 9") == ()
    fixed = replace(told.ticket, id=7, state=State.FIXED, fixed_at=MORNING)
    [verified] = after(ticket=fixed, passed="selftest = 9")
    assert [(line.deed, line.note) for line in verified.lines] == [(Deed.VERIFIED, "selftest = 9")]


def test_a_complaint_joins_the_open_ticket_and_reopens_a_verified_one() -> None:
    [joined] = after(alarms=[SILENT], ticket=opened(SILENT), complaints=[VILLAGER])
    assert _deeds(joined) == [Deed.COMPLAINED]
    verified = replace(opened(SILENT), state=State.VERIFIED, verified_at=MORNING, causes=())
    [again] = after(ticket=verified, complaints=[VILLAGER])
    assert _deeds(again) == [Deed.REOPENED, Deed.COMPLAINED]
    assert (again.ticket.state, again.ticket.times_reopened, again.ticket.verified_at) == (State.OPENED, 1, None)


def test_the_same_fault_within_a_week_is_the_same_ticket_and_later_a_new_one() -> None:
    over_soon = _closed(opened(SILENT))
    causes = tuple(replace(cause, cleared_at=MORNING) for cause in over_soon.causes)
    last = replace(over_soon, causes=causes)
    back = replace(SILENT, raised_at=MORNING + 3 * DAY, needed_at=MORNING + 3 * DAY)
    [again] = after(alarms=[back], last=last, now=MORNING + 3 * DAY)
    assert (again.ticket.id, again.ticket.times_reopened, again.ticket.state) == (7, 1, State.OPENED)
    assert again.ticket.closed_at is None
    [fresh] = after(alarms=[back], last=last, now=MORNING + 9 * DAY)
    assert (fresh.ticket.id, fresh.ticket.times_reopened) == (0, 0)
    [other] = after(alarms=[replace(SLOW, raised_at=MORNING + 3 * DAY)], last=last, now=MORNING + 3 * DAY)
    assert other.ticket.id == 0


def test_another_fault_after_the_kiosk_was_well_is_another_ticket() -> None:
    verified = replace(
        opened(SILENT), state=State.VERIFIED, verified_at=MORNING,
        causes=tuple(replace(cause, cleared_at=MORNING) for cause in opened(SILENT).causes),
    )  # fmt: skip
    closing, fresh = after(alarms=[SLOW], ticket=verified)
    assert (closing.ticket.id, _deeds(closing)) == (7, [Deed.CLOSED])
    assert (fresh.ticket.id, _deeds(fresh)) == (0, [Deed.OPENED])


def test_a_verified_ticket_closes_by_itself_a_day_later() -> None:
    verified = replace(opened(SILENT), state=State.VERIFIED, verified_at=MORNING, causes=())
    assert after(ticket=verified, now=MORNING + DAY - MINUTE) == ()
    [closed] = after(ticket=verified, now=MORNING + DAY)
    assert (closed.ticket.state, closed.ticket.closed_at) == (State.CLOSED, MORNING + DAY)


def test_what_a_person_has_closed_although_it_stands_does_not_open_again() -> None:
    given_up = frozenset({("id-card-reader", "reader.silent", MORNING)})
    assert after(alarms=[SILENT], answered=given_up) == ()
    assert after(alarms=[replace(SILENT, raised_at=MORNING + MINUTE)], answered=given_up) != ()


def test_a_step_overdue_is_told_once_a_step_and_at_most_three_times() -> None:
    ticket, levels = opened(SILENT), []
    for minutes in range(0, 200, 5):
        for written in after(alarms=[SILENT], ticket=ticket, now=MORNING + minutes * MINUTE):
            ticket = written.ticket
            levels.append((minutes, ticket.escalation))
    assert levels == [(15, 1), (30, 2), (45, 3)]


def test_nobody_is_late_at_night() -> None:
    evening = MORNING + timedelta(hours=8, minutes=25)
    ticket = opened(SILENT, now=evening)
    assert after(alarms=[SILENT], ticket=ticket, now=evening + timedelta(hours=14)) == ()
    assert after(alarms=[SILENT], ticket=ticket, now=evening + timedelta(hours=15, minutes=16)) != ()


@given(st.lists(st.tuples(st.sampled_from([SILENT, SLOW, PAPER_OUT]), st.booleans(), st.integers(1, 3000)), max_size=12))
def test_whatever_comes_asking_twice_changes_nothing_twice(steps: list[tuple[Standing, bool, int]]) -> None:
    """From state, not from edges: the second answer to the same question is empty, and versions count the lines."""
    now, standing = MORNING, dict[tuple[str, str], Standing]()
    current: Ticket | None = None
    last: Ticket | None = None
    lines = 0
    for alarm, is_over, minutes in steps:
        now += minutes * MINUTE
        before = standing.get(alarm.name)
        if is_over and before is not None:
            standing[alarm.name] = over(before, at=now)
        elif before is None or before.cleared_at is not None:
            standing[alarm.name] = replace(alarm, raised_at=now, needed_at=now)
        for written in after(alarms=list(standing.values()), ticket=current, last=last, now=now):
            ticket = written.ticket if written.ticket.id else replace(written.ticket, id=1 + (last.id if last else 0))
            lines = len(written.lines) if written.ticket.id == 0 else ticket.version
            assert ticket.version == lines or written.ticket.id
            if ticket.closed_at is None:
                current = ticket
            else:
                last, current = ticket, None
        assert after(alarms=list(standing.values()), ticket=current, last=last, now=now) == ()
