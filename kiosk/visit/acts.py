"""Acts: what is done at the platform, with the ledger written before and after whatever must not happen twice."""

import asyncio
from collections.abc import Callable

import structlog

from kiosk.gateway.platform import Answer, Application, NotDone, OutcomeUnknown, PaymentAnswer
from kiosk.journal import IntentKind, IntentOutcome
from kiosk.visit.deadlines import GUARD_S
from kiosk.visit.effect import Pay, RenewDocument
from kiosk.visit.event import DocumentRenewed, Event, PaymentAnswered, PlatformAnswered
from kiosk.visit.ports import MatterPlatform
from kiosk.visit.rows import Rows

log = structlog.get_logger(__name__)


class Acts:
    """Does one act when asked, and tells what came of it as an event.

    Holds the rows of what the platform may still tell of; nothing of the person.
    """

    def __init__(self, *, platform: MatterPlatform, rows: Rows, tell: Callable[[Event], None]) -> None:
        self._platform = platform
        self._rows = rows
        self._tell = tell
        self._submission_row: int | None = None
        self._payment_row: int | None = None

    def forget(self) -> None:
        """A new visit begins: what the last one left open is settled at the next start."""
        self._submission_row = self._payment_row = None

    async def submit(self, job: int, application: Application) -> None:
        """Hand in, once the ledger knows; not at all when the ledger cannot know."""
        self._tell(PlatformAnswered(job=job, answer=await self._submitted(application)))

    async def ask_platform(self, job: int, key: str) -> None:
        """Ask what became of an application."""
        async with asyncio.timeout(GUARD_S):
            answer = await self._platform.find(key)
        self._tell(PlatformAnswered(job=job, answer=answer))

    async def settle_submission(self, outcome: IntentOutcome, evidence: str) -> None:
        """Give the submission's row its one outcome."""
        row, self._submission_row = self._submission_row, None
        if row is not None:
            await self._rows.settle(row, outcome, evidence)

    async def pay(self, effect: Pay) -> None:
        """Have the money taken, once the ledger knows; not at all when the ledger cannot know."""
        self._tell(PaymentAnswered(job=effect.job, answer=await self._paid(effect)))

    async def ask_payment(self, job: int, key: str) -> None:
        """Ask what became of a payment."""
        async with asyncio.timeout(GUARD_S):
            answer = await self._platform.find_payment(key)
        self._tell(PaymentAnswered(job=job, answer=answer))

    async def settle_payment(self, outcome: IntentOutcome, evidence: str) -> None:
        """Give the payment's row its one outcome."""
        row, self._payment_row = self._payment_row, None
        if row is not None:
            await self._rows.settle(row, outcome, evidence)

    async def renew(self, effect: RenewDocument) -> None:
        """Declare a document void and ask for the one that takes its place. Both may be repeated."""
        is_void, answer = False, None
        try:
            async with asyncio.timeout(GUARD_S):
                is_void = await self._platform.void(effect.key, effect.number)
                answer = await self._platform.find(effect.key) if is_void else None
        except TimeoutError:
            log.warning("visit.renewal_unanswered", waited_s=GUARD_S)
        self._tell(DocumentRenewed(job=effect.job, is_void=is_void, answer=answer))

    async def hand_in_rating(self, key: str, level: int) -> bool:
        """Hand in the rating; False when it is lost: nobody is left who could be asked for it again."""
        is_handed_in = False
        try:
            async with asyncio.timeout(GUARD_S):
                is_handed_in = await self._platform.rate(key, level)
        except TimeoutError:
            log.warning("visit.rating_unanswered", waited_s=GUARD_S)
        if not is_handed_in:
            log.warning("visit.rating_lost")
        return is_handed_in

    async def _submitted(self, application: Application) -> Answer:
        self._submission_row = row = await self._rows.intend(IntentKind.SUBMIT, application.key)
        if row is None:
            return NotDone(why="the ledger could not be written")
        try:
            async with asyncio.timeout(GUARD_S):
                return await self._platform.submit(application)
        except TimeoutError:
            return OutcomeUnknown(why=f"no answer within {GUARD_S:g} s")

    async def _paid(self, effect: Pay) -> PaymentAnswer:
        self._payment_row = row = await self._rows.intend(IntentKind.PAY, effect.key)
        if row is None:
            return NotDone(why="the ledger could not be written")
        try:
            async with asyncio.timeout(GUARD_S):
                return await self._platform.pay(
                    effect.key, service=effect.service, amount_fen=effect.amount_fen, code=effect.code
                )
        except TimeoutError:
            return OutcomeUnknown(why=f"no answer within {GUARD_S:g} s")
