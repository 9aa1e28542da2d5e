"""What people do about alarms: each act leaves a line in the audit, and who comes too late is told who was quicker."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.alarms.places import Level
from telemetry.fleet.store.act_outcome import Outcome, Why
from telemetry.fleet.store.alarm_acts import AlarmActs
from telemetry.fleet.store.plan_acts import NotPlannableError, PlanActs
from telemetry.fleet.store.schema import audit
from telemetry.fleet.store.ticket_acts import Who
from tests.telemetry.alarms.watched import Watched, kiosk
from tests.telemetry.said import HEAD_HOT, K1, PAPER_OUT

WANG = Who(person=Person(name="wang", full_name="王", role=Role.DISPATCHER), address="10.0.0.7")
ZHAO = Who(person=Person(name="zhao", full_name="赵", role=Role.DISPATCHER))
EAST = Who(person=Person(name="dong", full_name="东", role=Role.MAINTAINER, areas=frozenset({"东片"})))
VIEWER = Who(person=Person(name="kan", full_name="看", role=Role.VIEWER))
HOUR = timedelta(hours=1)


@pytest.fixture
def fleet(store: Engine) -> Watched:
    return Watched(store).born([K1]).registered([K1], village="清泉村", area="西片").say(PAPER_OUT)


@pytest.fixture
def acts(fleet: Watched) -> AlarmActs:
    return AlarmActs(fleet.engine)


def _audit(fleet: Watched) -> Sequence[tuple[str, ...]]:
    with fleet.engine.connect() as connection:
        rows = connection.execute(select(audit.c.by, audit.c.act, audit.c.result, audit.c.about, audit.c.kiosk)).all()
    return [tuple(row) for row in rows]


def _plan(fleet: Watched, *, level: Level = Level.VILLAGE, scope: str = "清泉村", hours: float = 2, who: Who = WANG) -> Outcome:
    return PlanActs(fleet.engine).plan_maintenance(
        who,
        county="demo",
        level=level,
        scope=scope,
        begins_at=fleet.now,
        ends_at=fleet.now + hours * HOUR,
        why="换电池",
        now=fleet.now,
    )


def test_acknowledged_it_says_who_knows_and_goes_no_further_up(fleet: Watched, acts: AlarmActs) -> None:
    done = acts.acknowledge(WANG, [1], comment="  马上去 ", now=fleet.now)
    assert (done.done, done.kiosks) == ((1,), frozenset({K1}))
    (row,) = fleet.wait(48 * 3600, every_s=3600).alarms()
    assert (row["acknowledged_by"], row["acknowledgement"], row["escalation"]) == ("wang", "马上去", 0)
    assert _audit(fleet) == [("wang", "alarm.acknowledge", "done", "alarm 1", "K1")]


def test_of_two_who_acknowledge_one_wins_and_the_other_is_told(fleet: Watched, acts: AlarmActs) -> None:
    acts.acknowledge(WANG, [1], comment="", now=fleet.now)
    late = acts.acknowledge(ZHAO, [1], comment="", now=fleet.now + HOUR)
    assert late.done == ()
    assert (late.late[0].why, late.late[0].by, late.late[0].at) == (Why.QUICKER, "wang", fleet.now)
    assert _audit(fleet)[-1] == ("zhao", "alarm.acknowledge", "lost", "alarm 1", "K1")
    assert fleet.alarms()[0]["acknowledged_by"] == "wang"


def test_an_alarm_that_is_over_and_one_that_never_was_are_told_apart(fleet: Watched, acts: AlarmActs) -> None:
    fleet.say(PAPER_OUT, cleared=True).say(HEAD_HOT)
    over, open_now = (row["id"] for row in fleet.alarms())
    outcome = acts.acknowledge(WANG, [over, open_now, 99], comment="", now=fleet.now)
    assert outcome.done == (open_now,)
    assert [(late.id, late.why) for late in outcome.late] == [(over, Why.OVER), (99, Why.UNKNOWN)]


@pytest.mark.parametrize("who", [EAST, VIEWER])
def test_what_is_not_theirs_is_refused_and_written_down(fleet: Watched, acts: AlarmActs, who: Who) -> None:
    assert acts.acknowledge(who, [1], comment="", now=fleet.now).late[0].why is Why.REFUSED
    assert _audit(fleet)[0][2] == "refused"
    assert fleet.alarms()[0]["acknowledged_at"] is None


def test_shelved_it_comes_back_by_itself(fleet: Watched, acts: AlarmActs) -> None:
    acts.shelve(WANG, 1, until=fleet.now + HOUR, comment="等配件", now=fleet.now)
    assert (fleet.alarms()[0]["hushed_by"], fleet.alarms()[0]["needs_person"]) == ("shelved", False)
    fleet.wait(3601)
    assert (fleet.alarms()[0]["hushed_by"], fleet.alarms()[0]["needs_person"]) == ("", True)
    assert acts.unshelve(WANG, 1, now=fleet.now).late[0].why is Why.OVER


def test_unshelved_it_is_told_at_once(fleet: Watched, acts: AlarmActs) -> None:
    acts.shelve(WANG, 1, until=fleet.now + HOUR, comment="", now=fleet.now)
    assert acts.shelve(ZHAO, 1, until=fleet.now + 2 * HOUR, comment="", now=fleet.now).late[0].why is Why.QUICKER
    assert acts.unshelve(ZHAO, 1, now=fleet.now).done == (1,)
    assert fleet.alarms()[0]["needs_person"]


@pytest.mark.parametrize("hours", [0, -1, 31 * 24])
def test_a_shelf_has_an_end_and_no_far_one(fleet: Watched, acts: AlarmActs, hours: float) -> None:
    with pytest.raises(ValueError, match="at most 30 days away"):
        acts.shelve(WANG, 1, until=fleet.now + hours * HOUR, comment="", now=fleet.now)


def test_planned_work_hushes_what_is_open_already_and_gives_it_back(fleet: Watched) -> None:
    assert _plan(fleet).done == (1,)
    fleet.wait(2)
    assert fleet.alarms()[0]["hushed_by"] == "maintenance"
    fleet.wait(2 * 3600)
    assert (fleet.alarms()[0]["hushed_by"], fleet.alarms()[0]["needs_person"]) == ("", True)


def test_planned_work_that_is_done_early_is_ended_by_somebody_once(fleet: Watched) -> None:
    _plan(fleet)
    plan = PlanActs(fleet.engine)
    fleet.wait(60)
    assert plan.end_maintenance(ZHAO, 1, now=fleet.now).done == (1,)
    fleet.wait(2)
    assert fleet.alarms()[0]["needs_person"]
    late = plan.end_maintenance(WANG, 1, now=fleet.now)
    assert (late.late[0].why, late.late[0].by) == (Why.QUICKER, "zhao")
    assert [line[1] for line in _audit(fleet)] == ["maintenance.plan", "maintenance.end", "maintenance.end"]


def test_planned_work_of_another_kiosk_hushes_nothing_here(fleet: Watched) -> None:
    fleet.born([kiosk(7)])
    _plan(fleet, level=Level.KIOSK, scope="K7")
    assert fleet.wait(2).alarms()[0]["hushed_by"] == ""


@pytest.mark.parametrize(
    ("level", "scope", "hours", "problem"),
    [
        (Level.VILLAGE, "清泉村", -1, "must end after it begins"),
        (Level.VILLAGE, "清泉村", 31 * 24, "may last 30 days at most"),
        (Level.VILLAGE, "无名村", 1, "no kiosk of demo belongs to village '无名村'"),
    ],
)
def test_what_cannot_be_planned_says_why(fleet: Watched, level: Level, scope: str, hours: float, problem: str) -> None:
    with pytest.raises(NotPlannableError, match=problem):
        _plan(fleet, level=level, scope=scope, hours=hours)


def test_who_may_not_plan_is_refused(fleet: Watched) -> None:
    assert _plan(fleet, who=EAST).late[0].why is Why.REFUSED
