import asyncio
import contextlib
import gc
import warnings
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import cast

import pytest
from structlog.testing import capture_logs

from drivers.contract.errors import DeadlineError, ProtocolError, RefusedError
from drivers.contract.id_card_reader import CardRefusal, IdCard
from drivers.contract.print_outcome import PrintOutcome
from kiosk.gateway.platform import Accepted, Answer, NotDone, OutcomeUnknown, Person, Refused
from kiosk.visit.devices import Devices
from kiosk.visit.effect import Fact
from kiosk.visit.event import (
    Declined,
    Event,
    PaperAnswered,
    Proceeded,
    Rated,
    RepairReported,
    ServiceChosen,
    Started,
    WentBack,
    WentHome,
)
from kiosk.visit.model import (
    AtRest,
    CardPrompt,
    Choosing,
    Confirming,
    Farewell,
    Guiding,
    MatterState,
    PaperAsked,
    PaperSeen,
    PrinterAwaited,
    Printing,
    Rating,
    ReaderAway,
    Reading,
    Stage,
    Taking,
    Troubled,
    TroubleKind,
    Visit,
)
from kiosk.visit.runner import VisitRunner
from tests.fakes.clock import HeldClock, settle
from tests.kiosk.visit.simulated import (
    UNANSWERED,
    SimulatedLedger,
    SimulatedPlatform,
    SimulatedPrinter,
    SimulatedReader,
    interrupted,
    interrupted_in_submission,
)
from tests.kiosk.visit.world import PLACE, PROOF, a_card, a_document, all_well, no_paper, no_reader


@dataclass
class Kiosk:
    reader: SimulatedReader = field(default_factory=SimulatedReader)
    printer: SimulatedPrinter = field(default_factory=SimulatedPrinter)
    platform: SimulatedPlatform = field(default_factory=SimulatedPlatform)
    ledger: SimulatedLedger = field(default_factory=SimulatedLedger)
    clock: HeldClock = field(default_factory=HeldClock)
    reports: list[tuple[str, dict[str, Fact]]] = field(default_factory=list)
    shown: list[Visit] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.runner = VisitRunner(
            devices=Devices(id_card_reader=self.reader, receipt_printer=self.printer),
            platform=self.platform,
            journal=self.ledger,
            clock=self.clock,
            place=PLACE,
            changed=self.shown.append,
            report=self._report,
            random_hex=lambda: "ab" * 16,
        )

    def _report(self, name: str, facts: Mapping[str, Fact]) -> None:
        self.reports.append((name, dict(facts)))

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Kiosk"]:
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

    async def to_the_card(self) -> Stage:
        return await self.happens(all_well(), Started(), ServiceChosen(service=PROOF.id), Proceeded())

    async def card(self, *, name: str = "李小珍", valid_to: date | None = None) -> Stage:
        self.reader.lay_down(lambda: a_card(name=name, valid_to=valid_to))
        await settle()
        return self.runner.visit.stage

    async def card_found(self) -> CardPrompt:
        self.reader.find_card()
        await settle()
        assert isinstance(self.stage, Reading)
        return self.stage.prompt

    async def to_the_paper(self) -> Stage:
        await self.to_the_card()
        await self.card()
        return await self.happens(Proceeded())

    def reported(self, name: str) -> list[dict[str, Fact]]:
        return [facts for reported, facts in self.reports if reported == name]


async def test_a_reading_that_is_broken_off_before_it_began_leaves_nothing_behind() -> None:
    async with Kiosk().running() as kiosk:
        await kiosk.happens(all_well(), Started(), ServiceChosen(service=PROOF.id))
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            for event in (Proceeded(), WentBack()):
                kiosk.runner.handle(event)
            await settle()
            gc.collect()
        assert isinstance(kiosk.stage, Guiding)
        assert not kiosk.reader.is_reading
        assert [str(each.message) for each in warned] == []


