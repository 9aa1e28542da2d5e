"""Aftermath: puts in order what a crash left behind, in the ledger, at the platform and on the screen."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import assert_never

import structlog

from drivers.contract.clock import Clock
from kiosk.gateway.platform import Accepted, Answer, NotDone, OutcomeUnknown, Refused
from kiosk.journal import IntentKind, IntentOutcome, InterruptedVisit, JournalError, OpenSubmission
from kiosk.visit.acts import GUARD_S
from kiosk.visit.effect import Fact
from kiosk.visit.event import Event, RestartAnswered, RestartFound
from kiosk.visit.idle import ASK_EVERY_S
from kiosk.visit.model import ASKS_BY_ITSELF, MatterState
from kiosk.visit.ports import MatterPlatform, VisitLedger

RECENT = timedelta(minutes=5)
"""How long after a visit was interrupted its person is taken to be still before the screen."""

SHOWN_AFTER_S = 3.0
"""Seconds the platform is given before the screen says that nobody knows: she must not begin again meanwhile."""

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
        self._open: tuple[OpenSubmission, ...] = ()
        self._shown: InterruptedVisit | None = None
        self._is_shown = False
        self.strip_may_hang = False
        """Whether a print was broken off in a way that may have left begun paper in the printer."""

    async def settle(self) -> None:
        """Give what was left open its outcome, but for submissions that may have gone through; tell who is to be told."""
        try:
            found = await self._journal.settle_after_crash()
            self._open = await self._journal.open_submissions()
        except JournalError as error:
            log.warning("visit.ledger_refused", act="settle_after_crash", why=str(error))
            return
        for visit in found:
            self._report_interrupted(visit)
        self.strip_may_hang = any(_may_have_left_a_strip(visit) for visit in found)
        if found and abs(self._clock.now() - found[-1].last_seen_at) <= RECENT:
            self._shown = found[-1]
            if not any(submission.visit == self._shown.visit for submission in self._open):
                self._show(_matter_of(self._shown))

    async def ask(self) -> None:
        """Ask what became of every submission without an outcome, the last one first, and settle it accordingly."""
        if not self._open:
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                patience = tasks.create_task(self._show_when_it_takes_long(), name="restart page")
                for submission in reversed(self._open):
                    answer = await self._answer(submission.key)
                    await self._settle(submission, answer)
                    if self._shown is not None and submission.visit == self._shown.visit:
                        self._show(_matter_by(answer))
                patience.cancel()
        finally:
            self._show_unless_shown()  # even of a defect somewhere in the asking she must hear

    async def _answer(self, key: str) -> Answer:
        answer = await self._asked(key)
        for _ in range(ASKS_BY_ITSELF - 1):
            if not isinstance(answer, OutcomeUnknown):
                break
            await self._clock.sleep(ASK_EVERY_S)
            answer = await self._asked(key)
        return answer

    async def _asked(self, key: str) -> Answer:
        try:
            async with asyncio.timeout(GUARD_S):
                return await self._platform.find(key)
        except TimeoutError:
            return OutcomeUnknown(why=f"no answer within {GUARD_S:g} s")

    async def _settle(self, submission: OpenSubmission, answer: Answer) -> None:
        outcome, word = _outcome_by(answer)
        log.info("visit.settled_after_crash", outcome=word)
        try:
            await self._journal.settle(submission.intent, outcome, evidence=f"{word}, asked after a restart")
        except JournalError as error:  # it stays open: the next start asks again
            log.warning("visit.ledger_refused", act="settle_submission", why=str(error))
            return
        self._report("submit.settled", {"outcome": word})

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
                self._report("submit.settled", {"outcome": "not_done"})
        seconds = round((visit.last_seen_at - visit.began_at).total_seconds(), 1)
        self._report("visit.ended", {"service": visit.service, "outcome": INTERRUPTED, "seconds": seconds, "steps": 0})


def _may_have_left_a_strip(visit: InterruptedVisit) -> bool:
    prints = (intent.outcome for intent in visit.intents if intent.kind is IntentKind.PRINT)
    return any(outcome in (IntentOutcome.UNKNOWN, IntentOutcome.PARTIAL) for outcome in prints)


def _matter_of(visit: InterruptedVisit) -> MatterState:
    match visit.outcome_of(IntentKind.SUBMIT):
        case IntentOutcome.DONE:
            return MatterState.DONE
        case IntentOutcome.UNKNOWN | IntentOutcome.PARTIAL:
            return MatterState.UNKNOWN
        case IntentOutcome.NOT_STARTED | None:
            return MatterState.NOT_DONE
        case _ as unreachable:
            assert_never(unreachable)


def _matter_by(answer: Answer) -> MatterState:
    match answer:
        case Accepted():
            return MatterState.DONE
        case Refused() | NotDone():
            return MatterState.NOT_DONE
        case OutcomeUnknown():
            return MatterState.UNKNOWN
        case _ as unreachable:
            assert_never(unreachable)


def _outcome_by(answer: Answer) -> tuple[IntentOutcome, str]:
    match answer:
        case Accepted():
            return IntentOutcome.DONE, "accepted"
        case Refused():
            return IntentOutcome.NOT_STARTED, "refused"
        case NotDone():
            return IntentOutcome.NOT_STARTED, "not_done"
        case OutcomeUnknown():
            return IntentOutcome.UNKNOWN, "unknown"
        case _ as unreachable:
            assert_never(unreachable)
