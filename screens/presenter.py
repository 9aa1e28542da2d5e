"""Presenter: from what the core says a page shows to what is drawn. Pure; every View has exactly one page."""

from typing import assert_never

from kiosk.display.vocabulary import view
from screens import models, theme
from screens.presenting import aside, identifying, idle, matter, printing, proving
from screens.wording import Wording


def present(shown: view.View, wording: Wording, *, has_voice: bool) -> models.Page:
    """Turn a View into its page.

    Args:
        wording: The words of the kiosk's language.
        has_voice: Whether this machine can speak at all.
    """
    words = wording.for_elders(shown.frame.text_size >= theme.ELDER_FROM)
    match shown:
        case view.Attract():
            return idle.attract(shown, words)
        case view.Catalogue():
            return idle.catalogue(shown, words)
        case view.Guide():
            return idle.guide(shown, words)
        case view.PutCard():
            return identifying.put_card(shown, words)
        case view.TakeCardFirst():
            return identifying.take_card_first(shown, words)
        case view.Confirm():
            return identifying.confirm(shown, words)
        case view.Face():
            return proving.face(shown, words)
        case view.Scan():
            return proving.scan(shown, words)
        case view.Pay():
            return proving.pay(shown, words)
        case view.Working():
            return matter.working(shown, words)
        case view.Printing():
            return printing.printing(shown, words)
        case view.PrintQuestion():
            return printing.print_question(shown, words)
        case view.PrinterWaits():
            return printing.printer_waits(shown, words)
        case view.ShowCode():
            return printing.show_code(shown, words)
        case view.ShowResult():
            return matter.show_result(shown, words)
        case view.TakeReceipt():
            return printing.take_receipt(shown, words)
        case view.Rate():
            return matter.rate(shown, words)
        case view.Goodbye():
            return matter.goodbye(shown, words)
        case view.StillThere():
            return aside.still_there(shown, words)
        case view.LeaveQuestion():
            return aside.leave_question(shown, words)
        case view.Trouble():
            return aside.trouble(shown, words)
        case view.Help():
            return aside.help_page(shown, words)
        case view.TextSizes():
            return aside.text_sizes(shown, words)
        case view.Voice():
            return aside.voice(shown, words, has_voice=has_voice)
        case view.ClerkPage():
            return idle.clerk_page(shown, words)
        case view.OutOfService():
            return idle.out_of_service(shown, words)
        case view.Closed():
            return idle.closed(shown, words)
        case _:
            assert_never(shown)
