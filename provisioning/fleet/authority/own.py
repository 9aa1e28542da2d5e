"""The service's own certificates: the one kiosks see at the door and at the broker, and the one it is known by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.fleet.authority.authority import Authority, private_pem
from provisioning.fleet.files import OPEN, PRIVATE, write_over
from provisioning.wire.identity import RENEWED_AT

LASTS = timedelta(days=365)
"""They lie beside the key that could make any other: a shorter life would win nothing."""
SERVER = "server"
CLIENT = "fleet"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCertificate:
    """Where a certificate and its key lie, as TLS libraries want them."""

    certificate: Path
    key: Path


def keep_own(
    authority: Authority, folder: Path, hosts: tuple[str, ...], *, now: datetime
) -> tuple[OwnCertificate, OwnCertificate]:
    """Return the server's certificate and the service's client certificate; what is missing, old or for other hosts is made anew.

    Args:
        authority: Who issues them.
        folder: Where they lie, usually beside the CA.
        hosts: Names and addresses kiosks reach the server by, at least one.
        now: Server's clock.

    Raises:
        OSError: The disk does not take it.
    """

    def server(key: ec.EllipticCurvePublicKey) -> bytes:
        return authority.issue_server(key, hosts, now=now, lasts=LASTS)

    def client(key: ec.EllipticCurvePublicKey) -> bytes:
        return authority.issue_service(key, now=now, lasts=LASTS).pem

    return _kept(authority, folder, SERVER, server, hosts, now=now), _kept(authority, folder, CLIENT, client, (), now=now)


def _kept(
    authority: Authority,
    folder: Path,
    name: str,
    issue: Callable[[ec.EllipticCurvePublicKey], bytes],
    hosts: tuple[str, ...],
    *,
    now: datetime,
) -> OwnCertificate:
    own = OwnCertificate(certificate=folder / f"{name}.pem", key=folder / f"{name}.key")
    if not _is_good(authority, own, hosts, now=now):
        private = ec.generate_private_key(ec.SECP256R1())
        # A power cut between the two leaves a pair that does not match, which is no good pair, and is made anew.
        write_over(own.key, private_pem(private), mode=PRIVATE)
        write_over(own.certificate, issue(private.public_key()), mode=OPEN)
    return own


def _is_good(authority: Authority, own: OwnCertificate, hosts: tuple[str, ...], *, now: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(own.certificate.read_bytes())
        private = serialization.load_pem_private_key(own.key.read_bytes(), password=None)
        certificate.verify_directly_issued_by(authority.certificate)
    except (OSError, ValueError, TypeError, InvalidSignature):
        return False
    lasts = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    is_fresh = certificate.not_valid_before_utc <= now < certificate.not_valid_before_utc + lasts * RENEWED_AT
    return is_fresh and certificate.public_key() == private.public_key() and set(hosts) == _hosts(certificate)


def _hosts(certificate: x509.Certificate) -> set[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))}
