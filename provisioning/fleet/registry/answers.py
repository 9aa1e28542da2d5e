"""What a machine that asked is told: let in, with its certificate and the keys to believe; or not, and why."""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from provisioning.wire.enrolment import EnrolmentTold, Refusal, Result, key_as_text
from telemetry.wire.topics import KioskId


def issued(pem: str, kiosk: KioskId, keys: Sequence[Ed25519PublicKey]) -> EnrolmentTold:
    """Say that it is in: with its certificate in PEM, and whose signatures to believe."""
    told = tuple(key_as_text(key) for key in keys)
    return EnrolmentTold(result=Result.ISSUED, certificate=pem, county=kiosk.county, kiosk=kiosk.kiosk, keys=told)


def refused(reason: Refusal) -> EnrolmentTold:
    """Say that it is not, and why."""
    return EnrolmentTold(result=Result.REFUSED, reason=reason)
