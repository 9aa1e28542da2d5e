"""The pages of tickets: which one is stuck where, what to do about it, who was quicker, where next with what in the bag."""

import csv
import io
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, select

from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.store import schema
from telemetry.fleet.tickets import OpenedBy, State, Ticket
from telemetry.fleet.tickets.bag import ITEMS, OF_CODE, OF_SUPPLY
from telemetry.fleet.tickets.stops import Low, Stop, in_order, packed
from telemetry.fleet.web import fault_words, tickets
from telemetry.wire.topics import KioskId
from tests.telemetry.web import county as made_up
from tests.telemetry.web import served
from tests.telemetry.web.asking import Asking
from tests.telemetry.web.county import COUNTY, NOW
from tests.telemetry.web.ticketed import seed_tickets
from tests.telemetry.web.visitor import Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticketed:
    """The made-up county with its tickets."""

    engine: Engine
    client: Visitor
    number_of: Mapping[str, int]
    kiosk_of: Mapping[str, str]

    def post(self, path: str, fields: Mapping[str, object] | None = None) -> httpx.Response:
        """Send a form as the pages do."""
        form = {name: str(value) for name, value in (fields or {}).items()}
        return self.client.post(path, form, csrf=self.client.csrf(f"/tickets/{self.number_of['双井']}"))


def _ticketed(folder: Path) -> Ticketed:
    engine = made_up.open_store(folder / "fleet.sqlite3")
    kiosk_of = made_up.seed(engine).kiosk_of
    numbers = seed_tickets(engine, kiosk_of)
    client = Visitor(served.build(engine, now=lambda: NOW), address="127.0.0.1")
    return Ticketed(engine=engine, client=client, number_of=numbers, kiosk_of=kiosk_of)


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ticketed]:
    """Read by many tests, changed by none."""
    county = _ticketed(tmp_path_factory.mktemp("tickets"))
    yield county
    county.engine.dispose()


@pytest.fixture
def fresh(morning: Ticketed, tmp_path: Path) -> Iterator[Ticketed]:
    """A copy of it, to be changed."""
    engine = made_up.open_store(tmp_path / "fleet.sqlite3")
    with morning.engine.connect() as whole, engine.connect() as copy:
        driver, other = whole.connection.driver_connection, copy.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        assert isinstance(other, sqlite3.Connection)
        driver.backup(other)
    client = Visitor(served.build(engine, now=lambda: NOW), address="127.0.0.1")
    yield replace(morning, engine=engine, client=client)
    engine.dispose()


def _table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("path", ["/tickets", "/tickets?lang=en", "/round", "/round?lang=en&area=东片", "/fragments/tickets"])
def test_every_page_answers_with_and_without_tickets(morning: Ticketed, client: Asking, path: str) -> None:
    assert morning.client.get(path).status_code == 200
    assert client.get(path).status_code == 200


def test_the_board_has_a_lane_for_each_step_and_says_what_is_late(morning: Ticketed) -> None:
    text = morning.client.get("/tickets").text
    for village, lane in (("双井", 0), ("上坡", 1), ("石榴", 2), ("高岭", 3), ("榆树", 4)):
        place = text.index(f'id="ticket-{morning.number_of[village]}"')
        assert text[:place].count('<section class="lane') == lane + 1
    assert text.count("tk-card late") == 1
    assert "带：视频线、触摸屏总成" in text


def test_filters_live_in_the_address_and_the_export_keeps_them(morning: Ticketed) -> None:
    everything = _table(morning.client.get("/tickets?format=csv").text)
    assert {row["state"] for row in everything} >= {"opened", "acknowledged", "dispatched", "arrived", "fixed", "verified"}
    for asked, column, value in (
        ("state=dispatched", "state", "dispatched"),
        ("assignee=JS-03", "assignee", "JS-03"),
        ("area=北片", "area", "北片"),
        ("q=石榴", "site", "石榴村"),
    ):
        rows = _table(morning.client.get(f"/tickets?format=csv&{asked}").text)
        assert {row[column] for row in rows} == {value}


