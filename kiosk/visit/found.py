"""Which stage a finding is for: a late answer to a job that nobody waits for changes nothing."""

from dataclasses import replace

from kiosk.visit.event import (
    CameraLost,
    CardFound,
    CardRead,
    CardRefused,
    CardsSeen,
    CodeShown,
    DocumentRenewed,
    DocumentScannerLost,
    FaceGuided,
    FaceJudged,
    FaceNotAlive,
    FaceTaken,
    Finding,
    NobodyRecognised,
    NoCardCame,
    NoFaceCame,
    PaperLooked,
    PapersAnswered,
    PaymentAnswered,
    PlatformAnswered,
    PrintBegan,
    PrintProgressed,
    PrintSettled,
    ReaderLost,
    SheetRefused,
    SheetTaken,
)
from kiosk.visit.model import (
    AskAgain,
    AskingAgain,
    Facing,
    PayAsked,
    Paying,
    PayState,
    PreparingPrint,
    Printing,
    ProvingByPhone,
    ReaderAway,
    Reading,
    Renewing,
    Scanning,
    ScanState,
    SendingPapers,
    Submitting,
    Taking,
    Troubled,
    Visit,
)
from kiosk.visit.stages import facing, identifying, lying, paying, printing, scanning, submitting
from kiosk.visit.stages.entrances import Step, stay


def found(visit: Visit, finding: Finding) -> Step:
    """Take what came of a job, if it is the job the stage waits for."""
    if isinstance(finding, CardsSeen):
        is_awaited = visit.look is not None and visit.look.job == finding.job
        return lying.seen(visit, visit.look, finding) if is_awaited and visit.look else stay(visit)
    match visit.stage:
        case Reading(job=job) as stage if job == finding.job:
            return _reading(visit, stage, finding)
        case Facing(job=job, is_looking=True) as stage if job == finding.job:
            return _facing(visit, stage, finding)
        case ProvingByPhone(job=job) as stage if job == finding.job:
            return _proving(visit, stage, finding)
        case Scanning(job=job, state=ScanState.TAKING) as stage if job == finding.job:
            return _scanning(visit, stage, finding)
        case PayAsked(job=job, state=PayState.SHOW_CODE) as stage if job == finding.job:
            return _pay_asked(visit, stage, finding)
        case PreparingPrint(job=job) | Printing(job=job) as stage if job == finding.job:
            return _printing(visit, stage, finding)
        case _:
            return _answered(visit, finding)


def _answered(visit: Visit, finding: Finding) -> Step:
    match visit.stage, finding:
        case SendingPapers(job=job) as stage, PapersAnswered() if job == finding.job:
            return scanning.papers_answered(visit, stage, finding.answer)
        case Paying(job=job) as stage, PaymentAnswered() if job == finding.job:
            return paying.payment_answered(visit, stage, finding.answer)
        case (Submitting(job=job) | AskingAgain(job=job)) as stage, PlatformAnswered() if job == finding.job:
            return submitting.answered(visit, stage, finding.answer)
        case Taking(job=job) as stage, PaperLooked() if job == finding.job:
            return printing.looked(visit, stage, finding)
        case Renewing(job=job) as stage, DocumentRenewed() if job == finding.job:
            return printing.renewed(visit, stage, finding)
        case Troubled(retry=AskAgain(job=job, is_payment=False) as again) as stage, PlatformAnswered() if job == finding.job:
            return submitting.answered_by_itself(visit, stage, again, finding.answer)
        case Troubled(retry=AskAgain(job=job, is_payment=True) as again) as stage, PaymentAnswered() if job == finding.job:
            return paying.payment_answered_by_itself(visit, stage, again, finding.answer)
        case _:
            return stay(visit)


def _reading(visit: Visit, stage: Reading, finding: Finding) -> Step:
    match finding:
        case CardFound():
            return identifying.card_found(visit, stage)
        case CardRead():
            return identifying.card_read(visit, stage, finding)
        case CardRefused():
            return identifying.card_refused(visit, stage, finding)
        case NobodyRecognised():
            return identifying.not_recognised(visit, stage)
        case NoCardCame():
            return identifying.read_card(visit, replace(stage, prompt=stage.asked))
        case ReaderLost():
            return replace(visit, stage=ReaderAway(service=stage.service, way=stage.way)), ()
        case _:
            return stay(visit)


def _facing(visit: Visit, stage: Facing, finding: Finding) -> Step:
    match finding:
        case FaceGuided():
            return facing.guided(visit, stage, finding.guidance)
        case FaceTaken():
            return facing.taken(visit, stage)
        case FaceJudged():
            return facing.judged(visit, stage, finding)
        case FaceNotAlive():
            return facing.not_hers(visit, stage)
        case NoFaceCame():
            return facing.none_came(visit, stage)
        case CameraLost():
            return facing.camera_lost(visit, stage)
        case _:
            return stay(visit)


def _proving(visit: Visit, stage: ProvingByPhone, finding: Finding) -> Step:
    match finding:
        case CardFound():
            return facing.phone_found(visit, stage)
        case CardRead():
            return facing.phone_read(visit, stage, finding)
        case CardRefused():
            return facing.phone_refused(visit, stage, finding)
        case NoCardCame():
            return facing.read_phone_again(visit, stage)
        case NobodyRecognised() | ReaderLost():
            return facing.phone_lost(visit, stage)
        case _:
            return stay(visit)


def _scanning(visit: Visit, stage: Scanning, finding: Finding) -> Step:
    match finding:
        case SheetTaken():
            return scanning.sheet_taken(visit, stage)
        case SheetRefused():
            return scanning.sheet_refused(visit, stage, finding)
        case DocumentScannerLost():
            return scanning.scanner_lost(visit, stage)
        case _:
            return stay(visit)


def _pay_asked(visit: Visit, stage: PayAsked, finding: Finding) -> Step:
    match finding:
        case CodeShown():
            return paying.code_shown(visit, stage, finding)
        case CardRefused() | NoCardCame():
            return paying.code_not_taken(visit, stage)
        case ReaderLost():
            return paying.scanner_lost(visit, stage)
        case _:
            return stay(visit)


def _printing(visit: Visit, stage: PreparingPrint | Printing, finding: Finding) -> Step:
    match finding:
        case PrintSettled():
            return printing.settled(visit, stage, finding)
        case PrintBegan() if isinstance(stage, PreparingPrint):
            return printing.began(visit, stage)
        case PrintProgressed() if isinstance(stage, Printing):
            return printing.progressed(visit, stage, finding)
        case _:
            return stay(visit)
