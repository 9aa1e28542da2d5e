"""The receipt: printed once, asked about when nobody knows, and again only when she asks."""

from dataclasses import replace
from typing import assert_never

from drivers.contract.print_outcome import PrintOutcome
from kiosk.services.service import StepKind
from kiosk.visit.effect import RecordAnswer, Report
from kiosk.visit.event import Declined, PaperAnswered, PrintSettled, Proceeded, Touch, WentHome
from kiosk.visit.model import (
    MAX_REPRINTS,
    MatterState,
    PaperAsked,
    PaperSeen,
    PreparingPrint,
    PrinterAwaited,
    Printing,
    Taking,
    Troubled,
    TroubleKind,
    Visit,
    VisitOutcome,
)
from kiosk.visit.stages.entrances import (
    Step,
    ask_to_leave,
    enter_after,
    enter_print,
    enter_rating,
    go_home,
    printer_withdrawal,
    stay,
    turn_to,
)


def began(visit: Visit, stage: PreparingPrint) -> Step:
    """Paper may move now; a help page that lies over it stays."""
    return replace(visit, stage=Printing(case=stage.case, job=stage.job, reprint=stage.reprint)), ()


def progressed(visit: Visit, stage: Printing, share: float) -> Step:
    """Progress never goes back."""
    return replace(visit, stage=replace(stage, progress=min(1.0, max(stage.progress, share)))), ()


def settled(visit: Visit, stage: PreparingPrint | Printing, finding: PrintSettled) -> Step:
    """Whatever came of it, nothing is printed again by itself."""
    report = Report(name="print.settled", facts=(("outcome", finding.outcome.value), ("reprint", stage.reprint)))
    match finding.outcome:
        case PrintOutcome.DONE:
            return turn_to(visit, Taking(case=stage.case, reprint=stage.reprint, must_tear=not finding.is_cut), report)
        case PrintOutcome.NOT_STARTED:
            return turn_to(visit, PrinterAwaited(case=stage.case, reprint=stage.reprint), report)
        case PrintOutcome.PARTIAL | PrintOutcome.UNKNOWN:
            return turn_to(visit, PaperAsked(case=stage.case, reprint=stage.reprint), report)
        case _:
            assert_never(finding.outcome)


def touched_paper_asked(visit: Visit, stage: PaperAsked, touch: Touch) -> Step:
    """有，完整: take it. Otherwise one more may be asked for, up to the last one a machine gives."""
    match touch:
        case PaperAnswered(seen=PaperSeen.WHOLE):
            taking = Taking(case=stage.case, reprint=stage.reprint, must_tear=False)
            return turn_to(visit, taking, RecordAnswer(seen=touch.seen))
        case PaperAnswered():
            answer = RecordAnswer(seen=touch.seen)
            if stage.reprint < MAX_REPRINTS:
                return turn_to(visit, PrinterAwaited(case=stage.case, reprint=stage.reprint + 1), answer)
            withdrawal = printer_withdrawal(visit)
            trouble = Troubled(
                kind=TroubleKind.SERVICE_WITHDRAWN,
                matter=MatterState.DONE,
                service=stage.case.service,
                said=withdrawal.reason if withdrawal else "",
                withdrawal=withdrawal,
            )
            return turn_to(visit, trouble, answer)
        case WentHome():
            return ask_to_leave(visit)
        case _:
            return stay(visit)


def touched_printer_awaited(visit: Visit, stage: PrinterAwaited, touch: Touch) -> Step:
    """再打一次, or 不要凭条了."""
    match touch:
        case Proceeded() if visit.printer_is_ready:
            return enter_print(visit, stage.case, stage.reprint)
        case Declined():
            return enter_rating(visit, stage.case, VisitOutcome.WITHOUT_RECEIPT)
        case WentHome():
            return ask_to_leave(visit)
        case _:
            return stay(visit)


def touched_taking(visit: Visit, stage: Taking, touch: Touch) -> Step:
    """都拿好了, or 凭条没出来."""
    match touch:
        case Proceeded():
            return enter_after(visit, stage.case, StepKind.PRINT)
        case Declined():
            return turn_to(visit, PaperAsked(case=stage.case, reprint=stage.reprint))
        case WentHome():
            return go_home(visit, VisitOutcome.DONE)
        case _:
            return stay(visit)
