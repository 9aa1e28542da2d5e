"""The paper: printed once, asked about when nobody knows, and again only when she asks."""

from dataclasses import replace
from typing import assert_never

from drivers.contract.print_outcome import PrintOutcome
from kiosk.gateway.platform import Accepted
from kiosk.services.service import Paper, StepKind
from kiosk.visit.effect import LookForPaper, RecordAnswer, Report
from kiosk.visit.event import (
    Declined,
    DocumentRenewed,
    PaperAnswered,
    PaperLooked,
    PrintProgressed,
    PrintSettled,
    Proceeded,
    RestAsked,
    Touch,
    WentHome,
)
from kiosk.visit.model import (
    MAX_REPRINTS,
    MatterState,
    PaperAsked,
    PaperSeen,
    PreparingPrint,
    PrinterAwaited,
    Printing,
    RenewAgain,
    Renewing,
    ShowingCode,
    Taking,
    Troubled,
    TroubleKind,
    Visit,
    VisitOutcome,
)
from kiosk.visit.stages.entrances import Step, ask_to_leave, go_home, next_job, stay, turn_to
from kiosk.visit.stages.handover import can_show_code, enter_after, enter_paper, enter_print, enter_rating, enter_renewing
from kiosk.visit.ways import paper_works, print_ways, withdrawal_of

REMINDED_S = 30.0
"""Seconds after which she is told once more to take her paper, before anybody asks whether she is still there."""

NOT_TAKEN_S = 60.0
"""Seconds after which a paper that nobody has confirmed counts as left behind (F14)."""


def began(visit: Visit, stage: PreparingPrint) -> Step:
    """Paper may move now; a help page that lies over it stays."""
    moving = Printing(case=stage.case, job=stage.job, reprint=stage.reprint, paper=stage.paper, first_page=stage.first_page)
    return replace(visit, stage=moving), ()


def progressed(visit: Visit, stage: Printing, finding: PrintProgressed) -> Step:
    """Progress never goes back."""
    share = min(1.0, max(stage.progress, finding.share))
    return replace(visit, stage=replace(stage, progress=share, page=max(stage.page, finding.page))), ()


def settled(visit: Visit, stage: PreparingPrint | Printing, finding: PrintSettled) -> Step:
    """Whatever came of it, nothing is printed again by itself."""
    report = Report(name="print.settled", facts=(("outcome", finding.outcome.value), ("reprint", stage.reprint)))
    case, reprint, paper = stage.case, stage.reprint, stage.paper
    pages_done = _pages_done(stage, finding)
    match finding.outcome:
        case PrintOutcome.DONE:
            taking = Taking(case=case, reprint=reprint, must_tear=not finding.is_cut, paper=paper)
            return turn_to(visit, taking, report)
        case PrintOutcome.NOT_STARTED if _another_way_is_better(visit, stage):
            visit, effects = enter_paper(visit, case, but_not=paper)
            return visit, (report, *effects)
        case PrintOutcome.NOT_STARTED:
            owed = PrinterAwaited(case=case, reprint=reprint, paper=paper, pages_done=stage.first_page - 1)
            return turn_to(visit, owed, report)
        case PrintOutcome.PARTIAL | PrintOutcome.UNKNOWN:
            return turn_to(visit, PaperAsked(case=case, reprint=reprint, paper=paper, pages_done=pages_done), report)
        case _:
            assert_never(finding.outcome)


def touched_paper_asked(visit: Visit, stage: PaperAsked, touch: Touch) -> Step:
    """有，完整: take it. Otherwise one more may be asked for, up to the last one a machine gives."""
    match touch:
        case PaperAnswered(seen=PaperSeen.WHOLE):
            taking = Taking(case=stage.case, reprint=stage.reprint, must_tear=False, paper=stage.paper)
            return turn_to(visit, taking, RecordAnswer(seen=touch.seen))
        case PaperAnswered():
            answer = RecordAnswer(seen=touch.seen)
            if stage.reprint < MAX_REPRINTS:
                return turn_to(visit, _owed(stage), answer)
            withdrawal = withdrawal_of(visit, stage.paper.capability)
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
    """再打一次, 只打剩下的, or 不要凭条了."""
    match touch:
        case Proceeded() if paper_works(visit, stage.paper):
            if stage.paper is Paper.DOCUMENT and stage.case.document.sheets and _may_be_out(stage):
                return enter_renewing(visit, stage.case, stage.reprint)
            return enter_print(visit, stage.case, stage.reprint, paper=stage.paper)
        case RestAsked() if stage.can_print_rest and paper_works(visit, stage.paper):
            first_page = (stage.pages_done or 0) + 1
            return enter_print(visit, stage.case, stage.reprint, paper=stage.paper, first_page=first_page)
        case Declined():
            if not paper_works(visit, stage.paper) and can_show_code(stage.case):
                return turn_to(visit, ShowingCode(case=stage.case, instead_of=stage.paper))
            return enter_rating(visit, stage.case, VisitOutcome.WITHOUT_RECEIPT)
        case WentHome():
            return ask_to_leave(visit)
        case _:
            return stay(visit)


