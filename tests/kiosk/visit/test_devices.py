"""The runner with every device: what is taken is wiped, what is paid is written down first, what hangs is given up."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

import pytest
from structlog.testing import capture_logs

from drivers.contract.camera import FaceComparer, FaceRefusal, Guidance, LivenessPrompt
from drivers.contract.errors import DeadlineError, ProtocolError, RefusedError, UnreachableError
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.smartcard_reader import SocialSecurityRefusal
from kiosk.gateway.platform import (
    Accepted,
    FaceSeen,
    FaceVerdict,
    KnownBy,
    NotDone,
    OutcomeUnknown,
    Paid,
    PaymentAnswer,
    Person,
    Recognised,
    Refused,
)
from kiosk.journal import IntentKind, IntentOutcome, InterruptedVisit, OpenIntent, SettledIntent
from kiosk.services.service import Service
from kiosk.visit.devices import Devices
from kiosk.visit.effect import Fact
from kiosk.visit.event import (
    CabinetOpened,
    Declined,
    Event,
    PagesFinished,
    PaperAnswered,
    Proceeded,
    RestAsked,
    ServiceChosen,
    Started,
    WayChosen,
    WentBack,
    WentHome,
)
from kiosk.visit.model import (
    AtRest,
    CardLying,
    CardPrompt,
    Choosing,
    Confirming,
    FacePrompt,
    FaceWay,
    Facing,
    Farewell,
    MatterState,
    PaperAsked,
    PaperSeen,
    PayAsked,
    PayState,
    PrinterAwaited,
    ProvingByPhone,
    ReaderAway,
    Reading,
    Scanning,
    ScanState,
    SendingPapers,
    ShowingCode,
    Stage,
    Submitting,
    Taking,
    Troubled,
    TroubleKind,
    Visit,
)
from kiosk.visit.runner import VisitRunner
from tests.fakes.clock import HeldClock, settle
from tests.kiosk.visit.simulated import (
    PREVIEW,
    SERVICE,
    SimulatedCamera,
    SimulatedLedger,
    SimulatedPages,
    SimulatedPlatform,
    SimulatedPrinter,
    SimulatedReader,
    SimulatedScanner,
    SimulatedSmartcardReader,
    SimulatedTable,
)
from tests.kiosk.visit.world import (
    CERTIFICATE,
    FULL_PROOF,
    PAPERS,
    PAYMENT,
    PLACE,
    QUALIFICATION,
    a_card,
    a_chip,
    a_person,
    cannot,
    sealed,
)

FACE, SHEET, CODE, PURSE = b"a synthetic face", b"a synthetic sheet", "ID:synthetic", "134500000000000000"
GONE = UnreachableError("camera", "the cable is gone")


@dataclass
class Cabinet:
    reader: SimulatedReader = field(default_factory=SimulatedReader)
    chips: SimulatedSmartcardReader = field(default_factory=SimulatedSmartcardReader)
    scanner: SimulatedScanner = field(default_factory=SimulatedScanner)
    camera: SimulatedCamera = field(default_factory=SimulatedCamera)
    table: SimulatedTable = field(default_factory=SimulatedTable)
    printer: SimulatedPrinter = field(default_factory=SimulatedPrinter)
    pages: SimulatedPages = field(default_factory=SimulatedPages)
    platform: SimulatedPlatform = field(default_factory=SimulatedPlatform)
    ledger: SimulatedLedger = field(default_factory=SimulatedLedger)
    clock: HeldClock = field(default_factory=HeldClock)
    comparer: FaceComparer | None = None
    reports: list[tuple[str, dict[str, Fact]]] = field(default_factory=list)
    shown: list[Visit] = field(default_factory=list)
    previews: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.runner = VisitRunner(
            devices=Devices(
                id_card_reader=self.reader,
                smartcard_reader=self.chips,
                code_scanner=self.scanner,
                camera=self.camera,
                document_scanner=self.table,
                receipt_printer=self.printer,
                document_printer=self.pages,
            ),
            platform=self.platform,
            journal=self.ledger,
            clock=self.clock,
            place=PLACE,
            changed=self.shown.append,
            report=self._report,
            show_preview=self.previews.append,
            comparer=self.comparer,
            random_hex=lambda: "ab" * 16,
            chance=Random(7),
        )

    def _report(self, name: str, facts: Mapping[str, Fact]) -> None:
        self.reports.append((name, dict(facts)))

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Cabinet"]:
        task = asyncio.create_task(self.runner.run())
        await settle()
        try:
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    @property
    def stage(self) -> Stage:
        return self.runner.visit.stage

    async def happens(self, *events: Event) -> Stage:
        for event in events:
            self.runner.handle(event)
            await settle()
        return self.stage

    async def now(self) -> Stage:
        await settle()
        return self.stage

    async def asked_who(self, service: Service) -> Stage:
        return await self.happens(cannot(), Started(), ServiceChosen(service=service.id), Proceeded())

    async def identified(self, service: Service, *, name: str = "李小珍") -> Stage:
        await self.asked_who(service)
        self.reader.lay_down(lambda: a_card(name=name))
        await settle()
        return await self.happens(Proceeded())

    async def sheets(self, number: int) -> None:
        for _ in range(number):
            if isinstance(self.stage, Scanning) and self.stage.state is ScanState.TAKEN:
                await self.happens(Proceeded())
            await self.happens(Proceeded())
            self.table.waiting.hand(SHEET)
            await settle()

    def reported(self, name: str) -> list[dict[str, Fact]]:
        return [facts for reported, facts in self.reports if reported == name]


# --- who is it ---


async def test_a_social_security_card_is_read_and_handed_in_as_such() -> None:
    async with Cabinet().running() as kiosk:
        await kiosk.asked_who(FULL_PROOF)
        await kiosk.happens(WayChosen(way=KnownBy.SOCIAL_SECURITY_CARD))
        assert not kiosk.reader.is_reading
        kiosk.chips.waiting.hand(a_chip())
        assert isinstance(await kiosk.now(), Confirming)
        await kiosk.happens(Proceeded())
        person = kiosk.platform.applications[0].person
        assert (person.known_by, person.name, person.card_layout) == (KnownBy.SOCIAL_SECURITY_CARD, "李小珍", "")


async def test_a_phone_is_recognised_by_the_platform() -> None:
    async with Cabinet().running() as kiosk:
        kiosk.platform.phones[CODE] = Recognised(person=a_person(known_by=KnownBy.PHONE_CODE))
        await kiosk.asked_who(FULL_PROOF)
        await kiosk.happens(WayChosen(way=KnownBy.PHONE_CODE))
        kiosk.scanner.waiting.hand("somebody's shopping list")
        stage = await kiosk.now()
        assert isinstance(stage, Reading)
        assert stage.prompt is CardPrompt.NOT_ACCEPTED
        await kiosk.clock.advance(0.5)
        kiosk.scanner.waiting.hand(CODE)
        assert isinstance(await kiosk.now(), Confirming)


async def test_a_platform_away_while_a_phone_is_recognised_is_said() -> None:
    async with Cabinet().running() as kiosk:
        kiosk.platform.phones[CODE] = NotDone(why="no route")
        await kiosk.asked_who(FULL_PROOF)
        await kiosk.happens(WayChosen(way=KnownBy.PHONE_CODE))
        kiosk.scanner.waiting.hand(CODE)
        stage = await kiosk.now()
        assert isinstance(stage, Troubled)
        assert stage.kind is TroubleKind.PLATFORM_OFFLINE


async def test_a_bank_card_is_refused_and_another_way_is_one_touch_away() -> None:
    async with Cabinet().running() as kiosk:
        await kiosk.asked_who(FULL_PROOF)
        await kiosk.happens(WayChosen(way=KnownBy.SOCIAL_SECURITY_CARD))
        kiosk.chips.waiting.fail(RefusedError("smartcard-reader", "AID", reason=SocialSecurityRefusal.BANK_CARD))
        stage = await kiosk.now()
        assert isinstance(stage, Reading)
        assert stage.prompt is CardPrompt.BANK_CARD
        assert isinstance(await kiosk.happens(WayChosen(way=KnownBy.ID_CARD)), Reading)
        assert not kiosk.chips.waiting.is_on


async def test_a_machine_with_no_device_at_all_ends_every_wait_in_words() -> None:
    runner = VisitRunner(
        devices=Devices(),
        platform=SimulatedPlatform(),
        journal=SimulatedLedger(),
        clock=HeldClock(),
        place=PLACE,
        changed=lambda _visit: None,
        report=lambda _name, _facts: None,
    )
    task = asyncio.create_task(runner.run())
    for event in (cannot(), Started(), ServiceChosen(service=FULL_PROOF.id), Proceeded()):
        runner.handle(event)
        await settle()
    assert isinstance(runner.visit.stage, ReaderAway)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


# --- a card left behind ---


async def test_a_card_that_was_left_is_said_at_the_end_and_gone_when_it_is_lifted() -> None:
    async with Cabinet().running() as kiosk:
        await kiosk.identified(FULL_PROOF)
        kiosk.reader.is_lying = True
        assert isinstance(await kiosk.happens(Proceeded(), Declined()), CardLying)
        kiosk.reader.is_lying = False
        await kiosk.clock.advance(1)
        assert isinstance(await kiosk.now(), Farewell)
        assert kiosk.reported("card.left") == []


async def test_a_card_nobody_takes_is_reported_and_the_next_person_is_told_to_move_it_first() -> None:
    async with Cabinet().running() as kiosk:
        await kiosk.identified(FULL_PROOF)
        kiosk.reader.is_lying = True
        await kiosk.happens(Proceeded(), Declined())
        await kiosk.clock.advance(31)
        assert isinstance(kiosk.stage, AtRest)
        assert kiosk.reported("card.left") == [{"reader": "id_card"}]
        stage = await kiosk.happens(Started())
        assert stage == CardLying(ways=(KnownBy.ID_CARD,), is_own=False)
        kiosk.reader.is_lying = False
        await kiosk.clock.advance(1)
        assert isinstance(await kiosk.now(), Choosing)


@pytest.mark.parametrize("can_tell", [None, "unplugged"])
async def test_a_reader_that_cannot_tell_or_is_gone_holds_nobody_up(can_tell: str | None) -> None:
    async with Cabinet().running() as kiosk:
        kiosk.reader.is_lying, kiosk.reader.is_plugged = None, can_tell is None
        await kiosk.happens(cannot(), Started())
        await kiosk.clock.advance(2)
        assert isinstance(await kiosk.now(), Choosing)
        assert kiosk.runner.visit.look is None


# --- the face ---


async def test_a_face_is_guided_compared_and_wiped() -> None:
    async with Cabinet().running() as kiosk:
        assert isinstance(await kiosk.identified(QUALIFICATION), Facing)
        assert kiosk.previews == [PREVIEW]
        kiosk.camera.guide(Guidance.TURN_LEFT)
        stage = await kiosk.now()
        assert isinstance(stage, Facing)
        assert stage.prompt is FacePrompt.TURN_LEFT
        kiosk.camera.waiting.hand(FACE)
        await settle()
        assert kiosk.platform.faces == [FACE]
        assert kiosk.platform.applications[0].face is FaceSeen.MATCHED
        assert all(capture.is_wiped for capture in kiosk.camera.captures)


async def test_which_way_to_turn_first_is_not_known_beforehand_and_the_last_look_is_straight() -> None:
    async with Cabinet().running() as kiosk:
        await kiosk.identified(QUALIFICATION)
        for _ in range(12):
            await kiosk.happens(WentBack(), Proceeded())
        turns = {prompts[:2] for prompts in kiosk.camera.prompts}
        assert len(turns) == 2
        assert all(prompts[2] is LivenessPrompt.LOOK_STRAIGHT for prompts in kiosk.camera.prompts)


async def test_a_match_that_does_not_come_gives_way_before_five_seconds_are_over_and_the_picture_is_wiped() -> None:
    async with Cabinet().running() as kiosk:
        kiosk.platform.compares.clear()
        await kiosk.identified(QUALIFICATION)
        kiosk.camera.waiting.hand(FACE)
        stage = await kiosk.now()
        assert isinstance(stage, Facing)
        assert stage.prompt is FacePrompt.COMPARING
        await kiosk.clock.advance(4.6)  # the page needs its time too
        stage = await kiosk.now()
        assert isinstance(stage, Facing)
        assert stage.prompt is FacePrompt.NOT_POSSIBLE
        assert kiosk.camera.captures[0].is_wiped
        assert kiosk.platform.faces == []


@pytest.mark.parametrize("ending", [WentBack(), WayChosen(way=FaceWay.WITHOUT_FACE), CabinetOpened()])
async def test_however_comparing_ends_the_picture_is_wiped(ending: Event) -> None:
    async with Cabinet().running() as kiosk:
        kiosk.platform.compares.clear()
        await kiosk.identified(QUALIFICATION)
        kiosk.camera.waiting.hand(FACE)
        await settle()
        assert not kiosk.camera.captures[0].is_wiped
        await kiosk.happens(ending)
        assert kiosk.camera.captures[0].is_wiped


@pytest.mark.parametrize(
    ("error", "prompt"),
    [
        (GONE, FacePrompt.NOT_POSSIBLE),
        (ProtocolError("camera", "no picture", evidence=b""), FacePrompt.NOT_POSSIBLE),
        (RefusedError("camera", "black", reason=FaceRefusal.NOT_USABLE), FacePrompt.NOT_POSSIBLE),
        (RefusedError("camera", "a picture of a picture", reason=FaceRefusal.NOT_ALIVE), FacePrompt.NOT_MATCHED),
        (DeadlineError("camera", "nobody", deadline_s=30), FacePrompt.NOT_POSSIBLE),
        (RuntimeError("a bug"), FacePrompt.NOT_POSSIBLE),
    ],
)
async def test_a_camera_that_fails_in_any_way_never_counts_as_a_face(error: Exception, prompt: FacePrompt) -> None:
    async with Cabinet().running() as kiosk:
        await kiosk.identified(QUALIFICATION)
        kiosk.camera.waiting.fail(error)
        stage = await kiosk.now()
        assert isinstance(stage, Facing)
        assert (stage.prompt, stage.is_looking) == (prompt, False)
        assert kiosk.platform.keys == []


async def test_her_phone_in_place_of_her_face_must_be_hers() -> None:
    async with Cabinet().running() as kiosk:
        kiosk.platform.phones["others"] = Recognised(person=a_person(number="440804199001011234"))
        kiosk.platform.phones[CODE] = Recognised(person=a_person(known_by=KnownBy.PHONE_CODE))
        await kiosk.identified(QUALIFICATION)
        assert isinstance(await kiosk.happens(WayChosen(way=KnownBy.PHONE_CODE)), ProvingByPhone)
        assert not kiosk.camera.waiting.is_on
        kiosk.scanner.waiting.hand("others")
        assert isinstance(await kiosk.now(), ProvingByPhone)
        kiosk.scanner.waiting.hand(CODE)
        await settle()
        assert kiosk.platform.applications[0].face is FaceSeen.BY_PHONE


class _Comparer:
    same_person_from = 0.36

    def __init__(self, likeness: float | None) -> None:
        self._likeness = likeness

    async def similarity(self, live: memoryview, reference: bytes) -> float | None:
        assert (bytes(live), reference) == (FACE, b"a picture")
        return self._likeness


@pytest.mark.parametrize(("likeness", "asks_platform", "seen"), [(0.9, False, True), (0.1, False, False), (None, True, True)])
async def test_faces_are_compared_on_this_machine_where_it_can(likeness: float | None, asks_platform: bool, seen: bool) -> None:
    async with Cabinet(comparer=_Comparer(likeness)).running() as kiosk:
        await kiosk.asked_who(QUALIFICATION)
        kiosk.reader.lay_down(lambda: a_card(picture=b"a picture"))
        await settle()
        await kiosk.happens(Proceeded())
        kiosk.camera.waiting.hand(FACE)
        await settle()
        assert bool(kiosk.platform.faces) == asks_platform
        assert bool(kiosk.platform.keys) == seen


# --- papers ---


async def test_papers_are_bound_handed_in_once_and_wiped() -> None:
    async with Cabinet().running() as kiosk:
        await kiosk.identified(PAPERS)
        await kiosk.sheets(2)
        assert isinstance(await kiosk.happens(PagesFinished()), Taking)
        assert kiosk.platform.pdfs == [b"%PDF" + SHEET * 2]
        assert kiosk.platform.applications[0].papers.startswith("papers-")
        assert len(kiosk.table.captures) == 3
        assert all(capture.is_wiped for capture in kiosk.table.captures)


@pytest.mark.parametrize("ending", ["left", "timed out", "cabinet", "not hers", "core stopped"])
async def test_however_the_visit_ends_no_sheet_is_left(ending: str) -> None:
    kiosk = Cabinet()
    async with kiosk.running():
        await kiosk.identified(PAPERS)
        await kiosk.sheets(2)
        assert not any(capture.is_wiped for capture in kiosk.table.captures)
        match ending:
            case "left":
                await kiosk.happens(WentHome(), Declined())
            case "timed out":
                await kiosk.clock.advance(91)
            case "cabinet":
                await kiosk.happens(CabinetOpened())
            case "not hers":
                await kiosk.happens(WentBack(), Declined())
            case _:
                pass
        if ending != "core stopped":
            assert all(capture.is_wiped for capture in kiosk.table.captures)
    assert all(capture.is_wiped for capture in kiosk.table.captures)


async def test_a_sheet_taken_again_wipes_the_bad_one() -> None:
    async with Cabinet().running() as kiosk:
        await kiosk.identified(PAPERS)
        await kiosk.sheets(1)
        await kiosk.happens(Declined())
        assert kiosk.table.captures[0].is_wiped


async def test_papers_being_sent_when_the_visit_ends_are_broken_off_and_wiped() -> None:
    async with Cabinet().running() as kiosk:
        kiosk.platform.takes_papers.clear()
        await kiosk.identified(PAPERS)
        await kiosk.sheets(1)
        assert isinstance(await kiosk.happens(PagesFinished()), SendingPapers)
        await kiosk.happens(CabinetOpened())
        kiosk.platform.takes_papers.set()
        await settle()
        assert kiosk.platform.pdfs == []
        assert all(capture.is_wiped for capture in kiosk.table.captures)


async def test_sheets_that_cannot_be_bound_are_kept_and_said() -> None:
    async with Cabinet().running() as kiosk:
        kiosk.table.can_bind = False
        await kiosk.identified(PAPERS)
        await kiosk.sheets(1)
        stage = await kiosk.happens(PagesFinished())
        assert isinstance(stage, Troubled)
        assert not kiosk.table.captures[0].is_wiped
        kiosk.table.can_bind = True
        assert isinstance(await kiosk.happens(Proceeded()), Taking)


# --- money ---


async def test_money_is_written_down_before_it_is_taken_and_the_matter_after_it() -> None:
    async with Cabinet().running() as kiosk:
        assert isinstance(await kiosk.identified(PAYMENT), PayAsked)
        kiosk.scanner.waiting.hand(PURSE)
        assert isinstance(await kiosk.now(), Taking)
        ((key, amount_fen),) = kiosk.platform.charges
        assert (amount_fen, kiosk.platform.applications[0].payment) == (PAYMENT.cost_fen, key)
        assert [line for line in kiosk.ledger.lines if line.startswith("intend")][:2] == ["intend pay 0", "intend submit 0"]
        assert kiosk.ledger.lines[2:5] == ["intend pay 0", "sent 3", "settle 3 done"]
        assert kiosk.reported("pay.settled") == [{"outcome": "paid"}]


@pytest.mark.parametrize("refused", ["intend pay", "sent"])
async def test_without_a_row_in_the_ledger_no_money_is_taken(refused: str) -> None:
    async with Cabinet().running() as kiosk:
        await kiosk.identified(PAYMENT)
        kiosk.ledger.refuses.add(refused)
        kiosk.scanner.waiting.hand(PURSE)
        stage = await kiosk.now()
        assert isinstance(stage, Troubled)
        assert (stage.matter, kiosk.platform.charges) == (MatterState.NOT_DONE, [])


async def test_a_payment_nobody_answered_for_is_asked_about_and_charged_once() -> None:
    async with Cabinet().running() as kiosk:
        kiosk.platform.payments = [OutcomeUnknown(why="late")]
        kiosk.platform.found_payments = [OutcomeUnknown(why="late"), OutcomeUnknown(why="late")]
        await kiosk.identified(PAYMENT)
        kiosk.scanner.waiting.hand(PURSE)
        stage = await kiosk.now()
        assert isinstance(stage, Troubled)
        assert stage.kind is TroubleKind.PAYMENT_UNKNOWN
        await kiosk.clock.advance(20)
        assert isinstance(await kiosk.now(), Taking)
        assert (len(kiosk.platform.charges), len(kiosk.platform.asked_payments)) == (1, 3)


async def test_a_refused_payment_is_paid_again_under_another_key() -> None:
    async with Cabinet().running() as kiosk:
        kiosk.platform.payments = [Refused(reason="余额不够")]
        await kiosk.identified(PAYMENT)
        kiosk.scanner.waiting.hand(PURSE)
        stage = await kiosk.now()
        assert isinstance(stage, PayAsked)
        assert stage.state is PayState.REFUSED
        await kiosk.happens(Proceeded())
        kiosk.scanner.waiting.hand(PURSE)
        assert isinstance(await kiosk.now(), Taking)
        (first, _), (second, _) = kiosk.platform.charges
        assert first != second


def _killed_while_paying(*found: PaymentAnswer) -> Cabinet:
    clock = HeldClock()
    when = clock.now() - timedelta(minutes=1)
    visit = InterruptedVisit(visit=7, service=SERVICE, began_at=when, last_seen_at=when, intents=())
    paying = OpenIntent(intent=9, visit=7, kind=IntentKind.PAY, key="k")
    kiosk = Cabinet(clock=clock, ledger=SimulatedLedger(interrupted=(visit,), unanswered=(paying,)))
    kiosk.platform.found_payments = list(found)
    return kiosk


@pytest.mark.parametrize(
    ("answer", "outcome", "matter", "unused"),
    [
        (Paid(receipt="ZF1"), "done", MatterState.UNKNOWN, 1),
        (Refused(reason="余额不够"), "not_started", MatterState.NOT_DONE, 0),
        (NotDone(why="never seen"), "not_started", MatterState.NOT_DONE, 0),
    ],
)
async def test_after_a_crash_while_paying_the_platform_is_asked_and_nothing_is_charged(
    answer: PaymentAnswer, outcome: str, matter: MatterState, unused: int
) -> None:
    async with _killed_while_paying(answer).running() as kiosk:
        assert kiosk.stage == Troubled(kind=TroubleKind.RESTARTED, matter=matter, service=None)
        assert kiosk.ledger.lines == ["settle_after_crash", f"settle 9 {outcome}"]
        assert (kiosk.platform.asked_payments, kiosk.platform.asked, kiosk.platform.charges) == (["k"], [], [])
        assert len(kiosk.reported("pay.unused")) == unused


async def test_money_taken_before_a_crash_that_came_before_the_matter_is_reported() -> None:
    clock = HeldClock()
    paid = SettledIntent(kind=IntentKind.PAY, key="k", reprint=0, outcome=IntentOutcome.DONE, by_restart=False)
    visit = InterruptedVisit(visit=7, service=SERVICE, began_at=clock.now(), last_seen_at=clock.now(), intents=(paid,))
    async with Cabinet(clock=clock, ledger=SimulatedLedger(interrupted=(visit,))).running() as kiosk:
        assert kiosk.stage == Troubled(kind=TroubleKind.RESTARTED, matter=MatterState.UNKNOWN, service=None)
        assert kiosk.reported("pay.unused") == [{}]


# --- A4 ---


async def test_a_document_is_printed_on_a4_with_its_row_in_the_ledger() -> None:
    async with Cabinet(platform=SimulatedPlatform(Accepted(document=sealed()))).running() as kiosk:
        assert isinstance(await kiosk.identified(CERTIFICATE), Taking)
        assert kiosk.pages.prints == [(sealed().sheets, 1)]
        assert kiosk.printer.reprints == []
        assert kiosk.ledger.lines[-3:] == ["intend print 0", "sent 6", "settle 6 done"]


async def test_a_document_that_stopped_goes_on_with_its_missing_pages() -> None:
    platform = SimulatedPlatform(Accepted(document=sealed()))
    async with Cabinet(platform=platform, pages=SimulatedPages((PrintOutcome.PARTIAL, 1))).running() as kiosk:
        stage = await kiosk.identified(CERTIFICATE)
        assert isinstance(stage, PaperAsked)
        assert stage.pages_done == 1
        await kiosk.happens(PaperAnswered(seen=PaperSeen.PART))
        assert len(kiosk.pages.prints) == 1
        assert isinstance(await kiosk.happens(cannot(), RestAsked()), Taking)
        assert [first for _, first in kiosk.pages.prints] == [1, 2]
        assert platform.voided == []


async def test_a_document_that_must_be_whole_is_voided_at_the_platform_before_it_is_printed_anew() -> None:
    platform = SimulatedPlatform(Accepted(document=sealed()), found=(Accepted(document=sealed(number="PZ2")),))
    async with Cabinet(platform=platform, pages=SimulatedPages((PrintOutcome.PARTIAL, 1))).running() as kiosk:
        await kiosk.identified(CERTIFICATE)
        await kiosk.happens(PaperAnswered(seen=PaperSeen.PART))
        assert isinstance(await kiosk.happens(Proceeded()), Taking)
        assert platform.voided == [sealed().number]
        assert [first for _, first in kiosk.pages.prints] == [1, 1]
        assert [line for line in kiosk.ledger.lines if line.startswith("intend print")] == ["intend print 0", "intend print 1"]


@pytest.mark.parametrize("defect", [RuntimeError("a bug in a driver")])
async def test_a_defect_in_a_print_of_pages_is_unknown_and_asked_about(defect: Exception) -> None:
    platform = SimulatedPlatform(Accepted(document=sealed()))
    async with Cabinet(platform=platform, pages=SimulatedPages(defect)).running() as kiosk:
        with capture_logs() as logs:
            assert isinstance(await kiosk.identified(CERTIFICATE), PaperAsked)
        assert [line["event"] for line in logs] == ["visit.job_failed"]
        assert kiosk.ledger.lines[-1] == "settle 6 unknown"


async def test_a_file_that_is_no_document_was_never_begun() -> None:
    platform = SimulatedPlatform(Accepted(document=sealed()))
    async with Cabinet(platform=platform, pages=SimulatedPages(ValueError("no PDF"))).running() as kiosk:
        assert isinstance(await kiosk.identified(CERTIFICATE), PrinterAwaited)
        assert kiosk.ledger.lines[-1] == "settle 6 not_started"


async def test_both_printers_are_emptied_when_a_visit_ends() -> None:
    async with Cabinet().running() as kiosk:
        await kiosk.identified(FULL_PROOF)
        await kiosk.happens(WentHome())
        assert (kiosk.printer.discards, kiosk.pages.discards) == (1, 1)


@pytest.mark.parametrize(("is_waiting", "reports"), [(True, 1), (None, 1), (False, 0)])
async def test_a_receipt_that_nobody_takes_is_reported_and_drawn_back(is_waiting: bool | None, reports: int) -> None:
    async with Cabinet().running() as kiosk:
        await kiosk.identified(FULL_PROOF)
        kiosk.printer.is_waiting = is_waiting
        await kiosk.clock.advance(89)
        assert len(kiosk.reported("receipt.not_taken")) == reports
        await kiosk.clock.advance(2)
        assert isinstance(await kiosk.now(), AtRest)
        assert kiosk.printer.retracts == 1


# --- nothing personal ---


async def test_nothing_of_her_is_written_or_kept_by_any_step() -> None:
    written = ""
    with capture_logs() as logs:
        async with Cabinet(platform=SimulatedPlatform(found=(Accepted(document=sealed()),))).running() as kiosk:
            kiosk.platform.verdicts = [FaceVerdict.NOT_SAME]
            for service in (QUALIFICATION, PAPERS, PAYMENT, CERTIFICATE):
                await kiosk.identified(service, name="隐小珍")
                if isinstance(kiosk.stage, Facing):
                    kiosk.camera.waiting.hand(FACE)
                    await kiosk.now()
                if isinstance(kiosk.stage, Scanning):
                    await kiosk.sheets(1)
                    await kiosk.happens(PagesFinished())
                if isinstance(kiosk.stage, PayAsked):
                    kiosk.scanner.waiting.hand(PURSE)
                    await kiosk.now()
                await kiosk.happens(CabinetOpened(), Proceeded())
                assert isinstance(kiosk.stage, AtRest | Submitting | ShowingCode | Taking)
            written = repr((kiosk.reports, kiosk.ledger.lines, kiosk.shown))
    written += repr(logs)
    for secret in ("隐小珍", "440804196803051234", "光明村12号", "ab" * 16, PURSE, "synthetic face", "synthetic sheet"):
        assert secret not in written
    kiosk.shown.clear()
    kiosk.platform.applications.clear()
    gc.collect()
    assert [thing for thing in gc.get_objects() if isinstance(thing, Person) and thing.name == "隐小珍"] == []
