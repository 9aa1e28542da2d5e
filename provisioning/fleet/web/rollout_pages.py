"""``/releases`` and ``/rollouts/{number}``: what is on its way where, and what a person may do about it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from provisioning.fleet.rollouts.acts import WAYS, Doing, NotNowError
from provisioning.fleet.rollouts.people import Lost, NoRolloutError, RolloutActs, Start, StartError
from provisioning.fleet.web import releases_page, rollout_page
from provisioning.fleet.web.rollout_page import RolloutPage
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.web.export import as_csv
from telemetry.fleet.web.pages import Format
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.who import Asking, address_of, must
from telemetry.wire.topics import NAME

Reader = Annotated[Taste, Depends(taste)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


def router(engine: Engine, pages: Pages, *, seen: Callable[[], int], now: Callable[[], datetime]) -> APIRouter:
    """Return the pages and their forms."""
    routes = APIRouter(include_in_schema=False)
    acts = RolloutActs(engine)

    def list_context(person: Person, trouble: str = "") -> dict[str, object]:
        latest, moment = seen(), now()
        return {"seen": latest, "now": moment, "page": releases_page.read(engine, person, now=moment), "trouble": trouble}

    def read_one(number: int, person: Person) -> RolloutPage:
        page = rollout_page.read(engine, number, person, now=now())
        if page is None:
            raise HTTPException(404, f"R-{number}")
        return page

    def one_context(number: int, person: Person) -> dict[str, object]:
        latest = seen()
        page = read_one(number, person)
        return {"seen": latest, "now": now(), "page": page, "lost": None, "refusal": "", "done": False}

    @routes.get("/releases")
    def show_list(reader: Reader, person: Asking, format: Format = Format.HTML) -> Response:  # noqa: A002  # the word in the URL
        must(person, Act.LOOK)
        if format is Format.CSV:
            return _list_csv(releases_page.read(engine, person, now=now()))
        return pages.page("releases.html", reader, list_context(person))

    @routes.get("/fragments/releases")
    def fragment_list(reader: Reader, person: Asking) -> Response:
        must(person, Act.LOOK)
        return pages.fragment("releases.html", reader, list_context(person))

    @routes.post("/rollouts")
    async def start(
        *,
        request: Request,
        reader: Reader,
        person: Asking,
        version: Annotated[str, Form(max_length=32)],
        county: Annotated[str, Form(pattern=f"^{NAME.pattern}$")],
    ) -> Response:
        must(person, Act.ROLL_OUT, county=county)
        wanted = Start(county=county, version=version.strip())
        try:
            begun = await run_in_threadpool(acts.start, person, wanted, now=now(), address=address_of(request))
        except StartError as error:
            context = await run_in_threadpool(list_context, person, error.word)
            return await run_in_threadpool(pages.page, "releases.html", reader, context, status=409)
        return _to(f"/rollouts/{begun.id}", reader)

    @routes.get("/rollouts/{number}")
    def show_one(
        reader: Reader,
        person: Asking,
        number: Number,
        *,
        done: bool = False,
        format: Format = Format.HTML,  # noqa: A002  # the word in the URL
    ) -> Response:
        must(person, Act.LOOK)
        if format is Format.CSV:
            return _one_csv(read_one(number, person))
        return pages.page("rollout.html", reader, one_context(number, person) | {"done": done})

    @routes.get("/fragments/rollouts/{number}")
    def fragment_one(reader: Reader, person: Asking, number: Number) -> Response:
        must(person, Act.LOOK)
        return pages.fragment("rollout.html", reader, one_context(number, person))

    @routes.post("/rollouts/{number}/{doing}")
    async def act(
        *,
        request: Request,
        reader: Reader,
        person: Asking,
        number: Number,
        doing: Doing,
        version: Annotated[int, Form(ge=1, le=2**31 - 1)],
    ) -> Response:
        known = await run_in_threadpool(read_one, number, person)
        must(person, WAYS[doing].asks, county=known.rollout.county)
        try:
            came = await run_in_threadpool(
                acts.take, person, number, doing, seen_row=version, now=now(), address=address_of(request)
            )
        except NoRolloutError as error:
            raise HTTPException(404, f"R-{number}") from error
        except NotNowError as error:
            return await again(number, person, reader, {"refusal": error.refusal.value})
        if isinstance(came, Lost):
            return await again(number, person, reader, {"lost": came})
        return _to(f"/rollouts/{number}?done=true", reader)

    async def again(number: int, person: Person, reader: Taste, told: dict[str, object]) -> Response:
        context = await run_in_threadpool(one_context, number, person)
        return await run_in_threadpool(pages.page, "rollout.html", reader, context | told, status=409)

    return routes


def _list_csv(page: releases_page.ReleasesPage) -> Response:
    header = (
        "rollout",
        "county",
        "release",
        "state",
        "ring",
        "done",
        "failed",
        "kiosks",
        "started_at",
        "started_by",
        "approved_by",
    )
    return as_csv(
        "rollouts",
        header,
        (
            (
                line.rollout.id,
                line.rollout.county,
                line.rollout.version,
                line.rollout.state.value,
                line.rollout.rings[line.rollout.ring].name,
                line.done,
                line.failed,
                line.kiosks,
                line.rollout.started_at,
                line.rollout.started_by,
                line.rollout.approved_by,
            )
            for line in page.rollouts
        ),
    )


def _one_csv(page: RolloutPage) -> Response:
    header = ("county", "kiosk", "site", "ring", "stage", "since", "told_at", "done_at", "before", "note")
    return as_csv(
        f"rollout-{page.rollout.id}",
        header,
        (
            (
                cell.member.kiosk.county,
                cell.member.kiosk.kiosk,
                cell.place.site,
                ring.name,
                cell.member.stage.value,
                cell.member.since,
                cell.member.told_at,
                cell.member.done_at,
                cell.member.before,
                cell.member.note,
            )
            for ring in page.rings
            for cell in ring.cells
        ),
    )


def _to(path: str, reader: Taste) -> RedirectResponse:
    if reader.language.value == "en":
        path += "&lang=en" if "?" in path else "?lang=en"
    return RedirectResponse(path, status_code=303)
