"""What many kiosks lose at once is one ticket, to whoever ends it, until the kiosks themselves are back."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from sqlalchemy import Engine, select

from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.alarms.root_cause import Kind
from telemetry.fleet.notices.telling import FaultName, of_morning
from telemetry.fleet.store import schema
from telemetry.fleet.store.ticket_acts import Done, TicketActs, Who
from telemetry.fleet.tickets import Outage, Rules, State, Ticket
from telemetry.fleet.tickets.acts import Doing, Said
from telemetry.fleet.tickets.contacts import Contact, Contacts
from telemetry.fleet.tickets.outages import Incident, follow_incident, is_of_the_same
from telemetry.wire.messages import FaultState
from telemetry.wire.service_hours import ORDINARY
from telemetry.wire.topics import KioskId
from tests.telemetry.alarms.watched import Watched, kiosk
from tests.telemetry.tickets.books import TUESDAY, Every
from tests.telemetry.tickets.rows import deeds, tickets

VILLAGE = tuple(kiosk(number) for number in range(6))
OTHERS = tuple(kiosk(number) for number in range(6, 12))
TOWN = dict.fromkeys((*VILLAGE, *OTHERS), "青山镇")
CONTACTS = Contacts(
    known=(
        Contact(ends=Kind.POWER, name="县供电公司抢修", phone="0851-8000 0001"),
        Contact(ends=Kind.POWER, name="青山供电所", phone="0851-8000 0002", county="demo", area="北片"),
        Contact(ends=Kind.NETWORK, name="运营商代维", county="elsewhere"),
    )
)
DISPATCHER = Who(person=Person(name="li", full_name="李", role=Role.DISPATCHER))
RULES = Rules()


@pytest.fixture
def county(store: Engine) -> Watched:
    """Two villages of one town, six kiosks each, on feeders of their own."""
    fleet = Watched(store, book=Every(CONTACTS), now=TUESDAY)
    fleet.born((*VILLAGE, *OTHERS), town=TOWN)
    fleet.registered(VILLAGE, village="清泉村", link="node-1", feeder="F7", area="北片")
    return fleet.registered(OTHERS, village="光明村", link="node-1", feeder="F8", area="南片").wait(20)


def _mains_lost(fleet: Watched, of: Iterable[KioskId]) -> None:
    for one in of:
        state = FaultState(device="ups", code="cabinet.mains_lost", severity="DEGRADED", remedy="CLERK", since=fleet.now)
        fleet.say(state, of=one)


def _cut(fleet: Watched, gone: Iterable[KioskId] = VILLAGE, *, mains: int = 0) -> None:
    gone = tuple(gone)
    _mains_lost(fleet, gone[:mains])
    fleet.silent(gone[mains:]).wait(30, every_s=5)


def _back(fleet: Watched, seconds: float = 200) -> None:
    fleet.beat((*VILLAGE, *OTHERS))
    for row in fleet.alarms(code="cabinet.mains_lost"):
        if row["cleared_at"] is None:
            state = FaultState(
                device="ups", code=row["code"], severity=row["severity"], remedy=row["remedy"], since=row["raised_at"]
            )
            fleet.say(state, of=KioskId(county=row["county"], kiosk=row["kiosk"]), cleared=True)
    fleet.wait(seconds, every_s=10)


def _one(fleet: Watched) -> Ticket:
    [ticket] = tickets(fleet.engine)
    return ticket


def _notices(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        kinds = schema.notice.c.kind != "digest"
        return list(connection.execute(select(schema.notice.c.body).where(kinds).order_by(schema.notice.c.id)).scalars())


def test_a_power_cut_is_one_ticket_to_the_power_company_until_the_kiosks_are_back(county: Watched) -> None:
    _cut(county, mains=2)
    ticket = _one(county)
    assert (ticket.kiosk, ticket.county, ticket.area, ticket.state) == (None, "demo", "北片", State.OPENED)
    assert ticket.outage == Outage(
        incident_id=1, county="demo", level="village", scope="青山镇/清泉村", kiosks=6, addressee="青山供电所 0851-8000 0002"
    )
    assert [(one.code, one.remedy, one.severity) for one in ticket.causes] == [
        ("area.without_power", "POWER_COMPANY", "BLOCKING")
    ]
    county.wait(3_600, every_s=300)
    assert [one.id for one in tickets(county.engine)] == [ticket.id], "no child has one, however long it lasts"
    _back(county)
    ticket = _one(county)
    assert ticket.state is State.VERIFIED, "nobody said anything but the kiosks"
    assert [one.cleared_by for one in ticket.causes] == ["6/6"]
    county.wait(90_000, every_s=30_000)
    assert _one(county).state is State.CLOSED
    assert deeds(county.engine) == ["opened", "escalated", "escalated", "escalated", "verified", "closed"]


def test_who_stays_away_when_the_others_are_back_has_a_ticket_of_its_own(county: Watched) -> None:
    _cut(county)
    county.beat((*VILLAGE[1:], *OTHERS)).wait(1_000, every_s=50)
    shared, alone = tickets(county.engine)
    assert (shared.state, [one.cleared_by for one in shared.causes]) == (State.VERIFIED, ["5/6"])
    assert (alone.kiosk, alone.state) == (VILLAGE[0], State.OPENED)


def test_the_same_place_without_power_again_within_days_is_the_same_ticket(county: Watched) -> None:
    _cut(county, mains=2)
    _back(county)
    county.wait(90_000, every_s=30_000)
    assert _one(county).state is State.CLOSED
    county.beat((*VILLAGE, *OTHERS))
    _cut(county, mains=2)
    ticket = _one(county)
    assert (ticket.state, ticket.times_reopened, ticket.closed_at, ticket.verified_at) == (State.OPENED, 1, None, None)
    assert ticket.outage is not None
    assert ticket.outage.incident_id == 2
    _back(county)
    assert _one(county).state is State.VERIFIED
    assert any("（第 2 次）" in told for told in _notices(county.engine))
    county.wait(RULES.reopen_within.total_seconds() + 200_000, every_s=100_000)
    county.beat((*VILLAGE, *OTHERS))
    _cut(county, mains=2)
    assert [one.times_reopened for one in tickets(county.engine)] == [1, 0], "so much later it is another one"


def test_power_that_goes_again_before_its_return_was_believed_is_not_hidden_and_the_same_ticket(county: Watched) -> None:
    _cut(county, mains=2)
    _back(county, seconds=70)
    assert [one["ended_at"] is None for one in county.incidents()] == [False]
    assert _one(county).state is State.VERIFIED
    _cut(county, mains=2)
    first, again = county.incidents()
    assert (again["ended_at"], again["scope"], again["kiosks"]) == (None, first["scope"], 6)
    assert again["began_at"] >= first["ended_at"]
    assert {row["incident_id"] for row in county.alarms() if row["cleared_at"] is None} == {again["id"]}
    assert (_one(county).state, _one(county).times_reopened) == (State.OPENED, 1)


def test_who_goes_again_alone_just_after_the_incident_is_told_of_alone(county: Watched) -> None:
    _cut(county)
    _back(county, seconds=70)
    county.silent(VILLAGE[:1]).wait(300, every_s=10)
    assert len(county.incidents()) == 1
    shared, alone = tickets(county.engine)
    assert (shared.state, alone.kiosk, alone.state) == (State.VERIFIED, VILLAGE[0], State.OPENED)


def test_what_turns_out_to_be_the_power_is_handed_to_who_ends_that(county: Watched) -> None:
    _cut(county)
    assert [one.remedy for one in _one(county).causes] == ["DISPATCHER"]
    _mains_lost(county, VILLAGE[:1])
    county.wait(10, every_s=1)
    ticket = _one(county)
    assert [(one.code, one.remedy) for one in ticket.causes] == [("area.without_power", "POWER_COMPANY")]
    assert ticket.outage is not None
    assert ticket.outage.addressee == "青山供电所 0851-8000 0002"
    assert deeds(county.engine) == ["opened", "changed"]
    county.wait(10, every_s=1)
    assert deeds(county.engine) == ["opened", "changed"], "asked again nothing follows"


def test_a_village_that_is_part_of_a_whole_link_is_one_ticket_that_grew(county: Watched) -> None:
    _cut(county)
    county.silent(OTHERS).wait(20, every_s=1)
    ticket = _one(county)
    assert ticket.outage is not None
    assert (ticket.outage.level, ticket.outage.scope, ticket.outage.kiosks) == ("link", "node-1", 12)
    assert deeds(county.engine) == ["opened", "changed"]


def test_two_villages_that_turn_out_to_be_one_link_leave_one_ticket_open(county: Watched) -> None:
    far = tuple(kiosk(number) for number in range(20, 26))
    county.born(far, town=dict.fromkeys(far, "白水镇")).registered(far, village="石桥村", link="node-1", feeder="F9").wait(20)
    county.silent(VILLAGE).wait(15, every_s=1)
    county.silent(far).wait(15, every_s=1)
    county.silent(OTHERS).wait(20, every_s=1)
    lasting = [one for one in county.incidents() if one["ended_at"] is None]
    left = [one for one in tickets(county.engine) if one.closed_at is None]
    assert [one["id"] for one in lasting] == [one.outage.incident_id for one in left if one.outage is not None]
    assert len(lasting) == 1
    assert deeds(county.engine).count("merged") == len(tickets(county.engine)) - 1


def test_people_act_on_it_as_on_any_ticket_and_closed_by_one_of_them_it_stays_closed(county: Watched) -> None:
    _cut(county, mains=2)
    acts = TicketActs(county.engine, rules=RULES, calendars=ORDINARY)
    for doing, note in ((Doing.ACKNOWLEDGE, ""), (Doing.NOTE, "供电所说 11 点来电"), (Doing.CLOSE, "计划检修，供电所已通知")):
        ticket = _one(county)
        answer = acts.take(DISPATCHER, ticket.id, doing, Said(note=note), seen_version=ticket.version, now=county.now)
        assert isinstance(answer, Done)
    county.wait(600, every_s=60)
    assert _one(county).state is State.CLOSED, "it lasts, and asks for none again"
    assert deeds(county.engine) == ["opened", "acknowledged", "noted", "given_up"]
    with county.engine.connect() as connection:
        told = connection.execute(select(schema.audit.c.act, schema.audit.c.kiosk, schema.audit.c.about)).all()
    assert [tuple(row) for row in told] == [
        ("ticket.acknowledge", "", "ticket 1"), ("ticket.acknowledge", "", "ticket 1"), ("ticket.close", "", "ticket 1"),
    ]  # fmt: skip


def test_one_notice_tells_of_it_with_its_ticket_and_whom_to_call(county: Watched) -> None:
    _cut(county, mains=2)
    county.wait(300, every_s=5)
    [told] = _notices(county.engine)
    assert "没有逐台开单" in told
    assert "T-1" in told
    assert "青山供电所 0851-8000 0002" in told


def test_an_incident_that_lasted_when_the_service_was_renewed_gets_its_ticket(county: Watched) -> None:
    _cut(county, mains=2)
    with county.engine.begin() as connection:
        for table in (schema.ticket, schema.ticket_act, schema.ticket_cause):
            connection.execute(table.delete())
    county.wait(1)
    assert _one(county).state is State.OPENED


@pytest.mark.parametrize(("kind", "is_same"), [(Kind.POWER, True), (Kind.UNKNOWN, True), (Kind.NETWORK, False)])
def test_a_line_that_is_cut_does_not_reopen_what_was_a_power_cut(kind: Kind, *, is_same: bool) -> None:
    outage = Outage(incident_id=1, county="demo", level="feeder", scope="F7", kiosks=6)
    cut = Incident(outage=outage, kind=Kind.POWER, began_at=TUESDAY, opened_at=TUESDAY)
    [written] = follow_incident(cut, None, area="", hours=ORDINARY.of("demo"), rules=RULES, now=TUESDAY)
    assert is_of_the_same(written.ticket, replace(cut, outage=replace(outage, incident_id=2), kind=kind)) is is_same
    elsewhere = replace(cut, outage=replace(outage, incident_id=3, scope="F8"), kind=kind)
    assert not is_of_the_same(written.ticket, elsewhere)


def test_the_nearest_desk_is_named_and_none_that_is_elsewhere() -> None:
    def named(kind: Kind, area: str = "", county: str = "demo") -> str:
        return CONTACTS.addressee(kind, county=county, area=area)

    assert named(Kind.POWER, "北片") == "青山供电所 0851-8000 0002"
    assert named(Kind.POWER, "南片") == named(Kind.POWER, "北片", "lanxi") == "县供电公司抢修 0851-8000 0001"
    assert named(Kind.NETWORK) == ""
    assert named(Kind.NETWORK, county="elsewhere") == "运营商代维"


def test_the_mornings_digest_says_whom_to_call_before_what_to_drive_for(county: Watched) -> None:
    _cut(county, mains=2)
    told = of_morning(
        (),
        lambda _code: FaultName(short="A01", title="停电"),
        things=3,
        now=TUESDAY,
        low_words=str,
        outages=[_one(county)],
        link="https://fleet",
    )
    assert told is not None
    subject, body = told
    assert subject == "先打 1 个电话：青山镇/清泉村"
    assert body.splitlines() == [
        "先打电话：青山镇/清泉村 停电 6 台，找青山供电所 0851-8000 0002，T-1（还没人认领）",
        "https://fleet/round",
    ]
