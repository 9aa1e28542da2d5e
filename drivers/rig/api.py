"""The rig over HTTP: what the commands and the page ask of the bench."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel, ConfigDict, Field
from starlette.middleware.base import RequestResponseEndpoint
from starlette.middleware.trustedhost import TrustedHostMiddleware

from drivers.id_card_reader.samples import NOT_THERE_YET
from drivers.rig.bench import Bench, NoSuchDeviceError, card_on, faults_now
from drivers.rig.cable import Cable
from drivers.rig.sample_cards import sample_cards

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
HERE = Path(__file__).parent
SHOWN_PAPERS = 40
"""Papers on the page's wall; all of them lie in the folder. The script asks for as many."""


class FaultSays(BaseModel):
    """A fault that can be given."""

    name: str
    title: str
    summary: str
    options: dict[str, str]
    is_given: bool


class DeviceSays(BaseModel):
    """A device as it is now."""

    device: str
    title: str
    port: str
    is_plugged: bool
    is_held: bool
    holding: dict[str, str]
    faults: tuple[FaultSays, ...]


class PaperSays(BaseModel):
    """A paper that came out; ``png`` and ``txt`` are absolute paths, ``picture`` and ``words`` where the page finds them."""

    number: int
    at: datetime
    png: Path
    txt: Path
    picture: str
    words: str
    length_mm: float
    ended: str


class BenchSays(BaseModel):
    """Everything the page shows."""

    devices: tuple[DeviceSays, ...]
    samples: tuple[str, ...]
    card: str | None
    papers: tuple[PaperSays, ...]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Options(_Strict):
    options: dict[str, str] = Field(default_factory=dict)


class _Plug(_Strict):
    is_plugged: bool


class _Card(_Strict):
    sample: str


def device_says(cable: Cable) -> DeviceSays:
    """Describe a device as it is now."""
    return DeviceSays(
        device=cable.far_end.name,
        title=cable.far_end.title,
        port=cable.port,
        is_plugged=cable.is_plugged,
        is_held=cable.is_held,
        holding=dict(cable.far_end.holding()),
        faults=tuple(
            FaultSays(
                name=now.fault.name,
                title=now.fault.title,
                summary=now.fault.summary,
                options=dict(now.fault.options),
                is_given=now.is_given,
            )
            for now in faults_now(cable.far_end)
        ),
    )


def papers_say(bench: Bench) -> tuple[PaperSays, ...]:
    """Describe every paper, oldest first."""
    folder = bench.papers.folder.resolve()
    return tuple(
        PaperSays(
            number=kept.number,
            at=kept.at.astimezone(UTC),
            png=folder / kept.png,
            txt=folder / kept.txt,
            picture=f"/paper/{kept.png}",
            words=f"/paper/{kept.txt}",
            length_mm=kept.length_mm,
            ended=kept.ended,
        )
        for kept in bench.papers.kept
    )


def create_app(bench: Bench, *, host: str, when_ready: Callable[[], None], when_over: Callable[[], None]) -> FastAPI:
    """Build the application; the plugs are put in when it starts and pulled when it ends.

    Args:
        bench: The devices.
        host: Under which name this machine's browsers may ask, beside the loopback's.
        when_ready: Called once every plug is in.
        when_over: Called before the first plug is pulled.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await bench.plug_all()
        when_ready()
        try:
            yield
        finally:
            when_over()
            await bench.dispose()

    app = FastAPI(title="Zhizhu rig", docs_url=None, redoc_url=None, lifespan=lifespan)
    # Without this, a page of the internet could reach the rig under a name of its own that resolves to this machine. What
    # changes anything is PUT or DELETE, which no other page may send.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", host])
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.mount("/paper", StaticFiles(directory=bench.papers.folder), name="paper")
    templates = Jinja2Templates(directory=HERE / "templates")

    def now_s() -> float:
        return asyncio.get_running_loop().time()

    @app.middleware("http")
    async def _(request: Request, go_on: RequestResponseEndpoint) -> Response:
        response = await go_on(request)
        response.headers.update(SECURITY)
        return response

    @app.exception_handler(NoSuchDeviceError)
    async def _(_: Request, error: NoSuchDeviceError) -> Response:
        return JSONResponse({"error": str(error)}, status_code=404)

    @app.exception_handler(ValueError)
    async def _(_: Request, error: ValueError) -> Response:
        return JSONResponse({"error": str(error)}, status_code=422)

    def say(newest: Annotated[int | None, Query(ge=1, description="so many papers only, the newest")] = None) -> BenchSays:
        papers = papers_say(bench)
        return BenchSays(
            devices=tuple(device_says(cable) for cable in bench.cables.values()),
            samples=bench.reader.samples(),
            card=card_on(bench.reader),
            papers=papers if newest is None else papers[-newest:],
        )

    @app.get("/", include_in_schema=False)
    async def page(request: Request) -> Response:
        return templates.TemplateResponse(
            request,
            "bench.html",
            {
                "bench": say(newest=SHOWN_PAPERS),
                "cards": sample_cards(),
                "cards_to_come": NOT_THERE_YET,
                "reader": bench.reader.name,
            },
            headers={"Cache-Control": "no-store"},
        )

    @app.get("/api/bench")
    async def everything(said: Annotated[BenchSays, Depends(say)]) -> BenchSays:
        return said

    @app.put("/api/devices/{device}/faults/{fault}")
    async def give(device: str, fault: str, given: _Options) -> DeviceSays:
        bench.give(device, fault, given.options, now_s=now_s())
        return device_says(bench.cable(device))

    @app.delete("/api/devices/{device}/faults/{fault}")
    async def clear(device: str, fault: str) -> DeviceSays:
        bench.clear(device, fault, now_s=now_s())
        return device_says(bench.cable(device))

    @app.delete("/api/devices/{device}/faults")
    async def clear_all(device: str) -> DeviceSays:
        bench.clear(device, None, now_s=now_s())
        return device_says(bench.cable(device))

    @app.put("/api/devices/{device}/plug")
    async def plug(device: str, wanted: _Plug) -> DeviceSays:
        cable = bench.cable(device)
        await (cable.plug() if wanted.is_plugged else cable.unplug())
        return device_says(cable)

    @app.put("/api/card")
    async def lay_card(card: _Card) -> DeviceSays:
        bench.lay_card(card.sample, now_s=now_s())
        return device_says(bench.cable(bench.reader.name))

    @app.delete("/api/card")
    async def lift_card() -> DeviceSays:
        bench.lift_card(now_s=now_s())
        return device_says(bench.cable(bench.reader.name))

    return app