def test_what_many_have_lost_is_one_ticket_on_every_page_that_knows_one_of_them(morning: Ticketed) -> None:
    table = schema.ticket
    with morning.engine.connect() as connection:
        number = connection.execute(select(table.c.id).where(table.c.incident_id.is_not(None))).scalar_one()
    child = morning.kiosk_of["柳河"]
    for path in (f"/tickets/{number}", f"/tickets/{number}?lang=en", "/tickets", f"/kiosks/{COUNTY}/{child}"):
        text = morning.client.get(path).text
        assert "线路代维 0000-7654321" in text, path
        assert f"T-{number}" in text, path
    assert morning.client.get("/alarms?which=hushed").text.count(f'href="/tickets/{number}"') >= 5, (
        "the incident and its children"
    )
    [row] = [row for row in _table(morning.client.get("/tickets?format=csv").text) if row["incident"]]
    assert (row["kiosk"], row["site"], row["level"], row["codes"], row["addressee"]) == (
        "", "柳河 2 号光节点", "link", "area.cut_off", "线路代维 0000-7654321",
    )  # fmt: skip
    told = morning.client.get(f"/api/v1/tickets/{number}").json()
    assert (told["kiosk"], told["incident"], told["scope"]) == ("", 1, "柳河 2 号光节点")
    assert f"/tickets/{number}" not in morning.client.get("/round").text, "nobody drives there"
    assert [row["id"] for row in _table(morning.client.get("/tickets?format=csv&remedy=CARRIER").text)] == [str(number)]


def test_one_ticket_says_what_to_do_what_to_take_and_everything_that_happened(morning: Ticketed) -> None:
    text = morning.client.get(f"/tickets/{morning.number_of['石榴']}").text
    assert "看屏幕的电源和视频线" in text
    assert "触摸屏总成" in text
    assert text.index("约 10:20 到") < text.index(">开单<", text.index('id="history"'))
    assert morning.client.get("/tickets/99999").status_code == 404


def test_an_act_is_done_and_told_to_whoever_looks(fresh: Ticketed) -> None:
    number = fresh.number_of["石榴"]
    version = re.search(r'name="version" value="(\d+)"', fresh.client.get(f"/tickets/{number}").text)
    assert version is not None
    answer = fresh.post(f"/tickets/{number}/arrive", {"version": version[1]})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tickets/{number}?done=true")
    assert fresh.client.get(f"/api/v1/tickets/{number}").json()["state"] == "arrived"


def test_whoever_was_slower_is_told_who_won_and_sees_the_ticket_as_it_is(fresh: Ticketed) -> None:
    number = fresh.number_of["石榴"]
    before = fresh.client.get(f"/api/v1/tickets/{number}").json()
    fresh.post(f"/tickets/{number}/arrive", {"version": before["version"]})
    answer = fresh.post(f"/tickets/{number}/dispatch", {"version": before["version"], "assignee": "JS-07"})
    assert answer.status_code == 409
    assert re.search("没有生效：.+ 已在 09:12 到场", answer.text)
    assert fresh.client.get(f"/api/v1/tickets/{number}").json()["assignee"] == "JS-03"


def test_closing_without_the_kiosks_word_needs_a_reason(fresh: Ticketed) -> None:
    number = fresh.number_of["石榴"]
    version = fresh.client.get(f"/api/v1/tickets/{number}").json()["version"]
    assert "必须写原因" in fresh.post(f"/tickets/{number}/close", {"version": version}).text
    fresh.post(f"/tickets/{number}/close", {"version": version, "note": "村部拆迁"})
    told = fresh.client.get(f"/api/v1/tickets/{number}").json()
    assert (told["state"], told["verified_at"], told["acts"][-1]["act"]) == ("closed", None, "given_up")
    assert "终端没有验证就了结了" in fresh.client.get(f"/tickets/{number}").text


def test_a_telephone_call_is_a_complaint_and_opens_or_joins_a_ticket(fresh: Ticketed) -> None:
    quiet, broken = fresh.kiosk_of["青山"], fresh.kiosk_of["石榴"]
    for kiosk in (quiet, broken):
        answer = fresh.post(f"/kiosks/{COUNTY}/{kiosk}/complaints", {"about": "screen", "by": "villager"})
        assert answer.status_code == 303
    with fresh.engine.connect() as connection:
        told = connection.execute(select(schema.complaint).order_by(schema.complaint.c.id.desc()).limit(2)).all()
    assert [(row.kiosk, row.was_first) for row in reversed(told)] == [(quiet, True), (broken, False)]
    assert told[0].ticket_id == fresh.number_of["石榴"]
    text = fresh.client.get(f"/tickets/{told[1].ticket_id}").text
    assert "早于我们的告警" in text
    assert fresh.post(f"/kiosks/{COUNTY}/{quiet}/complaints", {"about": "李四家的事"}).status_code == 422
    assert fresh.post(f"/kiosks/{COUNTY}/NOBODY/complaints", {"about": "screen"}).status_code == 404


