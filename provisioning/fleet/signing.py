"""The service's own signing key: one Ed25519 key in a file of its own, readable by nobody else. Signs documents and commands."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from provisioning.fleet.files import PRIVATE, write_new
from provisioning.wire.signatures import Trusted, key_id, seal

AUTHORITY = "authority"
"""Folder in the state folder: the CA, the signing key, the service's own certificates."""
FILE = "signing.pem"


class SigningKeyError(Exception):
    """The key cannot be used; the message says which file, why, and what to do."""


class SigningKey:
    """Whoever holds this speaks for the bureau."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private

    @classmethod
    def open(cls, folder: Path, *, file: str = FILE) -> "SigningKey":
        """Read the key of a folder, usually ``STATE/authority``; makes one where there is none. ``file`` is another than usual.

        Raises:
            SigningKeyError: There is one, and it cannot be read, is no such key, or others may read it.
        """
        path = folder / file
        _make(path)
        try:
            if path.stat().st_mode & 0o077:
                raise SigningKeyError(f"{path}: others can read this key; chmod 600 it, and turn the key if somebody may have")
            private = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except OSError as error:
            raise SigningKeyError(f"{path}: {error.strerror}") from error
        except ValueError as error:
            raise SigningKeyError(f"{path}: is no private key in PEM; put back the one from the backup of this folder") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise SigningKeyError(f"{path}: is no Ed25519 key; put back the one from the backup of this folder")
        return cls(private)

    @property
    def public(self) -> Ed25519PublicKey:
        """What kiosks know of it."""
        return self._private.public_key()

    @property
    def id(self) -> str:
        """What it is called."""
        return key_id(self.public)

    @property
    def trusted(self) -> Trusted:
        """Trust in this key alone."""
        return Trusted.of(self.public)

    def seal(self, payload: bytes, kind: str, *, also: Sequence["SigningKey"] = ()) -> bytes:
        """Return the signed envelope around a payload of a kind; ``also`` sign beside it."""
        return seal(payload, kind, [self._private, *(one._private for one in also)])  # noqa: SLF001  # of the same class


def _make(path: Path) -> None:
    if path.exists():
        return
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with contextlib.suppress(FileExistsError):  # another process was quicker, whose key then is the key
        write_new(path, pem, mode=PRIVATE)
