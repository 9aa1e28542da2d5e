"""Time passing: how long a page waits for a person, and what it then does."""

from dataclasses import replace
from enum import Enum, auto
from typing import assert_never

from kiosk.services.service import Capability, Paper
from kiosk.visit.effect import DrawBackPaper
from kiosk.visit.model import (
    AskAgain,
    AskingAgain,
    AtRest,
    CardLying,
    CardPrompt,
    Choosing,
    Confirming,
    Facing,
    Farewell,
    Guiding,
    PaperAsked,
    PayAsked,
    Paying,
    PayState,
    PreparingPrint,
    PrinterAwaited,
    Printing,
    ProvingByPhone,
    Rating,
    ReaderAway,
    Reading,
    Renewing,
    Scanning,
    ScanState,
    SendingPapers,
    Showing,
    ShowingCode,
    Stage,
    StillThereAsked,
    Submitting,
    Taking,
    Troubled,
    Visit,
    VisitOutcome,
)
from kiosk.visit.stages import lying, paying, printing
from kiosk.visit.stages.entrances import Step, go_home, stay
from kiosk.visit.stages.identifying import read_card_again
from kiosk.visit.stages.submitting import ask_by_itself
from kiosk.visit.ways import identify_ways, works

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


def patience_left_s(visit: Visit) -> float:
    """Seconds until the page asks whether she is still there."""
    return max(0.0, IDLE_S * _longer(visit) - visit.idle_s)


def _over_stage(visit: Visit, seconds: float) -> Step:
    match visit.stage:
        case Submitting() | AskingAgain() | PreparingPrint() | SendingPapers() | Paying() | Renewing() as stage:
            return replace(visit, stage=replace(stage, elapsed_s=stage.elapsed_s + seconds)), ()
        case Facing(is_looking=True) as stage:
            return replace(visit, stage=replace(stage, elapsed_s=stage.elapsed_s + seconds)), ()
        case CardLying() as stage:
            return lying.time_stands(visit, stage, seconds)
        case Taking() as stage:
            return printing.time_lies(visit, stage, seconds)
        case Farewell() as stage:
            remaining_s = stage.remaining_s - seconds
            if remaining_s <= 0:
                return go_home(visit, VisitOutcome.DONE)
            return replace(visit, stage=Farewell(remaining_s=remaining_s)), ()
        case ReaderAway() as stage:
            waited_s = stage.waited_s + seconds
            if stage.way in identify_ways(visit, stage.service) and waited_s >= READER_RETRY_S:
                return read_card_again(visit, stage)
            return replace(visit, stage=replace(stage, waited_s=waited_s)), ()
        case PayAsked(state=PayState.SCANNER_AWAY) as stage:
            waited_s = stage.waited_s + seconds
            if works(visit, Capability.READ_PHONE_CODE) and waited_s >= READER_RETRY_S:
                return paying.code_not_taken(visit, stage)
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
    longer = _longer(visit)
    idle_s = visit.idle_s + seconds
    if isinstance(visit.overlay, StillThereAsked):
        remaining_s = visit.overlay.remaining_s - seconds
        if remaining_s <= 0:
            return _give_up(visit)
        return replace(visit, idle_s=idle_s, overlay=replace(visit.overlay, remaining_s=remaining_s)), ()
    over_s = idle_s - IDLE_S * longer
    if over_s < 0:
        return replace(visit, idle_s=idle_s), ()
    grace_s = GRACE_S * longer
    if patience is _Patience.SILENT or over_s >= grace_s:
        return _give_up(visit)
    asked = StillThereAsked(remaining_s=grace_s - over_s, total_s=grace_s)
    return replace(visit, idle_s=idle_s, overlay=asked), ()


def _give_up(visit: Visit) -> Step:
    """Nobody is there any more; her paper, if it still hangs from the printer, is not for the next person."""
    left, effects = go_home(visit, VisitOutcome.TIMED_OUT)
    hangs_there = isinstance(visit.stage, Taking) and visit.stage.paper is Paper.RECEIPT
    return left, ((DrawBackPaper(), *effects) if hangs_there else effects)


def _longer(visit: Visit) -> float:
    return 2.0 if visit.settings.text_size >= ELDER_SIZE else 1.0


def _is_untouched(visit: Visit) -> bool:
    at_rest = isinstance(visit.stage, AtRest | Farewell)
    return at_rest and visit.overlay is None and visit.settings == visit.usual and not visit.repair_reported


def _patience(stage: Stage) -> _Patience:
    match stage:
        case Submitting() | AskingAgain() | SendingPapers() | Paying() | Renewing():
            return _Patience.NO_COUNTING
        case PreparingPrint() | Printing() | Farewell():
            return _Patience.NO_COUNTING
        case Reading() | ProvingByPhone():
            return _Patience.NO_COUNTING if stage.prompt is CardPrompt.READING else _Patience.ASKING
        case Facing():
            return _Patience.NO_COUNTING if stage.is_looking else _Patience.ASKING
        case Scanning():
            return _Patience.NO_COUNTING if stage.state is ScanState.TAKING else _Patience.ASKING
        case CardLying():
            return _Patience.NO_COUNTING if stage.is_own else _Patience.SILENT
        case AtRest() | Rating():
            return _Patience.SILENT
        case Choosing():
            return _Patience.SILENT if stage.held is None else _Patience.ASKING
        case Troubled():
            return _Patience.SILENT if stage.service is None else _Patience.ASKING
        case Guiding() | ReaderAway() | Confirming() | PayAsked() | Showing() | ShowingCode():
            return _Patience.ASKING
        case PaperAsked() | PrinterAwaited() | Taking():
            return _Patience.ASKING
        case _:
            assert_never(stage)
