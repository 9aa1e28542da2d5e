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

from drivers.rig.bench import Bench, NoSuchDeviceError, faults_now
from drivers.rig.sample_cards import sample_cards

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
HERE = Path(__file__).parent
CARD_READERS = ("id-card-reader", "smartcard-reader")
"""Where cards lie: ``zhizhu-rig card remove`` takes them from all of these."""
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
    samples: tuple[str, ...]
    laid: str | None
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


class SheetSays(BaseModel):
    """An A4 sheet that came out; ``pdf`` is an absolute path, ``picture`` where the page finds it, or empty."""

    number: int
    at: datetime
    job: int
    page: int
    pdf: Path
    picture: str


class BenchSays(BaseModel):
    """Everything the page shows. ``environment`` is what a kiosk needs to reach these devices."""

    devices: tuple[DeviceSays, ...]
    papers: tuple[PaperSays, ...]
    sheets: tuple[SheetSays, ...]
    environment: dict[str, str]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Options(_Strict):
    options: dict[str, str] = Field(default_factory=dict)


class _Plug(_Strict):
    is_plugged: bool


class _Laid(_Strict):
    sample: str


def device_says(bench: Bench, name: str) -> DeviceSays:
    """Describe a device as it is now. NoSuchDeviceError when there is none of that name."""
    device = bench.device(name)
    return DeviceSays(
        device=device.name,
        title=device.title,
        port=device.port,
        is_plugged=device.is_plugged,
        is_held=device.is_held,
        holding=dict(device.holding()),
        samples=bench.samples(name),
        laid=bench.laid(name),
        faults=tuple(
            FaultSays(
                name=now.fault.name,
                title=now.fault.title,
                summary=now.fault.summary,
                options=dict(now.fault.options),
                is_given=now.is_given,
            )
            for now in faults_now(device)
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


def sheets_say(bench: Bench) -> tuple[SheetSays, ...]:
    """Describe every sheet, oldest first."""
    return tuple(
        SheetSays(
            number=kept.number,
            at=kept.at.astimezone(UTC),
            job=kept.job,
            page=kept.page,
            pdf=bench.sheets.folder.resolve() / kept.pdf,
            picture=f"/sheet/{kept.png}" if kept.png else "",
        )
        for kept in bench.sheets.kept
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
    app.mount("/sheet", StaticFiles(directory=bench.sheets.folder), name="sheet")
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

    async def say(newest: Annotated[int | None, Query(ge=1, description="so many papers only, the newest")] = None) -> BenchSays:
        papers = papers_say(bench)
        return BenchSays(
            devices=tuple(device_says(bench, name) for name in bench.devices),
            papers=papers if newest is None else papers[-newest:],
            sheets=sheets_say(bench)[-(newest or 10_000) :],
            environment=dict(bench.environment),
        )

    @app.get("/", include_in_schema=False)
    async def page(request: Request) -> Response:
        return templates.TemplateResponse(
            request,
            "bench.html",
            {
                "bench": await say(newest=SHOWN_PAPERS),
                "cards": {card.sample: card for card in sample_cards()},
            },
            headers={"Cache-Control": "no-store"},
        )

    @app.get("/api/bench")
    async def everything(said: Annotated[BenchSays, Depends(say)]) -> BenchSays:
        return said

    @app.put("/api/devices/{device}/faults/{fault}")
    async def give(device: str, fault: str, given: _Options) -> DeviceSays:
        bench.device(device).give(fault, given.options, now_s=now_s())
        return device_says(bench, device)

    @app.delete("/api/devices/{device}/faults/{fault}")
    async def clear(device: str, fault: str) -> DeviceSays:
        bench.device(device).clear(fault, now_s=now_s())
        return device_says(bench, device)

    @app.delete("/api/devices/{device}/faults")
    async def clear_all(device: str) -> DeviceSays:
        bench.device(device).clear(None, now_s=now_s())
        return device_says(bench, device)

    @app.put("/api/devices/{device}/plug")
    async def plug(device: str, wanted: _Plug) -> DeviceSays:
        found = bench.device(device)
        await (found.plug() if wanted.is_plugged else found.unplug())
        return device_says(bench, device)

    @app.put("/api/devices/{device}/laid")
    async def lay(device: str, laid: _Laid) -> DeviceSays:
        bench.lay(device, laid.sample, now_s=now_s())
        return device_says(bench, device)

    @app.delete("/api/devices/{device}/laid")
    async def take_away(device: str) -> DeviceSays:
        bench.take_away(device, now_s=now_s())
        return device_says(bench, device)

    @app.put("/api/card")
    async def lay_card(card: _Laid) -> DeviceSays:
        device = bench.place_of(card.sample)
        bench.lay(device, card.sample, now_s=now_s())
        return device_says(bench, device)

    @app.delete("/api/card")
    async def lift_card() -> tuple[DeviceSays, ...]:
        readers = tuple(name for name in bench.devices if name in CARD_READERS)
        for reader in readers:
            bench.take_away(reader, now_s=now_s())
        return tuple(device_says(bench, reader) for reader in readers)

    return app
