"""The page of analytics and its tables as CSV."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import Engine

from telemetry.fleet.accounts.person import Act
from telemetry.fleet.analytics.lifetimes import By
from telemetry.fleet.analytics.scope import Scope
from telemetry.fleet.web import analytics, analytics_tables
from telemetry.fleet.web.analytics import Analytics, Order, Span, Wanted
from telemetry.fleet.web.analytics_tables import Table
from telemetry.fleet.web.drawing import LogScale, bars, floor_of
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.pages import Format
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.who import Asking, must
from telemetry.wire.service_hours import Calendars

Reader = Annotated[Taste, Depends(taste)]
Text = Annotated[str, Query(max_length=64)]


def asked(
    *,
    person: Asking,
    range: Span = Span.TWELVE_WEEKS,  # noqa: A002  # the word in the URL
    county: Text = "",
    town: Text = "",
    model: Text = "",
    kind: Text = "receipt_printer",
    by: By = By.MODEL,
    order: Order = Order.TIME,
) -> Wanted:
    """Read the filter off the URL (a FastAPI dependency)."""
    scope = Scope(counties=person.counties, county=county, town=town, model=model)
    return Wanted(scope=scope, span=range, kind=kind, by=by, order=order)


def router(
    engine: Engine,
    words: FaultWords,
    pages: Pages,
    *,
    calendars: Calendars,
    seen: Callable[[], int],
    now: Callable[[], datetime],
) -> APIRouter:
    """Return the page. It is not redrawn while it is open: its numbers change once a day."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/analytics")
    def show(
        *,
        reader: Reader,
        person: Asking,
        wanted: Annotated[Wanted, Depends(asked)],
        table: Table = Table.LIFETIMES,
        format: Format = Format.HTML,  # noqa: A002  # the word in the URL
    ) -> Response:
        latest, moment = seen(), now()
        if format is Format.CSV:
            must(person, Act.EXPORT)
        page = analytics.read_analytics(engine, wanted, calendars=calendars, now=moment)
        if format is Format.CSV:
            return analytics_tables.csv_of(page, table, words)
        context = {"seen": latest, "now": moment, "page": page, "wanted": wanted, "fault_words": words}
        return pages.page("analytics.html", reader, {**context, **_drawings(page), "url": _url(wanted)})

    return routes


def _drawings(page: Analytics) -> dict[str, object]:
    hours = page.visits.by_hour()
    visits = [(0.0, float(count)) for _, count in hours]
    days = [(0.0, float(count)) for _, count, _ in page.visits.by_day()]
    return {
        "scale": LogScale.over([group.running.mean for group in page.lifetimes.groups], width=430),
        "knew": bars([(week.ours, week.theirs) for week in page.knew], left=30, right=556, top=18, floor=200),
        "hour_bars": bars(visits, left=0, right=572, top=20, floor=112, share=0.7),
        "day_bars": bars(days, left=30, right=572, top=8, floor=82, share=0.8),
        "floor": floor_of([line.served.share for line in page.towns]),
    }


def _url(wanted: Wanted) -> Mapping[str, str]:
    """Return the conditions that are not the usual ones, as they stand in the URL."""
    usual = {"range": Span.TWELVE_WEEKS.value, "kind": "receipt_printer", "by": By.MODEL.value, "order": Order.TIME.value}
    asked_for = {
        "range": wanted.span.value,
        "county": wanted.scope.county,
        "town": wanted.scope.town,
        "model": wanted.scope.model,
        "kind": wanted.kind,
        "by": wanted.by.value,
        "order": wanted.order.value,
    }
    return {key: value for key, value in asked_for.items() if value and usual.get(key) != value}
