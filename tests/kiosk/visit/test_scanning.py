"""Papers under the overhead camera: sheet by sheet, kept when she goes back, handed in once."""

import pytest

from drivers.contract.document_scanner import ScanRefusal
from kiosk.gateway.platform import NotDone, PapersKept, Refused
from kiosk.services.service import Capability
from kiosk.visit.effect import DropSheet, DropSheets, EndVisit, HandInPapers, StopReading, Submit, TakeSheet
from kiosk.visit.event import (
    Declined,
    DocumentScannerLost,
    PagesFinished,
    PapersAnswered,
    Proceeded,
    SheetRefused,
    SheetTaken,
    TimePassed,
    WentBack,
    WentHome,
)
from kiosk.visit.machine import advance
from kiosk.visit.model import (
    MAX_SHEETS,
    Confirming,
    MatterState,
    Scanning,
    ScanState,
    SendingPapers,
    StillThereAsked,
    Submitting,
    Troubled,
    TroubleKind,
    Visit,
    VisitOutcome,
)
from tests.kiosk.visit.world import PAPERS, after, cannot, effects_of, identified


def _table() -> Visit:
    return after(identified(PAPERS), Proceeded())


def _with_sheets(number: int, visit: Visit | None = None) -> Visit:
    visit = visit or _table()
    for _ in range(number):
        if _scanning(visit).state is ScanState.TAKEN:
            visit = after(visit, Proceeded())
        visit = after(visit, Proceeded())
        visit = after(visit, SheetTaken(job=visit.jobs))
    return visit


def _scanning(visit: Visit) -> Scanning:
    assert isinstance(visit.stage, Scanning)
    return visit.stage


def _sent(sheets: int = 1) -> Visit:
    return after(_with_sheets(sheets), PagesFinished())


def test_a_sheet_is_taken_when_she_says_so_and_not_before() -> None:
    visit = _table()
    assert (_scanning(visit).state, effects_of(identified(PAPERS), Proceeded())) == (ScanState.WAITING, ())
    visit, effects = advance(visit, Proceeded())
    assert [type(effect) for effect in effects] == [TakeSheet]
    assert _scanning(visit).state is ScanState.TAKING
    assert advance(visit, Proceeded()) == (visit, ())


@pytest.mark.parametrize("reason", ScanRefusal)
def test_a_sheet_that_cannot_be_used_says_why_and_is_taken_again(reason: ScanRefusal) -> None:
    visit = after(_table(), Proceeded())
    visit = after(visit, SheetRefused(job=visit.jobs, reason=reason))
    assert (_scanning(visit).state, _scanning(visit).problem) == (ScanState.REFUSED, reason.value)
    visit = after(visit, Proceeded())
    assert (_scanning(visit).state, _scanning(visit).problem) == (ScanState.TAKING, "")


def test_a_sheet_may_be_taken_once_more_and_the_bad_one_is_wiped() -> None:
    visit, effects = advance(_with_sheets(2), Declined())
    assert (_scanning(visit).submission.sheets, _scanning(visit).state, effects) == (1, ScanState.WAITING, (DropSheet(),))


def test_ten_sheets_are_enough() -> None:
    visit = _with_sheets(MAX_SHEETS)
    assert advance(visit, Proceeded()) == (visit, ())
    assert isinstance(after(visit, PagesFinished()).stage, SendingPapers)
    assert _scanning(after(visit, Declined())).submission.sheets == MAX_SHEETS - 1


def test_nothing_can_be_finished_before_there_is_a_sheet() -> None:
    assert advance(_table(), PagesFinished()) == (_table(), ())


def test_the_papers_are_handed_in_under_the_applications_key_and_named_in_it() -> None:
    visit, effects = advance(_with_sheets(2), PagesFinished())
    assert isinstance(visit.stage, SendingPapers)
    key = visit.stage.submission.key
    assert effects == (HandInPapers(job=visit.jobs, key=key),)
    visit, effects = advance(visit, PapersAnswered(job=visit.jobs, answer=PapersKept(name="cl-1")))
    assert isinstance(visit.stage, Submitting)
    assert effects[0] == DropSheets()
    assert isinstance(effects[1], Submit)
    assert (effects[1].application.key, effects[1].application.papers) == (key, "cl-1")


def test_papers_that_did_not_arrive_are_still_here_and_sent_again_under_the_same_key() -> None:
    visit = _sent(2)
    first = visit.stage
    visit = after(visit, PapersAnswered(job=visit.jobs, answer=NotDone(why="no route")))
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.kind, visit.stage.matter) == (TroubleKind.PLATFORM_OFFLINE, MatterState.NOT_DONE)
    assert _scanning(after(visit, WentBack(), Proceeded())).submission.sheets == 2
    again = after(visit, Proceeded()).stage
    assert isinstance(first, SendingPapers)
    assert isinstance(again, SendingPapers)
    assert again.submission == first.submission


def test_papers_the_platform_will_not_have_are_said_in_its_words() -> None:
    visit = _sent()
    visit = after(visit, PapersAnswered(job=visit.jobs, answer=Refused(reason="看不清")))
    assert isinstance(visit.stage, Troubled)
    assert (visit.stage.kind, visit.stage.said) == (TroubleKind.PLATFORM_REFUSED, "看不清")


def test_going_back_loses_no_sheet() -> None:
    visit = after(_with_sheets(3), WentBack())
    assert isinstance(visit.stage, Confirming)
    assert _scanning(after(visit, Proceeded())).submission.sheets == 3
    further = after(visit, WentBack(), Proceeded(), Proceeded())
    assert _scanning(further).submission.sheets == 3


def test_another_person_finds_none_of_her_sheets() -> None:
    visit, effects = advance(after(_with_sheets(1), WentBack()), Declined())
    assert effects[0] == DropSheets()
    assert "sheets" not in repr(visit.stage)


def test_a_table_that_goes_away_is_said_and_the_sheets_wait_for_it() -> None:
    visit = after(_with_sheets(2), Proceeded(), Proceeded())
    gone = after(visit, cannot(Capability.SCAN_DOCUMENT), DocumentScannerLost(job=visit.jobs))
    assert isinstance(gone.stage, Troubled)
    assert gone.stage.kind is TroubleKind.SERVICE_WITHDRAWN
    assert isinstance(after(gone, Proceeded()).stage, Troubled)
    assert _scanning(after(gone, cannot(), Proceeded())).submission.sheets == 2


def test_leaving_in_the_middle_ends_the_visit_and_with_it_every_sheet() -> None:
    visit = after(_with_sheets(1), WentHome())
    assert effects_of(visit, Declined())[0] == EndVisit(service=PAPERS, outcome=VisitOutcome.LEFT, steps=3)


def test_back_while_a_sheet_is_being_taken_stops_the_camera() -> None:
    visit, effects = advance(after(_table(), Proceeded()), WentBack())
    assert (type(visit.stage), effects) == (Confirming, (StopReading(),))
    assert advance(visit, SheetTaken(job=visit.jobs)) == (visit, ())


def test_nobody_is_asked_whether_she_is_there_while_the_camera_works() -> None:
    for visit in (after(_table(), Proceeded()), _sent()):
        assert after(visit, TimePassed(seconds=3600)).overlay is None
    assert isinstance(after(_with_sheets(1), TimePassed(seconds=60)).overlay, StillThereAsked)
