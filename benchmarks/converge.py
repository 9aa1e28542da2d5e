"""25,000 kiosks converge on a new document: how long the ramp takes, bytes each way, the server's CPU.

The store, the layers, the two persons, the signing and the book are the shipping ones; kiosks are made up, their line is a call.
Time is the ramp's and the kiosks' own and is counted, not waited for; CPU is what this process really took for the server's part.
What the line, the broker and the service's own loop make of it is measured by ``converge_wire``.
"""

import asyncio
import heapq
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import Engine

from benchmarks.figure import Figure
from provisioning.fleet.config import acts, rows
from provisioning.fleet.config.book import REPORTED, DesiredBook
from provisioning.fleet.config.convergence import Convergence
from provisioning.fleet.config.layers import Kind, LayerKey
from provisioning.fleet.config.ramp import Ramp
from provisioning.fleet.signing import SigningKey
from provisioning.wire.desired_state import KIND, read_document
from provisioning.wire.layering import Tree
from provisioning.wire.signatures import unseal
from telemetry.fleet.accounts.person import Person, Role
from telemetry.fleet.store.book import Happened, StoredNumber
from telemetry.wire.codec import encode
from telemetry.wire.messages import Event
from telemetry.wire.topics import Down, KioskId
from tests.telemetry.web.county import add_kiosk, open_store

KIOSKS = 25_000
SEED = 20261122
BEGINS = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
TIME_LIMIT_S = 1_800.0
CPU_LIMIT_S = 120.0
PREVIEW_LIMIT_S = 20.0
DOWN_LIMIT_KB = 4.0
RESTART_S = (12.0, 25.0)
PROOF_S = (2.0, 40.0)
BUSY = 0.03
VISIT_S = (30.0, 600.0)
"""A kiosk starts anew, proves itself, and in the one village of thirty-three waits for somebody first."""
LAYER: Tree = {"kiosk": {"help_phone": "12345"}, "screen": {"text_size": 1}, "selftest": {"at": "05:10"}}
ASKS = Person(name="li", full_name="李", role=Role.BUREAU)
APPROVES = Person(name="wang", full_name="王", role=Role.BUREAU)


@dataclass(kw_only=True)
class Kiosks:
    """Every kiosk of the province, as far as this is about them."""

    luck: Random
    key: SigningKey
    now: datetime = BEGINS
    bytes_down: int = 0
    bytes_up: int = 0
    told: int = 0
    answers: list[tuple[datetime, int, KioskId, int, str]] = field(default_factory=list)
    seqs: int = 0
    checked_s: float = 0.0

    def take(self, kiosk: KioskId, kind: Down, payload: bytes) -> bool:
        """A document comes; the kiosk says what becomes of it, one thing after the other."""
        began_s = time.thread_time()
        assert kind is Down.DESIRED
        version = read_document(unseal(payload, KIND, self.key.trusted)).version
        self.bytes_down += len(payload)
        self.told += 1
        at = self.now + timedelta(seconds=self.luck.uniform(0.05, 2.0))
        self._says(at, kiosk, version, "waiting")
        at += timedelta(seconds=self.luck.uniform(*VISIT_S) if self.luck.random() < BUSY else 0.5)
        self._says(at, kiosk, version, "on_trial")
        at += timedelta(seconds=self.luck.uniform(*RESTART_S) + self.luck.uniform(*PROOF_S))
        self._says(at, kiosk, version, "in_force")
        self.checked_s += time.thread_time() - began_s
        return True

    def said(self) -> Iterator[StoredNumber]:
        """What has come by now."""
        while self.answers and self.answers[0][0] <= self.now:
            at, seq, kiosk, version, state = heapq.heappop(self.answers)
            event = reported(version, state, life=1, seq=seq, at=at)
            self.bytes_up += len(encode(event))
            yield StoredNumber(kiosk=kiosk, message=event, is_history=False, received_at=self.now)

    def _says(self, at: datetime, kiosk: KioskId, version: int, state: str) -> None:
        self.seqs += 1
        heapq.heappush(self.answers, (at, self.seqs, kiosk, version, state))


