"""What is answered when a page could not be made: refused, not understood, or the store is away."""

from collections.abc import Callable
from datetime import datetime

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from telemetry.fleet.store.failures import is_outage
from telemetry.fleet.web import refusals
from telemetry.fleet.web.health import RETRY_AFTER_S
from telemetry.fleet.web.render import Pages, taste_of
from telemetry.fleet.web.sorry import Sorry, is_for_programs

log = structlog.get_logger()


def answer(app: FastAPI, engine: Engine, renderer: Pages, sorry: Sorry, *, now: Callable[[], datetime]) -> None:
    """Have every mishap of this application answered in words: a page for people, JSON for programs."""

    async def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            if error.status_code == 403:
                await run_in_threadpool(refusals.note, engine, request, str(error.detail), now=now())
            if is_for_programs(request):
                return await http_exception_handler(request, error)
            return sorry(request, error.status_code, str(error.detail))
        raise error

    async def unreadable(request: Request, error: Exception) -> Response:
        if isinstance(error, RequestValidationError):
            if is_for_programs(request):
                return await request_validation_exception_handler(request, error)
            return sorry(request, 422, "")
        raise error

    async def store_away(request: Request, error: Exception) -> Response:
        if isinstance(error, SQLAlchemyError) and not is_outage(error):
            log.error("a question the store cannot take", path=request.url.path, error=str(error))
            return sorry(request, 422, "")
        kept = None
        if not is_for_programs(request):
            kept = await run_in_threadpool(renderer.kept, taste_of(request), now=now())
        answer = kept or sorry(request, 503, "the store cannot be read now" if is_for_programs(request) else "")
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
        return answer

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, unreadable)
    app.add_exception_handler(SQLAlchemyError, store_away)
