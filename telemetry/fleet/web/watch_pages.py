"""The pages nobody touches: the screen on the wall, and the health of the service itself."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlalchemy import Engine

from telemetry.fleet.web import census, charts, overview, province, system_page
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.filters import Filter, asked
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.system_page import Sources
from telemetry.fleet.web.who import Asking
from telemetry.fleet.web.words import CHINA

Reader = Annotated[Taste, Depends(taste)]
Wanted = Annotated[Filter, Depends(asked)]


def router(
    engine: Engine, words: FaultWords, pages: Pages, *, sources: Sources, seen: Callable[[], int], now: Callable[[], datetime]
) -> APIRouter:
    """Return the pages. ``seen`` says up to which change a page rendered now is true; it is asked before the store is."""
    routes = APIRouter(include_in_schema=False)

    def wall_context(wanted: Filter) -> dict[str, object]:
        latest, moment = seen(), now()
        with engine.connect() as connection:
            taken = census.take(connection, wanted=replace(wanted, town=""), now=moment)
        context: dict[str, object] = {"seen": latest, "now": moment, "wanted": wanted}
        if province.is_large(taken):
            large = province.read(engine, words, taken, wanted=wanted, now=moment)
            return {**context, "is_large": True, "page": large, "chart": charts.draw(large.weeks), "needs": ()}
        page = overview.read(engine, words, wanted=wanted, now=moment, zone=CHINA)
        needs = tuple(row for group in page.groups if group.needs_a_person for row in group.rows)
        return {**context, "is_large": False, "page": page, "chart": charts.draw(page.weeks), "needs": needs}

    @routes.get("/wall")
    def show_wall(reader: Reader, wanted: Wanted) -> Response:
        return pages.page("wall.html", reader, wall_context(wanted))

    @routes.get("/fragments/wall")
    def fragment_wall(reader: Reader, wanted: Wanted) -> Response:
        return pages.fragment("wall_fragment.html", reader, wall_context(wanted))

    def system_context(person: Asking) -> dict[str, object]:
        latest, moment = seen(), now()
        page = system_page.read(sources, now=moment)
        mine = tuple(flood for flood in page.floods if person.sees(flood.kiosk.county))
        return {"seen": latest, "now": moment, "page": replace(page, floods=mine)}

    @routes.get("/system")
    def show_system(reader: Reader, person: Asking) -> Response:
        return pages.page("system.html", reader, system_context(person))

    @routes.get("/fragments/system")
    def fragment_system(reader: Reader, person: Asking) -> Response:
        return pages.fragment("system.html", reader, system_context(person))

    return routes
