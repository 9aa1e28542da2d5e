"""Whatever happens in whatever order, a visit ends in one outcome and leaves nothing behind."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract.id_card_reader import CardRefusal, IdCard
from drivers.contract.print_outcome import PrintOutcome
from kiosk.gateway.platform import Accepted, Answer, Document, NotDone, OutcomeUnknown, Refused
from kiosk.visit import event as happened
from kiosk.visit.effect import BeginVisit, Effect, EndVisit, Print, SettleSubmission, Submit
from kiosk.visit.event import Event
from kiosk.visit.machine import advance
from kiosk.visit.model import (
    AT_REST,
    MAX_REPRINTS,
    AtRest,
    Farewell,
    Identified,
    MatterState,
    PaperSeen,
    PrinterAwaited,
    Visit,
)
from tests.kiosk.visit.world import PENSION, PROOF, SEED, a_document, a_person, all_well, no_paper, no_reader

Move = Callable[[int], Event]
"""An event, once it is known which job is running."""


def _always(event: Event) -> Move:
    return lambda _job: event


def _touches() -> st.SearchStrategy[Move]:
    fixed: list[Event] = [
        happened.Started(),
        happened.ServiceChosen(service=PROOF.id),
        happened.ServiceChosen(service=PENSION.id),
        happened.ServiceChosen(service="no_such_service"),
        happened.PageTurned(by=1),
        happened.Declined(),
        happened.WentBack(),
        happened.WentHome(),
        happened.Rated(level=1),
        happened.HelpCalled(),
        happened.RepairReported(),
        happened.ClerkTaskOpened(),
        happened.TextSizesOpened(),
        happened.TextSizeSet(size=3),
        happened.VoiceOpened(),
        happened.VoiceSet(is_on=True, volume=3),
        *(happened.PaperAnswered(seen=seen) for seen in PaperSeen),
    ]
    return st.one_of(st.just(happened.Proceeded()), st.sampled_from(fixed)).map(_always)


def _surroundings() -> st.SearchStrategy[Move]:
    fixed: list[Event] = [
        all_well(),
        no_paper(),
        no_reader(),
        happened.OffersChanged(offers=(), ready=frozenset()),
        happened.RestartFound(matter=MatterState.UNKNOWN, service=PROOF.id),
        happened.RestartAnswered(matter=MatterState.DONE),
    ]
    passing = st.sampled_from([0.5, 1.0, 30.0, 61.0, 200.0]).map(lambda seconds: happened.TimePassed(seconds=seconds))
    return st.one_of(st.sampled_from(fixed), st.just(all_well()), passing).map(_always)


def _findings() -> st.SearchStrategy[Move]:
    answers: st.SearchStrategy[Answer] = st.sampled_from(
        [Accepted(document=a_document()), Refused(reason="没有查到"), NotDone(why="away"), OutcomeUnknown(why="silence")]
    )
    late = st.sampled_from([0, 0, 0, 0, 1])
    return st.one_of(
        late.map(lambda n: lambda job: happened.CardRead(job=job - n, person=a_person(), seed=SEED, today=None)),
        st.tuples(late, st.sampled_from(CardRefusal)).map(
            lambda pair: lambda job: happened.CardRefused(job=job - pair[0], reason=pair[1])
        ),
        late.map(lambda n: lambda job: happened.CardFound(job=job - n)),
        late.map(lambda n: lambda job: happened.NoCardCame(job=job - n)),
        late.map(lambda n: lambda job: happened.ReaderLost(job=job - n)),
        st.tuples(late, answers).map(lambda pair: lambda job: happened.PlatformAnswered(job=job - pair[0], answer=pair[1])),
        late.map(lambda n: lambda job: happened.PrintBegan(job=job - n)),
        late.map(lambda n: lambda job: happened.PrintProgressed(job=job - n, share=0.5)),
        st.tuples(late, st.sampled_from(PrintOutcome)).map(
            lambda pair: lambda job: happened.PrintSettled(job=job - pair[0], outcome=pair[1])
        ),
    )


MOVES = st.lists(st.one_of(_touches(), _findings(), _surroundings()), max_size=60)
TO_THE_CARD: list[Move] = [
    _always(all_well()),
    _always(happened.Started()),
    _always(happened.ServiceChosen(service=PROOF.id)),
    _always(happened.Proceeded()),
]
TO_THE_ANSWER: list[Move] = [
    *TO_THE_CARD,
    lambda job: happened.CardRead(job=job, person=a_person(), seed=SEED, today=None),
    _always(happened.Proceeded()),
]
TO_THE_PAPER: list[Move] = [
    *TO_THE_ANSWER,
    lambda job: happened.PlatformAnswered(job=job, answer=Accepted(document=a_document())),
    lambda job: happened.PrintBegan(job=job),
]


@dataclass
class Watcher:
    """Looks at every step and complains when a promise is broken."""

    visit: Visit = AT_REST
    open_visits: int = 0
    began: int = 0
    outcomes: int = 0
    prints: int = 0
    unsettled: int = 0
    keys: set[str] = field(default_factory=set)

    def step(self, event: Event) -> None:
        before = self.visit
        self.visit, effects = advance(before, event)
        for effect in effects:
            self._look(effect, before, event)
        if isinstance(self.visit.stage, AtRest | Farewell):
            assert not _holds_a_person(self.visit)
            assert self.open_visits == 0
            assert self.unsettled == 0
            assert self.visit.begun is None
        if isinstance(self.visit.stage, AtRest) and not isinstance(before.stage, AtRest):
            assert self.visit.settings == Visit(stage=AtRest()).settings
        assert self.visit.idle_s >= 0

    def _look(self, effect: Effect, before: Visit, event: Event) -> None:
        match effect:
            case BeginVisit():
                self.open_visits += 1
                self.began += 1
                self.prints = 0
                self.keys = set()
                assert self.open_visits == 1
            case EndVisit():
                self.open_visits -= 1
                self.outcomes += 1
                assert self.open_visits == 0
            case Submit():
                self.keys.add(effect.application.key)
                self.unsettled += 1
                assert len(self.keys) == 1
                assert self.unsettled == 1
            case SettleSubmission():
                self.unsettled -= 1
                assert self.unsettled == 0
            case Print():
                assert effect.reprint <= MAX_REPRINTS
                asked = isinstance(event, happened.Proceeded) and isinstance(before.stage, PrinterAwaited)
                assert asked or (self.prints == 0 and effect.reprint == 0)
                self.prints += 1
            case _:
                pass


def _holds_a_person(thing: object) -> bool:
    if isinstance(thing, IdCard | Document | Identified):
        return True
    if isinstance(thing, tuple):
        return any(_holds_a_person(part) for part in thing)
    if is_dataclass(thing):
        return any(_holds_a_person(getattr(thing, each.name)) for each in fields(thing))
    return False


def _play(moves: list[Move]) -> Watcher:
    watcher = Watcher()
    for move in moves:
        watcher.step(move(watcher.visit.jobs))
    return watcher


def _play_to_the_end(moves: list[Move]) -> Watcher:
    watcher = _play(moves)
    for _ in range(8):  # the machine answers, the person has gone
        job = watcher.visit.jobs
        watcher.step(happened.NoCardCame(job=job))
        watcher.step(happened.PlatformAnswered(job=job, answer=OutcomeUnknown(why="silence")))
        watcher.step(happened.PrintSettled(job=job, outcome=PrintOutcome.UNKNOWN))
        watcher.step(happened.TimePassed(seconds=1000))
    return watcher


@settings(max_examples=300, deadline=None, derandomize=True)
@given(opening=st.sampled_from([[], TO_THE_CARD, TO_THE_ANSWER, TO_THE_PAPER]), moves=MOVES)
def test_any_order_of_events_ends_in_one_outcome_and_forgets_the_person(opening: list[Move], moves: list[Move]) -> None:
    watcher = _play_to_the_end([*opening, *moves])
    assert isinstance(watcher.visit.stage, AtRest)
    assert watcher.began == watcher.outcomes


def test_the_openings_lead_where_they_say() -> None:
    assert [type(_play(moves).visit.stage).__name__ for moves in (TO_THE_CARD, TO_THE_ANSWER, TO_THE_PAPER)] == [
        "Reading",
        "Submitting",
        "Printing",
    ]


def test_the_watcher_sees_a_person_that_was_kept() -> None:
    assert _holds_a_person(_play(TO_THE_ANSWER).visit)