def test_a_ticket_by_hand_says_why(fresh: Ticketed) -> None:
    answer = fresh.post(f"/kiosks/{COUNTY}/{fresh.kiosk_of['青山']}/tickets", {"why": "屏幕有划痕"})
    number = int(answer.headers["location"].split("/")[2].partition("?")[0])
    assert "屏幕有划痕" in fresh.client.get(f"/tickets/{number}").text


def test_the_round_goes_where_it_is_worst_first_and_passes_by_what_is_in_the_same_town(morning: Ticketed) -> None:
    text = morning.client.get("/round").text
    order = re.findall(r'<h2><a href="[^"]+">[^<]*? · ([^<]+)</a>', text)
    assert order[0] == "双井村"
    assert "顺路" in text
    assert "上坡村" not in order, "the bureau's configuration is nobody's drive"
    assert order.index("松林村") > order.index("石榴村"), "paper that runs low waits for the broken one beside it"
    assert "80 毫米热敏纸 ×" in text


def test_what_a_program_reads_is_documented(morning: Ticketed) -> None:
    listed = morning.client.get("/api/v1/tickets?open=true").json()
    assert {one["state"] for one in listed} >= {"opened", "dispatched"}
    assert all(one["closed_at"] is None for one in listed)
    paths = morning.client.get("/openapi.json").json()["paths"]
    assert {"/api/v1/tickets", "/api/v1/tickets/{number}"} <= paths.keys()
    assert morning.client.get("/api/v1/tickets/0").status_code == 422
    assert morning.client.get("/api/v1/tickets/777").status_code == 404


def test_the_kiosks_page_asks_for_its_own_tickets(morning: Ticketed) -> None:
    person = Person(name="d", full_name="d", role=Role.DISPATCHER)
    of = KioskId(county=COUNTY, kiosk=morning.kiosk_of["石榴"])
    with morning.engine.connect() as connection:
        mine = tickets.of_kiosk(connection, fault_words.load(), of, person=person, now=NOW)
        nothing = tickets.of_kiosk(
            connection, fault_words.load(), KioskId(county=COUNTY, kiosk="LX-999"), person=person, now=NOW
        )  # fmt: skip
    assert mine.open is not None
    assert mine.open.ticket.id == morning.number_of["石榴"]
    assert list(mine.reached) == ["opened", "acknowledged", "dispatched"]
    assert (nothing.open, nothing.earlier) == (None, ())


def test_the_bag_names_only_what_is_in_the_store_and_codes_there_are() -> None:
    known = fault_words.load().codes
    assert OF_CODE.keys() <= known
    assert {item for items in OF_CODE.values() for item in items} | set(OF_SUPPLY.values()) <= ITEMS.keys()


def test_stops_of_a_town_follow_its_most_urgent_one() -> None:
    def stop(name: str, town: str, *, low: float | None = None, minutes: int = 0) -> Stop:
        kiosk = KioskId(county=COUNTY, kiosk=name)
        supplies = () if low is None else (Low(device="p", supply="receipt_paper", remaining=0.1, days_left=low),)
        ticket = Ticket(
            id=1, about=kiosk, state=State.OPENED, state_since=NOW, opened_at=NOW, opened_by=OpenedBy.ALARM, is_blocking=True,
            due_at=NOW.replace(minute=minutes),
        )  # fmt: skip
        return Stop(kiosk=kiosk, site=name, town=town, area="", ticket=None if low is not None else ticket, low=supplies)

    given = [stop("a", "甲", low=5), stop("b", "乙", minutes=30), stop("c", "丙", minutes=20), stop("d", "乙", low=1)]
    assert [one.site for one in in_order(given)] == ["c", "b", "d", "a"]
    assert [(item.id, count) for item, count in packed(given)] == [("receipt_paper", 2)]