def renewed(visit: Visit, stage: Renewing, finding: DocumentRenewed) -> Step:
    """Print the document that takes the old one's place; never the old one again."""
    old = stage.case
    match finding.answer:
        case Accepted(document=document) if finding.is_void and document.number != old.document.number:
            fresh = replace(old, document=document)
            return enter_print(visit, fresh, stage.reprint, paper=Paper.DOCUMENT)
        case _:
            kind = TroubleKind.DOCUMENT_VOIDED if finding.is_void else TroubleKind.PLATFORM_OFFLINE
            again = RenewAgain(case=old, reprint=stage.reprint)
            return turn_to(visit, Troubled(kind=kind, matter=MatterState.DONE, service=old.service, retry=again))


def touched_taking(visit: Visit, stage: Taking, touch: Touch) -> Step:
    """都拿好了, or 凭条没出来."""
    match touch:
        case Proceeded():
            return enter_after(visit, stage.case, StepKind.PRINT)
        case Declined():
            return turn_to(visit, PaperAsked(case=stage.case, reprint=stage.reprint, paper=stage.paper))
        case WentHome():
            return go_home(visit, VisitOutcome.DONE)
        case _:
            return stay(visit)


def time_lies(visit: Visit, stage: Taking, seconds: float) -> Step:
    """Remind her of her paper, and look whether it is still there, as far as the printer can tell."""
    before_s, now_s = stage.stands_s, stage.stands_s + seconds
    stage = replace(stage, stands_s=now_s)
    if not any(before_s < due_s <= now_s for due_s in (REMINDED_S, NOT_TAKEN_S)):
        return replace(visit, stage=stage), ()
    if stage.paper is Paper.DOCUMENT:  # no tray of sheets can tell
        return _not_taken(visit, stage)
    visit, job = next_job(visit)
    return replace(visit, stage=replace(stage, job=job)), (LookForPaper(job=job),)


def looked(visit: Visit, stage: Taking, finding: PaperLooked) -> Step:
    """Take the printer's word for whether the paper still waits."""
    return _not_taken(visit, replace(stage, is_waiting=finding.is_waiting))


def is_reminder(stage: Taking) -> bool:
    """Whether she is to be told once more: it has been a while, and nothing says that the paper is gone."""
    return stage.stands_s >= REMINDED_S and stage.is_waiting is not False


def _not_taken(visit: Visit, stage: Taking) -> Step:
    """Tell the fleet, once, of paper that nobody took, or that nobody knows to have been taken."""
    is_left = stage.stands_s >= NOT_TAKEN_S and stage.is_waiting is not False
    if not is_left or stage.is_reported:
        return replace(visit, stage=stage), ()
    return replace(visit, stage=replace(stage, is_reported=True)), (Report(name="receipt.not_taken"),)


def _pages_done(stage: PreparingPrint | Printing, finding: PrintSettled) -> int | None:
    if stage.paper is not Paper.DOCUMENT or finding.pages_done is None:
        return None
    return stage.first_page - 1 + finding.pages_done


def _owed(asked: PaperAsked) -> PrinterAwaited:
    return PrinterAwaited(case=asked.case, reprint=asked.reprint + 1, paper=asked.paper, pages_done=asked.pages_done)


def _may_be_out(stage: PrinterAwaited) -> bool:
    """Whether a sheet of this very document may lie somewhere: then it is not printed whole under the same number."""
    return stage.reprint > 0 or stage.pages_done != 0


def _another_way_is_better(visit: Visit, stage: PreparingPrint | Printing) -> bool:
    """Nothing came out, the printer does not work, and something else would give it to her at once."""
    if stage.reprint > 0 or stage.first_page > 1 or paper_works(visit, stage.paper):
        return False
    ways = print_ways(visit, stage.case.service, stage.case.document)
    return any(way is not stage.paper.capability for way in ways)
