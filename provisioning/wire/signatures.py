"""Signed envelopes (DSSE, https://github.com/secure-systems-lab/dsse): bytes, what they are, and who says so. Pure.

The type of what is signed is signed with it, so that a command can never be taken for a document. Keys are Ed25519. A key's id
is the SHA-256 of its DER, as hexadecimal text: no two parties need to agree on names.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import FormatError, UnverifiedSignatureError, VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

MAX_ENVELOPE_BYTES = 131_072
"""Of an envelope on the wire; a document of 64 KiB in base64 with a few signatures is below it."""


class SignatureError(Exception):
    """An envelope is not to be believed.

    Attributes:
        reason: One word for counters and pages: ``unreadable``, ``too_big``, ``wrong_type``, ``unknown_key``, ``bad_signature``.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """Whose signatures count, and how many of them are needed.

    Attributes:
        keys: Public keys by their id.
        threshold: Different keys that must have signed, at least 1.
    """

    keys: Mapping[str, Ed25519PublicKey]
    threshold: int = 1

    def __post_init__(self) -> None:
        """Refuse a threshold that nobody, or anybody, could reach."""
        if not 1 <= self.threshold <= max(1, len(self.keys)):
            raise ValueError(f"{self.threshold} signatures of {len(self.keys)} keys can never be had")

    @classmethod
    def of(cls, *keys: Ed25519PublicKey, threshold: int = 1) -> "Trusted":
        """Trust these keys."""
        return cls(keys={key_id(key): key for key in keys}, threshold=threshold)


def key_id(key: Ed25519PublicKey) -> str:
    """Return what a key is called."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def seal(payload: bytes, kind: str, signers: Sequence[Ed25519PrivateKey]) -> bytes:
    """Return the envelope around a payload of a kind, e.g. ``application/vnd.zhizhu.command+json``, signed by each."""
    envelope = Envelope(payload, kind, {})
    for private in signers:
        envelope.sign(CryptoSigner(private, _named(private.public_key())))
    return json.dumps(envelope.to_dict(), separators=(",", ":")).encode()


def unseal(sealed: bytes, kind: str, trusted: Trusted) -> bytes:
    """Return the payload once enough of the trusted have signed exactly these bytes as this kind.

    Raises:
        SignatureError: They have not, or it is no such envelope; nothing of it may be used.
    """
    if len(sealed) > MAX_ENVELOPE_BYTES:
        raise SignatureError("too_big", f"{len(sealed)} bytes, at most {MAX_ENVELOPE_BYTES}")
    try:
        envelope = Envelope.from_dict(json.loads(sealed))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, FormatError) as error:
        raise SignatureError("unreadable", "not a signed envelope") from error
    if envelope.payload_type != kind:
        raise SignatureError("wrong_type", f"expected {kind}")
    if not set(envelope.signatures) & set(trusted.keys):
        raise SignatureError("unknown_key", "signed by nobody known here")
    try:
        envelope.verify([_named(key) for key in trusted.keys.values()], trusted.threshold)
    except (VerificationError, UnverifiedSignatureError, UnsupportedAlgorithm, ValueError) as error:
        raise SignatureError("bad_signature", f"{trusted.threshold} good signatures are needed") from error
    return bytes(envelope.payload)


def payload_type(sealed: bytes) -> str:
    """Return what an envelope says it holds, empty where it is none; says nothing of who signed."""
    try:
        kind = json.loads(sealed)["payloadType"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    return kind if isinstance(kind, str) else ""


def signers_of(sealed: bytes) -> tuple[str, ...]:
    """Return the ids of the keys an envelope names; says nothing of whether they really signed.

    Raises:
        SignatureError: It is no envelope.
    """
    try:
        return tuple(Envelope.from_dict(json.loads(sealed)).signatures)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, FormatError) as error:
        raise SignatureError("unreadable", "not a signed envelope") from error


def _named(key: Ed25519PublicKey) -> SSlibKey:
    return SSlibKey.from_crypto(key, key_id(key))
