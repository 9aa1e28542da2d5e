"""Desired state: the one document that says what a kiosk should be, and whether this kiosk may take it. Pure.

A document is judged before anybody looks at what stands in it. What is in force never expires: expiry keeps an old document from
being *taken*, so a clock that is wrong by decades delays what is new and takes nothing away.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError, model_validator

KIND = "application/vnd.zhizhu.desired+json"
"""What a document is, in its envelope."""

MAX_DOCUMENT_BYTES = 65_536
DEEPEST = 12
"""Tables within tables; the deepest of a kiosk's own settings has five."""

NEWEST_VERSION = 2**53 - 1
"""JSON readers agree on whole numbers up to here; a document a second reaches it in 285 million years."""

AHEAD = timedelta(days=1)
"""What a bureau's clock may be ahead of a kiosk's whose clock was confirmed."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,31}$")]


class DocumentError(Exception):
    """These bytes are no document; the message says what is wrong, on one line."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Addressee(_Strict):
    """Whose document this is; nobody else may take it."""

    county: Name
    kiosk: Name


class At(StrEnum):
    """When a release may be put in; a villager comes first in any case."""

    NOW = "now"
    REST = "rest"
    NIGHT = "night"


class WantedRelease(_Strict):
    """The release a kiosk should run."""

    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$")]
    not_before: AwareDatetime | None = None
    at: At = At.REST


class Document(_Strict):
    """What one kiosk should be.

    Attributes:
        schema_version: Of this form; a kiosk that does not know it refuses.
        version: Of the content, per kiosk, growing for ever. To go back is a newer version with older content.
        issued_at: When it was signed; the same version may be signed again.
        expires_at: After this it is taken by nobody who knows the time.
        settings: The bureau's part of ``kiosk.toml``; devices by name, null takes away.
    """

    schema_version: Literal[1] = 1
    addressee: Addressee
    version: int = Field(ge=1, le=NEWEST_VERSION)
    issued_at: AwareDatetime
    expires_at: AwareDatetime
    release: WantedRelease | None = None
    settings: dict[str, JsonValue]

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.expires_at <= self.issued_at:
            message = "expires_at must come after issued_at"
            raise ValueError(message)
        return self


class Reason(StrEnum):
    """Why a document is not taken."""

    NOT_OURS = "not_ours"
    """Another kiosk's, or another county's."""
    KNOWN = "known"
    """This version was taken already; what came of it is reported again."""
    OLDER = "older"
    EXPIRED = "expired"
    FROM_THE_FUTURE = "from_the_future"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """It may be looked into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """It may not; ``detail`` is for a technician."""

    reason: Reason
    detail: str


def read_document(payload: bytes) -> Document:
    """Read a document, strictly.

    Raises:
        DocumentError: It is too big, no JSON, says a key twice, nests too deep, or is not of this form.
    """
    if len(payload) > MAX_DOCUMENT_BYTES:
        raise DocumentError(f"{len(payload)} bytes, at most {MAX_DOCUMENT_BYTES}")
    try:
        read = json.loads(payload, object_pairs_hook=_each_once, parse_constant=_no_number)
        _shallow(read, 0)
        # As JSON, so that strictness is about types and not about texts being no times; what json.loads let in, dumps writes.
        return Document.model_validate_json(json.dumps(read))
    except ValidationError as error:
        raise DocumentError("; ".join(_complaint(each["loc"], each["msg"]) for each in error.errors())) from None
    except RecursionError:
        raise DocumentError(f"nested deeper than {DEEPEST}") from None
    except ValueError as error:
        raise DocumentError(f"is no JSON: {error}") from None


def write_document(document: Document) -> bytes:
    """Return the bytes that are signed.

    Raises:
        DocumentError: It is too big to be taken by anybody.
    """
    payload = json.dumps(document.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":")).encode()
    if len(payload) > MAX_DOCUMENT_BYTES:
        raise DocumentError(f"{len(payload)} bytes, at most {MAX_DOCUMENT_BYTES}")
    return payload


def judge(
    document: Document,
    addressee: Addressee,
    *,
    in_force_version: int,
    newest_seen: int,
    now: datetime,
    clock_is_trusted: bool,
) -> Accept | Refuse:
    """Decide whether a kiosk may look into a document whose signature is good.

    Args:
        document: As it was signed.
        addressee: Who this kiosk is.
        in_force_version: Of the document in force, 0 when there is none.
        newest_seen: Newest version ever taken, even if it did not prove itself and went back.
        now: By this kiosk's clock.
        clock_is_trusted: Whether anybody confirmed that clock. Times are held against a document only then.
    """
    if document.addressee != addressee:
        other = document.addressee
        return Refuse(reason=Reason.NOT_OURS, detail=f"is for {other.county}/{other.kiosk}")
    newest = max(in_force_version, newest_seen)
    if document.version == newest:
        return Refuse(reason=Reason.KNOWN, detail=f"version {document.version} was taken before")
    if document.version < newest:
        return Refuse(reason=Reason.OLDER, detail=f"version {document.version} is older than {newest}")
    if clock_is_trusted and document.issued_at > now + AHEAD:
        return Refuse(reason=Reason.FROM_THE_FUTURE, detail=f"was issued at {_moment(document.issued_at)}, it is {_moment(now)}")
    if clock_is_trusted and document.expires_at <= now:
        return Refuse(reason=Reason.EXPIRED, detail=f"expired at {_moment(document.expires_at)}, it is {_moment(now)}")
    return Accept()


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _each_once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key is said twice")
    return table


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no number")


def _shallow(value: object, depth: int) -> None:
    if depth > DEEPEST:
        raise RecursionError
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _shallow(each, depth + 1)


def _complaint(location: tuple[int | str, ...], message: str) -> str:
    path = ".".join(map(str, location)) or "the document"
    return f"{path}: {message[:1].lower()}{message[1:]}"[:200]
