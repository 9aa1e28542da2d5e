"""Analytics and the weekly report as page, paper, workbook and API: true, whole, and silent where nothing is known."""

import csv
import io
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pypdf
import pytest
from sqlalchemy import Engine, delete, insert
from typer.testing import CliRunner
from weasyprint.urls import FatalURLFetchingError

from provisioning.server import app as command_line
from telemetry.fleet.analytics.period import Week
from telemetry.fleet.analytics.scope import Scope
from telemetry.fleet.analytics.weekly import WeekFacts, read_week
from telemetry.fleet.reports import layout
from telemetry.fleet.reports.paper import PaperError, to_pdf
from telemetry.fleet.reports.sentences import paragraph
from telemetry.fleet.store import schema
from telemetry.fleet.web.words import Language, Words
from telemetry.wire.service_hours import ORDINARY
from tests.telemetry.analytics.past import MATTERS_A_YEAR, SERVICES
from tests.telemetry.web.asking import Asking
from tests.telemetry.web.conftest import WholeCounty
from tests.telemetry.web.county import COUNTY, NAMES, NOW, add_alarm, add_kiosk, open_store

TABLES = ("lifetimes", "codes", "repeats", "towns", "kiosks", "supplies", "healing", "knew", "services", "visits")
ADDRESSES = (
    "/analytics",
    "/analytics?lang=en",
    "/analytics?range=52w&by=port&order=count",
    "/analytics?kind=id_card_reader&by=batch&range=4w",
    "/analytics?town=柳河镇&by=vendor",
    "/analytics?model=none-such&by=site",
    "/reports/weekly",
    "/reports/weekly?week=2026-W47&lang=en",
    "/reports/weekly?week=2019-W52",
)


def _table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_answers_with_a_year_behind_it(year: WholeCounty, address: str) -> None:
    answer = year.client.get(address)
    assert answer.status_code == (422 if "2019" in address else 200)
    assert not re.search(r'\sstyle="|\son[a-z]+="|<script>|<style', answer.text)


def test_every_page_answers_before_anything_was_heard(client: Asking) -> None:
    for address in ADDRESSES:
        assert client.get(address).status_code == (422 if "2019" in address else 200)


def test_a_week_nobody_reported_in_says_so_and_shows_no_zero_for_it(client: Asking) -> None:
    text = client.get("/reports/weekly?week=2026-W47").text
    assert "第 47 周没有数据" in text
    assert "没有数据不等于没有故障" in text
    assert 'class="four"' not in text
    assert "%" not in re.sub(r"<head.*?</head>|<nav.*?</nav>", "", text, flags=re.DOTALL).split("sheet-holder")[1]
    assert "还没有可分析的数据" in client.get("/analytics").text


def test_the_worse_model_is_named_with_its_interval_and_its_n(year: WholeCounty) -> None:
    text = year.client.get("/analytics").text
    assert "R58-C 比 R80" in text
    assert "不是运气" in text
    header, *rows = _table(year.client.get("/analytics?format=csv&table=lifetimes").text)
    for row in (dict(zip(header, one, strict=True)) for one in rows):
        assert int(row["devices"]) > 0
        if row["mtbf_days"]:
            assert float(row["mtbf_low"]) <= float(row["mtbf_days"]) <= float(row["mtbf_high"])
    assert rows[0][1] == "R58-C"


def test_every_table_is_there_as_csv_and_no_cell_is_a_formula(year: WholeCounty) -> None:
    for table in TABLES:
        answer = year.client.get(f"/analytics?format=csv&table={table}")
        assert answer.headers["content-type"].startswith("text/csv")
        header, *rows = _table(answer.text)
        assert rows
        assert {len(row) for row in rows} == {len(header)}
        assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)


def test_the_year_is_the_districts(year: WholeCounty) -> None:
    text = year.client.get("/analytics").text
    found = re.search(r"近 12 个月：([\d,]+) 次到访，办成 ([\d,]+) 件", text)
    assert found is not None
    assert int(found[2].replace(",", "")) == pytest.approx(MATTERS_A_YEAR, rel=0.02)
    assert SERVICES[0][1] in text


def test_a_town_narrows_everything_and_the_choice_stands_in_the_address(year: WholeCounty) -> None:
    rows = _table(year.client.get("/analytics?format=csv&table=kiosks&town=柳河镇").text)[1:]
    assert len(rows) == 9
    assert {row[3] for row in rows} == {"柳河镇"}
    text = year.client.get("/analytics?town=柳河镇").text
    assert "<option selected>柳河镇</option>" in text
    assert "town=%E6%9F%B3" in text


