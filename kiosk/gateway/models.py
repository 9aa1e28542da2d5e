"""The platform's HTTP API as JSON: what goes out, and a tolerant reading of what comes back."""

from datetime import UTC
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from kiosk.gateway.platform import Accepted, Application, Document, DocumentRow, Refused


class Status(StrEnum):
    """What the platform says of an application, a rating, or itself."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    PROCESSING = "processing"
    """The key is known and its outcome is not: ask again."""
    NEVER_SEEN = "never_seen"
    """No application ever came under this key."""
    RATED = "rated"
    WELL = "ok"


def _without_control_characters(value: object) -> object:
    # What is printed must not be able to command a printer: an ESC in a document's row would.
    return "".join(c for c in value if c.isprintable()) if isinstance(value, str) else value


class _Inwards(BaseModel):
    """Unknown fields are ignored: the platform is newer than this kiosk."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class _Row(_Inwards):
    label: Annotated[str, BeforeValidator(_without_control_characters), Field(max_length=40)] = Field(repr=False)
    value: Annotated[str, BeforeValidator(_without_control_characters), Field(max_length=200)] = Field(repr=False)


class _Document(_Inwards):
    number: Annotated[str, BeforeValidator(_without_control_characters), Field(min_length=1, max_length=60)]
    title: Annotated[str, BeforeValidator(_without_control_characters), Field(min_length=1, max_length=60)] = Field(repr=False)
    rows: Annotated[tuple[_Row, ...], Field(max_length=80)] = Field(repr=False)
    issuer: Annotated[str, BeforeValidator(_without_control_characters), Field(max_length=80)]
    issued_at: AwareDatetime
    verify_url: Annotated[str, Field(pattern=r"^(https?://[!-~]{1,300})?$")] = Field(default="", repr=False)

    def as_document(self) -> Document:
        return Document(
            number=self.number,
            title=self.title,
            rows=tuple(DocumentRow(label=row.label, value=row.value) for row in self.rows),
            issuer=self.issuer,
            issued_at=self.issued_at.astimezone(UTC),
            verify_url=self.verify_url,
        )


class _Reply(_Inwards):
    status: Annotated[str, Field(max_length=40)]
    reason: Annotated[str, BeforeValidator(_without_control_characters), Field(max_length=200)] = Field(default="", repr=False)
    document: _Document | None = Field(default=None, repr=False)


class Reply:
    """One JSON answer of the platform, read as far as this kiosk understands it."""

    def __init__(self, body: bytes) -> None:
        """Read ``body``; whatever it is, nothing is raised."""
        try:
            self._reply: _Reply | None = _Reply.model_validate_json(body)
        except ValidationError:
            self._reply = None

    @property
    def status(self) -> str | None:
        """The status word, perhaps one this kiosk does not know; None when this was no answer of the platform."""
        return self._reply.status if self._reply else None

    def settled(self) -> Accepted | Refused | None:
        """The outcome, when this answer holds one that can be read whole."""
        match self._reply:
            case _Reply(status=Status.ACCEPTED, document=_Document() as document):
                return Accepted(document=document.as_document())
            case _Reply(status=Status.REFUSED, reason=reason) if reason:
                return Refused(reason=reason)
            case _:
                return None


class _Person(BaseModel):
    name: str = Field(repr=False)
    id_number: str = Field(repr=False)
    card_layout: str


class _ApplicationBody(BaseModel):
    key: str
    service: str
    person: _Person = Field(repr=False)


def application_body(application: Application) -> bytes:
    """The application as JSON: of the person, only what the platform needs to find them (no address, no picture)."""
    person = application.person
    body = _ApplicationBody(
        key=application.key,
        service=application.service,
        person=_Person(name=person.name, id_number=person.number, card_layout=person.layout.value),
    )
    return body.model_dump_json().encode()
