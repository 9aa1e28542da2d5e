"""What the overview counts inside the database is what counting one by one gives; on both databases."""

from collections import Counter
from datetime import timedelta

import pytest
from prometheus_client import Counter as Counted
from prometheus_client import Histogram
from sqlalchemy import Engine

from telemetry.fleet.analytics import knew, read
from telemetry.fleet.analytics.period import Week, china_day
from telemetry.fleet.analytics.scope import Scope
from telemetry.fleet.floods import Flood
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.store.reader import Reader
from telemetry.fleet.web import census, fault_words, knew_first, pace, province, system_page
from telemetry.fleet.web.filters import Filter
from telemetry.fleet.web.fleet_now import judge_all
from telemetry.fleet.web.freshness import Standing
from telemetry.fleet.web.health import Pulse
from telemetry.fleet.web.pace import Pace
from telemetry.fleet.web.province import Shade
from telemetry.wire.topics import KioskId
from tests.telemetry.web import county as made_up
from tests.telemetry.web.asking import Asking
from tests.telemetry.web.conftest import WholeCounty
from tests.telemetry.web.county import COUNTY, NOW, add_alarm, add_complaint, add_incident, add_kiosk

WORDS = fault_words.load()
EVERYTHING = Filter()


def test_kiosks_counted_in_the_database_stand_as_each_of_them_is_judged(engine: Engine) -> None:
    strange = (
        {"seen_s": 59.0},
        {"seen_s": 61.5, "heartbeat_s": 5},
        {"seen_s": 61.5, "heartbeat_s": 30},
        {"seen_s": 200.0, "heartbeat_s": 120},
        {"is_silent": True},
        {"offered": 0},
        {"offered": 3},
        {"offered": 0, "total": 0, "condition": "READY"},
        {"offered": 0, "total": 0, "condition": "DEGRADED"},
        {"offered": 0, "total": 0, "condition": "FAILED"},
        {"condition": "UNKNOWN"},
    )
    with engine.begin() as connection:
        for number, how in enumerate(strange):
            add_kiosk(connection, f"A-{number}", town=f"{number % 3} 镇", **how)  # type: ignore[arg-type]  # a table of cases
        taken = census.take(connection, wanted=EVERYTHING, now=NOW)
    judged = Counter(kiosk.standing for kiosk in judge_all(Reader(engine).kiosks(), now=NOW))
    assert census.together("", taken.towns).of == {standing: judged[standing] for standing in Standing}
    assert (taken.all, taken.counties, len(taken.towns)) == (len(strange), (COUNTY,), 3)
    assert taken.freshness.heard == sum(count for standing, count in judged.items() if standing is not Standing.UNKNOWN)


def test_who_knew_first_is_counted_by_the_rule_of_the_analytics(engine: Engine) -> None:
    with engine.begin() as connection:
        add_kiosk(connection, "A-1")
        add_kiosk(connection, "A-2")
        for days in (1, 8, 9, 30, 83):
            add_alarm(connection, "A-1", "printer", "printer.jam", raised_at=NOW - timedelta(days=days))
        add_complaint(connection, "A-1", at=NOW - timedelta(days=9, hours=3))
        add_complaint(connection, "A-2", at=NOW - timedelta(days=9, hours=3), was_first=False)
        add_alarm(connection, "A-2", "printer", "printer.jam", raised_at=NOW - timedelta(days=2), hushed_by="maintenance")
        incident = add_incident(connection, scope="n", began_at=NOW - timedelta(days=3))
        for kiosk in ("A-1", "A-2"):
            add_alarm(
                connection, kiosk, "kiosk", "kiosk.silent", cause="silence", hushed_by="incident", incident_id=incident,
                raised_at=NOW - timedelta(days=3),
            )  # fmt: skip
        weeks = tuple(Week.of(china_day(NOW)).up_to_here(knew_first.WEEKS_DRAWN))
        begin, end = weeks[0].period.begin, weeks[-1].period.end
        slowly = knew.by_week(
            read.faults(connection, Scope(), begin=begin, end=end),
            read.complaints(connection, Scope(), begin=begin, end=end),
            weeks,
        )
        assert knew_first.by_week(connection, wanted=EVERYTHING, now=NOW) == slowly
        assert not any(week.all for week in knew_first.by_week(connection, wanted=Filter(county="elsewhere"), now=NOW))


