"""The stand-in platform as a web application: the API for kiosks, the page for phones, the switch for trainers."""

import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, ConfigDict, Field

from kiosk.gateway.sandbox import beside, disturbance, verification
from kiosk.gateway.sandbox.documents import SERVICES
from kiosk.gateway.sandbox.mode import MEANINGS, ON_APPLICATIONS, Manner, Switch, parse_mode
from kiosk.gateway.sandbox.platform_side import Asked, KeyUsedElsewhereError, PlatformSide
from kiosk.gateway.sandbox.registry import Registry

LOOPBACK = frozenset({"127.0.0.1", "::1"})

KEY = r"^[0-9a-f]{32}$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _Person(_Strict):
    name: str = Field(min_length=1, max_length=60, repr=False)
    id_number: str = Field(pattern=r"^[0-9A-Z]{8,18}$", repr=False)


class _Application(_Strict):
    key: str = Field(pattern=KEY)
    service: str = Field(max_length=60)
    person: _Person = Field(repr=False)
    face: str = Field(default="not_asked", pattern=r"^(not_asked|matched|by_phone|not_shown)$")
    papers: str = Field(default="", pattern=r"^[0-9A-Za-z-]{0,60}$")
    payment: str = Field(default="", pattern=r"^([0-9a-f]{32})?$")


class _Rating(_Strict):
    level: int = Field(ge=1, le=5)


class _Turn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    mode: str = Field(max_length=60)
    times: int | None = Field(default=None, ge=1, le=1000)


def _json(content: str, code: int = 200) -> Response:
    return Response(content, status_code=code, media_type="application/json")


def _declined(code: int, reason: str) -> JSONResponse:
    return JSONResponse({"status": "declined", "reason": reason}, status_code=code)


def create_app(*, registry: Registry, token: str, now: Callable[[], datetime]) -> FastAPI:
    """Build the application.

    Args:
        registry: The platform's database, closed when the application ends.
        token: What a kiosk must bear.
        now: The time, aware.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        registry.close()

    app = FastAPI(title="Zhizhu platform sandbox", docs_url=None, redoc_url=None, lifespan=lifespan)
    side = PlatformSide(registry)
    switch = Switch()
    disturbance.install(app, switch)
    verification.install(app, registry, now=now)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")

    def bears_token(request: Request) -> None:
        offered = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(offered, f"Bearer {token}".encode()):
            raise HTTPException(401, "bearer token missing or wrong")

    def is_local(request: Request) -> None:
        if request.client is None or request.client.host not in LOOPBACK:
            raise HTTPException(403, "the switch answers on this machine only")

    def bears_no_wrong_token(request: Request) -> None:
        # Whoever starts this process asks without a token; a kiosk whose token is wrong must learn it here.
        if "authorization" in request.headers:
            bears_token(request)

    kiosk_side = [Depends(disturbance.as_the_mode_says), Depends(bears_token)]

    @app.exception_handler(RequestValidationError)
    async def _(_: Request, error: RequestValidationError) -> Response:
        # The library's own answer repeats what was sent, and that is a person.
        places = ", ".join(".".join(str(part) for part in problem["loc"]) for problem in error.errors())
        return _declined(422, f"not as expected: {places}")

    @app.exception_handler(HTTPException)
    async def _(_: Request, error: HTTPException) -> Response:
        return _declined(error.status_code, error.detail)

    @app.get("/healthz", dependencies=[Depends(disturbance.as_the_mode_says), Depends(bears_no_wrong_token)])
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/applications", dependencies=kiosk_side)
    async def apply(request: Request, application: _Application) -> Response:
        if request.headers.get("idempotency-key") != application.key:
            return _declined(400, "Idempotency-Key must be the application's key")
        if application.service not in SERVICES:
            return _declined(404, f"no service {application.service!r}; there is: {', '.join(SERVICES)}")
        mode = switch.use(ON_APPLICATIONS)
        if mode.manner is Manner.DROP_BEFORE_EFFECT:
            return disturbance.drop(request)
        person = application.person
        try:
            reply = await side.settle(
                Asked(
                    key=application.key,
                    service=application.service,
                    name=person.name,
                    id_number=person.id_number,
                    face=application.face,
                    papers=application.papers,
                    payment=application.payment,
                ),
                now=now(),
                working_s=mode.value if mode.manner is Manner.SLOW else 0,
                refuses=mode.manner is Manner.REFUSE,
            )
        except KeyUsedElsewhereError:
            return _declined(409, "this key names another application")
        return disturbance.drop(request) if mode.manner is Manner.DROP_AFTER_EFFECT else _json(reply)

    @app.get("/applications/{key}", dependencies=kiosk_side)
    async def application(key: str) -> Response:
        known = side.known(key)
        if known is None:
            return _json('{"status":"never_seen"}', 404)
        return _json('{"status":"processing"}', 202) if known.reply is None else _json(known.reply)

    beside.install(app, registry, switch, kiosk_side, now=now)

    @app.put("/applications/{key}/rating", dependencies=kiosk_side)
    async def rate(key: str, rating: _Rating) -> Response:
        if side.known(key) is None:
            return _json('{"status":"never_seen"}', 404)
        registry.rate(key, rating.level, now=now())
        return _json('{"status":"rated"}')

    @app.post("/sandbox/mode", dependencies=[Depends(is_local)])
    async def turn(wanted: Annotated[_Turn, "slow=8, fail=500, html, ..."]) -> Response:
        try:
            switch.turn(parse_mode(wanted.mode, times=wanted.times))
        except ValueError as error:
            return _declined(422, str(error))
        return JSONResponse(_position(switch))

    @app.get("/sandbox/mode", dependencies=[Depends(is_local)])
    async def position() -> dict[str, object]:
        return _position(switch)

    @app.get("/sandbox/effects", dependencies=[Depends(is_local)])
    async def effects() -> dict[str, int]:
        return registry.effects()

    @app.get("/sandbox/payments", dependencies=[Depends(is_local)])
    async def payments() -> dict[str, int]:
        return registry.payments()

    @app.get("/sandbox/faces", dependencies=[Depends(is_local)])
    async def faces() -> dict[str, int]:
        return {"asked": registry.faces}

    @app.get("/sandbox/ratings", dependencies=[Depends(is_local)])
    async def ratings() -> dict[str, int]:
        return registry.ratings()

    return app


def _position(switch: Switch) -> dict[str, object]:
    mode = switch.mode
    return {"mode": mode.text, "times": mode.times, "meaning": MEANINGS[mode.manner]}
