"""The weekly report: as a page, as paper, as a workbook."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException, Query, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine

from telemetry.fleet.accounts.person import Act
from telemetry.fleet.analytics.period import Week, china_day
from telemetry.fleet.analytics.scope import Scope
from telemetry.fleet.analytics.weekly import latest_whole_week, read_week
from telemetry.fleet.reports.paper import PaperError, to_pdf
from telemetry.fleet.reports.sheet import document, on_sheet
from telemetry.fleet.reports.workbook import workbook
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.who import Asking, must
from telemetry.fleet.web.words import Language, Words
from telemetry.wire.service_hours import Calendars
from telemetry.wire.topics import NAME

log = structlog.get_logger()

Reader = Annotated[Taste, Depends(taste)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Format(StrEnum):
    """How the report is asked for."""

    HTML = "html"
    PDF = "pdf"
    XLSX = "xlsx"


def router(
    engine: Engine,
    pages: Pages,
    *,
    calendars: Calendars,
    county_names: Mapping[str, str],
    seen: Callable[[], int],
    now: Callable[[], datetime],
) -> APIRouter:
    """Return the pages of reports."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/reports")
    def show_newest(reader: Reader) -> Response:
        tail = "?lang=en" if reader.language is Language.EN else ""
        return RedirectResponse(f"/reports/weekly{tail}", status_code=303)

    @routes.get("/reports/weekly")
    def show(
        *,
        reader: Reader,
        person: Asking,
        week: Annotated[str, Query(max_length=16)] = "",
        county: Annotated[str, Query(pattern=f"^(?:{NAME.pattern})?$")] = "",
        format: Format = Format.HTML,  # noqa: A002  # the word in the URL
    ) -> Response:
        latest, moment = seen(), now()
        if format is not Format.HTML:
            must(person, Act.EXPORT, county=county)
        asked = _week(week) or latest_whole_week(moment)
        scope = Scope(counties=person.counties, county=county)
        facts = read_week(engine, asked, scope, calendars=calendars, now=moment)
        say = Words(reader.language)
        name = f"zhizhu-{county}-{asked}" if county else f"zhizhu-{asked}"
        match format:
            case Format.PDF:
                return _download(_paper(document(facts, say, county_names)), f"{name}.pdf", "application/pdf")
            case Format.XLSX:
                return _download(workbook(facts, say), f"{name}.xlsx", XLSX)
            case Format.HTML:
                sheet = {key: value for key, value in on_sheet(facts, say, county_names).items() if key not in {"w", "tables"}}
                more = {"seen": latest, "now": moment, "county_asked": county, "this_week": Week.of(china_day(moment))}
                return pages.page("report.html", reader, {**sheet, **more})

    return routes


def _week(text: str) -> Week | None:
    if not text:
        return None
    try:
        return Week.parse(text)
    except ValueError as error:
        raise HTTPException(422, str(error)) from error


def _paper(html: str) -> bytes:
    try:
        return to_pdf(html)
    except PaperError as error:
        log.warning("no paper", error=str(error))
        raise HTTPException(500, str(error)) from error


def _download(content: bytes, name: str, media_type: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
