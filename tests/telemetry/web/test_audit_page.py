"""The auditor's question on one page: who did what to this kiosk on that day, and could it be reached?"""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, insert

from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act, Person, Role
from telemetry.fleet.store import schema
from telemetry.fleet.web import audit_page, reach
from telemetry.fleet.web.audit_page import Asked, Sort
from telemetry.fleet.web.reach import Known, Reach
from tests.telemetry.web import served
from tests.telemetry.web.county import NOW, add_alarm, add_kiosk
from tests.telemetry.web.visitor import BY_SIGN_IN, OF_ROLE, Clock, Visitor, enrol, in_as

WANG = OF_ROLE[Role.MAINTAINER]
SJ = OF_ROLE[Role.AUDITOR]
TODAY = NOW.date()
HOSTILE = "<script>alert(1)</script>"
HOUR = timedelta(hours=1)


def _ago(hours: float) -> datetime:
    return NOW - hours * HOUR


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """A kiosk that was silent from five to four hours ago, and three acts around it."""
    enrol(engine, OF_ROLE.values())
    with engine.begin() as connection:
        add_kiosk(connection, "A-1", site="竹林村")
        add_kiosk(connection, "B-1", county="qinghe", site="竹林村")
        spans = ((_ago(20), _ago(5), "READY"), (_ago(5), _ago(4), "UNKNOWN"), (_ago(4), None, "DEGRADED"))
        for begins_at, ends_at, condition in spans:
            connection.execute(
                insert(schema.condition_span).values(
                    county="lanxi", kiosk="A-1", begins_at=begins_at, ends_at=ends_at, condition=condition, offered=1, total=2
                )
            )
        for hours, act in ((6, Act.ARRIVE), (4.5, Act.FIX)):
            audit.note(connection, WANG, act, now=_ago(hours), county="lanxi", kiosk="A-1", about="ticket 4", address="10.1.1.1")
        audit.note(connection, WANG, Act.SHELVE, now=_ago(3), result="refused", county="lanxi", kiosk="A-1", detail=HOSTILE)
        audit.note(connection, WANG, Act.FIX, now=_ago(30), county="lanxi", kiosk="A-1")
        audit.note(connection, WANG, Act.FIX, now=_ago(2), county="qinghe", kiosk="B-1")
        add_alarm(connection, "A-1", "camera", "camera.frozen", raised_at=_ago(3.5), cleared_at=_ago(3.2), cleared_by="reset")
    return engine


@pytest.fixture
def auditor(filled: Engine) -> Visitor:
    app: FastAPI = served.build(filled, now=Clock(), rules=BY_SIGN_IN)
    return in_as(app, SJ)


def test_a_day_is_told_in_order_with_what_the_kiosk_and_the_service_did_between(filled: Engine) -> None:
    page = audit_page.read(filled, Asked(kiosk="A-1", day=TODAY), SJ, now=NOW)
    told = [(line.sort, line.what) for line in page.lines]
    assert told == [
        (Sort.REACH, "reached"),
        (Sort.ACT, "ticket.arrive"),
        (Sort.REACH, "silent"),
        (Sort.ACT, "ticket.fix"),
        (Sort.REACH, "reached"),
        (Sort.ALARM, "raised"),
        (Sort.ALARM, "cleared"),
        (Sort.ACT, "alarm.shelve"),
    ]
    reached = [line.stretch.reach for line in page.lines if line.sort is Sort.ACT and line.stretch is not None]
    assert reached == [Reach.REACHED, Reach.SILENT, Reach.REACHED]
    assert [round(one.lasts_s) for one in page.silences] == [3600]


def test_the_page_answers_in_one_look_and_escapes_what_it_is_told(auditor: Visitor) -> None:
    text = auditor.get(f"/audit?kiosk=A-1&day={TODAY}").text
    assert "静默 1 次，最长 1 小时 0 分" in text
    assert "有 3 步是人做的" in text
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text
    assert "10.1.1.1" in text
    english = auditor.get(f"/audit?kiosk=lanxi/A-1&day={TODAY}&lang=en").text
    assert "silent 1 times, longest 1 h 0 min" in english