async def test_a_visit_from_touch_to_wiped() -> None:
    async with Kiosk().running() as kiosk:
        assert isinstance(await kiosk.to_the_card(), Reading)
        await kiosk.clock.advance(10)
        assert isinstance(await kiosk.card(), Confirming)
        assert isinstance(await kiosk.happens(Proceeded()), Taking)
        assert isinstance(await kiosk.happens(Proceeded()), Rating)
        assert isinstance(await kiosk.happens(Rated(level=4)), Farewell)
        assert (len(kiosk.platform.keys), kiosk.printer.reprints, kiosk.printer.discards) == (1, [0], 1)
        assert kiosk.platform.ratings == [4]
        await kiosk.clock.advance(9)
        assert kiosk.stage == AtRest()
        assert kiosk.ledger.lines == [
            "settle_after_crash",
            f"begin {PROOF.id}",
            "intend submit 0",
            "sent 3",
            "settle 3 done",
            "intend print 0",
            "sent 6",
            "settle 6 done",
            "end 2 done",
        ]
        assert kiosk.reports == [
            ("visit.started", {"service": PROOF.id}),
            ("submit.settled", {"outcome": "accepted"}),
            ("print.settled", {"outcome": "done", "reprint": 0}),
            ("rating.given", {"level": 4}),
            ("visit.ended", {"service": PROOF.id, "outcome": "done", "seconds": 10.0, "steps": 6}),
        ]


async def test_a_rating_the_platform_did_not_take_is_reported_as_lost() -> None:
    async with Kiosk().running() as kiosk:
        kiosk.platform.takes_ratings = False
        await kiosk.to_the_paper()
        with capture_logs() as logs:
            assert isinstance(await kiosk.happens(Proceeded(), Rated(level=1)), Farewell)
        assert kiosk.reported("rating.given") == [{"level": 1}]
        assert kiosk.reported("rating.lost") == [{}]
        assert [line["event"] for line in logs] == ["visit.rating_lost"]


async def test_a_double_tap_within_80_ms_is_one_job() -> None:
    async with Kiosk().running() as kiosk:
        kiosk.printer.go.clear()
        await kiosk.to_the_card()
        await kiosk.card()
        kiosk.runner.handle(Proceeded())
        await kiosk.clock.advance(0.08)
        kiosk.runner.handle(Proceeded())
        await settle()
        assert isinstance(kiosk.stage, Printing)
        kiosk.printer.go.set()
        await settle()
        assert (len(kiosk.platform.keys), kiosk.printer.reprints) == (1, [0])


async def test_nothing_is_sent_before_the_ledger_has_it() -> None:
    async with Kiosk().running() as kiosk:
        kiosk.printer.go.clear()
        assert isinstance(await kiosk.to_the_paper(), Printing)
        assert kiosk.ledger.lines[-2:] == ["intend print 0", "sent 6"]


@pytest.mark.parametrize("refused", ["intend print", "sent"])
async def test_what_the_ledger_cannot_hold_is_not_begun(refused: str) -> None:
    async with Kiosk().running() as kiosk:
        await kiosk.to_the_card()
        await kiosk.card()
        kiosk.ledger.refuses.add(refused)
        await kiosk.happens(Proceeded())
        if refused == "sent":
            assert kiosk.platform.keys == []
            assert isinstance(kiosk.stage, Troubled)
            assert kiosk.ledger.lines[-2:] == ["intend submit 0", "settle 3 not_started"]
        else:
            assert isinstance(kiosk.stage, PrinterAwaited)
        assert kiosk.printer.reprints == []


async def test_without_a_row_for_the_visit_nothing_irreversible_is_done() -> None:
    async with Kiosk(ledger=SimulatedLedger("begin")).running() as kiosk:
        stage = await kiosk.to_the_paper()
        assert isinstance(stage, Troubled)
        assert (stage.kind, stage.matter) == (TroubleKind.PLATFORM_OFFLINE, MatterState.NOT_DONE)
        assert kiosk.platform.keys == []


async def test_a_receipt_that_is_out_is_taken_even_if_the_ledger_cannot_say_so() -> None:
    async with Kiosk().running() as kiosk:
        kiosk.printer.go.clear()
        await kiosk.to_the_paper()
        kiosk.ledger.refuses.add("settle")
        kiosk.printer.go.set()
        await settle()
        assert isinstance(kiosk.stage, Taking)


