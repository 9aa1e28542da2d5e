"""Papers: sheet by sheet under the overhead camera, then bound and handed in."""

from dataclasses import replace
from typing import assert_never

from kiosk.gateway.platform import NotDone, PapersAnswer, PapersKept, Refused
from kiosk.services.service import Capability
from kiosk.visit.effect import DropSheet, DropSheets, Effect, StopReading, TakeSheet
from kiosk.visit.event import Declined, PagesFinished, Proceeded, SheetRefused, Touch, WentBack, WentHome
from kiosk.visit.model import (
    MAX_SHEETS,
    Confirming,
    GoOnAgain,
    MatterState,
    Scanning,
    ScanState,
    SendingPapers,
    SendPapersAgain,
    Troubled,
    TroubleKind,
    Visit,
)
from kiosk.visit.stages.entrances import Step, ask_to_leave, next_job, stay, turn_to
from kiosk.visit.stages.onward import enter_sending, go_on
from kiosk.visit.ways import withdrawal_of


def touched_scanning(visit: Visit, stage: Scanning, touch: Touch) -> Step:
    """拍这一页, 再放一页, 重拍这一页, 放完了, or back without losing a sheet."""
    match touch:
        case Proceeded():
            return _proceeded(visit, stage)
        case Declined() if stage.state is ScanState.TAKEN:
            fewer = replace(stage.submission, sheets=stage.submission.sheets - 1)
            return turn_to(visit, Scanning(submission=fewer, job=0), DropSheet())
        case PagesFinished() if stage.submission.sheets > 0 and stage.state is not ScanState.TAKING:
            return enter_sending(visit, stage.submission)
        case WentBack():
            submission = stage.submission
            stopped: tuple[Effect, ...] = (StopReading(),) if stage.state is ScanState.TAKING else ()
            confirming = Confirming(service=submission.service, identified=submission.identified, so_far=submission)
            return turn_to(visit, confirming, *stopped)
        case WentHome():
            return ask_to_leave(visit)
        case _:
            return stay(visit)


def sheet_taken(visit: Visit, stage: Scanning) -> Step:
    """The sheet is in: the next, once more, or that was all."""
    more = replace(stage.submission, sheets=stage.submission.sheets + 1)
    return turn_to(visit, Scanning(submission=more, job=0, state=ScanState.TAKEN))


def sheet_refused(visit: Visit, stage: Scanning, finding: SheetRefused) -> Step:
    """Say what is wrong with the sheet as it lies."""
    return turn_to(visit, replace(stage, state=ScanState.REFUSED, problem=finding.reason.value))


def scanner_lost(visit: Visit, stage: Scanning) -> Step:
    """The overhead camera is gone; the sheets that are in are kept."""
    withdrawal = withdrawal_of(visit, Capability.SCAN_DOCUMENT)
    trouble = Troubled(
        kind=TroubleKind.SERVICE_WITHDRAWN,
        matter=MatterState.NOT_DONE,
        service=stage.submission.service,
        retry=GoOnAgain(submission=stage.submission),
        said=withdrawal.reason if withdrawal else "",
        withdrawal=withdrawal,
    )
    return turn_to(visit, trouble)


def papers_answered(visit: Visit, stage: SendingPapers, answer: PapersAnswer) -> Step:
    """Go on when the platform has them; what was not taken is still here."""
    submission = stage.submission
    match answer:
        case PapersKept():
            return go_on(visit, replace(submission, papers=answer.name, sheets=0), DropSheets())
        case Refused():
            trouble = Troubled(
                kind=TroubleKind.PLATFORM_REFUSED, matter=MatterState.NOT_DONE, service=submission.service, said=answer.reason
            )
        case NotDone():
            trouble = Troubled(
                kind=TroubleKind.PLATFORM_OFFLINE,
                matter=MatterState.NOT_DONE,
                service=submission.service,
                retry=SendPapersAgain(submission=submission),
                withdrawal=withdrawal_of(visit, Capability.REACH_PLATFORM),
            )
        case _:
            assert_never(answer)
    return turn_to(visit, trouble)


def _proceeded(visit: Visit, stage: Scanning) -> Step:
    match stage.state:
        case ScanState.TAKEN if stage.submission.sheets < MAX_SHEETS:
            return turn_to(visit, Scanning(submission=stage.submission, job=0))
        case ScanState.WAITING | ScanState.REFUSED if stage.submission.sheets < MAX_SHEETS:
            visit, job = next_job(visit)
            taking = Scanning(submission=stage.submission, job=job, state=ScanState.TAKING)
            return turn_to(visit, taking, TakeSheet(job=job, key=stage.submission.key))
        case _:
            return stay(visit)
