"""Time passing: how long a page waits for a person, and what it then does."""

from dataclasses import replace
from enum import Enum, auto
from typing import assert_never

from kiosk.visit.model import (
    AskAgain,
    AskingAgain,
    AtRest,
    CardPrompt,
    Choosing,
    Confirming,
    Farewell,
    Guiding,
    PaperAsked,
    PreparingPrint,
    PrinterAwaited,
    Printing,
    Rating,
    ReaderAway,
    Reading,
    Settings,
    Showing,
    Stage,
    StillThereAsked,
    Submitting,
    Taking,
    Troubled,
    TroubleKind,
    Visit,
    VisitOutcome,
)
from kiosk.visit.stages.entrances import Step, ask_by_itself, go_home, read_card_again, stay

IDLE_S = 60.0
"""Seconds without a touch before the page asks (U7)."""

GRACE_S = 30.0
"""Seconds the question 还在办吗 stands before everything is wiped (U7)."""

ELDER_SIZE = 2
"""From this text size on everything waits twice as long (U7)."""

ASK_EVERY_S = 10.0
"""Seconds from one answer that says nothing to the next question: the platform needs air more than she needs haste."""

READER_RETRY_S = 1.0
"""Seconds between attempts on a reader that was lost: half of what R4 leaves after the keeper has it back."""


class _Patience(Enum):
    NO_COUNTING = auto()
    """A device works or paper moves."""
    SILENT = auto()
    """Nothing is lost by going home."""
    ASKING = auto()


def time_passed(visit: Visit, seconds: float) -> Step:
    """Let time pass over the stage, then over the person's silence."""
    visit, effects = _over_stage(visit, seconds)
    match _patience(visit.stage):
        case _Patience.NO_COUNTING:
            return visit, effects
        case _Patience.SILENT | _Patience.ASKING as patience:
            after, more = _over_silence(visit, seconds, patience)
            return after, (*effects, *more)
        case _ as unreachable:
            assert_never(unreachable)


def _over_stage(visit: Visit, seconds: float) -> Step:
    match visit.stage:
        case Submitting() | AskingAgain() | PreparingPrint() as stage:
            return replace(visit, stage=replace(stage, elapsed_s=stage.elapsed_s + seconds)), ()
        case Farewell() as stage:
            remaining_s = stage.remaining_s - seconds
            if remaining_s <= 0:
                return go_home(visit, VisitOutcome.DONE)
            return replace(visit, stage=Farewell(remaining_s=remaining_s)), ()
        case ReaderAway() as stage:
            waited_s = stage.waited_s + seconds
            if visit.reader_is_ready and waited_s >= READER_RETRY_S:
                return read_card_again(visit, stage.service)
            return replace(visit, stage=replace(stage, waited_s=waited_s)), ()
        case Troubled(retry=AskAgain(job=None) as again) as stage if again.asks_left > 0:
            waited_s = again.waited_s + seconds
            if waited_s >= ASK_EVERY_S:
                return ask_by_itself(visit, stage, again)
            return replace(visit, stage=replace(stage, retry=replace(again, waited_s=waited_s))), ()
        case _:
            return stay(visit)


def _over_silence(visit: Visit, seconds: float, patience: _Patience) -> Step:
    if _is_untouched(visit):
        return stay(visit)
    longer = 2.0 if visit.settings.text_size >= ELDER_SIZE else 1.0
    idle_s = visit.idle_s + seconds
    if isinstance(visit.overlay, StillThereAsked):
        remaining_s = visit.overlay.remaining_s - seconds
        if remaining_s <= 0:
            return go_home(visit, VisitOutcome.TIMED_OUT)
        return replace(visit, idle_s=idle_s, overlay=replace(visit.overlay, remaining_s=remaining_s)), ()
    over_s = idle_s - IDLE_S * longer
    if over_s < 0:
        return replace(visit, idle_s=idle_s), ()
    grace_s = GRACE_S * longer
    if patience is _Patience.SILENT or over_s >= grace_s:
        return go_home(visit, VisitOutcome.TIMED_OUT)
    asked = StillThereAsked(remaining_s=grace_s - over_s, total_s=grace_s)
    return replace(visit, idle_s=idle_s, overlay=asked), ()


def _is_untouched(visit: Visit) -> bool:
    at_rest = isinstance(visit.stage, AtRest | Farewell)
    return at_rest and visit.overlay is None and visit.settings == Settings() and not visit.repair_reported


def _patience(stage: Stage) -> _Patience:
    match stage:
        case Submitting() | AskingAgain() | PreparingPrint() | Printing() | Farewell():
            return _Patience.NO_COUNTING
        case Reading():
            return _Patience.NO_COUNTING if stage.prompt is CardPrompt.READING else _Patience.ASKING
        case AtRest() | Rating():
            return _Patience.SILENT
        case Choosing():
            return _Patience.SILENT if stage.held is None else _Patience.ASKING
        case Troubled():
            return _Patience.SILENT if stage.kind is TroubleKind.RESTARTED else _Patience.ASKING
        case Guiding() | ReaderAway() | Confirming() | Showing() | PaperAsked() | PrinterAwaited() | Taking():
            return _Patience.ASKING
        case _:
            assert_never(stage)
