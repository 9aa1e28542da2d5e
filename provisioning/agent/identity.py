"""Who this kiosk is: a key that was made here and never leaves, the certificate for it, the CA and the keys it trusts.

``STATE/identity`` is a link to the folder ``STATE/identity-N`` of the identity in force. The next one is made beside it, key
first, and the link is turned when all of it lies on the disk: a power cut at any write leaves the old identity or the new one.
Blocking.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kiosk.upkeep.kept_file import READABLE, keep_names, write_kept, write_whole
from provisioning.wire.identity import Bearer, CertificateError, read_pem
from provisioning.wire.signatures import key_id
from telemetry.wire.topics import KioskId

log = structlog.get_logger(__name__)

LINK = "identity"
KEY = "key.pem"
CERTIFICATE = "certificate.pem"
AUTHORITY = "ca.pem"
TRUSTED = "trusted.json"
NUMBERED = re.compile(r"identity-([0-9]{1,9})")
PRIVATE = 0o600


class IdentityError(Exception):
    """What lies in the state folder is no identity; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The identity in force.

    Attributes:
        kiosk: What the bureau calls this machine.
        folder: Where its files lie, the link resolved: they belong together for as long as they are there.
        bearer: What the certificate says.
    """

    kiosk: KioskId
    folder: Path
    bearer: Bearer

    @property
    def key(self) -> Path:
        """File of the private key, PEM."""
        return self.folder / KEY

    @property
    def certificate(self) -> Path:
        """File of the certificate, PEM."""
        return self.folder / CERTIFICATE

    @property
    def authority(self) -> Path:
        """File of the CA's certificate, PEM."""
        return self.folder / AUTHORITY


def key_of(identity: Identity) -> ec.EllipticCurvePrivateKey:
    """Return the private key of an identity. Blocking.

    Raises:
        IdentityError: It cannot be read.
    """
    try:
        return _load(identity.key)
    except (OSError, ValueError) as error:
        raise IdentityError(f"{identity.key}: {error}; enrol this kiosk again") from error


class IdentityFolder:
    """The identity in the state folder, and the one that is being made."""

    def __init__(self, state: Path) -> None:
        """Look after it; nothing is read or made yet."""
        self.state = state
        self._link = state / LINK

    def read(self) -> Identity | None:
        """Return the identity in force; None where this kiosk was never let in.

        Raises:
            IdentityError: There is one, and it cannot be used.
        """
        if not self._link.exists():
            return None
        folder = self._link.resolve()
        try:
            bearer = read_pem((folder / CERTIFICATE).read_bytes())
            _load(folder / KEY)
        except (OSError, ValueError, CertificateError) as error:
            raise IdentityError(f"{folder}: {error}; enrol this kiosk again") from error
        if bearer.kiosk is None:
            raise IdentityError(f"{folder}: the certificate is no kiosk's; enrol this kiosk again")
        return Identity(kiosk=bearer.kiosk, folder=folder, bearer=bearer)

    def request(self) -> str:
        """Return a request for a certificate, in PEM, for the key of the next identity; the key is made if there is none yet.

        The key lies on the disk before anybody hears of it: after a power cut the same one asks again.

        Raises:
            OSError: The disk does not take it.
        """
        folder = self._next()
        path = folder / KEY
        try:
            private = _load(path)
        except (FileNotFoundError, ValueError):
            private = ec.generate_private_key(ec.SECP256R1())
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            pem = private.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            write_whole(path, pem, mode=PRIVATE)
            keep_names(self.state)
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(private, hashes.SHA256())
        return request.public_bytes(serialization.Encoding.PEM).decode("ascii")

    def commit(self, certificate: str, *, authority: str, keys: Sequence[Ed25519PublicKey]) -> Identity:
        """Make the next identity the one in force; the one before is forgotten, its key with it.

        Args:
            certificate: In PEM, for the key that asked.
            authority: The CA's, in PEM.
            keys: Whose signatures are to be believed.

        Raises:
            IdentityError: The certificate is not for that key, or no kiosk's; the old identity stays.
            OSError: The disk does not take it; the old identity stays.
        """
        folder = self._next()
        _check(certificate, folder)
        write_whole(folder / CERTIFICATE, certificate.encode("ascii"), mode=READABLE)
        write_whole(folder / AUTHORITY, authority.encode("ascii"), mode=READABLE)
        write_kept(folder / TRUSTED, {key_id(key): _public_pem(key) for key in keys})
        keep_names(self.state)
        self._turn(folder)
        identity = self.read()
        if identity is None:
            raise IdentityError(f"{self._link}: the link is not there")
        self._forget_all_but(folder)
        return identity

    def give_up_next(self) -> None:
        """Forget the key that asked, so that the next question comes with another. Raises OSError."""
        folder = self._next()
        if folder.exists():
            shutil.rmtree(folder)

    def _next(self) -> Path:
        """Return the folder of the next identity: the highest number that is not in force, or a new one."""
        in_force = _number(self._link.resolve().name) if self._link.is_symlink() else 0
        names = os.listdir(self.state) if self.state.exists() else ()
        beyond = [number for name in names if (number := _number(name)) > in_force]
        return self.state / f"{LINK}-{max(beyond, default=in_force + 1)}"

    def _turn(self, folder: Path) -> None:
        new = self.state / f".{LINK}.new"
        new.unlink(missing_ok=True)
        new.symlink_to(folder.name)
        new.replace(self._link)
        keep_names(self.state)

    def _forget_all_but(self, folder: Path) -> None:
        for name in os.listdir(self.state):
            if _number(name) and name != folder.name:
                with contextlib.suppress(OSError):
                    shutil.rmtree(self.state / name)


def _check(certificate: str, folder: Path) -> None:
    try:
        bearer = read_pem(certificate.encode())
        public = x509.load_pem_x509_certificate(certificate.encode()).public_key()
        private = _load(folder / KEY)
    except (CertificateError, ValueError) as error:
        raise IdentityError(f"what the bureau sent is no certificate: {error}") from error
    if bearer.kiosk is None or public != private.public_key():
        raise IdentityError("the certificate is not for the key that asked")


def _load(path: Path) -> ec.EllipticCurvePrivateKey:
    private = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{path.name} is no EC key")  # noqa: TRY004  as unusable as one that cannot be read
    return private


def _public_pem(key: Ed25519PublicKey) -> str:
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return pem.decode("ascii")


def _number(name: str) -> int:
    found = NUMBERED.fullmatch(name)
    return int(found[1]) if found else 0
