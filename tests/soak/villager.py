"""A villager: comes with a matter, answers what the pages ask, mostly sensibly, and sometimes just walks away."""

import asyncio
from dataclasses import dataclass
from random import Random

from kiosk.display.vocabulary import view as page
from kiosk.display.vocabulary.intent import (
    AnswerPaper,
    CallHelp,
    ChooseService,
    ChooseWay,
    Decline,
    FinishPages,
    GiveRating,
    GoBack,
    GoHome,
    Intent,
    OpenTextSizes,
    OpenVoice,
    PaperSeen,
    PrintRest,
    Proceed,
    ReportRepair,
    SetTextSize,
    Start,
    TurnPage,
    Way,
)
from kiosk.display.vocabulary.view import View
from tests.soak.cables import loop_s
from tests.whole.kiosk import WholeKiosk

SERVICES = (
    "social_security_enrolment",
    "pension_arrival",
    "contribution_statement",
    "pension_qualification",
    "insurance_certificate",
    "medical_insurance_payment",
    "reimbursement_papers",
)
THINKS_S = 0.4
"""Between two touches of hers."""
AT_REST = ("attract", "out_of_service", "")
LONGEST_S = 1200.0
"""A visit that takes longer hangs: the longest print, its question, and every time-out of hers are shorter together."""
FACE = "face-1"
READERS = ("id-card-reader", "smartcard-reader", "code-scanner", "document-scanner")
LAID = {
    page.IdentifyWay.ID_CARD: ("id-card-reader", ("resident-1", "resident-2", "foreigner-1", "hkmt-1", "resident-expired")),
    page.IdentifyWay.SOCIAL_SECURITY_CARD: ("smartcard-reader", ("social-security-1", "social-security-2", "bank-card-1")),
    page.IdentifyWay.PHONE_CODE: ("code-scanner", ("phone-identity-1", "phone-identity-2", "receipt-qr")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Temper:
    """What she came for, and how she is.

    Attributes:
        patience: After how many touches she walks away, or presses home.
        forgets: Whether she leaves her card behind.
    """

    service: str
    patience: int
    walks_away: bool
    forgets: bool
    other_way: float


def draw_temper(luck: Random) -> Temper:
    """Somebody."""
    gives_up = luck.random() < 0.15
    return Temper(
        service=luck.choice(SERVICES),
        patience=luck.randrange(2, 12) if gives_up else 60,
        walks_away=luck.random() < 0.5,
        forgets=luck.random() < 0.06,
        other_way=luck.choice((0.0, 0.0, 0.3)),
    )


class Villager:
    """One visit of one person."""

    def __init__(self, kiosk: WholeKiosk, temper: Temper, luck: Random) -> None:
        self._kiosk = kiosk
        self._temper = temper
        self._luck = luck
        self._touches = 0
        self._sheets = 0
        self._at = ""
        self._on_page = 0
        self.pages: list[str] = []

    async def visit(self) -> bool:
        """Come, and be gone when the kiosk is at rest again. Returns whether there was a visit at all.

        Raises:
            TimeoutError: The kiosk did not come to rest.
        """
        began_s = loop_s()
        has_begun = False
        self._kiosk.lay("camera", FACE)  # whoever stands at the kiosk stands before it
        while loop_s() - began_s < LONGEST_S:
            view = self._kiosk.glass.view
            if view.kind in AT_REST and (has_begun or self._touches > 5):
                break
            has_begun |= view.kind not in AT_REST
            if view.kind != self._at:
                self.pages.append(view.kind)
                self._at, self._on_page = view.kind, 0
            self._on_page += 1
            self._do(view)
            await asyncio.sleep(THINKS_S * self._luck.uniform(0.5, 1.5))
        else:
            raise TimeoutError(f"stuck for {LONGEST_S:.0f} s; pages: {self.pages[-12:]}")
        self._kiosk.take("camera")
        if not self._temper.forgets:
            self.take_everything()
        return has_begun

    def take_everything(self) -> None:
        """Leave nothing lying."""
        for reader in READERS:
            if reader in self._kiosk.bench.devices:
                self._kiosk.take(reader)

    def _do(self, view: View) -> None:
        temper = self._temper
        if self._touches >= temper.patience:
            if not temper.walks_away and view.kind not in AT_REST:
                self._touch(Decline() if isinstance(view, page.LeaveQuestion) else GoHome())
            if isinstance(view, page.TakeCardFirst) and self._on_page > 20:
                self.take_everything()
            return
        intent = self._answer(view)
        if intent is not None:
            self._touch(intent)

    def _touch(self, intent: Intent) -> None:
        self._touches += 1
        self._kiosk.touch(intent)

    def _answer(self, view: View) -> Intent | None:
        luck = self._luck
        if luck.random() < 0.01 and view.kind not in AT_REST:
            return luck.choice((GoBack(), CallHelp(), OpenTextSizes(), OpenVoice()))
        match view:
            case page.Attract():
                return Start()
            case page.Catalogue():
                return self._choose(view)
            case page.Guide():
                return GoHome() if view.withdrawn else Proceed()
            case page.PutCard():
                return self._identify(view)
            case page.TakeCardFirst():
                self.take_everything()
                return None
            case page.Confirm():
                return Proceed() if luck.random() < 0.95 else Decline()
            case page.Face():
                return self._show_face(view)
            case page.Scan():
                return self._scan(view)
            case page.Pay():
                return self._pay(view)
            case page.PrintQuestion():
                return AnswerPaper(seen=luck.choice(tuple(PaperSeen)))
            case page.PrinterWaits():
                if view.is_ready:
                    return PrintRest() if view.can_print_rest and luck.random() < 0.7 else Proceed()
                return Decline() if self._on_page > 40 else None
            case page.ShowResult() | page.ShowCode() | page.TakeReceipt():
                self.take_everything() if not self._temper.forgets else None
                return Proceed()
            case page.Rate():
                return GiveRating(level=luck.choice((1, 2, 3, 4, 5))) if luck.random() < 0.6 else Decline()
            case page.StillThere():
                return Proceed()
            case page.LeaveQuestion():
                return Decline() if luck.random() < 0.6 else Proceed()
            case page.Trouble():
                return Proceed() if view.can_try_again and self._on_page < 12 else GoHome()
            case page.Help():
                return ReportRepair() if luck.random() < 0.2 and not view.repair_reported else GoBack()
            case page.TextSizes():
                return SetTextSize(size=luck.choice((0, 1, 2, 3))) if luck.random() < 0.5 else GoBack()
            case page.Voice() | page.ClerkPage():
                return GoBack()
            case page.Working() | page.Printing() | page.Goodbye() | page.OutOfService() | page.Closed():
                return None

    def _choose(self, view: page.Catalogue) -> Intent:
        mine = next((tile for tile in view.tiles if tile.service == self._temper.service), None)
        if mine is None:
            return TurnPage(by=1 if view.page < view.pages else -1)
        return ChooseService(service=mine.service) if mine.withdrawn is None else GoHome()

    def _identify(self, view: page.PutCard) -> Intent | None:
        luck = self._luck
        if view.other_ways and luck.random() < self._temper.other_way / 5:
            return ChooseWay(way=Way(luck.choice(view.other_ways).value))
        if view.prompt in (page.CardPrompt.READING, page.CardPrompt.READER_AWAY):
            return GoBack() if self._on_page > 60 else None
        reader, samples = LAID[view.way]
        if reader not in self._kiosk.bench.devices:
            return GoBack()
        weights = [10, 6, *(1 for _ in samples[2:])]
        if self._on_page % 12 == 4:
            self._kiosk.lay(reader, luck.choices(samples, weights)[0])
        elif self._on_page % 12 == 0:
            self._kiosk.take(reader)
        return GoBack() if self._on_page > 80 else None

    def _show_face(self, view: page.Face) -> Intent | None:
        if self._on_page % 20 == 3:
            self._kiosk.lay("camera", self._luck.choice(("face-1", "face-1", "face-1", "nobody", "two-faces", "photo-of-face")))
        if view.other_ways and (view.prompt is page.FacePrompt.NOT_POSSIBLE or self._on_page > 60):
            return ChooseWay(way=Way(self._luck.choice(view.other_ways).value))
        if view.prompt is page.FacePrompt.NOT_MATCHED:
            return Proceed()
        return GoHome() if self._on_page > 90 else None

    def _scan(self, view: page.Scan) -> Intent | None:
        luck = self._luck
        match view.state:
            case page.ScanState.WAITING | page.ScanState.REFUSED:
                sheets = ("sheet-1", "sheet-2", "sheet-1", "sheet-2", "blank-sheet", "sheet-with-finger")
                self._kiosk.lay("document-scanner", luck.choice(sheets))
                return Proceed() if self._on_page < 40 else GoHome()
            case page.ScanState.TAKEN:
                return luck.choice((FinishPages(), FinishPages(), Proceed(), Decline()))
            case page.ScanState.TAKING:
                return None

    def _pay(self, view: page.Pay) -> Intent | None:
        match view.state:
            case page.PayState.SHOW_CODE:
                if self._on_page % 10 == 3:
                    self._kiosk.lay("code-scanner", self._luck.choice(("phone-payment-1", "phone-payment-2")))
                elif self._on_page % 10 == 0:
                    self._kiosk.take("code-scanner")
                return None
            case page.PayState.REFUSED:
                return Proceed() if self._luck.random() < 0.6 else Decline()
            case page.PayState.SCANNER_AWAY | page.PayState.ASKING:
                return GoBack() if self._on_page > 60 else None
