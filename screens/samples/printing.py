"""Samples of the pages of what comes out."""

from kiosk.display.vocabulary import view
from screens.samples.parts import CERTIFICATE, PHONE, frame, task

SHEETS = view.PaperKind.DOCUMENT
VERIFY = "https://verify.example.gov.cn/d/7K2Q-9F4M-20261123"


def views(text_size: int) -> dict[str, view.View]:
    """By the name of the picture."""
    return _printing(text_size) | _stopped(text_size) | _taking(text_size)


def _printing(text_size: int) -> dict[str, view.View]:
    found: dict[str, view.View] = {}
    now = frame(text_size=text_size, at_step=4, can_go=False)
    for name, reprint, paper, page, pages in (
        ("printing", 0, view.PaperKind.RECEIPT, 0, 0),
        ("printing-again", 1, view.PaperKind.RECEIPT, 0, 0),
        ("printing-sheets", 0, SHEETS, 2, 3),
        ("printing-one-sheet", 0, SHEETS, 1, 1),
    ):
        found[name] = view.Printing(
            frame=now, title=CERTIFICATE, progress=0.62, remaining_s=6, reprint=reprint, paper=paper, page=page, pages=pages
        )
    return found


def _stopped(text_size: int) -> dict[str, view.View]:
    found: dict[str, view.View] = {}
    now = frame(text_size=text_size, at_step=4)
    receipt = view.PaperKind.RECEIPT
    questions: tuple[tuple[str, view.PaperKind, int | None, int], ...] = (
        ("print-question", receipt, None, 0),
        ("print-question-sheets", SHEETS, None, 3),
        ("print-question-sheets-counted", SHEETS, 1, 3),
    )
    for name, paper, done, pages in questions:
        found[name] = view.PrintQuestion(
            frame=now, title=CERTIFICATE, help_phone=PHONE, code="P01", paper=paper, pages_done=done, pages=pages
        )
    roll, sheets = task(), task(picture="load_a4_paper")
    waits: tuple[tuple[str, view.ClerkTask | None, bool, view.PaperKind, int | None, bool], ...] = (
        ("printer-waits", roll, False, receipt, None, False),
        ("printer-waits-mending", None, False, receipt, None, False),
        ("printer-waits-ready", None, True, receipt, None, False),
        ("printer-waits-sheets", sheets, False, SHEETS, 1, True),
        ("printer-waits-sheets-mending", None, False, SHEETS, None, False),
        ("printer-waits-sheets-ready", None, True, SHEETS, None, False),
        ("printer-waits-sheets-rest", None, True, SHEETS, 1, True),
    )
    for name, clerk, is_ready, paper, done, can_print_rest in waits:
        found[name] = view.PrinterWaits(
            frame=now,
            title=CERTIFICATE,
            reason="打印机缺纸",
            task=clerk,
            is_ready=is_ready,
            help_phone=PHONE,
            code="P01",
            paper=paper,
            pages_done=done,
            pages=3 if paper is SHEETS else 0,
            can_print_rest=can_print_rest,
        )
    return found


def _taking(text_size: int) -> dict[str, view.View]:
    found: dict[str, view.View] = {}
    done = frame(text_size=text_size, at_step=5)
    way = view.IdentifyWay
    for name, tear, paper, pages, is_reminder, known_by in (
        ("take-receipt", False, view.PaperKind.RECEIPT, 0, False, way.ID_CARD),
        ("take-receipt-tear", True, view.PaperKind.RECEIPT, 0, False, way.ID_CARD),
        ("take-receipt-reminder", False, view.PaperKind.RECEIPT, 0, True, way.ID_CARD),
        ("take-sheets", False, SHEETS, 3, False, way.SOCIAL_SECURITY_CARD),
        ("take-sheet-phone", False, SHEETS, 1, False, way.PHONE_CODE),
        ("take-sheets-reminder", False, SHEETS, 3, True, way.SOCIAL_SECURITY_CARD),
    ):
        found[name] = view.TakeReceipt(
            frame=done, tear_by_hand=tear, paper=paper, pages=pages, is_reminder=is_reminder, way=known_by
        )
    for name, reason in (("show-code", ""), ("show-code-instead", "打印机缺纸")):
        found[name] = view.ShowCode(
            frame=frame(text_size=text_size, at_step=4), title=CERTIFICATE, number="2026112300123", content=VERIFY, reason=reason
        )
    return found
