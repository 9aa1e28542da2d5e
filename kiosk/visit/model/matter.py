"""Matter: who she is, what she applies for, and what came of it. Everything personal of a visit is in here."""

import hashlib
from dataclasses import dataclass, field

from kiosk.gateway.platform import Application, Document, FaceSeen, KnownBy, Person
from kiosk.services.service import Service, StepKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """A person who said who she is. ``seed`` is random, made for this reading; every key of hers comes from it."""

    person: Person = field(repr=False)
    seed: str = field(repr=False)

    def key(self, service: Service, act: str = "") -> str:
        """The key of her application for ``service``, or of another act that belongs to it: the same one every time."""
        return hashlib.sha256(f"{self.seed}/{service.id}{act}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One person's one application for one service, as far as it has been made ready.

    Attributes:
        sheets: Sheets of hers that were taken and are kept by the runner, until they have been handed in.
        papers: The platform's name for the papers that were handed in, or empty.
        refused_payments: Attempts to pay that took nothing; the next has a key of its own.
        payment: The key of the payment that went through, or empty.
    """

    service: Service
    identified: Identified
    face: FaceSeen = FaceSeen.NOT_ASKED
    sheets: int = 0
    papers: str = ""
    refused_payments: int = 0
    payment: str = ""

    @property
    def key(self) -> str:
        """Names the application for ever."""
        return self.identified.key(self.service)

    @property
    def payment_key(self) -> str:
        """Names the attempt to pay that is on: the same key never takes money twice."""
        return self.identified.key(self.service, f"/pay/{self.refused_payments + 1}")

    @property
    def application(self) -> Application:
        """The application; the same key every time."""
        return Application(
            key=self.key,
            service=self.service.id,
            person=self.identified.person,
            face=self.face,
            papers=self.papers,
            payment=self.payment,
        )

    def is_done(self, step: StepKind) -> bool:
        """Whether one of the steps between 核对 and handing in is behind her."""
        match step:
            case StepKind.FACE:
                return self.face is not FaceSeen.NOT_ASKED
            case StepKind.SCAN:
                return bool(self.papers)
            case StepKind.PAY:
                return bool(self.payment)
            case _:
                return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A matter that went through: what was issued. The card's data are gone by now, but for which card it was."""

    service: Service
    key: str
    document: Document
    way: KnownBy = KnownBy.ID_CARD
