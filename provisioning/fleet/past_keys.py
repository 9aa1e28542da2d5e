"""Public keys that were the service's signing key once: what they signed then is still to be believed of that time."""

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from provisioning.fleet.files import OPEN, write_over
from provisioning.fleet.signing import SigningKey, SigningKeyError
from provisioning.wire.signatures import Trusted, key_id

FOLDER = "past-keys"


def remember(folder: Path, key: Ed25519PublicKey) -> None:
    """Keep a public key among those that were the service's.

    Args:
        folder: Of the authority.
        key: About to be replaced.

    Raises:
        OSError: The disk does not take it.
    """
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    write_over(folder / FOLDER / f"{key_id(key)}.pem", pem, mode=OPEN)


def past(folder: Path) -> tuple[Ed25519PublicKey, ...]:
    """Return every key that was the service's before this one.

    Raises:
        SigningKeyError: A file is no such key.
    """
    found = []
    for path in sorted((folder / FOLDER).glob("*.pem")):
        try:
            key = serialization.load_pem_public_key(path.read_bytes())
        except ValueError as error:
            raise SigningKeyError(f"{path}: is no public key in PEM") from error
        if not isinstance(key, Ed25519PublicKey) or key_id(key) != path.stem:
            raise SigningKeyError(f"{path}: is not the Ed25519 key its name says")
        found.append(key)
    return tuple(found)


def trusted_ever(folder: Path) -> Trusted:
    """Return trust in the service's key and in every one before it.

    Raises:
        SigningKeyError: A key cannot be read.
    """
    return Trusted.of(SigningKey.open(folder).public, *past(folder))