def test_each_condition_narrows_and_stands_in_the_address(auditor: Visitor) -> None:
    def rows(query: str) -> list[list[str]]:
        text = auditor.get(f"/audit?{query}&format=csv").text
        return list(csv.reader(io.StringIO(text[1:])))[1:]

    assert {row[2] for row in rows(f"kiosk=A-1&day={TODAY}&act=ticket.fix") if row[1] == "act"} == {"ticket.fix"}
    assert {row[4] for row in rows("by=WH-0104") if row[1] == "act"} == {"WH-0104"}
    assert rows(f"kiosk=A-1&day={TODAY}&by=nobody") == []
    fixed = next(row for row in rows(f"kiosk=A-1&day={TODAY}") if row[2] == "ticket.fix")
    assert fixed[11] == "silent"
    assert datetime.fromisoformat(fixed[12]) == _ago(5).astimezone(UTC)


def test_a_name_two_counties_use_is_asked_back(auditor: Visitor) -> None:
    text = auditor.get(f"/audit?kiosk=竹林村&day={TODAY}").text
    assert "是哪一台" in text
    assert "kiosk=qinghe%2FB-1" in text
    assert "没有这台终端" in auditor.get("/audit?kiosk=NOPE").text


@pytest.mark.parametrize("day", ["2026-13-45", "yesterday", "0000-00-00", "2026-11-24T00:00", "9999-12-31", "0001-01-01"])
def test_a_day_that_is_none_or_far_away_is_still_answered(auditor: Visitor, day: str) -> None:
    assert auditor.get(f"/audit?kiosk=A-1&day={day}").status_code == 200


def test_a_kiosk_whose_history_is_not_written_is_told_from_its_silences(engine: Engine) -> None:
    with engine.begin() as connection:
        add_kiosk(connection, "A-1")
        connection.execute(
            insert(schema.occurrence).values(
                county="lanxi", kiosk="A-1", device="kiosk", code="kiosk.silent", severity="BLOCKING", remedy="TECHNICIAN",
                detail="", raised_at=_ago(3), received_at=_ago(3), cleared_at=_ago(2), cleared_by="", cause="silence",
            )
        )  # fmt: skip
    page = audit_page.read(engine, Asked(kiosk="A-1", day=TODAY), SJ, now=NOW)
    assert [(one.reach, round(one.lasts_s)) for one in page.silences] == [(Reach.SILENT, 3600)]


def test_who_may_see_one_county_reads_its_audit_alone(filled: Engine) -> None:
    narrow = Person(name="sj-2", full_name="岚溪审计", role=Role.AUDITOR, counties=frozenset({"lanxi"}))
    page = audit_page.read(filled, Asked(), narrow, now=NOW)
    assert {line.of.county for line in page.lines if line.of is not None} == {"lanxi"}


def test_stretches_have_no_gaps_and_the_last_word_is_right() -> None:
    begin, end = NOW, NOW + 24 * HOUR
    known = [
        Known(begins_at=NOW - HOUR, ends_at=NOW + 4 * HOUR, reach=Reach.REACHED),
        Known(begins_at=NOW + 4 * HOUR, ends_at=None, reach=Reach.SILENT),
        Known(begins_at=NOW + 2 * HOUR, ends_at=NOW + 5 * HOUR, reach=Reach.UNWATCHED),
        Known(begins_at=NOW + 6 * HOUR, ends_at=NOW + 6 * HOUR, reach=Reach.REACHED),
    ]
    told = reach.of_day(known, begins_at=begin, ends_at=end)
    assert [(one.reach, one.lasts_s / 3600) for one in told] == [
        (Reach.REACHED, 2), (Reach.UNWATCHED, 3), (Reach.SILENT, 19),
    ]  # fmt: skip
    assert told[0].begins_at == begin
    assert told[-1].ends_at == end
    assert reach.of_day([], begins_at=begin, ends_at=end)[0].reach is Reach.BEFORE
    assert reach.at(told, NOW + 3 * HOUR) == told[1]
    assert reach.at(told, end) is None
