"""Bundles of logs as kiosks send them: asked for by a command, taken once, bounded, kept for whoever reads them."""

import io
import re
import zipfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi import Path as InPath
from sqlalchemy import Engine, select
from starlette.concurrency import run_in_threadpool

from provisioning.fleet.files import PRIVATE, write_new
from provisioning.fleet.kiosk_door.body import read_body
from provisioning.fleet.kiosk_door.caller import Caller
from provisioning.wire.command import MOST_LOG_BYTES
from telemetry.fleet.store.schema import command, command_kiosk
from telemetry.wire.topics import KioskId

FOLDER = "bundles"
NAME = r"^c-[0-9]{1,10}-[0-9a-f]{8}$"
CONTENTS = frozenset({"about.json", "kiosk.log.jsonl"})
"""What a bundle has in it, and nothing else."""
MOST_UNPACKED = 32 * MOST_LOG_BYTES

Name = Annotated[str, InPath(pattern=NAME)]


def router(engine: Engine, *, folder: Path) -> APIRouter:
    """Return ``PUT /bundles/{name}`` for the kiosk door; ``folder`` is the state folder."""
    routes = APIRouter()

    @routes.put("/bundles/{name}", status_code=204)
    async def take(request: Request, kiosk: Caller, name: Name) -> Response:
        if not await run_in_threadpool(_is_wanted, engine, kiosk, name):
            raise HTTPException(404, "nobody has asked for this bundle")
        body = await read_body(request, most=MOST_LOG_BYTES)
        why = await run_in_threadpool(_what_is_wrong, body)
        if why:
            raise HTTPException(422, why)
        try:
            await run_in_threadpool(write_new, path_of(folder, kiosk, name), body, mode=PRIVATE)
        except FileExistsError:
            return Response(status_code=204)  # sent again, because our answer was lost
        return Response(status_code=204)

    return routes


def path_of(folder: Path, kiosk: KioskId, name: str) -> Path:
    """Return where the bundle of a kiosk lies under a command's name on the wire.

    Raises:
        ValueError: It is no such name.
    """
    if not re.fullmatch(NAME, name):
        raise ValueError(f"{name!r} is no name of a command")
    return folder / FOLDER / kiosk.county / kiosk.kiosk / f"{name}.zip"


def _is_wanted(engine: Engine, kiosk: KioskId, name: str) -> bool:
    mine = (command_kiosk.c.county == kiosk.county, command_kiosk.c.kiosk == kiosk.kiosk, command_kiosk.c.name == name)
    question = select(command.c.do).join(command_kiosk, command_kiosk.c.command_id == command.c.id).where(*mine)
    with engine.connect() as connection:
        return connection.execute(question).scalar_one_or_none() == "send-logs"


def _what_is_wrong(body: bytes) -> str:
    """Say why this is no bundle; empty where it is one. Nothing is unpacked, only its list is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as parcel:
            entries = parcel.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return "no bundle: not a ZIP"
    if {entry.filename for entry in entries} != CONTENTS or len(entries) != len(CONTENTS):
        return "no bundle: other files than a bundle has"
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        return "no bundle: too large once unpacked"
    return ""