@pytest.mark.parametrize("outcome", [PrintOutcome.UNKNOWN, PrintOutcome.PARTIAL])
async def test_an_unsure_print_is_asked_about_and_never_repeated_by_itself(outcome: PrintOutcome) -> None:
    async with Kiosk(printer=SimulatedPrinter(outcome)).running() as kiosk:
        assert isinstance(await kiosk.to_the_paper(), PaperAsked)
        await kiosk.happens(all_well())
        await kiosk.clock.advance(3600)
        assert isinstance(kiosk.stage, AtRest)
        assert kiosk.printer.reprints == [0]
        assert kiosk.ledger.lines[-2:] == [f"settle 6 {outcome}", "end 2 without_receipt"]


async def test_a_reprint_follows_her_answer_and_her_request() -> None:
    async with Kiosk(printer=SimulatedPrinter(PrintOutcome.UNKNOWN)).running() as kiosk:
        await kiosk.to_the_paper()
        assert isinstance(await kiosk.happens(PaperAnswered(seen=PaperSeen.NOTHING)), PrinterAwaited)
        assert kiosk.printer.reprints == [0]
        assert isinstance(await kiosk.happens(Proceeded()), Taking)
        assert kiosk.printer.reprints == [0, 1]
        assert [line for line in kiosk.ledger.lines if line.startswith(("intend print", "answer"))] == [
            "intend print 0",
            "answer 6 nothing",
            "intend print 1",
        ]


@pytest.mark.parametrize("defect", [RuntimeError("a bug in a driver"), ValueError("too wide")])
async def test_a_defect_in_a_print_is_unknown_and_asked_about(defect: Exception) -> None:
    async with Kiosk(printer=SimulatedPrinter(defect)).running() as kiosk:
        with capture_logs() as logs:
            assert isinstance(await kiosk.to_the_paper(), PaperAsked)
        assert [line["event"] for line in logs] == ["visit.job_failed"]
        assert kiosk.ledger.lines[-1] == "settle 6 unknown"


async def test_what_may_have_gone_through_is_asked_by_key() -> None:
    platform = SimulatedPlatform(OutcomeUnknown(why="late"))
    async with Kiosk(platform=platform).running() as kiosk:
        assert isinstance(await kiosk.to_the_paper(), Taking)
        assert (len(platform.keys), platform.asked) == (1, platform.keys)
        assert kiosk.reported("submit.settled") == [{"outcome": "accepted"}]


async def test_an_unknown_submission_is_settled_when_she_leaves() -> None:
    unknown = OutcomeUnknown(why="late")
    async with Kiosk(platform=SimulatedPlatform(unknown, found=(unknown,))).running() as kiosk:
        assert isinstance(await kiosk.to_the_paper(), Troubled)
        assert kiosk.ledger.lines[-1] == "sent 3"
        await kiosk.happens(WentHome())
        assert kiosk.ledger.lines[-2:] == ["settle 3 unknown", "end 2 unknown"]
        assert kiosk.reported("submit.settled") == [{"outcome": "unknown"}]


async def test_an_unknown_outcome_is_asked_for_until_it_is_known_and_the_receipt_comes_by_itself() -> None:
    unknown = OutcomeUnknown(why="late")
    platform = SimulatedPlatform(unknown, found=(unknown, unknown))
    async with Kiosk(platform=platform).running() as kiosk:
        assert isinstance(await kiosk.to_the_paper(), Troubled)
        await kiosk.clock.advance(10)
        assert isinstance(kiosk.stage, Troubled)
        await kiosk.clock.advance(10)
        assert isinstance(await kiosk.happens(), Taking)
        assert (len(platform.keys), platform.asked) == (1, platform.keys * 3)
        assert kiosk.reported("submit.settled") == [{"outcome": "accepted"}]


