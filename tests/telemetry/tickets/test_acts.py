"""What a person may do to a ticket, and what nobody can."""

from dataclasses import replace

import pytest

from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.tickets import Deed, Part, State, Ticket
from telemetry.fleet.tickets.acts import WAYS, Doing, NotNowError, Refusal, Said, open_to, take
from tests.telemetry.tickets.cases import HOURS, MINUTE, MORNING, RULES, SILENT, opened

LATER = MORNING + 20 * MINUTE
MAINTAINER = Person(name="wang", full_name="王", role=Role.MAINTAINER, areas=frozenset({"东片"}))


def _do(ticket: Ticket, doing: Doing, **said: object) -> tuple[Ticket, Deed, str]:
    after, line = take(
        ticket, doing, Said(**said), by="wang", rules=RULES, hours=HOURS, now=LATER  # type: ignore[arg-type]  # of Said
    )  # fmt: skip
    assert after.version == ticket.version + 1
    return after, line.deed, line.note


def test_a_ticket_goes_from_hand_to_hand_and_each_step_has_its_own_deadline() -> None:
    ticket = opened(SILENT)
    ticket, _, _ = _do(ticket, Doing.ACKNOWLEDGE)
    assert (ticket.state, ticket.assignee, ticket.due_at) == (State.ACKNOWLEDGED, "wang", LATER + 30 * MINUTE)
    ticket, _, note = _do(ticket, Doing.DISPATCH, assignee="li", note="带备用读卡器")
    assert (ticket.state, ticket.assignee, note) == (State.DISPATCHED, "li", "li 带备用读卡器")
    ticket, _, _ = _do(ticket, Doing.ARRIVE)
    assert (ticket.state, ticket.assignee) == (State.ARRIVED, "li")
    ticket, _, note = _do(ticket, Doing.FIX, parts=(Part(part="读卡器", count=1),), note="换了一台")
    assert (ticket.state, ticket.fixed_at, note) == (State.FIXED, LATER, "换了一台 [读卡器 x1]")
    assert ticket.verified_at is None


def test_nobody_can_say_verified() -> None:
    assert State.VERIFIED not in {way.to for way in WAYS.values()}


@pytest.mark.parametrize("doing", [Doing.ARRIVE, Doing.FIX])
def test_nobody_arrives_at_or_mends_what_nobody_has_taken(doing: Doing) -> None:
    with pytest.raises(NotNowError) as refused:
        _do(opened(SILENT), doing)
    assert refused.value.refusal is Refusal.WRONG_STATE


def test_closing_without_the_kiosks_word_needs_a_reason_and_is_marked() -> None:
    with pytest.raises(NotNowError) as refused:
        _do(opened(SILENT), Doing.CLOSE, note="  ")
    assert refused.value.refusal is Refusal.NEEDS_REASON
    closed, deed, note = _do(opened(SILENT), Doing.CLOSE, note="村部拆迁，机器已搬走")
    assert (closed.closed_at, closed.due_at, deed, note) == (LATER, None, Deed.GIVEN_UP, "村部拆迁，机器已搬走")
    verified = replace(opened(SILENT), state=State.VERIFIED, verified_at=MORNING)
    assert _do(verified, Doing.CLOSE)[1] is Deed.CLOSED


def test_nothing_is_done_to_a_closed_ticket() -> None:
    closed = replace(opened(SILENT), state=State.CLOSED, closed_at=MORNING)
    for doing in Doing:
        with pytest.raises(NotNowError):
            _do(closed, doing, note="x", assignee="li")


def test_parts_add_up_and_are_bounded() -> None:
    ticket, _, _ = _do(opened(SILENT), Doing.NOTE, parts=(Part(part="纸", count=1), Part(part="纸", count=2)))
    assert ticket.parts == (Part(part="纸", count=3),)
    many = tuple(Part(part=f"p{number}", count=1) for number in range(21))
    with pytest.raises(NotNowError):
        _do(ticket, Doing.NOTE, parts=many)
    with pytest.raises(NotNowError):
        _do(ticket, Doing.NOTE)


def test_what_a_person_may_do_depends_on_role_area_and_state() -> None:
    ticket = opened(SILENT)
    assert open_to(ticket, MAINTAINER) == (Doing.ACKNOWLEDGE, Doing.NOTE)
    assert open_to(replace(ticket, area="西片"), MAINTAINER) == ()
    assert open_to(ticket, Person(name="v", full_name="v", role=Role.VIEWER)) == ()
    dispatcher = Person(name="d", full_name="d", role=Role.DISPATCHER)
    assert open_to(ticket, dispatcher) == (Doing.ACKNOWLEDGE, Doing.DISPATCH, Doing.NOTE, Doing.CLOSE)
