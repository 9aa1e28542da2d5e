"""``/return/number`` and ``/return``: for a kiosk whose certificate has ended, and for every stranger who says to be one.

No client certificate is asked for: TLS believes dates, and is to go on doing so. Everything is bounded before it is read. Who has
proven nothing is counted by address; a kiosk that has, by itself, so that strangers behind its address do not hold it up for
what it asked itself, and asking without end is slow as well.
"""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from provisioning.fleet.kiosk_door.answer import STATUS, as_json
from provisioning.fleet.kiosk_door.body import read_body
from provisioning.fleet.kiosk_door.slowing import Slowing
from provisioning.fleet.registry.returning import Returning
from provisioning.wire.coming_back import ComingBack
from provisioning.wire.enrolment import Refusal, Result
from telemetry.fleet.web.who import address_of

ANYBODY = "return"
UNPROVEN = frozenset({Refusal.BAD_REQUEST, Refusal.STALE_NUMBER, Refusal.NOT_CURRENT, Refusal.WRONG_PROOF, Refusal.OTHER_MACHINE})
"""Refused so, the serial number that was said says nothing of who asked."""


def router(returning: Returning, *, now: Callable[[], datetime]) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(include_in_schema=False)
    slowing = Slowing(now=now)

    @routes.get("/return/number")
    async def number(request: Request) -> Response:
        if (refusal := slowing.must_wait(request, ANYBODY)) is not None:
            return refusal
        return as_json(returning.tell_number(now=now()), 200)

    @routes.post("/return")
    async def come_back(request: Request) -> Response:
        if (refusal := slowing.must_wait(request, ANYBODY)) is not None:
            return refusal
        try:
            asked = ComingBack.model_validate_json(await read_body(request))
        except (ValidationError, HTTPException) as error:
            slowing.count(request, ANYBODY)
            if isinstance(error, HTTPException):
                raise
            raise HTTPException(422, Refusal.BAD_REQUEST.value) from error
        if (refusal := slowing.must_wait_known(asked.serial.upper())) is not None:
            return refusal
        told = await run_in_threadpool(returning.ask, asked, address=address_of(request), now=now())
        if told.reason in UNPROVEN:
            slowing.count(request, ANYBODY)
        elif told.result is not Result.ISSUED:
            slowing.count_known(asked.serial.upper())
        return as_json(told, STATUS[told.result])

    return routes