async def test_trying_again_uses_the_same_key() -> None:
    platform = SimulatedPlatform(NotDone(why="no route"))
    async with Kiosk(platform=platform).running() as kiosk:
        assert isinstance(await kiosk.to_the_paper(), Troubled)
        assert isinstance(await kiosk.happens(Proceeded()), Taking)
        assert len(platform.keys) == 2
        assert len(set(platform.keys)) == 1


# --- the reader ---


async def test_going_back_stops_the_reader() -> None:
    async with Kiosk().running() as kiosk:
        await kiosk.to_the_card()
        assert kiosk.reader.is_reading
        assert isinstance(await kiosk.happens(WentBack()), Guiding)
        assert not kiosk.reader.is_reading


async def test_an_unplugged_reader_comes_back_by_itself_within_a_second() -> None:
    async with Kiosk().running() as kiosk:
        await kiosk.to_the_card()
        kiosk.reader.unplug()
        await settle()
        assert isinstance(kiosk.stage, ReaderAway)
        await kiosk.clock.advance(5)
        assert isinstance(kiosk.stage, ReaderAway)
        kiosk.reader.is_plugged = True
        await kiosk.clock.advance(1.0)
        assert isinstance(await kiosk.happens(), Reading)
        assert isinstance(await kiosk.card(), Confirming)


TO_THE_CARD: list[Event] = [all_well(), Started(), ServiceChosen(service=PROOF.id), Proceeded()]


@pytest.mark.parametrize("page", range(1, 5), ids=["idle", "catalogue", "guide", "card"])
async def test_unplugging_the_reader_on_any_page_leaves_no_page_stuck(page: int) -> None:
    async with Kiosk().running() as kiosk:
        there = await kiosk.happens(*TO_THE_CARD[:page])
        kiosk.reader.unplug()
        away = await kiosk.happens(no_reader())
        assert type(away) in {type(there), ReaderAway, AtRest}
        await kiosk.clock.advance(3)
        kiosk.reader.is_plugged = True
        back = await kiosk.happens(all_well())
        remaining = TO_THE_CARD[1:] if isinstance(back, AtRest) else TO_THE_CARD[page:]
        assert isinstance(await kiosk.happens(*remaining), Reading)
        assert isinstance(await kiosk.card(), Confirming)
        assert isinstance(await kiosk.happens(Proceeded()), Taking)


async def test_unplugging_the_reader_after_the_card_was_read_changes_nothing() -> None:
    async with Kiosk().running() as kiosk:
        await kiosk.to_the_card()
        await kiosk.card()
        kiosk.reader.unplug()
        assert isinstance(await kiosk.happens(no_reader()), Confirming)
        assert isinstance(await kiosk.happens(Proceeded()), Taking)


@pytest.mark.parametrize(
    ("error", "prompt"),
    [
        (RefusedError("id-card-reader", "lifted", reason=CardRefusal.PRESENT_AGAIN), CardPrompt.PRESENT_AGAIN),
        (RefusedError("id-card-reader", "type", reason=CardRefusal.WRONG_CARD), CardPrompt.WRONG_CARD),
        (DeadlineError("id-card-reader", "no card", deadline_s=30), CardPrompt.PUT_CARD),
    ],
)
async def test_the_reader_waits_on_after_a_card_it_could_not_take(error: Exception, prompt: CardPrompt) -> None:
    async with Kiosk().running() as kiosk:
        await kiosk.to_the_card()
        kiosk.reader.refuse(error)
        await settle()
        stage = kiosk.stage
        assert isinstance(stage, Reading)
        assert stage.prompt is prompt
        assert not kiosk.reader.is_reading
        await kiosk.clock.advance(0.5)
        assert isinstance(await kiosk.card(), Confirming)


async def test_the_page_says_that_a_card_is_being_read() -> None:
    async with Kiosk().running() as kiosk:
        await kiosk.to_the_card()
        await kiosk.clock.advance(50)
        assert await kiosk.card_found() is CardPrompt.READING
        await kiosk.clock.advance(40)
        assert kiosk.runner.visit.overlay is None
        assert isinstance(await kiosk.card(), Confirming)


