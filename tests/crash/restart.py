"""The restart after a death, in the shipping classes, and the judgement of what the ledger and the queue then say."""

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from typing_extensions import override

from kiosk.gateway.platform import Accepted, Answer, Application, NotDone, Paid, PaymentAnswer, Refused
from kiosk.journal import Journal
from kiosk.visit.aftermath import Aftermath
from kiosk.visit.effect import Fact
from telemetry.agent import translate
from telemetry.agent.outbox import Draft, Outbox, Rank
from telemetry.agent.translate import Stamp
from telemetry.wire.codec import encode
from telemetry.wire.topics import Up
from tests.crash.mortal import JOURNAL, OUTBOX
from tests.crash.world import World, told
from tests.fakes.clock import ScaledClock
from tests.kiosk.visit.simulated import SimulatedPlatform
from tests.kiosk.visit.world import a_document

EVERYTHING = 1_000_000


async def restart(folder: Path, world: World) -> Counter[str]:
    """Start over the files that a death left, settle, and judge; what is wrong is added to ``world.problems``.

    Returns:
        How many of what was looked at, for the report.
    """
    clock = ScaledClock(times=1000.0, start=datetime.now(UTC))
    platform = RememberingPlatform(world)
    reports: list[tuple[str, Mapping[str, Fact]]] = []
    journal = Journal(folder / JOURNAL, clock=clock)
    _judge(world, await journal.open() is None, "the journal was put aside as corrupt")
    aftermath = Aftermath(
        platform=platform,
        journal=journal,
        clock=clock,
        tell=lambda _event: None,
        report=lambda name, facts: reports.append((name, facts)),
    )
    unsettled = _rows_without_outcome(folder)
    await aftermath.settle()
    await aftermath.ask()
    _judge(world, await journal.open_intents() == (), "an intent was left open by the restart")
    _judge(world, await journal.settle_after_crash() == (), "a visit was left open by the restart")
    await journal.close()
    seen = _judge_ledger(folder, world)
    seen["settled at restart"] = len(unsettled)
    for row, outcome in _outcomes(folder).items():  # what was settled now is settled for ever
        world.settled.setdefault(row, outcome)
    seen += _judge_outbox(folder, world, reports, now=clock.now())
    return seen


