"""The pages, their fragments and their tables as CSV: each asks its query module and fills its template."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine

from telemetry.fleet.accounts.person import Person
from telemetry.fleet.web import census, charts, kiosk_page, lists, overview, province, tickets
from telemetry.fleet.web.desk import OfKiosk
from telemetry.fleet.web.export import Cell, as_csv
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.filters import Filter, asked
from telemetry.fleet.web.freshness import Standing
from telemetry.fleet.web.kiosk_page import KioskPage, Range
from telemetry.fleet.web.kiosk_past import Entry
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.who import Asking
from telemetry.fleet.web.words import CHINA, Words
from telemetry.wire.service_hours import ORDINARY, Calendars
from telemetry.wire.topics import NAME, KioskId

Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$")]
Reader = Annotated[Taste, Depends(taste)]
Wanted = Annotated[Filter, Depends(asked)]


class Format(StrEnum):
    """How a page is asked for."""

    HTML = "html"
    CSV = "csv"


class KioskTable(StrEnum):
    """Which table of a kiosk's page is exported."""

    DEVICES = "devices"
    ALARMS = "alarms"
    LOG = "log"


def router(
    engine: Engine,
    words: FaultWords,
    pages: Pages,
    *,
    county_names: Mapping[str, str],
    calendars: Calendars = ORDINARY,
    of_kiosk: OfKiosk | None = None,
    seen: Callable[[], int],
    now: Callable[[], datetime],
) -> APIRouter:
    """Return every page.

    Args:
        of_kiosk: What another room has to say on a kiosk's page.
        seen: Says up to which change a page rendered now is true; it is asked before the store is.
    """
    routes = APIRouter(include_in_schema=False)

    def overview_page(wanted: Filter) -> tuple[str, dict[str, object]]:
        """Return the template and what it shows: single kiosks where they are few, else aggregates."""
        latest, moment = seen(), now()
        with engine.connect() as connection:
            taken = census.take(connection, wanted=replace(wanted, town=""), now=moment)
        page: overview.Overview | province.Province
        if is_large := province.is_large(taken):
            page = province.read(engine, words, taken, wanted=wanted, now=moment)
        else:
            page = overview.read(engine, words, wanted=wanted, now=moment, zone=CHINA)
        name = "province.html" if is_large else "overview.html"
        return name, {"seen": latest, "now": moment, "page": page, "wanted": wanted, "chart": charts.draw(page.weeks)}

    def kiosk_context(of: KioskId, span: Range, say: Words, person: Person) -> dict[str, object]:
        latest, moment = seen(), now()
        page = kiosk_page.read(
            engine, words, of, span=span, now=moment, say=say, calendars=calendars, wanted=Filter(counties=person.counties)
        )
        if page is None or not person.sees(of.county):
            raise HTTPException(404, f"{county_names.get(of.county, of.county)} / {of.kiosk}")
        with engine.connect() as connection:
            mine = tickets.of_kiosk(connection, words, of, person=person, now=moment)
            bureau = None if of_kiosk is None else of_kiosk.card(connection, of, person, now=moment)
        told = {"fault_words": words, "mine": mine, "bureau": bureau}
        return {"seen": latest, "now": moment, "page": page, "span": span, **told}

    def kiosks_context(wanted: Filter) -> dict[str, object]:
        latest, moment = seen(), now()
        page = lists.read_kiosks(engine, words, county_names, wanted=wanted, now=moment)
        return {"seen": latest, "now": moment, "page": page, "wanted": wanted}

    @routes.get("/")
    def show_overview(reader: Reader, wanted: Wanted, format: Format = Format.HTML) -> Response:  # noqa: A002  # the word in the URL
        name, context = overview_page(wanted)
        page = context["page"]
        if format is Format.CSV and isinstance(page, overview.Overview):
            return _needs_csv(page)
        if format is Format.CSV and isinstance(page, province.Province):
            return _places_csv(page)
        return pages.page(name, reader, context)

    @routes.get("/fragments/overview")
    def fragment_overview(reader: Reader, wanted: Wanted) -> Response:
        name, context = overview_page(wanted)
        return pages.fragment(name, reader, context)

    @routes.get("/kiosks")
    def show_kiosks(reader: Reader, wanted: Wanted, format: Format = Format.HTML) -> Response:  # noqa: A002  # the word in the URL
        if format is Format.CSV:
            return _kiosks_csv(
                lists.read_kiosks(engine, words, county_names, wanted=wanted, now=now(), limit=lists.MOST_EXPORTED)
            )
        context = kiosks_context(wanted)
        page = context["page"]
        if wanted.q and isinstance(page, lists.KioskList) and len(page.rows) == 1:
            only = page.rows[0].kiosk.id
            tail = "?lang=en" if reader.language.value == "en" else ""
            return RedirectResponse(f"/kiosks/{only.county}/{only.kiosk}{tail}", status_code=303)
        return pages.page("kiosks.html", reader, context)

    @routes.get("/fragments/kiosks")
    def fragment_kiosks(reader: Reader, wanted: Wanted) -> Response:
        return pages.fragment("kiosks.html", reader, kiosks_context(wanted))

    @routes.get("/kiosks/{county}/{kiosk}")
    def show_kiosk(
        *,
        reader: Reader,
        person: Asking,
        county: Name,
        kiosk: Name,
        span: Range = Range.WEEK,
        table: KioskTable = KioskTable.DEVICES,
        format: Format = Format.HTML,  # noqa: A002  # the word in the URL
    ) -> Response:
        of = KioskId(county=county, kiosk=kiosk)
        context = kiosk_context(of, span, Words(reader.language), person)
        page = context["page"]
        if format is Format.CSV and isinstance(page, KioskPage):
            return _kiosk_csv(page, table)
        return pages.page("kiosk.html", reader, context)

    @routes.get("/fragments/kiosks/{county}/{kiosk}")
    def fragment_kiosk(*, reader: Reader, person: Asking, county: Name, kiosk: Name, span: Range = Range.WEEK) -> Response:
        of = KioskId(county=county, kiosk=kiosk)
        return pages.fragment("kiosk.html", reader, kiosk_context(of, span, Words(reader.language), person))

    return routes


