"""The platform over HTTP: one honest answer to every question, whatever the network does."""

import random
from collections.abc import Callable
from dataclasses import replace

import httpx
import structlog

from drivers.contract.clock import Clock
from kiosk.gateway.exchange import Answered, Exchange, NotSent, Unclear
from kiosk.gateway.keyed import Keyed
from kiosk.gateway.models import (
    Reply,
    Status,
    application_body,
    face_body,
    payment_body,
    phone_code_body,
    void_body,
)
from kiosk.gateway.patience import Patience
from kiosk.gateway.platform import (
    Accepted,
    Answer,
    Application,
    FaceVerdict,
    NotDone,
    Paid,
    PapersAnswer,
    PaymentAnswer,
    Person,
    PhoneAnswer,
    Refused,
)
from kiosk.gateway.settings import PlatformSettings

log = structlog.get_logger(__name__)

REACHABLE_S = 2.0
"""Promised by the Platform contract."""
RATING_S = 8.0
"""Nobody waits for a rating longer than for a goodbye."""
PHONE_CODE_S = 8.0
"""A code on a phone runs out within a minute; whoever holds it up holds up an arm."""
PDF = "application/pdf"
MOST_SHEETS_BYTES = 20 * 1024 * 1024
"""As much as a document printer takes (``drivers.contract.document_printer``)."""


