"""Aftermath: puts in order what a crash left behind, in the ledger, at the platform and on the screen."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import assert_never

import structlog

from drivers.contract.clock import Clock
from kiosk.gateway.platform import Accepted, Answer, NotDone, OutcomeUnknown, Paid, PaymentAnswer, Refused
from kiosk.journal import IntentKind, IntentOutcome, InterruptedVisit, JournalError, OpenIntent
from kiosk.visit.deadlines import GUARD_S
from kiosk.visit.effect import Fact
from kiosk.visit.event import Event, RestartAnswered, RestartFound
from kiosk.visit.idle import ASK_EVERY_S
from kiosk.visit.model import ASKS_BY_ITSELF, MatterState
from kiosk.visit.ports import MatterPlatform, VisitLedger

RECENT = timedelta(minutes=5)
"""How long after a visit was interrupted its person is taken to be still before the screen."""

SHOWN_AFTER_S = 3.0
"""Seconds the platform is given before the screen says that nobody knows: she must not begin again meanwhile."""

_SETTLED = {
    IntentKind.SUBMIT: "submit.settled",
    IntentKind.PAY: "pay.settled",
    IntentKind.PRINT: "print.settled",
}
"""What the fleet is told of an act that has its outcome."""

INTERRUPTED = "interrupted"
"""Outcome reported for a visit that the program itself did not survive."""

log = structlog.get_logger(__name__)


class Aftermath:
    """What the last life of this program left open, settled once in this one. Nothing is ever done a second time.

    ``settle`` comes before any visit; what it cannot know, ``ask`` asks the platform for while visits go on.
    """

    def __init__(
        self,
        *,
        platform: MatterPlatform,
        journal: VisitLedger,
        clock: Clock,
        tell: Callable[[Event], None],
        report: Callable[[str, Mapping[str, Fact]], None],
    ) -> None:
        self._platform = platform
        self._journal = journal
        self._clock = clock
        self._tell = tell
        self._report = report
        self._open: tuple[OpenIntent, ...] = ()
        self._paid: frozenset[int] = frozenset()
        self._shown: InterruptedVisit | None = None
        self._is_shown = False
        self.strip_may_hang = False
        """Whether a print was broken off in a way that may have left begun paper in the printer."""

    async def settle(self) -> None:
        """Give what was left open its outcome, but for what may have gone through; tell who is to be told."""
        try:
            found = await self._journal.settle_after_crash()
            self._open = await self._journal.open_intents()
        except JournalError as error:
            log.warning("visit.ledger_refused", act="settle_after_crash", why=str(error))
            return
        for visit in found:
            self._report_interrupted(visit)
        self._paid = frozenset(each.visit for each in found if each.outcome_of(IntentKind.PAY) is IntentOutcome.DONE)
        self.strip_may_hang = any(_may_have_left_a_strip(visit) for visit in found)
        if found and abs(self._clock.now() - found[-1].last_seen_at) <= RECENT:
            self._shown = found[-1]
            if not any(intent.visit == self._shown.visit for intent in self._open):
                self._show(_matter_of(self._shown))

    async def ask(self) -> None:
        """Ask what became of everything without an outcome, the last one first, and settle it accordingly."""
        if not self._open:
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                patience = tasks.create_task(self._show_when_it_takes_long(), name="restart page")
                for intent in reversed(self._open):
                    answer = await self._answer(intent)
                    await self._settle(intent, answer)
                    if self._shown is not None and intent.visit == self._shown.visit:
                        self._show(MatterState.UNKNOWN if self._is_money_lost(intent, answer) else _matter_by(answer))
                patience.cancel()
        finally:
            self._show_unless_shown()  # even of a defect somewhere in the asking she must hear

    async def _answer(self, intent: OpenIntent) -> Answer | PaymentAnswer:
        answer = await self._asked(intent)
        for _ in range(ASKS_BY_ITSELF - 1):
            if not isinstance(answer, OutcomeUnknown):
                break
            await self._clock.sleep(ASK_EVERY_S)
            answer = await self._asked(intent)
        return answer

    async def _asked(self, intent: OpenIntent) -> Answer | PaymentAnswer:
        try:
            async with asyncio.timeout(GUARD_S):
                if intent.kind is IntentKind.PAY:
                    return await self._platform.find_payment(intent.key)
                return await self._platform.find(intent.key)
        except TimeoutError:
            return OutcomeUnknown(why=f"no answer within {GUARD_S:g} s")

    async def _settle(self, intent: OpenIntent, answer: Answer | PaymentAnswer) -> None:
        outcome, word = _outcome_by(answer)
        log.info("visit.settled_after_crash", act=intent.kind.value, outcome=word)
        try:
            await self._journal.settle(intent.intent, outcome, evidence=f"{word}, asked after a restart")
        except JournalError as error:  # it stays open: the next start asks again
            log.warning("visit.ledger_refused", act="settle_after_crash", why=str(error))
            return
        self._report(_SETTLED[intent.kind], {"outcome": word})
        if self._is_money_lost(intent, answer):
            self._report("pay.unused", {})

    def _is_money_lost(self, intent: OpenIntent, answer: Answer | PaymentAnswer) -> bool:
        """Whether she has paid and the matter was certainly not handed in: what was sent last is what the visit died over."""
        return isinstance(answer, Paid) or (isinstance(answer, Refused | NotDone) and intent.visit in self._paid)

    async def _show_when_it_takes_long(self) -> None:
        await self._clock.sleep(SHOWN_AFTER_S)
        self._show_unless_shown()

    def _show_unless_shown(self) -> None:
        if not self._is_shown:
            self._show(MatterState.UNKNOWN)

    def _show(self, matter: MatterState) -> None:
        if self._shown is None:
            return
        if self._is_shown:
            self._tell(RestartAnswered(matter=matter))
        else:
            self._is_shown = True
            self._tell(RestartFound(matter=matter, service=self._shown.service))

    def _report_interrupted(self, visit: InterruptedVisit) -> None:
        log.warning("visit.interrupted", service=visit.service, intents=len(visit.intents))
        for intent in visit.intents:
            if intent.by_restart and intent.kind is IntentKind.PRINT:
                self._report("print.settled", {"outcome": intent.outcome.value, "reprint": intent.reprint})
            elif intent.by_restart:
                self._report(_SETTLED[intent.kind], {"outcome": "not_done"})
        if _is_paid_for_nothing(visit) and not any(intent.visit == visit.visit for intent in self._open):
            self._report("pay.unused", {})
        seconds = round((visit.last_seen_at - visit.began_at).total_seconds(), 1)
        self._report("visit.ended", {"service": visit.service, "outcome": INTERRUPTED, "seconds": seconds, "steps": 0})


def _is_paid_for_nothing(visit: InterruptedVisit) -> bool:
    """Whether the money was taken and the matter has certainly not been handed in: the bureau has to give it back."""
    paid = visit.outcome_of(IntentKind.PAY) is IntentOutcome.DONE
    return paid and visit.outcome_of(IntentKind.SUBMIT) in (None, IntentOutcome.NOT_STARTED)


def _may_have_left_a_strip(visit: InterruptedVisit) -> bool:
    prints = (intent.outcome for intent in visit.intents if intent.kind is IntentKind.PRINT)
    return any(outcome in (IntentOutcome.UNKNOWN, IntentOutcome.PARTIAL) for outcome in prints)


def _matter_of(visit: InterruptedVisit) -> MatterState:
    if _is_paid_for_nothing(visit):
        return MatterState.UNKNOWN  # not to be begun again before somebody has looked where the money is
    match visit.outcome_of(IntentKind.SUBMIT):
        case IntentOutcome.DONE:
            return MatterState.DONE
        case IntentOutcome.UNKNOWN | IntentOutcome.PARTIAL:
            return MatterState.UNKNOWN
        case IntentOutcome.NOT_STARTED | None:
            return MatterState.NOT_DONE
        case _ as unreachable:
            assert_never(unreachable)


def _matter_by(answer: Answer | PaymentAnswer) -> MatterState:
    match answer:
        case Accepted():
            return MatterState.DONE
        case Paid():
            return MatterState.UNKNOWN  # not to be begun again before somebody has looked where the money is
        case Refused() | NotDone():
            return MatterState.NOT_DONE
        case OutcomeUnknown():
            return MatterState.UNKNOWN
        case _ as unreachable:
            assert_never(unreachable)


def _outcome_by(answer: Answer | PaymentAnswer) -> tuple[IntentOutcome, str]:
    match answer:
        case Accepted():
            return IntentOutcome.DONE, "accepted"
        case Paid():
            return IntentOutcome.DONE, "paid"
        case Refused():
            return IntentOutcome.NOT_STARTED, "refused"
        case NotDone():
            return IntentOutcome.NOT_STARTED, "not_done"
        case OutcomeUnknown():
            return IntentOutcome.UNKNOWN, "unknown"
        case _ as unreachable:
            assert_never(unreachable)
