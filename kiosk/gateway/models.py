"""The platform's HTTP API as JSON: what goes out, and a tolerant reading of what comes back."""

import base64
from datetime import UTC
from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from kiosk.gateway.platform import (
    Accepted,
    Application,
    Document,
    DocumentRow,
    FaceVerdict,
    KnownBy,
    Paid,
    PapersKept,
    Person,
    Recognised,
    Refused,
)


class Status(StrEnum):
    """What the platform says of an application, a payment, papers, a code, a face, a rating, or itself."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    PROCESSING = "processing"
    """The key is known and its outcome is not: ask again."""
    NEVER_SEEN = "never_seen"
    """No application ever came under this key."""
    RATED = "rated"
    PAID = "paid"
    KEPT = "kept"
    RECOGNISED = "recognised"
    COMPARED = "compared"
    VOIDED = "voided"
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
    pages: Annotated[int, Field(ge=0, le=50)] = 0

    def as_document(self) -> Document:
        return Document(
            number=self.number,
            title=self.title,
            rows=tuple(DocumentRow(label=row.label, value=row.value) for row in self.rows),
            issuer=self.issuer,
            issued_at=self.issued_at.astimezone(UTC),
            verify_url=self.verify_url,
            pages=self.pages,
        )


class _Known(_Inwards):
    name: Annotated[str, BeforeValidator(_without_control_characters), Field(min_length=1, max_length=60)] = Field(repr=False)
    id_number: Annotated[str, Field(pattern=r"^[0-9A-Z]{8,18}$")] = Field(repr=False)
    address: Annotated[str, BeforeValidator(_without_control_characters), Field(max_length=100)] = Field(default="", repr=False)

    def as_person(self) -> Person:
        return Person(known_by=KnownBy.PHONE_CODE, name=self.name, number=self.id_number, address=self.address)


class _Reply(_Inwards):
    status: Annotated[str, Field(max_length=40)]
    reason: Annotated[str, BeforeValidator(_without_control_characters), Field(max_length=200)] = Field(default="", repr=False)
    document: _Document | None = Field(default=None, repr=False)
    person: _Known | None = Field(default=None, repr=False)
    receipt: Annotated[str, BeforeValidator(_without_control_characters), Field(max_length=60)] = ""
    papers: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{0,60}$")] = ""
    verdict: Annotated[str, Field(max_length=40)] = ""


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
            case _:
                return self.refused()

    def paid(self) -> Paid | Refused | None:
        """What became of a payment, when this answer says so."""
        match self._reply:
            case _Reply(status=Status.PAID, receipt=receipt) if receipt:
                return Paid(receipt=receipt)
            case _:
                return self.refused()

    def recognised(self) -> Recognised | Refused | None:
        """Who showed the code, when this answer says so."""
        match self._reply:
            case _Reply(status=Status.RECOGNISED, person=_Known() as known):
                return Recognised(person=known.as_person())
            case _:
                return self.refused()

    def papers_kept(self) -> PapersKept | Refused | None:
        """Under which name the papers are kept, when this answer says so."""
        match self._reply:
            case _Reply(status=Status.KEPT, papers=papers) if papers:
                return PapersKept(name=papers)
            case _:
                return self.refused()

    def verdict(self) -> FaceVerdict:
        """What came of comparing a face; NOT_COMPARED for whatever is no clear verdict: fail closed."""
        match self._reply:
            case _Reply(status=Status.COMPARED, verdict=(FaceVerdict.SAME | FaceVerdict.NOT_SAME) as verdict):
                return FaceVerdict(verdict)
            case _:
                return FaceVerdict.NOT_COMPARED

    def refused(self) -> Refused | None:
        """The platform's no, when this answer is one."""
        match self._reply:
            case _Reply(status=Status.REFUSED, reason=reason) if reason:
                return Refused(reason=reason)
            case _:
                return None


class _Person(BaseModel):
    name: str = Field(repr=False)
    id_number: str = Field(repr=False)
    card_layout: str
    known_by: str


class _ApplicationBody(BaseModel):
    key: str
    service: str
    person: _Person = Field(repr=False)
    face: str
    papers: str
    payment: str


class _FaceBody(BaseModel):
    person: _Person = Field(repr=False)
    jpeg: str = Field(repr=False)


class _PaymentBody(BaseModel):
    key: str
    service: str
    amount_fen: int
    code: str = Field(repr=False)


class _PhoneCodeBody(BaseModel):
    code: str = Field(repr=False)


class _VoidBody(BaseModel):
    number: str


def _outwards(person: Person) -> _Person:
    # Of the person, only what the platform needs to find her: no address, no picture of the card.
    return _Person(name=person.name, id_number=person.number, card_layout=person.card_layout, known_by=person.known_by.value)


def application_body(application: Application) -> bytes:
    """The application as JSON."""
    body = _ApplicationBody(
        key=application.key,
        service=application.service,
        person=_outwards(application.person),
        face=application.face.value,
        papers=application.papers,
        payment=application.payment,
    )
    return body.model_dump_json().encode()


def face_body(person: Person, jpeg: memoryview) -> bytes:
    """A face and the person it should be, as JSON."""
    return _FaceBody(person=_outwards(person), jpeg=base64.b64encode(jpeg).decode("ascii")).model_dump_json().encode()


def payment_body(key: str, *, service: str, amount_fen: int, code: str) -> bytes:
    """A payment as JSON."""
    return _PaymentBody(key=key, service=service, amount_fen=amount_fen, code=code).model_dump_json().encode()


def phone_code_body(code: str) -> bytes:
    """A code shown on a phone, as JSON."""
    return _PhoneCodeBody(code=code).model_dump_json().encode()


def void_body(number: str) -> bytes:
    """The number of a document that is void, as JSON."""
    return _VoidBody(number=number).model_dump_json().encode()
