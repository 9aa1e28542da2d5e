"""The fleet's own CA: what it issues, what it refuses, and that there is one."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from cryptography.x509.verification import PolicyBuilder, Store

from provisioning.fleet.authority import (
    Authority,
    AuthorityError,
    RequestError,
    Revoked,
    keep_own,
    read_list,
    write_list,
)
from provisioning.wire.identity import (
    LIFETIME,
    SERVICE,
    CertificateError,
    common_name,
    kiosk_of,
    read_certificate,
    read_pem,
    subject_of,
)
from telemetry.wire.topics import KioskId

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
KIOSK = KioskId(county="yunxi", kiosk="guangming-1")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "authority", name="Zhizhu trial CA", now=NOW)


def request_of(private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, name: str = "whoever") -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(private, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


def test_a_certificate_names_the_kiosk_twice_and_lasts_ninety_days(authority: Authority) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    issued = authority.issue(request_of(private, "_fleet"), KIOSK, now=NOW)
    bearer = read_pem(issued.pem)
    assert bearer == issued.bearer
    assert bearer.kiosk == KIOSK
    assert bearer.valid_until == NOW + LIFETIME
    assert bearer.valid_from < bearer.renew_from < bearer.valid_until
    certificate = x509.load_pem_x509_certificate(issued.pem)
    assert common_name(certificate.subject) == subject_of(KIOSK) == "yunxi/guangming-1"
    assert kiosk_of(common_name(certificate.subject)) == KIOSK
    certificate.verify_directly_issued_by(authority.certificate)
    verifier = PolicyBuilder().store(Store([authority.certificate])).time(NOW).build_client_verifier()
    assert verifier.verify(certificate, []).chain[0] == certificate


def test_a_request_nobody_signed_with_its_own_key_is_refused(authority: Authority) -> None:
    pem = request_of(ec.generate_private_key(ec.SECP256R1()))
    der = bytearray(x509.load_pem_x509_csr(pem).public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    forged = ssl.DER_cert_to_PEM_cert(bytes(der)).replace("CERTIFICATE", "CERTIFICATE REQUEST").encode()
    with pytest.raises(RequestError):
        authority.issue(forged, KIOSK, now=NOW)


@pytest.mark.parametrize(
    "private",
    [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(public_exponent=65537, key_size=2048)],
    ids=["P-384", "RSA"],
)
def test_a_request_for_another_kind_of_key_is_refused(
    authority: Authority, private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
) -> None:
    with pytest.raises(RequestError, match="P-256"):
        authority.issue(request_of(private), KIOSK, now=NOW)


@pytest.mark.parametrize(
    "pem", [b"", b"-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", b"x" * 9_999]
)
def test_what_is_no_request_is_refused(authority: Authority, pem: bytes) -> None:
    with pytest.raises(RequestError):
        authority.issue(pem, KIOSK, now=NOW)


def test_the_key_of_the_authority_is_nobody_elses_and_it_is_never_made_twice(authority: Authority, tmp_path: Path) -> None:
    folder = tmp_path / "authority"
    before = (folder / "ca.key").read_bytes()
    assert (folder / "ca.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(AuthorityError, match="already"):
        Authority.create(folder, name="Another", now=NOW)
    assert (folder / "ca.key").read_bytes() == before
    assert Authority.open(folder).fingerprint == authority.fingerprint


def test_a_making_that_was_cut_off_is_finished_with_the_same_key(authority: Authority, tmp_path: Path) -> None:
    folder = tmp_path / "authority"
    (folder / "ca.pem").unlink()
    with pytest.raises(AuthorityError, match="ca create"):
        Authority.open(folder)
    again = Authority.create(folder, name="Zhizhu trial CA", now=NOW)
    assert again.certificate.public_key() == authority.certificate.public_key()
    assert Authority.open(folder).fingerprint == again.fingerprint


@pytest.mark.usefixtures("authority")
def test_a_key_others_can_read_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "authority" / "ca.key").chmod(0o640)
    with pytest.raises(AuthorityError, match="chmod 600"):
        Authority.open(tmp_path / "authority")


def test_a_certificate_does_not_outlive_its_authority(authority: Authority) -> None:
    end = authority.certificate.not_valid_after_utc
    issued = authority.issue(request_of(ec.generate_private_key(ec.SECP256R1())), KIOSK, now=end - timedelta(days=3))
    assert issued.bearer.valid_until == end


def test_the_list_names_who_was_revoked_and_is_replaced_whole(authority: Authority, tmp_path: Path) -> None:
    folder = tmp_path / "authority"
    write_list(authority, folder, (), now=NOW)
    assert read_list((folder / "crl.pem").read_bytes()) == frozenset()
    write_list(authority, folder, [Revoked(number="abc123", at=NOW)], now=NOW)
    pem = (folder / "crl.pem").read_bytes()
    assert read_list(pem) == {"abc123"}
    assert x509.load_pem_x509_crl(pem).is_signature_valid(authority.certificate.public_key())  # type: ignore[arg-type]  # EC
    assert sorted(path.name for path in folder.iterdir()) == ["ca.key", "ca.pem", "crl.pem"]


def test_the_services_own_certificates_are_kept_until_they_age_or_the_host_changes(authority: Authority, tmp_path: Path) -> None:
    folder = tmp_path / "authority"
    server, client = keep_own(authority, folder, ("localhost", "127.0.0.1"), now=NOW)
    first = server.certificate.read_bytes(), client.certificate.read_bytes()
    assert read_pem(first[1]).is_service
    with pytest.raises(CertificateError, match="clients"):
        read_pem(first[0])
    keep_own(authority, folder, ("localhost", "127.0.0.1"), now=NOW + timedelta(days=200))
    assert (server.certificate.read_bytes(), client.certificate.read_bytes()) == first
    keep_own(authority, folder, ("bureau.test",), now=NOW)
    assert server.certificate.read_bytes() != first[0]
    assert client.certificate.read_bytes() == first[1]
    keep_own(authority, folder, ("bureau.test",), now=NOW + timedelta(days=300))
    assert client.certificate.read_bytes() != first[1]
    ssl.create_default_context().load_cert_chain(server.certificate, server.key)


def test_a_pair_a_power_cut_left_half_new_is_made_anew(authority: Authority, tmp_path: Path) -> None:
    folder = tmp_path / "authority"
    server, client = keep_own(authority, folder, ("localhost",), now=NOW)
    server.key.write_bytes(client.key.read_bytes())
    keep_own(authority, folder, ("localhost",), now=NOW)
    ssl.create_default_context().load_cert_chain(server.certificate, server.key)


def _leaf(subject: str, uris: tuple[str, ...], *, is_client: bool = True) -> bytes:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    builder = builder.serial_number(7).not_valid_before(NOW).not_valid_after(NOW + LIFETIME)
    if is_client:
        builder = builder.add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    if uris:
        names = [x509.UniformResourceIdentifier(uri) for uri in uris]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


URI = "urn:zhizhu:kiosk:yunxi:guangming-1"


def test_the_profile_is_read_from_a_certificate() -> None:
    assert read_certificate(_leaf("yunxi/guangming-1", (URI,))).kiosk == KIOSK
    assert read_certificate(_leaf(SERVICE, ())).kiosk is None


@pytest.mark.parametrize(
    ("subject", "uris"),
    [
        ("yunxi/guangming-2", (URI,)),
        ("yunxi/guangming-1", ()),
        ("yunxi/guangming-1", (URI, URI)),
        ("yunxi", (URI,)),
        ("yunxi/+", ("urn:zhizhu:kiosk:yunxi:+",)),
        ("yunxi/#", ("urn:zhizhu:kiosk:yunxi:#",)),
        ("yunxi/a/b", ("urn:zhizhu:kiosk:yunxi:a/b",)),
        (SERVICE, (URI,)),
        ("_fleet/x", ("urn:zhizhu:kiosk:_fleet:x",)),
    ],
)
def test_a_certificate_that_could_mean_two_things_means_nobody(subject: str, uris: tuple[str, ...]) -> None:
    with pytest.raises(CertificateError):
        read_certificate(_leaf(subject, uris))


def test_a_certificate_not_for_clients_and_what_is_no_certificate_name_nobody() -> None:
    for der in (_leaf("yunxi/guangming-1", (URI,), is_client=False), b"", b"\x30\x03\x02\x01\x01", b"\x30" * 20_000):
        with pytest.raises(CertificateError):
            read_certificate(der)
