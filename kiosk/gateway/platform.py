"""What a visit may ask of the government service platform, and the four honest answers."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from drivers.contract.id_card_reader import IdCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One matter of one person. ``key`` names it for ever: the same key never has two effects.

    Attributes:
        key: Random 128-bit hex, made before the first attempt and kept in the ledger.
        service: The service's id.
    """

    key: str
    service: str
    person: IdCard = field(repr=False)


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
    """

    number: str
    title: str = field(repr=False)
    rows: tuple[DocumentRow, ...] = field(repr=False)
    issuer: str
    issued_at: datetime
    verify_url: str = field(repr=False)


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