async def test_a_refused_card_left_lying_does_not_make_the_page_flicker_and_the_next_one_is_said_to_be_read() -> None:
    async with Kiosk().running() as kiosk:
        await kiosk.to_the_card()
        assert await kiosk.card_found() is CardPrompt.READING
        kiosk.reader.refuse(RefusedError("id-card-reader", "type", reason=CardRefusal.WRONG_CARD))
        await kiosk.clock.advance(0.5)
        await kiosk.clock.advance(0.05)
        assert await kiosk.card_found() is CardPrompt.WRONG_CARD
        kiosk.reader.refuse(RefusedError("id-card-reader", "type", reason=CardRefusal.WRONG_CARD))
        await kiosk.clock.advance(0.5)
        await kiosk.clock.advance(0.25)
        assert await kiosk.card_found() is CardPrompt.READING


@pytest.mark.parametrize("error", [ProtocolError("id-card-reader", "nonsense", evidence=b""), RuntimeError("a bug")])
async def test_a_reader_that_talks_nonsense_is_away(error: Exception) -> None:
    async with Kiosk().running() as kiosk:
        await kiosk.to_the_card()
        kiosk.reader.refuse(error)
        await settle()
        assert isinstance(kiosk.stage, ReaderAway)


@pytest.mark.parametrize(("is_trusted", "stage"), [(True, Troubled), (False, Confirming)])
async def test_only_a_trusted_clock_says_that_a_card_has_expired(is_trusted: bool, stage: type[Stage]) -> None:
    async with Kiosk(clock=HeldClock(is_trusted=is_trusted)).running() as kiosk:
        await kiosk.to_the_card()
        assert isinstance(await kiosk.card(valid_to=date(2020, 1, 1)), stage)


# --- the end, however it comes ---


def _cards_named(name: str) -> list[IdCard | Person]:
    gc.collect()
    return [thing for thing in gc.get_objects() if isinstance(thing, IdCard | Person) and thing.name == name]


@pytest.mark.parametrize("ending", ["left", "not hers", "timed out", "done"])
async def test_nothing_of_her_is_in_memory_a_second_after_the_end(ending: str) -> None:
    name = f"隐{ending}"
    async with Kiosk().running() as kiosk:
        await kiosk.to_the_card()
        await kiosk.card(name=name)
        kiosk.shown.clear()
        assert _cards_named(name) != []
        match ending:
            case "left":
                await kiosk.happens(WentHome(), Declined())
            case "not hers":
                await kiosk.happens(Declined())
            case "timed out":
                await kiosk.clock.advance(91)
            case _:
                await kiosk.happens(Proceeded(), Proceeded(), Declined())
        kiosk.shown.clear()
        kiosk.platform.applications.clear()
        await kiosk.clock.advance(1)
        assert _cards_named(name) == []


async def test_the_next_print_waits_until_the_last_visit_is_wiped() -> None:
    async with Kiosk().running() as kiosk:
        await kiosk.to_the_paper()
        kiosk.printer.discarding.clear()
        await kiosk.happens(WentHome())
        await kiosk.to_the_paper()
        assert kiosk.printer.reprints == [0]
        kiosk.printer.discarding.set()
        await settle()
        assert kiosk.printer.reprints == [0, 0]


async def test_a_printer_that_cannot_be_reached_does_not_hold_up_the_end() -> None:
    async with Kiosk().running() as kiosk:
        await kiosk.to_the_paper()
        kiosk.printer.is_plugged = False
        assert isinstance(await kiosk.happens(WentHome()), AtRest)
        assert kiosk.ledger.lines[-1] == "end 2 done"


async def test_stopping_the_core_empties_the_printer_and_leaves_the_row_for_the_next_start() -> None:
    kiosk = Kiosk()
    async with kiosk.running():
        kiosk.printer.go.clear()
        await kiosk.to_the_paper()
    assert kiosk.printer.discards == 1
    assert kiosk.ledger.lines[-1] == "sent 6"
    assert kiosk.stage == AtRest()