class HttpPlatform:
    """The platform, asked over HTTP with JSON.

    Applications and payments go out under their keys, and only again under the same key, and only after the platform was asked
    what became of them (``Keyed``).
    """

    def __init__(
        self,
        *,
        settings: PlatformSettings,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            settings: Where, how to be let in, how long to wait.
            clock: The source of time.
            transport: How requests travel, when not by the real network.
            chance: A number from 0 to 1, to spread the pauses of many kiosks.

        Raises:
            ValueError: The token file cannot be used.
        """
        self._settings = settings
        self._clock = clock
        self._chance = chance
        self._exchange = Exchange(settings=settings, clock=clock, transport=transport)
        self._applications: Keyed[Accepted | Refused] = Keyed(
            exchange=self._exchange, place="applications", settled=Reply.settled, patience=self._patience
        )
        self._payments: Keyed[Paid | Refused] = Keyed(
            exchange=self._exchange, place="payments", settled=Reply.paid, patience=self._patience
        )

    async def submit(self, application: Application) -> Answer:
        """Hand in an application and wait for its outcome, at most ``overall_s``."""
        answer = await self._applications.bring_about(application.key, application_body(application))
        return await self._with_sheets(application.key, answer)

    async def find(self, key: str) -> Answer:
        """Ask what became of an application, at most ``overall_s``."""
        return await self._with_sheets(key, await self._applications.find(key))

    async def pay(self, key: str, *, service: str, amount_fen: int, code: str) -> PaymentAnswer:
        """Take money from whoever showed the code, at most ``overall_s``."""
        body = payment_body(key, service=service, amount_fen=amount_fen, code=code)
        return await self._payments.bring_about(key, body)

    async def find_payment(self, key: str) -> PaymentAnswer:
        """Ask what became of a payment, at most ``overall_s``."""
        return await self._payments.find(key)

    async def recognise_phone(self, code: str) -> PhoneAnswer:
        """Ask who showed this code. It is asked once: a code works once, and a second asking would find it used."""
        deadline_s = self._clock.monotonic_s() + PHONE_CODE_S
        outcome = await self._exchange.send("POST", "phone-codes", deadline_s=deadline_s, body=phone_code_body(code))
        if isinstance(outcome, Answered):
            return Reply(outcome.body).recognised() or NotDone(why=outcome.description)
        return NotDone(why=outcome.why)

    async def compare_face(self, person: Person, jpeg: memoryview) -> FaceVerdict:
        """Compare a face with the person it should be, within ``face_s``."""
        deadline_s = self._clock.monotonic_s() + self._settings.face_s
        outcome = await self._exchange.send("POST", "faces", deadline_s=deadline_s, body=face_body(person, jpeg))
        if isinstance(outcome, Answered) and outcome.is_success:
            return Reply(outcome.body).verdict()
        log.warning("platform_compared_no_face", why=_why(outcome))
        return FaceVerdict.NOT_COMPARED

    async def hand_in_papers(self, key: str, pdf: memoryview) -> PapersAnswer:
        """Hand in papers, at most ``overall_s``. Repeating it does no harm: the same key takes the place of what was there."""
        patience = self._patience()
        while True:
            outcome = await self._exchange.send(
                "PUT", f"applications/{key}/papers", deadline_s=patience.deadline_s, body=pdf, sends=PDF, idempotency_key=key
            )
            if isinstance(outcome, Answered):
                if (answer := Reply(outcome.body).papers_kept()) is not None:
                    return answer
                if _is_final(outcome):
                    return NotDone(why=outcome.description)
            if not await patience.goes_on(retry_after_s=_retry_after_s(outcome)):
                return NotDone(why=_why(outcome))

    async def void(self, key: str, number: str) -> bool:
        """Declare a document void; False when the platform could not be told within ``overall_s``."""
        return await self._told(
            f"applications/{key}/void", void_body(number), key=key, done=Status.VOIDED, patience=self._patience()
        )

    async def rate(self, key: str, level: int) -> bool:
        """Hand in a rating of 1 to 5; False when it could not be handed in. The same key counts once."""
        if not 1 <= level <= 5:
            message = f"a rating is 1 to 5, not {level}"
            raise ValueError(message)
        patience = Patience(self._clock, self._chance, overall_s=RATING_S, retries=self._settings.retries)
        return await self._told(
            f"applications/{key}/rating", b'{"level":%d}' % level, key=key, done=Status.RATED, patience=patience
        )

    async def is_reachable(self) -> bool:
        """Whether the platform answers as a platform, and lets this kiosk in, within two seconds."""
        outcome = await self._exchange.send("GET", "healthz", deadline_s=self._clock.monotonic_s() + REACHABLE_S)
        return isinstance(outcome, Answered) and outcome.is_success and Reply(outcome.body).status == Status.WELL

    async def close(self) -> None:
        """Let go of the network. Twice is fine."""
        await self._exchange.close()

    async def _told(self, path: str, body: bytes, *, key: str, done: Status, patience: Patience) -> bool:
        """Say something that may be said twice; whether the platform has heard it."""
        while True:
            outcome = await self._exchange.send("PUT", path, deadline_s=patience.deadline_s, body=body, idempotency_key=key)
            if isinstance(outcome, Answered):
                if outcome.is_success:
                    return Reply(outcome.body).status == done
                if _is_final(outcome):
                    return False
            if not await patience.goes_on(retry_after_s=_retry_after_s(outcome)):
                return False

    async def _with_sheets(self, key: str, answer: Answer) -> Answer:
        """Fetch the sheets of a document that has some. Without them it is still issued: its number and code are there."""
        if not isinstance(answer, Accepted) or not answer.document.pages:
            return answer
        document = answer.document
        patience = self._patience()
        while True:
            outcome = await self._exchange.send(
                "GET", f"applications/{key}/sheets", deadline_s=patience.deadline_s, expects=PDF, at_most_bytes=MOST_SHEETS_BYTES
            )
            if isinstance(outcome, Answered) and outcome.is_success and outcome.kind == PDF:
                return Accepted(document=replace(document, sheets=outcome.body))
            if isinstance(outcome, Answered) and _is_final(outcome):
                break
            if not await patience.goes_on(retry_after_s=_retry_after_s(outcome)):
                break
        log.warning("platform_kept_the_sheets", key=key, why=_why(outcome))
        return Accepted(document=replace(document, pages=0))

    def _patience(self) -> Patience:
        return Patience(self._clock, self._chance, overall_s=self._settings.overall_s, retries=self._settings.retries)


def _is_final(outcome: Answered) -> bool:
    """Whether saying it again would be answered in the same way."""
    return 400 <= outcome.code < httpx.codes.INTERNAL_SERVER_ERROR and outcome.code != httpx.codes.TOO_MANY_REQUESTS


def _retry_after_s(outcome: Answered | NotSent | Unclear) -> float | None:
    return outcome.retry_after_s if isinstance(outcome, Answered) else None


def _why(outcome: Answered | NotSent | Unclear) -> str:
    return outcome.description if isinstance(outcome, Answered) else outcome.why
