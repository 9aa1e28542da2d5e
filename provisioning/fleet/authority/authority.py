"""The certificate authority itself: made once, opened by every process that issues."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from provisioning.fleet.authority.requests import read_request
from provisioning.fleet.files import OPEN, PRIVATE, write_new
from provisioning.wire.identity import BACKDATED, LIFETIME, SERVICE, Bearer, as_der, read_certificate, subject_of, uri_of
from telemetry.wire.topics import KioskId

KEY = "ca.key"
CERTIFICATE = "ca.pem"
LIST = "crl.pem"
LASTS = timedelta(days=20 * 365)
"""Of the CA: longer than any kiosk. Turning it is a re-enrolment of everybody."""
LONGEST_NAME = 64
"""Characters of a common name (RFC 5280, ub-common-name)."""


class AuthorityError(Exception):
    """The CA cannot be made or used; the message says which file, why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate as it was issued, with what it says."""

    pem: bytes
    bearer: Bearer


class Authority:
    """Whoever holds its key says who belongs to the fleet."""

    def __init__(self, private: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._private = private
        self.certificate = certificate

    @classmethod
    def create(cls, folder: Path, *, name: str, now: datetime) -> Self:
        """Make the CA of a folder, usually ``STATE/authority``. Cut off in the middle, it is finished by the next try.

        Args:
            folder: Where its files lie; made if need be.
            name: What people recognise it by in a list of certificates.
            now: Server's clock.

        Raises:
            AuthorityError: There is one: a second would shut out every kiosk that trusts the first.
            OSError: The disk does not take it.
        """
        if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
            raise AuthorityError(f"the name must be 1 to {LONGEST_NAME} printable characters")
        if (folder / CERTIFICATE).exists():
            raise AuthorityError(f"{folder / CERTIFICATE}: there is a CA already; kiosks trust it, and it is never made twice")
        try:
            private = _key(folder / KEY)  # of a making that was cut off
        except FileNotFoundError:
            private = ec.generate_private_key(ec.SECP256R1())
            _write(folder / KEY, private_pem(private), mode=PRIVATE)
        certificate = _self_signed(private, name, now)
        _write(folder / CERTIFICATE, certificate.public_bytes(serialization.Encoding.PEM), mode=OPEN)
        return cls(private, certificate)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the CA of a folder.

        Raises:
            AuthorityError: There is none, it is spoilt, or others can read its key.
        """
        try:
            certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
            private = _key(folder / KEY)
        except FileNotFoundError as error:
            raise AuthorityError(f"{error.filename}: there is no CA yet; make it: zhizhu-fleet ca create") from error
        except OSError as error:
            raise AuthorityError(f"{error.filename}: {error.strerror}") from error
        except ValueError as error:
            raise AuthorityError(f"{folder}: {CERTIFICATE} is spoilt; put it back from the backup") from error
        if certificate.public_key() != private.public_key():
            raise AuthorityError(f"{folder}: {KEY} and {CERTIFICATE} do not belong together; put both back from the backup")
        return cls(private, certificate)

    @property
    def pem(self) -> bytes:
        """Its certificate: what kiosks trust."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        """Its certificate as the proof of a code is computed over it."""
        return as_der(self.certificate)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of its certificate, hexadecimal."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def has_issued(self, der: bytes) -> bool:
        """Whether a certificate in DER bears this CA's signature; says nothing of its dates, nor of whether it still counts."""
        try:
            x509.load_der_x509_certificate(der).verify_directly_issued_by(self.certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True

    def issue(self, request: bytes, kiosk: KioskId, *, now: datetime, lasts: timedelta = LIFETIME) -> Issued:
        """Issue a kiosk's certificate for the key of a request in PEM; also its renewal.

        Raises:
            RequestError: The request is none, or its sender has not shown to hold the key.
        """
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri_of(kiosk))])
        return self._for_client(read_request(request), subject_of(kiosk), names, now=now, lasts=lasts)

    def issue_service(self, key: ec.EllipticCurvePublicKey, *, now: datetime, lasts: timedelta) -> Issued:
        """Issue the service's own client certificate."""
        return self._for_client(key, SERVICE, None, now=now, lasts=lasts)

    def issue_server(self, key: ec.EllipticCurvePublicKey, hosts: tuple[str, ...], *, now: datetime, lasts: timedelta) -> bytes:
        """Issue a server's certificate in PEM, for every name and address it is reached by."""
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        builder = self._leaf(key, hosts[0][:LONGEST_NAME], now=now, lasts=lasts, use=ExtendedKeyUsageOID.SERVER_AUTH)
        certificate = builder.add_extension(names, critical=False).sign(self._private, hashes.SHA256())
        return certificate.public_bytes(serialization.Encoding.PEM)

    def sign_list(self, builder: x509.CertificateRevocationListBuilder) -> bytes:
        """Return a list of revoked certificates in PEM, in the CA's name."""
        named = builder.issuer_name(self.certificate.subject).add_extension(self._issuer_key(), critical=False)
        return named.sign(self._private, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _for_client(
        self,
        key: ec.EllipticCurvePublicKey,
        subject: str,
        names: x509.SubjectAlternativeName | None,
        *,
        now: datetime,
        lasts: timedelta,
    ) -> Issued:
        builder = self._leaf(key, subject, now=now, lasts=lasts, use=ExtendedKeyUsageOID.CLIENT_AUTH)
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(self._private, hashes.SHA256())
        return Issued(pem=certificate.public_bytes(serialization.Encoding.PEM), bearer=read_certificate(as_der(certificate)))

    def _leaf(
        self,
        key: ec.EllipticCurvePublicKey,
        subject: str,
        *,
        now: datetime,
        lasts: timedelta,
        use: x509.ObjectIdentifier,
    ) -> x509.CertificateBuilder:
        until = min(now + lasts, self.certificate.not_valid_after_utc)
        return (
            x509.CertificateBuilder()
            .subject_name(_named(subject))
            .issuer_name(self.certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATED)
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(self._issuer_key(), critical=False)
        )

    def _issuer_key(self) -> x509.AuthorityKeyIdentifier:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(self._private.public_key())


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    if path.stat().st_mode & 0o077:
        raise AuthorityError(f"{path}: others can read this key; chmod 600 it, and make a new CA if somebody may have")
    try:
        private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise AuthorityError(f"{path}: is no private key in PEM; put it back from the backup") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise AuthorityError(f"{path}: is no EC key; put it back from the backup")
    return private


def private_pem(private: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a private key as it is kept in a file."""
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _write(path: Path, content: bytes, *, mode: int) -> None:
    try:
        write_new(path, content, mode=mode)
    except FileExistsError as error:
        raise AuthorityError(f"{path}: somebody else has just made it; kiosks trust one CA") from error


def _self_signed(private: ec.EllipticCurvePrivateKey, name: str, now: datetime) -> x509.Certificate:
    public = private.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(name))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(private, hashes.SHA256())
    )


def _named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
