"""Key document: whose signatures count from now on. Signed by a key that counted until now, and by the new one itself. Pure.

A kiosk that was away for a year walks from key to key: each document leads one step on, and none leads back, for the key that
signed it does not count any more.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from provisioning.wire.signatures import SignatureError, Trusted, key_id, payload_type, unseal

KIND = "application/vnd.zhizhu.keys+json"
REPORT = "keys.reported"
"""The event a kiosk says with whose signatures count there: ``ids``, with blanks between them."""
MOST_KEYS = 4

Pem = Annotated[str, Field(min_length=1, max_length=1_000)]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class KeyDocument(BaseModel):
    """The keys, by what they are called."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    v: Literal[1] = 1
    made_at: AwareDatetime
    keys: dict[Id, Pem] = Field(min_length=1, max_length=MOST_KEYS)


class KeyDocumentError(Exception):
    """It is not to be believed.

    Attributes:
        reason: One word, as ``SignatureError.reason``, or ``not_its_own``: the new key has not signed.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


def is_key_document(sealed: bytes) -> bool:
    """Say whether an envelope says it is one; nothing of it is believed yet."""
    return payload_type(sealed) == KIND


def pem_of(key: Ed25519PublicKey) -> str:
    """Return a public key as it is written down."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def read(sealed: bytes, trusted: Trusted) -> Mapping[str, Ed25519PublicKey]:
    """Return the keys that count from now on.

    Raises:
        KeyDocumentError: Nobody who counts has signed it, its keys are none, or none of them has signed it.
    """
    try:
        document = KeyDocument.model_validate_json(unseal(sealed, KIND, trusted))
    except SignatureError as error:
        raise KeyDocumentError(error.reason, error.detail) from error
    except ValidationError as error:
        raise KeyDocumentError("unreadable", f"{error.error_count()} fields are wrong") from None
    keys = {name: _key(name, pem) for name, pem in document.keys.items()}
    try:
        unseal(sealed, KIND, Trusted(keys=keys))
    except SignatureError as error:
        raise KeyDocumentError("not_its_own", "whoever made it does not hold the key it names") from error
    return keys


def _key(name: str, pem: str) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(pem.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyDocumentError("unreadable", f"{name[:8]} is no key") from error
    if not isinstance(key, Ed25519PublicKey) or key_id(key) != name:
        raise KeyDocumentError("unreadable", f"{name[:8]} is not the key it is called")
    return key
