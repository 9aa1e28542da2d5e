"""The pages: true, escaped, exportable, and green only with an age."""

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from tests.telemetry.web.asking import Asking
from tests.telemetry.web.conftest import WholeCounty
from tests.telemetry.web.county import COUNTY, NOW, add_alarm, add_device, add_kiosk, add_message

PAGES = ("/", "/?lang=en", "/kiosks", "/kiosks?lang=en", "/alarms", "/alarms?which=all&lang=en", "/alarms?which=ended")


def _table(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_for_a_whole_county(county: WholeCounty, path: str) -> None:
    assert county.client.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_before_any_kiosk_has_reported(client: Asking, path: str) -> None:
    assert client.get(path).status_code == 200


def test_every_kiosk_has_a_page_in_both_languages(county: WholeCounty) -> None:
    for village in ("竹林", "柳河", "石榴", "上坡", "下塘", "云顶"):
        kiosk = county.kiosk_of[village]
        assert county.client.get(f"/kiosks/{COUNTY}/{kiosk}").status_code == 200
    focus = county.kiosk_of["竹林"]
    assert county.client.get(f"/kiosks/{COUNTY}/{focus}?lang=en&span=today").status_code == 200


def test_the_overview_counts_who_can_serve(county: WholeCounty) -> None:
    text = county.client.get("/").text
    assert re.search(r'<div class="big">63 <small>/ 71', text)
    assert "57 台全部事项，6 台部分事项" in text


def test_the_overview_sorts_by_who_can_end_it_then_by_harm(county: WholeCounty) -> None:
    rows = _table(county.client.get("/?format=csv").text)
    remedies = [row[4] for row in rows[1:]]
    assert remedies == sorted(remedies, key=["CLERK", "TECHNICIAN", "CONFIGURE", "RESET", "WAIT"].index)
    assert rows[1][2] == "下塘村"


def test_the_same_slight_fault_of_many_kiosks_is_one_row(county: WholeCounty) -> None:
    rows = [row for row in _table(county.client.get("/?format=csv").text) if row[7] == "printer.paper_low"]
    assert len(rows) == 1
    assert len(rows[0][-1].split()) == 4


def test_a_county_has_the_name_people_call_it(county: WholeCounty) -> None:
    for path in ("/", f"/kiosks/{COUNTY}/{county.kiosk_of['竹林']}"):
        assert f'岚溪县 <span class="en">{COUNTY}</span>' in county.client.get(path).text
    assert "岚溪县 / LX-999" in county.client.get(f"/kiosks/{COUNTY}/LX-999").text
    assert len(_table(county.client.get("/kiosks?q=岚溪县&format=csv").text)) == 72


def test_a_county_nobody_named_is_shown_as_its_kiosks_say_it(engine: Engine, client: Asking) -> None:
    with engine.begin() as connection:
        add_kiosk(connection, "A-1", county="nowhere")
    assert "nowhere · 1" in client.get("/").text
    assert "nowhere / 石桥镇" in client.get("/kiosks/nowhere/A-1").text


def test_few_kiosks_have_a_row_each_on_the_overview_and_many_have_a_map(
    county: WholeCounty, engine: Engine, client: Asking
) -> None:
    for number in range(6):
        with engine.begin() as connection:
            add_kiosk(connection, f"A-{number}", site=f"第{number}村")
    assert client.get("/").text.count('data-row="kiosk-') == 6
    assert 'data-row="kiosk-' not in county.client.get("/").text


def test_filters_live_in_the_address(county: WholeCounty) -> None:
    assert "石榴村" in county.client.get("/alarms?remedy=TECHNICIAN").text
    assert "下塘村" not in county.client.get("/alarms?remedy=TECHNICIAN").text
    assert {row[3] for row in _table(county.client.get("/kiosks?town=柳河镇&standing=unknown&format=csv").text)[1:]} == {"柳河镇"}
    assert "没有结果" in county.client.get("/alarms?q=nothing-like-this").text


def test_a_search_with_one_answer_goes_there(county: WholeCounty) -> None:
    answer = county.client.get("/kiosks?q=竹林村")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/kiosks/{COUNTY}/{county.kiosk_of['竹林']}")


def test_the_kiosk_page_says_what_is_broken_on_what_evidence_and_how_to_end_it(county: WholeCounty) -> None:
    text = county.client.get(f"/kiosks/{COUNTY}/{county.kiosk_of['竹林']}").text
    assert "DLE EOT 1=1A 2=16 3=12 4=12" in text
    assert "tty:usb-1.3" in text
    assert "把盖板两边都按到底" in text
    assert "第 3 / 6 步" in text


def test_nothing_is_green_without_an_age(county: WholeCounty) -> None:
    for path in ("/", "/kiosks", f"/kiosks/{COUNTY}/{county.kiosk_of['竹林']}"):
        for chip in re.findall(r'<span class="chip ok"[^>]*>', county.client.get(path).text):
            assert "data-chip=" in chip
            assert "data-limit=" in chip


def test_a_silent_kiosk_shows_no_green_at_all(county: WholeCounty) -> None:
    text = county.client.get(f"/kiosks/{COUNTY}/{county.kiosk_of['柳河']}").text
    assert 'class="chip ok"' not in text
    assert "未知，上次就绪" in text


def test_a_device_read_too_long_ago_is_unknown_while_its_kiosk_is_heard(engine: Engine, client: Asking) -> None:
    with engine.begin() as connection:
        add_kiosk(connection, "A-1")
        add_device(connection, "A-1", "receipt-printer", "receipt_printer", read_at=NOW - timedelta(seconds=80))
        add_device(connection, "A-1", "camera", "camera", read_at=None)
    text = client.get(f"/kiosks/{COUNTY}/A-1").text
    assert "未知，上次就绪" in text
    assert "从未读到" in text


def test_a_service_is_shown_by_its_title_and_by_its_id_while_nobody_said_the_title(engine: Engine, client: Asking) -> None:
    with engine.begin() as connection:
        add_kiosk(
            connection,
            "A-1",
            screen={"page": "guide", "service": "pension_arrival", "step": 1, "steps": 6},
            catalogue=[{"id": "pension_arrival", "title": "查养老金到账"}],
        )
        for seq, service in enumerate(("pension_arrival", "never_named"), start=1):
            body = {"name": "visit.ended", "fields": {"service": service}}
            add_message(connection, "A-1", seq=seq, kind="event", at=NOW, body=body)
    text = client.get(f"/kiosks/{COUNTY}/A-1").text
    assert len(re.findall(r'title="pension_arrival"[^>]*>查养老金到账<', text)) == 2
    assert '<span class="code">never_named</span>' in text
    assert ">pension_arrival<" not in text
    assert client.get("/api/v1/kiosks/A-1").json()["catalogue"] == [{"id": "pension_arrival", "title": "查养老金到账"}]


def test_a_code_this_version_does_not_know_is_still_shown(engine: Engine, client: Asking) -> None:
    with engine.begin() as connection:
        add_kiosk(connection, "A-1")
        add_alarm(connection, "A-1", "laser", "laser.misaligned", severity="GRAVE", remedy="WIZARD")
    for path in ("/", "/alarms", f"/kiosks/{COUNTY}/A-1"):
        assert "laser.misaligned" in client.get(path).text


def test_what_a_kiosk_says_is_text_and_never_a_tag(engine: Engine, client: Asking) -> None:
    hostile = "<script>alert(1)</script>"
    with engine.begin() as connection:
        add_kiosk(
            connection, "A-1", site=hostile, town=hostile, screen={"page": hostile, "service": hostile, "step": 1, "steps": 2}
        )
        add_device(connection, "A-1", hostile, hostile, evidence=hostile, port=hostile)
        add_alarm(connection, "A-1", hostile, hostile, detail=hostile)
        add_message(connection, "A-1", seq=1, kind="event", at=NOW, body={"name": hostile, "fields": {hostile: hostile}})
    for path in ("/", "/kiosks", "/alarms", f"/kiosks/{COUNTY}/A-1"):
        text = client.get(path).text
        assert hostile not in text
        assert "&lt;script&gt;" in text


def test_a_kiosk_nobody_ever_heard_is_a_page_that_says_so(client: Asking) -> None:
    answer = client.get(f"/kiosks/{COUNTY}/LX-999")
    assert answer.status_code == 404
    assert "LX-999" in answer.text
    assert "<html" in answer.text


def test_no_cell_of_an_export_becomes_a_formula(engine: Engine, client: Asking) -> None:
    with engine.begin() as connection:
        add_kiosk(connection, "A-1", site="=cmd|' /C calc'!A0", town="@SUM(1)")
        add_device(connection, "A-1", "+1", "-1", evidence="\t=1", port="＝1")
        add_alarm(connection, "A-1", "-2", "=1+1", detail=" =1")
    of_one = [f"/kiosks/{COUNTY}/A-1?format=csv&table={table}" for table in ("devices", "alarms", "log")]
    paths = ["/?format=csv", "/kiosks?format=csv", "/alarms?format=csv", *of_one]
    for path in paths:
        answer = client.get(path)
        assert answer.headers["Content-Type"].startswith("text/csv")
        for row in _table(answer.text):
            assert not [
                cell for cell in row if cell.strip(" ").startswith(("=", "+", "@", "＝", "\t")) or cell[:2] in {"-1", "-2"}
            ]


def test_the_policy_lets_nothing_in_from_elsewhere_and_nothing_inline(county: WholeCounty) -> None:
    for path in ("/", f"/kiosks/{COUNTY}/{county.kiosk_of['竹林']}", "/api/v1/kiosks", "/static/live.js", "/nowhere"):
        answer = county.client.get(path)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    text = county.client.get(f"/kiosks/{COUNTY}/{county.kiosk_of['竹林']}").text
    assert not re.search(r'\sstyle="|\son[a-z]+="|<script>|<style', text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)


def test_a_fragment_holds_the_same_parts_as_its_page(county: WholeCounty) -> None:
    focus = f"/kiosks/{COUNTY}/{county.kiosk_of['竹林']}"
    for page, fragment in (("/", "/fragments/overview"), (focus, f"/fragments{focus}"), ("/kiosks", "/fragments/kiosks")):
        whole, part = county.client.get(page).text, county.client.get(fragment).text
        ids = re.compile(r'id="([a-z-]+)" data-part')
        assert sorted(set(ids.findall(whole)) | {"foot"}) == sorted(set(ids.findall(part)) | {"foot"})
        assert "<html" not in part
        assert f'data-fragment="{fragment}"' in whole
