"""A certificate authority of a test's own: it makes the right certificates, and every wrong one. Its keys are worth nothing."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from telemetry.mqtt import Credentials

HOSTS = ("localhost", "127.0.0.1")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """When a certificate is valid, counted from now."""

    since: timedelta = -DAY
    until: timedelta = 90 * DAY


NOW = Span()
EXPIRED = Span(since=-90 * DAY, until=-DAY)
NOT_YET = Span(since=DAY, until=90 * DAY)


class Authority:
    """One authority in one folder: ``ca.pem``, ``crl.pem``, and what it has issued."""

    def __init__(self, folder: Path, *, name: str = "Fleet of the test (synthetic)") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.ca = folder / "ca.pem"
        self.crl = folder / "crl.pem"
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._issued = 0
        self._revoked: dict[int, x509.ReasonFlags] = {}
        self._lists = 0
        certificate = (
            _begun(self._name, self._name, self._key.public_key(), Span(until=3650 * DAY))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self._own = certificate
        self.ca.write_bytes(certificate.public_bytes(Encoding.PEM))
        self._write_list()

    def kiosk(self, subject: str, *, span: Span = NOW, uri: str | None = None) -> Credentials:
        """Issue what a kiosk shows; ``subject`` is ``county/kiosk``."""
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(uri or f"urn:zhizhu:kiosk:{subject.replace('/', ':')}")]
        return self._issue(subject, names, ExtendedKeyUsageOID.CLIENT_AUTH, span)

    def service(self, *, span: Span = NOW) -> Credentials:
        """Issue what the fleet service shows to its broker."""
        return self._issue("_fleet", [], ExtendedKeyUsageOID.CLIENT_AUTH, span)

    def server(self, *hosts: str, span: Span = NOW) -> Credentials:
        """Issue what a server shows."""
        names = [_host(host) for host in hosts or HOSTS]
        return self._issue("broker", names, ExtendedKeyUsageOID.SERVER_AUTH, span)

    def revoke(self, *revoked: Credentials, reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise) -> None:
        """Put certificates on the list, which is written anew."""
        for credentials in revoked:
            self._revoked[_number(credentials)] = reason
        self._write_list()

    def pardon(self, *revoked: Credentials) -> None:
        """Take certificates off the list, as when a hold ends."""
        for credentials in revoked:
            self._revoked.pop(_number(credentials))
        self._write_list()

    def _issue(self, subject: str, names: list[x509.GeneralName], purpose: x509.ObjectIdentifier, span: Span) -> Credentials:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
        builder = (
            _begun(name, self._name, key.public_key(), span)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        self._issued += 1
        credentials = Credentials(
            ca=self.ca,
            certificate=self.folder / f"{self._issued}.pem",
            key=self.folder / f"{self._issued}.key",
        )
        credentials.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
        credentials.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return credentials

    def _write_list(self) -> None:
        now = datetime.now(UTC)
        self._lists += 1
        builder = x509.CertificateRevocationListBuilder(issuer_name=self._name, last_update=now - DAY, next_update=now + 30 * DAY)
        builder = builder.add_extension(x509.CRLNumber(self._lists), critical=False)
        for number, reason in self._revoked.items():
            entry = x509.RevokedCertificateBuilder(serial_number=number, revocation_date=now - DAY)
            builder = builder.add_revoked_certificate(entry.add_extension(x509.CRLReason(reason), critical=False).build())
        draft = self.crl.with_suffix(".draft")
        draft.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM))
        draft.replace(self.crl)


def _begun(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, span: Span) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        subject_name=subject,
        issuer_name=issuer,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=now + span.since,
        not_valid_after=now + span.until,
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _number(credentials: Credentials) -> int:
    return x509.load_pem_x509_certificate(credentials.certificate.read_bytes()).serial_number
