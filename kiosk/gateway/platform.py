"""What a visit may ask of the government service platform, and the four honest answers."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class KnownBy(StrEnum):
    """How a person said who she is."""

    ID_CARD = "id_card"
    SOCIAL_SECURITY_CARD = "social_security_card"
    PHONE_CODE = "phone_code"


class FaceSeen(StrEnum):
    """What is known of the face of the person who applies."""

    NOT_ASKED = "not_asked"
    MATCHED = "matched"
    """Compared by the platform, or on this machine, with a living face."""
    BY_PHONE = "by_phone"
    """Another proof took its place: the code on her phone."""
    NOT_SHOWN = "not_shown"
    """She would not, or could not; the platform decides what that means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who applies, however she said so. Lives in the visit alone; its repr shows nothing of it.

    Attributes:
        number: ID number, or the number of the document that stands for it, upper-case X.
        card_layout: Text layout of an ID card (``resident``, ``I``, ``J``, ``Y``), or empty.
        address: Empty where the card or the platform does not tell.
        valid_to: Last day of the card's validity, or None.
        photo: The card's own compressed picture, or empty.
        picture: The photo as a picture file, where this machine can decode it; compared here, sent nowhere.
    """

    known_by: KnownBy
    name: str = field(repr=False)
    number: str = field(repr=False)
    card_layout: str = ""
    address: str = field(default="", repr=False)
    valid_to: date | None = field(default=None, repr=False)
    photo: bytes = field(default=b"", repr=False)
    picture: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One matter of one person. ``key`` names it for ever: the same key never has two effects.

    Attributes:
        key: Random 128-bit hex, made before the first attempt and kept in the ledger.
        service: The service's id.
        papers: The platform's name for the papers handed in before (``hand_in_papers``), or empty.
        payment: The key of the payment that was made for it, or empty.
    """

    key: str
    service: str
    person: Person = field(repr=False)
    face: FaceSeen = FaceSeen.NOT_ASKED
    papers: str = ""
    payment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """One line of a document: what it is called and what stands there."""

    label: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What the platform issued: a certificate, a statement, an answer. Personal; lives in the visit alone.

    Attributes:
        number: The document's public number, not personal, e.g. ``SB20261122-000123``.
        verify_url: Where a phone can check that it is genuine, or empty.
        sheets: The document as a PDF for A4 paper, sealed by the platform, or empty when there is none.
        pages: Pages of ``sheets``.
    """

    number: str
    title: str = field(repr=False)
    rows: tuple[DocumentRow, ...] = field(repr=False)
    issuer: str
    issued_at: datetime
    verify_url: str = field(repr=False)
    sheets: bytes = field(default=b"", repr=False)
    pages: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """It went through."""

    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The platform understood and said no. ``reason`` is in words for the person."""

    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDone:
    """It certainly did not go through: the platform never got it, or says it does not have it. ``why`` is for a technician."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeUnknown:
    """It may or may not have gone through; ask again with ``find``, never by a new key. ``why`` is for a technician."""

    why: str


Answer = Accepted | Refused | NotDone | OutcomeUnknown


class FaceVerdict(StrEnum):
    """What came of comparing a face with the person it should be."""

    SAME = "same"
    NOT_SAME = "not_same"
    NOT_COMPARED = "not_compared"
    """No verdict within the deadline, or the platform has no picture to compare with: offer another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """The code on a phone names a person."""

    person: Person = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PapersKept:
    """The platform has the papers; ``name`` is what an application calls them by."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """The money was taken, once. ``receipt`` is the payment's public number."""

    receipt: str


PhoneAnswer = Recognised | Refused | NotDone
PapersAnswer = PapersKept | Refused | NotDone
PaymentAnswer = Paid | Refused | NotDone | OutcomeUnknown


class Platform(Protocol):
    """The platform. Nothing here raises for anything the network or the platform does; that is what the answers are for."""

    async def submit(self, application: Application) -> Answer:
        """Hand in an application and wait for its outcome, at most the configured deadline, retries included."""

    async def find(self, key: str) -> Answer:
        """Ask what became of an application that may have gone through. ``NotDone`` when the platform has never seen it."""

    async def rate(self, key: str, level: int) -> bool:
        """Hand in a rating of 1 to 5; False when it could not be handed in. The same key counts once."""

    async def is_reachable(self) -> bool:
        """Whether the platform answers as a platform, within two seconds."""

    async def recognise_phone(self, code: str) -> PhoneAnswer:
        """Ask who showed this code; it works once and for a minute. ``Refused`` says why not, in words for the person."""

    async def compare_face(self, person: Person, jpeg: memoryview) -> FaceVerdict:
        """Compare a living face with the person it should be, within the configured deadline of at most five seconds.

        The picture is sent and kept nowhere on this machine.
        """

    async def hand_in_papers(self, key: str, pdf: memoryview) -> PapersAnswer:
        """Hand in papers for the application ``key``; the same key again takes the place of what was there."""

    async def pay(self, key: str, *, service: str, amount_fen: int, code: str) -> PaymentAnswer:
        """Take ``amount_fen`` from whoever showed the payment code. The same key never takes money twice."""

    async def find_payment(self, key: str) -> PaymentAnswer:
        """Ask what became of a payment that may have gone through. ``NotDone`` when the platform has never seen it."""

    async def void(self, key: str, number: str) -> bool:
        """Declare a document void of which only a part came out; False when the platform could not be told.

        The next ``find`` of its application answers with a new number.
        """
