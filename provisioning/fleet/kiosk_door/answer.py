"""What a machine is answered over HTTP."""

from fastapi import Response
from pydantic import BaseModel

from provisioning.wire.enrolment import Result

STATUS = {Result.ISSUED: 200, Result.PENDING: 202, Result.REFUSED: 403}


def as_json(told: BaseModel, status: int, headers: dict[str, str] | None = None) -> Response:
    """Return an answer of the wire."""
    return Response(told.model_dump_json(), status_code=status, media_type="application/json", headers=headers)
