"""One module and one layout file a page. A page is told everything by its model and decides nothing.

To add one: a class here named after its kind, its ``.kv`` beside it, a line in ``PAGES``.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from kivy.lang import Builder

from screens import widgets
from screens.pages.attract import AttractPage
from screens.pages.catalogue import CataloguePage
from screens.pages.clerk_page import ClerkPagePage
from screens.pages.confirm import ConfirmPage
from screens.pages.face import FacePage
from screens.pages.goodbye import GoodbyePage
from screens.pages.guide import GuidePage
from screens.pages.help import HelpPage
from screens.pages.leave_question import LeaveQuestionPage
from screens.pages.out_of_service import OutOfServicePage
from screens.pages.pay import PayPage
from screens.pages.print_question import PrintQuestionPage
from screens.pages.printer_waits import PrinterWaitsPage
from screens.pages.printing import PrintingPage
from screens.pages.put_card import PutCardPage
from screens.pages.rate import RatePage
from screens.pages.scan import ScanPage
from screens.pages.show_code import ShowCodePage
from screens.pages.show_result import ShowResultPage
from screens.pages.still_there import StillTherePage
from screens.pages.take_card_first import TakeCardFirstPage
from screens.pages.take_receipt import TakeReceiptPage
from screens.pages.text_sizes import TextSizesPage
from screens.pages.trouble import TroublePage
from screens.pages.voice import VoicePage
from screens.pages.wait import WaitPage
from screens.pages.working import WorkingPage
from screens.widgets.sheet import Sheet

PAGES: Mapping[str, type[Sheet]] = MappingProxyType(
    {
        "attract": AttractPage,
        "catalogue": CataloguePage,
        "guide": GuidePage,
        "put_card": PutCardPage,
        "take_card_first": TakeCardFirstPage,
        "confirm": ConfirmPage,
        "face": FacePage,
        "scan": ScanPage,
        "pay": PayPage,
        "working": WorkingPage,
        "printing": PrintingPage,
        "print_question": PrintQuestionPage,
        "printer_waits": PrinterWaitsPage,
        "show_result": ShowResultPage,
        "show_code": ShowCodePage,
        "take_receipt": TakeReceiptPage,
        "rate": RatePage,
        "goodbye": GoodbyePage,
        "still_there": StillTherePage,
        "leave_question": LeaveQuestionPage,
        "trouble": TroublePage,
        "help": HelpPage,
        "text_sizes": TextSizesPage,
        "voice": VoicePage,
        "clerk_page": ClerkPagePage,
        "out_of_service": OutOfServicePage,
        "closed": OutOfServicePage,
        "wait": WaitPage,
    }
)
"""The page of each kind of View, and the one shown while the core is away."""


def load() -> None:
    """Read every layout file; call once, before the first page is made."""
    widgets.load()
    for module in dict.fromkeys(page.__module__ for page in PAGES.values()):
        Builder.load_file(str(Path(__file__).parent / f"{module.rpartition('.')[2]}.kv"))
