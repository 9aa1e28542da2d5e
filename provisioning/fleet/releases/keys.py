"""Release keys: one Ed25519 key in a file an official keeps on a stick; its public half travels beside it."""

import json
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner, Key, SSlibKey

from provisioning.fleet.files import OPEN, PRIVATE, write_new
from provisioning.wire.signatures import key_id

MAX_KEY_BYTES = 10_000


class ReleaseKeyError(Exception):
    """A key file cannot be used; the message says which and why."""


def make_key(path: Path, *, passphrase: bytes | None = None) -> Key:
    """Make a key in a new file, and its public half in ``FILE.pub`` beside it.

    Raises:
        FileExistsError: There is such a file; a key is never written over.
        OSError: The stick does not take it.
    """
    private = Ed25519PrivateKey.generate()
    locked = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    public = _public(private)
    write_new(path, private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked), mode=PRIVATE)
    write_new(path.with_name(f"{path.name}.pub"), json.dumps({"keyid": public.keyid, **public.to_dict()}).encode(), mode=OPEN)
    return public


def open_key(path: Path) -> CryptoSigner:
    """Read a key the service holds itself; makes one where there is none.

    Raises:
        ReleaseKeyError: There is one that cannot be used.
    """
    if not path.exists():
        make_key(path)
    return read_key(path)


def read_key(path: Path, *, passphrase: bytes | None = None) -> CryptoSigner:
    """Read a private key.

    Raises:
        ReleaseKeyError: It cannot be read, needs another passphrase, or is no key of ours.
    """
    try:
        private = serialization.load_pem_private_key(_bytes(path), password=passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ReleaseKeyError(f"{path}: is no private key, or its passphrase is another") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise ReleaseKeyError(f"{path}: is no Ed25519 key")
    return CryptoSigner(private, _public(private))


def read_public(path: Path) -> Key:
    """Read the public half of a key.

    Raises:
        ReleaseKeyError: It cannot be read or is no such thing.
    """
    try:
        told = json.loads(_bytes(path))
        return Key.from_dict(told.pop("keyid"), told)
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        raise ReleaseKeyError(f"{path}: is no public key; give the .pub file that was made with the key") from error


def _public(private: Ed25519PrivateKey) -> SSlibKey:
    public = private.public_key()
    return SSlibKey.from_crypto(public, key_id(public))


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_KEY_BYTES)
    except OSError as error:
        raise ReleaseKeyError(f"{path}: {error.strerror}") from error
