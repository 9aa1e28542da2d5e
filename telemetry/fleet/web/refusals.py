"""Acts that were refused stand in the audit like those that were done."""

import contextlib
from datetime import datetime

from fastapi import Request
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from telemetry.fleet.accounts import audit
from telemetry.fleet.accounts.person import Act
from telemetry.fleet.web.who import address_of, present

_ACTS = {act.value: act for act in Act}


def note(engine: Engine, request: Request, said: str, *, now: datetime) -> None:
    """Write down that somebody was refused an act; a store that is away does not turn the refusal into something else."""
    person, act = present(request), _ACTS.get(said)
    if person is None or act is None:
        return
    with contextlib.suppress(SQLAlchemyError), engine.begin() as connection:
        audit.note(
            connection,
            person,
            act,
            now=now,
            result="refused",
            county=str(request.path_params.get("county", "")),
            kiosk=str(request.path_params.get("kiosk", "")),
            detail=f"{request.method} {request.url.path}",
            address=address_of(request),
        )
