"""``/enrol/authority``, ``/enrol``, ``/renew`` and ``/whoami``: from a code to a certificate, and from one to the next."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from provisioning.fleet.kiosk_door.answer import STATUS, as_json
from provisioning.fleet.kiosk_door.body import read_body
from provisioning.fleet.kiosk_door.caller import Caller, Shown
from provisioning.fleet.kiosk_door.slowing import Slowing
from provisioning.fleet.registry.enrolling import Enrolling
from provisioning.fleet.registry.renewing import Renewing
from provisioning.wire.enrolment import EnrolmentAsked, EnrolmentTold, Machine, Refusal, Result
from telemetry.fleet.web.who import address_of

Hint = Annotated[str, Query(pattern="^[0-9a-f]{64}$")]

AskedT = TypeVar("AskedT", bound=Machine)


def router(enrolling: Enrolling, renewing: Renewing, *, now: Callable[[], datetime]) -> APIRouter:
    """Return the routes. Guesses are slowed down by address, and in it by serial number."""
    routes = APIRouter(include_in_schema=False)
    slowing = Slowing(now=now)

    @routes.get("/enrol/authority")
    async def authority(request: Request, code_hint: Hint) -> Response:
        if (refusal := slowing.must_wait(request, "authority")) is not None:
            return refusal
        told = await run_in_threadpool(enrolling.tell_authority, code_hint)
        if told is None:
            slowing.count(request, "authority")
            return as_json(EnrolmentTold(result=Result.REFUSED, reason=Refusal.WRONG_CODE), 403)
        return as_json(told, 200)

    @routes.post("/enrol")
    async def enrol(request: Request) -> Response:
        asked = _read(EnrolmentAsked, await read_body(request))
        if (refusal := slowing.must_wait(request, asked.serial)) is not None:
            return refusal
        told = await run_in_threadpool(enrolling.ask, asked, address=address_of(request), now=now())
        if told.result is Result.REFUSED:
            slowing.count(request, asked.serial)
        return as_json(told, STATUS[told.result])

    @routes.post("/renew")
    async def renew(request: Request, bearer: Shown) -> Response:
        asked = _read(Machine, await read_body(request))
        told = await run_in_threadpool(renewing.ask, bearer, asked, address=address_of(request), now=now())
        return as_json(told, STATUS[told.result])

    @routes.get("/whoami")
    def whoami(kiosk: Caller) -> dict[str, str]:
        """Say to a kiosk who it is; its certificate has been used then."""
        return {"county": kiosk.county, "kiosk": kiosk.kiosk}

    return routes


def _read(kind: type[AskedT], body: bytes) -> AskedT:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise HTTPException(422, Refusal.BAD_REQUEST.value) from error
