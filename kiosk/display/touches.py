"""What a touch means to the visit."""

from typing import assert_never

from kiosk.display.vocabulary import intent as touched
from kiosk.display.vocabulary.intent import Intent
from kiosk.gateway.platform import KnownBy
from kiosk.visit import event
from kiosk.visit.event import Touch
from kiosk.visit.model import FaceWay, PaperSeen


def event_of(intent: Intent) -> Touch | None:
    """Return the visit's event for a touch; None for the clerk's two answers, which are upkeep's."""
    match intent:
        case touched.Start():
            return event.Started()
        case touched.ChooseService():
            return event.ServiceChosen(service=intent.service)
        case touched.TurnPage():
            return event.PageTurned(by=intent.by)
        case touched.Proceed():
            return event.Proceeded()
        case touched.Decline():
            return event.Declined()
        case touched.GoBack():
            return event.WentBack()
        case touched.GoHome():
            return event.WentHome()
        case touched.ChooseWay():
            return event.WayChosen(way=_way(intent.way))
        case touched.FinishPages():
            return event.PagesFinished()
        case touched.PrintRest():
            return event.RestAsked()
        case touched.AnswerPaper():
            return event.PaperAnswered(seen=PaperSeen(intent.seen.value))
        case touched.GiveRating():
            return event.Rated(level=intent.level)
        case touched.CallHelp():
            return event.HelpCalled()
        case touched.ReportRepair():
            return event.RepairReported()
        case touched.OpenClerkTask():
            return event.ClerkTaskOpened()
        case touched.ClerkMended() | touched.ClerkGaveUp():
            return None
        case touched.OpenTextSizes():
            return event.TextSizesOpened()
        case touched.SetTextSize():
            return event.TextSizeSet(size=intent.size)
        case touched.OpenVoice():
            return event.VoiceOpened()
        case touched.SetVoice():
            return event.VoiceSet(is_on=intent.is_on, volume=intent.volume)
        case _:
            assert_never(intent)


def _way(way: touched.Way) -> KnownBy | FaceWay:
    """The phone's code is the same word on both pages; the stage knows which it is."""
    return FaceWay.WITHOUT_FACE if way is touched.Way.WITHOUT_FACE else KnownBy(way.value)
