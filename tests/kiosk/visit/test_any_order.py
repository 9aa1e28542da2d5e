"""Whatever happens in whatever order, a visit ends in one outcome and leaves nothing behind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract.camera import Guidance
from drivers.contract.code_scanner import CodeRefusal
from drivers.contract.document_scanner import ScanRefusal
from drivers.contract.id_card_reader import CardRefusal, IdCard
from drivers.contract.print_outcome import PrintOutcome
from drivers.contract.smartcard_reader import SocialSecurityRefusal
from kiosk.gateway.platform import (
    Accepted,
    Answer,
    Document,
    FaceVerdict,
    KnownBy,
    NotDone,
    OutcomeUnknown,
    Paid,
    PapersAnswer,
    PapersKept,
    PaymentAnswer,
    Person,
    Refused,
)
from kiosk.services.service import Capability, StepKind
from kiosk.visit import event as happened
from kiosk.visit.effect import (
    BeginVisit,
    Effect,
    EndVisit,
    Pay,
    Print,
    RenewDocument,
    SettlePayment,
    SettleSubmission,
    Submit,
)
from kiosk.visit.event import Event
from kiosk.visit.machine import advance
from kiosk.visit.model import (
    AT_REST,
    MAX_REPRINTS,
    AtRest,
    CardLying,
    FaceWay,
    Farewell,
    Identified,
    MatterState,
    PaperSeen,
    PrinterAwaited,
    Renewing,
    Visit,
)
from tests.kiosk.visit.world import (
    CERTIFICATE,
    PAPERS,
    PAYMENT,
    PENSION,
    PROOF,
    QUALIFICATION,
    SEED,
    SHIPPED,
    a_document,
    a_person,
    all_well,
    cannot,
    no_paper,
    no_reader,
    sealed,
)

Move = Callable[[int], Event]
"""An event, once it is known which job is running."""


def _always(event: Event) -> Move:
    return lambda _job: event


def _touches() -> st.SearchStrategy[Move]:
    fixed: list[Event] = [
        happened.Started(),
        happened.ServiceChosen(service=PROOF.id),
        happened.ServiceChosen(service=PENSION.id),
        *(happened.ServiceChosen(service=service) for service in SHIPPED),
        *(happened.WayChosen(way=way) for way in (*KnownBy, *FaceWay)),
        happened.PagesFinished(),
        happened.RestAsked(),
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
        cannot(),
        *(cannot(capability) for capability in Capability),
        cannot(Capability.PRINT_DOCUMENT, Capability.PRINT_RECEIPT),
        cannot(Capability.TAKE_FACE, Capability.READ_PHONE_CODE),
        happened.CabinetOpened(),
        happened.RestartFound(matter=MatterState.UNKNOWN, service=PROOF.id),
        happened.RestartAnswered(matter=MatterState.DONE),
    ]
    passing = st.sampled_from([0.5, 1.0, 30.0, 61.0, 200.0]).map(lambda seconds: happened.TimePassed(seconds=seconds))
    return st.one_of(st.sampled_from(fixed), st.just(all_well()), st.just(cannot()), passing).map(_always)


ANSWERS: list[Answer] = [
    Accepted(document=a_document()),
    Accepted(document=sealed()),
    Accepted(document=sealed(number="PZ20261122-000002")),
    Refused(reason="没有查到"),
    NotDone(why="away"),
    OutcomeUnknown(why="silence"),
]
PAYMENTS: list[PaymentAnswer] = [Paid(receipt="ZF1"), Refused(reason="余额不够"), NotDone(why="away"), OutcomeUnknown(why="?")]
PAPERS_ANSWERS: list[PapersAnswer] = [PapersKept(name="cl-1"), Refused(reason="看不清"), NotDone(why="away")]
REASONS = [*CardRefusal, *SocialSecurityRefusal, *CodeRefusal]


def _found(job: int) -> list[Event]:
    """Everything that may come of a job, in every shade."""
    return [
        happened.CardFound(job=job),
        *(happened.CardRead(job=job, person=a_person(known_by=way), seed=SEED, today=None) for way in KnownBy),
        happened.CardRead(job=job, person=a_person(number="440804199001011234"), seed=SEED, today=None),
        *(happened.CardRefused(job=job, reason=reason) for reason in REASONS),
        happened.NobodyRecognised(job=job),
        happened.NoCardCame(job=job),
        happened.CodeShown(job=job, content="134500000000000000"),
        happened.ReaderLost(job=job),
        *(happened.FaceGuided(job=job, guidance=guidance) for guidance in Guidance),
        happened.FaceTaken(job=job),
        *(happened.FaceJudged(job=job, verdict=verdict) for verdict in FaceVerdict),
        happened.NoFaceCame(job=job),
        happened.FaceNotAlive(job=job),
        happened.CameraLost(job=job),
        *[happened.SheetTaken(job=job)] * 3,
        *(happened.SheetRefused(job=job, reason=reason) for reason in ScanRefusal),
        happened.DocumentScannerLost(job=job),
        *(happened.PapersAnswered(job=job, answer=papers) for papers in PAPERS_ANSWERS),
        *(happened.PaymentAnswered(job=job, answer=payment) for payment in PAYMENTS),
        *(happened.PlatformAnswered(job=job, answer=answer) for answer in ANSWERS),
        *(happened.PaperLooked(job=job, is_waiting=is_waiting) for is_waiting in (True, False, None)),
        happened.PrintBegan(job=job),
        happened.PrintProgressed(job=job, share=0.5, page=1),
        *(
            happened.PrintSettled(job=job, outcome=outcome, pages_done=done)
            for outcome in PrintOutcome
            for done in (None, 0, 1, 3)
        ),
        *(happened.DocumentRenewed(job=job, is_void=is_void, answer=answer) for is_void in (True, False) for answer in ANSWERS),
    ]


FINDINGS = len(_found(0))


def _findings() -> st.SearchStrategy[Move]:
    late = st.sampled_from([0, 0, 0, 0, 1])
    of_a_job = st.tuples(late, st.integers(min_value=0, max_value=FINDINGS - 1))
    return of_a_job.map(lambda pair: lambda job: _found(job - pair[0])[pair[1]])


def _looks() -> st.SearchStrategy[tuple[KnownBy, ...]]:
    return st.sampled_from([(), (KnownBy.ID_CARD,), (KnownBy.ID_CARD, KnownBy.SOCIAL_SECURITY_CARD)])


@dataclass(frozen=True)
class Looked:
    """A reader that was looked at answers."""

    ways: tuple[KnownBy, ...]


MOVES = st.lists(st.one_of(_touches(), _findings(), _surroundings(), _looks().map(Looked)), max_size=60)
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


def _to_the_question(service: str) -> list[Move]:
    return [
        _always(cannot()),
        _always(happened.Started()),
        _always(happened.ServiceChosen(service=service)),
        _always(happened.Proceeded()),
        lambda job: happened.CardRead(job=job, person=a_person(), seed=SEED, today=None),
        _always(happened.Proceeded()),
    ]


TO_THE_FACE = _to_the_question(QUALIFICATION.id)
TO_THE_TABLE = _to_the_question(PAPERS.id)
TO_THE_PURSE = _to_the_question(PAYMENT.id)
TO_THE_MONEY: list[Move] = [*TO_THE_PURSE, lambda job: happened.CodeShown(job=job, content="134500000000000000")]
TO_A4: list[Move] = [
    *_to_the_question(CERTIFICATE.id),
    lambda job: happened.PlatformAnswered(job=job, answer=Accepted(document=sealed())),
    lambda job: happened.PrintBegan(job=job),
]
OPENINGS = {
    "nothing": [],
    "card": TO_THE_CARD,
    "answer": TO_THE_ANSWER,
    "paper": TO_THE_PAPER,
    "face": TO_THE_FACE,
    "table": TO_THE_TABLE,
    "purse": TO_THE_PURSE,
    "money": TO_THE_MONEY,
    "a4": TO_A4,
}


@dataclass
class Watcher:
    """Looks at every step and complains when a promise is broken."""

    visit: Visit = AT_REST
    open_visits: int = 0
    began: int = 0
    outcomes: int = 0
    prints: int = 0
    unsettled: int = 0
    unpaid: int = 0
    keys: set[str] = field(default_factory=set)
    charged: set[str] = field(default_factory=set)
    paying: str = ""

    def step(self, event: Event) -> None:
        before = self.visit
        self.visit, effects = advance(before, event)
        for effect in effects:
            self._look(effect, before, event)
        if isinstance(self.visit.stage, AtRest | Farewell):
            assert not _holds_a_person(_without_offers(self.visit))
            assert self.open_visits == 0
            assert (self.unsettled, self.unpaid) == (0, 0)
            assert self.visit.begun is None
        if isinstance(self.visit.stage, CardLying):
            assert not _holds_a_person(_without_offers(self.visit))
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
                self._look_at_submission(effect)
            case SettleSubmission():
                self.unsettled -= 1
                assert self.unsettled == 0
            case Pay():
                assert self.unpaid == 0
                assert effect.key not in self.charged
                self.paying = effect.key
                self.unpaid += 1
            case SettlePayment():
                self.unpaid -= 1
                assert self.unpaid == 0
                if effect.evidence != "not_done":  # what never arrived may be charged again under the same key
                    self.charged.add(self.paying)
            case Print():
                self._look_at_print(effect, before, event)
            case RenewDocument():
                assert isinstance(event, happened.Proceeded)
            case _:
                pass

    def _look_at_submission(self, effect: Submit) -> None:
        application = effect.application
        self.keys.add(application.key)
        self.unsettled += 1
        assert len(self.keys) == 1
        assert self.unsettled == 1
        steps = SHIPPED[application.service].steps
        assert bool(application.payment) == (StepKind.PAY in steps)
        assert bool(application.papers) == (StepKind.SCAN in steps)
        assert (application.face != "not_asked") == (StepKind.FACE in steps)

    def _look_at_print(self, effect: Print, before: Visit, event: Event) -> None:
        assert effect.reprint <= MAX_REPRINTS
        by_her = isinstance(event, happened.Proceeded | happened.RestAsked) and isinstance(before.stage, PrinterAwaited)
        renewed = isinstance(before.stage, Renewing) and before.stage.case.document.number != effect.document.number
        nothing_came_out = (
            isinstance(event, happened.PrintSettled) and event.outcome is PrintOutcome.NOT_STARTED and effect.reprint == 0
        )
        assert by_her or renewed or nothing_came_out or (self.prints == 0 and effect.reprint == 0)
        self.prints += 1


def _without_offers(visit: Visit) -> Visit:
    """What the machine can do is as good as endless, and nobody's."""
    return replace(visit, offers=(), ready=frozenset())


