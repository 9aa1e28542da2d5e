"""A4 documents, and what takes the place of paper: a second printer, a code on the screen (F03, F14)."""

from dataclasses import replace

import pytest

from drivers.contract.print_outcome import PrintOutcome
from kiosk.gateway.platform import Accepted, Document, NotDone
from kiosk.services.service import Capability, Paper, Service
from kiosk.visit.effect import DrawBackPaper, EndVisit, LookForPaper, Print, RenewDocument, Report
from kiosk.visit.event import (
    CabinetOpened,
    Declined,
    DocumentRenewed,
    OffersChanged,
    PaperAnswered,
    PaperLooked,
    PlatformAnswered,
    PrintBegan,
    PrintProgressed,
    PrintSettled,
    Proceeded,
    RestAsked,
    TimePassed,
)
from kiosk.visit.machine import advance
from kiosk.visit.model import (
    MatterState,
    PaperAsked,
    PaperSeen,
    PreparingPrint,
    PrinterAwaited,
    Printing,
    Rating,
    Renewing,
    ShowingCode,
    StillThereAsked,
    Taking,
    Troubled,
    TroubleKind,
    Visit,
    VisitOutcome,
)
from tests.kiosk.visit.world import CERTIFICATE, FULL_PROOF, after, cannot, effects_of, identified, sealed, taking

WHOLE_ONLY = replace(CERTIFICATE, may_continue_print=False)
A4, RECEIPT = Capability.PRINT_DOCUMENT, Capability.PRINT_RECEIPT


def _accepted(service: Service, document: Document, event: OffersChanged | None = None) -> Visit:
    visit = after(identified(service, event=cannot(services=(service,))), Proceeded())
    visit = after(visit, *([event] if event else []))
    return after(visit, PlatformAnswered(job=visit.jobs, answer=Accepted(document=document)))


def _printing(service: Service = CERTIFICATE) -> Visit:
    visit = _accepted(service, sealed())
    return after(visit, PrintBegan(job=visit.jobs))


def _settled(visit: Visit, outcome: PrintOutcome, pages_done: int | None) -> Visit:
    return after(visit, PrintSettled(job=visit.jobs, outcome=outcome, pages_done=pages_done))


def _owed(pages_done: int | None, service: Service = CERTIFICATE) -> Visit:
    visit = _settled(_printing(service), PrintOutcome.PARTIAL, pages_done)
    return after(visit, PaperAnswered(seen=PaperSeen.PART))


def _awaited(visit: Visit) -> PrinterAwaited:
    assert isinstance(visit.stage, PrinterAwaited)
    return visit.stage


def _print_of(visit: Visit, touch: Proceeded | RestAsked) -> Print:
    (effect,) = effects_of(visit, touch)
    assert isinstance(effect, Print)
    return effect


def test_a_document_is_printed_on_a4_and_says_which_page_is_out() -> None:
    visit = _printing()
    assert isinstance(visit.stage, Printing)
    assert visit.stage.paper is Paper.DOCUMENT
    visit = after(visit, PrintProgressed(job=visit.jobs, share=0.34, page=1))
    assert isinstance(visit.stage, Printing)
    assert (visit.stage.page, visit.stage.progress) == (1, 0.34)
    taken = _settled(visit, PrintOutcome.DONE, 3)
    assert isinstance(taken.stage, Taking)
    assert taken.stage.paper is Paper.DOCUMENT


@pytest.mark.parametrize("pages_done", [1, 2])
def test_after_a_stop_only_the_missing_pages_are_printed_and_only_when_she_asks(pages_done: int) -> None:
    visit = _owed(pages_done)
    assert _awaited(visit).can_print_rest
    assert effects_of(visit, cannot()) == ()
    rest = _print_of(visit, RestAsked())
    assert (rest.first_page, rest.document.number, rest.paper) == (pages_done + 1, sealed().number, Paper.DOCUMENT)


def test_the_pages_of_a_rest_count_from_the_first_page_of_the_document() -> None:
    visit = after(_owed(1), RestAsked())
    visit = after(visit, PrintBegan(job=visit.jobs))
    visit = _settled(visit, PrintOutcome.PARTIAL, 1)
    assert isinstance(visit.stage, PaperAsked)
    assert visit.stage.pages_done == 2
    assert _print_of(after(visit, PaperAnswered(seen=PaperSeen.PART)), RestAsked()).first_page == 3


@pytest.mark.parametrize("pages_done", [0, 3, None])
def test_there_is_no_rest_when_nothing_everything_or_nobody_knows_what_came_out(pages_done: int | None) -> None:
    visit = _owed(pages_done)
    assert not _awaited(visit).can_print_rest
    assert advance(visit, RestAsked()) == (visit, ())