def _needs_csv(page: overview.Overview) -> Response:
    header = (
        "county",
        "kiosk",
        "site",
        "town",
        "remedy",
        "severity",
        "device",
        "code",
        "title",
        "withdrawn",
        "raised_at",
        "for_s",
    )
    rows: Iterable[tuple[Cell, ...]] = (
        (
            row.kiosk.id.county,
            row.kiosk.id.kiosk,
            row.kiosk.stored.site,
            row.kiosk.stored.town,
            row.alarm.remedy,
            row.alarm.severity,
            row.alarm.device,
            row.alarm.code,
            row.word.title_zh,
            row.kiosk.withdrawn,
            row.alarm.raised_at,
            round(row.lasting_s),
            " ".join(other.id.kiosk for other in row.others),
        )
        for row in overview.flat(page)
    )
    return as_csv("needs", header, rows)


def _places_csv(page: province.Province) -> Response:
    header = ("county", "town", "kiosks", *(standing.value for standing in Standing), "away_share", "offered", "total")
    rows: Iterable[tuple[Cell, ...]] = (
        (
            tile.tally.county,
            tile.tally.town,
            tile.tally.all,
            *(tile.tally.of[standing] for standing in Standing),
            round(tile.share, 4),
            tile.tally.offered,
            tile.tally.total,
        )
        for tile in page.tiles
    )
    return as_csv("places", header, rows)


def _kiosks_csv(page: lists.KioskList) -> Response:
    header = ("county", "kiosk", "site", "town", "condition", "offered", "total", "faults", "last_seen", "age_s", "release")
    rows: Iterable[tuple[Cell, ...]] = (
        (
            row.kiosk.id.county,
            row.kiosk.id.kiosk,
            row.kiosk.stored.site,
            row.kiosk.stored.town,
            row.kiosk.condition,
            row.kiosk.offered,
            row.kiosk.stored.services_total,
            " ".join(alarm.code for alarm, _ in row.alarms),
            row.kiosk.stored.last_seen_at,
            round(row.kiosk.age.s, 1),
            row.kiosk.stored.release,
        )
        for row in page.rows
    )
    return as_csv("kiosks", header, rows)


def _kiosk_csv(page: KioskPage, table: KioskTable) -> Response:
    name = f"{page.kiosk.id.kiosk}-{table.value}"
    match table:
        case KioskTable.DEVICES:
            header: tuple[str, ...] = ("device", "kind", "condition", "read_at", "age_s", "faults", "evidence", "model", "port")
            rows: list[tuple[Cell, ...]] = [
                (
                    row.now.stored.device,
                    row.now.stored.kind,
                    row.now.condition,
                    row.now.stored.read_at,
                    None if row.now.age is None else round(row.now.age.s, 1),
                    " ".join(row.now.stored.faults),
                    row.now.stored.evidence,
                    row.now.stored.model,
                    row.now.stored.port,
                )
                for row in page.devices
            ]
        case KioskTable.ALARMS:
            header = ("id", "device", "code", "title", "severity", "remedy", "raised_at", "for_s", "detail")
            rows = [
                (
                    row.alarm.id,
                    row.alarm.device,
                    row.alarm.code,
                    row.word.title_zh,
                    row.alarm.severity,
                    row.alarm.remedy,
                    row.alarm.raised_at,
                    round(row.lasting_s),
                    row.alarm.detail,
                )
                for row in page.open_alarms
            ]
        case KioskTable.LOG:
            header = ("seq", "at", "received_at", "kind", "late", "what", "by", "result", "detail")
            rows = [_log_row(one) for one in page.log]
    return as_csv(name, header, rows)


def _log_row(entry: Entry) -> tuple[Cell, ...]:
    said, done = entry.message, entry.noted
    if said is not None:
        return (said.seq, said.at, said.received_at, said.kind, said.is_history, kiosk_page.what(said), "kiosk", "", "")
    if done is not None:
        return (None, done.at, done.at, "act", False, done.act, done.by, done.result, done.detail)
    return ()