def _holds_a_person(thing: object) -> bool:
    if isinstance(thing, IdCard | Person | Document | Identified):
        return True
    if isinstance(thing, tuple):
        return any(_holds_a_person(part) for part in thing)
    if is_dataclass(thing):
        return any(_holds_a_person(getattr(thing, each.name)) for each in fields(thing))
    return False


def _play(moves: Sequence[Move | Looked]) -> Watcher:
    watcher = Watcher()
    for move in moves:
        if isinstance(move, Looked):
            watcher.step(happened.CardsSeen(job=watcher.visit.looks, ways=move.ways))
        else:
            watcher.step(move(watcher.visit.jobs))
    return watcher


def _play_to_the_end(moves: Sequence[Move | Looked]) -> Watcher:
    watcher = _play(moves)
    for _ in range(8):  # the machine answers, the person has gone
        job = watcher.visit.jobs
        for end in (
            happened.NoCardCame(job=job),
            happened.NoFaceCame(job=job),
            happened.DocumentScannerLost(job=job),
            happened.PapersAnswered(job=job, answer=NotDone(why="silence")),
            happened.PaymentAnswered(job=job, answer=OutcomeUnknown(why="silence")),
            happened.PlatformAnswered(job=job, answer=OutcomeUnknown(why="silence")),
            happened.DocumentRenewed(job=job, is_void=False, answer=None),
            happened.PrintSettled(job=job, outcome=PrintOutcome.UNKNOWN),
            happened.TimePassed(seconds=1000),
        ):
            watcher.step(end)
    return watcher


@settings(max_examples=400, deadline=None, derandomize=True)
@given(opening=st.sampled_from(list(OPENINGS)), moves=MOVES)
def test_any_order_of_events_ends_in_one_outcome_and_forgets_the_person(opening: str, moves: list[Move | Looked]) -> None:
    watcher = _play_to_the_end([*OPENINGS[opening], *moves])
    assert isinstance(watcher.visit.stage, AtRest)
    assert watcher.began == watcher.outcomes


def test_the_openings_lead_where_they_say() -> None:
    assert {name: type(_play(moves).visit.stage).__name__ for name, moves in OPENINGS.items()} == {
        "nothing": "AtRest",
        "card": "Reading",
        "answer": "Submitting",
        "paper": "Printing",
        "face": "Facing",
        "table": "Scanning",
        "purse": "PayAsked",
        "money": "Paying",
        "a4": "Printing",
    }


def test_the_watcher_sees_a_person_that_was_kept() -> None:
    assert _holds_a_person(_play(TO_THE_ANSWER).visit)


def test_everything_that_can_be_found_takes_part() -> None:
    fixed = {type(event) for event in (*_found(1), happened.CardsSeen(job=1, ways=()))}
    assert fixed == set(get_args(happened.Finding))