def test_a_document_that_must_be_whole_is_voided_and_printed_under_a_new_number() -> None:
    visit = _owed(2, WHOLE_ONLY)
    assert advance(visit, RestAsked()) == (visit, ())
    visit, effects = advance(visit, Proceeded())
    assert isinstance(visit.stage, Renewing)
    assert effects == (RenewDocument(job=visit.jobs, key=visit.stage.case.key, number=sealed().number),)
    fresh = sealed(number="PZ20261122-000002")
    renewed = DocumentRenewed(job=visit.jobs, is_void=True, answer=Accepted(document=fresh))
    visit, effects = advance(visit, renewed)
    assert isinstance(visit.stage, PreparingPrint)
    assert isinstance(effects[0], Print)
    assert (effects[0].document.number, effects[0].first_page, effects[0].reprint) == ("PZ20261122-000002", 1, 1)


@pytest.mark.parametrize("answer", [Accepted(document=sealed()), NotDone(why="?"), None])
def test_a_voided_document_is_never_printed_again_for_want_of_a_new_one(answer: Accepted | NotDone | None) -> None:
    visit = after(_owed(2, WHOLE_ONLY), Proceeded())
    visit, effects = advance(visit, DocumentRenewed(job=visit.jobs, is_void=True, answer=answer))
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.kind, visit.stage.matter, effects) == (TroubleKind.DOCUMENT_VOIDED, MatterState.DONE, ())
    assert [type(effect) for effect in effects_of(visit, Proceeded())] == [RenewDocument]


def test_a_platform_that_cannot_be_told_leaves_the_document_as_it_is() -> None:
    visit = after(_owed(2, WHOLE_ONLY), Proceeded())
    visit = after(visit, DocumentRenewed(job=visit.jobs, is_void=False, answer=None))
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.kind, visit.stage.matter) == (TroubleKind.PLATFORM_OFFLINE, MatterState.DONE)


def test_a_print_that_never_began_is_tried_again_under_its_own_number() -> None:
    visit = _settled(_printing(WHOLE_ONLY), PrintOutcome.NOT_STARTED, 0)
    again = _print_of(visit, Proceeded())
    assert (again.document.number, again.reprint) == (sealed().number, 0)


# --- what takes the place of paper ---


def test_a_receipt_goes_on_a4_when_its_printer_is_away_and_the_platform_gave_sheets() -> None:
    visit = _accepted(FULL_PROOF, sealed(), cannot(RECEIPT))
    assert isinstance(visit.stage, PreparingPrint)
    assert visit.stage.paper is Paper.DOCUMENT


def test_a_receipt_without_sheets_is_laid_out_on_a4_by_the_kiosk() -> None:
    no_sheets = replace(sealed(), sheets=b"", pages=0)
    visit = _accepted(FULL_PROOF, no_sheets, cannot(RECEIPT))
    assert isinstance(visit.stage, PreparingPrint)
    assert visit.stage.paper is Paper.DOCUMENT


def test_a_receipt_laid_out_on_a4_is_printed_again_as_a_copy_not_under_a_new_number() -> None:
    no_sheets = replace(sealed(), sheets=b"", pages=0)
    visit = _settled(_accepted(FULL_PROOF, no_sheets, cannot(RECEIPT)), PrintOutcome.PARTIAL, 0)
    visit = after(visit, PaperAnswered(seen=PaperSeen.NOTHING))
    again = _print_of(visit, Proceeded())
    assert (again.document.number, again.reprint, again.paper) == (no_sheets.number, 1, Paper.DOCUMENT)


def test_a_certificate_without_its_sealed_sheets_becomes_a_code_on_the_screen() -> None:
    visit = _accepted(CERTIFICATE, replace(sealed(), sheets=b"", pages=0))
    assert isinstance(visit.stage, ShowingCode)


def test_a_receipt_becomes_a_code_on_the_screen_when_no_printer_works() -> None:
    visit = _accepted(FULL_PROOF, sealed(), cannot(RECEIPT, A4))
    assert isinstance(visit.stage, ShowingCode)
    assert visit.stage.instead_of is Paper.RECEIPT
    visit = after(visit, Proceeded())
    assert isinstance(visit.stage, Rating)
    assert visit.stage.outcome is VisitOutcome.DONE


def test_a_document_becomes_a_code_when_no_a4_printer_works() -> None:
    assert isinstance(_accepted(CERTIFICATE, sealed(), cannot(A4)).stage, ShowingCode)


