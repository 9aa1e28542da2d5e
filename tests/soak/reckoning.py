"""The reckoning: what was begun, what came of it, what came out, what is still held, and whom any of it names."""

import asyncio
import gc
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.faults.traces import _needles
from tests.whole.kiosk import WholeKiosk

MORE_MEMORY = 0.05
MORE_DESCRIPTORS = 4
"""Connections to the platform are kept open for the next request, or not: one each way, and the loop's other end of both."""
MORE_THREADS = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the process holds at rest."""

    memory: int
    descriptors: int
    threads: int

    @classmethod
    def now(cls) -> "Held":
        gc.collect()
        process = psutil.Process()
        return cls(memory=process.memory_info().rss, descriptors=process.num_fds(), threads=process.num_threads())


def judge_held(first: Held, last: Held, *, minds_memory: bool) -> list[str]:
    """What has grown between two looks."""
    problems = []
    if minds_memory and last.memory > first.memory * (1 + MORE_MEMORY):
        problems.append(f"memory grew from {first.memory / 1e6:.1f} to {last.memory / 1e6:.1f} MB")
    if last.descriptors > first.descriptors + MORE_DESCRIPTORS:
        problems.append(f"descriptors grew from {first.descriptors} to {last.descriptors}")
    if last.threads > first.threads + MORE_THREADS:
        problems.append(f"threads grew from {first.threads} to {last.threads}")
    return problems


@dataclass
class Traces:
    """Looks for the sample persons in what was logged, told and kept; forgets what it has looked through."""

    logged: list[str] = field(default_factory=list)
    found: Counter[str] = field(default_factory=Counter)
    defects: list[str] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    """How often each event was told."""
    outcomes: Counter[str] = field(default_factory=Counter)
    """How visits ended, as told."""
    faults: Counter[str] = field(default_factory=Counter)

    def log(self, _logger: object, method: str, event: Any) -> str:
        """A processor of structlog."""
        said = repr(event)
        self.logged.append(said)
        if method in ("error", "exception", "critical"):
            self.defects.append(said[:4000])
        return ""

    def look(self, kiosk: WholeKiosk) -> None:
        """Look through what came since the last look, and the state folder."""
        kept = "\n".join(self.logged).encode() + kiosk.everything_kept()
        for words, needles in _needles():
            if any(needle in kept for needle in needles):
                self.found[words] += 1
        self.count(kiosk)
        self.logged.clear()
        kiosk.ear.everything.clear()
        kiosk.ear.heard.clear()
        kiosk.glass.shown.clear()

    def count(self, kiosk: WholeKiosk) -> int:
        """Count what was told since the last count; returns how many visits have ended in all."""
        for kind, body in kiosk.ear.bodies:
            if kind == "event":
                self.events[body["name"]] += 1
                if body["name"] == "visit.ended":
                    self.outcomes[body["fields"]["outcome"]] += 1
            elif kind == "fault":
                self.faults[body["fault"]["code"]] += 1
        kiosk.ear.bodies.clear()
        return self.events["visit.ended"]


async def judge_accounts(kiosk: WholeKiosk, traces: Traces, *, papers: Path, begun: int) -> tuple[list[str], str]:
    """Whether every visit, act and paper is accounted for; returns what is not, and the figures in words."""
    problems: list[str] = []

    def check(is_so: bool, otherwise: str) -> None:
        if not is_so:
            problems.append(otherwise)

    visits = kiosk.rows("SELECT id, outcome FROM visit")
    intents = kiosk.rows("SELECT kind, key, reprint, outcome FROM intent")
    check(len(visits) <= begun, f"{len(visits)} visits in the ledger, {begun} people came")
    check(all(outcome for _, outcome in visits), "a visit has no outcome")
    check(all(row[3] for row in intents), "an intent has no outcome")
    started, ended = traces.events["visit.started"], traces.events["visit.ended"]
    check(started == ended == len(visits), f"{started} visits begun as told, {ended} ended, {len(visits)} in the ledger")
    in_ledger = Counter(outcome for _, outcome in visits)
    check(in_ledger == traces.outcomes, f"outcomes in the ledger {in_ledger}, as told {traces.outcomes}")
    effects: dict[str, int] = (await kiosk.platform.get("/sandbox/effects")).json()
    payments: dict[str, int] = (await kiosk.platform.get("/sandbox/payments")).json()
    check(all(times == 1 for times in effects.values()), "an application was taken twice")
    for kind, there in (("submit", effects), ("pay", payments)):
        said: dict[str, set[str]] = {}
        for row_kind, key, _, outcome in intents:
            if row_kind == kind:
                said.setdefault(key, set()).add(outcome)
        done = {key for key, outcomes in said.items() if "done" in outcomes}
        never = {key for key, outcomes in said.items() if outcomes == {"not_started"}}
        check(done <= set(there), f"{len(done - set(there))} of {kind} are done in the ledger alone")
        check(not never & set(there), f"{len(never & set(there))} of {kind} were done, the ledger says not_started")
        check(set(there) <= set(said), f"{len(set(there) - set(said))} of {kind} are not in the ledger")
    prints = Counter(outcome for kind, _, _, outcome in intents if kind == "print")
    whole = [_names(text) for text in _texts(papers) if "咨询电话" in text and "编号" in text]
    jobs = Counter(sheet.job for sheet in kiosk.bench.sheets.kept)
    out = len(whole) + len(jobs)
    may_be = prints["done"] + prints["unknown"] + prints["partial"]
    check(prints["done"] <= out <= may_be, f"{out} papers came out, {prints['done']} prints are done, {may_be} may be")
    twice = [name for name, times in Counter(whole).items() if times > 1]
    check(not twice, f"{len(twice)} papers came out twice under the same 补打")
    figures = (
        f"{len(visits)} visits: {_words(in_ledger)}; {len(effects)} applications, {len(payments)} payments; "
        f"prints: {_words(prints)}; {len(whole)} whole receipts, {len(jobs)} A4 jobs"
    )
    return problems, figures


async def within(seconds: float, look: Callable[[], bool]) -> bool:
    """Whether something came true in time."""
    until_s = asyncio.get_running_loop().time() + seconds
    while not look():
        if asyncio.get_running_loop().time() > until_s:
            return False
        await asyncio.sleep(0.2)
    return True


def _names(text: str) -> tuple[str, str]:
    """Document number and 补打 of a receipt."""
    number = re.search(r"编号\s*(\S+)", text)
    again = re.search(r"补打\s*(\d+)", text)
    return (number.group(1) if number else "", again.group(1) if again else "0")


def _words(counted: Iterable[Any] | Counter[Any]) -> str:
    return ", ".join(f"{what} {times}" for what, times in sorted(Counter(counted).items())) or "none"


def _texts(folder: Path) -> list[str]:
    """The text of every receipt that came out."""
    return [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.txt"))]