def test_what_a_kiosk_says_is_text_on_page_paper_and_in_the_workbook(engine: Engine, client: Asking) -> None:
    hostile = "<script>alert(1)</script>"
    with engine.begin() as connection:
        add_kiosk(connection, "A-1", town=hostile, site="=1+1", catalogue=[{"id": hostile, "title": hostile}])
        row = {"county": COUNTY, "kiosk": "A-1", "day": date(2026, 11, 18), "hour": 9, "outcome": hostile[:32], "visits": 3}
        connection.execute(insert(schema.visit_day).values(**row, service=hostile, seconds=3))
        connection.execute(insert(schema.health_day).values(**_health(date(2026, 11, 18), 32_400)))
        add_alarm(connection, "A-1", hostile, hostile[:64], raised_at=NOW - timedelta(days=4), cleared_at=NOW)
    for address in ("/analytics", "/reports/weekly?week=2026-W47"):
        text = client.get(address).text
        assert hostile not in text
        assert "&lt;script&gt;" in text
    book = _book(client.get("/reports/weekly?week=2026-W47&format=xlsx"))
    assert book["乡镇"]["A2"].value == hostile
    assert book["乡镇"]["A2"].data_type == "s"


def _health(day: date, none_s: float) -> dict[str, Any]:
    seconds = dict.fromkeys(("full_s", "part_s", "unknown_s"), 0.0)
    return {"county": COUNTY, "kiosk": "A-1", "day": day, "open_s": none_s, "none_s": none_s, **seconds}


def _book(answer: httpx.Response) -> Any:
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def test_the_workbook_has_a_sheet_a_table_with_frozen_headers_and_typed_cells(year: WholeCounty) -> None:
    book = _book(year.client.get("/reports/weekly?week=2026-W47&format=xlsx"))
    assert book.sheetnames == ["本周", "乡镇", "每天", "谁先知道", "谁了结", "没办成", "决定"]
    assert {sheet.freeze_panes for sheet in book} == {"A2"}
    week = {row[0].value: row[1] for row in book["本周"].iter_rows(min_row=2)}
    assert isinstance(week["办成件数"].value, int)
    assert (week["可用率"].number_format, 0.9 < week["可用率"].value < 1) == ("0.0%", True)
    days = list(book["每天"].iter_rows(min_row=2))
    assert days[0][0].value.date() == date(2026, 11, 16)
    assert sum(row[1].value for row in days) == week["办成件数"].value
    towns = list(book["乡镇"].iter_rows(min_row=2))
    assert sum(row[1].value for row in towns) == 71
    assert sum(row[2].value for row in towns) == week["办成件数"].value
    assert sum(row[8].value for row in towns) == week["故障"].value


@pytest.fixture(scope="module")
def paper(year: WholeCounty) -> pypdf.PdfReader:
    answer = year.client.get("/reports/weekly?week=2026-W47&format=pdf")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"] == 'attachment; filename="zhizhu-2026-W47.pdf"'
    return pypdf.PdfReader(io.BytesIO(answer.content))


def test_the_paper_is_one_a4_page_that_holds_the_report(year: WholeCounty, paper: pypdf.PdfReader) -> None:
    assert len(paper.pages) == 1
    size = paper.pages[0].mediabox
    assert (round(float(size.width)), round(float(size.height))) == (595, 842)
    text = re.sub(r"\s", "", paper.pages[0].extract_text())
    facts = read_week(year.engine, Week.parse("2026-W47"), Scope(), calendars=ORDINARY, now=NOW)
    assert f"本周办成{facts.done:,}件" in text
    assert "岚溪县·村级便民服务终端" in text
    for line in facts.towns:
        assert line.town in text
    assert "请县局决定" in text
    assert "R58-C换成R80" in text
    assert "第1/1页" in text


def test_the_paper_brings_its_letters_along(paper: pypdf.PdfReader) -> None:
    fonts: Any = paper.pages[0]["/Resources"]["/Font"]  # type: ignore[index]  # a page's dictionary
    for font in (one.get_object() for one in fonts.values()):
        for descendant in font["/DescendantFonts"]:
            described = descendant.get_object()["/FontDescriptor"]
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(described)


def test_paper_asks_nobody_for_anything() -> None:
    for address in ("http://127.0.0.1:9/a.png", "file:///etc/passwd"):
        with pytest.raises(FatalURLFetchingError, match="holds all it needs"):
            layout.to_pdf(f'<img src="{address}">')


def test_paper_that_takes_too_long_is_an_error_in_words() -> None:
    with pytest.raises(PaperError, match=r"within 0\.01 s"):
        to_pdf("<p>x</p>", deadline_s=0.01)


def test_the_paragraph_says_what_the_facts_say(year: WholeCounty) -> None:
    facts = read_week(year.engine, Week.parse("2026-W47"), Scope(), calendars=ORDINARY, now=NOW)
    told = paragraph(facts, Words(Language.ZH))
    gap = 100 * (0.99 - (facts.served.share or 0))
    assert f"差目标 {gap:.1f} 个百分点" in told
    assert f"{facts.this_week.all} 次故障中 {facts.this_week.ours} 次由我们先发现" in told
    assert "below target" in paragraph(facts, Words(Language.EN))
    running = read_week(year.engine, Week.parse("2026-W48"), Scope(), calendars=ORDINARY, now=NOW)
    assert "本周还没有过完，数字只到 11-23" in paragraph(running, Words(Language.ZH))


