"""The portrait: what the screen shows of a visit, pure. Nothing unmasked of a card leaves here."""

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from kiosk.display.vocabulary import view
from kiosk.display.vocabulary.view import ClerkTask, View
from kiosk.services.offer import Offer, Withdrawal
from kiosk.services.topics import TOPICS
from kiosk.visit import model
from kiosk.visit.masking import area_of, masked_name, masked_number
from kiosk.visit.model import TroubleKind, Visit
from kiosk.visit.place import Place
from kiosk.visit.stages.entrances import printer_withdrawal
from kiosk.visit.steps import place_in_matter

USUAL_SUBMIT_S = 5
"""Seconds the platform usually takes."""

USUAL_PRINT_S = 12
"""Seconds a receipt of about 20 cm with a QR code usually takes."""

MAX_ROWS = 5
"""Rows an answer on the screen can have without scrolling (E4)."""

PRINT_CODE = "S10"
"""Said over the telephone when a print stopped and no fault explains it."""

STARTING_CODE = "S00"
STARTING_REASON = "机器正在准备"
"""Shown while nothing is known of the machine yet, and so no fault has words."""

PRINTER_STOPPED = "打印机停了一下"
"""Shown when a print did not begin and no fault explains it."""

TROUBLE_CODES = {
    TroubleKind.PLATFORM_OFFLINE: "S01",
    TroubleKind.PLATFORM_REFUSED: "S02",
    TroubleKind.OUTCOME_UNKNOWN: "S03",
    TroubleKind.SERVICE_WITHDRAWN: "S04",
    TroubleKind.CARD_NOT_READ: "S05",
    TroubleKind.CARD_EXPIRED: "S06",
    TroubleKind.RESTARTED: "S07",
}
"""Said over the telephone when no fault with a code of its own is behind it. No fault of the catalogue begins with S."""

_ELSEWHERE_HELPS = {TroubleKind.PLATFORM_OFFLINE, TroubleKind.SERVICE_WITHDRAWN, TroubleKind.CARD_NOT_READ}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is around the visit when its portrait is taken.

    Attributes:
        now: Any aware time; shown in the place's own zone.
        clerk_task: What the clerk is asked to do, when something needs hands.
        paper_is_low: The printer says that its roll is near its end.
    """

    place: Place
    now: datetime
    clerk_task: ClerkTask | None
    paper_is_low: bool


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
            )
        case model.Reading() as stage:
            return view.PutCard(frame=frame, prompt=view.CardPrompt(stage.prompt.value), help_phone=around.place.help_phone)
        case model.ReaderAway():
            return view.PutCard(frame=frame, prompt=view.CardPrompt.READER_AWAY, help_phone=around.place.help_phone)
        case model.Confirming() as stage:
            person = stage.identified.person
            name, number, area = masked_name(person.name), masked_number(person.number), area_of(person.address)
            return view.Confirm(frame=frame, name=name, number=number, area=area)
        case model.Submitting() as stage:
            return _working(frame, view.Doing.SUBMITTING, USUAL_SUBMIT_S, stage.elapsed_s)
        case model.AskingAgain() as stage:
            return _working(frame, view.Doing.ASKING_PLATFORM, USUAL_SUBMIT_S, stage.elapsed_s)
        case model.Showing() as stage:
            rows = tuple(view.ResultRow(label=row.label, value=row.value) for row in stage.case.document.rows[:MAX_ROWS])
            return view.ShowResult(frame=frame, title=stage.case.document.title, rows=rows)
        case model.PreparingPrint() as stage:
            return _working(frame, view.Doing.PREPARING_PRINT, 1, stage.elapsed_s)
        case model.Printing() as stage:
            return view.Printing(
                frame=frame,
                title=stage.case.service.print_title,
                progress=stage.progress,
                remaining_s=math.ceil((1 - stage.progress) * USUAL_PRINT_S),
                reprint=stage.reprint,
            )
        case model.PaperAsked() as stage:
            return view.PrintQuestion(
                frame=frame,
                title=stage.case.service.print_title,
                help_phone=around.place.help_phone,
                code=_code(printer_withdrawal(visit), PRINT_CODE),
            )
        case model.PrinterAwaited() as stage:
            return _printer_waits(visit, stage, frame, around)
        case model.Taking() as stage:
            return view.TakeReceipt(frame=frame, tear_by_hand=stage.must_tear)
        case model.Rating():
            return view.Rate(frame=frame)
        case model.Farewell() as stage:
            return view.Goodbye(frame=frame, remaining_s=math.ceil(stage.remaining_s))
        case model.Troubled() as stage:
            return _trouble(stage, frame, around)
        case _:
            assert_never(visit.stage)


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
        case model.Choosing() | model.Guiding() | model.Reading() | model.ReaderAway() | model.Confirming() | model.Farewell():
            return True, True
        case model.Showing() | model.PaperAsked() | model.PrinterAwaited() | model.Taking() | model.Rating():
            return False, True
        case model.Troubled() as stage:
            return isinstance(stage.retry, model.ReadAgain | model.SubmitAgain), True
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
    if any(offer.withdrawal for offer in visit.offers):
        standing = view.Standing.PARTLY
    else:
        standing = view.Standing.PAPER_LOW if around.paper_is_low else view.Standing.ALL_WELL
    offered = [offer.service.topic for offer in visit.offers if offer.withdrawal is None]
    topics = tuple(TOPICS[topic] for topic in dict.fromkeys(offered))
    return view.Attract(frame=frame, address=place.address, topics=topics, standing=standing, clerk_task=around.clerk_task)


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
        )
        for offer in visit.offers[(page - 1) * size : page * size]
    )
    return view.Catalogue(frame=frame, tiles=tiles, page=page, pages=pages)


def _printer_waits(visit: Visit, stage: model.PrinterAwaited, frame: view.Frame, around: Surroundings) -> View:
    withdrawal, task = printer_withdrawal(visit), around.clerk_task
    return view.PrinterWaits(
        frame=frame,
        title=stage.case.service.print_title,
        reason=withdrawal.reason if withdrawal else PRINTER_STOPPED,
        task=task if task and withdrawal and task.device == withdrawal.device else None,
        is_ready=visit.printer_is_ready,
        help_phone=around.place.help_phone,
        code=_code(withdrawal, PRINT_CODE),
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
    if withdrawal is None:
        return None
    return view.Withdrawn(reason=withdrawal.reason, elsewhere=_elsewhere(around.place), clerk_knows=withdrawal.clerk_knows)


def _elsewhere(place: Place) -> view.Elsewhere:
    return view.Elsewhere(name=place.elsewhere, distance_km=place.elsewhere_km, hours=place.elsewhere_hours)


def _commonest_withdrawal(visit: Visit) -> Withdrawal | None:
    counted = Counter(offer.withdrawal for offer in visit.offers if offer.withdrawal)
    return counted.most_common(1)[0][0] if counted else None


def _code(withdrawal: Withdrawal | None, otherwise: str) -> str:
    return withdrawal.short_code if withdrawal else otherwise
