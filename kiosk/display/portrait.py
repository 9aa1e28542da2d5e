"""The portrait: what the screen shows of a visit, pure. Nothing unmasked of a card leaves here."""

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from kiosk.display import matter_pages, paper_pages
from kiosk.display.vocabulary import view
from kiosk.display.vocabulary.view import ClerkTask, View
from kiosk.services.offer import Offer, Withdrawal
from kiosk.services.topics import TOPICS
from kiosk.visit import model
from kiosk.visit.model import TroubleKind, Visit
from kiosk.visit.place import Place
from kiosk.visit.stages.submitting import can_go_back
from kiosk.visit.steps import place_in_matter

USUAL_SUBMIT_S = 5
"""Seconds the platform usually takes."""

USUAL_PAPERS_S = 10
"""Seconds ten sheets usually take to be bound and handed in."""

MAX_ROWS = 5
"""Rows an answer on the screen can have without scrolling (E4)."""

STARTING_CODE = "S00"
STARTING_REASON = "机器正在准备"
"""Shown while nothing is known of the machine yet, and so no fault has words."""

TROUBLE_CODES = {
    TroubleKind.PLATFORM_OFFLINE: "S01",
    TroubleKind.PLATFORM_REFUSED: "S02",
    TroubleKind.OUTCOME_UNKNOWN: "S03",
    TroubleKind.SERVICE_WITHDRAWN: "S04",
    TroubleKind.CARD_NOT_READ: "S05",
    TroubleKind.CARD_EXPIRED: "S06",
    TroubleKind.RESTARTED: "S07",
    TroubleKind.FACE_NOT_MATCHED: "S08",
    TroubleKind.PAYMENT_UNKNOWN: "S09",
    TroubleKind.CABINET_OPEN: "S11",
    TroubleKind.DOCUMENT_VOIDED: "S12",
}
"""Said over the telephone when no fault with a code of its own is behind it. No fault of the catalogue begins with S."""

_ELSEWHERE_HELPS = {
    TroubleKind.PLATFORM_OFFLINE,
    TroubleKind.SERVICE_WITHDRAWN,
    TroubleKind.CARD_NOT_READ,
    TroubleKind.FACE_NOT_MATCHED,
}