class RememberingPlatform(SimulatedPlatform):
    """Tells what is true, and takes nothing: whatever a restart hands in by itself is a repeated effect."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    @override
    async def submit(self, application: Application) -> Answer:
        self._world.problems.append("the restart handed in an application")
        return NotDone(why="not by a restart")

    @override
    async def pay(self, key: str, *, service: str, amount_fen: int, code: str) -> PaymentAnswer:
        self._world.problems.append("the restart took money")
        return NotDone(why="not by a restart")

    @override
    async def find(self, key: str) -> Answer:
        known: dict[str, Answer] = {"accepted": Accepted(document=a_document()), "refused": Refused(reason="不符合条件")}
        return known.get(self._world.truth("submit", key), NotDone(why="never seen"))

    @override
    async def find_payment(self, key: str) -> PaymentAnswer:
        known: dict[str, PaymentAnswer] = {"accepted": Paid(receipt="ZF1"), "refused": Refused(reason="余额不足")}
        return known.get(self._world.truth("pay", key), NotDone(why="never seen"))


def _judge_ledger(folder: Path, world: World) -> Counter[str]:
    with _reading(folder / JOURNAL) as ledger:
        visits = {row["id"]: row for row in ledger.execute("SELECT * FROM visit")}
        intents = {row["id"]: row for row in ledger.execute("SELECT * FROM intent")}
    for visit in world.visits:
        _judge(world, visit in visits, f"visit {visit} was acknowledged and is lost")
    for number, visit in visits.items():
        _judge(world, visit["ended_at"] is not None, f"visit {number} has no end")
    for number, promised in world.rows.items():
        row = intents.get(number)
        if row is None:
            world.problems.append(f"intent {number} ({promised.kind}) was acknowledged and is lost")
            continue
        is_same = (row["visit"], row["kind"], row["key"], row["reprint"]) == (
            promised.visit, promised.kind, promised.key, promised.reprint,
        )  # fmt: skip
        _judge(world, is_same, f"intent {number} is another one now")
        _judge(world, number not in world.sent or row["sent_at"] is not None, f"intent {number} was sent and does not say so")
        _judge(
            world,
            number not in world.settled or row["outcome"] == world.settled[number],
            f"intent {number} was {world.settled.get(number)} and is {row['outcome']}",
        )
    begun = {(row["kind"], row["key"], row["reprint"]) for row in intents.values() if row["sent_at"] is not None}
    for asked in world.asked:
        _judge(world, asked in begun, f"{asked[0]} was begun before the ledger knew")
    outcomes: dict[tuple[str, str, int], set[str | None]] = {}
    for row in intents.values():
        outcomes.setdefault((row["kind"], row["key"], row["reprint"]), set()).add(row["outcome"])
        _judge(world, row["outcome"] is not None, f"{row['kind']} has no outcome")
    for (kind, key), times in world.done.items():
        _judge(world, not times or not outcomes[kind, key, 0] <= {"not_started"}, f"{kind} was done, the ledger says not_started")
        is_said_done = "done" in outcomes.get((kind, key, 0), set())
        _judge(world, bool(times) or not is_said_done, f"{kind} was not done, the ledger says done")
    for (key, reprint), times in world.papers.items():
        _judge(world, times <= 1, f"paper {reprint} came out {times} times")
        _judge(
            world, not times or outcomes["print", key, reprint] != {"not_started"}, "paper came out, the ledger says not_started"
        )
    return Counter({"visits": len(visits), "intents": len(intents), "papers": world.papers.total(), "acts": world.done.total()})


def _judge_outbox(folder: Path, world: World, reports: list[tuple[str, Mapping[str, Fact]]], *, now: datetime) -> Counter[str]:
    outbox = Outbox(folder / OUTBOX, now=now)
    _judge(world, not outbox.is_anew, "the outbox was put aside as corrupt")
    entries = outbox.after(0, limit=EVERYTHING)
    kept = {entry.seq: told(entry.body) for entry in entries}
    for seq, body in world.queued.items():
        if seq in kept:
            _judge(world, kept[seq] == body, f"number {seq} names another message now")
        else:
            _judge(world, seq in world.stored, f"number {seq} was acknowledged and is lost")
    for entry in entries:
        stored = world.stored.get(entry.seq)
        _judge(world, stored in (None, kept[entry.seq]), f"the fleet has another message under number {entry.seq}")
    before = 0
    for entry in entries:
        _judge(world, entry.prev == before and entry.seq > before, f"number {entry.seq} does not follow {entry.prev}")
        before = entry.seq
    standing = outbox.standing()
    highest = max((*world.queued, *world.stored, 0))
    _judge(world, standing.head >= highest, f"numbers go on at {standing.head}, behind {highest}")
    _judge(world, standing.floor <= world.acked or not world.stored, f"floor {standing.floor} is above what the fleet has")
    life = outbox.next_life()
    _judge(world, life > world.life, f"life {life} comes again")
    world.life = life
    stamp = Stamp(life=0, seq=0, at=now, clock_trusted=True)
    drafts = [
        Draft(rank=Rank.PASSING, kind=Up.EVENT.value, body=encode(translate.event(stamp, name, facts)))
        for name, facts in (*reports, ("kiosk.restarted", {}))
    ]
    first = standing.head + 1
    head = outbox.put(drafts).head
    _judge(world, head == standing.head + len(drafts), "numbers do not grow by one")
    world.queued |= {first + index: told(draft.body) for index, draft in enumerate(drafts)}
    outbox.close()
    return Counter({"messages": len(world.queued)})


def _outcomes(folder: Path) -> dict[int, str]:
    with _reading(folder / JOURNAL) as ledger:
        return {row["id"]: row["outcome"] for row in ledger.execute("SELECT id, outcome FROM intent WHERE outcome IS NOT NULL")}


def _rows_without_outcome(folder: Path) -> list[int]:
    with _reading(folder / JOURNAL) as ledger:
        return [row["id"] for row in ledger.execute("SELECT id FROM intent WHERE outcome IS NULL")]


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def _judge(world: World, is_so: bool, otherwise: str) -> None:
    if not is_so:
        world.problems.append(otherwise)
