"""The page of configuration: layers, effective values, a change with what it does, two persons, and where every kiosk is."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import JsonValue
from sqlalchemy import Connection, Engine
from starlette.concurrency import run_in_threadpool

from provisioning.fleet.config import acts, layer_text
from provisioning.fleet.config.acts import NotDoneError, Why
from provisioning.fleet.config.changes import Change, State
from provisioning.fleet.config.layer_text import LayerTextError
from provisioning.fleet.config.layers import Kind, LayerKey
from provisioning.fleet.web import config_page
from provisioning.fleet.web.config_page import Page
from provisioning.fleet.web.words.config import KINDS, LABELS, SAID, STATES
from telemetry.fleet.accounts.person import Act, Person
from telemetry.fleet.web.export import as_csv
from telemetry.fleet.web.render import Pages, Taste, taste
from telemetry.fleet.web.who import Asking, must

Reader = Annotated[Taste, Depends(taste)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Format = Annotated[str, Query(pattern="^(html|csv)$")]
KioskName = Annotated[str, Query(max_length=80)]
LayerName = Annotated[str, Query(max_length=240)]
ChangeNumber = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
Text = Annotated[str, Form(max_length=layer_text.LARGEST)]
Typed = Annotated[str, Form(max_length=400)]
DOINGS: Mapping[str, Act] = {
    "submit": Act.CHANGE_CONFIG,
    "approve": Act.APPROVE_CONFIG,
    "reject": Act.CHANGE_CONFIG,
    "roll-back": Act.CHANGE_CONFIG,
}
Doing = Annotated[str, Path(pattern=f"^({'|'.join(DOINGS)})$")]


def router(engine: Engine, pages: Pages, *, seen: Callable[[], int], now: Callable[[], datetime]) -> APIRouter:
    """Return ``/config``."""
    routes = APIRouter(include_in_schema=False)

    def context(person: Person, kiosk: str, layer: str, change: int | None, **told: object) -> dict[str, object]:
        latest, moment = seen(), now()
        page = config_page.read(engine, person, kiosk_name=kiosk, layer=_key(layer), number=change)
        if (kiosk and page.place is None) or (change is not None and page.chosen is None):
            raise HTTPException(404, kiosk or f"C-{change}")
        if not config_page.may_see(person, page.layer):
            raise HTTPException(404, layer)
        words = {"kinds": KINDS, "states": STATES, "said": SAID, "labels": LABELS, "State": State, "layer_name": layer_name}
        usual = {"refusal": "", "problems": (), "typed": None, "typed_note": ""}
        return {"seen": latest, "now": moment, "page": page, **words, **usual, **told}

    @routes.get("/config")
    def show(  # noqa: PLR0917  # each is a part of the address
        reader: Reader,
        person: Asking,
        kiosk: KioskName = "",
        layer: LayerName = "",
        change: ChangeNumber = None,
        format: Format = "html",  # noqa: A002  # the word in the URL
    ) -> Response:
        must(person, Act.CHANGE_CONFIG)
        told = context(person, kiosk, layer, change)
        if format == "csv":
            return _as_csv(told["page"])
        return pages.page("config.html", reader, told)

    @routes.get("/fragments/config")
    def fragment(
        reader: Reader, person: Asking, kiosk: KioskName = "", layer: LayerName = "", change: ChangeNumber = None
    ) -> Response:
        must(person, Act.CHANGE_CONFIG)
        return pages.fragment("config.html", reader, context(person, kiosk, layer, change))

    @routes.post("/config/drafts")
    async def write(
        reader: Reader,
        person: Asking,
        layer: Annotated[str, Form(max_length=240)],
        text: Text = "",
        note: Typed = "",
    ) -> Response:
        key = _key(layer)
        if key is None or not config_page.may_see(person, key):
            raise HTTPException(404, layer)
        must(person, Act.CHANGE_CONFIG, county=key.county)
        try:
            read = layer_text.read(text)
        except LayerTextError as error:
            return await _again(reader, person, layer, text, note, problems=(str(error),))

        def draft() -> Change | NotDoneError:
            with engine.begin() as connection:
                try:
                    return acts.draft(connection, person, key, read.settings, read.locked, note=note.strip(), now=now())
                except NotDoneError as error:
                    return error

        done = await run_in_threadpool(draft)
        if isinstance(done, NotDoneError):
            return await _again(reader, person, layer, text, note, problems=done.problems, refusal=done.why)
        return _to(reader, change=done.id)

    async def _again(
        reader: Taste,
        person: Person,
        layer: str,
        text: str,
        note: str,
        *,
        problems: tuple[str, ...],
        refusal: Why = Why.PROBLEMS,
    ) -> Response:
        told = {"problems": problems, "refusal": refusal.value, "typed": text, "typed_note": note}
        filled = await run_in_threadpool(lambda: context(person, "", layer, None, **told))
        return await run_in_threadpool(pages.page, "config.html", reader, filled, status=422)

    @routes.post("/config/changes/{number}/{doing}")
    async def decide(reader: Reader, person: Asking, number: Number, doing: Doing, why: Typed = "") -> Response:
        must(person, DOINGS[doing])

        def act() -> Change | NotDoneError:
            with engine.begin() as connection:
                return _decided(connection, person, number, doing, why=why.strip(), now=now())

        done = await run_in_threadpool(act)
        if not isinstance(done, NotDoneError):
            return _to(reader, change=done.id)
        if done.why is Why.UNKNOWN:
            raise HTTPException(404, f"C-{number}")
        told = {"refusal": done.why.value, "problems": done.problems}
        filled = await run_in_threadpool(lambda: context(person, "", "", number, **told))
        return await run_in_threadpool(pages.page, "config.html", reader, filled, status=409)

    return routes


def _decided(
    connection: Connection, person: Person, number: int, doing: str, *, why: str, now: datetime
) -> Change | NotDoneError:
    """Do it; what is refused is returned, so that its line in the audit stays."""
    try:
        match doing:
            case "submit":
                return acts.submit(connection, person, number, now=now)
            case "approve":
                return acts.approve(connection, person, number, now=now)
            case "reject":
                return acts.reject(connection, person, number, why, now=now)
            case _:
                return acts.roll_back(connection, person, number, now=now)
    except NotDoneError as error:
        return error


def layer_name(key: LayerKey) -> str:
    """How a layer stands in an address: ``county:potou``."""
    return f"{key.kind}:{key.name}" if key.name else key.kind.value


def _key(name: str) -> LayerKey | None:
    if not name:
        return None
    kind, _, rest = name.partition(":")
    if kind not in set(Kind) or bool(rest) is (kind == Kind.PROVINCE.value):
        raise HTTPException(404, name)
    return LayerKey(kind=Kind(kind), name=rest)


def _to(reader: Taste, *, change: int) -> RedirectResponse:
    asked: dict[str, JsonValue] = {"change": change} | ({"lang": "en"} if reader.language.value == "en" else {})
    return RedirectResponse(f"/config?{urlencode(asked)}", status_code=303)


def _as_csv(page: object) -> Response:
    if not isinstance(page, Page) or page.place is None:
        return as_csv("config", ("path", "value", "layer", "over", "locked_by"), ())
    lines = ((each.path, each.value, each.kind.value, each.over, each.locked_by or "") for each in page.settings if each.value)
    return as_csv(f"config-{page.place.kiosk}", ("path", "value", "layer", "over", "locked_by"), lines)
