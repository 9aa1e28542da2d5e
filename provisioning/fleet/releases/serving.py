"""The repository over HTTPS, below ``/repository``: the very files a mirror would have, byte ranges included."""

import re
from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter, HTTPException, params
from fastapi.responses import FileResponse

SERVED = re.compile(
    r"(metadata|courier)/(timestamp|[1-9][0-9]{0,9}\.(root|snapshot|targets))\.json"
    r"|targets/(releases|wheels)/[0-9a-f]{64}\.[A-Za-z0-9][A-Za-z0-9._+!-]{0,200}"
)
"""What may be asked for; anything else is not there, whatever lies on the disk."""
NEVER_CHANGED = "public, max-age=31536000, immutable"


def router(folder: Path, *, dependencies: Sequence[params.Depends] = ()) -> APIRouter:
    """Return the routes.

    Args:
        folder: The repository.
        dependencies: Who may read, e.g. the door's ``Caller``.
    """
    routes = APIRouter(prefix="/repository", dependencies=list(dependencies), include_in_schema=False)

    @routes.get("/{path:path}")
    def file(path: str) -> FileResponse:
        place = folder / path
        if SERVED.fullmatch(path) is None or place.is_symlink() or not place.is_file():
            raise HTTPException(404)
        caching = "no-cache" if place.name == "timestamp.json" else NEVER_CHANGED
        return FileResponse(place, headers={"Cache-Control": caching}, media_type="application/octet-stream")

    return routes
