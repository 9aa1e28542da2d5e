from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from kiosk.display.touch_meaning import touch_meaning_changed
from kiosk.display.vocabulary import View
from kiosk.display.vocabulary.view import (
    Attract,
    CardPrompt,
    Catalogue,
    Confirm,
    Doing,
    Face,
    FacePrompt,
    FaceWay,
    Frame,
    Goodbye,
    Guide,
    IdentifyWay,
    Pay,
    PayState,
    PrinterWaits,
    Printing,
    PrintQuestion,
    PutCard,
    Scan,
    ScanState,
    ShowCode,
    Standing,
    StepDot,
    StepState,
    StillThere,
    TakeCardFirst,
    Working,
)

FRAME = Frame(place="光明村", local_time=datetime(2026, 3, 2, tzinfo=UTC))
LATER = replace(FRAME, local_time=FRAME.local_time + timedelta(minutes=1), text_size=3, is_voice_on=True)
PERSON = Confirm(frame=FRAME, name="张*", number="3604**********0071", area="江西")
GUIDE = Guide(frame=FRAME, title="社保参保证明", lead="", bring="", minutes=3, cost_fen=0, result="", withdrawn=None)
ATTRACT = Attract(frame=FRAME, address="", topics=(), standing=Standing.ALL_WELL, clerk_task=None)
WAITS = PrinterWaits(frame=FRAME, title="a", reason="打印机缺纸", task=None, is_ready=False, help_phone="12345", code="P01")
CARD = PutCard(frame=FRAME, prompt=CardPrompt.PUT_CARD, help_phone="12345")
FACE = Face(frame=FRAME, prompt=FacePrompt.NO_FACE, other_ways=(FaceWay.WITHOUT_FACE,), remaining_s=30)
SCAN = Scan(frame=FRAME, hint="医院发票", pages=1, at_most=10, state=ScanState.WAITING)
PAY = Pay(frame=FRAME, title="a", amount_fen=100, state=PayState.SHOW_CODE, said="", remaining_s=60)
CODE = ShowCode(frame=FRAME, title="a", number="1", content="http://127.0.0.1/v/a", reason="")
LEFT = TakeCardFirst(frame=FRAME, way=IdentifyWay.ID_CARD, is_own=True, clerk_phone="12345")
DOT = StepDot(step="guide", state=StepState.NOW)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ATTRACT, replace(ATTRACT, frame=LATER)),
        (ATTRACT, replace(ATTRACT, standing=Standing.PARTLY)),
        (
            Printing(frame=FRAME, title="a", progress=0.1, remaining_s=5, reprint=0),
            Printing(frame=FRAME, title="a", progress=0.9, remaining_s=1, reprint=0),
        ),
        (StillThere(frame=FRAME, remaining_s=30, total_s=30), StillThere(frame=FRAME, remaining_s=29, total_s=30)),
        (Goodbye(frame=FRAME, remaining_s=5), Goodbye(frame=FRAME, remaining_s=4)),
        (PERSON, replace(PERSON, frame=LATER)),
        (FACE, replace(FACE, prompt=FacePrompt.COME_CLOSER, remaining_s=3)),
        (PAY, replace(PAY, remaining_s=3)),
    ],
)
def test_what_only_moves_on_is_the_same_page(before: View, after: View) -> None:
    assert not touch_meaning_changed(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ATTRACT, GUIDE),
        (PERSON, replace(PERSON, name="李*")),
        (PERSON, replace(PERSON, number="1101**********0000")),
        (GUIDE, replace(GUIDE, title="养老金查询")),
        (WAITS, replace(WAITS, is_ready=True)),
        (Catalogue(frame=FRAME, tiles=(), page=1, pages=2), Catalogue(frame=FRAME, tiles=(), page=2, pages=2)),
        (
            Working(frame=FRAME, doing=Doing.SUBMITTING, usual_s=5, elapsed_s=0),
            Working(frame=FRAME, doing=Doing.ASKING_PLATFORM, usual_s=5, elapsed_s=0),
        ),
        (
            PrintQuestion(frame=FRAME, title="a", help_phone="12345", code="P01"),
            PrintQuestion(frame=FRAME, title="b", help_phone="12345", code="P01"),
        ),
        (GUIDE, replace(GUIDE, frame=replace(FRAME, steps=(DOT,)))),
        (CARD, replace(CARD, way=IdentifyWay.PHONE_CODE)),
        (CARD, replace(CARD, other_ways=(IdentifyWay.PHONE_CODE,))),
        (FACE, replace(FACE, other_ways=())),
        (FACE, replace(FACE, prompt=FacePrompt.NOT_MATCHED)),
        (SCAN, replace(SCAN, state=ScanState.TAKEN, pages=2)),
        (PAY, replace(PAY, state=PayState.REFUSED)),
        (WAITS, replace(WAITS, can_print_rest=True)),
        (CODE, replace(CODE, content="http://127.0.0.1/v/b")),
        (LEFT, replace(LEFT, is_own=False)),
    ],
)
def test_another_question_is_another_page(before: View, after: View) -> None:
    assert touch_meaning_changed(before, after)


def test_every_kind_of_view_is_known() -> None:
    assert len(get_args(View)) == 27