def test_a_province_names_its_worst_counties_by_share_and_not_by_size(engine: Engine) -> None:
    with engine.begin() as connection:
        for county, kiosks, silent in (("large", 60, 6), ("small", 8, 4), ("well", 20, 0)):
            for number in range(kiosks):
                add_kiosk(connection, f"K-{number}", county=county, is_silent=number < silent)
        incident = add_incident(connection, scope="backbone", county="small")
        add_alarm(connection, "K-0", "kiosk", "kiosk.silent", county="small", hushed_by="incident", incident_id=incident)
        add_alarm(connection, "K-9", "printer", "printer.paper_out", county="large")
        add_alarm(connection, "K-9", "reader", "reader.silent", county="large", remedy="NOBODY KNOWS")
        taken = census.take(connection, wanted=EVERYTHING, now=NOW)
    assert province.is_large(taken)
    page = province.read(engine, WORDS, taken, wanted=EVERYTHING, now=NOW)
    assert [one.tile.tally.county for one in page.worst] == ["small", "large"]
    assert [one.tile.shade for one in page.worst] == [Shade.WORST, Shade.WORST]
    assert page.worst[0].incident is not None
    assert {one.remedy: one.kiosks for one in page.needs} == {"CLERK": 1, "TECHNICIAN": 1}
    assert (page.whole.all, page.whole.serving, page.hushed) == (88, 78, 1)


def test_a_province_leads_to_its_counties_and_exports_them(engine: Engine, client: Asking) -> None:
    with engine.begin() as connection:
        for county in ("aa", "bb", "cc"):
            add_kiosk(connection, "K-1", county=county, site=f"{county}村")
    assert 'href="/?county=bb"' in client.get("/").text
    assert client.get("/?format=csv").text.count("\r\n") == 4
    assert "bb村" in client.get("/?county=bb").text
    assert "aa村" not in client.get("/?county=bb").text


def test_a_county_too_large_for_a_map_is_shown_by_town(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(province, "MOST_CELLS", 5)
    with engine.begin() as connection:
        for number in range(6):
            add_kiosk(connection, f"K-{number}", town=f"{number % 2} 镇")
        taken = census.take(connection, wanted=EVERYTHING, now=NOW)
    page = province.read(engine, WORDS, taken, wanted=EVERYTHING, now=NOW)
    assert page.of_towns
    assert [tile.tally.town for tile in page.tiles] == ["0 镇", "1 镇"]


def test_a_pace_is_over_the_last_minute_and_unknown_at_first() -> None:
    now_s = 100.0
    seen = Pace(monotonic_s=lambda: now_s)
    assert seen.of({"beats": 50.0})["beats"].a_second is None
    now_s = 110.0
    assert seen.of({"beats": 150.0})["beats"].a_second == pytest.approx(10.0)
    for second in range(120, 300, 10):
        now_s = float(second)
        paced = seen.of({"beats": 150.0})["beats"]
    assert paced.a_second == 0.0


def test_counters_and_latencies_are_read_without_a_scrape() -> None:
    counted = Counted("a_thing", "x", ["reason"], registry=None)
    counted.labels(reason="one").inc(2)
    counted.labels(reason="two").inc()
    assert (pace.total(counted), pace.by_label(counted, "reason")) == (3.0, {"one": 2.0, "two": 1.0})
    took = Histogram("took", "x", buckets=(1, 2, 4), registry=None)
    assert pace.share_below(took, 0.95) is None
    for _ in range(10):
        took.observe(1.5)
    assert pace.share_below(took, 0.5) == pytest.approx(1.5)


def test_the_system_page_says_what_is_wrong_with_the_service_and_who_says_too_much(engine: Engine) -> None:
    metrics = Metrics()
    metrics.received.labels(kind="hb").inc(40)
    metrics.dropped.labels(reason="too_many").inc(7)
    flood = Flood(kiosk=KioskId(county=COUNTY, kiosk="A-1"), since=NOW, dropped=7, is_over=False)
    sources = system_page.Sources(
        engine=engine,
        metrics=metrics,
        pulse=lambda: Pulse(broker_connected=False, queued=990, queue_size=1000),
        floods=lambda: (flood,),
        streams=lambda: 3,
        pace=Pace(monotonic_s=lambda: 0.0),
        started_at=NOW,
    )
    page = system_page.read(sources, now=NOW)
    assert page.troubles == ("broker", "queue", "floods")
    assert page.drops[0][0] == "too_many"
    assert page.dropped == 7
    assert page.store.size_bytes
    assert page.ingest.received["hb"].total == 40


def test_the_wall_and_the_system_page_hold_the_same_parts_as_their_fragments(county: WholeCounty) -> None:
    for path in ("/wall", "/system"):
        whole, part = county.client.get(path), county.client.get(f"/fragments{path}")
        assert (whole.status_code, part.status_code) == (200, 200)
        assert f'data-fragment="/fragments{path}"' in whole.text
        assert 'id="foot" data-part' in part.text


def test_a_kiosks_log_tells_what_it_said_and_what_was_done_to_it(county: WholeCounty) -> None:
    text = county.client.get(f"/kiosks/{COUNTY}/{county.kiosk_of['竹林']}").text
    for said in ("wang.fang", "第三次了", "被拒", "自检完成", "村助手按“没修好”"):
        assert said in text
    rows = county.client.get(f"/kiosks/{COUNTY}/{county.kiosk_of['竹林']}?format=csv&table=log").text
    assert "alarm.acknowledge,wang.fang,done" in rows
    assert made_up.NAMES[COUNTY] in text
