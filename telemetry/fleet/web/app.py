"""Composes the web application from what it is handed. Nothing happens on import, nothing is found by itself."""

from collections.abc import Callable, Mapping
from datetime import datetime

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from telemetry.fleet.changes import Changes
from telemetry.fleet.metrics import Metrics
from telemetry.fleet.web import alarm_pages, api, fault_words, health, pages, stream
from telemetry.fleet.web.fault_words import FaultWords
from telemetry.fleet.web.guard import Guard
from telemetry.fleet.web.health import RETRY_AFTER_S, FleetCollector, Pulse
from telemetry.fleet.web.render import STATIC, Pages, Taste
from telemetry.fleet.web.stream import Streams
from telemetry.fleet.web.words import Language

_FOR_PROGRAMS = ("/api/", "/healthz", "/metrics", "/openapi.json", "/events")


def create_app(
    *,
    engine: Engine,
    changes: Changes,
    metrics: Metrics,
    pulse: Callable[[], Pulse],
    now: Callable[[], datetime],
    county_names: Mapping[str, str],
    words: FaultWords | None = None,
) -> FastAPI:
    """Build the dashboard and the API.

    ``app.state.streams`` is the ``Streams``: call its ``close()`` on the loop before telling the server to stop, and
    every open tab lets go at once.

    Args:
        engine: The fleet's database; only read, from worker threads.
        changes: Who tells open tabs that something changed; of the same loop that serves the app.
        metrics: The service's counters; the fleet's gauges are added to its registry.
        pulse: How ingest is now; asked by ``/healthz``.
        now: Our clock, aware UTC.
        county_names: What people call each county; one without a name is shown as kiosks say it.
        words: The fault catalogue's words; those generated beside this package without it.
    """
    catalogue = words if words is not None else fault_words.load()
    streams = Streams(changes, now=now)
    renderer = Pages(county_names)
    metrics.registry.register(FleetCollector(engine, catalogue, now=now))

    app = FastAPI(title="Zhizhu fleet", version="1", docs_url=None, redoc_url=None)
    app.state.streams = streams
    app.add_middleware(Guard)
    app.include_router(api.router(engine, now=now))
    app.include_router(health.router(engine, metrics, pulse=pulse, open_streams=lambda: streams.open_streams, now=now))
    app.include_router(stream.router(streams))
    app.include_router(alarm_pages.router(engine, catalogue, renderer, seen=lambda: streams.latest, now=now))
    app.include_router(pages.router(engine, catalogue, renderer, county_names=county_names, seen=lambda: streams.latest, now=now))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    async def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            if _is_for_programs(request):
                return await http_exception_handler(request, error)
            return _sorry(renderer, request, status=error.status_code, said=str(error.detail), now=now())
        raise error

    async def unreadable(request: Request, error: Exception) -> Response:
        if isinstance(error, RequestValidationError):
            if _is_for_programs(request):
                return await request_validation_exception_handler(request, error)
            return _sorry(renderer, request, status=422, said="", now=now())
        raise error

    async def store_away(request: Request, _error: Exception) -> Response:
        headers = {"Retry-After": str(RETRY_AFTER_S)}
        if _is_for_programs(request):
            return JSONResponse({"detail": "the store cannot be read now"}, status_code=503, headers=headers)
        answer = _sorry(renderer, request, status=503, said="", now=now())
        answer.headers.update(headers)
        return answer

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, unreadable)
    app.add_exception_handler(SQLAlchemyError, store_away)
    return app


def _is_for_programs(request: Request) -> bool:
    return request.url.path.startswith(_FOR_PROGRAMS)


def _sorry(renderer: Pages, request: Request, *, status: int, said: str, now: datetime) -> Response:
    language = Language.EN if request.query_params.get("lang") == "en" else Language.ZH
    theme = request.cookies.get("theme", "")
    reader = Taste(language=language, theme=theme if theme in {"light", "dark"} else "")
    is_kiosk = request.url.path.startswith(("/kiosks/", "/fragments/kiosks/"))
    context = {"now": now, "seen": 0, "status": status, "said": said, "is_kiosk": is_kiosk}
    return renderer.page("error.html", reader, context, status=status)
