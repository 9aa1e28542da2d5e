"""Enrolment: how a kiosk with a one-time code and a bureau that made it come to trust each other. Types and pure readings.

The kiosk asks over a line it cannot yet trust which CA is the bureau's; the proof that comes with the answer could only be
computed by whoever knows the code. From then on it speaks to that CA's server alone, and shows the code, its serial number and
its key.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from enum import StrEnum
from typing import Annotated

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from telemetry.wire.topics import NAME

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: without I, L, O, which are read as 1 and 0, and without U."""
CODE_CHARS = 16
"""Of five bits each: 80 bits, which nobody guesses."""
GROUP = 4

READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0"})
LONGEST_TYPED = 512
SCANNED = "ZHIZHU-ENROL "
"""What the QR code on a slip begins with; address, serial number and code follow on one line. No browser would open it."""
SERIAL = r"^[A-Za-z0-9][A-Za-z0-9._/-]{2,47}$"
"""What makers print on a machine and put into its firmware; compared in capitals."""
FINGERPRINT = r"^([0-9a-f]{64})?$"
PENDING_AGAIN_S = 15
"""Seconds between two questions of a kiosk that waits for a person."""
LONGEST_PEM = 4_096
MOST_KEYS = 16
ED25519_BYTES = 32


class CodeError(ValueError):
    """What was typed can be no code; the message says what one looks like."""


class Refusal(StrEnum):
    """Why a kiosk is not let in. Published words: the kiosk shows them to the technician in front of it."""

    WRONG_CODE = "wrong_code"
    """No such code. The same answer whatever else is known of the serial number."""
    EXPIRED = "expired"
    """The code is too old, or was withdrawn: ask the bureau for another."""
    USED = "used"
    """The code has been used, by another machine: the bureau has been told."""
    WRONG_SERIAL = "wrong_serial"
    """The code was made for another machine."""
    UNKNOWN_SERIAL = "unknown_serial"
    """The machine is not in the bureau's list."""
    RETIRED = "retired"
    """The machine was given up."""
    QUARANTINED = "quarantined"
    """The kiosk is shut out until a person has looked."""
    TURNED_DOWN = "turned_down"
    """Somebody at the bureau looked, and said no."""
    BAD_REQUEST = "bad_request"
    """What was sent is no request for a certificate."""
    TOO_OFTEN = "too_often"
    """Too many mistakes from this address: wait, then try again."""
    NOT_CURRENT = "not_current"
    """The certificate that was shown is revoked, or has been followed by another that is in use."""
    NOT_OVER = "not_over"
    """The certificate of a kiosk that comes back has not ended: it is renewed as any other."""
    OVER_TOO_LONG = "over_too_long"
    """It ended more than a year ago."""
    OTHER_MACHINE = "other_machine"
    """The certificate was another machine's: its serial number or its board is not this one."""
    STALE_NUMBER = "stale_number"
    """The proof is over a number that is not the bureau's, is minutes old or has been used."""
    WRONG_PROOF = "wrong_proof"
    """Whoever came back has not shown to hold the key of the certificate."""


class Result(StrEnum):
    """How an enrolment stands."""

    ISSUED = "issued"
    PENDING = "pending"
    REFUSED = "refused"


def make_code() -> str:
    """Return a new code."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS))


def read_code(typed: str) -> str:
    """Return the code somebody typed, or a scanner that types what it reads off a slip.

    Letter case, spaces and dashes do not matter, nor I, L and O.

    Raises:
        CodeError: It is none.
    """
    said = typed[:LONGEST_TYPED].strip()
    if said.upper().startswith(SCANNED):
        said = said.rsplit(maxsplit=1)[-1]
    plain = re.sub(r"[\s-]", "", said).upper().translate(READ_AS)
    if len(plain) != CODE_CHARS or not set(plain) <= set(ALPHABET) or len(typed) > LONGEST_TYPED:
        raise CodeError("a code has 16 letters and digits, e.g. 7K2M-QX4T-9BRD-W6HF; the letter U is none of them")
    return plain


def show_code(code: str) -> str:
    """Return a code as people read it: four by four."""
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def scanned(url: str, serial: str, code: str) -> str:
    """Return what the QR code of a slip says."""
    return f"{SCANNED}{url} {serial} {show_code(code)}"


def hash_of(code: str) -> str:
    """Return what the bureau keeps of a code."""
    return hashlib.sha256(code.encode("ascii")).hexdigest()


def hint_of(code: str) -> str:
    """Return what a kiosk shows over a line it cannot trust: by it nobody but the bureau finds the code."""
    return hashlib.sha256(b"hint" + code.encode("ascii")).hexdigest()


def proof_of(code: str, authority: bytes) -> str:
    """Return the proof that a CA (its certificate in DER) belongs to whoever made the code."""
    return hmac.new(code.encode("ascii"), b"authority" + hashlib.sha256(authority).digest(), hashlib.sha256).hexdigest()


def is_proven(code: str, authority: bytes, proof: str) -> bool:
    """Say whether a proof is that of this code and this CA."""
    return hmac.compare_digest(proof_of(code, authority).encode(), proof.encode())


def key_as_text(key: Ed25519PublicKey) -> str:
    """Return a signing key as it travels: base64 of its 32 bytes."""
    return base64.b64encode(key.public_bytes_raw()).decode("ascii")


def key_of_text(text: str) -> Ed25519PublicKey:
    """Read a signing key back.

    Raises:
        ValueError: It is none.
    """
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise ValueError("is no Ed25519 key in base64") from error


def _is_key(text: str) -> str:
    key_of_text(text)
    return text


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


def _is_code(typed: str) -> str:
    return read_code(typed)


Pem = Annotated[str, Field(min_length=1, max_length=LONGEST_PEM)]
Name = Annotated[str, Field(pattern=f"^{NAME.pattern}$")]


class AuthorityTold(_Said):
    """The bureau's CA, with the proof that whoever tells of it knows the code."""

    authority: Pem
    proof: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Machine(_Said):
    """What a machine says of itself whenever it asks for a certificate.

    Attributes:
        csr: Request for a certificate (PKCS #10) in PEM.
        release: What it runs.
        hardware: Fingerprint of the board, hexadecimal; empty where it does not say.
    """

    csr: Pem
    release: Annotated[str, Field(max_length=64)] = ""
    hardware: Annotated[str, Field(pattern=FINGERPRINT)] = ""


class EnrolmentAsked(Machine):
    """A machine asks to be let in; it asks the same again until the answer is final."""

    serial: Annotated[str, Field(pattern=SERIAL)]
    code: Annotated[str, AfterValidator(_is_code)]


class EnrolmentTold(_Said):
    """What the bureau says to it.

    Attributes:
        reason: Why it is refused, or what it waits for.
        again_s: When to ask again, while pending.
        certificate: In PEM, once issued.
        keys: Signing keys of the service, each base64 of its 32 bytes.
    """

    result: Result
    reason: Refusal | None = None
    again_s: Annotated[int, Field(ge=0, le=3_600)] = 0
    certificate: Annotated[str, Field(max_length=LONGEST_PEM)] = ""
    county: Name | None = None
    kiosk: Name | None = None
    keys: Annotated[tuple[Annotated[str, AfterValidator(_is_key)], ...], Field(max_length=MOST_KEYS)] = ()