async def test_an_event_that_is_none_ends_the_visit_in_words_and_the_next_one_works() -> None:
    async with Kiosk().running() as kiosk:
        await kiosk.to_the_card()
        with capture_logs() as logs:
            stage = await kiosk.happens(cast("Event", "no event at all"))
        assert [line["event"] for line in logs] == ["visit.broke_off"]
        assert isinstance(stage, Troubled)
        assert stage.kind is TroubleKind.RESTARTED
        assert not kiosk.reader.is_reading
        await kiosk.happens(Proceeded())
        assert isinstance(await kiosk.to_the_paper(), Taking)


# --- restarts ---


async def test_after_a_crash_in_a_print_the_screen_says_so_and_prints_nothing() -> None:
    clock = HeldClock()
    ledger = SimulatedLedger(interrupted=(interrupted(clock.now() - timedelta(minutes=1)),))
    async with Kiosk(clock=clock, ledger=ledger).running() as kiosk:
        stage = kiosk.stage
        assert stage == Troubled(kind=TroubleKind.RESTARTED, matter=MatterState.DONE, service=None)
        assert kiosk.reports == [
            ("print.settled", {"outcome": "unknown", "reprint": 0}),
            ("visit.ended", {"service": PROOF.id, "outcome": "interrupted", "seconds": 0.0, "steps": 0}),
        ]
        await kiosk.clock.advance(70)
        assert kiosk.printer.reprints == []
        assert isinstance(kiosk.stage, AtRest)


async def test_a_crash_of_long_ago_is_reported_and_not_shown() -> None:
    clock = HeldClock()
    ledger = SimulatedLedger(interrupted=(interrupted(clock.now() - timedelta(hours=1)),))
    async with Kiosk(clock=clock, ledger=ledger).running() as kiosk:
        assert kiosk.stage == AtRest()
        assert len(kiosk.reports) == 2


def _killed_while_handing_in(*found: Answer, minutes_ago: float = 1) -> Kiosk:
    clock = HeldClock()
    visit = interrupted_in_submission(clock.now() - timedelta(minutes=minutes_ago))
    ledger = SimulatedLedger(interrupted=(visit,), unanswered=(UNANSWERED,))
    return Kiosk(clock=clock, ledger=ledger, platform=SimulatedPlatform(found=found))


@pytest.mark.parametrize(
    ("answer", "matter", "outcome", "word"),
    [
        (Accepted(document=a_document()), MatterState.DONE, "done", "accepted"),
        (Refused(reason="没有查到"), MatterState.NOT_DONE, "not_started", "refused"),
        (NotDone(why="never seen"), MatterState.NOT_DONE, "not_started", "not_done"),
    ],
)
async def test_after_a_crash_while_handing_in_the_platform_is_asked_and_ledger_screen_and_fleet_say_the_same(
    answer: Answer, matter: MatterState, outcome: str, word: str
) -> None:
    async with _killed_while_handing_in(answer).running() as kiosk:
        assert kiosk.stage == Troubled(kind=TroubleKind.RESTARTED, matter=matter, service=None)
        assert kiosk.ledger.lines == ["settle_after_crash", f"settle 9 {outcome}"]
        assert kiosk.reported("submit.settled") == [{"outcome": word}]
        assert (kiosk.platform.asked, kiosk.platform.keys, kiosk.printer.reprints) == (["k"], [], [])


async def test_a_platform_that_takes_long_after_a_crash_is_waited_for_with_a_page_that_says_unknown() -> None:
    kiosk = _killed_while_handing_in(OutcomeUnknown(why="no network yet"))
    async with kiosk.running():
        assert isinstance(await kiosk.happens(all_well(), Started()), Choosing)
        await kiosk.clock.advance(3)
        assert await kiosk.happens() == Troubled(kind=TroubleKind.RESTARTED, matter=MatterState.UNKNOWN, service=None)
        assert kiosk.ledger.lines == ["settle_after_crash"]
        await kiosk.clock.advance(7)
        assert await kiosk.happens() == Troubled(kind=TroubleKind.RESTARTED, matter=MatterState.DONE, service=None)
        assert kiosk.ledger.lines[-1] == "settle 9 done"


