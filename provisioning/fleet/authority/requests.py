"""Requests for a certificate (PKCS #10): the key is taken from them and nothing else. Pure."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

LONGEST = 4_096
"""Bytes; one of ours has four hundred."""


class RequestError(Exception):
    """No request a certificate can be issued for; the message says why."""


def read_request(pem: bytes) -> EllipticCurvePublicKey:
    """Return the key of a request whose sender has shown to hold its private half.

    Whose the key becomes is decided by the register, never by what the request says of itself.

    Raises:
        RequestError: It is none, is not signed by its own key, or the key is not EC P-256.
    """
    if len(pem) > LONGEST:
        raise RequestError(f"{len(pem)} bytes, at most {LONGEST}")
    try:
        request = x509.load_pem_x509_csr(pem)
        key, is_proven = request.public_key(), request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise RequestError("no certificate request in PEM") from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise RequestError("its key must be EC P-256")
    if not is_proven:
        raise RequestError("it is not signed by the key it is for")
    return key
