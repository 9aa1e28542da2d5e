"""The audit page and its export: one address for one question, to be kept with the answer."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy import Engine

from telemetry.fleet.accounts.person import Act
from telemetry.fleet.web import audit_page
from telemetry.fleet.web.audit_page import Asked, AuditPage
from telemetry.fleet.web.day_strip import draw
from telemetry.fleet.web.desk import OfKiosk
from telemetry.fleet.web.export import as_csv
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.who import Asking, must
from telemetry.wire.service_hours import CHINA
from telemetry.wire.topics import KioskId

Reader = Annotated[Taste, Depends(taste)]
Text = Annotated[str, Query(max_length=64)]
YEARS = range(2000, 2200)
"""Days anybody can mean; beyond them databases have calendars of their own."""
Format = Annotated[str, Query(pattern="^(html|csv)$")]


def router(
    engine: Engine, pages: Pages, words: FaultWords, *, of_kiosk: OfKiosk | None = None, now: Callable[[], datetime]
) -> APIRouter:
    """Return ``/audit``; ``of_kiosk`` knows which acts concern a kiosk they do not name."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/audit")
    def show(
        *,
        reader: Reader,
        person: Asking,
        kiosk: Text = "",
        day: Text = "",
        by: Text = "",
        act: Text = "",
        format: Format = "html",  # noqa: A002  # the word in the URL
    ) -> Response:
        must(person, Act.READ_AUDIT)
        moment = now()
        asked = Asked(kiosk=kiosk.strip(), day=_day(day), by=by.strip(), act=act.strip())
        page = audit_page.read(engine, asked, person, now=moment, of_kiosk=of_kiosk)
        if format == "csv":
            return _csv(page)
        today = moment.astimezone(CHINA).date()
        context = {
            "seen": 0,
            "now": moment,
            "page": page,
            "asked": asked,
            "fault_words": words,
            "today": today,
            "yesterday": (asked.day or today) - timedelta(days=1),
            "tomorrow": None if asked.day is None or asked.day >= today else asked.day + timedelta(days=1),
            "strip": draw(page) if page.stretches else None,
        }
        return pages.page("audit.html", reader, context)

    return routes


def _day(text: str) -> date | None:
    """Return the day that was asked for; none for what is no day, so that a slip of the pen still answers."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if YEARS.start <= day.year < YEARS.stop else None


def _csv(page: AuditPage) -> Response:
    header = (
        *("at", "kind", "what", "result", "who", "role", "address", "county", "kiosk", "about", "detail"),
        *("reach", "reach_since", "lasts_s"),
    )
    name = f"audit-{page.of.kiosk}-{page.asked.day}" if page.of and page.asked.day else "audit"
    return as_csv(
        name,
        header,
        (
            (
                line.at,
                line.sort.value,
                line.what,
                line.result,
                line.who,
                line.role,
                line.address,
                *_whose(line.of or page.of),
                line.about,
                line.detail,
                line.stretch.reach.value if line.stretch else "",
                line.stretch.begins_at if line.stretch else None,
                None if line.lasts_s is None else round(line.lasts_s),
            )
            for line in page.lines
        ),
    )


def _whose(kiosk: KioskId | None) -> tuple[str, str]:
    return ("", "") if kiosk is None else (kiosk.county, kiosk.kiosk)