async def test_a_matter_that_nobody_can_tell_of_is_unknown_after_a_minute_and_visits_go_on_meanwhile() -> None:
    kiosk = _killed_while_handing_in(*[OutcomeUnknown(why="no network")] * 6)
    async with kiosk.running():
        await kiosk.clock.advance(4)
        await kiosk.happens(WentHome())
        assert isinstance(await kiosk.to_the_card(), Reading)
        await kiosk.clock.advance(56)
        assert isinstance(await kiosk.card(), Confirming)
        assert "settle 9 unknown" in kiosk.ledger.lines
        assert kiosk.platform.asked == ["k"] * 6
        assert kiosk.reported("submit.settled") == [{"outcome": "unknown"}]


async def test_a_submission_of_long_ago_is_settled_and_not_shown() -> None:
    async with _killed_while_handing_in(minutes_ago=60).running() as kiosk:
        assert kiosk.stage == AtRest()
        assert kiosk.ledger.lines[-1] == "settle 9 done"


# --- paper that a crash left in the printer ---


def _killed_while_printing() -> Kiosk:
    clock = HeldClock()
    return Kiosk(clock=clock, ledger=SimulatedLedger(interrupted=(interrupted(clock.now()),)))


async def test_after_a_crash_in_a_print_the_printer_is_reset_once_as_soon_as_it_is_ready() -> None:
    async with _killed_while_printing().running() as kiosk:
        await kiosk.happens(no_paper())
        assert kiosk.printer.resets == 0
        await kiosk.happens(all_well(), no_paper(), all_well())
        assert kiosk.printer.resets == 1


async def test_nothing_is_printed_before_the_strip_is_cut_off() -> None:
    async with _killed_while_printing().running() as kiosk:
        kiosk.printer.discarding.clear()
        await kiosk.happens(all_well(), Proceeded())
        await kiosk.to_the_paper()
        assert kiosk.printer.reprints == []
        kiosk.printer.discarding.set()
        await settle()
        assert isinstance(kiosk.stage, Taking)


async def test_a_printer_that_cannot_be_reset_is_logged_and_nothing_more() -> None:
    async with _killed_while_printing().running() as kiosk:
        kiosk.printer.is_plugged = False
        with capture_logs() as logs:
            await kiosk.happens(all_well(), Proceeded())
        assert [line["event"] for line in logs] == ["visit.strip_not_cut"]
        assert isinstance(await kiosk.to_the_paper(), Taking)


async def test_a_start_after_no_crash_leaves_the_printer_alone() -> None:
    async with Kiosk().running() as kiosk:
        await kiosk.happens(all_well())
        assert kiosk.printer.resets == 0


async def test_a_ledger_that_cannot_be_read_does_not_stop_the_kiosk() -> None:
    async with Kiosk(ledger=SimulatedLedger("settle_after_crash")).running() as kiosk:
        assert isinstance(await kiosk.happens(all_well(), Started()), Choosing)


# --- nothing personal ---


async def test_neither_reports_nor_logs_hold_anything_of_the_person() -> None:
    printer = SimulatedPrinter(PrintOutcome.UNKNOWN, RuntimeError("a bug"))
    with capture_logs() as logs:
        async with Kiosk(printer=printer).running() as kiosk:
            await kiosk.to_the_paper()
            await kiosk.happens(
                RepairReported(), PaperAnswered(seen=PaperSeen.PART), Proceeded(), PaperAnswered(seen=PaperSeen.WHOLE)
            )
            await kiosk.happens(Proceeded(), Rated(level=1))
            written = repr(kiosk.reports) + repr(kiosk.ledger.lines) + repr(logs) + repr(kiosk.shown)
    assert kiosk.reported("repair.requested") == [{"service": PROOF.id, "step": "print"}]
    for secret in ("李小珍", "440804196803051234", "光明村12号", "ab" * 16, "城乡居民基本养老保险"):
        assert secret not in written
