"""Certificate profile of the fleet: how a certificate says whose it is. Pure readings of bytes; who signed it is TLS's matter.

A kiosk's certificate carries its name twice: subject ``{county}/{kiosk}`` and URI ``urn:zhizhu:kiosk:{county}:{kiosk}``. Brokers
that know only subjects take the first as user name, and its topics begin with it; the two must agree. The service itself is
called ``_fleet``, which no kiosk can be called.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from telemetry.wire.topics import KioskId

SERVICE = "_fleet"
"""Subject of the service's own client certificate; it may use every topic."""

URN = "urn:zhizhu:kiosk:"

LIFETIME = timedelta(days=90)
"""Of a certificate: what is stolen is worthless in a season, and a kiosk may be off for a month and still renew in time."""

BACKDATED = timedelta(hours=24)
"""A certificate is valid from so long before it was made: village clocks run behind."""

RENEWED_AT = 2 / 3
"""Share of its life after which a certificate is renewed; a third is left for lines that are down."""

LONGEST_DER = 16_384
"""Bytes; ours have seven hundred."""


class CertificateError(Exception):
    """A certificate or a request for one that is not of this fleet's profile; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Whom a certificate names, and what else is told of it.

    Attributes:
        kiosk: The machine; None for the service itself.
        number: Serial number of the certificate, lower-case hexadecimal; revocation goes by it.
        fingerprint: SHA-256 of the certificate, hexadecimal.
        key_fingerprint: SHA-256 of its public key, hexadecimal; another key is another machine.
        valid_from: Aware UTC.
        valid_until: Aware UTC.
    """

    kiosk: KioskId | None
    number: str
    fingerprint: str
    key_fingerprint: str
    valid_from: datetime
    valid_until: datetime

    @property
    def is_service(self) -> bool:
        """Whether it is the fleet service's own."""
        return self.kiosk is None

    @property
    def renew_from(self) -> datetime:
        """When to ask for the next one."""
        return self.valid_from + (self.valid_until - self.valid_from) * RENEWED_AT


def read_certificate(der: bytes) -> Bearer:
    """Read whom a client certificate names. The chain is not looked at: TLS has, with the fleet's CA as the only anchor.

    Raises:
        CertificateError: It is no certificate, or not one this fleet issues to those who connect.
    """
    if len(der) > LONGEST_DER:
        raise CertificateError(f"{len(der)} bytes; a certificate of ours has at most {LONGEST_DER}")
    try:
        certificate = x509.load_der_x509_certificate(der)
        return _read(certificate, der)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion) as error:
        raise CertificateError("no certificate that can be read") from error


def read_pem(pem: bytes) -> Bearer:
    """Read whom a client certificate in PEM names.

    Raises:
        CertificateError: As ``read_certificate``.
    """
    return read_certificate(pem_to_der(pem))


def pem_to_der(pem: bytes) -> bytes:
    """Return the first certificate of a PEM text.

    Raises:
        CertificateError: There is none.
    """
    try:
        return as_der(x509.load_pem_x509_certificate(pem))
    except ValueError as error:
        raise CertificateError("no certificate in PEM") from error


def subject_of(kiosk: KioskId) -> str:
    """Return what a kiosk's certificate calls it: the user name at the broker, and the beginning of its topics."""
    return f"{kiosk.county}/{kiosk.kiosk}"


def uri_of(kiosk: KioskId) -> str:
    """Return the URI in a kiosk's certificate."""
    return f"{URN}{kiosk.county}:{kiosk.kiosk}"


def kiosk_of(subject: str) -> KioskId:
    """Read a kiosk back from what its certificate calls it.

    Raises:
        CertificateError: It is no kiosk's.
    """
    county, slash, name = subject.partition("/")
    try:
        if slash:
            return KioskId(county=county, kiosk=name)
    except ValueError as error:
        raise CertificateError(f"{subject!r} is no kiosk's name") from error
    raise CertificateError(f"{subject!r} is no kiosk's name")


def common_name(name: x509.Name) -> str:
    """Return the one common name of a subject.

    Raises:
        CertificateError: It has none, or more than one.
    """
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(common) != 1 or len(list(name)) != 1:
        raise CertificateError("its subject must be one common name and nothing else")
    return str(common[0].value)


def key_fingerprint(key: EllipticCurvePublicKey) -> str:
    """Return what a machine's key is known by: SHA-256 of its DER, hexadecimal."""
    return hashlib.sha256(as_der(key)).hexdigest()


def _read(certificate: x509.Certificate, der: bytes) -> Bearer:
    key = certificate.public_key()
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise CertificateError("its key must be EC P-256")
    usage = _usage(certificate)
    if ExtendedKeyUsageOID.CLIENT_AUTH not in usage:
        raise CertificateError("it is not for clients")
    subject = common_name(certificate.subject)
    kiosk = None if subject == SERVICE else kiosk_of(subject)
    if _uris(certificate) != ((uri_of(kiosk),) if kiosk else ()):
        raise CertificateError("its subject and its URI do not agree")
    return Bearer(
        kiosk=kiosk,
        number=f"{certificate.serial_number:x}",
        fingerprint=hashlib.sha256(der).hexdigest(),
        key_fingerprint=key_fingerprint(key),
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
    )


def _usage(certificate: x509.Certificate) -> x509.ExtendedKeyUsage:
    try:
        return certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound as error:
        raise CertificateError("it does not say what it is for") from error


def _uris(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(names.get_values_for_type(x509.UniformResourceIdentifier))


def as_der(thing: x509.Certificate | EllipticCurvePublicKey) -> bytes:
    """Return a certificate, or a public key, as DER."""
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(Encoding.DER)
    return thing.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
