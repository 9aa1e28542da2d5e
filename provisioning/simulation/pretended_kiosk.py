"""One pretended kiosk at the bureau's door: a key, a code, a board that says what it is told to. Blocking."""

import hashlib
import ssl
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from provisioning.wire.enrolment import (
    AuthorityTold,
    EnrolmentAsked,
    EnrolmentTold,
    Machine,
    Refusal,
    Result,
    hint_of,
    is_proven,
    read_code,
)
from provisioning.wire.identity import pem_to_der

WITHIN_S = 20.0
KEY, CERTIFICATE, AUTHORITY = "key.pem", "certificate.pem", "ca.pem"
RELEASE = "simulated"


class PretendedError(Exception):
    """The trial itself cannot go on: no server, no file; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PretendedKiosk:
    """One machine. ``folder`` holds what it knows; ``board`` tells it from a copy of its disk."""

    serial: str
    url: str
    folder: Path
    board: str

    def enrol(self, code: str) -> EnrolmentTold:
        """Ask to be let in, as a kiosk does; what is issued is kept.

        Raises:
            PretendedError: Nobody answers, or it is not the bureau.
        """
        plain = read_code(code)
        with _client(self.url, _unverified()) as client:
            answer = _ask(client, "GET", f"/enrol/authority?code_hint={hint_of(plain)}")
        if answer.status_code != httpx.codes.OK:
            return EnrolmentTold.model_validate_json(answer.content)
        told_of = AuthorityTold.model_validate_json(answer.content)
        if not is_proven(plain, pem_to_der(told_of.authority.encode()), told_of.proof):
            raise PretendedError("whoever answers does not know the code")
        private = ec.generate_private_key(ec.SECP256R1())
        asked = EnrolmentAsked(
            serial=self.serial, code=plain, csr=_request(private), release=RELEASE, hardware=_fingerprint(self.board)
        )
        with _client(self.url, ssl.create_default_context(cadata=told_of.authority)) as client:
            told = _told(client, "/enrol", asked)
        if told.result is Result.ISSUED:
            self._keep(private, told.certificate, told_of.authority)
            self.confirm()
        return told

    def renew(self) -> EnrolmentTold:
        """Ask for the next certificate with the one that is kept.

        Raises:
            PretendedError: Nobody answers.
        """
        private = ec.generate_private_key(ec.SECP256R1())
        asked = Machine(csr=_request(private), release=RELEASE, hardware=_fingerprint(self.board))
        with _client(self.url, self._own()) as client:
            return _told(client, "/renew", asked)

    def confirm(self) -> bool:
        """Use the certificate that is kept; says whether it still opens the door.

        Raises:
            PretendedError: Nobody answers.
        """
        with _client(self.url, self._own()) as client:
            return _ask(client, "GET", "/whoami").status_code == httpx.codes.OK

    def _keep(self, private: ec.EllipticCurvePrivateKey, certificate: str, authority: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        pem = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        for name, content in ((KEY, pem), (CERTIFICATE, certificate.encode()), (AUTHORITY, authority.encode())):
            (self.folder / name).write_bytes(content)

    def _own(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=str(self.folder / AUTHORITY))
            context.load_cert_chain(self.folder / CERTIFICATE, self.folder / KEY)
        except OSError as error:
            raise PretendedError(f"{self.folder}: no identity of a kiosk: {error.strerror}") from error
        return context


def _client(url: str, context: ssl.SSLContext) -> httpx.Client:
    return httpx.Client(base_url=url, verify=context, timeout=WITHIN_S, trust_env=False)


def _ask(client: httpx.Client, method: str, path: str, content: str | None = None) -> httpx.Response:
    try:
        return client.request(method, path, content=content)
    except httpx.HTTPError as error:
        raise PretendedError(f"{client.base_url}: {error}") from error


def _told(client: httpx.Client, path: str, asked: Machine) -> EnrolmentTold:
    answer = _ask(client, "POST", path, asked.model_dump_json())
    if answer.headers.get("content-type", "") != "application/json" or answer.status_code in {401, 422}:
        return EnrolmentTold(result=Result.REFUSED, reason=Refusal.BAD_REQUEST)
    return EnrolmentTold.model_validate_json(answer.content)


def _request(private: ec.EllipticCurvePrivateKey) -> str:
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(private, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode("ascii")


def _fingerprint(board: str) -> str:
    return hashlib.sha256(f"pretended board {board}".encode()).hexdigest()


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
