"""What a machine that asked is told: let in, with its certificate and the keys to believe; or not, and why."""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from provisioning.fleet.registry import identities
from provisioning.fleet.registry.decision import IdentityState
from provisioning.fleet.registry.requests import Request
from provisioning.wire.enrolment import EnrolmentTold, Refusal, Result, key_as_text
from telemetry.wire.topics import KioskId


def issued(pem: str, kiosk: KioskId, keys: Sequence[Ed25519PublicKey]) -> EnrolmentTold:
    """Say that it is in: with its certificate in PEM, and whose signatures to believe."""
    told = tuple(key_as_text(key) for key in keys)
    return EnrolmentTold(result=Result.ISSUED, certificate=pem, county=kiosk.county, kiosk=kiosk.kiosk, keys=told)


def refused(reason: Refusal) -> EnrolmentTold:
    """Say that it is not, and why."""
    return EnrolmentTold(result=Result.REFUSED, reason=reason)


def told_again(connection: Connection, request: Request, keys: Sequence[Ed25519PublicKey]) -> EnrolmentTold:
    """Tell the key that asked that its request was granted, if it is still true: the answer was lost on the way."""
    kiosk = KioskId(county=request.county, kiosk=request.kiosk)
    identity = identities.standing(connection, kiosk)
    certificate = identities.find_certificate(connection, request.certificate)
    if identity is None or certificate is None or certificate.revoked_at is not None:
        return refused(Refusal.NOT_CURRENT)
    if identity.state is not IdentityState.ACTIVE:
        is_retired = identity.state is IdentityState.RETIRED
        return refused(Refusal.RETIRED if is_retired else Refusal.QUARANTINED)
    return issued(certificate.pem, kiosk, keys)
