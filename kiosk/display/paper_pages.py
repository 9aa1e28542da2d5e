"""The pages on which she is given her paper, or what takes its place."""

import math

from kiosk.display.matter_pages import way_in_view
from kiosk.display.vocabulary import view
from kiosk.display.vocabulary.view import ClerkTask, View
from kiosk.services.offer import Withdrawal
from kiosk.services.service import Paper
from kiosk.visit import model
from kiosk.visit.model import Visit
from kiosk.visit.stages.printing import is_reminder
from kiosk.visit.ways import paper_works, withdrawal_of

USUAL_RECEIPT_S = 12
"""Seconds a receipt of about 20 cm with a QR code usually takes."""

USUAL_FIRST_PAGE_S = 12
USUAL_PAGE_S = 5
"""Seconds an office printer usually takes, cold and warm."""

PRINT_CODE = "S10"
"""Said over the telephone when a print stopped and no fault explains it."""

PRINTER_STOPPED = "打印机停了一下"
"""Shown when a print did not begin and no fault explains it."""


def printing_page(stage: model.Printing, frame: view.Frame) -> View:
    """Paper moves."""
    pages = _pages(stage.case, stage.paper)
    usual_s = USUAL_RECEIPT_S
    if stage.paper is Paper.DOCUMENT:
        usual_s = USUAL_FIRST_PAGE_S + USUAL_PAGE_S * max(0, pages - stage.first_page)
    return view.Printing(
        frame=frame,
        title=stage.case.service.print_title,
        progress=stage.progress,
        remaining_s=math.ceil((1 - stage.progress) * usual_s),
        reprint=stage.reprint,
        paper=paper_in_view(stage.paper),
        page=min(max(stage.page + 1, stage.first_page), pages) if pages else 0,
        pages=pages,
    )


def question_page(visit: Visit, stage: model.PaperAsked, frame: view.Frame, help_phone: str) -> View:
    """What came out?"""
    return view.PrintQuestion(
        frame=frame,
        title=stage.case.service.print_title,
        help_phone=help_phone,
        code=_code(withdrawal_of(visit, stage.paper.capability)),
        paper=paper_in_view(stage.paper),
        pages_done=stage.pages_done,
        pages=_pages(stage.case, stage.paper),
    )


def waiting_page(
    visit: Visit, stage: model.PrinterAwaited, frame: view.Frame, help_phone: str, tasks: tuple[ClerkTask, ...]
) -> View:
    """The paper is still owed. Of everything that needs hands, she waits for this printer."""
    withdrawal = withdrawal_of(visit, stage.paper.capability)
    return view.PrinterWaits(
        frame=frame,
        title=stage.case.service.print_title,
        reason=withdrawal.reason if withdrawal else PRINTER_STOPPED,
        task=next((task for task in tasks if withdrawal and task.device == withdrawal.device), None),
        is_ready=paper_works(visit, stage.paper),
        help_phone=help_phone,
        code=_code(withdrawal),
        paper=paper_in_view(stage.paper),
        pages_done=stage.pages_done,
        pages=_pages(stage.case, stage.paper),
        can_print_rest=stage.can_print_rest,
    )


def code_page(visit: Visit, stage: model.ShowingCode, frame: view.Frame) -> View:
    """The result as a code, and why it is not on paper."""
    withdrawal = withdrawal_of(visit, stage.instead_of.capability)
    return view.ShowCode(
        frame=frame,
        title=stage.case.service.print_title,
        number=stage.case.document.number,
        content=stage.case.document.verify_url,
        reason=withdrawal.reason if withdrawal else PRINTER_STOPPED,
    )


def taking_page(stage: model.Taking, frame: view.Frame) -> View:
    """Take your card and your paper."""
    return view.TakeReceipt(
        frame=frame,
        tear_by_hand=stage.must_tear,
        paper=paper_in_view(stage.paper),
        pages=_pages(stage.case, stage.paper),
        is_reminder=is_reminder(stage),
        way=way_in_view(stage.case.way),
    )


def paper_in_view(paper: Paper) -> view.PaperKind:
    """The same paper on the screen."""
    return view.PaperKind.DOCUMENT if paper is Paper.DOCUMENT else view.PaperKind.RECEIPT


def _pages(case: model.Case, paper: Paper) -> int:
    return max(1, case.document.pages) if paper is Paper.DOCUMENT else 0


def _code(withdrawal: Withdrawal | None) -> str:
    return withdrawal.short_code if withdrawal else PRINT_CODE
