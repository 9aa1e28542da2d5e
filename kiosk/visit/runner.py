"""VisitRunner: feeds events to the machine one by one, carries out its effects, and wipes when a visit ends."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from random import Random, SystemRandom
from typing import assert_never

import structlog

from drivers.contract.camera import FaceComparer
from drivers.contract.clock import Clock
from drivers.contract.print_outcome import PrintOutcome
from kiosk.gateway.platform import NotDone, OutcomeUnknown
from kiosk.services.service import Capability
from kiosk.visit.acts import Acts
from kiosk.visit.aftermath import Aftermath
from kiosk.visit.devices import Devices
from kiosk.visit.effect import (
    AskPayment,
    AskPlatform,
    BeginVisit,
    DrawBackPaper,
    DropSheet,
    DropSheets,
    Effect,
    EndVisit,
    Fact,
    HandInPapers,
    HandInRating,
    LookForCards,
    LookForPaper,
    Pay,
    Print,
    ReadCard,
    ReadPayCode,
    RecordAnswer,
    RenewDocument,
    Report,
    SettlePayment,
    SettleSubmission,
    StopReading,
    Submit,
    TakeFace,
    TakeSheet,
)
from kiosk.visit.event import (
    CameraLost,
    CardsSeen,
    DocumentRenewed,
    DocumentScannerLost,
    Event,
    OffersChanged,
    PaperLooked,
    PapersAnswered,
    PaymentAnswered,
    PlatformAnswered,
    PrintSettled,
    ReaderLost,
    TimePassed,
)
from kiosk.visit.faces import Faces
from kiosk.visit.machine import advance, break_off
from kiosk.visit.model import AT_REST, DEFAULT_SETTINGS, Settings, Visit
from kiosk.visit.place import Place
from kiosk.visit.ports import MatterPlatform, VisitLedger
from kiosk.visit.prints import Prints
from kiosk.visit.readers import Readers
from kiosk.visit.rows import Rows
from kiosk.visit.sheets import Sheets
from kiosk.visit.stages.entrances import Step

TICK_S = 1.0
"""Seconds between two looks at the time: countdowns are shown in whole seconds."""

LAST_DISCARD_S = 2.0
"""Seconds the printer is given for its buffer when the program ends."""

log = structlog.get_logger(__name__)


class VisitRunner:
    """One visit at a time, for as long as the kiosk runs.

    ``handle`` may be called from anywhere on the loop; what it is handed is taken in order. ``changed`` is called after
    every change with the visit as it now is, ``report`` with telemetry that holds nothing personal:
    ``visit.started``, ``visit.ended``, ``submit.settled``, ``pay.settled``, ``pay.unused``, ``print.settled``,
    ``receipt.not_taken``, ``card.left``, ``rating.given``, ``rating.lost``, ``repair.requested``. ``show_preview`` is handed
    every picture for the screen; it keeps none.
    """

    def __init__(
        self,
        *,
        devices: Devices,
        platform: MatterPlatform,
        journal: VisitLedger,
        clock: Clock,
        place: Place,
        changed: Callable[[Visit], None],
        report: Callable[[str, Mapping[str, Fact]], None],
        show_preview: Callable[[bytes], None] = lambda _jpeg: None,
        comparer: FaceComparer | None = None,
        random_hex: Callable[[], str] = lambda: secrets.token_hex(16),
        chance: Random | None = None,
        usual: Settings = DEFAULT_SETTINGS,
    ) -> None:
        self._clock = clock
        self._changed = changed
        self._report = report
        self._at_rest = replace(AT_REST, settings=usual, usual=usual)
        self._visit = self._at_rest
        self._began_s = clock.monotonic_s()
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._tasks: asyncio.TaskGroup | None = None
        self._waiting: asyncio.Task[None] | None = None
        rows = Rows(journal)
        self._rows = rows
        self._acts = Acts(platform=platform, rows=rows, tell=self.handle)
        self._readers = Readers(
            devices=devices, platform=platform, clock=clock, place=place, tell=self.handle, random_hex=random_hex
        )
        self._faces = Faces(
            camera=devices.camera,
            platform=platform,
            comparer=comparer,
            clock=clock,
            tell=self.handle,
            show_preview=show_preview,
            chance=chance or SystemRandom(),
        )
        self._sheets = Sheets(scanner=devices.document_scanner, platform=platform, tell=self.handle, show_preview=show_preview)
        self._prints = Prints(
            receipts=devices.receipt_printer, pages=devices.document_printer, rows=rows, place=place, tell=self.handle
        )
        self._aftermath = Aftermath(platform=platform, journal=journal, clock=clock, tell=self.handle, report=report)

    @property
    def visit(self) -> Visit:
        """The visit as it is now."""
        return self._visit

    def handle(self, event: Event) -> None:
        """Take an event; it is dealt with before the loop comes round again to anything that waits for it."""
        self._events.put_nowait(event)

    async def run(self) -> None:
        """Serve until cancelled. The journal is open by now; what a crash left in it is settled first."""
        await self._aftermath.settle()
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                self._changed(self._visit)
                tasks.create_task(self._tick(), name="visit tick")
                self._start(self._aftermath.ask())
                while True:
                    self._take(await self._events.get())
        finally:
            self._tasks = self._waiting = None
            self._sheets.drop_all()
            was_begun = self._visit.begun is not None
            self._visit = self._at_rest
            while not self._events.empty():
                self._events.get_nowait()
            if was_begun:  # its row stays open: the next start settles it and tells whoever still waits
                await self._prints.discard(within_s=LAST_DISCARD_S)

    def _take(self, event: Event) -> None:
        if self._aftermath.strip_may_hang and isinstance(event, OffersChanged) and Capability.PRINT_RECEIPT in event.ready:
            self._aftermath.strip_may_hang = False
            self._start(self._prints.cut_off_strip())
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
        match effect:
            case BeginVisit():
                self._began_s = self._clock.monotonic_s()
                self._acts.forget()
                self._start(self._rows.begin_visit(effect.service.id))
            case EndVisit():
                self._end_visit(effect)
            case LookForCards() | ReadCard() | ReadPayCode() | TakeFace() | TakeSheet() | HandInPapers() | StopReading():
                self._sense(effect)
            case DropSheet():
                self._sheets.drop_last()
            case DropSheets():
                self._sheets.drop_all()
            case Print():
                unknown_print = PrintSettled(job=effect.job, outcome=PrintOutcome.UNKNOWN)
                self._start(self._prints.print(effect), otherwise=unknown_print)
            case LookForPaper():
                nobody_knows = PaperLooked(job=effect.job, is_waiting=None)
                self._start(self._prints.look_for_paper(effect.job), otherwise=nobody_knows)
            case DrawBackPaper():
                self._start(self._prints.draw_back())
            case RecordAnswer():
                self._start(self._prints.record_answer(effect.seen))
            case Report():
                self._report(effect.name, dict(effect.facts))
            case _:
                self._act(effect)

    def _sense(self, effect: LookForCards | ReadCard | ReadPayCode | TakeFace | TakeSheet | HandInPapers | StopReading) -> None:
        match effect:
            case LookForCards():
                nothing = CardsSeen(job=effect.job, ways=())
                self._start(self._readers.look(effect.job, effect.ways), otherwise=nothing)
            case ReadCard():
                self._wait(self._readers.read(effect.job, effect.way), otherwise=ReaderLost(job=effect.job))
            case ReadPayCode():
                self._wait(self._readers.read_pay_code(effect.job), otherwise=ReaderLost(job=effect.job))
            case TakeFace():
                self._wait(self._faces.take(effect.job, effect.person), otherwise=CameraLost(job=effect.job))
            case TakeSheet():
                self._wait(self._sheets.take(effect.job, effect.key), otherwise=DocumentScannerLost(job=effect.job))
            case HandInPapers():
                not_done = PapersAnswered(job=effect.job, answer=NotDone(why="a defect while handing in papers"))
                self._wait(self._sheets.hand_in(effect.job, effect.key), otherwise=not_done)
            case StopReading():
                self._stop_waiting()
            case _:
                assert_never(effect)

    def _act(
        self,
        effect: Submit | AskPlatform | SettleSubmission | Pay | AskPayment | SettlePayment | RenewDocument | HandInRating,
    ) -> None:
        acts = self._acts
        match effect:
            case Submit():
                unknown = PlatformAnswered(job=effect.job, answer=OutcomeUnknown(why="a defect while handing in"))
                self._start(acts.submit(effect.job, effect.application), otherwise=unknown)
            case AskPlatform():
                unknown = PlatformAnswered(job=effect.job, answer=OutcomeUnknown(why="a defect while asking"))
                self._start(acts.ask_platform(effect.job, effect.key), otherwise=unknown)
            case SettleSubmission():
                self._start(acts.settle_submission(effect.outcome, effect.evidence))
            case Pay():
                open_payment = PaymentAnswered(job=effect.job, answer=OutcomeUnknown(why="a defect while paying"))
                self._start(acts.pay(effect), otherwise=open_payment)
            case AskPayment():
                open_payment = PaymentAnswered(job=effect.job, answer=OutcomeUnknown(why="a defect while asking"))
                self._start(acts.ask_payment(effect.job, effect.key), otherwise=open_payment)
            case SettlePayment():
                self._start(acts.settle_payment(effect.outcome, effect.evidence))
            case RenewDocument():
                not_renewed = DocumentRenewed(job=effect.job, is_void=False, answer=None)
                self._start(acts.renew(effect), otherwise=not_renewed)
            case HandInRating():
                self._start(self._hand_in_rating(effect))
            case _:
                assert_never(effect)

    async def _hand_in_rating(self, effect: HandInRating) -> None:
        if not await self._acts.hand_in_rating(effect.key, effect.level):
            self._report("rating.lost", {})

    def _end_visit(self, effect: EndVisit) -> None:
        self._stop_waiting()
        self._sheets.drop_all()
        self._start(self._rows.end_visit(effect.outcome.value))
        self._start(self._prints.wipe())
        seconds = round(self._clock.monotonic_s() - self._began_s, 1)
        self._report(
            "visit.ended",
            {"service": effect.service.id, "outcome": effect.outcome.value, "seconds": seconds, "steps": effect.steps},
        )

    def _wait(self, job: Coroutine[None, None, None], *, otherwise: Event) -> None:
        """Do what may be broken off without an effect; one at a time, the last one asked for."""
        self._stop_waiting()
        self._waiting = self._start(job, otherwise=otherwise)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _start(self, job: Coroutine[None, None, None], *, otherwise: Event | None = None) -> asyncio.Task[None]:
        if self._tasks is None:
            job.close()
            raise RuntimeError("the visit runner does not run")
        task = self._tasks.create_task(self._guarded(job, otherwise), name="visit job")
        task.add_done_callback(lambda _task: job.close())  # what is broken off before its first step was never awaited
        return task

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