def test_a_document_without_an_address_has_no_code_and_its_printer_is_waited_for() -> None:
    nothing_to_check = replace(sealed(), verify_url="")
    visit = _accepted(CERTIFICATE, nothing_to_check, cannot(A4))
    assert isinstance(visit.stage, PreparingPrint)
    visit = _settled(visit, PrintOutcome.NOT_STARTED, 0)
    assert isinstance(visit.stage, PrinterAwaited)


def test_a_printer_that_broke_before_it_began_gives_way_to_the_screen() -> None:
    visit = after(_printing(), cannot(A4))
    visit, effects = advance(visit, PrintSettled(job=visit.jobs, outcome=PrintOutcome.NOT_STARTED, pages_done=0))
    assert isinstance(visit.stage, ShowingCode)
    assert [type(effect) for effect in effects] == [Report]


def test_whoever_will_not_wait_for_a_broken_printer_takes_the_code_along() -> None:
    visit = after(_owed(1), cannot(A4), Declined())
    assert isinstance(visit.stage, ShowingCode)
    assert isinstance(after(_owed(1), Declined()).stage, Rating)


def test_a_code_on_the_screen_is_hers_until_she_has_it_and_is_wiped_when_she_has_gone() -> None:
    visit = _accepted(CERTIFICATE, sealed(), cannot(A4))
    assert isinstance(after(visit, TimePassed(seconds=60)).overlay, StillThereAsked)
    gone, effects = advance(visit, TimePassed(seconds=1000))
    assert EndVisit(service=CERTIFICATE, outcome=VisitOutcome.DONE, steps=4) in effects
    assert "verify_url" not in repr(gone)


# --- paper that nobody takes ---


def test_paper_that_lies_there_is_said_again_and_after_a_minute_reported_once() -> None:
    visit = _settled(_printing(), PrintOutcome.DONE, 3)
    reports: list[Report] = []
    for second in range(1, 90):
        visit, effects = advance(visit, TimePassed(seconds=1))
        reports += [effect for effect in effects if isinstance(effect, Report)]
        assert len(reports) == (second >= 60)
        assert isinstance(visit.stage, Taking)
        assert visit.stage.stands_s == second
    assert reports == [Report(name="receipt.not_taken")]
    assert isinstance(after(visit, Proceeded()).overlay, type(None))


@pytest.mark.parametrize(("is_waiting", "is_reported"), [(True, True), (None, True), (False, False)])
def test_a_receipt_counts_as_left_unless_the_printer_says_that_it_was_taken(is_waiting: bool | None, is_reported: bool) -> None:
    visit, effects = advance(taking(), TimePassed(seconds=30))
    assert effects == (LookForPaper(job=visit.jobs),)
    visit, effects = advance(after(visit, PaperLooked(job=visit.jobs, is_waiting=is_waiting)), TimePassed(seconds=30))
    assert effects == (LookForPaper(job=visit.jobs),)
    visit, effects = advance(visit, PaperLooked(job=visit.jobs, is_waiting=is_waiting))
    assert effects == ((Report(name="receipt.not_taken"),) if is_reported else ())
    assert advance(visit, PaperLooked(job=visit.jobs, is_waiting=is_waiting))[1] == ()


def test_a_receipt_nobody_came_back_for_is_drawn_back_and_one_that_was_confirmed_is_not() -> None:
    assert DrawBackPaper() in effects_of(taking(), TimePassed(seconds=1000))
    assert DrawBackPaper() not in effects_of(after(taking(), Proceeded()), TimePassed(seconds=1000))


# --- the cabinet ---


@pytest.mark.parametrize(
    ("there", "matter"),
    [
        (lambda: identified(CERTIFICATE), MatterState.NOT_DONE),
        (lambda: after(identified(CERTIFICATE), Proceeded()), MatterState.UNKNOWN),
        (_printing, MatterState.DONE),
    ],
    ids=["confirming", "submitting", "printing"],
)
def test_an_opened_cabinet_ends_the_visit_and_says_what_became_of_the_matter(there: object, matter: MatterState) -> None:
    assert callable(there)
    visit, effects = advance(there(), CabinetOpened())
    assert visit.stage == Troubled(kind=TroubleKind.CABINET_OPEN, matter=matter, service=None)
    assert [type(effect) for effect in effects].count(EndVisit) == 1
    assert visit.begun is None


def test_the_clerk_who_was_called_to_the_printer_may_open_the_cabinet() -> None:
    visit = _owed(1)
    assert advance(visit, CabinetOpened()) == (visit, ())


def test_an_opened_cabinet_with_nobody_there_changes_no_page() -> None:
    visit = after(identified(CERTIFICATE), TimePassed(seconds=1000))
    assert after(visit, CabinetOpened()) == visit