def reported(version: int, state: str, *, life: int, seq: int, at: datetime) -> Event:
    """Return what a kiosk says of a document that follows the one before it."""
    fields: dict[str, str | int | float | bool] = {
        "version": version,
        "state": state,
        "reason": "",
        "in_force": version if state == "in_force" else version - 1,
        "newest": version,
    }
    return Event(life=life, seq=seq, at=at, clock_trusted=True, name=REPORTED, fields=fields)


def measure(folder: Path, *, kiosks: int = KIOSKS) -> tuple[Figure, ...]:
    """Let a county's layer change for all of them, and count until the last one runs by it."""
    folder.mkdir(parents=True, exist_ok=True)
    engine = open_store(folder / "fleet.sqlite3")
    _settle(engine, kiosks)
    key = SigningKey.open(folder / "authority")
    world = Kiosks(luck=Random(SEED), key=key)
    with _cpu() as decided_s:
        decide(engine)
    convergence = Convergence(engine, key=lambda: key, tell=world.take, now=lambda: world.now, random=Random(SEED))
    with _cpu() as told_s:
        took_s = asyncio.run(_until_all_have_it(engine, convergence, world, kiosks))
    engine.dispose()
    cpu_s = decided_s() + told_s() - world.checked_s
    down_kb = world.bytes_down / kiosks / 1024
    again = f"{world.told / kiosks:.2f} tellings a kiosk"
    return (
        Figure(name=f"{kiosks} kiosks: a document decided, layers merged", value=decided_s(), limit=PREVIEW_LIMIT_S, unit="s",
               remark="CPU of draft, asking, approving"),
        Figure(name=f"{kiosks} kiosks: approved -> all run by it", value=took_s, limit=TIME_LIMIT_S, unit="s",
               remark="counted: ramp, visits, restarts, trials"),
        Figure(name=f"{kiosks} kiosks: server CPU for all of it", value=cpu_s, limit=CPU_LIMIT_S, unit="s",
               remark=f"{cpu_s / kiosks * 1000:.2f} ms a kiosk"),
        Figure(name=f"{kiosks} kiosks: down, a kiosk", value=down_kb, limit=DOWN_LIMIT_KB, unit="KB", remark=again),
        Figure(name=f"{kiosks} kiosks: up, a kiosk", value=world.bytes_up / kiosks / 1024, limit=DOWN_LIMIT_KB, unit="KB",
               remark="three events"),
    )  # fmt: skip


def _settle(engine: Engine, kiosks: int) -> None:
    with engine.begin() as connection:
        for number in range(kiosks):
            county, town = f"c{number // 250:03d}", f"镇{number // 25 % 10}"
            add_kiosk(connection, f"L{number:06d}", county=county, site="村", town=town, now=BEGINS)


def decide(engine: Engine, *, now: datetime = BEGINS, ramp: Ramp = acts.USUAL) -> None:
    """Let two persons put a province's layer in force."""
    with engine.begin() as connection:
        key = LayerKey(kind=Kind.PROVINCE)
        change = acts.draft(connection, ASKS, key, LAYER, note="synthetic", now=now)
        acts.submit(connection, ASKS, change.id, now=now)
        acts.approve(connection, APPROVES, change.id, now=now, ramp=ramp)


async def _until_all_have_it(engine: Engine, convergence: Convergence, world: Kiosks, kiosks: int) -> float:
    book = DesiredBook()
    done = 0
    while done < kiosks:
        assert world.now - BEGINS < timedelta(hours=6), f"{done} of {kiosks} after six hours"
        world.now += timedelta(seconds=1)
        await convergence.once()
        said = list(world.said())
        if said:
            with engine.begin() as connection:
                book.write(connection, Happened(now=world.now, messages=said))
        done += sum(isinstance(each.message, Event) and each.message.fields["state"] == "in_force" for each in said)
    with engine.connect() as connection:
        assert all(each.has_converged for each in rows.standings(connection)), "the store knows it of all of them"
    return (world.now - BEGINS).total_seconds()


@contextmanager
def _cpu() -> Iterator[Callable[[], float]]:
    """Count the CPU of this process, its threads included, over the block."""
    began_s = time.process_time()
    ended_s: list[float] = []
    yield lambda: ended_s[0] - began_s
    ended_s.append(time.process_time())
