"""The page of keys: how old each is, when it ends, what to do; and turning the one that signs."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool

from provisioning.fleet.keys import ages
from provisioning.fleet.keys.ages import Age
from provisioning.fleet.keys.turning import TurnedError, turn
from provisioning.fleet.signing import AUTHORITY
from provisioning.fleet.web.words.keys import TODOS, WHATS
from telemetry.fleet.accounts.person import Act
from telemetry.fleet.web.export import as_csv
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.who import Asking, address_of, must

Reader = Annotated[Taste, Depends(taste)]
Format = Annotated[str, Query(pattern="^(html|csv)$")]


def router(engine: Engine, pages: Pages, *, seen: Callable[[], int], now: Callable[[], datetime], folder: Path) -> APIRouter:
    """Return ``/keys``; ``folder`` is the state folder."""
    routes = APIRouter(include_in_schema=False)

    def context() -> dict[str, object]:
        moment = now()
        found = ages.read(engine, folder, now=moment)
        return {
            "seen": seen(),
            "now": moment,
            "ages": found,
            "following": ages.following(engine, found[0].id),
            "ending": ages.ending(engine, now=moment),
            "whats": WHATS,
            "todos": TODOS,
            "refusal": "",
            "done": False,
        }

    @routes.get("/keys")
    def show(
        *,
        reader: Reader,
        person: Asking,
        done: bool = False,
        format: Format = "html",  # noqa: A002  # the word in the URL
    ) -> Response:
        must(person, Act.TURN_KEYS)
        if format == "csv":
            return _csv(ages.read(engine, folder, now=now()))
        return pages.page("keys.html", reader, {**context(), "done": done})

    @routes.post("/keys/turn")
    async def turn_key(
        request: Request, reader: Reader, person: Asking, sure: Annotated[str, Form(max_length=8)] = ""
    ) -> Response:
        must(person, Act.TURN_KEYS)
        address = address_of(request)
        refusal = "" if sure else "unsure"
        if sure:
            try:
                await run_in_threadpool(lambda: turn(engine, folder / AUTHORITY, person, now=now(), address=address))
            except TurnedError:
                refusal = "busy"
        if refusal:
            told = await run_in_threadpool(context)
            status = 409 if refusal == "busy" else 422
            return await run_in_threadpool(pages.page, "keys.html", reader, {**told, "refusal": refusal}, status=status)
        return RedirectResponse(f"/keys?done=true{'&lang=en' if reader.language.value == 'en' else ''}", status_code=303)

    return routes


def _csv(found: Sequence[Age]) -> Response:
    lines = ((one.what, one.id, one.since, one.ends_at, one.todo.value) for one in found)
    return as_csv("keys", ("what", "id", "since", "ends_at", "todo"), lines)
