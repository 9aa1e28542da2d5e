"""Coming back: how a kiosk that was away for longer than its certificate lasts shows that it has its key. Types, pure readings.

It asks for a number, and signs with the key of its last certificate over that number and everything else it says, the request for
its next key among it. A proof is good for one number and one request; whoever hears it can do nothing with it.
"""

import base64
import hashlib
from typing import Annotated

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import BaseModel, ConfigDict, Field

from provisioning.wire.enrolment import SERIAL, Machine, Pem

NUMBER = r"^[0-9a-f]{112}$"
LONGEST_PROOF = 128
"""Characters; a signature with P-256 has at most 72 bytes, 96 characters of base64."""
AGAIN_S = 300
"""Seconds until a kiosk that waits for a person asks again; nobody stands in front of it as at an enrolment."""
CONTEXT = b"zhizhu: a kiosk comes back\n"
"""What this key signs here it signs nowhere else."""


class NumberTold(BaseModel):
    """A number for one proof, good for minutes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    number: Annotated[str, Field(pattern=NUMBER)]


class ComingBack(Machine):
    """A kiosk whose certificate has ended asks for the next one.

    Attributes:
        serial: The machine's serial number.
        certificate: Its last certificate, in PEM.
        number: As the bureau has just told it.
        proof: Signature (ECDSA, SHA-256, DER) with that certificate's key over ``what_is_proven``, in base64.
    """

    serial: Annotated[str, Field(pattern=SERIAL)]
    certificate: Pem
    number: Annotated[str, Field(pattern=NUMBER)]
    proof: Annotated[str, Field(max_length=LONGEST_PROOF)] = ""


def what_is_proven(asked: ComingBack) -> bytes:
    """Return what the old key signs: every word but the proof, each by its SHA-256, so that none runs into the next."""
    said = (asked.number, asked.certificate, asked.csr, asked.serial, asked.hardware, asked.release)
    return CONTEXT + b"".join(hashlib.sha256(word.encode()).digest() for word in said)


def prove(asked: ComingBack, key: ec.EllipticCurvePrivateKey) -> ComingBack:
    """Return the same with its proof, made with the key of the certificate that is shown."""
    proof = key.sign(what_is_proven(asked), ec.ECDSA(hashes.SHA256()))
    return asked.model_copy(update={"proof": base64.b64encode(proof).decode("ascii")})


def is_proven_by(asked: ComingBack, certificate: bytes) -> bool:
    """Say whether whoever asks holds the key of a certificate in DER.

    Raises:
        ValueError: It is no certificate.
    """
    key = x509.load_der_x509_certificate(certificate).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(base64.b64decode(asked.proof, validate=True), what_is_proven(asked), ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
