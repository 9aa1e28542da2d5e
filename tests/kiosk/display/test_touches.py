import pytest

from kiosk.display.touches import event_of
from kiosk.display.vocabulary import intent
from kiosk.display.vocabulary.intent import Intent
from kiosk.gateway.platform import KnownBy
from kiosk.visit import event
from kiosk.visit.event import Event
from kiosk.visit.model import FaceWay, PaperSeen


@pytest.mark.parametrize(
    ("touched", "happened"),
    [
        (intent.Start(), event.Started()),
        (intent.ChooseService(service="pension_arrival"), event.ServiceChosen(service="pension_arrival")),
        (intent.TurnPage(by=-1), event.PageTurned(by=-1)),
        (intent.Proceed(), event.Proceeded()),
        (intent.Decline(), event.Declined()),
        (intent.GoBack(), event.WentBack()),
        (intent.GoHome(), event.WentHome()),
        (intent.ChooseWay(way=intent.Way.PHONE_CODE), event.WayChosen(way=KnownBy.PHONE_CODE)),
        (intent.ChooseWay(way=intent.Way.WITHOUT_FACE), event.WayChosen(way=FaceWay.WITHOUT_FACE)),
        (intent.FinishPages(), event.PagesFinished()),
        (intent.PrintRest(), event.RestAsked()),
        (intent.AnswerPaper(seen=intent.PaperSeen.PART), event.PaperAnswered(seen=PaperSeen.PART)),
        (intent.GiveRating(level=2), event.Rated(level=2)),
        (intent.CallHelp(), event.HelpCalled()),
        (intent.ReportRepair(), event.RepairReported()),
        (intent.OpenClerkTask(), event.ClerkTaskOpened()),
        (intent.OpenTextSizes(), event.TextSizesOpened()),
        (intent.SetTextSize(size=3), event.TextSizeSet(size=3)),
        (intent.OpenVoice(), event.VoiceOpened()),
        (intent.SetVoice(is_on=True, volume=1), event.VoiceSet(is_on=True, volume=1)),
        (intent.ClerkMended(device="receipt-printer", code="printer.paper_out"), None),
        (intent.ClerkGaveUp(device="receipt-printer", code="printer.paper_out"), None),
    ],
)
def test_every_touch_means_one_thing_to_the_visit_or_is_the_clerks(touched: Intent, happened: Event | None) -> None:
    assert event_of(touched) == happened


def test_no_touch_of_the_vocabulary_is_forgotten() -> None:
    table = test_every_touch_means_one_thing_to_the_visit_or_is_the_clerks.pytestmark[0].args[1]  # type: ignore[attr-defined]  # pytest's
    assert {type(touched) for touched, _ in table} == set(Intent.__args__)