_Matter = (
    model.CardLying
    | model.Reading
    | model.ReaderAway
    | model.Confirming
    | model.Facing
    | model.ProvingByPhone
    | model.Scanning
    | model.SendingPapers
    | model.PayAsked
    | model.Paying
    | model.Submitting
    | model.AskingAgain
    | model.Renewing
)
_Result = (
    model.Showing
    | model.ShowingCode
    | model.PreparingPrint
    | model.Printing
    | model.PaperAsked
    | model.PrinterAwaited
    | model.Taking
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is around the visit when its portrait is taken.

    Attributes:
        now: Any aware time; shown in the place's own zone.
        clerk_task: What the clerk is asked to do, when something needs hands.
        paper_is_low: The printer says that its roll is near its end.
        other_tasks: What else the clerk could do; shown to who waits for that very device.
        notice: What the bureau wants everybody to read on the idle page.
    """

    place: Place
    now: datetime
    clerk_task: ClerkTask | None
    paper_is_low: bool
    other_tasks: tuple[ClerkTask, ...] = ()
    notice: str = ""

    @property
    def tasks(self) -> tuple[ClerkTask, ...]:
        """Everything that needs hands, the one that is asked for first in front."""
        return (() if self.clerk_task is None else (self.clerk_task,)) + self.other_tasks


def view_of(visit: Visit, around: Surroundings) -> View:
    """Return the page: the overlay if there is one, else the stage."""
    frame = _frame(visit, around)
    match visit.overlay:
        case None:
            return _page(visit, frame, around)
        case model.HelpOpen():
            place = around.place
            return view.Help(
                frame=frame, clerk_phone=place.clerk_phone, help_phone=place.help_phone, repair_reported=visit.repair_reported
            )
        case model.TextSizesOpen():
            return view.TextSizes(frame=frame)
        case model.VoiceOpen():
            return view.Voice(frame=frame, volume=visit.settings.volume)
        case model.ClerkTaskOpen():
            if around.clerk_task is None:  # mended meanwhile
                return _page(visit, frame, around)
            return view.ClerkPage(frame=frame, task=around.clerk_task)
        case model.LeaveAsked():
            return view.LeaveQuestion(frame=frame)
        case model.StillThereAsked() as asked:
            return view.StillThere(frame=frame, remaining_s=math.ceil(asked.remaining_s), total_s=math.ceil(asked.total_s))
        case _:
            assert_never(visit.overlay)


def _page(visit: Visit, frame: view.Frame, around: Surroundings) -> View:
    match visit.stage:
        case model.AtRest():
            return _idle_page(visit, frame, around)
        case model.Choosing() as stage:
            return _catalogue(visit, stage, frame, around)
        case model.Guiding() as stage:
            return _guide(visit, stage, frame, around)
        case model.Rating():
            return view.Rate(frame=frame)
        case model.Farewell() as stage:
            return view.Goodbye(frame=frame, remaining_s=math.ceil(stage.remaining_s))
        case model.Troubled() as stage:
            return _trouble(stage, frame, around)
        case (
            model.Showing()
            | model.ShowingCode()
            | model.PreparingPrint()
            | model.Printing()
            | model.PaperAsked()
            | model.PrinterAwaited()
            | model.Taking()
        ) as stage:
            return _page_of_result(visit, stage, frame, around)
        case _ as stage:
            return _page_of_matter(visit, stage, frame, around)


def _page_of_matter(visit: Visit, stage: _Matter, frame: view.Frame, around: Surroundings) -> View:
    help_phone = around.place.help_phone
    match stage:
        case model.CardLying():
            return matter_pages.card_left_page(stage, frame, around.place.clerk_phone)
        case model.Reading() | model.ReaderAway():
            return matter_pages.card_page(visit, stage, frame, help_phone)
        case model.Confirming():
            return matter_pages.confirm_page(stage, frame)
        case model.Facing():
            return matter_pages.face_page(visit, stage, frame)
        case model.ProvingByPhone():
            return matter_pages.proof_page(visit, stage, frame, help_phone)
        case model.Scanning():
            return matter_pages.scan_page(stage, frame)
        case model.PayAsked() | model.Paying():
            return matter_pages.pay_page(visit, stage, frame)
        case model.SendingPapers():
            return _working(frame, view.Doing.SENDING_PAPERS, USUAL_PAPERS_S, stage.elapsed_s)
        case model.Submitting():
            return _working(frame, view.Doing.SUBMITTING, USUAL_SUBMIT_S, stage.elapsed_s)
        case model.AskingAgain() | model.Renewing():
            return _working(frame, view.Doing.ASKING_PLATFORM, USUAL_SUBMIT_S, stage.elapsed_s)
        case _:
            assert_never(stage)


def _page_of_result(visit: Visit, stage: _Result, frame: view.Frame, around: Surroundings) -> View:
    match stage:
        case model.Showing():
            rows = tuple(view.ResultRow(label=row.label, value=row.value) for row in stage.case.document.rows[:MAX_ROWS])
            return view.ShowResult(frame=frame, title=stage.case.document.title, rows=rows)
        case model.ShowingCode():
            return paper_pages.code_page(visit, stage, frame)
        case model.PreparingPrint():
            return _working(frame, view.Doing.PREPARING_PRINT, 1, stage.elapsed_s)
        case model.Printing():
            return paper_pages.printing_page(stage, frame)
        case model.PaperAsked():
            return paper_pages.question_page(visit, stage, frame, around.place.help_phone)
        case model.PrinterAwaited():
            return paper_pages.waiting_page(visit, stage, frame, around.place.help_phone, around.tasks)
        case model.Taking():
            return paper_pages.taking_page(stage, frame)
        case _:
            assert_never(stage)


def _frame(visit: Visit, around: Surroundings) -> view.Frame:
    can_go_back, can_go_home = _ways_out(visit)
    return view.Frame(
        place=around.place.name,
        local_time=around.now.astimezone(around.place.zone),
        steps=_steps(visit),
        can_go_back=can_go_back,
        can_go_home=can_go_home,
        text_size=visit.settings.text_size,
        is_voice_on=visit.settings.voice_is_on,
    )


def _ways_out(visit: Visit) -> tuple[bool, bool]:
    """Whether 返回 and 回首页 lead anywhere."""
    if visit.overlay is not None:
        return True, True
    match visit.stage:
        case model.AtRest() | model.Submitting() | model.AskingAgain() | model.PreparingPrint() | model.Printing():
            return False, False
        case model.SendingPapers() | model.Paying() | model.Renewing():
            return False, False
        case model.Choosing() | model.Guiding() | model.Reading() | model.ReaderAway() | model.Confirming() | model.Farewell():
            return True, True
        case model.Facing() | model.ProvingByPhone() | model.Scanning() | model.PayAsked():
            return True, True
        case model.Showing() | model.ShowingCode() | model.PaperAsked() | model.PrinterAwaited() | model.Taking():
            return False, True
        case model.Rating():
            return False, True
        case model.CardLying() as stage:
            return not stage.is_own, True
        case model.Troubled() as stage:
            return can_go_back(stage), True
        case _:
            assert_never(visit.stage)


def _steps(visit: Visit) -> tuple[view.StepDot, ...]:
    place = place_in_matter(visit.stage)
    if place is None:
        return ()
    service, now = place
    here = service.steps.index(now)
    states = [view.StepState.DONE] * here + [view.StepState.NOW] + [view.StepState.TO_COME] * (len(service.steps) - here - 1)
    return tuple(view.StepDot(step=step.value, state=state) for step, state in zip(service.steps, states, strict=True))


def _idle_page(visit: Visit, frame: view.Frame, around: Surroundings) -> View:
    place = around.place
    opening = [offer.opens_at for offer in visit.offers if offer.withdrawal is None and offer.opens_at is not None]
    if opening and not visit.is_any_offered:
        return view.Closed(
            frame=frame,
            opens=min(opening).astimezone(place.zone),
            elsewhere=_elsewhere(place),
            help_phone=place.help_phone,
            clerk_phone=place.clerk_phone,
            notice=around.notice,
        )
    if not visit.is_any_offered:
        withdrawal = _commonest_withdrawal(visit)
        return view.OutOfService(
            frame=frame,
            reason=withdrawal.reason if withdrawal else STARTING_REASON,
            elsewhere=_elsewhere(place),
            help_phone=place.help_phone,
            clerk_phone=place.clerk_phone,
            code=_code(withdrawal, STARTING_CODE),
            clerk_task=around.clerk_task,
        )
    if not all(offer.can_begin for offer in visit.offers):
        standing = view.Standing.PARTLY
    else:
        standing = view.Standing.PAPER_LOW if around.paper_is_low else view.Standing.ALL_WELL
    offered = [offer.service.topic for offer in visit.offers if offer.can_begin]
    topics = tuple(TOPICS[topic] for topic in dict.fromkeys(offered))
    return view.Attract(
        frame=frame,
        address=place.address,
        topics=topics,
        standing=standing,
        clerk_task=around.clerk_task,
        notice=around.notice,
    )


def _catalogue(visit: Visit, stage: model.Choosing, frame: view.Frame, around: Surroundings) -> View:
    pages, size = model.pages_of(visit), model.tiles_a_page(visit.settings)
    page = min(stage.page, pages)
    tiles = tuple(
        view.ServiceTile(
            service=offer.service.id,
            title=offer.service.title,
            icon=offer.service.icon,
            minutes=offer.service.minutes,
            cost_fen=offer.service.cost_fen,
            withdrawn=_withdrawn(offer, around),
            instead=_instead(offer),
        )
        for offer in visit.offers[(page - 1) * size : page * size]
    )
    return view.Catalogue(frame=frame, tiles=tiles, page=page, pages=pages)


def _guide(visit: Visit, stage: model.Guiding, frame: view.Frame, around: Surroundings) -> View:
    service, offer = stage.service, visit.offer_of(stage.service)
    return view.Guide(
        frame=frame,
        title=service.title,
        lead=service.lead,
        bring=service.bring,
        minutes=service.minutes,
        cost_fen=service.cost_fen,
        result=service.result,
        withdrawn=_withdrawn(offer, around) if offer else None,
        instead=_instead(offer) if offer else (),
    )


def _trouble(stage: model.Troubled, frame: view.Frame, around: Surroundings) -> View:
    is_done = stage.matter is model.MatterState.DONE
    return view.Trouble(
        frame=frame,
        happened=view.TroubleKind(stage.kind.value),
        said=stage.said,
        matter=view.MatterState(stage.matter.value),
        can_try_again=stage.retry is not None,
        elsewhere=_elsewhere(around.place) if stage.kind in _ELSEWHERE_HELPS and not is_done else None,
        help_phone=around.place.help_phone,
        code=_code(stage.withdrawal, TROUBLE_CODES[stage.kind]),
    )


def _working(frame: view.Frame, doing: view.Doing, usual_s: int, elapsed_s: float) -> View:
    return view.Working(frame=frame, doing=doing, usual_s=usual_s, elapsed_s=int(elapsed_s))


def _withdrawn(offer: Offer, around: Surroundings) -> view.Withdrawn | None:
    withdrawal = offer.withdrawal
    if withdrawal is not None:
        return view.Withdrawn(reason=withdrawal.reason, elsewhere=_elsewhere(around.place), clerk_knows=withdrawal.clerk_knows)
    if offer.opens_at is not None:
        opens = offer.opens_at.astimezone(around.place.zone)
        return view.Withdrawn(reason="", elsewhere=_elsewhere(around.place), clerk_knows=False, opens=opens)
    return None


def _instead(offer: Offer) -> tuple[view.Instead, ...]:
    known = {stand_in.value for stand_in in view.StandIn}
    return tuple(
        view.Instead(by=view.StandIn(each.by.value), reason=each.because.reason)
        for each in offer.substitutions
        if each.by.value in known
    )


def _elsewhere(place: Place) -> view.Elsewhere:
    return view.Elsewhere(name=place.elsewhere, distance_km=place.elsewhere_km, hours=place.elsewhere_hours)


def _commonest_withdrawal(visit: Visit) -> Withdrawal | None:
    counted = Counter(offer.withdrawal for offer in visit.offers if offer.withdrawal)
    return counted.most_common(1)[0][0] if counted else None


def _code(withdrawal: Withdrawal | None, otherwise: str) -> str:
    return withdrawal.short_code if withdrawal else otherwise
