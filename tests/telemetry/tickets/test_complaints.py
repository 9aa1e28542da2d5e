"""Who knew first."""

from datetime import timedelta

from telemetry.fleet.tickets import OpenedBy
from telemetry.fleet.tickets.complaints import Complaint, Stood, heard, passed, was_first
from telemetry.wire.messages import Event
from tests.telemetry.tickets.cases import KIOSK, MINUTE, MORNING

COMPLAINT = Complaint(kiosk=KIOSK, at=MORNING, by=OpenedBy.VILLAGER)
GRACE = 10 * MINUTE


def _event(name: str = "repair.requested", *, trusted: bool = True, minutes: int = 0, **fields: str) -> Event:
    return Event(
        life=1, seq=9, at=MORNING + timedelta(minutes=minutes), clock_trusted=trusted, name=name, fields=dict(fields)
    )  # fmt: skip


def test_a_complaint_before_any_alarm_was_first() -> None:
    assert was_first(COMPLAINT, [], grace=GRACE)
    assert was_first(COMPLAINT, [Stood(raised_at=MORNING + MINUTE, cleared_at=None)], grace=GRACE)


def test_a_complaint_while_an_alarm_stands_or_has_just_ended_was_not() -> None:
    hour_ago = MORNING - timedelta(hours=1)
    assert not was_first(COMPLAINT, [Stood(raised_at=hour_ago, cleared_at=None)], grace=GRACE)
    assert not was_first(COMPLAINT, [Stood(raised_at=hour_ago, cleared_at=MORNING - 9 * MINUTE)], grace=GRACE)
    assert was_first(COMPLAINT, [Stood(raised_at=hour_ago, cleared_at=MORNING - 11 * MINUTE)], grace=GRACE)


def test_in_the_middle_of_a_matter_it_was_the_villager_who_pressed_it() -> None:
    in_a_matter = heard(KIOSK, _event(service="pension_arrival", step="form"), received_at=MORNING)
    assert (in_a_matter.by, in_a_matter.about, in_a_matter.seq) == (OpenedBy.VILLAGER, "pension_arrival", 9)
    assert heard(KIOSK, _event(), received_at=MORNING).by is OpenedBy.CLERK


def test_a_clock_nobody_confirmed_and_one_ahead_of_ours_say_nothing_about_when() -> None:
    assert heard(KIOSK, _event(trusted=False, minutes=-900), received_at=MORNING).at == MORNING
    assert heard(KIOSK, _event(minutes=900), received_at=MORNING).at == MORNING
    assert heard(KIOSK, _event(minutes=-3), received_at=MORNING).at == MORNING - 3 * MINUTE


def test_a_self_test_passes_only_when_it_looked_and_found_nothing() -> None:
    assert passed(_event("selftest.done", checked="9", failed="0")) == "selftest = 9"
    assert not passed(_event("selftest.done", checked="9", failed="1"))
    assert not passed(_event("selftest.done", checked="0", failed="0"))
    assert not passed(_event("selftest.done"))
