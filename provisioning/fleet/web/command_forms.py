"""What people do about commands from a page: ask, agree, take back; each answer in words."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool

from provisioning.fleet.commands import rows
from provisioning.fleet.commands.rows import NotNowError, Wish
from provisioning.fleet.commands.rules import Terms
from provisioning.fleet.web import command_page
from provisioning.fleet.web.chosen_command import Chosen, Confirmed, order_of, wrong_field
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.who import Asking, address_of, must

Reader = Annotated[Taste, Depends(taste)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Context = dict[str, object]


def router(
    engine: Engine,
    pages: Pages,
    *,
    terms: Terms,
    everything: Callable[[Person, Chosen], Context],
    one: Callable[[int, Person], Context],
    now: Callable[[], datetime],
) -> APIRouter:
    """Return the acts; ``everything`` and ``one`` fill the pages that say why something was not done."""
    routes = APIRouter(include_in_schema=False)

    @routes.post("/commands")
    async def ask(request: Request, reader: Reader, person: Asking, chosen: Annotated[Confirmed, Form()]) -> Response:
        must(person, Act.SEND_COMMAND)
        address = address_of(request)

        def write() -> int:
            meant = command_page.preview(engine, order_of(chosen), chosen.whom, person, terms)
            if len(meant.found.kiosks) != chosen.kiosks_seen:
                raise NotNowError("changed", "other kiosks are meant now than were shown")
            wish = Wish(
                order=meant.order,
                kiosks=meant.found.kiosks,
                scope=chosen.whom.said,
                why=chosen.why.strip(),
                once=chosen.once,
                lasts=timedelta(hours=chosen.lasts_h) if chosen.lasts_h else None,
            )
            with engine.begin() as connection:
                return rows.ask(connection, wish, person, terms, now=now(), address=address).id

        try:
            number = await run_in_threadpool(write)
        except ValidationError as error:
            raise HTTPException(422, wrong_field(error)) from error
        except NotNowError as error:
            told = await run_in_threadpool(everything, person, chosen)
            return await run_in_threadpool(pages.page, "commands.html", reader, {**told, "refusal": error.word}, status=409)
        return _to(f"/commands/{number}", reader)

    @routes.post("/commands/{number}/approve")
    async def approve(request: Request, reader: Reader, person: Asking, number: Number) -> Response:
        must(person, Act.APPROVE_COMMAND)
        address = address_of(request)
        return await _done(reader, person, number, lambda of: rows.approve(of, number, person, now=now(), address=address))

    @routes.post("/commands/{number}/cancel")
    async def cancel(request: Request, reader: Reader, person: Asking, number: Number) -> Response:
        must(person, Act.SEND_COMMAND)
        address = address_of(request)
        return await _done(reader, person, number, lambda of: rows.cancel(of, number, person, now=now(), address=address))

    async def _done(reader: Taste, person: Person, number: int, do: Callable[[Connection], object]) -> Response:
        def write() -> None:
            with engine.begin() as connection:
                do(connection)

        await run_in_threadpool(one, number, person)  # whoever may not see it is told that it is not there
        try:
            await run_in_threadpool(write)
        except NotNowError as error:
            told = await run_in_threadpool(one, number, person)
            return await run_in_threadpool(pages.page, "command.html", reader, {**told, "refusal": error.word}, status=409)
        return _to(f"/commands/{number}", reader)

    return routes


def _to(path: str, reader: Taste) -> RedirectResponse:
    return RedirectResponse(f"{path}?lang=en" if reader.language.value == "en" else path, status_code=303)