def test_the_lowest_week_of_twelve_is_called_so_only_when_it_is(tmp_path: Path) -> None:
    store = open_store(tmp_path / "fleet.sqlite3")
    with store.begin() as connection:
        add_kiosk(connection, "A-1")
        for week in Week.parse("2026-W47").up_to_here(12):
            for hour in range(1 if str(week) == "2026-W47" else 2):
                at = week.period.begin + timedelta(hours=9 + hour)
                connection.execute(
                    insert(schema.complaint).values(county=COUNTY, kiosk="A-1", at=at, by="villager", was_first=True)
                )
        connection.execute(insert(schema.health_day).values(**_health(date(2026, 11, 22), 0)))

    def told() -> str:
        return paragraph(read_week(store, Week.parse("2026-W47"), Scope(), calendars=ORDINARY, now=NOW), Words(Language.ZH))

    assert "村民先投诉 <b>1 次</b>，为 12 周最低。" in told()
    with store.begin() as connection:
        connection.execute(delete(schema.complaint).where(schema.complaint.c.at < Week.parse("2026-W40").period.begin))
    assert "最低" not in told()
    store.dispose()


def test_availability_is_told_to_programs_by_kiosk_town_and_county(year: WholeCounty) -> None:
    told = year.client.get("/api/v1/availability?since=2026-11-16&until=2026-11-22").json()
    assert (told["since"], told["until"], told["counted_until"], len(told["rows"])) == (
        "2026-11-16",
        "2026-11-22",
        "2026-11-23",
        8,
    )
    (whole,) = year.client.get("/api/v1/availability?since=2026-11-16&until=2026-11-22&of=county").json()["rows"]
    facts = read_week(year.engine, Week.parse("2026-W47"), Scope(), calendars=ORDINARY, now=NOW)
    assert whole["availability"] == pytest.approx(facts.served.share)
    assert whole["open_s"] == pytest.approx(71 * 45 * 3600)
    kiosks = year.client.get("/api/v1/availability?of=kiosk&town=柳河镇").json()["rows"]
    assert len(kiosks) == 9
    for wrong in (
        "since=2026-11-22&until=2026-11-16",
        "since=2019-01-01",
        "since=2021-01-01&until=2026-01-01",
        "since=soon",
        "of=x",
    ):
        assert year.client.get(f"/api/v1/availability?{wrong}").status_code == 422


def test_days_not_counted_are_null_and_not_zero(engine: Engine, client: Asking) -> None:
    with engine.begin() as connection:
        add_kiosk(connection, "A-1")
    told = client.get("/api/v1/availability").json()
    assert (told["counted_until"], [row["availability"] for row in told["rows"]]) == (None, [None])


def test_the_report_is_written_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "state").mkdir()
    config = tmp_path / "fleet.toml"
    config.write_text(f'[county]\nnames = {{ {COUNTY} = "{NAMES[COUNTY]}" }}\n', encoding="utf-8")
    told = CliRunner().invoke(command_line, ["report", "weekly", "--config", str(config), "--out", "a.pdf"])
    assert (told.exit_code, "has the service ever run" in told.output) == (2, True)
    store = open_store(tmp_path / "state" / "fleet.sqlite3")
    with store.begin() as connection:
        add_kiosk(connection, "A-1")
        row = {"county": COUNTY, "kiosk": "A-1", "day": date(2026, 11, 18), "hour": 9, "service": "x", "outcome": "done"}
        connection.execute(insert(schema.visit_day).values(**row, visits=7, seconds=3))
    store.dispose()

    def run(*more: str) -> Any:
        return CliRunner().invoke(command_line, ["report", "weekly", "--config", str(config), *more])

    assert run("--week", "2026-W47", "--out", "week.pdf").output == "week.pdf: 2026-W47\n"
    assert "本周办成7件" in re.sub(r"\s", "", pypdf.PdfReader(tmp_path / "week.pdf").pages[0].extract_text())
    assert "without data" in run("--week", "2024-W01", "--out", "none.xlsx").output
    assert (run("--week", "47", "--out", "week.pdf").exit_code, run("--out", "week.doc").exit_code) == (2, 2)


def test_nobody_sees_another_countys_past(engine: Engine) -> None:
    with engine.begin() as connection:
        add_kiosk(connection, "A-1")
        add_kiosk(connection, "B-1", county="qingshan", town="他镇")
        for county, kiosk in ((COUNTY, "A-1"), ("qingshan", "B-1")):
            since = NOW - timedelta(days=3)
            add_alarm(connection, kiosk, "camera", "camera.frozen", county=county, raised_at=since, cleared_at=NOW)

    def seen(scope: Scope) -> WeekFacts:
        return read_week(engine, Week.parse("2026-W47"), scope, calendars=ORDINARY, now=NOW)

    mine = frozenset({COUNTY})
    own, both, none = seen(Scope(counties=mine)), seen(Scope()), seen(Scope(counties=mine, county="qingshan"))
    assert (own.kiosks, [line.town for line in own.towns], own.this_week.all) == (1, ["石桥镇"], 1)
    assert (both.kiosks, both.this_week.all) == (2, 2)
    assert none.kiosks == 0
