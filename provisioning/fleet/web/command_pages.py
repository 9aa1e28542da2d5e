"""The pages of commands: choose what and on whom, see what that means, and see what became of it at each kiosk."""

import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path as Folder
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path, Query, Response
from fastapi.responses import FileResponse
from pydantic import ValidationError
from sqlalchemy import Engine

from provisioning.fleet.commands import bundles
from provisioning.fleet.commands.rows import described
from provisioning.fleet.commands.rules import Terms, may_ask
from provisioning.fleet.web import command_forms, command_page
from provisioning.fleet.web.chosen_command import Chosen, order_of, wrong_field
from provisioning.fleet.web.command_page import CommandPage, CommandsPage
from provisioning.fleet.web.words.commands import DOES, OUTCOMES, REASONS
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.web.export import Cell, as_csv
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.who import Asking, must
from telemetry.wire.topics import NAME, KioskId

Reader = Annotated[Taste, Depends(taste)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$")]
Format = Annotated[str, Query(pattern="^(html|csv)$")]
TABLES = {"does": DOES, "outcomes": OUTCOMES, "reasons": REASONS}


def asked_for(chosen: Annotated[Chosen, Query()]) -> Chosen:
    """Read what is filled in off the address (a FastAPI dependency)."""
    return chosen


Asked = Annotated[Chosen, Depends(asked_for)]


def router(
    engine: Engine,
    pages: Pages,
    *,
    seen: Callable[[], int],
    now: Callable[[], datetime],
    terms: Terms | None = None,
    folder: Folder | None = None,
) -> APIRouter:
    """Return ``/commands``; ``folder`` is the state folder, where bundles of logs lie."""
    routes = APIRouter(include_in_schema=False)
    rules = terms or Terms()

    def everything(person: Person, chosen: Chosen) -> dict[str, object]:
        meant, wrong = None, ""
        if chosen.do:
            try:
                meant = command_page.preview(engine, order_of(chosen), chosen.whom, person, rules)
            except ValidationError as error:
                wrong = wrong_field(error)
        return {
            **TABLES,
            "seen": seen(),
            "now": now(),
            "page": command_page.read(engine, person),
            "chosen": chosen,
            "preview": meant,
            "wrong": wrong,
            "offered": tuple(do for do in DOES if may_ask(person.role, do)),
            "alone": rules.alone,
            "lasts_h": round(rules.lasts.total_seconds() / 3600),
            "once": secrets.token_hex(16),
            "refusal": "",
        }

    def read_one(number: int, person: Person) -> CommandPage:
        page = command_page.read_one(engine, number, person)
        if page is None:
            raise HTTPException(404, f"M-{number}")
        return page

    def one(number: int, person: Person) -> dict[str, object]:
        page = read_one(number, person)
        return {**TABLES, "seen": seen(), "now": now(), "page": page, "has_bundle": has_bundle, "refusal": ""}

    def has_bundle(of: KioskId, name: str) -> bool:
        return folder is not None and bool(name) and bundles.path_of(folder, of, name).exists()

    @routes.get("/commands")
    def show(
        *,
        reader: Reader,
        person: Asking,
        chosen: Asked,
        format: Format = "html",  # noqa: A002  # the word in the URL
    ) -> Response:
        must(person, Act.SEND_COMMAND)
        if format == "csv":
            return _list_as_csv(command_page.read(engine, person))
        return pages.page("commands.html", reader, everything(person, chosen))

    @routes.get("/fragments/commands")
    def fragment(reader: Reader, person: Asking, chosen: Asked) -> Response:
        must(person, Act.SEND_COMMAND)
        return pages.fragment("commands.html", reader, everything(person, chosen))

    @routes.get("/commands/{number}")
    def show_one(
        *,
        reader: Reader,
        person: Asking,
        number: Number,
        format: Format = "html",  # noqa: A002  # the word in the URL
    ) -> Response:
        must(person, Act.SEND_COMMAND)
        if format == "csv":
            return _one_as_csv(read_one(number, person))
        return pages.page("command.html", reader, one(number, person))

    @routes.get("/fragments/commands/{number}")
    def fragment_one(reader: Reader, person: Asking, number: Number) -> Response:
        must(person, Act.SEND_COMMAND)
        return pages.fragment("command.html", reader, one(number, person))

    @routes.get("/commands/{number}/bundle/{county}/{kiosk}")
    def bundle(person: Asking, number: Number, county: Name, kiosk: Name) -> Response:
        must(person, Act.SEND_COMMAND, county=county)
        of = KioskId(county=county, kiosk=kiosk)
        name = next((each.name for each in read_one(number, person).kiosks if each.kiosk == of), "")
        if folder is None or not has_bundle(of, name):
            raise HTTPException(404, f"M-{number}")
        file = f"log-{county}-{kiosk}-{name}.zip"
        return FileResponse(bundles.path_of(folder, of, name), media_type="application/zip", filename=file)

    routes.include_router(command_forms.router(engine, pages, terms=rules, everything=everything, one=one, now=now))
    return routes


def _list_as_csv(page: CommandsPage) -> Response:
    header = (
        "id",
        "asked_at",
        "asked_by",
        "order",
        "scope",
        "why",
        "state",
        "approved_by",
        "expires_at",
        "kiosks",
        "ended",
        "outcomes",
    )
    lines: Iterable[tuple[Cell, ...]] = (
        (
            line.id,
            line.asked_at,
            line.asked_by,
            described(line.order),
            line.scope,
            line.why,
            line.state.value,
            line.approved_by,
            line.expires_at,
            line.kiosks,
            line.ended,
            " ".join(f"{standing.value or 'to-tell'}={count}" for standing, count in line.standings),
        )
        for line in (*page.asked, *page.lines)
    )
    return as_csv("commands", header, lines)


def _one_as_csv(page: CommandPage) -> Response:
    header = ("id", "county", "kiosk", "site", "outcome", "reason", "detail", "told", "told_at", "said_at")
    lines: Iterable[tuple[Cell, ...]] = (
        (
            page.line.id,
            one.kiosk.county,
            one.kiosk.kiosk,
            one.site,
            one.standing.value or "to-tell",
            one.reason,
            one.detail,
            one.told,
            one.told_at,
            one.said_at,
        )
        for one in page.kiosks
    )
    return as_csv(f"command-{page.line.id}", header, lines)
