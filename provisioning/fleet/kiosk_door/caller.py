"""Who calls: the certificate TLS has checked, read; and the kiosk it names, if it still counts."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request

from provisioning.fleet.kiosk_door.peer import PEER
from provisioning.wire.enrolment import Refusal
from provisioning.wire.identity import Bearer, CertificateError, read_certificate
from telemetry.wire.topics import KioskId


def shown(request: Request) -> Bearer:
    """Return whose certificate was shown (a FastAPI dependency); says nothing of whether it still counts.

    Raises:
        HTTPException: 401 without one, 403 for one that is no kiosk's.
    """
    der = request.scope.get(PEER)
    if not isinstance(der, bytes):
        raise HTTPException(401, "show the certificate of a kiosk")
    try:
        bearer = read_certificate(der)
    except CertificateError as error:
        raise HTTPException(403, str(error)) from error
    if bearer.kiosk is None:
        raise HTTPException(403, "no kiosk's certificate")
    return bearer


Shown = Annotated[Bearer, Depends(shown)]


def caller(request: Request, bearer: Shown) -> KioskId:
    """Return which kiosk calls: verified, not revoked, not shut out (a FastAPI dependency).

    Raises:
        HTTPException: 403 when its certificate opens nothing any more.
    """
    kiosk: KioskId | None = request.app.state.admit(bearer)
    if kiosk is None:
        raise HTTPException(403, Refusal.NOT_CURRENT.value)
    return kiosk


Caller = Annotated[KioskId, Depends(caller)]
