"""The page of alarms, its fragment and its table as CSV; the page of planned work."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import Engine

from telemetry.fleet.web import alarms_page, maintenance_page
from telemetry.fleet.web.alarms_page import AlarmsPage, Which
from telemetry.fleet.web.export import Cell, as_csv
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.filters import Filter, asked
from telemetry.fleet.web.pages import Format
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.said import Said, said

Reader = Annotated[Taste, Depends(taste)]
Wanted = Annotated[Filter, Depends(asked)]
Told = Annotated[Said | None, Depends(said)]


def router(engine: Engine, words: FaultWords, pages: Pages, *, seen: Callable[[], int], now: Callable[[], datetime]) -> APIRouter:
    """Return the pages. ``seen`` says up to which change a page rendered now is true; it is asked before the store is."""
    routes = APIRouter(include_in_schema=False)

    def context(wanted: Filter, which: Which, told: Said | None) -> dict[str, object]:
        latest, moment = seen(), now()
        page = alarms_page.read(engine, words, wanted=wanted, which=which, now=moment)
        return {"seen": latest, "now": moment, "page": page, "wanted": wanted, "which": which, "said": told}

    @routes.get("/alarms")
    def show(
        reader: Reader,
        wanted: Wanted,
        told: Told,
        which: Which = Which.OPEN,
        format: Format = Format.HTML,  # noqa: A002  # the word in the URL
    ) -> Response:
        if format is Format.CSV:
            return _csv(alarms_page.read(engine, words, wanted=wanted, which=which, now=now()))
        return pages.page("alarms.html", reader, context(wanted, which, told))

    @routes.get("/fragments/alarms")
    def fragment(reader: Reader, wanted: Wanted, which: Which = Which.OPEN) -> Response:
        return pages.fragment("alarms.html", reader, context(wanted, which, None))

    def plan_context(wanted: Filter, told: Said | None, level: str, scope: str) -> dict[str, object]:
        latest, moment = seen(), now()
        page = maintenance_page.read(engine, wanted=wanted, now=moment)
        form = {"county": wanted.county, "level": level, "scope": scope}
        return {"seen": latest, "now": moment, "page": page, "wanted": wanted, "said": told, "form": form}

    @routes.get("/maintenance")
    def show_plan(
        *,
        reader: Reader,
        wanted: Wanted,
        told: Told,
        level: Annotated[str, Query(max_length=16)] = "kiosk",
        scope: Annotated[str, Query(max_length=64)] = "",
        format: Format = Format.HTML,  # noqa: A002  # the word in the URL
    ) -> Response:
        if format is Format.CSV:
            return _plan_csv(maintenance_page.read(engine, wanted=wanted, now=now()))
        return pages.page("maintenance.html", reader, plan_context(wanted, told, level, scope))

    @routes.get("/fragments/maintenance")
    def fragment_plan(reader: Reader, wanted: Wanted) -> Response:
        return pages.fragment("maintenance.html", reader, plan_context(wanted, None, "kiosk", ""))

    return routes


def _csv(page: AlarmsPage) -> Response:
    header = (
        *("id", "county", "kiosk", "site", "town", "device", "code", "title", "severity", "remedy"),
        *("raised_at", "cleared_at", "lasted_s", "cause", "detail"),
        *("handling", "incident", "acknowledged_by", "acknowledged_at", "acknowledgement", "shelved_until"),
        *("escalation", "occurrences", "flap_score", "ticket"),
    )
    rows: Iterable[tuple[Cell, ...]] = (
        (
            row.alarm.id,
            row.alarm.kiosk.county,
            row.alarm.kiosk.kiosk,
            row.alarm.site,
            row.kiosk.stored.town,
            row.alarm.device,
            row.alarm.code,
            row.word.title_zh,
            row.alarm.severity,
            row.alarm.remedy,
            row.alarm.raised_at,
            row.alarm.cleared_at,
            round(row.lasted_s),
            row.alarm.cause,
            row.alarm.detail,
            row.handling.value,
            row.alarm.incident_id,
            row.alarm.acknowledged_by,
            row.alarm.acknowledged_at,
            row.alarm.acknowledgement,
            row.alarm.shelved_until,
            row.alarm.escalation,
            row.alarm.occurrences,
            round(row.flaps.score, 2),
            row.ticket,
        )
        for row in page.every_row
    )
    return as_csv("alarms", header, rows)


def _plan_csv(page: maintenance_page.MaintenancePage) -> Response:
    header = ("id", "county", "level", "scope", "begins_at", "ends_at", "why", "by")
    rows: Iterable[tuple[Cell, ...]] = (
        (one.id, one.county, one.level, one.scope, one.begins_at, one.ends_at, one.why, one.by)
        for one in (*page.coming, *page.past)
    )
    return as_csv("maintenance", header, rows)
