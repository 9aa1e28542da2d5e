"""The alarms as people work on them: by tab, under their cause, acted on one and many at once, each act in the audit."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import Engine, select

from telemetry.fleet.accounts.person import Role
from telemetry.fleet.store import schema
from telemetry.fleet.web import alarms_page, fault_words
from telemetry.fleet.web.alarms_page import Handling, Which
from telemetry.fleet.web.filters import Filter
from tests.telemetry.web import served
from tests.telemetry.web.conftest import WholeCounty
from tests.telemetry.web.county import COUNTY, NOW, add_alarm, add_incident, add_kiosk, add_window
from tests.telemetry.web.visitor import BY_SIGN_IN, HERE, OF_ELSEWHERE, OF_ROLE, Visitor, enrol

WORDS = fault_words.load()


def _post(visitor: Visitor, path: str, fields: Mapping[str, str | Sequence[str]]) -> httpx.Response:
    return visitor.send("POST", path, data={**fields, "csrf": visitor.csrf("/alarms")}, headers={"Origin": HERE})


@dataclass(slots=True, kw_only=True)
class Morning:
    """One kiosk with two alarms, an incident with a child, a kiosk under planned work; and somebody at a browser."""

    engine: Engine
    visitor: Visitor
    paper: int
    lid: int
    incident: int
    window: int

    def alarm(self, number: int) -> Mapping[str, object]:
        with self.engine.connect() as connection:
            question = select(schema.alarm).where(schema.alarm.c.id == number)
            return dict(connection.execute(question).mappings().one())

    def audit(self) -> list[tuple[str, str, str]]:
        with self.engine.connect() as connection:
            question = select(schema.audit.c.act, schema.audit.c.result, schema.audit.c.kiosk).order_by(schema.audit.c.id)
            return [(row.act, row.result, row.kiosk) for row in connection.execute(question)]


@pytest.fixture
def morning(embedded: Engine) -> Morning:
    with embedded.begin() as connection:
        for kiosk, town in (("A-1", "石桥镇"), ("A-2", "柳河镇"), ("A-3", "竹园乡")):
            add_kiosk(connection, kiosk, site=f"{kiosk}村", town=town)
        incident = add_incident(connection, scope="柳河镇", level="town", kiosks=1, members=9)
        paper = add_alarm(connection, "A-1", "receipt-printer", "printer.paper_out", needs_person=True)
        lid = add_alarm(connection, "A-1", "receipt-printer", "printer.cover_open", needs_person=True)
        add_alarm(connection, "A-2", "kiosk", "kiosk.silent", cause="silence", hushed_by="incident", incident_id=incident)
        add_alarm(connection, "A-3", "kiosk", "kiosk.silent", cause="silence", hushed_by="maintenance")
        window = add_window(
            connection, scope="竹园乡", begins_at=NOW - timedelta(hours=1), ends_at=NOW + timedelta(hours=1), why="检修"
        )
    visitor = Visitor(served.build(embedded, now=lambda: NOW))
    return Morning(engine=embedded, visitor=visitor, paper=paper, lid=lid, incident=incident, window=window)


def _rows(engine: Engine, which: Which, wanted: Filter | None = None) -> alarms_page.AlarmsPage:
    return alarms_page.read(engine, WORDS, wanted=wanted or Filter(), which=which, now=NOW)


def test_every_tab_holds_what_it_says_and_counts_it(county: WholeCounty) -> None:
    pages = {which: _rows(county.engine, which) for which in Which}
    for which, page in pages.items():
        if which is not Which.ALL:
            assert len(page.every_row) == page.counts[which], which
    assert {row.handling for row in pages[Which.NOBODYS].every_row} == {Handling.NOBODYS}
    assert {row.handling for row in pages[Which.HUSHED].every_row} == {Handling.INCIDENT, Handling.MAINTENANCE, Handling.SHELVED}
    assert [row.kiosk.stored.site for row in pages[Which.FLAPPING].rows] == ["清泉村"]


def test_hushed_alarms_stand_under_what_hushes_them_with_every_child_kept(county: WholeCounty) -> None:
    page = _rows(county.engine, Which.OPEN)
    cut_off, planned = page.groups
    assert cut_off.incident is not None
    assert cut_off.incident.scope == "柳河 2 号光节点"
    assert {row.kiosk.stored.site for row in cut_off.rows} == {"柳河村", "渡口村", "上柳村", "沙坝村"}
    assert planned.window is not None
    assert {row.kiosk.stored.site for row in planned.rows} == {"竹坪村", "篾匠村"}
    assert not {row.alarm.hushed_by for row in page.rows} - {""}


def test_a_page_reads_alike_on_both_databases(engine: Engine) -> None:
    with engine.begin() as connection:
        add_kiosk(connection, "A-1")
        incident = add_incident(connection, scope="n1")
        add_alarm(connection, "A-1", "a", "a.b", flap_score=8.0, flap_at=NOW - timedelta(minutes=30), is_flapping=True)
        add_alarm(connection, "A-1", "kiosk", "kiosk.silent", hushed_by="incident", incident_id=incident)
        add_alarm(connection, "A-1", "c", "c.d", cleared_at=NOW - timedelta(hours=1))
    page = _rows(engine, Which.OPEN)
    assert page.counts == {Which.OPEN: 2, Which.NOBODYS: 0, Which.HUSHED: 1, Which.FLAPPING: 1, Which.ENDED: 1}
    assert page.rows[0].flaps.score == pytest.approx(4.0)
    assert [len(group.rows) for group in page.groups] == [1]


def test_thousands_of_children_are_counted_and_some_of_them_listed(embedded: Engine) -> None:
    with embedded.begin() as connection:
        incident = add_incident(connection, scope="backbone", kiosks=150, members=150)
        for number in range(150):
            add_kiosk(connection, f"K-{number:03}")
            add_alarm(connection, f"K-{number:03}", "kiosk", "kiosk.silent", hushed_by="incident", incident_id=incident)
    [group] = _rows(embedded, Which.HUSHED).groups
    assert (group.all, len(group.rows)) == (150, alarms_page.MOST_CHILDREN)


def test_many_alarms_are_acknowledged_at_once_with_a_comment(morning: Morning) -> None:
    chosen = [str(morning.paper), str(morning.lid)]
    answer = _post(
        morning.visitor, "/alarms/acknowledge", {"alarm": chosen, "comment": "带纸过去", "back": "/alarms?town=石桥镇"}
    )
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith("said=done&n=2")
    for number in (morning.paper, morning.lid):
        assert morning.alarm(number)["acknowledgement"] == "带纸过去"
        assert morning.alarm(number)["acknowledged_by"] == "local"
    assert morning.audit() == [("alarm.acknowledge", "done", "A-1")] * 2
    assert "已改 2 条" in morning.visitor.get(answer.headers["Location"]).text


def test_who_comes_second_is_told_that_nothing_was_changed(morning: Morning) -> None:
    _post(morning.visitor, "/alarms/acknowledge", {"alarm": str(morning.paper), "comment": "first"})
    answer = _post(morning.visitor, "/alarms/acknowledge", {"alarm": str(morning.paper), "comment": "second"})
    assert "said=lost" in answer.headers["Location"]
    assert morning.alarm(morning.paper)["acknowledgement"] == "first"
    assert morning.audit()[-1] == ("alarm.acknowledge", "lost", "A-1")


def test_shelving_wants_a_comment_and_has_an_end(morning: Morning) -> None:
    chosen = {"alarm": str(morning.lid), "until": "tomorrow"}
    assert "said=no_comment" in _post(morning.visitor, "/alarms/shelve", chosen).headers["Location"]
    assert morning.alarm(morning.lid)["shelved_until"] is None
    _post(morning.visitor, "/alarms/shelve", {**chosen, "comment": "等零件"})
    shelved = morning.alarm(morning.lid)
    assert str(shelved["shelved_until"]) == "2026-11-25 00:30:00+00:00"
    assert shelved["hushed_by"] == "shelved"
    _post(morning.visitor, "/alarms/unshelve", {"alarm": str(morning.lid)})
    assert morning.alarm(morning.lid)["shelved_until"] is None


def test_an_incident_is_acknowledged_once_for_all_its_children(morning: Morning) -> None:
    answer = _post(morning.visitor, f"/incidents/{morning.incident}/acknowledge", {"comment": "已报运营商"})
    assert "said=done" in answer.headers["Location"]
    assert "已报运营商" in morning.visitor.get("/alarms").text


def test_work_is_planned_for_a_scope_that_exists_and_ended_early(morning: Morning) -> None:
    plan = {
        "county": COUNTY,
        "level": "kiosk",
        "scope": "A-1",
        "begins": "2026-11-24T10:00",
        "ends": "2026-11-24T12:00",
        "why": "换屏",
    }
    assert "said=bad_scope" in _post(morning.visitor, "/maintenance", {**plan, "scope": "nowhere"}).headers["Location"]
    assert "said=bad_time" in _post(morning.visitor, "/maintenance", {**plan, "ends": "2026-11-24T09:00"}).headers["Location"]
    assert "said=bad_time" in _post(morning.visitor, "/maintenance", {**plan, "ends": "soon"}).headers["Location"]
    assert "said=done" in _post(morning.visitor, "/maintenance", plan).headers["Location"]
    page = morning.visitor.get("/maintenance").text
    assert "换屏" in page
    assert "未开始" in page
    assert "said=done" in _post(morning.visitor, f"/maintenance/{morning.window}/end", {}).headers["Location"]
    assert "said=lost" in _post(morning.visitor, f"/maintenance/{morning.window}/end", {}).headers["Location"]


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example/", "/\\evil.example", "/sign-out", "javascript:alert(1)"]
)
def test_nobody_is_sent_anywhere_but_to_a_page_of_ours(morning: Morning, back: str) -> None:
    answer = _post(morning.visitor, "/alarms/acknowledge", {"alarm": str(morning.paper), "back": back})
    assert answer.headers["Location"].startswith("/alarms?said=")


def test_a_form_without_anything_chosen_says_so(morning: Morning) -> None:
    for act in ("acknowledge", "shelve", "unshelve"):
        assert "said=nothing_chosen" in _post(morning.visitor, f"/alarms/{act}", {"comment": "x"}).headers["Location"]


def test_only_those_who_may_are_offered_the_acts_and_only_they_can(embedded: Engine) -> None:
    with embedded.begin() as connection:
        add_kiosk(connection, "A-1")
        number = add_alarm(connection, "A-1", "receipt-printer", "printer.paper_out")
    enrol(embedded, [OF_ROLE[Role.VIEWER], OF_ROLE[Role.MAINTAINER], OF_ELSEWHERE])
    app = served.build(embedded, now=lambda: NOW, rules=BY_SIGN_IN)
    viewer, maintainer, elsewhere = Visitor(app), Visitor(app), Visitor(app)
    viewer.sign_in("viewer-1")
    maintainer.sign_in("WH-0104")
    elsewhere.sign_in("other-1")
    assert 'name="alarm"' not in viewer.get("/alarms").text
    assert "/alarms/shelve" not in maintainer.get("/alarms").text
    assert "printer.paper_out" not in elsewhere.get("/alarms").text
    refused = viewer.send(
        "POST", "/alarms/acknowledge", data={"alarm": str(number), "csrf": viewer.csrf()}, headers={"Origin": HERE}
    )
    assert refused.status_code == 403
    lost = elsewhere.send(
        "POST", "/alarms/acknowledge", data={"alarm": str(number), "csrf": elsewhere.csrf()}, headers={"Origin": HERE}
    )
    assert "said=lost" in lost.headers["Location"]
    done = _post(maintainer, "/alarms/acknowledge", {"alarm": str(number)})
    assert "said=done" in done.headers["Location"]


def test_a_post_without_the_token_of_its_page_changes_nothing(morning: Morning) -> None:
    fields = {"alarm": str(morning.paper), "comment": "x"}
    assert morning.visitor.send("POST", "/alarms/acknowledge", data=fields, headers={"Origin": HERE}).status_code == 403
    assert morning.alarm(morning.paper)["acknowledged_at"] is None


def test_the_table_exports_how_each_alarm_is_handled(county: WholeCounty) -> None:
    text = county.client.get("/alarms?format=csv&which=hushed").text
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    assert {row["handling"] for row in rows} == {"incident", "maintenance", "shelved"}
    assert len(rows) == 7
