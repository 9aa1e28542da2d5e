"""VisitRunner: feeds events to the machine one by one, carries out its effects, and wipes when a visit ends."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from datetime import timedelta
from typing import assert_never

import structlog

from drivers.contract.clock import Clock
from drivers.contract.receipt_printer import PrintOutcome
from kiosk.gateway.platform import OutcomeUnknown
from kiosk.journal import IntentKind, IntentOutcome, InterruptedVisit, JournalError
from kiosk.visit.acts import Acts
from kiosk.visit.effect import (
    AskPlatform,
    BeginVisit,
    Effect,
    EndVisit,
    HandInRating,
    Print,
    ReadCard,
    RecordAnswer,
    Report,
    SettleSubmission,
    StopReading,
    Submit,
)
from kiosk.visit.event import Event, PlatformAnswered, PrintSettled, ReaderLost, RestartFound, TimePassed
from kiosk.visit.machine import advance, break_off
from kiosk.visit.model import AT_REST, MatterState, Visit
from kiosk.visit.place import Place
from kiosk.visit.ports import CardReading, MatterPlatform, ReceiptPrinting, VisitLedger
from kiosk.visit.stages.entrances import Step

TICK_S = 1.0
"""Seconds between two looks at the time: countdowns are shown in whole seconds."""

RECENT = timedelta(minutes=5)
"""How long after a visit was interrupted its person is taken to be still before the screen."""

LAST_DISCARD_S = 2.0
"""Seconds the printer is given for its buffer when the program ends."""

INTERRUPTED = "interrupted"
"""Outcome reported for a visit that the program itself did not survive."""

Fact = str | int | float | bool

log = structlog.get_logger(__name__)


class VisitRunner:
    """One visit at a time, for as long as the kiosk runs.

    ``handle`` may be called from anywhere on the loop; what it is handed is taken in order. ``changed`` is called after
    every change with the visit as it now is, ``report`` with telemetry that holds nothing personal:
    ``visit.started``, ``visit.ended``, ``submit.settled``, ``print.settled``, ``rating.given``, ``rating.lost``,
    ``repair.requested``.
    """

    def __init__(
        self,
        *,
        reader: CardReading,
        printer: ReceiptPrinting,
        platform: MatterPlatform,
        journal: VisitLedger,
        clock: Clock,
        place: Place,
        changed: Callable[[Visit], None],
        report: Callable[[str, Mapping[str, Fact]], None],
        random_hex: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._changed = changed
        self._report = report
        self._visit = AT_REST
        self._began_s = clock.monotonic_s()
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._tasks: asyncio.TaskGroup | None = None
        self._reading: asyncio.Task[None] | None = None
        self._acts = Acts(
            reader=reader,
            printer=printer,
            platform=platform,
            journal=journal,
            clock=clock,
            place=place,
            tell=self.handle,
            random_hex=random_hex,
        )

    @property
    def visit(self) -> Visit:
        """The visit as it is now."""
        return self._visit

    def handle(self, event: Event) -> None:
        """Take an event; it is dealt with before the loop comes round again to anything that waits for it."""
        self._events.put_nowait(event)

    async def run(self) -> None:
        """Serve until cancelled. The journal is open by now; what a crash left in it is settled first."""
        await self._settle_after_crash()
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                self._changed(self._visit)
                tasks.create_task(self._tick(), name="visit tick")
                while True:
                    self._take(await self._events.get())
        finally:
            self._tasks = self._reading = None
            was_begun = self._visit.begun is not None
            self._visit = AT_REST
            while not self._events.empty():
                self._events.get_nowait()
            if was_begun:  # its row stays open: the next start settles it and tells whoever still waits
                await self._acts.discard(within_s=LAST_DISCARD_S)

    def _take(self, event: Event) -> None:
        try:
            self._apply(advance(self._visit, event))
        except Exception:
            log.exception("visit.broke_off", happened=type(event).__name__, stage=type(self._visit.stage).__name__)
            self._apply(break_off(self._visit))

    def _apply(self, step: Step) -> None:
        before, (self._visit, effects) = self._visit, step
        for effect in effects:
            self._carry_out(effect)
        if self._visit is not before and self._visit != before:
            self._changed(self._visit)

    def _carry_out(self, effect: Effect) -> None:
        acts = self._acts
        match effect:
            case BeginVisit():
                self._began_s = self._clock.monotonic_s()
                self._start(acts.begin_visit(effect.service))
            case EndVisit():
                self._end_visit(effect)
            case ReadCard():
                self._stop_reading()
                self._reading = self._start(acts.read_card(effect.job), otherwise=ReaderLost(job=effect.job))
            case StopReading():
                self._stop_reading()
            case Submit():
                unknown = PlatformAnswered(job=effect.job, answer=OutcomeUnknown(why="a defect while handing in"))
                self._start(acts.submit(effect.job, effect.application), otherwise=unknown)
            case AskPlatform():
                unknown = PlatformAnswered(job=effect.job, answer=OutcomeUnknown(why="a defect while asking"))
                self._start(acts.ask_platform(effect.job, effect.key), otherwise=unknown)
            case SettleSubmission():
                self._start(acts.settle_submission(effect.outcome, effect.evidence))
            case Print():
                unknown_print = PrintSettled(job=effect.job, outcome=PrintOutcome.UNKNOWN)
                self._start(acts.print_receipt(effect), otherwise=unknown_print)
            case RecordAnswer():
                self._start(acts.record_answer(effect.seen))
            case HandInRating():
                self._start(self._hand_in_rating(effect))
            case Report():
                self._report(effect.name, dict(effect.facts))
            case _:
                assert_never(effect)

    async def _hand_in_rating(self, effect: HandInRating) -> None:
        if not await self._acts.hand_in_rating(effect.key, effect.level):
            self._report("rating.lost", {})

    def _end_visit(self, effect: EndVisit) -> None:
        self._stop_reading()
        self._start(self._acts.end_visit(effect.outcome))
        seconds = round(self._clock.monotonic_s() - self._began_s, 1)
        self._report(
            "visit.ended",
            {"service": effect.service.id, "outcome": effect.outcome.value, "seconds": seconds, "steps": effect.steps},
        )

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _start(self, job: Coroutine[None, None, None], *, otherwise: Event | None = None) -> asyncio.Task[None]:
        if self._tasks is None:
            job.close()
            raise RuntimeError("the visit runner does not run")
        return self._tasks.create_task(self._guarded(job, otherwise), name="visit job")

    async def _guarded(self, job: Coroutine[None, None, None], otherwise: Event | None) -> None:
        try:
            await job
        except Exception:
            log.exception("visit.job_failed", answered=type(otherwise).__name__)
            if otherwise is not None:
                self.handle(otherwise)

    async def _tick(self) -> None:
        last_s = self._clock.monotonic_s()
        while True:
            await self._clock.sleep(TICK_S)
            now_s = self._clock.monotonic_s()
            self.handle(TimePassed(seconds=now_s - last_s))
            last_s = now_s

    async def _settle_after_crash(self) -> None:
        try:
            found = await self._journal.settle_after_crash()
        except JournalError as error:
            log.warning("visit.ledger_refused", act="settle_after_crash", why=str(error))
            return
        for visit in found:
            self._report_interrupted(visit)
        if found and abs(self._clock.now() - found[-1].last_seen_at) <= RECENT:
            self.handle(RestartFound(matter=_matter_of(found[-1]), service=found[-1].service))

    def _report_interrupted(self, visit: InterruptedVisit) -> None:
        log.warning("visit.interrupted", service=visit.service, intents=len(visit.intents))
        for intent in visit.intents:
            if intent.by_restart and intent.kind is IntentKind.PRINT:
                self._report("print.settled", {"outcome": intent.outcome.value, "reprint": intent.reprint})
            elif intent.by_restart:
                self._report("submit.settled", {"outcome": intent.outcome.value})
        seconds = round((visit.last_seen_at - visit.began_at).total_seconds(), 1)
        self._report("visit.ended", {"service": visit.service, "outcome": INTERRUPTED, "seconds": seconds, "steps": 0})


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
